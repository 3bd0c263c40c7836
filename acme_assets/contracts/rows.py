"""Source rows as the readers hand them over: in batches, every value still text.

What does not belong here: how a kind of file is read (csv_rows, json_rows), what the values mean (mapping).
"""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import polars as pl

BATCH_ROWS = 20_000
"""Rows of a CSV file judged at a time: some 100 MB of Python text at 40 columns, less in Polars."""

BATCH_DOCUMENTS = 500
"""The same for JSON documents, which run to 50 kB each."""


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


def open_bytes(path: Path, compressed: bool) -> IO[bytes]:
    """The file's bytes, uncompressed."""
    return cast(IO[bytes], gzip.open(path, "rb")) if compressed else path.open("rb")


def unreadable(error: Exception) -> FileError:
    """The problem that an error of opening or uncompressing stands for."""
    if isinstance(error, gzip.BadGzipFile):
        return FileError("is not compressed by gzip, which its layout says; ask for the file again or correct gzip")
    if isinstance(error, OSError):
        return FileError(f"cannot be read ({error.strerror or 'read error'}); check that it is there and readable")
    return FileError("is cut off or damaged inside its gzip compression; ask for the file again")
