"""When to request work, and in which runs: once at a time, again after a pause when a run failed, not for ever. Pure.

A run costs what it costs before its first step, so what is due goes together into a few. While the runs of a stage
are busy, work gathers, and goes into the next: no waiting time to tune, few runs when there is much to do, and a run at
once when there is little.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from acme_assets.audit.canonical import digest
from acme_assets.nights.facts import Stage
from acme_assets.nights.sharing import NO_PAST_RUNS, PastRuns, room
from acme_assets.nights.status import Work
from client_partitions.feeds import Feed

MAX_ATTEMPTS = 3
PAUSES = (timedelta(seconds=20), timedelta(seconds=90))
"""Wait after the first and the second failed run."""

SLOTS: Mapping[Stage, int] = {"load": 2, "build": 2, "release": 1}
"""How many runs of a stage go at once."""

MOST: Mapping[Stage, int] = {"load": 30, "build": 8, "release": 20}
"""How many client nights go into one run: half a minute's work, so that urgent work never waits long for a slot."""

LARGE = "large"
"""Where runs of large orders are counted."""

LARGE_BYTES = 2_000_000_000
"""A night has 2.5 TB in 1,200 files, 2 GB each on average: of a skewed lot, the quarter that has most of the bytes."""

PRIORITY_AT_DEADLINE = 10_000

_STAGES: tuple[Stage, ...] = ("release", "build", "load")
"""The nearer to the client, the earlier."""


@dataclass(frozen=True)
class Order:
    """The work of one client night that belongs together."""

    stage: Stage
    client_id: str
    business_date: date
    key: str
    works: tuple[Work, ...]
    deadline: datetime
    is_past: bool = False
    """Whether it is of a night before the one in hand: it goes after tonight's (`nights.sharing`)."""

    @property
    def lane(self) -> str:
        """One run at a time: a client night's loads, its builds, its releases."""
        return lane_of(self.stage, self.client_id, self.business_date.isoformat())

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds to load (stage load)."""
        return tuple(work.feed for work in self.works if work.feed)

    @property
    def is_large(self) -> bool:
        """Whether it deserves a run, and where there are others a machine, of its own."""
        return sum(work.bytes for work in self.works) >= LARGE_BYTES


def lane_of(stage: str, client_id: str, business_date: str) -> str:
    """The lane of a stage of a client night."""
    return f"{stage}/{client_id}/{business_date}"


@dataclass(frozen=True)
class Attempt:
    """A run that was requested for an order."""

    run_id: str
    key: str
    """The order's key."""
    ended_at: datetime | None
    """None while it is queued or runs."""


@dataclass(frozen=True)
class Dispatch:
    """What to do with the orders of one tick."""

    request: tuple[tuple[Order, int], ...]
    """Orders to request, with the number of the attempt, from 1."""
    give_up: tuple[tuple[Order, Attempt], ...]
    """Orders that were tried as often as they may be, with the last attempt."""


@dataclass(frozen=True)
class Batch:
    """One run to ask for."""

    stage: Stage
    orders: tuple[Order, ...]
    """The most urgent first."""
    key: str
    """Equal for the same orders at the same attempts, so that the run is asked for once."""
    priority: int
    """Higher goes first in the queue: it rises with each minute that the most urgent night's deadline comes nearer, and
    is always above what somebody starts by hand or in Dagster's UI as a backfill (0). A past night's is above,
    being the most overdue: when it may go is decided before it is asked for (`nights.sharing`), and once it is, it must
    hold up no slot by waiting."""
    is_large: bool = False
    """Whether it is one large order."""
    is_past: bool = False
    """Whether it is past nights' work."""


def orders(works: Iterable[tuple[Work, datetime]], in_hand: Mapping[str, date] = {}) -> list[Order]:
    """Works, each with its night's deadline, as orders: the loads of one client night together, all else by itself.

    Args:
        in_hand: client id to the business date whose night is on.
    """
    loads: dict[tuple[str, date], list[Work]] = {}
    deadlines: dict[tuple[str, date], datetime] = {}
    found = []

    def order(stage: Stage, client_id: str, day: date, key: str, together: Iterable[Work], deadline: datetime) -> None:
        is_past = client_id in in_hand and day < in_hand[client_id]
        found.append(Order(stage, client_id, day, key, tuple(together), deadline, is_past))

    for work, deadline in works:
        if work.stage == "load":
            loads.setdefault((work.client_id, work.business_date), []).append(work)
            deadlines[work.client_id, work.business_date] = deadline
        else:
            order(work.stage, work.client_id, work.business_date, work.key, (work,), deadline)
    for (client_id, day), together in loads.items():
        key = f"load/{client_id}/{day}/{digest(sorted(work.key for work in together))[:16]}"
        order("load", client_id, day, key, together, deadlines[client_id, day])
    return found


