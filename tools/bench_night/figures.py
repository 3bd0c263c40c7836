"""Percentiles of a few or many values."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """How values are spread; seconds, mostly."""

    count: int
    p50: float
    p95: float
    largest: float


def percentile(values: Sequence[float], share: int) -> float:
    """The least value that at least `share` hundredths of the values do not exceed."""
    return sorted(values)[max(0, -(-len(values) * share // 100) - 1)]


def spread(values: Sequence[float]) -> Spread | None:
    """None where there are no values."""
    if not values:
        return None
    return Spread(len(values), percentile(values, 50), percentile(values, 95), max(values))
