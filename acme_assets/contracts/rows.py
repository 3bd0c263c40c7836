"""Source rows as the readers hand them over: in batches, every value still text.

What does not belong here: how a kind of file is read (csv_rows, json_rows), what the values mean (mapping).
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

BATCH_ROWS = 20_000
"""Rows that Python's csv module reads for one batch: some 100 MB of Python text at 40 columns, less in Polars."""


class FileError(Exception):
    """The file cannot be read by its layout. The text says what and where, and never holds a value."""


@dataclass(frozen=True)
class RowFailure:
    """One reason to set one source row aside."""

    row: int
    rule: str
    column: str
    reason: str


@dataclass(frozen=True)
class RowBatch:
    """Consecutive source rows of one file."""

    rows: int
    lines: pl.DataFrame
    """`$row`, `$line` and a text column per source name of the layout; rows in scope only."""
    failures: tuple[RowFailure, ...]
    """Found while reading; such rows have no lines or broken ones."""
    original: Callable[[int], str]
    """The source row of this number, as JSON text."""
    originals: Callable[[pl.Series], pl.Series] | None = None
    """The same for many numbers at once, where the reader has a faster way."""
    outside: pl.DataFrame | None = None
    """Rows out of scope, which have no lines: `$row`, and the `column` that says so."""
    tidy: bool = False
    """True where it is known that no text is empty, has white space around it or holds a NUL."""
    exponents: bool = True
    """False where it is known that no text has the letter e after a digit or point, as 1e3 has."""

    def written(self, rows: pl.Series) -> pl.Series:
        """The source rows of these numbers, as JSON text."""
        if self.originals is not None:
            return self.originals(rows)
        return pl.Series([self.original(row) for row in rows], dtype=pl.String)
