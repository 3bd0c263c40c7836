"""Incidents from causes, and messages from incidents: one turn, asked again and again. Pure.

One incident a cause. It opens once its cause has stood for a while, resolves by itself once it is gone for a while, and
comes back as the same one. An acknowledgement stops its ladder, until its cause still stands near the drop-dead time.
The same turn asked twice makes the same incidents and messages, by id: whoever is killed in between does it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.incident import URGENCIES, Incident, Message, Urgency
from acme_assets.alerts.urgency import Threshold, urgency_of
from acme_assets.audit.canonical import digest
from client_partitions.client import Person

Happening = Literal["opened", "reopened", "raised", "woken", "armed", "resolved", "seen"]
"""raised: to a page; woken: from a snooze; armed: after an acknowledgement, near the drop-dead time; seen: its cause
stands as before, with other figures."""


@dataclass(frozen=True)
class Rung:
    """One step of an incident's ladder."""

    number: int
    recipients: tuple[Person, ...]
    due_at: datetime


class House(Protocol):
    """Who is told, and when: the escalation policy with the people of the moment."""

    version: str
    thresholds: Mapping[str, Threshold]
    damping: timedelta
    """So long a cause must stand before it is an incident, and be gone before that is resolved."""
    flapping_after: int
    """Come-backs after which a cause must be gone for `flapping_hold`."""
    flapping_hold: timedelta
    reopens_within: timedelta
    """A cause that comes back so soon is the same incident."""
    rearm_before: timedelta
    """So long before the drop-dead time an acknowledged incident is armed again."""

    def muted(self, cause: Cause) -> str | None:
        """Why nobody is to be told of it now: a maintenance window or a client's holiday."""
        ...

    def rungs(self, incident: Incident) -> Sequence[Rung]:
        """The incident's whole ladder, from when it was armed."""
        ...

    def may_go(self, person: Person, urgency: Urgency, at: datetime) -> datetime:
        """When somebody may be told: at once, or after their quiet hours."""
        ...

    def channels(self, person: Person, urgency: Urgency) -> tuple[str, ...]:
        """Names of channels, the first to be tried first."""
        ...

    def words(self, incident: Incident, person: Person, urgency: Urgency) -> tuple[str, str]:
        """Subject and body of what this person is told."""
        ...

    def may_write(self, person: Person, incident: Incident) -> bool:
        """Whether this person may have another message of this night: clients have a limit."""
        ...


@dataclass(frozen=True)
class Change:
    """An incident as it is now, and what happened to it."""

    incident: Incident
    happening: Happening


@dataclass
class Turn:
    """What one turn decided."""

    changes: list[Change] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    silenced: list[str] = field(default_factory=list)
    """Incidents of which nothing more is to be said: what is not sent yet is dropped."""


def turn(
    live: Sequence[Incident], recent: Sequence[Incident], causes: Sequence[Cause], house: House, now: datetime
) -> Turn:
    """Decide what becomes of every incident, and who is told.

    Args:
        live: incidents that are not resolved.
        recent: those that were resolved within `house.reopens_within`.
    """
    found, by_key = Turn(), {incident.key: incident for incident in live}
    latest = {item.key: item for item in sorted(recent, key=lambda item: item.resolved_at or now)}
    standing = {cause.key: cause for cause in causes}
    for key in sorted({*by_key, *standing}):
        incident, cause = by_key.get(key), standing.get(key)
        if cause is None:
            change = _without_cause(incident, house, now) if incident else None
        elif incident is None:
            change = _first_seen(cause, latest.get(key), house, now)
        else:
            change = _still_there(incident, cause, house, now)
        if change:
            found.changes.append(change)
            incident = change.incident
        if incident and not incident.is_live:
            found.silenced.append(incident.incident_id)
        elif incident and cause and incident.state == "open":
            found.messages += _messages(incident, cause, house, now)
    return found


def _first_seen(cause: Cause, before: Incident | None, house: House, now: datetime) -> Change | None:
    since = max(cause.since, before.resolved_at) if before and before.resolved_at else cause.since
    if now < since + house.damping:
        return None
    urgency = urgency_of(cause, house.thresholds, now, house.muted)
    if before:
        again = replace(
            _as_seen(before, cause, now), state="open", urgency=urgency, armed_at=now, resolved_at=None,
            resolved_by=None, acknowledged_by=None, acknowledged_at=None, snoozed_until=None, rearmed=False,
            came_back=before.came_back + 1,
        )  # fmt: skip
        return Change(again, "reopened")
    opened = Incident(
        digest([cause.key, now.isoformat()])[:16], cause.key, cause.kind, cause.owner_group, cause.owner, cause.text,
        cause.affected, cause.fix, cause.tried, cause.evidence, "open", urgency, now, house.version, now, now,
        cause.drop_dead,
    )  # fmt: skip
    return Change(opened, "opened")


