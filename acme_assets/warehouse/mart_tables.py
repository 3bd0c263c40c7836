"""MARTS, PUBLISHED and DASHBOARDS: tables derived from the list of marts.

PUBLISHED holds every release's rows; clients see the live one through the views of schema DASHBOARDS.
"""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Index, MetaData, Numeric, String, Table, Text
from sqlalchemy.types import TypeEngine

from acme_assets.nights.marts import MARTS, ColumnType
from acme_assets.warehouse.ledger import metadata

MARTS_SCHEMA, PUBLISHED, DASHBOARDS = "marts", "published", "dashboards"

_MART_TYPES: dict[ColumnType, TypeEngine[Any]] = {
    "text": Text(),
    "date": Date(),
    "count": BigInteger(),
    "amount": Numeric(18, 4),
    "rate": Numeric(18, 6),
}


def _mart_columns(mart: str) -> list[Column[Any]]:
    return [
        Column("client_id", Text, nullable=False),
        Column("business_date", Date, nullable=False),
        *(Column(name, _MART_TYPES[kind]) for name, kind in MARTS[mart].columns.items()),
    ]


@cache
def mart_table(mart: str) -> Table:
    """MARTS.<mart>, which dbt builds: for reading only, and so in no metadata that we migrate."""
    return Table(mart, MetaData(), *_mart_columns(mart), schema=MARTS_SCHEMA)


@cache
def published_table(mart: str) -> Table:
    """PUBLISHED.<mart>: the rows of every release."""
    return Table(
        mart,
        metadata,
        Column("release_id", String(64), nullable=False),
        *_mart_columns(mart),
        Index(f"{mart}_by_release", "release_id"),
        schema=PUBLISHED,
    )


@cache
def dashboard_view(mart: str) -> Table:
    """DASHBOARDS.<mart>, what clients see: a view, for reading only."""
    return Table(mart, MetaData(), *_mart_columns(mart), schema=DASHBOARDS)


def declare_published() -> None:
    """Put the tables into the metadata that is migrated."""
    for mart in MARTS:
        published_table(mart)
