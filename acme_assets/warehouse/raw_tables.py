"""RAW and QUARANTINE: tables derived from the contracts. Imports polars and pandera: only where rows are loaded."""

from functools import cache
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Column, Date, Index, Numeric, String, Table, Text
from sqlalchemy.types import TypeEngine

from acme_assets.contracts.schemas import schema
from acme_assets.warehouse.ledger import UtcTimestamp, metadata
from client_partitions.feeds import FEEDS, Feed

RAW, QUARANTINE = "raw", "quarantine"


def _raw_type(dtype: object) -> TypeEngine[Any]:
    if isinstance(dtype, pl.Decimal):
        return Numeric(18, 4)
    if isinstance(dtype, pl.Datetime):
        return UtcTimestamp()
    types: list[tuple[object, TypeEngine[Any]]] = [(pl.String, Text()), (pl.Int64, BigInteger()), (pl.Date, Date())]
    return next(sql_type for polars_type, sql_type in types if dtype == polars_type)


def _load_columns() -> list[Column[Any]]:
    return [
        Column("delivery_id", String(64), nullable=False),
        Column("client_id", String(64), nullable=False),
        Column("business_date", Date, nullable=False),
        Column("source_file", String(1024), nullable=False),
        Column("source_row", BigInteger, nullable=False),
        Column("load_id", String(16), comment="of the attempt that put it here; null for rows from before it was kept"),
    ]


@cache
def raw_table(feed: Feed) -> Table:
    """RAW.<feed>: one row per canonical row of a loaded delivery."""
    columns: list[Column[Any]] = [
        Column(name, _raw_type(column.dtype.type), nullable=column.nullable)
        for name, column in schema(feed).columns.items()
    ]
    return Table(feed, metadata, *_load_columns(), *columns, Index(f"{feed}_by_delivery", "delivery_id"), schema=RAW)


@cache
def quarantined_rows() -> Table:
    """QUARANTINE.ROWS: one row per source row and rule that set it aside."""
    return Table(
        "rows",
        metadata,
        *_load_columns(),
        Column("rule", String(128), nullable=False),
        Column("column_name", String(128)),
        Column("reason", Text, nullable=False),
        Column("original", Text, nullable=False, comment="the source row as JSON: PHI"),
        Index("rows_by_delivery", "delivery_id"),
        schema=QUARANTINE,
    )


key_sketches = Table(
    "key_sketches",
    metadata,
    Column("delivery_id", String(64), nullable=False),
    Column(
        "sketch", Text, nullable=False, comment="hashes of about a thousand keys: derived from members' identifiers"
    ),
    Index("key_sketches_by_delivery", "delivery_id"),
    schema=RAW,
    comment="A sample of each delivery's keys, to tell how many of them the next one shares. Access as for RAW.",
)


def declare_raw() -> None:
    """Put the tables into the metadata that is migrated."""
    for feed in FEEDS:
        raw_table(feed)
    quarantined_rows()
