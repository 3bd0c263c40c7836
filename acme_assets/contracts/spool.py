"""The two spool files of a contract check, as CSV that PostgreSQL's COPY and Snowflake's COPY INTO both load:
comma, header, quotes doubled, null empty and unquoted.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import polars as pl

SOURCE = ("source_file", "source_row")

_TIMESTAMP = "%Y-%m-%dT%H:%M:%S%.6fZ"


class SpoolFile:
    """One spool file, written batch by batch. Rows start with the delivery's constants."""

    def __init__(self, path: Path, constants: Mapping[str, str], columns: Sequence[str]) -> None:
        names = [*constants, *SOURCE, *columns]
        if clash := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"constants: {', '.join(clash)} are columns of the spool file already")
        self.path = path
        self._columns = columns
        self._constants = [pl.lit(value or None, pl.String).alias(name) for name, value in constants.items()]
        self._header = ",".join(names) + "\n"
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._file = self.path.open("wb")
        self._file.write(self._header.encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None, "left without being entered"
        if kind is not None:
            self.clear()
        self._file.close()

    def write(self, rows: pl.DataFrame, source_file: str) -> None:
        """Add rows, which have `source_row` and this file's columns."""
        assert self._file is not None, "used outside its with block"
        rows.select(
            *self._constants,
            pl.lit(source_file).alias("source_file"),
            pl.col("source_row"),
            *(pl.col(name) for name in self._columns),
        ).write_csv(self._file, include_header=False, datetime_format=_TIMESTAMP)

    def clear(self) -> None:
        """Leave the header alone: of a delivery that is held or broke off nothing may be loaded."""
        assert self._file is not None, "used outside its with block"
        self._file.seek(len(self._header.encode()))
        self._file.truncate()
