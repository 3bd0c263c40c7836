"""Turn JSON records into source rows by a layout's paths.

What does not belong here: how the text is parsed (json_documents), how a path is followed (json_paths).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from acme_assets.contracts.csv_columns import NOT_OF_THIS_FEED
from acme_assets.contracts.json_documents import Record, read_records
from acme_assets.contracts.json_paths import Path, as_texts
from acme_assets.contracts.opening import open_source
from acme_assets.contracts.results import OUT_OF_SCOPE, SourceFile
from acme_assets.contracts.rows import BATCH_ROWS, RowBatch, RowFailure
from client_partitions.file_format import JsonFormat
from client_partitions.layout import LINE, ROW, Layout

_BATCH_CHARACTERS = 8 * 1024**2
"""Text of the records of one batch: some ten times as much in memory, as Python has it."""

_PART = 500
"""Records that are parsed before their paths are followed: few enough to be still in the processor's cache."""

_UNKNOWN_LENGTH = 16 * 1024
"""Characters that a record counts for whose own text is not kept."""


def read_json(file: SourceFile, form: JsonFormat, batch_rows: int = BATCH_ROWS) -> Iterator[RowBatch]:
    """The file's source rows.

    Raises:
        FileError: the file cannot be read, or not by this layout.
    """
    paths = _Paths(file.layout, form)
    batch = _Growing(1)
    with open_source(file) as stream:
        for records, characters in _parts(read_records(stream, form), min(_PART, batch_rows)):
            batch.add(records, characters, *paths.lines(records, batch.after))
            if len(batch.kept) >= batch_rows or batch.characters > _BATCH_CHARACTERS:
                yield batch.grown()
                batch = _Growing(batch.after)
    if batch.kept:
        yield batch.grown()


def _parts(records: Iterable[Record], most: int) -> Iterator[tuple[list[Record], int]]:
    """Records in their order, and about how many characters they have."""
    part: list[Record] = []
    characters = 0
    for record in records:
        part.append(record)
        characters += _UNKNOWN_LENGTH if record.text is None else len(record.text)
        if len(part) == most or characters > _BATCH_CHARACTERS:
            yield part, characters
            part, characters = [], 0
    if part:
        yield part, characters


class _Growing:
    """A batch while its records are read. Of a record whose text is known, nothing else is kept."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._lines: list[pl.DataFrame] = []
        self._failures: list[RowFailure] = []
        self.kept: list[Record] = []
        self.characters = 0

    @property
    def after(self) -> int:
        """The number of the next record."""
        return self._first + len(self.kept)

    def add(
        self, records: Sequence[Record], characters: int, lines: pl.DataFrame, failures: Sequence[RowFailure]
    ) -> None:
        """The next records, and what was made of them."""
        self.kept += [record if record.text is None else Record(None, record.text) for record in records]
        self.characters += characters
        self._lines.append(lines)
        self._failures += failures

    def grown(self) -> RowBatch:
        """The whole batch."""
        return RowBatch(
            rows=len(self.kept),
            lines=pl.concat(self._lines, rechunk=True),
            failures=tuple(self._failures),
            original=lambda number: self.kept[number - self._first].original,
        )


@dataclass
class _Lines:
    """The lines of a batch of records, and which records have none."""

    records: list[int]
    """Places of the records that have lines."""
    owners: list[int]
    """Per line, the place of its record in `records`."""
    numbers: list[int]
    """Per line, its number in its record, from 1."""
    values: Sequence[Any]
    """Per line, what it is; None where nothing explodes."""
    without: list[int]
    """Places of the records that have none."""


class _Paths:
    """A layout's paths, ready to be followed."""

    def __init__(self, layout: Layout, form: JsonFormat) -> None:
        self._columns = {
            name: [column for column, mapping in layout.columns.items() if name in mapping.names]
            for name in layout.source_names
        }
        self._paths = {name: Path.read(name) for name in layout.source_names}
        self._where = [(name, Path.read(name), frozenset(allowed)) for name, allowed in layout.where.items()]
        self._explode = Path.read(form.explode) if form.explode else None

    def lines(self, records: Sequence[Record], first: int) -> tuple[pl.DataFrame, list[RowFailure]]:
        """The lines of records that start at number `first`, and why some have none or broken ones."""
        values = [record.value for record in records]
        outside = self._outside(values)
        lines = self._lines(values, [at for at in range(len(values)) if at not in outside])
        failures = [RowFailure(first + at, OUT_OF_SCOPE, name, NOT_OF_THIS_FEED) for at, name in outside.items()]
        reason = "the record has no lines at the layout's explode"
        failures += [RowFailure(first + at, "no lines", "", reason) for at in lines.without]
        rows = pl.Series(lines.records, dtype=pl.Int64) + first
        owners = pl.Series(lines.owners, dtype=pl.Int64)
        columns = {ROW: rows.gather(owners), LINE: pl.Series(lines.numbers, dtype=pl.Int64)}
        for name, path in self._paths.items():
            columns[name], wrong = self._texts(name, path, values, lines)
            reason = "is no single value that a text column takes"
            failures += [
                RowFailure(first + lines.records[at], "type", column, reason)
                for at in wrong
                for column in self._columns[name]
            ]
        return pl.DataFrame(columns), failures

    def _outside(self, values: Sequence[Any]) -> Mapping[int, str]:
        """Places of the records that belong to another feed, in order, and the path of `where` that says so."""
        outside: dict[int, str] = {}
        for name, path, allowed in self._where:
            texts, wrong = _of_records(path, values)
            found = {at for at, text in enumerate(texts) if (text or "").strip() not in allowed}
            for at in found.union(wrong):
                outside.setdefault(at, name)
        return dict(sorted(outside.items()))

    def _lines(self, values: Sequence[Any], inside: list[int]) -> _Lines:
        if self._explode is None:
            return _Lines(inside, list(range(len(inside))), [1] * len(inside), [None] * len(inside), [])
        found = _Lines([], [], [], exploded := [], [])
        for at, lines in zip(inside, self._explode.follow([values[at] for at in inside]), strict=True):
            if not isinstance(lines, list) or not lines:
                found.without.append(at)
                continue
            found.owners += [len(found.records)] * len(lines)
            found.numbers += range(1, len(lines) + 1)
            exploded += lines
            found.records.append(at)
        return found

    def _texts(self, name: str, path: Path, values: Sequence[Any], lines: _Lines) -> tuple[pl.Series, Sequence[int]]:
        """A text for each line, and places in `lines.records` of those with no single one."""
        if below := path.below("line"):
            texts, wrong = as_texts(below.follow(lines.values))
        elif path.steps is None and "line" in name:
            owners = (values[lines.records[owner]] for owner in lines.owners)
            roots = [{"record": value, "line": line} for value, line in zip(owners, lines.values, strict=True)]
            texts, wrong = as_texts(path.follow(roots))
        else:
            texts, wrong = _of_records(path, [values[at] for at in lines.records])
            return (texts if self._explode is None else texts.gather(lines.owners)), wrong
        return texts, [lines.owners[at] for at in wrong]


def _of_records(path: Path, values: Sequence[Any]) -> tuple[pl.Series, list[int]]:
    """A text for each record, and the places of those with no single one."""
    if below := path.below("record"):
        return as_texts(below.follow(values))
    return as_texts(path.follow([{"record": value, "line": None} for value in values]))
