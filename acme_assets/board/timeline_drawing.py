"""The timeline of a client night as marks on a scale of time: planned, actual, forecast, deadline. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from acme_assets.board.model import ClientNight, TimelineEntry, TimelineKind

WIDTH, LEFT, RIGHT, ROW, TOP = 1180, 170, 24, 26, 30
_SMALLEST = 6.0
_MOST_TICKS = 14
_LAST = {"marts": 1, "suites": 2, "sign-off": 3, "release": 4}


@dataclass(frozen=True)
class Mark:
    """One entry."""

    kind: TimelineKind
    x: float
    width: float
    """0 for a moment."""
    is_open: bool
    """Whether the forecast sees no end tonight."""
    text: str


@dataclass(frozen=True)
class Track:
    """One dependency's entries."""

    name: str
    y: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Tick:
    """An hour."""

    x: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """All of it."""

    height: int
    tracks: tuple[Track, ...]
    ticks: tuple[Tick, ...]
    now: float | None
    deadline: float


def timeline_of(night: ClientNight) -> Timeline:
    """A track a step, in the order of the chain; feeds as the entries name them. Hours are on the client's clock."""
    first, last = _window(night)
    named = dict.fromkeys(entry.name for entry in night.timeline)
    names = sorted(named, key=lambda name: _LAST.get(name.partition("/")[0], 0))
    tracks = tuple(
        Track(name, TOP + row * ROW, tuple(_marks((e for e in night.timeline if e.name == name), first, last)))
        for row, name in enumerate(names)
    )
    now = _x(night.as_of, first, last) if first <= night.as_of <= last else None
    height = TOP + max(len(names), 1) * ROW + 8
    return Timeline(height, tracks, tuple(_ticks(night, first, last)), now, _x(night.row.deadline, first, last))


def _window(night: ClientNight) -> tuple[datetime, datetime]:
    """From the first entry to the last, with the deadline; no longer than two days about it.

    A file of a week ago would push the night itself into a corner.
    """
    moments = [at for entry in night.timeline for at in (entry.at, entry.until) if at]
    near = [at for at in moments if abs(at - night.row.deadline) <= timedelta(hours=24)]
    first, last = min([*near, night.row.deadline]), max([*near, night.row.deadline])
    room = max((last - first) * 0.03, timedelta(minutes=20))
    return first - room, last + room


def _x(at: datetime, first: datetime, last: datetime) -> float:
    share = min(max((at - first) / (last - first), 0.0), 1.0)
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _marks(entries: Iterable[TimelineEntry], first: datetime, last: datetime) -> Iterable[Mark]:
    for entry in entries:
        is_open = entry.kind == "forecast" and entry.until is None
        begin = _x(entry.at, first, last)
        end = _x(entry.until, first, last) if entry.until else WIDTH - RIGHT if is_open else begin
        width = round(max(end - begin, _SMALLEST), 1) if entry.until or is_open else 0.0
        yield Mark(entry.kind, begin, width, is_open, entry.text)


def _ticks(night: ClientNight, first: datetime, last: datetime) -> Iterable[Tick]:
    hours = (last - first) / timedelta(hours=1)
    step = next(step for step in (1, 2, 3, 6, 12, 24) if hours / step <= _MOST_TICKS or step == 24)
    zone = night.row.zone
    at = first.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    while at.astimezone(first.tzinfo) <= last:
        if at.hour % step == 0 and at >= first:
            yield Tick(_x(at, first, last), f"{at:%H:%M}")
        # By way of UTC: on the morning of a clock change an hour is skipped or comes twice.
        at = (at.astimezone(night.as_of.tzinfo) + timedelta(hours=1)).astimezone(zone)
