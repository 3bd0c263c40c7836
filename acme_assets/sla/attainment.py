"""SLA attainment over a window: how many nights kept their deadline, and whose minutes the others took.

A night counts once in each table. By client and by week it counts as itself; by owner group, by cause and by feed a
late night counts where its largest part is, and its minutes count where each part is. So the minutes by owner group and
by cause add up to all minutes, and those by feed to the client's.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from acme_assets.sla.attribution import CAUSES, GROUPS, Attribution, Part


@dataclass(frozen=True)
class Attainment:
    """Nights of one kind."""

    name: str
    due: int
    """Nights whose deadline has passed; by feed, of those that needed it."""
    met: int
    """Of these, not late; by owner group, cause and feed: not late on its account."""
    missed: int
    """Released late."""
    open: int
    """Not released yet."""
    minutes: int
    """Of delay."""
    p50: int | None
    """Half of the delays are no longer; None where there are none."""
    p90: int | None

    @property
    def share_met(self) -> float | None:
        """Of the nights due; None where there are none."""
        return self.met / self.due if self.due else None


@dataclass(frozen=True)
class Report:
    """A window of business dates."""

    first: date
    last: date
    as_of: datetime
    total: Attainment
    by_client: tuple[Attainment, ...]
    by_owner_group: tuple[Attainment, ...]
    by_cause: tuple[Attainment, ...]
    """Those that took minutes, the most first."""
    by_feed: tuple[Attainment, ...]
    by_week: tuple[Attainment, ...]
    """By the Monday of the business date's week."""
    late: tuple[Attribution, ...]
    """Every night that was not in time, oldest first."""


def report(nights: Iterable[Attribution], first: date, last: date, as_of: datetime) -> Report:
    """Attainment of the nights of a window whose deadline has passed."""
    chosen = sorted(nights, key=lambda night: (night.business_date, night.client_id))
    late = tuple(night for night in chosen if night.state != "met")
    due = len(chosen)
    groups = {group: [part for night in late for part in night.parts if part.owner_group == group] for group in GROUPS}
    by_cause: dict[str, list[Part]] = {cause: [] for causes in CAUSES.values() for cause in causes}
    for part in (part for parts in groups.values() for part in parts if part.cause):
        by_cause[str(part.cause)].append(part)
    return Report(
        first,
        last,
        as_of,
        _of_nights("all", chosen),
        tuple(_of_nights(name, found) for name, found in _grouped(chosen, lambda night: night.client_id)),
        tuple(_of_parts(group, due, late, parts, _is_owners(group)) for group, parts in groups.items()),
        tuple(
            _of_parts(cause, due, late, parts, _is_cause(cause))
            for cause, parts in sorted(by_cause.items(), key=lambda item: -_sum(item[1]))
            if parts
        ),
        tuple(_of_feed(feed, found, late) for feed, found in sorted(_by_feed(chosen).items())),
        tuple(_of_nights(name, found) for name, found in _grouped(chosen, _week)),
        late,
    )


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least so many percent of them do not exceed; None of none."""
    return sorted(values)[max(-(-percent * len(values) // 100), 1) - 1] if values else None


def _week(night: Attribution) -> str:
    day = night.business_date
    return (day - timedelta(days=day.weekday())).isoformat()


def _grouped(nights: Iterable[Attribution], key: Callable[[Attribution], str]) -> list[tuple[str, list[Attribution]]]:
    found: dict[str, list[Attribution]] = defaultdict(list)
    for night in nights:
        found[key(night)].append(night)
    return sorted(found.items())


def _by_feed(nights: Iterable[Attribution]) -> Mapping[str, list[Attribution]]:
    """Nights by each feed that they needed, or that the client's part of their delay is due to."""
    found: dict[str, list[Attribution]] = defaultdict(list)
    for night in nights:
        for feed in {*night.needed, *([night.feed] if night.feed else [])}:
            found[feed].append(night)
    return found


def _of_nights(name: str, nights: Sequence[Attribution]) -> Attainment:
    return _attainment(name, len(nights), nights, [night.delay for night in nights if night.state != "met"])


def _of_parts(
    name: str, due: int, late: Iterable[Attribution], parts: Iterable[Part], counts: Callable[[Part], bool]
) -> Attainment:
    mostly = [night for night in late if night.largest and counts(night.largest)]
    return _attainment(name, due, mostly, [part.minutes for part in parts if part.minutes])


def _of_feed(feed: str, needing: Sequence[Attribution], late: Iterable[Attribution]) -> Attainment:
    held = [night for night in late if night.feed == feed]
    parts = [part for night in held for part in night.parts if part.owner_group == "client"]
    return _of_parts(feed, len(needing), held, parts, _is_owners("client"))


def _is_owners(group: str) -> Callable[[Part], bool]:
    return lambda part: part.owner_group == group


def _is_cause(cause: str) -> Callable[[Part], bool]:
    return lambda part: part.cause == cause


def _attainment(name: str, due: int, nights: Iterable[Attribution], delays: Sequence[int]) -> Attainment:
    states = [night.state for night in nights]
    missed, still_open = states.count("missed"), states.count("open")
    return Attainment(
        name,
        due,
        due - missed - still_open,
        missed,
        still_open,
        sum(delays),
        percentile(delays, 50),
        percentile(delays, 90),
    )


def _sum(parts: Iterable[Part]) -> int:
    return sum(part.minutes for part in parts)
