"""Generate, run each method in a process of its own, compare, print: see `tools.bench_ingest`."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bench_ingest.claims import as_ndjson, gzipped, write_claims

ROWS = int(os.environ.get("ROWS", "3000000"))
GB = float(os.environ.get("GB", "4"))
SMALL = int(os.environ.get("SMALL", "1200"))
ROOT = Path(__file__).resolve().parents[2]
THEIR_PYTHON = ROOT / ".venv-bench-ingest" / "bin" / "python"
REPEATS = 5

TARGETS = {"cpu_ratio": 2.5, "cpu_ratio_unique": 4.0, "all_bad_to_good": 2.0, "peak_mb": 600.0, "peak_growth": 1.1}

Found = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """A way to read a file."""

    name: str
    module: str = "ours"
    repeats: int = 1

    def run(self, path: Path) -> Found:
        """What it found and cost, once."""
        python = sys.executable if self.module == "ours" else str(THEIR_PYTHON)
        command = [python, "-m", f"tools.bench_ingest.{self.module}", self.name, str(path)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise SystemExit(f"{' '.join(command)}\n{ended.stderr[-3000:]}")
        found: Found = json.loads(ended.stdout.splitlines()[-1])
        return found


RAW, VALIDATED, UNIQUE = (Method(name, repeats=REPEATS) for name in ("raw", "validated", "unique"))
WHOLE = Method("whole")
PANDERA, PANDERA_UNIQUE = Method("pandera", "others"), Method("pandera unique", "others")
GX, GX_UNIQUE = Method("gx", "others"), Method("gx unique", "others")


def compared(title: str, path: Path, methods: list[Method]) -> dict[str, Found]:
    """Every method on this file, beside the first, which is the raw scan. All the others found the same bad rows."""
    runs: dict[str, list[Found]] = {method.name: [] for method in methods}
    for turn in range(REPEATS):  # by turns: the machine is not as fast from one minute to the next
        for method in methods:
            if turn < method.repeats:
                runs[method.name].append(method.run(path))
    found = {name: min(each, key=lambda run: float(run["cpu"])) for name, each in runs.items()}
    judges = {name: each for name, each in found.items() if name != "raw"}
    verdicts = {(each["rows"], each["bad"], each["digest"]) for each in judges.values()}
    assert len(verdicts) == 1, f"{title}: { ({name: (each['rows'], each['bad']) for name, each in judges.items()}) }"
    bad = next(iter(judges.values()))["bad"]
    print(f"\n{title}: {path.stat().st_size / 1e6:.0f} MB, {found['raw']['rows']} rows, {bad} bad")
    for name, each in found.items():
        ratio = each["cpu"] / found["raw"]["cpu"]
        print(f"  {name:16}{each['cpu']:>9.2f} s CPU{ratio:>8.2f} x raw{each['peak_mb']:>8.0f} MB", flush=True)
    return found


def ratio(found: dict[str, Found], name: str, to: str = "raw") -> float:
    """CPU of one method to another's."""
    return round(float(found[name]["cpu"]) / float(found[to]["cpu"]), 2)


def main() -> None:
    """Everything, and the last line JSON."""
    with tempfile.TemporaryDirectory(prefix="acme-ingest-") as name:
        folder = Path(name)
        files = {title: folder / f"{title}.csv" for title in ("good", "some", "all")}
        for path, bad_every in zip(files.values(), (None, 1000, 1), strict=True):
            write_claims(path, ROWS, bad_every)
        ours = [RAW, VALIDATED, UNIQUE, WHOLE]
        good = compared("good rows", files["good"], [*ours, PANDERA, PANDERA_UNIQUE, GX, GX_UNIQUE])
        some = compared("0.1% bad rows", files["some"], [*ours, PANDERA, PANDERA_UNIQUE, GX, GX_UNIQUE])
        every = compared("all rows bad", files["all"], [*ours, PANDERA, GX])
        row_bytes = files["good"].stat().st_size / ROWS
        files["all"].unlink()
        gzip = compared("gzip, 0.1% bad rows", gzipped(files["some"]), [RAW, VALIDATED, UNIQUE])
        tenth = folder / "tenth.csv"
        write_claims(tenth, ROWS // 10, 1000)
        ndjson = compared("NDJSON, a tenth of the rows", as_ndjson(tenth), [RAW, Method("validated")])
        for path in folder.iterdir():
            path.unlink()
        line = {
            "cpu_ratio": ratio(good, "validated"),
            "cpu_ratio_unique": ratio(good, "unique"),
            "cpu_ratio_some_bad": ratio(some, "validated"),
            "cpu_ratio_unique_some_bad": ratio(some, "unique"),
            "all_bad_to_good": round(every["validated"]["cpu"] / good["validated"]["cpu"], 2),
            "all_bad_to_good_whole": round(every["whole"]["cpu"] / good["whole"]["cpu"], 2),
            "whole_check_ratio": ratio(good, "whole"),
            "gzip_ratio": ratio(gzip, "validated"),
            "ndjson_ratio": ratio(ndjson, "validated"),
            "vs_pandera_pandas": ratio(good, "pandera", "validated"),
            "vs_great_expectations": ratio(good, "gx", "validated"),
            "peak_mb_small": round(some["whole"]["peak_mb"]),  # of the same kind as the large file
        }
        if GB:
            big = folder / "big.csv"
            write_claims(big, int(GB * 1e9 / row_bytes), 1000)
            large = compared("large, 0.1% bad rows", big, [Method("raw"), Method("unique"), WHOLE])
            line |= {"peak_mb": round(large["whole"]["peak_mb"]), "cpu_ratio_unique_large": ratio(large, "unique")}
    if SMALL:
        command = [sys.executable, "-m", "tools.bench_ingest.small", str(SMALL)]
        ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        line["small"] = json.loads(ended.stdout.splitlines()[-1])
    print(json.dumps(line))


if __name__ == "__main__":
    main()
