"""How long something takes: minutes that grow with size, differ from client to client and have a heavy tail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla import normal

Floats = NDArray[np.floating]

_SHARES = np.concatenate([np.linspace(0.0, 0.98, 99), np.linspace(0.982, 1.0, 19)])
_PARTS = 1 << 13
_LEAST = 1 / 60
"""Minutes below which a time counts as this."""
_TAIL, _LEAST_EXCESS, _LEAST_LEFT = 0.98, 0.1, 1e-6
_ENOUGH_TO_SLOPE = 30
_LEANING_OF_CLIENT = 10.0


@dataclass(frozen=True)
class Guess:
    """What a duration is taken to be like while little is known."""

    median: float
    """Minutes."""
    spread: float
    """Standard deviation of its logarithm."""
    weight: float = 8.0
    """For how many observations it counts."""


@dataclass(frozen=True)
class Observed:
    """Durations that were seen: one entry each."""

    names: Sequence[str]
    """Of all clients."""
    client: NDArray[np.int64]
    """Place in `names`."""
    minutes: Floats
    bytes: Floats
    """Empty where size does not matter."""


@dataclass(frozen=True)
class Duration:
    """Minutes = exp(mean + client's own + slope · (log bytes - usual) + a residual)."""

    mean: float
    residuals: Floats
    """Of the logarithm, at the quantiles `_SHARES`."""
    own: dict[str, float] = field(default_factory=dict)
    slope: float = 0.0
    usual: float = 0.0

    def draw(self, u: Floats, client_id: str, size: float = 0.0, elapsed: float = 0.0) -> NDArray[np.float32]:
        """Minutes by uniforms; of something that has lasted `elapsed`, all of it (so never less than that).

        A longer time elapsed never makes any of them shorter. What has lasted longer than anything known is not about
        to be done: it lasts as many times longer as the longest do beyond the start of their tail.
        """
        centre = self._centre(client_id, size)
        if elapsed > 0 and np.log(elapsed) >= centre + self.residuals[-1]:
            return np.asarray(elapsed * np.maximum(1 - u, _LEAST_LEFT) ** -self._excess, np.float32)
        if elapsed > 0:
            passed = float(np.interp(np.log(max(elapsed, _LEAST)) - centre, self.residuals, _SHARES))
            u = passed + u * (1 - passed)
        drawn = np.exp(np.float32(centre)) * self._table[(np.asarray(u) * _PARTS + 0.5).astype(np.int32)]
        return np.asarray(np.maximum(drawn, np.float32(elapsed)) if elapsed > 0 else drawn)

    @cached_property
    def _table(self) -> NDArray[np.float32]:
        """The factors that the residuals stand for, at even steps: looked up by the million."""
        return np.exp(np.interp(np.arange(_PARTS + 1) / _PARTS, _SHARES, self.residuals)).astype(np.float32)

    @property
    def _excess(self) -> float:
        """How far the logarithms of the longest lie beyond the start of their tail, in the mean."""
        tail = self.residuals[_SHARES >= _TAIL]
        return max(float(tail.mean() - tail[0]), _LEAST_EXCESS)

    def _centre(self, client_id: str, size: float) -> float:
        by_size = self.slope * (np.log(size) - self.usual) if size > 0 else 0.0
        return float(self.mean + self.own.get(client_id, 0.0) + by_size)

    def share_within(self, minutes: float, client_id: str) -> float:
        """P(it takes no longer than that)."""
        if minutes <= 0:
            return 0.0
        return float(np.interp(np.log(max(minutes, _LEAST)) - self._centre(client_id, 0.0), self.residuals, _SHARES))

    def quantile(self, share: float, client_id: str, size: float = 0.0) -> float:
        """Minutes below which so large a share of them stays."""
        return float(self.draw(np.array([share]), client_id, size)[0])


def learn(observed: Observed, guess: Guess) -> Duration:
    """What the observations and the guess say together."""
    logs = np.log(np.maximum(observed.minutes, _LEAST))
    count = len(logs)
    mean = float((logs.sum() + guess.weight * np.log(guess.median)) / (count + guess.weight))
    slope, usual, by_size = _by_size(observed.bytes, logs)
    rest = logs - mean - by_size
    sums, counts = (np.bincount(observed.client, each, len(observed.names)) for each in (rest, np.ones(count)))
    own = sums / (counts + _LEANING_OF_CLIENT)
    residuals = rest - own[observed.client]
    made_up = guess.spread * normal.quantile((np.arange(64) + 0.5) / 64) + np.log(guess.median) - mean
    values = np.concatenate([residuals, made_up])
    weights = np.concatenate([np.ones(count), np.full(64, guess.weight / 64)])
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) - weights[order] / 2
    shape = _rising(np.interp(_SHARES, share / weights.sum(), values[order]))
    clients = {name: float(own[at]) for at, name in enumerate(observed.names) if counts[at]}
    return Duration(mean, shape, clients, slope, usual)


def _by_size(sizes: Floats, logs: Floats) -> tuple[float, float, Floats]:
    """Slope, usual log size, and what they say of each observation."""
    known = sizes > 0
    if known.sum() < _ENOUGH_TO_SLOPE:
        return 0.0, 0.0, np.zeros(len(logs))
    size, of_known = np.log(sizes[known]), logs[known]
    usual, spread = float(size.mean()), float(size.var())
    together = float(((size - usual) * (of_known - of_known.mean())).mean())
    slope = float(np.clip(together / spread, 0.0, 1.2)) if spread > 1e-6 else 0.0
    return slope, usual, np.where(known, slope * (np.log(np.where(known, sizes, 1.0)) - usual), 0.0)


def _rising(values: Floats) -> Floats:
    """Strictly, so that a place between two is one place."""
    return values + np.arange(len(values)) * 1e-9
