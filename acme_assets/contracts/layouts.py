"""Whether a client's layout can give what its feed's contract asks, told before any file arrives.

What does not belong here: the layout's own form, which `client_partitions.layout` validates at load.
"""

from collections.abc import Iterator

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from acme_assets.contracts.mapping import typed_column
from acme_assets.contracts.schemas import schema
from client_partitions.feeds import Feed
from client_partitions.layout import ColumnMapping, Layout


def layout_problems(feed: Feed, layout: Layout) -> list[str]:
    """What of this layout cannot work for this feed: one sentence each, none if it can."""
    return list(_problems(feed, layout))


def _problems(feed: Feed, layout: Layout) -> Iterator[str]:
    columns = schema(feed).columns
    for name in layout.columns:
        if name not in columns:
            yield f"columns.{name}: {feed} has no such column; its columns are {', '.join(columns)}"
    for name, column in columns.items():
        mapping = layout.columns.get(name)
        if mapping is None:
            if not column.nullable:
                yield f"columns.{name}: {feed} requires it; say where it comes from"
            continue
        if mapping.format is not None and column.dtype.type not in (pl.Date, pl.Datetime("us", "UTC")):
            yield f"columns.{name}.format: {name} is no date or time; leave format out"
        for constant in dict.fromkeys(_constants(mapping)):
            yield from _misfit(name, column, constant, layout)


def _constants(mapping: ColumnMapping) -> Iterator[str]:
    """The values that the layout itself brings in."""
    if mapping.map is not None:
        yield from (value for value in mapping.map.values() if value is not None)
    elif mapping.value is not None and mapping.extract is None and mapping.zero_pad is None:
        yield mapping.value
    if mapping.default is not None:
        yield mapping.default


def _misfit(name: str, column: pa.Column, constant: str, layout: Layout) -> Iterator[str]:
    typed = pl.DataFrame({name: [constant]}).select(typed_column(name, column.dtype.type, layout))
    if typed[name].null_count():
        yield f"columns.{name}: {constant!r} does not come as {column.dtype}; correct it"
        return
    try:
        pa.DataFrameSchema({name: column}).validate(typed, lazy=True)
    except SchemaErrors as errors:
        for number in errors.failure_cases["check_number"].drop_nulls():
            yield f"columns.{name}: {constant!r} is not: {column.checks[number].name}; correct it"
