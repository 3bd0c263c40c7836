"""How often somebody may ask: one bucket per asker and kind of request, in this process. The clock is passed in."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    """So many requests at once, and so many a minute from then on."""

    burst: int
    per_minute: float


LOOKS = Limit(600, 1200)
"""Pages of somebody who is known: far above what twenty tabs that follow the ledger ask for."""

ACTS = Limit(30, 30)
"""Forms of somebody who is known."""

STRANGERS = Limit(40, 30)
"""Pages for whoever has no session yet: signing in, and a client's link."""

CODES = Limit(10, 1)
"""Codes of a client's link, by address. The ledger shuts each link after five wrong ones by itself."""

_MOST_ASKERS = 10_000


class Limits:
    """Buckets that fill with time. Safe for any number of threads."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, Limit], tuple[float, float]] = {}
        self._lock = threading.Lock()

    def allows(self, asker: str, limit: Limit, now: float) -> bool:
        """Whether one more is allowed, counting it.

        Args:
            now: seconds of any clock that does not go back.
        """
        with self._lock:
            left, at = self._buckets.get((asker, limit), (float(limit.burst), now))
            left = min(float(limit.burst), left + max(now - at, 0) * limit.per_minute / 60)
            if len(self._buckets) >= _MOST_ASKERS:
                self._forget(now)
            self._buckets[asker, limit] = (left - 1 if left >= 1 else left, now)
            return left >= 1

    def _forget(self, now: float) -> None:
        """Those whose bucket has filled again; everybody, where that is nobody: better than to run out of memory."""
        for key, (left, at) in list(self._buckets.items()):
            if left + (now - at) * key[1].per_minute / 60 >= key[1].burst:
                del self._buckets[key]
        if len(self._buckets) >= _MOST_ASKERS:
            self._buckets.clear()
