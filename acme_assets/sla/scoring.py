"""Whether forecasts were right: scores of probabilities and of quantiles, flags raised in time and for nothing.

General: numpy arrays in, frozen dataclasses out, whatever was forecast. A time that never comes is inf.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLAG = 0.5
"""From this probability of a miss on, a night is flagged as at risk."""

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """The cases whose probability lies in one range."""

    low: float
    high: float
    """Excluded, but in the last range."""
    cases: int
    mean: float
    """Mean probability that was forecast; nan without cases."""
    observed: float
    """Share of the cases in which it happened; nan without cases."""
    subjects: int
    """Different subjects among the cases: those of one subject, at many moments, say the same thing again."""

    @property
    def error(self) -> float:
        """By how much too few were forecast, negative for too many."""
        return self.observed - self.mean


@dataclass(frozen=True)
class Flag:
    """The first time that a subject was flagged."""

    subject: int
    lead: float
    """Minutes from then to its deadline."""
    stays: bool
    """Whether it was flagged at all later moments too."""


@dataclass(frozen=True)
class Alarms:
    """What flags were worth."""

    misses: int
    flagged_misses: int
    """Those that were flagged before the deadline."""
    median_lead: float
    """Of all misses, minutes from the first flag to the deadline; 0 where there was none; nan without misses."""
    median_lead_flagged: float
    """Of the flagged ones; nan without any."""
    kept: int
    """Subjects that were in time."""
    false_alarms: int
    """Of these, those that were flagged at some moment."""
    stayed: float
    """Share of all first flags that stayed until the deadline; nan without flags."""

    @property
    def false_alarm_rate(self) -> float:
        """Share of the subjects in time that were flagged; nan without such subjects."""
        return self.false_alarms / self.kept if self.kept else float("nan")

    @property
    def false_alarm_ratio(self) -> float:
        """Share of the flagged subjects that were in time; nan without flags."""
        flagged = self.false_alarms + self.flagged_misses
        return self.false_alarms / flagged if flagged else float("nan")


def brier(p: ArrayLike, happened: ArrayLike) -> float:
    """Mean squared difference of probability and outcome: 0 is perfect, a constant half earns 0.25.

    Raises:
        ValueError: there are no cases, of one more than of the other, or a probability is none.
    """
    forecast, outcome = _cases(p, happened)
    return float(np.mean((forecast - outcome) ** 2))


def skill(score: float, reference: float) -> float:
    """By how much of the reference's score a score is better: 1 is perfect, 0 no better, negative worse."""
    if reference == 0:
        return 0.0 if score == 0 else float("-inf")
    return 1 - score / reference


def reliability(
    p: ArrayLike, happened: ArrayLike, bins: int = 10, *, subjects: ArrayLike | None = None
) -> tuple[Bin, ...]:
    """What was forecast beside what happened, in ranges of the same width.

    Raises:
        ValueError: as `brier`.
    """
    forecast, outcome = _cases(p, happened)
    of = np.arange(len(forecast)) if subjects is None else np.asarray(subjects)
    place = np.minimum((forecast * bins).astype(np.int64), bins - 1)
    table = []
    for number in range(bins):
        chosen = place == number
        cases = int(chosen.sum())
        mean, observed = (
            (float(forecast[chosen].mean()), float(outcome[chosen].mean())) if cases else (float("nan"),) * 2
        )
        table.append(Bin(number / bins, (number + 1) / bins, cases, mean, observed, len(np.unique(of[chosen]))))
    return tuple(table)


def worst_bin(table: Sequence[Bin], least: int = 200) -> Bin | None:
    """The range with the largest error, of those with so many cases; None: there is none."""
    return max((found for found in table if found.cases >= least), key=lambda found: abs(found.error), default=None)


def pinball(observed: ArrayLike, quantile: ArrayLike, level: float, cap: float = float("inf")) -> float:
    """Mean loss of a forecast quantile: least where a share of `level` of the outcomes lies below it.

    `cap` stands for all times after it, those that never come among them; without it their loss is infinite or,
    where never was forecast, 0.
    """
    seen, said = (np.minimum(values, cap) for values in _pair(observed, quantile))
    above = np.zeros_like(seen)
    np.subtract(seen, said, out=above, where=seen != said)  # inf - inf is nan; never as forecast costs nothing
    return float(np.mean(np.where(above > 0, level * above, (level - 1) * above)))


def coverage(observed: ArrayLike, quantile: ArrayLike) -> float:
    """Share of the outcomes that came not later than the forecast quantile; never is not later than never."""
    seen, said = _pair(observed, quantile)
    return float(np.mean(seen <= said))


def first_flags(subjects: ArrayLike, lead: ArrayLike, p: ArrayLike, threshold: float = FLAG) -> tuple[Flag, ...]:
    """The first flag of each subject that has one, by subject. `lead` is the minutes to the deadline of each case;
    what was said at the deadline or later is no flag."""
    of, before, said = np.asarray(subjects), np.asarray(lead, dtype=float), np.asarray(p, dtype=float)
    early = before > 0
    of, before, said = of[early], before[early], said[early]
    order = np.lexsort((-before, of))
    of, before, raised = of[order], before[order], said[order] >= threshold
    flags = []
    names, starts, counts = np.unique(of, return_index=True, return_counts=True)
    for name, start, end in zip(names, starts, starts + counts, strict=True):
        found = np.flatnonzero(raised[start:end])
        if len(found):
            first = start + found[0]
            flags.append(Flag(int(name), float(before[first]), bool(raised[first:end].all())))
    return tuple(flags)


def alarms(subjects: ArrayLike, lead: ArrayLike, p: ArrayLike, missed: ArrayLike, threshold: float = FLAG) -> Alarms:
    """What the flags of all subjects were worth. `missed` is said with each case: whether its subject was late."""
    of, late = np.asarray(subjects), np.asarray(missed, dtype=bool)
    misses = {int(name) for name in np.unique(of[late])}
    kept = {int(name) for name in np.unique(of[~late])}
    if misses & kept:
        raise ValueError(
            f"subject {min(misses & kept)} was both missed and in time: say the same with each of its cases"
        )
    flags = {flag.subject: flag for flag in first_flags(subjects, lead, p, threshold)}
    leads = [flags[name].lead if name in flags else 0.0 for name in sorted(misses)]
    caught = [flags[name].lead for name in sorted(misses) if name in flags]
    return Alarms(
        misses=len(misses),
        flagged_misses=len(caught),
        median_lead=_median(leads),
        median_lead_flagged=_median(caught),
        kept=len(kept),
        false_alarms=len(kept & flags.keys()),
        stayed=float(np.mean([flag.stays for flag in flags.values()])) if flags else float("nan"),
    )


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else float("nan")


def _cases(p: ArrayLike, happened: ArrayLike) -> tuple[_Floats, _Floats]:
    forecast, outcome = _pair(p, happened)
    if not bool(((forecast >= 0) & (forecast <= 1)).all()):
        raise ValueError("a probability is below 0, above 1 or nan")
    return forecast, outcome


def _pair(one: ArrayLike, other: ArrayLike) -> tuple[_Floats, _Floats]:
    left, right = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if left.shape != right.shape or left.ndim != 1:
        raise ValueError(
            f"forecasts and outcomes must be two lists of the same length, not {left.shape} and {right.shape}"
        )
    if not len(left):
        raise ValueError("there are no cases to score")
    return left, right
