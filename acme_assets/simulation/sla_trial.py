"""The forecast on trial: a simulated world's nights, forecast at many moments, and what became of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from acme_assets.simulation.sla_log import SimulatedNight
from acme_assets.simulation.sla_shown import ahead, summaries
from acme_assets.simulation.sla_world import World
from acme_assets.sla import forecast as judged
from acme_assets.sla.columns import Columns, packed, unpacked
from acme_assets.sla.correction import PastForecasts
from acme_assets.sla.history import History
from acme_assets.sla.night import Desk, NightAhead
from acme_assets.sla.result import NightForecast
from acme_assets.sla.scoring import Alarms, Bin, alarms, brier, coverage, pinball, reliability, skill

BEFORE = timedelta(hours=3)
"""How long before a client's first due time its forecasts begin to count."""

LEARNED_AFTER = timedelta(days=2)
"""A night is summarised a day and a half after its deadline: what happened yesterday is not known tonight."""

_MINUTE = timedelta(minutes=1)


class Forecaster(Protocol):
    """What is judged, in the form of `forecast.forecast`."""

    def __call__(
        self, nights: Sequence[NightAhead], history: History, now: datetime, /, *, desk: Desk, samples: int, seed: int
    ) -> Sequence[NightForecast]:
        """One forecast a night, in the same order."""
        ...


@dataclass(frozen=True)
class Trial:
    """All forecasts of open client nights before their deadlines: arrays with an entry for each."""

    subjects: NDArray[np.int64]
    """Which client night."""
    clients: tuple[str, ...]
    lead: NDArray[np.float64]
    """Minutes to the deadline."""
    p: NDArray[np.float64]
    p_raw: NDArray[np.float64]
    """Before what past forecasts were worth corrected it."""
    missed: NDArray[np.bool_]
    p50: NDArray[np.float64]
    """Minutes from the moment to the release, as forecast; inf: not tonight."""
    p90: NDArray[np.float64]
    took: NDArray[np.float64]
    """As it was; inf: never."""
    usual: NDArray[np.float64]
    """Share of misses among the nights that had been learned from."""

    def reliability(self, bins: int = 10) -> tuple[Bin, ...]:
        """What was forecast beside what happened."""
        return reliability(self.p, self.missed, bins, subjects=self.subjects)

    def alarms(self) -> Alarms:
        """What the flags were worth."""
        return alarms(self.subjects, self.lead, self.p, self.missed)

    def scores(self) -> dict[str, float]:
        """The other scores by name."""
        found = brier(self.p, self.missed)
        return {
            "brier": found,
            "skill_vs_usual": skill(found, brier(self.usual, self.missed)),
            "p50_coverage": coverage(self.took, self.p50),
            "p90_coverage": coverage(self.took, self.p90),
            "p90_pinball": pinball(self.took, self.p90, 0.9, cap=24 * 60),
            "cases": float(len(self.p)),
        }


def days(first: date, number: int) -> list[date]:
    """So many business dates, one after the other."""
    return [first + timedelta(days=day) for day in range(number)]


class Lessons:
    """What was known of past nights at each date: those that were summarised by then, as the ledger has them."""

    def __init__(self, world: World, dates: int) -> None:
        """
        Args:
            dates: how many business dates are learned from, the latest ones.
        """
        self.world, self.dates = world, dates
        self.stored: dict[date, str] = {}

    def before(self, day: date) -> Columns:
        """The nights from which the forecasts of one business date are made."""
        known = days(day - LEARNED_AFTER - timedelta(days=self.dates - 1), self.dates)
        for past in known:
            if past not in self.stored:
                self.stored[past] = packed(summaries(self.world.night(past)))
        return unpacked((past, self.stored[past]) for past in known)


