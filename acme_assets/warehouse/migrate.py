"""Bring OPS, RAW, QUARANTINE, PUBLISHED and DASHBOARDS up to date. MARTS and its neighbours are dbt's."""

import io
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from acme_assets.warehouse.ledger import OPS

SCHEMAS = (OPS, "raw", "quarantine", "published", "dashboards")


def _config(output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output) if output else Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def migrate(connection: Connection) -> None:
    """Create the schemas and run every migration that has not run, in the connection's transaction."""
    for schema in SCHEMAS:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def migration_sql(dialect: str) -> str:
    """All migrations as one SQL script of a dialect: for review, and for a hand-run on Snowflake."""
    output = io.StringIO()
    config = _config(output)
    config.attributes["dialect_name"] = dialect
    command.upgrade(config, "head", sql=True)
    schemas = "".join(f"CREATE SCHEMA IF NOT EXISTS {schema};\n" for schema in SCHEMAS)
    return schemas + output.getvalue()
