"""A night on which twelve things go wrong at 180 clients: what is told of it, and what a naive pager would say.

`make bench-alerts` plays `acme_assets.simulation.scripted_night` tick by tick on a made-up clock: facts, forecast,
causes, engine and the deployed escalation policy, all of them the real ones. Whoever of engineering is paged about
something of engineering's takes it on four minutes later; nobody else answers. While the daemon is silent no tick
happens, and the watcher's own judgement tells of it.

What is compared is written below: each fault's one incident, when it opens and ends, and each message with its time,
urgency and reader. A difference is printed and ends with exit code 1.

Naive alerts are counted beside it, as one rule for each check would send them: a message when it begins to fail and one
for each hour that it goes on, for every client night and each of

- a feed that is late past its grace, quarantined, or whose load is stuck; a build or a release that is stuck;
- `qa_signed_off` on each mart of a candidate that nobody has signed for ten minutes;
- the freshness of `deliveries/<client>` from the last due time, of `dashboards/<client>` from the deadline;
- a probability of a miss of one half or more;

and one message for each of the three runs that failed before work was given up; one a minute of the daemon's silence
would be unfair, so that is one and one an hour, too. Last line: JSON.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from acme_assets.alerts.causes import causes
from acme_assets.alerts.engine import acknowledged
from acme_assets.alerts.house import PolicyHouse
from acme_assets.alerts.known import Known, KnownNight
from acme_assets.alerts.ladder import Staff
from acme_assets.alerts.people import group_of, on_call
from acme_assets.alerts.rehearsal import Rehearsal
from acme_assets.alerts.services import ALERTS, ALLOWED, DEADLINES, LANDING_ZONE
from acme_assets.simulation.scripted_night import HOST, NIGHT, SILENCE, Scripted, at, scripted
from acme_assets.watcher.judging import silences, unwatched
from acme_assets.watcher.watch import page_of
from client_partitions.calendar import due_at
from client_partitions.escalation import Policy, load_policy

CLIENTS, MINUTES = int(os.environ.get("CLIENTS", "180")), int(os.environ.get("MINUTES", "2"))
BEGINS, ENDS = at("04:00"), at("11:00")
ANSWERS_AFTER = timedelta(minutes=4)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Expected:
    """One fault: its one incident, and everybody who is told of it."""

    fault: str
    key: str
    opens: str
    ends: str
    """Empty: it stands at the end."""
    told: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Naive:
    """Messages of one rule for each check."""

    sent: int = 0
    _failing: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """Since when, or when it was said last."""

    def look(self, known: Known) -> None:
        """One evaluation of every rule."""
        failing = {(item.key[0], name) for item in known.nights for name in failing_checks(item, known.now)}
        for check in failing:
            if check not in self._failing or known.now - self._failing[check] >= HOUR:
                self.sent += 1
                self._failing[check] = known.now
        self._failing = {check: since for check, since in self._failing.items() if check in failing}


def failing_checks(item: KnownNight, now: datetime) -> Iterator[str]:
    """What fails of one client night, by name; see the module."""
    client, day, facts = item.client, item.status.business_date, item.night.facts
    for step in item.status.steps:
        if step.state == "held" and step.name != "sign-off":
            yield step.name
            yield from (f"run {number} of {step.name}" for number in range(3) if step.name in _stuck(item))
    sign_off = item.step("sign-off")
    if sign_off and sign_off.state == "held" and facts.candidate and now - facts.candidate.built_at >= 10 * MINUTE:
        yield from (f"{mart} qa_signed_off" for mart in facts.candidate.marts)
    owed = client.feeds_owed(day)
    if any(feed not in facts.inputs for feed in owed) and now >= max(due_at(client, feed, day) for feed in owed):
        yield "deliveries"
    if item.status.state != "released" and now >= item.status.deadline:
        yield "dashboards"
    if item.forecast and item.forecast.p_miss >= 0.5:
        yield "at risk"


MINUTE = timedelta(minutes=1)


def _stuck(item: KnownNight) -> set[str]:
    stages = {"build": "marts", "release": "release"}
    found = {stages[fact.stage] for fact in item.night.facts.stuck.values() if fact.stage in stages}
    if any(fact.stage == "load" for fact in item.night.facts.stuck.values()):
        found |= {step.name for step in item.status.steps if step.name.startswith("feeds/") and step.state == "held"}
    return found


@dataclass
class Night:
    """The night as it is played."""

    script: Scripted
    policy: Policy
    rehearsal: Rehearsal = field(default_factory=Rehearsal)
    naive: Naive = field(default_factory=Naive)
    silence: list[tuple[str, str, str]] = field(default_factory=list)
    """What the watcher says: when, urgency, to whom."""
    _last_tick: datetime = BEGINS

    def play(self, minutes: int = MINUTES) -> None:
        """From begin to end."""
        now = BEGINS
        while now < ENDS:
            if not SILENCE[0] <= now < SILENCE[1]:
                self._tick(now)
            self._watch(now)
            now += timedelta(minutes=minutes)

    def _tick(self, now: datetime) -> None:
        replay, rehearsal = self.script.replay, self.rehearsal
        self._answer(now)
        known = replay.known(now)
        self.naive.look(known)
        house = PolicyHouse(self.policy, Staff(replay.people.roster, replay.clients), now, {}, rehearsal.written)
        rehearsal.tick(causes(known), house, now, replay.clients)
        self._last_tick = now

    def _answer(self, now: datetime) -> None:
        """Engineers take on what is engineering's."""
        for item in self.rehearsal.sent:
            message, incident = item.message, self.rehearsal.incidents[item.message.incident_id or ""]
            is_due = item.sent_at is not None and incident.armed_at <= item.sent_at <= now - ANSWERS_AFTER
            if incident.state == "open" and incident.owner_group == "engineering" and is_due:
                by = message.recipient.email
                self.rehearsal.act(incident.incident_id, lambda one, by=by: acknowledged(one, by, now), now)

    def _watch(self, now: datetime) -> None:
        beats = dict.fromkeys(ALLOWED, now) | dict.fromkeys((ALERTS, DEADLINES, LANDING_ZONE), self._last_tick)
        silent = silences(beats, now, BEGINS, now)
        if not silent or self.silence:
            return
        person = on_call(self.policy, self.script.replay.people.roster, now)
        assert person is not None
        page = page_of(silent, unwatched(self.script.replay.clients, now), person, ("pagerduty",), now)
        self.silence.append((f"{now:%H:%M}", page.urgency, person.name))
        self.naive.sent += 1

    def told(self) -> dict[str, list[tuple[str, str, str]]]:
        """Cause to its messages: when, urgency, to whom; a client's contact is `client`."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for item in self.rehearsal.sent:
            key = self.rehearsal.incidents[item.message.incident_id or ""].key
            group = group_of(self.policy, self.script.replay.people.roster, item.message.recipient.email)
            name = "client" if group == "client" else item.message.recipient.name
            found.setdefault(key, []).append((f"{item.sent_at:%H:%M}", item.message.urgency, name))
        return found


def expected(script: Scripted) -> list[Expected]:
    """The table: what each fault must end in, with the fleet of seed 1 and its 180 clients."""
    of, priya = script.faults, "Priya Raman"
    noor, ingrid, dele = "Noor Haddad", "Ingrid Mol", "Dele Adeyemi"
    asked = next(
        item.statement_id
        for item in script.replay.facts(script.replay.clients[of.asked], at("05:00")).statements
        if item.kind == "exception_request"
    )
    change = f"contract change/{script.feeds['changed']}/date format on paid_date/{NIGHT}"
    return [
        Expected("a late file", f"delivery/{of.late}/{NIGHT}", "08:48", "09:34", (("08:48", "notify", "client"),)),
        Expected(
            "a client that sends nothing", f"delivery/{of.absent}/{NIGHT}", "08:18", "",
            (
                ("08:18", "notify", "client"), ("08:50", "page", noor),
                ("09:18", "page", "client"), ("09:20", "page", priya),
            ),
        ),
        Expected("a sender's host down", f"host/{HOST}/{NIGHT}", "07:12", "09:12", (("07:12", "page", priya),)),
        Expected(
            "a quarantined delivery", f"contract/{of.broken}/{NIGHT}/{script.feeds['broken']}", "07:26", "08:32",
            (("07:26", "page", "client"), ("08:14", "page", noor)),
        ),
        Expected("a contract change", change, "07:18", "08:58", (("07:18", "page", priya),)),
        Expected("a stuck load", f"load/{of.stuck}/{NIGHT}", "06:24", "08:58", (("08:34", "page", priya),)),
        Expected("a warehouse outage", f"warehouse/{NIGHT}", "07:52", "08:20"),
        Expected("a failed suite", f"sign-off/{of.suite}/{NIGHT}", "08:02", "08:48"),
        Expected(
            "nobody signs", f"queue/{NIGHT}", "09:30", "09:50", (("09:30", "page", ingrid), ("09:40", "page", dele))
        ),
        Expected("an unacknowledged exception", f"exception/{asked[:16]}", "05:12", "06:12"),
        Expected("a failed release", f"release/{of.release}/{NIGHT}", "08:32", "08:52", (("08:32", "page", priya),)),
    ]  # fmt: skip


SILENT = (("04:14", "page", "Priya Raman"),)
"""The twelfth: the daemon's silence, which the watcher tells of."""


