"""The scale of times on which distributions are kept: minutes from a due time, fine near it and coarse far from it.

A distribution is a row of P(time <= knot) over the knots. Knots are evenly spaced in asinh(minutes / UNIT): half a
minute apart at the due time, one in forty of the distance far from it. So one kernel smooths all of it: the later a
file, the less its minute matters.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

UNIT = 20.0
"""Minutes up to which the scale is about even."""
LIMIT = 10 * 1440.0
"""Minutes that it reaches before and after the due time: longer than a week, the cadence of the slowest feeds."""
KNOTS = 601

_TOP = float(np.arcsinh(LIMIT / UNIT))
_SPACING = 2 * _TOP / (KNOTS - 1)
MINUTES = UNIT * np.sinh(np.linspace(-_TOP, _TOP, KNOTS))
"""The knots, rising."""

_WIDTH = 5
_KERNEL = np.exp(-0.5 * (np.arange(-3 * _WIDTH, 3 * _WIDTH + 1) / _WIDTH) ** 2)
_KERNEL /= _KERNEL.sum()


def place(minutes: Floats) -> NDArray[np.float64]:
    """Where minutes lie on the scale, in knots from the first."""
    return np.asarray(np.clip((np.arcsinh(minutes / UNIT) + _TOP) / _SPACING, 0, KNOTS - 1))


def distributions(row: NDArray[np.integer], at: Floats, weights: Floats, rows: int) -> NDArray[np.float64]:
    """Weighted times as one distribution a row, smoothed; shape (rows, KNOTS), each ending at its total weight.

    Args:
        row: which row each time belongs to.
        at: their places on the scale.
    """
    low = np.floor(at).astype(np.int64)
    part = at - low
    size = rows * KNOTS
    mass = np.bincount(row * KNOTS + low, weights * (1 - part), size)
    mass += np.bincount(row * KNOTS + np.minimum(low + 1, KNOTS - 1), weights * part, size)
    return np.cumsum(_smooth(mass.astype(np.float64).reshape(rows, KNOTS)), axis=1)


def _smooth(mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread each mass over its neighbours; what would fall off an end stays at it."""
    return np.asarray(mass @ _SPREAD)


def _spread() -> NDArray[np.float64]:
    """(KNOTS, KNOTS): where the mass of each knot goes."""
    reach = len(_KERNEL) // 2
    found = np.zeros((KNOTS, KNOTS))
    for number, share in zip(range(-reach, reach + 1), _KERNEL, strict=True):
        found[np.arange(KNOTS), np.clip(np.arange(KNOTS) + number, 0, KNOTS - 1)] += share
    return found


_SPREAD = _spread()
