"""A whole night of many clients as data: what arrives when, what is wrong with it, and how each client night ends.

Pure: the same clients, business date and seed give the same plan. What an arrival's files hold is `fleet_files`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from random import Random

from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.faults import Fault, FaultKind
from acme_assets.simulation.people import random_for
from client_partitions.calendar import due_at
from client_partitions.client import WEEKDAYS, Client, OwnerGroup
from client_partitions.feeds import Feed

Quantiles = tuple[tuple[float, float], ...]
"""Share of the cases to the minutes that so many of them stay below, in rising order."""


@dataclass(frozen=True)
class Punctuality:
    """How real senders keep their times.

    The numbers are derived from cdcepi/FluSight-forecast-hub (MIT): 2,508 weekly deliveries of 78 senders against
    one deadline. A night is short, so that only what lies within `window` counts as its arrivals. A test computes
    all of it again where that data is.
    """

    window: timedelta
    relative_to_due: Quantiles
    """Minutes from deadline to first submission (negative before it), of the 688 deliveries that came within the
    window before or after it; quantiles with linear interpolation. One in six or seven is late."""
    never: float
    """Of the senders who delivered in each of the four weeks before, the share that did not this time; what is
    more than two days late counts as not delivered."""
    redelivered: float
    """Of all deliveries, the share whose first redelivery came within the window after the first submission."""
    redelivered_after: Quantiles
    """Minutes from first submission to first redelivery, of these 220."""


REAL_SENDERS = Punctuality(
    window=timedelta(hours=3),
    relative_to_due=(
        (0.0, -179.9), (0.05, -171.9), (0.1, -160.1), (0.25, -128.1), (0.5, -72.3), (0.75, -14.6), (0.846, -0.5),
        (0.9, 52.0), (0.95, 80.3), (0.99, 140.6), (1.0, 176.3),
    ),
    never=0.066,
    redelivered=0.088,
    redelivered_after=(
        (0.0, 0.0), (0.05, 2.9), (0.1, 5.0), (0.25, 9.0), (0.5, 20.0), (0.75, 46.1), (0.85, 59.4), (0.9, 91.4),
        (0.95, 167.2), (0.99, 170.0), (1.0, 174.8),
    ),
)  # fmt: skip

_APART = timedelta(minutes=4)
"""The feeds of one client share its lateness, up to so much (which is made up): one transfer after the other. In
pcm-dpc/COVID-19 (Dipartimento della Protezione Civile, CC-BY 4.0) the three daily feeds of one sender came within
one minute on each of the 850 days from 2020-07-01 to 2022-10-28, late or not."""


class _Fate(StrEnum):
    """What befalls a client's night; CLEAN is the rest."""

    CLEAN = "clean"
    NEVER = "a required feed never comes"
    QUARANTINED = "a required feed cannot be read, and is not sent again"
    RESENT = "a required feed cannot be read, and is sent again"
    BAD_ROWS = "a feed has a bad row, below the limit"
    UNSIGNED = "nobody signs"


_RATES: Mapping[_Fate, float] = {
    _Fate.NEVER: REAL_SENDERS.never,
    _Fate.QUARANTINED: 0.015,
    _Fate.RESENT: 0.015,
    _Fate.BAD_ROWS: 0.04,
    _Fate.UNSIGNED: 0.02,
}
"""Share of the clients. Only the first is measured: the logs of real deliveries do not say what was in the files."""

_ALL_FATES_FROM = 20
"""From so many clients on, each fate befalls at least one."""

_UNREADABLE = (FaultKind.BROKEN_FILE, FaultKind.WRONG_HEADER, FaultKind.EMPTY_FILE)
_ONE_ROW = 0.001
"""A share so small that one row of each file is bad."""


@dataclass(frozen=True)
class Arrival:
    """The files of one feed land."""

    at: timedelta
    """Since the plan's start."""
    client_id: str
    feed: Feed
    version: int
    """0 the first, 1 the redelivery."""
    fault: Fault | None


@dataclass(frozen=True)
class FleetExpected:
    """How a client night ends, once everything has arrived and been signed that will be."""

    released: bool
    blocked_by: OwnerGroup | None
    """Who has to act before it can be released; None once it is."""
    hindered: tuple[Feed, ...]
    """Required feeds that are missing or quarantined at the end."""
    signed: bool
    """Whether an analyst signs what can be signed; False too where nothing can."""


@dataclass(frozen=True)
class NightPlan:
    """One business date's night of many clients."""

    business_date: date
    starts_at: datetime
    """When the first arrival would land by the real clock: aware, UTC."""
    arrivals: tuple[Arrival, ...]
    """In order of time."""
    expected: Mapping[str, FleetExpected]
    """By client id."""
    span: timedelta
    """From the start to the last arrival."""

    def compressed(self, into: timedelta) -> "NightPlan":
        """The same plan, all of it within `into`."""
        if not self.span:
            return self
        factor = into / self.span
        arrivals = tuple(replace(arrival, at=min(arrival.at * factor, into)) for arrival in self.arrivals)
        return replace(self, arrivals=arrivals, span=into)


