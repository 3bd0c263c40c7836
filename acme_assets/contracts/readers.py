"""The source rows of a delivered file, whatever its layout says it is."""

import json
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from acme_assets.contracts.csv_rows import read_csv
from acme_assets.contracts.fixed_rows import read_fixed
from acme_assets.contracts.json_rows import read_json
from acme_assets.contracts.opening import zip_members
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError, RowBatch
from client_partitions.file_format import CsvFormat, FixedFormat
from client_partitions.layout import ROW


def read_rows(file: SourceFile) -> Iterator[RowBatch]:
    """The file's source rows in batches, numbered from 1 through all members of an archive.

    Raises:
        FileError: the file cannot be read, or not by its layout.
    """
    packed = file.layout.format.zip
    if packed is None:
        yield from _read(file)
        return
    before = 0
    names = zip_members(file, packed)
    for name in names:
        rows = 0
        try:
            for batch in _read(replace(file, member=name)):
                rows += batch.rows
                yield _after(batch, before)
        except FileError as problem:
            raise FileError(f"{_told(name)}: {problem}") from None
        if rows == 0 and len(names) > 1:
            raise FileError(f"{_told(name)}: is empty: it has no rows; ask for the file again")
        before += rows


def _read(file: SourceFile) -> Iterator[RowBatch]:
    form = file.layout.format
    if isinstance(form, CsvFormat):
        return read_csv(file, form)
    if isinstance(form, FixedFormat):
        return read_fixed(file, form)
    return read_json(file, form)


def _told(name: str) -> str:
    return f"member {json.dumps(name[:200])}"


def _after(batch: RowBatch, before: int) -> RowBatch:
    """The batch with its rows numbered on from those before."""
    if before == 0:
        return batch
    original, originals, outside = batch.original, batch.originals, batch.outside
    return replace(
        batch,
        lines=batch.lines.with_columns(pl.col(ROW) + before),
        failures=tuple(replace(failure, row=failure.row + before) for failure in batch.failures),
        original=lambda number: original(number - before),
        originals=None if originals is None else lambda numbers: originals(numbers - before),
        outside=None if outside is None else outside.with_columns(pl.col(ROW) + before),
    )
