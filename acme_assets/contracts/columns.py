"""The columns that a file comes with, as its first rows show them: names, order and the kind of what is in them.

Every column of the source, those that no layout names among them. Keeps shares and lengths, never a value; and no
names where they may be values: of a file whose first row is hardly the header that the layout reads, and of JSON the
names that only few records have.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import polars as pl

from acme_assets.contracts.readers import read_rows
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError
from client_partitions.file_format import CsvFormat
from client_partitions.layout import PLACES, Layout

SAMPLE_ROWS = 1000
"""So many rows from the beginning of each file show what its columns are."""

USUAL = 0.5
"""Share of the layout's names that make a first row a header, and of the records that make a name a column."""

_ENOUGH_VALUES = 10
_MOSTLY = 0.95

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_DATE = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}")
_TIME = re.compile(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}[T ][0-9]{1,2}:.*")


@dataclass(frozen=True)
class SourceColumn:
    """One column of a source, over the sampled rows."""

    name: str
    kind: str
    """number, text, time, a date's shape such as `yyyy-dd-dd`; mixed; or unknown, where too few values are filled."""
    present: float
    """Share of the rows that have it at all: below 1 in JSON alone."""
    filled: float
    """Share of the rows in which it is not empty."""
    length: float
    """Mean length of what is filled."""


Columns = Mapping[str, tuple[SourceColumn, ...]]
"""Layout to the columns of its files, in order."""


def columns_of(files: Sequence[SourceFile], layouts: Sequence[str]) -> Columns:
    """The columns of a delivery's files; `layouts` names the layout of each. A file that cannot be read has none."""
    samples: dict[str, list[dict[str, Any]]] = {}
    for file, layout in zip(files, layouts, strict=True):
        try:
            rows = list(_first_rows(file))
        except FileError:
            continue  # the contract check holds the delivery, and says why
        if rows and _is_header(list(rows[0]), file.layout):
            samples.setdefault(layout, []).extend(rows)
    return {layout: _columns(rows) for layout, rows in samples.items()}


def _is_header(names: Sequence[str], layout: Layout) -> bool:
    asked = {name for name in (*layout.source_names, *layout.where) if name not in PLACES}
    if not isinstance(layout.format, CsvFormat) or layout.format.header or not asked:
        return True
    return len(asked.intersection(names)) >= USUAL * len(asked)


def columns_json(columns: Columns) -> str:
    """As text for the ledger."""
    return json.dumps({layout: [asdict(column) for column in found] for layout, found in columns.items()})


def read_columns(text: str) -> Columns:
    """From the ledger's text."""
    found = json.loads(text)
    return {layout: tuple(SourceColumn(**column) for column in columns) for layout, columns in found.items()}


def _first_rows(file: SourceFile) -> Iterator[dict[str, Any]]:
    """The file's first rows, whether or not they have the columns that the layout asks for."""
    asks_nothing = {"optional": (*file.layout.source_names, *file.layout.where), "where": {}}
    bare = replace(file, layout=file.layout.model_copy(update=asks_nothing))
    first = 1
    for batch in read_rows(bare):
        after = min(first + batch.rows, SAMPLE_ROWS + 1)
        records = map(json.loads, batch.written(pl.int_range(first, after, dtype=pl.Int64, eager=True)))
        yield from (record for record in records if isinstance(record, dict))
        first += batch.rows
        if first > SAMPLE_ROWS:
            return


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[SourceColumn, ...]:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = (_column(name, [row[name] for row in rows if name in row], len(rows)) for name in names)
    return tuple(column for column in columns if column.present >= USUAL)


def _column(name: str, values: Sequence[Any], rows: int) -> SourceColumn:
    texts = [text for value in values if (text := _text(value))]
    kinds = Counter(map(_kind, texts))
    kind, count = kinds.most_common(1)[0] if kinds else ("unknown", 0)
    if len(texts) < _ENOUGH_VALUES:
        kind = "unknown"
    elif count < _MOSTLY * len(texts):
        kind = "mixed"
    length = sum(map(len, texts)) / len(texts) if texts else 0
    return SourceColumn(name, kind, round(len(values) / rows, 3), round(len(texts) / rows, 3), round(length, 1))


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return "{}" if value else ""
    return "" if value is None else str(value).strip()


def _kind(text: str) -> str:
    if _NUMBER.fullmatch(text):
        return "number"
    if _DATE.fullmatch(text):
        return re.sub("[0-9]{1,2}", "dd", re.sub("[0-9]{3,4}", "yyyy", text))
    return "time" if _TIME.fullmatch(text) else "text"
