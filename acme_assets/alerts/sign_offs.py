"""Causes at QA, and at whoever must acknowledge an exception: candidates that wait, queues, requests."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from acme_assets.alerts.cause import CauseKind
from acme_assets.alerts.files import ALIKE, AT_RISK
from acme_assets.alerts.finding import Finding, clock, joined, listed, minute, night_page
from acme_assets.alerts.known import Known, KnownNight, NightKey
from acme_assets.alerts.work import is_tampered, objection_to
from acme_assets.gates.statement import Statement
from acme_assets.nights.facts import CandidateFact
from client_partitions.client import Person

REACH = timedelta(minutes=30)
"""So long before its drop-dead time a candidate that waits is a cause."""

ROOM = timedelta(minutes=60)
"""The same before the deadline, of a night that nobody forecast."""

IDLE = timedelta(minutes=30)
"""So long without a signature, in somebody's shift, and nights that wait are a queue."""

PATIENCE = timedelta(minutes=30)
"""So long an exception may wait for the client's word."""


def sign_offs(world: Known) -> list[Finding]:
    """One for each candidate at QA that must be looked into, or that must be signed soon."""
    return [found for item in world.open_nights if (found := _sign_off(world, item))]


def _sign_off(world: Known, item: KnownNight) -> Finding | None:
    step, candidate = item.step("sign-off"), item.night.facts.candidate
    if step is None or step.state != "held" or candidate is None or is_tampered(item) or objection_to(item):
        return None
    kind = _trouble(item, candidate)
    if kind == "sign-off" and not must_be_signed_soon(item, world.now):
        return None
    client_id, day = item.key
    said = {
        "suite": f"failed suites: {listed(candidate.failed_suites)}",
        "drift": f"it deviates by {candidate.drift} from the trailing nights",
        "sign-off": f"waits for a signature since {clock(step.since or candidate.built_at, item.client)}",
    }
    return Finding(
        f"sign-off/{client_id}/{day}",
        kind,
        "qa",
        _analyst(item),
        f"{client_id} {day}: candidate {candidate.evidence_digest[:12]}: {said[kind]}",
        step.since or candidate.built_at,
        f"acme qa show {client_id} {day}; then acme qa approve {client_id} {day} or acme qa reject {client_id} {day}",
        evidence=night_page("published/pmpm", item.key),
        holds={item.key: ("sign-off",)},
    )


def _trouble(item: KnownNight, candidate: CandidateFact) -> CauseKind:
    if candidate.failed_suites:
        return "suite"
    policy = item.client.qa.auto_approve
    if policy and candidate.drift is not None and float(candidate.drift) > policy.max_drift:
        return "drift"
    return "sign-off"


def must_be_signed_soon(item: KnownNight, now: datetime) -> bool:
    """Whether the sign-off's drop-dead time is near, or most of a risk that is there is the sign-off's."""
    node = item.node("sign-off")
    if item.is_kept:  # the client sees an earlier release: this one has the morning
        return now >= item.status.deadline
    if node is None or item.forecast is None:
        return now >= item.status.deadline - ROOM
    driver = item.forecast.driver
    is_driver = driver is not None and driver.name == "sign-off"
    return now >= node.drop_dead - REACH or (item.forecast.p_miss >= AT_RISK and is_driver)


def _analyst(item: KnownNight) -> Person:
    """The first who may sign this night."""
    every = item.client.owners.qa
    return next((one for one in every if one.email not in item.night.interested), every[0])


def queue(world: Known, waiting: Iterable[Finding]) -> tuple[list[Finding], set[str]]:
    """One for each business date of which several candidates must be signed soon while nobody signs."""
    nights = {item.key: item for item in world.open_nights}
    by_date: dict[date, list[Finding]] = defaultdict(list)
    for found in waiting:
        (key,) = found.holds
        if found.owner_group == "qa" and must_be_signed_soon(nights[key], world.now):
            by_date[key[1]].append(found)
    queues, taken = [], set[str]()
    for day, of_day in sorted(by_date.items()):
        items = [nights[key] for found in of_day for key in found.holds]
        why = _why_idle(world, items, min(found.since for found in of_day)) if len(of_day) >= ALIKE else None
        if why:
            queues.append(_queue(day, items, of_day, why))
            taken |= {found.key for found in of_day}
    return queues, taken


