"""When to request work: once at a time, again after a pause when its run failed, and not for ever. Pure."""

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


@dataclass(frozen=True)
class Order:
    """One run to ask for: the work of one client night that belongs together."""

    stage: Stage
    client_id: str
    business_date: date
    key: str
    works: tuple[Work, ...]

    @property
    def lane(self) -> str:
        """One run at a time: a client night's loads, its builds, its releases."""
        return f"{self.stage}/{self.client_id}/{self.business_date}"

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds to load (stage load)."""
        return tuple(work.feed for work in self.works if work.feed)


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


def orders(works: Iterable[Work]) -> list[Order]:
    """Loads of one client night go into one run; a build and a release are a run each."""
    loads: dict[tuple[str, date], list[Work]] = {}
    found = []
    for work in works:
        if work.stage == "load":
            loads.setdefault((work.client_id, work.business_date), []).append(work)
        else:
            found.append(Order(work.stage, work.client_id, work.business_date, work.key, (work,)))
    for (client_id, business_date), together in loads.items():
        key = f"load/{client_id}/{business_date}/{digest(sorted(work.key for work in together))[:16]}"
        found.append(Order("load", client_id, business_date, key, tuple(together)))
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
