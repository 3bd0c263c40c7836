"""A night of the work sensor without Dagster: orders come, ticks ask for runs, runs take as long as their orders do."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from acme_assets.nights.dispatch import Batch, Order, batches
from acme_assets.nights.facts import Stage
from acme_assets.nights.sharing import PastRuns
from acme_assets.nights.status import Work
from tests.world import NIGHT

BEGIN = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
TICK = timedelta(seconds=30)
STEP = timedelta(seconds=5)
START = timedelta(seconds=2)
"""What a run costs before its first step."""

AT_ONCE = 2
"""How many runs Dagster's queue lets go at once: the one with the highest priority first."""

Name = tuple[str, int]
"""Client id, and how many days before tonight's the business date is."""


@dataclass(frozen=True)
class Coming:
    """The work of one client night: loads, then a build, from when its files came."""

    client_id: str
    at: timedelta
    load: timedelta
    build: timedelta
    is_past: bool = False
    days_ago: int = 0

    @property
    def name(self) -> Name:
        return (self.client_id, self.days_ago)

    def order(self, stage: Stage) -> Order:
        day = NIGHT - timedelta(days=self.days_ago)
        key = f"{stage}/{self.client_id}/{day}"
        deadline = BEGIN + timedelta(hours=6) - timedelta(days=self.days_ago)
        return Order(stage, self.client_id, day, key, (Work(stage, self.client_id, day, key),), deadline, self.is_past)


@dataclass(eq=False)
class Run:
    """A run that was asked for."""

    batch: Batch
    began_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass
class Simulated:
    """What became of the night."""

    coming: list[Coming]
    built_at: dict[Name, datetime] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    waited: list[tuple[datetime, int, int]] = field(default_factory=list)
    """Of each tick at which tonight's work waited: when, and how many past runs were under way or asked for."""
    _loaded: set[Name] = field(default_factory=set)
    _under_way: list[Run] = field(default_factory=list)

    def play(self, hours: float = 12) -> "Simulated":
        """Until everything is built, or so long."""
        now = BEGIN
        while len(self.built_at) < len(self.coming) and now < BEGIN + timedelta(hours=hours):
            self._end_runs(now)
            if (now - BEGIN) % TICK == timedelta():
                self._tick(now)
            self._let_runs_go(now)
            now += STEP
        return self

    def _end_runs(self, now: datetime) -> None:
        for run in [run for run in self._under_way if run.ends_at and run.ends_at <= now]:
            self._under_way.remove(run)
            for order in run.batch.orders:
                if run.batch.stage == "build":
                    self.built_at[_name(order)] = now
                self._loaded.add(_name(order))

    def _tick(self, now: datetime) -> None:
        busy = {order.lane for run in self._under_way for order in run.batch.orders}
        here = [item for item in self.coming if now >= BEGIN + item.at and item.name not in self.built_at]
        due = [item.order("build" if item.name in self._loaded else "load") for item in here]
        request = [(order, 1) for order in due if order.lane not in busy]
        past = [run for run in self._under_way if run.batch.is_past]
        over = [run for run in self.runs if run.batch.is_past and run not in past]
        last = max(over, key=lambda run: run.ends_at or now, default=None)
        turns = PastRuns(len(past), 0, last.began_at if last else None, last.ends_at if last else None)
        in_flight = Counter(run.batch.stage for run in self._under_way)
        night_is_on = any(not item.is_past for item in here)
        found = batches(request, in_flight, now, past=turns, night_is_on=night_is_on)
        asked = {order.lane for batch in found for order in batch.orders}
        if any(not order.is_past and order.lane not in asked for order, _ in request):
            self.waited.append((now, len(past), sum(batch.is_past for batch in found)))
        new = [Run(batch) for batch in found]
        self.runs += new
        self._under_way += new

    def _let_runs_go(self, now: datetime) -> None:
        """Dagster's queue."""
        for run in sorted(self._under_way, key=lambda item: -item.batch.priority):
            if run.began_at is None and sum(item.began_at is not None for item in self._under_way) < AT_ONCE:
                run.began_at, run.ends_at = now, now + self._takes(run.batch)

    def _takes(self, batch: Batch) -> timedelta:
        seconds = {item.name: getattr(item, batch.stage) for item in self.coming}
        return sum((seconds[_name(order)] for order in batch.orders), START)


def _name(order: Order) -> Name:
    return (order.client_id, (NIGHT - order.business_date).days)


def minutes(night: Simulated, *, past: bool = False) -> dict[Name, float]:
    """Minutes from the beginning until each night was built: tonight's, or the past ones."""
    found = {item.name for item in night.coming if item.is_past == past}
    return {name: (at - BEGIN).total_seconds() / 60 for name, at in night.built_at.items() if name in found}
