"""The random numbers of a forecast: the same for the same thing, whatever else is forecast and at whatever moment.

So a forecast that was asked for again differs by what changed alone, and that a file arrived shows in each sample.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

_SHUFFLES = 128


@dataclass(frozen=True)
class Draws:
    """Uniforms, stratified: each of `samples` equal parts of (0, 1) has one."""

    samples: int
    seed: int = 0

    def of(self, what: str, client_id: str, business_date: date) -> NDArray[np.float64]:
        """Those of one thing of one client night: (samples,)."""
        name = f"{self.seed}|{what}|{client_id}|{business_date.isoformat()}".encode()
        key = int.from_bytes(blake2b(name, digest_size=16).digest(), "big")
        within = np.random.Generator(np.random.SFC64(key)).random(self.samples)
        first, second = (self._shuffles[(key >> shift) % _SHUFFLES] for shift in (0, 32))
        begin = (key >> 64) % self.samples
        order = first[: self.samples][second[begin : begin + self.samples]]
        return np.asarray((order + within) / self.samples)

    @cached_property
    def _shuffles(self) -> NDArray[np.int64]:
        """One after another, begun anywhere, is an order as good as a new one, for an eighth of its price. Each twice
        over, to begin anywhere."""
        random = np.random.default_rng(self.seed)
        orders = (random.permutation(self.samples) for _ in range(_SHUFFLES))
        return np.stack([np.concatenate([order, order]) for order in orders])
