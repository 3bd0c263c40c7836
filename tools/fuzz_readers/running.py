"""One case after another by its seed, and what was found."""

import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tools.fuzz_readers.cases import Case, case
from tools.fuzz_readers.comparing import checked, differs

PATIENCE = 10.0
"""Seconds of CPU that a file of a few kB may take."""

_PACKING = (
    "cut off or damaged",
    "no zip archive",
    "not compressed by gzip",
    "zip archive",
    "is packed in a way",
    "is empty",
)


def faults(
    seed: int, count: int | None, until: float, folder: Path, seen: Counter[str]
) -> Iterator[tuple[int, Case, str]]:
    """Cases that went wrong: their number, which with the seed makes them again, and how."""
    number = 0
    while (count is None or number < count) and time.monotonic() < until:
        one = case(random.Random(f"{seed}/{number}"))
        if (problem := problem_of(one, folder, seen)) is not None:
            yield number, one, problem
        number += 1


def problem_of(one: Case, folder: Path, seen: Counter[str]) -> str | None:
    """How this case went wrong; None if it did not."""
    path = folder / "file"
    path.write_bytes(one.content)
    started = time.process_time()
    try:
        outcome = checked(path, one.form, folder / "spool")
    except Exception as error:
        return f"raises {type(error).__name__}"
    if time.process_time() - started > PATIENCE:
        return "takes too long"
    seen["held" if outcome.result.held else "judged"] += 1
    seen[one.kind] += 1
    if one.damaged and outcome.result.held and any(part in outcome.result.held for part in _PACKING):
        return None
    return differs(outcome, one.verdict)


def peak_mb() -> float:
    """Memory of this process at its highest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
