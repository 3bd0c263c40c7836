"""The standard normal distribution on arrays: tables, because numpy has none and scipy is large for two functions.

scipy.special was considered: 110 MB for `ndtr` and `ndtri`.
"""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

_LIMIT = 6.0
_PER_UNIT = 1000
_FAR = 5.0
_X = np.linspace(-_LIMIT, _LIMIT, int(2 * _LIMIT * _PER_UNIT) + 1)
_CDF = np.array([NormalDist().cdf(x) for x in _X])
_CDF32 = _CDF.astype(np.float32)
_PARTS = 1 << 17
_QUANTILE32 = np.interp((np.arange(_PARTS + 1)) / _PARTS, _CDF, _X).astype(np.float32)


def cdf(x: Floats) -> NDArray[np.float32]:
    """P(X <= x), to within 0.0002: by the nearest of 12,001 entries, since millions are asked for at once."""
    at = np.minimum(np.maximum(x, -_LIMIT), _LIMIT)  # np.clip takes twice as long to begin
    return _CDF32[((at + _LIMIT) * _PER_UNIT + 0.5).astype(np.int32)]


_PER_UNIT_OF_FEW = 250
FEW = _CDF[:: _PER_UNIT // _PER_UNIT_OF_FEW]
"""P(X <= x) at 3,001 even steps of x: for who works something out for each of them, to look it up by `among_few`."""


def among_few(x: Floats) -> NDArray[np.int32]:
    """The place in `FEW` of the entry nearest to x: its probability is within 0.0008."""
    at = np.minimum(np.maximum(x, -_LIMIT), _LIMIT)
    return np.asarray(((at + _LIMIT) * _PER_UNIT_OF_FEW + 0.5).astype(np.int32))


def log_above(x: Floats) -> NDArray[np.float64]:
    """The logarithm of P(X > x), far out too, where the table says nothing: there by Mills' ratio, to within 0.0005."""
    far = np.maximum(x, _FAR)
    beyond = -0.5 * far**2 - np.log(far * np.sqrt(2 * np.pi)) + np.log1p(-(far**-2.0) + 3 * far**-4.0 - 15 * far**-6.0)
    return np.where(x > _FAR, beyond, np.log(cdf(-np.minimum(x, _FAR))))


def quantile(p: Floats) -> NDArray[np.float64]:
    """The x for which P(X <= x) = p; within ±6."""
    return np.interp(p, _CDF, _X)


def quick_quantile(p: Floats) -> NDArray[np.float32]:
    """As `quantile`, by the nearest of 131,073 entries: millions are asked for at once, and few lie in the tails."""
    return _QUANTILE32[(np.asarray(p) * _PARTS + 0.5).astype(np.int32)]
