"""Alembic's entry point; `acme_assets.warehouse.migrate` drives it. Never run by the alembic command."""

from typing import Any, Literal

from alembic import context
from alembic.ddl.impl import DefaultImpl
from sqlalchemy import Index

import acme_assets.warehouse.snowflake  # compiles OPS as hybrid tables there
import acme_assets.warehouse.tables  # noqa: F401 - declares them all
from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata
from acme_assets.warehouse.mart_tables import declare_published
from acme_assets.warehouse.raw_tables import declare_raw


class SnowflakeImpl(DefaultImpl):
    """Tells Alembic that the dialect exists; DDL commits as it goes on Snowflake."""

    __dialect__ = "snowflake"
    transactional_ddl = False

    def create_index(self, index: Index, **options: Any) -> None:
        """Hybrid tables (OPS) take secondary indexes, but none on TIMESTAMP_TZ; standard tables have no indexes."""
        if index.table is None or index.table.schema != OPS:
            return
        declared = metadata.tables[index.table.fullname].columns
        if not any(isinstance(declared[column.name].type, UtcTimestamp) for column in index.columns):
            super().create_index(index, **options)


def _render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    return "UtcTimestamp()" if kind == "type" and isinstance(item, UtcTimestamp) else False


declare_raw()
declare_published()

_OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "version_table_schema": OPS,
    "include_schemas": True,
    "compare_type": True,
    "render_item": _render_item,
}

if context.is_offline_mode():
    context.configure(dialect_name=context.config.attributes["dialect_name"], **_OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(connection=context.config.attributes["connection"], **_OPTIONS)
    context.run_migrations()
