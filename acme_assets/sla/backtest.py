"""Is the forecast right? Judged on real deliveries that it has not seen, beside simpler ways to tell.

Period by period, each sender that is expected and not here yet is forecast at some moments before the deadline, from
earlier periods alone. What the forecast leans on is chosen on the earlier part of the log, and judged on the later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla import normal
from acme_assets.sla.arriving import landings
from acme_assets.sla.bonds import bonds
from acme_assets.sla.draws import Draws
from acme_assets.sla.habits import Habits, Leaning, habits
from acme_assets.sla.night import FeedAhead, NightAhead, StageAhead
from acme_assets.sla.record import ArrivalRecord, Sender
from acme_assets.sla.scoring import alarms, brier, coverage, pinball, skill
from acme_assets.sla.weekly import DeliveryLog, UnreadableLog

Floats = NDArray[np.float64]

IN_BY_THEN = (0.25, 0.5, 0.75, 0.9)
"""A delivery is forecast a day before its deadline (half the cadence, if that is shorter), and at the moments when so
many of those that came in time had come, in the earlier half."""
FIRST_PERIODS = 4
"""Of the log: only learned from."""

LEANINGS = tuple(
    Leaning(half_life=half_life, half_life_of_absence=absence, on_past=past)
    for half_life in (6.0, 12.0, 24.0)
    for absence in (3.0, 8.0)
    for past in (1.5, 4.0)
)
"""What is chosen from."""

BASELINES = ("climatology", "mean_2sigma", "past_due", "gaussian")
"""How often the sender missed so far; whether its mean + 2 standard deviations lies past the deadline; whether its
usual time has passed; the probability of a miss by a normal distribution with its mean and deviation."""


@dataclass(frozen=True)
class Cases:
    """Forecasts of deliveries that were not here at the moment: one entry each."""

    period: NDArray[np.int64]
    sender: NDArray[np.int64]
    lead: Floats
    """Minutes to the deadline."""
    p_miss: Floats
    missed: NDArray[np.bool_]
    lateness: Floats
    """inf: it never came."""
    p50: Floats
    p90: Floats
    """Lateness, given that it comes."""
    baselines: dict[str, Floats]
    """The same probability, by each of BASELINES."""

    @property
    def subjects(self) -> NDArray[np.int64]:
        """One number for all cases of one delivery."""
        return self.period * (int(self.sender.max(initial=0)) + 1) + self.sender

    @property
    def brier(self) -> float:
        """Of the forecast."""
        return brier(self.p_miss, self.missed)


def moments(log: DeliveryLog) -> tuple[float, ...]:
    """Minutes before the deadline at which forecasts are made, the earliest first."""
    offsets = log.record.offsets[:, split(log)[0]]
    in_time = offsets[offsets <= 0]
    earliest = log.margin.total_seconds() / 60
    found = -np.quantile(in_time, IN_BY_THEN) if len(in_time) else np.zeros(0)
    later = {float(np.ceil(max(minutes, 1.0) / 5) * 5) for minutes in found}
    return (earliest, *sorted((minutes for minutes in later if minutes < earliest), reverse=True))


def forecast_periods(log: DeliveryLog, periods: Sequence[int], leaning: Leaning, samples: int = 2000) -> Cases:
    """Forecast every open delivery of these periods (their numbers), each from the periods before it.

    Raises:
        UnreadableLog: there are none.
    """
    at = moments(log)
    found = [part for number in periods for part in _period(log, number, leaning, samples, at)]
    if not found:
        raise UnreadableLog("no delivery was expected in these periods; give a longer log")
    joined = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
    baselines = {name: joined.pop(name) for name in BASELINES}
    return Cases(**joined, baselines=baselines)


def choose_leaning(log: DeliveryLog, periods: Sequence[int], on_step: Callable[[], None] = lambda: None) -> Leaning:
    """The leaning with the least Brier score on these periods."""
    scores = []
    for leaning in LEANINGS:
        scores.append(forecast_periods(log, periods, leaning, samples=500).brier)
        on_step()
    return LEANINGS[int(np.argmin(scores))]


@dataclass(frozen=True)
class Judgement:
    """How right the forecast was on periods that nothing was chosen on."""

    leaning: Leaning
    cases: Cases
    first_judged: date
    senders: int

    def scores(self) -> dict[str, float | int]:
        """The figures in short; coverage and pinball loss are of what came, in minutes."""
        cases = self.cases
        came = np.isfinite(cases.lateness)
        lateness, p50, p90 = cases.lateness[came], cases.p50[came], cases.p90[came]
        flags = alarms(cases.subjects, cases.lead, cases.p_miss, cases.missed)
        known = np.isfinite(p50)
        return {
            "cases": len(cases.missed),
            "deliveries": len(np.unique(cases.subjects)),
            "missed": int(cases.missed.sum()),
            "brier": cases.brier,
            **{f"brier_{name}": brier(p, cases.missed) for name, p in cases.baselines.items()},
            **{
                f"brier_skill_vs_{name}": skill(cases.brier, brier(p, cases.missed))
                for name, p in cases.baselines.items()
            },
            "p50_coverage": coverage(lateness, p50),
            "p90_coverage": coverage(lateness, p90),
            "pinball_p50_min": pinball(lateness[known], p50[known], 0.5),
            "pinball_p90_min": pinball(lateness[known], p90[known], 0.9),
            "median_lead_min": flags.median_lead,
            "false_alarm_rate": flags.false_alarm_rate,
        }


def judge(log: DeliveryLog, on_step: Callable[[str], None] = lambda step: None) -> Judgement:
    """Choose on the earlier periods, and judge on the later.

    Raises:
        UnreadableLog: nothing was expected in one of them.
    """
    earlier, later = split(log)
    leaning = choose_leaning(log, spaced(log, earlier), lambda: on_step("choosing"))
    cases = forecast_periods(log, spaced(log, later), leaning)
    on_step("judging")
    return Judgement(leaning, cases, log.record.dates[later[0]], len(np.unique(cases.sender)))


def spaced(log: DeliveryLog, periods: Sequence[int]) -> list[int]:
    """Of these periods so many, evenly spaced, as have about `MOST` deliveries: a year of 1,200 feeds has 438,000."""
    owed = (~np.isnan(log.record.offsets[:, list(periods)])).sum()
    step = max(1, int(np.ceil(owed / MOST)))
    return list(periods)[::step]


MOST = 5_000


def split(log: DeliveryLog) -> tuple[range, range]:
    """Numbers of the earlier periods, on which the leaning is chosen, and of the later, which are judged."""
    count = len(log.record.dates)
    return range(FIRST_PERIODS, count // 2), range(count // 2, count)


def _period(
    log: DeliveryLog, number: int, leaning: Leaning, samples: int, at: Sequence[float]
) -> list[dict[str, NDArray[np.generic]]]:
    record = log.record
    tonight, lateness = record.dates[number], record.offsets[:, number]
    past = ArrivalRecord(record.senders, record.dates[:number], record.offsets[:, :number])
    seen_before = ~np.isnan(past.offsets).all(axis=1)
    expected = np.nonzero(~np.isnan(lateness) & seen_before)[0]
    senders = [record.senders[row] for row in expected]
    usual, shared = {tonight: habits(past, tonight, senders, leaning)}, bonds(past)
    deadline = datetime.combine(tonight, time(23), UTC)
    simple = _baselines(past, expected)
    parts = []
    for lead in at:
        now = deadline - timedelta(minutes=lead)
        nights = [_ahead(sender, late, deadline, now) for sender, late in zip(senders, lateness[expected], strict=True)]
        drawn = landings(nights, usual, shared, now, Draws(samples))  # type: ignore[arg-type]
        if not drawn:
            continue
        is_open = np.array(sorted(night for night, _ in drawn), np.int64)
        late = np.array([drawn[night, senders[night].feed] for night in is_open]) - lead
        p50, p90 = _given_it_comes(late, usual[tonight], senders, is_open)
        truth = lateness[expected][is_open]
        parts.append(
            {
                "period": np.full(len(is_open), number),
                "sender": expected[is_open],
                "lead": np.full(len(is_open), lead),
                "p_miss": (late > 0).mean(axis=1),
                "missed": truth > 0,
                "lateness": truth,
                "p50": p50,
                "p90": p90,
            }
            | {name: values[is_open] for name, values in simple(-lead).items()}
        )
    return parts


def _ahead(sender: Sender, lateness: float, deadline: datetime, now: datetime) -> NightAhead:
    landed = deadline + timedelta(minutes=lateness) if np.isfinite(lateness) else None
    here = landed is not None and landed <= now
    feed = FeedAhead(sender.feed, "arrived" if here else "expected", deadline, landed_at=landed if here else None)  # type: ignore[arg-type]
    waits = StageAhead("waiting")
    return NightAhead(sender.client_id, deadline.date(), deadline, (feed,), waits, waits, waits, ())


def _given_it_comes(
    late: Floats, usual: Habits, senders: Sequence[Sender], is_open: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    come = np.where(np.isfinite(late), late, np.nan)
    none = np.isnan(come).all(axis=1)
    come[none] = 0.0
    p50, p90 = np.nanquantile(come, [0.5, 0.9], axis=1)
    return np.where(none, np.inf, p50), np.where(none, np.inf, p90)


def _baselines(past: ArrivalRecord, expected: NDArray[np.int64]) -> Callable[[float], dict[str, Floats]]:
    offsets = past.offsets[expected]
    owed, missed = ~np.isnan(offsets), offsets > 0
    everybody = float((past.offsets > 0).sum() / max((~np.isnan(past.offsets)).sum(), 1))
    climatology = (missed.sum(axis=1) + everybody) / (owed.sum(axis=1) + 1)
    came = np.where(np.isfinite(offsets), offsets, np.nan)
    known = np.isfinite(came).sum(axis=1) >= 2
    came[~known] = 0.0
    mean, deviation = np.nanmean(came, axis=1), np.maximum(np.nanstd(came, axis=1), 1.0)
    usual = np.nanmedian(came, axis=1)
    gaussian = np.where(known, 1 - normal.cdf((0 - mean) / deviation), climatology)
    two_sigma = np.where(known, mean + 2 * deviation > 0, climatology > 0.5).astype(float)

    def at(passed: float) -> dict[str, Floats]:
        past_due = np.where(known, passed > usual, climatology > 0.5).astype(float)
        return {
            "climatology": climatology, "mean_2sigma": two_sigma, "past_due": past_due, "gaussian": gaussian,
        }  # fmt: skip

    return at