@dataclass(frozen=True)
class _Landing:
    """An arrival, by the real clock."""

    moment: datetime
    arrival: Arrival


def plan_night(clients: Sequence[Client], business_date: date, seed: int = 0) -> NightPlan:
    """Plan the arrivals of all clients for one business date, and say how each night ends.

    Raises:
        SimulationError: nothing would arrive.
    """
    fates = _fates(clients, business_date, seed)
    landings: list[_Landing] = []
    expected = {}
    for client in clients:
        fate = fates[client.client_id]
        random = random_for(seed, "night", business_date, client.client_id)
        hit = _hit(client, business_date, fate, random)
        landings += _landings(client, business_date, fate, hit, random)
        expected[client.client_id] = _ending(fate, hit)
    if not landings:
        raise SimulationError(f"nothing arrives for {business_date}; give clients that owe feeds on that weekday")
    start = min(landing.moment for landing in landings)
    arrivals = sorted(
        (replace(landing.arrival, at=landing.moment - start) for landing in landings),
        key=lambda arrival: (arrival.at, arrival.client_id, arrival.feed, arrival.version),
    )
    return NightPlan(business_date, start, tuple(arrivals), expected, arrivals[-1].at)


def _fates(clients: Sequence[Client], business_date: date, seed: int) -> dict[str, _Fate]:
    """Each client's fate: as many of each kind as its rate says, whoever they are."""
    fates = {client.client_id: _Fate.CLEAN for client in clients}
    owing = sorted(client.client_id for client in clients if client.feeds_owed(business_date))
    random_for(seed, "fates", business_date).shuffle(owing)
    least = 1 if len(clients) >= _ALL_FATES_FROM else 0
    for fate, rate in _RATES.items():
        for client_id in [owing.pop() for _ in range(max(least, round(rate * len(clients)))) if owing]:
            fates[client_id] = fate
    return fates


def _hit(client: Client, business_date: date, fate: _Fate, random: Random) -> Feed | None:
    """The required feed that the fate is about; of bad rows one that may have most of them."""
    owed = client.feeds_owed(business_date)
    if fate in (_Fate.CLEAN, _Fate.UNSIGNED):
        return None
    if fate is _Fate.BAD_ROWS:
        limits = {feed: client.feeds[feed].quarantine_limit for feed in owed}
        return random.choice([feed for feed in owed if limits[feed] == max(limits.values())])
    return random.choice(owed)


def _landings(client: Client, business_date: date, fate: _Fate, hit: Feed | None, random: Random) -> Iterator[_Landing]:
    lateness = _drawn(REAL_SENDERS.relative_to_due, random)
    owed = client.feeds_owed(business_date)
    for feed, policy in client.feeds.items():
        if WEEKDAYS[business_date.weekday()] not in policy.days:
            continue
        first = due_at(client, feed, business_date) + lateness + _APART * random.random()
        again = first + max(_drawn(REAL_SENDERS.redelivered_after, random), timedelta(minutes=1))
        is_corrected = random.random() < REAL_SENDERS.redelivered
        never = feed not in owed and random.random() < REAL_SENDERS.never
        if never or (feed == hit and fate is _Fate.NEVER):
            continue
        fault = _fault(fate, feed, random) if feed == hit else None
        yield _Landing(first, Arrival(timedelta(), client.client_id, feed, 0, fault))
        if feed == hit and fate is _Fate.RESENT:
            yield _Landing(again, Arrival(timedelta(), client.client_id, feed, 1, None))
        elif is_corrected and not (feed == hit and fate is _Fate.QUARANTINED):
            correction = Fault(FaultKind.REDELIVER, feed)
            yield _Landing(again, Arrival(timedelta(), client.client_id, feed, 1, correction))


def _fault(fate: _Fate, feed: Feed, random: Random) -> Fault:
    if fate is _Fate.BAD_ROWS:
        return Fault(FaultKind.BAD_ROWS, feed, share=_ONE_ROW)
    return Fault(random.choice(_UNREADABLE), feed)


def _ending(fate: _Fate, hit: Feed | None) -> FleetExpected:
    if hit is not None and fate in (_Fate.NEVER, _Fate.QUARANTINED):
        return FleetExpected(released=False, blocked_by="client", hindered=(hit,), signed=False)
    if fate is _Fate.UNSIGNED:
        return FleetExpected(released=False, blocked_by="qa", hindered=(), signed=False)
    return FleetExpected(released=True, blocked_by=None, hindered=(), signed=True)


def _drawn(quantiles: Quantiles, random: Random) -> timedelta:
    """A time drawn from the quantiles, evenly between two of them."""
    share = random.random()
    (low, least), (high, most) = next(pair for pair in pairwise(quantiles) if share <= pair[1][0])
    return timedelta(minutes=least + (most - least) * (share - low) / (high - low))
