"""Text that is read the fast way gives the rows that the csv module gives, whatever the text."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets.contracts.csv_rows import read_csv
from acme_assets.contracts.plain_text import PlainText
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError
from client_partitions.file_format import CsvFormat
from client_partitions.layout import ROW, Layout

NAMES = ["a", "b", "c"]
WIDE = ["a", "b", "c", "d", "e"]

MARKS = [
    "\ufeff",
    '"',
    ",",
    "\n",
    "\r\n",
    "\r",
    "\0",
    " ",
    "\t",
    '""',
    '",',
    ',"',
    ',"",',
    "x",
    "é",
    "\u00a0",
    "\u2003",
    "\\",
    "",
]
PLAIN = st.text(st.sampled_from("ab1 .é\\-"), max_size=5)


def layout(names: list[str], quote: str | None = '"', where: dict[str, list[str]] | None = None) -> Layout:
    columns = dict(zip(["person_id", "patient_id", "first_name"], names, strict=False))
    form = {"kind": "csv", "quote": quote}
    return Layout.model_validate({"format": form, "columns": columns, "where": where or {}})


def read(path: Path, content: bytes, chosen: Layout, piece_bytes: int) -> list[tuple[int, tuple[str, ...]]] | str:
    """Number and text of each row, as the originals tell it; or the word that says the file cannot be read."""
    path.write_bytes(content)
    assert isinstance(chosen.format, CsvFormat)
    rows = []
    try:
        for batch in read_csv(SourceFile("file", path, chosen), chosen.format, piece_bytes=piece_bytes):
            numbers = batch.lines[ROW]
            texts = batch.written(numbers)
            assert [batch.original(number) for number in numbers[:2]] == texts[:2].to_list()
            records = [json.loads(text) for text in texts]
            for name in chosen.source_names:
                assert [value or "" for value in batch.lines[name]] == [record[name] for record in records]
            rows += [(number, tuple(record.values())) for number, record in zip(numbers, records, strict=True)]
    except FileError as problem:
        return str(problem)
    return rows


def by_the_csv_module(content: bytes, quote: str | None) -> list[tuple[int, tuple[str, ...]]] | str:
    """What the rows are, told in one go from the whole text."""
    try:
        text = content.decode("utf-8-sig")
        quoting: dict[str, Any] = {"quoting": csv.QUOTE_NONE} if quote is None else {"quotechar": quote}
        found = list(csv.reader(io.StringIO(text, newline=""), strict=True, **quoting))
    except (UnicodeDecodeError, csv.Error):
        return "unreadable"
    header, rows = found[0], [row for row in found[1:] if row]
    if any(len(row) != len(header) for row in rows):
        return "ragged"
    return [(number, tuple(row)) for number, row in enumerate(rows, 1)]


@given(
    pieces=st.lists(st.sampled_from(MARKS) | PLAIN, max_size=40),
    rows=st.lists(st.lists(PLAIN, min_size=3, max_size=3), max_size=6),
    end=st.sampled_from(["\n", "\r\n"]),
    quote=st.sampled_from(['"', None]),
    bom=st.booleans(),
    piece_bytes=st.sampled_from([16, 64, 1 << 20]),
)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_as_the_csv_module_reads_it(
    tmp_path: Path, pieces: list[str], rows: list[list[str]], end: str, quote: str | None, bom: bool, piece_bytes: int
) -> None:
    body = end.join(",".join(row) for row in rows) + end + "".join(pieces)
    content = ("\ufeff" * bom + ",".join(NAMES) + end + body).encode()
    expected = by_the_csv_module(content, quote)
    found = read(tmp_path / "file", content, layout(NAMES, quote), piece_bytes)
    if isinstance(expected, str):
        assert isinstance(found, str), expected
    else:
        assert found == expected


QUOTED = st.text(st.sampled_from('ab,"\n é'), max_size=4)


@given(
    rows=st.lists(st.lists(QUOTED, min_size=5, max_size=5), min_size=1, max_size=30),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    piece_bytes=st.sampled_from([16, 200, 1 << 20]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path: Path, rows: list[list[str]], quoting: Any, piece_bytes: int
) -> None:
    file = io.StringIO()
    csv.writer(file, quoting=quoting, lineterminator="\n").writerows([WIDE, *rows])
    found = read(tmp_path / "file", file.getvalue().encode(), layout(WIDE), piece_bytes)
    assert found == [(number, tuple(row)) for number, row in enumerate(rows, 1)]


@pytest.mark.parametrize(
    "piece",
    [
        b"1,2,3\n4,5\n6,7,8,9\n",  # as many separators as three rows need
        b"1,2\n",
        b"1,2,3\n\n4,5,6\n",
        b"1,2,3\r4,5,6\n",
        b"1,2\0,3\n",
        b'1,"2,3\n',
        b'1,"a""b",3\n',
        b'1,"a\nb",3\n',
        b'1,a"b"c,3\n',
        b'"1,2",3"\n',
        b"1,2," + b"x" * 200_000 + b"\n",
    ],
)
def test_a_piece_in_doubt_is_not_read_the_fast_way(piece: bytes) -> None:
    assert PlainText(NAMES, ",", '"').table(piece) is None


@pytest.mark.parametrize(
    ("piece", "tidy"),
    [
        (b"1,2 3,4\n5,6,7\n", True),
        (b"1,,\n,,3\n", True),
        (b"1,2,3\r\n4,5,6\r\n", True),
        (b"1,2,3", True),
        (b" 1,2,3\n", False),
        (b"1, 2,3\n", False),
        (b"1,2 ,3\n", False),
        (b"1,2,3 \n", False),
        (b"1,2,3\n 4,5,6\n", False),
        (b"1,\t2,3\n", False),
        ("1,\u00a02,3\n".encode(), False),
        ("1,é2,3\n".encode(), True),
        (b'1,"2",3\n', False),
        (b'"1","a,b","3"\n', False),
    ],
)
def test_a_plain_piece_goes_the_fast_way_and_is_tidy_where_nothing_is_to_be_trimmed(piece: bytes, tidy: bool) -> None:
    table = PlainText(NAMES, ",", '"').table(piece)
    assert table is not None
    assert table.tidy is tidy


def test_rows_out_of_scope_are_the_same_either_way(tmp_path: Path) -> None:
    plain = "a,b,c\n1,x,3\n2,y,3\n3, x ,3\n4,,3\n"
    chosen = layout(NAMES, where={"b": ["x"], "c": ["3", ""]})
    found = []
    for content in (plain, plain + '9,"","3"""\n'):
        path = tmp_path / "file"
        path.write_text(content)
        (batch,) = read_csv(SourceFile("file", path, chosen), CsvFormat(kind="csv"))
        outside = batch.outside.rows() if batch.outside is not None else [(f.row, f.column) for f in batch.failures]
        found.append((batch.lines[ROW].to_list(), outside[:2]))
    assert found == [([1, 3], [(2, "b"), (4, "b")])] * 2