def _as_seen(incident: Incident, cause: Cause, now: datetime) -> Incident:
    return replace(
        incident, owner_group=cause.owner_group, owner=cause.owner, text=cause.text, affected=cause.affected,
        fix=cause.fix, tried=cause.tried, evidence=cause.evidence, seen_at=now, drop_dead=cause.drop_dead,
    )  # fmt: skip


def _still_there(incident: Incident, cause: Cause, house: House, now: datetime) -> Change | None:
    seen = _as_seen(incident, cause, now)
    urgency = urgency_of(cause, house.thresholds, now, house.muted)
    if incident.state == "snoozed":
        if incident.snoozed_until is None or now >= incident.snoozed_until:
            woken = replace(seen, state="open", armed_at=now, snoozed_until=None, urgency=urgency)
            return Change(woken, "woken")
        return Change(seen, "seen")
    if incident.state == "acknowledged":
        if urgency == "page" and _is_near(seen, house, now) and not incident.rearmed:
            return Change(replace(seen, state="open", armed_at=now, rearmed=True, urgency=urgency), "armed")
        return Change(seen, "seen")
    if URGENCIES.index(urgency) > URGENCIES.index(incident.urgency):
        raised = replace(seen, urgency=urgency, armed_at=now)
        return Change(raised, "raised" if urgency == "page" else "seen")
    return Change(seen, "seen")


def _is_near(incident: Incident, house: House, now: datetime) -> bool:
    """Whether an acknowledged cause stands so near the drop-dead time that it needs another look."""
    if incident.drop_dead is None or incident.acknowledged_at is None:
        return False
    return incident.drop_dead - house.rearm_before <= now < incident.drop_dead


def _without_cause(incident: Incident, house: House, now: datetime) -> Change | None:
    hold = house.flapping_hold if incident.came_back >= house.flapping_after else house.damping
    if now - incident.seen_at < hold:
        return None
    return Change(replace(incident, state="resolved", resolved_at=now), "resolved")


def _messages(incident: Incident, cause: Cause, house: House, now: datetime) -> Iterator[Message]:
    """What the rungs that are due say. Once it is not worth a page any more, further rungs wake nobody.

    Nobody is told twice in one arming, even where a drop-dead time that moved puts them on another rung.
    """
    present = urgency_of(cause, house.thresholds, now, house.muted)
    if present == "digest":
        return
    for rung in house.rungs(incident):
        if rung.due_at > now:
            return
        for person in rung.recipients:
            if not house.may_write(person, incident):
                continue
            subject, body = house.words(incident, person, present)
            yield Message(
                digest([incident.incident_id, incident.armed_at.isoformat(), person.email])[:24],
                incident.incident_id, person, present, house.channels(person, present),
                house.may_go(person, present, max(rung.due_at, now)), subject, body, rung.number,
            )  # fmt: skip


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """As somebody took it on: its ladder stops.

    Raises:
        ValueError: it is resolved.
    """
    _must_be_live(incident)
    return replace(incident, state="acknowledged", acknowledged_by=by, acknowledged_at=now, snoozed_until=None)


def snoozed(incident: Incident, until: datetime, by: str, now: datetime) -> Incident:
    """As somebody put it off.

    Raises:
        ValueError: it is resolved, `until` is not in the future, or is past its drop-dead time.
    """
    _must_be_live(incident)
    if until <= now:
        raise ValueError(f"{until:%Y-%m-%d %H:%M} is past; give a later --until")
    if incident.drop_dead and now < incident.drop_dead < until:
        raise ValueError(
            f"by {incident.drop_dead:%H:%M} UTC it must be gone, or a deadline is likely missed; snooze it until "
            "before that, or acknowledge it"
        )
    return replace(incident, state="snoozed", snoozed_until=until, acknowledged_by=by, acknowledged_at=now)


def resolved(incident: Incident, by: str, now: datetime) -> Incident:
    """As somebody says that it is over. It comes back if its cause stands.

    Raises:
        ValueError: it is resolved already.
    """
    _must_be_live(incident)
    return replace(incident, state="resolved", resolved_at=now, resolved_by=by, snoozed_until=None)


def _must_be_live(incident: Incident) -> None:
    if not incident.is_live:
        raise ValueError(f"incident {incident.incident_id} is resolved; see: acme alerts list")
