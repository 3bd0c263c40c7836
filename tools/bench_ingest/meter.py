"""CPU and memory of a method in a process of its own. Imports nothing but the standard library."""

import hashlib
import json
import resource
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path


class BadRows:
    """The numbers of bad rows, in order, without keeping them."""

    def __init__(self) -> None:
        self.count = 0
        self._digest = hashlib.sha256()

    def add(self, numbers: Iterable[int]) -> None:
        """The next ones, in order."""
        packed = array("q", numbers)
        self.count += len(packed)
        self._digest.update(packed.tobytes())

    def digest(self) -> str:
        """The same for the same numbers."""
        return self._digest.hexdigest()


def cpu() -> float:
    """Seconds of this process and of children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_mb() -> float:
    """The most memory that this process had. The kernel's ru_maxrss starts from the parent's; this does not."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def report(begun: float, rows: int, bad: BadRows) -> None:
    """Print what was found and what it cost, for the process that asked."""
    json.dump(
        {"cpu": cpu() - begun, "peak_mb": peak_mb(), "rows": rows, "bad": bad.count, "digest": bad.digest()}, sys.stdout
    )
