"""What the forecast of a whole fleet costs: seconds on one core and memory, with a year of history.

`make bench-sla` simulates a year of 180 clients' nights (a minute or so), stores them as the ledger does, and starts a
process of its own on one core, with one thread, that reads the year, learns from it and forecasts two moments: all
nights before the first file, which is the most work, and the middle of the night. Each forecast is the first of its
history, as a process that has just started makes it. Seconds are of CPU: with one thread and nothing to wait for,
those of an idle core, whatever else the machine does. The last line is JSON: the slower one's seconds, the process's
peak of memory.
"""

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

CLIENTS = int(os.environ.get("CLIENTS", "180"))
NIGHTS = int(os.environ.get("NIGHTS", "365"))
SAMPLES = int(os.environ.get("SAMPLES", "2000"))
TONIGHT = date(2026, 3, 10)
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def prepare(folder: Path) -> None:
    """Simulate a year and tonight, and store what the forecast reads."""
    from acme_assets.simulation.sla_shown import ahead, summaries
    from acme_assets.simulation.sla_world import make_world
    from acme_assets.sla.columns import packed

    world = make_world(CLIENTS)
    dates = [TONIGHT - timedelta(days=back) for back in range(NIGHTS, 0, -1)]
    texts = [(day, packed(summaries(world.night(day)))) for day in dates]
    night = world.night(TONIGHT)
    first = min(feed.due for each in ahead(night, night.start - timedelta(days=1)) for feed in each.feeds)
    moments = {"before the first file": first - timedelta(hours=3), "mid-night": night.start + timedelta(hours=8)}
    nights = {name: (now, ahead(night, now), world.desk(now)) for name, now in moments.items()}
    (folder / "year.pickle").write_bytes(pickle.dumps(texts))
    (folder / "nights.pickle").write_bytes(pickle.dumps(nights))


def measure(folder: Path) -> None:
    """Read, learn and forecast, and print the figures as JSON."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from acme_assets.sla.columns import unpacked
    from acme_assets.sla.forecast import forecast
    from acme_assets.sla.history import History

    texts = pickle.loads((folder / "year.pickle").read_bytes())
    nights = pickle.loads((folder / "nights.pickle").read_bytes())
    figures: dict[str, float] = {}
    begun = time.process_time()
    columns = unpacked(texts)
    figures["read_seconds"] = time.process_time() - begun
    for name, (now, ahead, desk) in nights.items():
        begun = time.process_time()
        history = History.of_columns(columns)
        figures["learn_seconds"] = time.process_time() - begun
        for which in (name, f"{name}, again"):
            begun = time.process_time()
            forecast(ahead, history, now, desk=desk, samples=SAMPLES)
            figures[which] = time.process_time() - begun
        figures[f"{name}, nights"] = len(ahead)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


def main() -> None:
    """Prepare, measure in a process of its own, and print a table and a line of JSON."""
    with tempfile.TemporaryDirectory(prefix="acme-sla-") as folder:
        print(f"simulating {NIGHTS} nights of {CLIENTS} clients", flush=True)
        prepare(Path(folder))
        command = [sys.executable, __file__, "--measure", folder]
        done = subprocess.run(command, env=os.environ | ONE_THREAD, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout)
    for name, value in figures.items():
        print(f"{name:32}{value:>10.3f}")
    seconds = max(figures["before the first file"], figures["mid-night"])
    loading = figures["read_seconds"] + figures["learn_seconds"]
    print(
        json.dumps(
            {
                "seconds": round(seconds, 3),
                "peak_mb": round(figures["peak_mb"], 1),
                "history_seconds": round(loading, 3),
                "clients": CLIENTS,
                "history_nights": NIGHTS,
                "samples": SAMPLES,
            }
        )
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(Path(sys.argv[2]))
    else:
        main()