def trial(
    world: World,
    nights: Sequence[date],
    *,
    history: int = 60,
    warm: int = 0,
    every: timedelta = timedelta(minutes=30),
    samples: int = 500,
    seed: int = 0,
    forecast: Forecaster = judged.forecast,
) -> Trial:
    """Forecast each of the nights at moments so far apart, having learned each time from the latest dates before it.

    Args:
        warm: so many dates before the first are forecast too, and not judged: what they were worth corrects the next.
    """
    lessons = Lessons(world, history)
    cases: list[_Case] = []
    for day in [*days(min(nights) - timedelta(days=warm), warm), *nights]:
        night, columns = world.night(day), lessons.before(day)
        learned, usual = History.of_columns(columns).corrected(_worth(cases, day)), _missed(columns)
        for now in _moments(night, every):
            ahead_now = ahead(night, now)
            if not any(_counts(was, now) for was in ahead_now):
                continue
            said = forecast(ahead_now, learned, now, desk=world.desk(now), samples=samples, seed=seed)
            pairs = zip(ahead_now, said, strict=True)
            cases += [_case(night, was, found, usual) for was, found in pairs if _counts(was, now)]
    return _joined([case for case in cases if case.business_date in set(nights)])


@dataclass(frozen=True)
class _Case:
    client_id: str
    business_date: date
    lead: float
    p: float
    p_raw: float
    missed: bool
    p50: float
    p90: float
    took: float
    usual: float


def _worth(cases: Sequence[_Case], day: date) -> PastForecasts:
    """What is known of earlier forecasts when the nights of a date are forecast."""
    known = [case for case in cases if case.business_date <= day - LEARNED_AFTER]
    return PastForecasts(
        [case.p_raw for case in known],
        [case.missed for case in known],
        [(case.client_id, case.business_date) for case in known],
    )


def _missed(columns: Columns) -> float:
    """The share of the nights that were released too late, or never."""
    return float(np.mean(~(columns.nights["past_deadline"] <= 0)))


def _moments(night: SimulatedNight, every: timedelta) -> Iterable[datetime]:
    """From before the first due time to the last deadline; each date a little later than the one before, so that not
    all are at the full hour, as deadlines are."""
    open_nights = ahead(night, night.start - timedelta(days=1))
    now = min(feed.due for each in open_nights for feed in each.feeds) - BEFORE
    now += every * (night.business_date.toordinal() % 4 / 4)
    while now < max(each.deadline for each in open_nights):
        yield now
        now += every


def _counts(night: NightAhead, now: datetime) -> bool:
    return min(feed.due for feed in night.feeds) - BEFORE <= now < night.deadline


def _case(night: SimulatedNight, was: NightAhead, said: NightForecast, usual: float) -> _Case:
    released = night.released_at(was.client_id)
    return _Case(
        was.client_id,
        was.business_date,
        (was.deadline - said.made_at) / _MINUTE,
        said.p_miss,
        said.p_miss if said.p_raw is None else said.p_raw,
        released is None or released > was.deadline,
        _after(said.p50, said.made_at),
        _after(said.p90, said.made_at),
        _after(released, said.made_at),
        usual,
    )


def _after(moment: datetime | None, now: datetime) -> float:
    return float("inf") if moment is None else (moment - now) / _MINUTE


def _joined(cases: Sequence[_Case]) -> Trial:
    number: dict[tuple[str, date], int] = {}
    for case in cases:
        number.setdefault((case.client_id, case.business_date), len(number))
    return Trial(
        subjects=np.array([number[case.client_id, case.business_date] for case in cases]),
        clients=tuple(case.client_id for case in cases),
        lead=np.array([case.lead for case in cases]),
        p=np.array([case.p for case in cases]),
        p_raw=np.array([case.p_raw for case in cases]),
        missed=np.array([case.missed for case in cases]),
        p50=np.array([case.p50 for case in cases]),
        p90=np.array([case.p90 for case in cases]),
        took=np.array([case.took for case in cases]),
        usual=np.array([case.usual for case in cases]),
    )
