"""`python -m tools.fuzz_readers`."""

import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tools.fuzz_readers.running import faults, peak_mb

_SHOWN = 20
_MEMORY_MB = 1000


def main() -> int:
    """Fuzz for MINUTES; 1 where anything was found."""
    minutes = float(os.environ.get("MINUTES", "10"))
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**9))
    kept = Path(tempfile.mkdtemp(prefix="fuzz-readers-"))
    seen: Counter[str] = Counter()
    found = 0
    print(f"SEED={seed} MINUTES={minutes:g}: files that go wrong are kept in {kept}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, case, problem in faults(seed, None, time.monotonic() + 60 * minutes, Path(folder), seen):
            found += 1
            (kept / f"{seed}-{number}").write_bytes(case.content)
            print(f"{seed}-{number}: {case.kind}: {problem}", flush=True)
            if found == _SHOWN:
                break
    memory = peak_mb()
    print(f"{seen['held'] + seen['judged']} files: {dict(sorted(seen.items()))}; {found} wrong; peak {memory:.0f} MB")
    if memory > _MEMORY_MB:
        print(f"memory grew over {_MEMORY_MB} MB")
    return 1 if found or memory > _MEMORY_MB else 0


if __name__ == "__main__":
    sys.exit(main())
