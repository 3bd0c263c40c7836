"""Read delimited text into source rows, so that no row shifts, is padded or vanishes.

Python's csv module and not Polars' scanner: it knows the row that is ragged or not closed, and reads the
encodings that Polars does not. An empty line is no row.
"""

import csv
import io
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING

import polars as pl

from acme_assets.contracts.results import OUT_OF_SCOPE, SourceFile
from acme_assets.contracts.rows import BATCH_ROWS, FileError, RowBatch, RowFailure, open_bytes, unreadable
from client_partitions.layout import LINE, ROW, CsvFormat, Layout

if TYPE_CHECKING:
    import _csv

_ENCODINGS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "windows-1252": "cp1252"}


def read_csv(file: SourceFile, form: CsvFormat, batch_rows: int = BATCH_ROWS) -> Iterator[RowBatch]:
    """The file's source rows.

    Raises:
        FileError: the file cannot be read, or not by this layout.
    """
    number = 0
    try:
        with open_bytes(file.path, form.gzip) as raw, _decoded(raw, form) as text:
            reader = _reader(text, form)
            header = list(form.header) if form.header else next(reader, [])
            if not header and reader.line_num == 0:
                return
            columns = _Columns(header, file.layout)
            batch: list[list[str]] = []
            for row in reader:
                if not row:
                    continue
                number += 1
                if len(row) != len(header):
                    raise FileError(
                        f"row {number} (line {reader.line_num}) has {len(row)} values for {len(header)} columns; "
                        f"ask for the file again with its delimiters and quotes in order"
                    )
                batch.append(row)
                if len(batch) == batch_rows:
                    yield columns.batch(batch, number - len(batch) + 1)
                    batch = []
            if batch:
                yield columns.batch(batch, number - len(batch) + 1)
    except UnicodeDecodeError:
        raise FileError(
            f"has bytes at {_undecodable(file, form)} that are not {form.encoding}; "
            f"ask for {form.encoding} or correct the layout's encoding"
        ) from None
    except csv.Error as error:
        raise FileError(
            f"row {number + 1} cannot be told from the next ({error}); ask for the file again with its quotes in order"
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(error) from None


def _decoded(raw: IO[bytes], form: CsvFormat, errors: str = "strict") -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, _ENCODINGS[form.encoding], errors=errors, newline="")


def _reader(text: Iterable[str], form: CsvFormat) -> "_csv.Reader":
    if form.quote is None:
        return csv.reader(text, delimiter=form.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(text, delimiter=form.delimiter, quotechar=form.quote, strict=True)


def _undecodable(file: SourceFile, form: CsvFormat) -> str:
    """Where the first bytes are that do not decode: looked up only once it is known that there are some."""
    with open_bytes(file.path, form.gzip) as raw, _decoded(raw, form, "surrogateescape") as text:
        number = 0 if form.header is None else 1
        for row in _reader(text, form):
            if any("\udc80" <= character <= "\udcff" for value in row for character in value):
                break
            number += bool(row)
    return f"row {number}" if number else "the header"


class _Columns:
    """A header, matched with what the layout asks of it."""

    def __init__(self, header: Sequence[str], layout: Layout) -> None:
        asked = (*layout.source_names, *layout.where)
        if missing := [name for name in dict.fromkeys(asked) if name not in header and name not in layout.optional]:
            hint = " (one column in all: is the delimiter right?)" if len(header) == 1 else ""
            raise FileError(
                f"has a wrong header{hint}: it lacks {', '.join(missing)}; ask for these columns or correct the layout"
            )
        counts = Counter(header)
        if twice := [name for name in dict.fromkeys(asked) if counts[name] > 1]:
            raise FileError(f"has a wrong header: it names {', '.join(twice)} more than once; ask for each column once")
        self._header = [name if counts[name] == 1 else f"{name} #{at}" for at, name in enumerate(header, 1)]
        self._places = {name: header.index(name) if name in header else None for name in layout.source_names}
        self._where = [
            (header.index(name) if name in header else None, name, frozenset(allowed))
            for name, allowed in layout.where.items()
        ]

    def batch(self, rows: list[list[str]], first: int) -> RowBatch:
        """Rows that start at number `first`, as a batch."""
        inside, outside = self._scoped(rows, first) if self._where else (range(len(rows)), ())
        lines: dict[str, pl.Series] = {
            ROW: pl.Series([first + at for at in inside], dtype=pl.Int64),
            LINE: pl.repeat(1, len(inside), dtype=pl.Int64, eager=True),
        }
        for name, place in self._places.items():
            values = [] if place is None else [rows[at][place] for at in inside]
            lines[name] = pl.Series(values or [None] * len(inside), dtype=pl.String)
        return RowBatch(
            rows=len(rows),
            lines=pl.DataFrame(lines),
            failures=tuple(outside),
            original=lambda number: json.dumps(
                dict(zip(self._header, rows[number - first], strict=True)), ensure_ascii=False
            ),
        )

    def _scoped(self, rows: list[list[str]], first: int) -> tuple[list[int], list[RowFailure]]:
        inside: list[int] = []
        outside: list[RowFailure] = []
        for at, row in enumerate(rows):
            for place, name, allowed in self._where:
                if (row[place].strip() if place is not None else "") not in allowed:
                    outside.append(RowFailure(first + at, OUT_OF_SCOPE, name, "is none of this feed's values"))
                    break
            else:
                inside.append(at)
        return inside, outside
