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
    is always above what somebody starts by hand or as a backfill (0)."""
    is_large: bool = False
    """Whether it is one large order."""


def orders(works: Iterable[tuple[Work, datetime]]) -> list[Order]:
    """Works, each with its night's deadline, as orders: the loads of one client night together, all else by itself."""
    loads: dict[tuple[str, date], list[Work]] = {}
    deadlines: dict[tuple[str, date], datetime] = {}
    found = []
    for work, deadline in works:
        if work.stage == "load":
            loads.setdefault((work.client_id, work.business_date), []).append(work)
            deadlines[work.client_id, work.business_date] = deadline
        else:
            found.append(Order(work.stage, work.client_id, work.business_date, work.key, (work,), deadline))
    for (client_id, business_date), together in loads.items():
        key = f"load/{client_id}/{business_date}/{digest(sorted(work.key for work in together))[:16]}"
        deadline = deadlines[client_id, business_date]
        found.append(Order("load", client_id, business_date, key, tuple(together), deadline))
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
    request: Sequence[tuple[Order, int]], in_flight: Mapping[str, int], now: datetime, large_slots: int = 0
) -> list[Batch]:
    """The runs to ask for: the most urgent orders first, as many runs as the stage has slots left.

    What failed before is tried by itself: a file that kills its process takes no other client's with it twice. So is
    what is large: small files do not wait behind it.

    Args:
        in_flight: stage to its runs that are queued or under way; those of large orders are under LARGE.
        large_slots: how many runs of large orders go at once, on machines of their own; where it is 0, they share the
            slots of their stage.
    """
    found: list[Batch] = []
    if large_slots:
        large = sorted((item for item in request if item[0].is_large), key=lambda item: (item[0].deadline, item[0].key))
        free = max(large_slots - in_flight.get(LARGE, 0), 0)
        found += [_batch(item[0].stage, [item], now) for item in large[:free]]
        request = [item for item in request if not item[0].is_large]
    for stage in _STAGES:
        of_stage = sorted(
            (item for item in request if item[0].stage == stage), key=lambda item: (item[0].deadline, item[0].key)
        )
        free = max(SLOTS[stage] - in_flight.get(stage, 0), 0)
        alone = [[item] for item in of_stage if _stands_alone(*item)][:free]
        fresh = [item for item in of_stage if not _stands_alone(*item)]
        free -= len(alone)
        size = min(MOST[stage], -(-len(fresh) // free)) if fresh and free else 0
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
        any(order.is_large for order, _ in items),
    )