def test_a_ragged_row_after_many_good_ones_is_named_by_row_and_line(tmp_path: Path) -> None:
    content = 'a,b,c\n1,"x\ny",3\n' + "1,2,3\n" * 100_000 + "1,2\n"
    problem = read(tmp_path / "file", content.encode(), layout(NAMES), 1 << 16)
    assert str(problem).startswith("row 100002 (line 100004) has 2 values for 3 columns")


def test_the_fast_way_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else all of these tests would compare the csv module with itself."""
    monkeypatch.setattr("acme_assets.contracts.strict_rows.StrictRows.batches", _never)
    content = b"a,b,c\n" + b'1,"2,3",\r\n' * 50_000
    rows = read(tmp_path / "file", content, layout(NAMES), 1 << 18)
    assert len(rows) == 50_000


def _never(*_: object) -> Any:
    raise AssertionError("read the strict way")


Check = Callable[..., Any]


def test_duplicate_names_that_are_not_asked_for_keep_their_values_apart(check: Check) -> None:
    checked = check("id,name,sex,born,x,x\n1,Ada,F,bad,a,b\n")
    assert json.loads(checked.quarantined[0]["original"]) == {
        "id": "1", "name": "Ada", "sex": "F", "born": "bad", "x #5": "a", "x #6": "b",
    }  # fmt: skip