def dispatch(due: Sequence[Order], attempts: Mapping[str, Sequence[Attempt]], now: datetime) -> Dispatch:
    """Which orders to request now. `attempts` has the runs of each order's lane, in any order."""
    request, give_up = [], []
    for order in due:
        in_lane = attempts.get(order.lane, ())
        if any(attempt.ended_at is None for attempt in in_lane):
            continue
        made = {attempt: attempt.ended_at or now for attempt in in_lane if attempt.key == order.key}
        if len(made) >= MAX_ATTEMPTS:
            give_up.append((order, max(made, key=lambda attempt: made[attempt])))
        elif not made or now >= max(made.values()) + PAUSES[len(made) - 1]:
            request.append((order, len(made) + 1))
    return Dispatch(tuple(request), tuple(give_up))


def batches(
    request: Sequence[tuple[Order, int]],
    in_flight: Mapping[str, int],
    now: datetime,
    large_slots: int = 0,
    past: PastRuns = NO_PAST_RUNS,
    *,
    night_is_on: bool = False,
) -> list[Batch]:
    """The runs to ask for: the most urgent orders first, as many runs as the stage has slots left; past nights' work in
    its turn.

    What failed before is tried by itself: a file that kills its process takes no other client's with it twice. So is
    what is large: small files do not wait behind it.

    Args:
        in_flight: stage to its runs that are queued or under way; those of large orders are under LARGE.
        large_slots: how many runs of large orders go at once, on machines of their own; where it is 0, they share the
            slots of their stage.
        past: the runs of past nights' work; they are counted in `in_flight` too.
        night_is_on: whether a client night in hand is open.
    """
    found: list[Batch] = []
    request = sorted(request, key=lambda item: (item[0].deadline, item[0].key))
    tonight = [item for item in request if not item[0].is_past]
    behind = [item for item in request if item[0].is_past]
    is_busy = bool(tonight) or sum(in_flight.values()) > past.in_flight + past.large
    if large_slots:
        ahead, after = ([item for item in items if item[0].is_large] for items in (tonight, behind))
        turns = 0 if past.large else 1  # one of them is past nights', where they want it
        large = [*after[:turns], *ahead, *after[turns:]]
        free = max(large_slots - in_flight.get(LARGE, 0), 0)
        found += [_batch(item[0].stage, [item], now) for item in large[:free]]
        tonight, behind = ([item for item in items if not item[0].is_large] for items in (tonight, behind))
    may = room(past, now, night_is_on=night_is_on, tonight_is_busy=is_busy)
    if may == "every slot":
        return found + _filled(behind, in_flight, now)
    turn: list[Batch] = []
    for stage in _STAGES if may != "none" else ():
        waiting = [item for item in behind if item[0].stage == stage]
        turn = turn or _filled(waiting, in_flight, now, most=1 if may == "one order" else None)[:1]
    taken = {batch.stage: 1 for batch in turn}
    left: dict[str, int] = {stage: in_flight.get(stage, 0) + taken.get(stage, 0) for stage in _STAGES}
    return [*found, *turn, *_filled(tonight, left, now)]


def _filled(
    request: Sequence[tuple[Order, int]], in_flight: Mapping[str, int], now: datetime, most: int | None = None
) -> list[Batch]:
    """The runs that fill the slots that are left; `most`: so many orders in one, at most."""
    found: list[Batch] = []
    for stage in _STAGES:
        of_stage = [item for item in request if item[0].stage == stage]
        free = max(SLOTS[stage] - in_flight.get(stage, 0), 0)
        alone = [[item] for item in of_stage if _stands_alone(*item)][:free]
        fresh = [item for item in of_stage if not _stands_alone(*item)]
        free -= len(alone)
        size = min(most or MOST[stage], -(-len(fresh) // free)) if fresh and free else 0
        together = [fresh[at : at + size] for at in range(0, len(fresh), size)][:free] if size else []
        found += [_batch(stage, items, now) for items in (*alone, *together)]
    return found


def _stands_alone(order: Order, attempt: int) -> bool:
    return attempt > 1 or order.is_large


def _batch(stage: Stage, items: Sequence[tuple[Order, int]], now: datetime) -> Batch:
    named = sorted(f"{order.key}#{attempt}" for order, attempt in items)
    late = now - min(order.deadline for order, _ in items)
    return Batch(
        stage,
        tuple(order for order, _ in items),
        f"{stage}/{digest(named)[:24]}",
        max(1, PRIORITY_AT_DEADLINE + int(late.total_seconds() // 60)),
        is_large=any(order.is_large for order, _ in items),
        is_past=any(order.is_past for order, _ in items),
    )