def _why_idle(world: Known, items: Sequence[KnownNight], oldest: datetime) -> str | None:
    """Why the queue does not move, if it does not."""
    able = {one.email for item in items for one in item.client.owners.qa if one.email not in item.night.interested}
    begun = [since for email in able if (since := _at_work_since(world, email)) is not None]
    if not begun:
        return "no analyst is on shift"
    since = max([oldest, min(begun), *([world.last_signature] if world.last_signature else [])])
    return f"nothing was signed since {minute(since)}" if world.now - since >= IDLE else None


def _at_work_since(world: Known, email: str) -> datetime | None:
    """Since when an analyst is at work; None where they are not. Of whom nothing is known, always."""
    if email not in world.desk:
        return world.now - timedelta(days=1)
    return next((shift.begins for shift in world.desk[email] if shift.begins <= world.now < shift.ends), None)


def _queue(day: date, items: Sequence[KnownNight], of_day: list[Finding], why: str) -> Finding:
    first = min(items, key=lambda item: (item.status.deadline, item.key))
    troubled = [found.key.split("/")[1] for found in of_day if found.kind != "sign-off"]
    suites = f"; failed suites or drift: {listed(troubled)}" if troubled else ""
    return Finding(
        f"queue/{day}",
        "queue",
        "qa",
        _analyst(first),
        f"{len(of_day)} candidates of {day} wait for a signature, and {why}: "
        f"{listed(item.key[0] for item in items)}{suites}",
        min(found.since for found in of_day),
        f"acme qa queue; the nearest deadline first: acme qa show {first.key[0]} {day}",
        holds=joined(of_day),
    )


def exceptions(world: Known, others: Iterable[Finding]) -> list[Finding]:
    """One for each request that waits too long, of nights whose feed no other cause is about."""
    covered = {(key, name) for found in others for key, names in found.holds.items() for name in names}
    asked: dict[str, list[tuple[KnownNight, Statement]]] = defaultdict(list)
    for item in world.open_nights:
        for said in item.night.pending:
            name = f"feeds/{said.subject.get('feed')}"
            is_open = (item.key, name) not in covered and _is_needed(item, name)
            if is_open and _waits_long(item, said, world.now):
                asked[said.statement_id].append((item, said))
    return [_exception(cases) for _, cases in sorted(asked.items())]


def _is_needed(item: KnownNight, name: str) -> bool:
    step = item.step(name)
    owed = {f"feeds/{feed}" for feed in item.client.feeds_owed(item.status.business_date)}
    return name in owed and step is not None and step.state != "done"


def _waits_long(item: KnownNight, said: Statement, now: datetime) -> bool:
    node = item.node(f"feeds/{said.subject.get('feed')}")
    end = node.drop_dead if node else item.status.deadline
    return now - said.made_at > min(PATIENCE, max((end - said.made_at) / 2, timedelta(0)))


def _exception(cases: list[tuple[KnownNight, Statement]]) -> Finding:
    item, said = cases[0]
    name, owners, client_id = str(said.subject["feed"]), item.client.owners, item.key[0]
    nights: dict[NightKey, tuple[str, ...]] = {case.key: (f"feeds/{name}",) for case, _ in cases}
    return Finding(
        f"exception/{said.statement_id[:16]}",
        "exception",
        "client",
        owners.client_success,
        f"{client_id} {item.key[1]}: {said.subject['exception']} of {name} requested by {said.signer} "
        f"{clock(said.made_at, item.client)}, and {owners.client.name} has not acknowledged it",
        said.made_at,
        f"ask {owners.client.name} <{owners.client.email}>; then acme exception acknowledge {said.statement_id[:8]} "
        f"--contact {owners.client.email} --reference MESSAGE",
        holds=nights,
    )