def differences(night: Night) -> Iterator[str]:
    """What is not as it is written, a line each."""
    found = {item.key: item for item in night.rehearsal.incidents.values()}
    table, told = {item.key: item for item in expected(night.script)}, night.told()
    yield from (f"one too many: {key}" for key in sorted(found.keys() - table.keys()))
    for key, item in table.items():
        if key not in found:
            yield f"missed: {item.fault} ({key})"
            continue
        incident = found[key]
        ended = f"{incident.resolved_at:%H:%M}" if incident.resolved_at else ""
        times = (f"{incident.opened_at:%H:%M}", ended)
        if times != (item.opens, item.ends):
            yield f"{item.fault}: open from {times[0]} to {times[1] or 'the end'}, not {item.opens} to {item.ends}"
        if tuple(told.get(key, ())) != item.told:
            yield f"{item.fault}: {told.get(key, [])}, not {list(item.told)}"
    if len(found) != len(night.rehearsal.incidents):
        yield "an incident is there twice"
    if tuple(night.silence) != SILENT:
        yield f"the daemon's silence: {night.silence}, not {list(SILENT)}"


def figures(night: Night) -> dict[str, int]:
    """The last line's."""
    keys = {item.key for item in night.rehearsal.incidents.values()}
    wanted = [item.key for item in expected(night.script)]
    messages = [message for said in night.told().values() for message in said] + night.silence
    return {
        "causes": len(wanted) + 1,
        "missed_causes": sum(key not in keys for key in wanted) + (not night.silence),
        "incidents": len(night.rehearsal.incidents) + len(night.silence),
        "messages": len(messages),
        "naive_messages": night.naive.sent,
        "pages": sum(urgency == "page" and name != "client" for _, urgency, name in messages),
    }


def show(night: Night) -> None:
    """The night as a table."""
    told, found = night.told(), {item.key: item for item in night.rehearsal.incidents.values()}
    for item in expected(night.script):
        incident = found.get(item.key)
        span = f"{incident.opened_at:%H:%M} to {incident.resolved_at or ENDS:%H:%M}" if incident else "no incident"
        said: Sequence[tuple[str, str, str]] = told.get(item.key, [])
        print(f"{item.fault:30}{span:18}{', '.join(' '.join(one) for one in said) or 'nobody is told'}")
    print(f"{'the daemon is silent':48}{', '.join(' '.join(one) for one in night.silence)}, by the watcher")


def main() -> None:
    """Play the night, print it and compare it."""
    begun = time.perf_counter()
    night = Night(scripted(CLIENTS), load_policy())
    night.play()
    show(night)
    is_usual = (CLIENTS, MINUTES) == (180, 2)
    problems = list(differences(night)) if is_usual else []
    for problem in problems:
        print(f"DIFFERS: {problem}")
    result = figures(night)
    times = result["naive_messages"] / max(result["messages"], 1)
    print(json.dumps({**result, "times_fewer": round(times, 1), "seconds": round(time.perf_counter() - begun, 1)}))
    if problems or result["missed_causes"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
