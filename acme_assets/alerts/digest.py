"""The morning's digest: what one audience is told of a night that is over. Plain values; pictures are made elsewhere.

What is the audience's own is listed, what is others' is counted. It names owner groups and our people on call; it holds
no row of any file.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from acme_assets.alerts.incident import Incident, Urgency
from acme_assets.sla.attribution import GROUPS, Attribution
from client_partitions.client import Client, OwnerGroup

Audience = Literal["engineering", "qa", "client_success", "management"]

AUDIENCES: tuple[Audience, ...] = ("engineering", "qa", "client_success", "management")

SENT_AT: Mapping[Audience, tuple[ZoneInfo, time]] = {
    "engineering": (ZoneInfo("America/Chicago"), time(8, 30)),
    "qa": (ZoneInfo("America/Chicago"), time(9)),
    "client_success": (ZoneInfo("America/New_York"), time(8, 30)),
    "management": (ZoneInfo("America/Chicago"), time(9)),
}
"""By each audience's wall clock, outside its quiet hours: most deadlines are past, and what is open is said to be."""

_OWN: Mapping[Audience, tuple[OwnerGroup, ...]] = {
    "engineering": ("engineering",),
    "qa": ("qa",),
    "client_success": ("client",),
    "management": GROUPS,
}

NIGHT_BEGINS = timedelta(hours=12)
"""From noon, UTC, of its business date on, what happens is of a night."""


@dataclass(frozen=True)
class Told:
    """A message that somebody was sent."""

    name: str
    urgency: Urgency


@dataclass(frozen=True)
class Part:
    """One part: lines, and a table where it has rows."""

    title: str
    lines: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Content:
    """What a digest says."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class NightOver:
    """What is known of a night when its digest is made."""

    business_date: date
    as_of: datetime
    nights: Sequence[Attribution]
    """Every client night of the date whose deadline has passed."""
    incidents: Sequence[Incident]
    """Those of the night, and whatever is still open."""
    told: Sequence[Told] = ()
    clients: Mapping[str, Client] = field(default_factory=dict)


def night_of(audience: Audience, now: datetime) -> tuple[date, datetime]:
    """The business date that an audience's present digest is about, and when that is sent."""
    zone, at = SENT_AT[audience]
    day = now.astimezone(zone).date()
    return day - timedelta(days=1), datetime.combine(day, at, tzinfo=zone)


def content(audience: Audience, night: NightOver) -> Content:
    """The digest for one audience."""
    own = _OWN[audience]
    parts = [_figures(night), _late(night, own), _open(night, own), _over(night)]
    if audience in ("engineering", "management"):
        parts.append(_load(night))
    missed = sum(item.state != "met" for item in night.nights)
    word = "all in time" if not missed else f"{missed} not in time"
    return Content(
        f"AcmeHealth night of {night.business_date}: {_count(len(night.nights), 'client')}, {word}", tuple(parts)
    )


def _figures(night: NightOver) -> Part:
    states = Counter(item.state for item in night.nights)
    lines = [f"{_count(len(night.nights), 'deadline')}: {states['met']} kept, {states['missed']} released late, "
             f"{states['open']} not released yet"]  # fmt: skip
    minutes = {group: sum(_minutes(item, group) for item in night.nights) for group in GROUPS}
    if any(minutes.values()):
        said = ", ".join(f"{group} {minutes[group]}" for group in GROUPS)
        lines.append(f"{_count(sum(minutes.values()), 'minute')} of delay, by whose they were: {said}")
    return Part("The night", tuple(lines))


def _minutes(item: Attribution, group: OwnerGroup) -> int:
    return sum(part.minutes for part in item.parts if part.owner_group == group)


def _late(night: NightOver, own: Sequence[OwnerGroup]) -> Part:
    late = [item for item in night.nights if item.state != "met"]
    mine = [item for item in late if any(_minutes(item, group) for group in own)]
    rows = [_late_row(item, night) for item in sorted(mine, key=lambda item: (-item.delay, item.client_id))]
    others = len(late) - len(mine)
    lines = [] if rows else ["Nothing that was yours."]
    if others:
        lines.append(f"Also late: {others}, by others' minutes alone.")
    headings = ("client", "deadline", "released", "minutes", *(f"of these {group}'s" for group in GROUPS), "why")
    return Part("What was late, why and whose", tuple(lines), headings if rows else (), tuple(rows))


def _late_row(item: Attribution, night: NightOver) -> tuple[str, ...]:
    client = night.clients.get(item.client_id)
    zone = client.zone if client else ZoneInfo("UTC")
    released = f"{item.released_at.astimezone(zone):%a %H:%M}" if item.released_at else "not yet"
    whose = (str(_minutes(item, group) or "") for group in GROUPS)
    why = ", ".join(part.cause for part in item.parts if part.cause)
    feed = f" ({item.feed})" if item.feed and item.parts and item.parts[0].minutes else ""
    name = client.name if client else item.client_id
    return (name, f"{item.deadline.astimezone(zone):%a %H:%M %Z}", released, str(item.delay), *whose, why + feed)


def _open(night: NightOver, own: Sequence[OwnerGroup]) -> Part:
    live = [item for item in night.incidents if item.is_live]
    mine = [item for item in live if item.owner_group in own]
    rows = tuple(
        (item.incident_id[:8], f"{item.opened_at:%a %H:%M} UTC", item.state, item.owner.name, item.text, item.fix)
        for item in sorted(mine, key=lambda item: (item.opened_at, item.incident_id))
    )
    others = len(live) - len(mine)
    lines = ([] if rows else ["Nothing of yours."]) + ([f"Others' that are open: {others}."] if others else [])
    headings = ("incident", "since", "state", "whose", "what", "to do")
    return Part("Still open", tuple(lines), headings if rows else (), rows)


def _over(night: NightOver) -> Part:
    over = [item for item in night.incidents if not item.is_live]
    kinds = Counter(item.kind for item in over)
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda it: (-it[1], it[0])))
    by_hand = sum(item.resolved_by is not None for item in over)
    if not over:
        return Part("Over", ("Nothing was wrong that is over.",))
    return Part("Over", (f"{_count(len(over), 'incident')} over, {by_hand} of them by somebody's word: {said}",))


def _load(night: NightOver) -> Part:
    pages = Counter(item.name for item in night.told if item.urgency == "page")
    others = Counter(item.name for item in night.told if item.urgency == "notify")
    rows = tuple((name, str(pages[name]), str(others[name])) for name in sorted({*pages, *others}))
    lines = () if rows else ("Nobody was told of anything.",)
    return Part("On-call load", lines, ("who", "pages", "other messages") if rows else (), rows)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
