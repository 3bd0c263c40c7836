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
    """Uniforms, stratified: the middle of each of `samples` equal parts of (0, 1), in an order of each thing's own."""

    samples: int
    seed: int = 0

    def of(self, what: str, client_id: str, business_date: date) -> NDArray[np.float64]:
        """Those of one thing of one client night: (samples,)."""
        name = f"{self.seed}|{what}|{client_id}|{business_date.isoformat()}".encode()
        key = int.from_bytes(blake2b(name, digest_size=16).digest(), "big")
        first, second = ((key >> shift) % _SHUFFLES for shift in (0, 32))
        begin = (key >> 64) % self.samples
        return np.asarray(self._middles[first].take(self._shuffles[second][begin : begin + self.samples]))

    @cached_property
    def _shuffles(self) -> NDArray[np.unsignedinteger]:
        """One after another, begun anywhere, is an order as good as a new one, for an eighth of its price. Each twice
        over, to begin anywhere."""
        random = np.random.default_rng(self.seed)
        orders = (random.permutation(self.samples).astype(np.min_scalar_type(self.samples)) for _ in range(_SHUFFLES))
        return np.stack([np.concatenate([order, order]) for order in orders])

    @cached_property
    def _middles(self) -> NDArray[np.float64]:
        return np.asarray((self._shuffles[:, : self.samples] + 0.5) / self.samples)
