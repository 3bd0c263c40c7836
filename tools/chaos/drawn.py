"""Which faults befall which night, and when. Pure: the same seed gives the same faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

KILLS = ("daemon", "code", "runner", "webserver", "gatekeeper", "alerter", "watcher", "board")
"""Services that are killed."""

LASTING: Mapping[str, tuple[float, float]] = {
    **{f"kill {name}": (0, 0) for name in KILLS},
    "kill worker": (0, 0),
    "kill build worker": (0, 0),
    "kill postgres": (0, 0),
    "kill backend": (0, 0),
    "stop postgres at once": (0, 0),
    "kill supervisor": (2, 6),
    "kill approve": (0, 0),
    "kill request": (0, 0),
    "warehouse away": (5, 25),
    "storage away": (5, 25),
    "landing away": (5, 30),
    "landing empty": (5, 20),
    "redelivered same": (0, 0),
    "redelivered corrected": (0, 0),
    "redelivered broken": (3, 12),
    "clock ahead": (10, 30),
    "clock behind": (10, 30),
    "disk full": (5, 20),
}
"""Each kind of fault, and the seconds that it lasts at least and at most."""

FARTHEST_STEP = 600.0
"""Seconds by which the clock is stepped at most."""


@dataclass(frozen=True)
class Drawn:
    """One fault."""

    kind: str
    at: float
    """Seconds since the night's beginning."""
    lasting: float
    """Seconds."""
    choice: float
    """From 0 to 1: which of those that it may befall, or how much of it."""


def draw(seed: int, night: int, count: int, span: float, kinds: Sequence[str] = tuple(LASTING)) -> list[Drawn]:
    """The faults of a night, in order of time.

    Kinds are drawn as from a bag that is filled again when it is empty: enough nights see each of them.

    Args:
        span: seconds; a fault begins within so many.
    """
    bag = islice(_bag(seed, kinds), night * count, (night + 1) * count)
    random = Random(f"chaos/{seed}/{night}")
    found = [Drawn(kind, random.uniform(1, span), random.uniform(*LASTING[kind]), random.random()) for kind in bag]
    return sorted(found, key=lambda item: item.at)


def _bag(seed: int, kinds: Sequence[str]):  # type: ignore[no-untyped-def]
    random = Random(f"chaos/{seed}")
    while True:
        yield from random.sample(kinds, len(kinds))
