"""Files too long, too wide or endless: refused, or read, in bounded memory. Each runs in a process of its own, whose
memory is limited, and writes no large file (sparse files, pipes of zeros)."""

import gzip
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.broken.conftest import CSV, NDJSON
from tools.fuzz_readers.verdict import FIELDS

GIGABYTE = 1024**3
MEMORY_MB = 700
"""Of the whole process: its libraries alone take some 250."""

_PROGRAM = """
import json, sys
from pathlib import Path
from tools.fuzz_readers.comparing import checked
from tools.fuzz_readers.running import peak_mb
path, form, spool = sys.argv[1:]
result = checked(Path(path), json.loads(form), Path(spool)).result
print(json.dumps({"held": result.held, "loaded": result.rows_loaded, "peak": peak_mb()}))
"""

Bounded = Callable[..., dict[str, Any]]


@pytest.fixture
def bounded(tmp_path: Path) -> Bounded:
    """The outcome of a file in a process that may not take much memory."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))

    def run(path: Path, form: dict[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(path), json.dumps(form), str(tmp_path / "spool")],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=limit,
            cwd=Path(__file__).parents[2],
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found: dict[str, Any] = json.loads(done.stdout)
        assert found["peak"] < MEMORY_MB
        return found

    return run


def sparse(path: Path, start: bytes, gap: int, end: bytes = b"") -> Path:
    """A file that is long and takes no room: zeros between its start and its end."""
    with path.open("wb") as file:
        file.write(start)
        file.truncate(len(start) + gap)
        file.seek(0, 2)
        file.write(end)
    return path


HEADER = b"id,name,sex,born\n"


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"", CSV),
        (HEADER + b"1,", CSV),
        (HEADER + b'1,"', CSV),
        (HEADER, CSV | {"comment": "#"}),
        (b"", CSV | {"quote": None, "delimiter": "||"}),
        (b"", CSV | {"skip_lines": 1}),
        (HEADER.decode().encode("utf-16-le"), CSV | {"encoding": "utf-16-le"}),
        (b"", {"kind": "fixed", "fields": {name: [at, at] for at, name in enumerate(FIELDS, 1)}}),
        (b'{"id": "1"}\n{"id": "', NDJSON),
        (b'[{"id": "', {"kind": "json"}),
        (b'{"x": "', {"kind": "json", "records": "entry[].resource"}),
        (b'{"x": "', {"kind": "json", "records": "entry[*].resource"}),
    ],
    ids=str,
)
def test_a_line_of_a_gigabyte_is_refused_without_reading_it(
    start: bytes, form: dict[str, Any], tmp_path: Path, bounded: Bounded
) -> None:
    found = bounded(sparse(tmp_path / "file", start, GIGABYTE), form)
    assert found["held"]


def test_a_quote_that_never_closes_is_refused_within_a_row(tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "file"
    path.write_bytes(HEADER + b'1,"' + b"a line of text\n" * 2_000_000)
    assert "row 1 has a value of over 131,072 characters" in bounded(path, CSV)["held"]


def test_a_row_of_endless_values_over_many_lines_is_refused(tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "file"
    path.write_bytes(HEADER + b'"a\n",' * 4_000_000)
    assert "row 1 is of over" in bounded(path, CSV)["held"]


def test_json_records_that_never_end_are_refused(tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'[{"id": "1"},' + b'{"a":[' + b"1," * 20_000_000)
    assert "of over 16,777,216 characters" in bounded(path, {"kind": "json"})["held"]


@pytest.mark.parametrize("columns", [100_000])
def test_a_hundred_thousand_columns_are_read(columns: int, tmp_path: Path, bounded: Bounded) -> None:
    names = [*FIELDS, *(f"c{at}" for at in range(columns - 4))]
    row = ["1", "Ada", "F", "1980-01-02", *("v" * (columns - 4))]
    path = tmp_path / "file"
    path.write_text("\n".join([",".join(names), ",".join(row), ",".join(["2", *row[1:]])]) + "\n")
    assert bounded(path, CSV) | {"peak": 0} == {"held": None, "loaded": 2, "peak": 0}
    path.write_text("\n".join([",".join(names), ",".join(row), ",".join(row[:-1])]) + "\n")
    assert "row 2 (line 3) has 99999 values for 100000 columns" in bounded(path, CSV)["held"]


def test_many_columns_named_alike_are_not_compared_with_each_other(tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "file"
    path.write_text(",".join([*FIELDS, *["x"] * 100_000]) + "\n" + "1,Ada,F," + "," * 100_000 + "\n")
    assert bounded(path, CSV)["loaded"] == 1


@pytest.mark.parametrize("form", [CSV, NDJSON, {"kind": "json"}], ids=str)
def test_a_packed_gigabyte_of_zeros_is_refused(form: dict[str, Any], tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "file"
    with gzip.open(path, "wb", compresslevel=1) as out:
        for _ in range(200):
            out.write(bytes(1024**2))
    assert bounded(path, form | {"gzip": True})["held"]


def test_a_large_list_of_records_streams(tmp_path: Path, bounded: Bounded) -> None:
    path = tmp_path / "file"
    record = b'{"resource": {"id": "%d", "x": "' + b"y" * 20_000 + b'"}}'
    with path.open("wb") as out:
        out.write(b'{"resourceType": "Bundle", "entry": [')
        out.write(b",\n".join(record % number for number in range(8_000)))
        out.write(b"]}")
    assert path.stat().st_size > 150_000_000
    found = bounded(path, {"kind": "json", "records": "entry[].resource"})
    assert (found["held"], found["loaded"]) == (None, 8_000)
