"""What past forecasts were worth corrects the next: where 0.9 was said and 0.8 came of it, 0.9 is said no more.

First a logistic curve of two parameters on the logit of what the simulation says (Platt, Probabilistic Outputs for
Support Vector Machines, 1999), which few nights suffice for; then, the more nights there are, what is left over in each
of some parts of the scale, rising (isotonic regression by pool-adjacent-violators: Zadrozny and Elkan, Transforming
Classifier Scores into Accurate Multiclass Probability Estimates, 2002). It never turns an order round: what was the
likelier of two stays so. scikit-learn has both; it and scipy are 150 MB for forty lines.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_EDGE = 0.002
"""Nearer to 0 and 1 than this, what a few thousand samples say is not told apart."""
_LEANING = 30.0
"""As many nights' worth of evidence speaks for no correction."""
_OF_ONE = 0.5
"""What one night says of the slope, about: the mean of x² p (1 - p) over what is said."""
_LEAST_SLOPE = 0.05


@dataclass(frozen=True)
class Correction:
    """logit(p) becomes level + slope · logit(p), and that is bent along `bends`."""

    level: float = 0.0
    slope: float = 1.0
    bends: tuple[tuple[float, float], ...] = ()
    """Probabilities after the curve and what came of them, both rising; empty: as the curve has it."""

    def of(self, p: float) -> float:
        """What is to be said where the simulation says p; within [0, 1]."""
        if self == Correction():
            return p
        return float(self.of_all(np.array([p]))[0])

    def of_all(self, p: Floats) -> Floats:
        """The same, of many."""
        curve = _expit(self.level + self.slope * _logit(p))
        if not self.bends:
            return curve
        said, came = (np.array(side) for side in zip(*self.bends, strict=True))
        bent = np.interp(curve, np.concatenate([[0.0], said, [1.0]]), np.concatenate([[0.0], came, [1.0]]))
        return np.asarray((1 - _OF_CURVE) * bent + _OF_CURVE * curve)


NO_CORRECTION = Correction()


@dataclass(frozen=True)
class PastForecasts:
    """Forecasts of nights that are over: one entry each."""

    p: ArrayLike
    """As the simulation said it."""
    missed: ArrayLike
    nights: Sequence[Hashable]
    """Which client night: together they are worth as much as there are nights, however often each was forecast."""


def learn_correction(past: PastForecasts) -> Correction:
    """The most likely curve, leaning on no correction."""
    p, missed = np.asarray(past.p, float), np.asarray(past.missed, float)
    if not len(p):
        return Correction()
    weights = np.full(len(p), len(set(past.nights)) / len(p))
    x = np.stack([np.ones(len(p)), _logit(p)], axis=1)
    none = np.array([0.0, 1.0])
    beta = none.copy()
    for _ in range(50):
        said = _expit(x @ beta)
        gradient = x.T @ (weights * (said - missed)) + _LEANING * _OF_ONE * (beta - none)
        curvature = (x * (weights * said * (1 - said))[:, None]).T @ x + _LEANING * _OF_ONE * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-8:
            break
    curve = Correction(float(beta[0]), max(float(beta[1]), _LEAST_SLOPE))
    return replace(curve, bends=_bends(curve.of_all(p), missed, len(set(past.nights))))


def _bends(said: Floats, missed: Floats, nights: int) -> tuple[tuple[float, float], ...]:
    """What came of parts of the scale with as many forecasts each, leaning on what was said; neighbours that fall are
    pooled."""
    parts = min(nights // _NIGHTS_A_PART, _MOST_PARTS)
    if parts < _LEAST_PARTS:
        return ()
    lean = _LEANING_OF_PART * len(said) / nights
    pools: list[tuple[float, float, float]] = []
    for part in np.array_split(np.argsort(said, kind="stable"), parts):
        count, mean = float(len(part)), float(said[part].mean())
        pools.append((count, mean, float((missed[part].sum() + lean * mean) / (count + lean))))
        while len(pools) > 1 and pools[-2][2] >= pools[-1][2]:
            pools[-2:] = [_pooled(*pools[-2:])]
    return tuple((mean, came) for _, mean, came in pools)


def _pooled(one: tuple[float, float, float], other: tuple[float, float, float]) -> tuple[float, float, float]:
    count = one[0] + other[0]
    return count, *((one[0] * a + other[0] * b) / count for a, b in zip(one[1:], other[1:], strict=True))  # type: ignore[return-value]


_NIGHTS_A_PART, _LEAST_PARTS, _MOST_PARTS = 60, 4, 30
_LEANING_OF_PART = 10.0
_OF_CURVE = 0.03
"""Share of the curve in what is said: so that it rises everywhere, where past forecasts say no more than that."""


def _logit(p: Floats) -> Floats:
    clipped = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(clipped / (1 - clipped))


def _expit(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))
