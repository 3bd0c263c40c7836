"""Rows of delimited text as Python's csv module tells them: it knows the row that is ragged or not closed."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from acme_assets.contracts.opening import open_source
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError
from acme_assets.contracts.text_lines import MARK, MAX_ROW, TextLines
from acme_assets.contracts.text_pieces import TextPieces
from client_partitions.file_format import CsvFormat

_LONG = 1 << 16
"""Characters of a row, and bytes that are read at a time once it is that long."""


class StrictRows:
    """Reads pieces of a file. It may go on past the piece that it was given, to its last row's end."""

    def __init__(self, pieces: TextPieces, form: CsvFormat) -> None:
        self._pieces = pieces
        self._lines: deque[str] = deque()
        self._comment = form.comment
        self._starts = True
        self._length = 0
        self._line = form.skip_lines
        self._reader = _reader(self, form)
        self.columns = 0
        """Of the header: what every row must have."""
        self.rows_read = 0
        """So far, with those that went another way."""

    def header(self) -> list[str] | None:
        """The values of the first line; None of an empty file."""
        self._starts, self._length = True, 0
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise self._untold(error) from None

    def batches(self, piece: bytes, batch_rows: int) -> Iterator[list[list[str]]]:
        """The rows that start in this piece, the next one of the file."""
        self._pieces.skip(len(piece))
        self._lines.extend(io.StringIO(piece.decode(), newline=""))
        batch: list[list[str]] = []
        while self._lines:
            row = self.header()
            if not row:
                continue
            self.rows_read += 1
            if len(row) != self.columns:
                raise FileError(
                    f"row {self.rows_read} (line {self._line}) has {len(row)} values for {self.columns} columns; "
                    f"ask for the file again with its delimiters and quotes in order"
                )
            batch.append(row)
            if len(batch) == batch_rows:
                yield batch
                batch = []
        if batch:
            yield batch

    def pass_by(self, rows: int) -> None:
        """Rows of one line each went another way."""
        self.rows_read += rows
        self._line += rows

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while line := self._next_line():
            self._line += 1
            self._length += len(line)
            if self._length > MAX_ROW:
                raise FileError(
                    f"row {self.rows_read + 1} is of over {MAX_ROW:,} characters; "
                    "ask for the file again with its line ends and quotes in order"
                )
            if self._starts and self._comment is not None and line.startswith(self._comment):
                self._length = 0
                continue
            self._starts = False
            return line
        raise StopIteration

    def _next_line(self) -> str:
        """The next line; of a row that is long already, with many after it at once."""
        if not self._lines and self.columns and self._length > _LONG:
            piece = self._pieces.piece(_LONG)
            self._pieces.skip(len(piece))
            self._lines.extend(io.StringIO(piece.decode(), newline=""))
            if not piece:
                return ""
        return self._lines.popleft() if self._lines else self._pieces.line()

    def _untold(self, error: csv.Error) -> FileError:
        if "field limit" in str(error):
            return FileError(
                f"row {self.rows_read + 1} has a value of over {csv.field_size_limit():,} characters; "
                "ask for the file again with its quotes in order, or with shorter values"
            )
        return FileError(
            f"row {self.rows_read + 1} cannot be told from the next ({error}); "
            f"ask for the file again with its quotes in order"
        )


def undecodable(file: SourceFile, form: CsvFormat) -> str:
    """Where the first bytes are that do not decode: looked up only once it is known that there are some."""
    with open_source(file) as raw, TextLines(raw, form, "acme.mark") as lines:
        number = 0 if form.header is None else 1
        with suppress(csv.Error):  # its quotes are out of order too: so far is what can be told
            for row in _reader(lines, form):
                lines.next_row()
                if any(MARK in value for value in row):
                    break
                number += bool(row)
    return f"row {number}" if number else "the header"


def _reader(lines: Iterator[str], form: CsvFormat) -> Iterator[list[str]]:
    if form.quote is not None:
        return csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)
    if len(form.delimiter) == 1:
        return csv.reader(lines, delimiter=form.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    ended = (line.rstrip("\r\n") for line in lines)
    return (line.split(form.delimiter) if line else [] for line in ended)
