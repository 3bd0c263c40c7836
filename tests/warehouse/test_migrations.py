"""The migrations make what the tables declare, and can be run again."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from acme_assets.warehouse.ledger import metadata
from acme_assets.warehouse.mart_tables import declare_published
from acme_assets.warehouse.migrate import SCHEMAS, migrate
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.raw_tables import declare_raw


def test_the_migrated_database_is_what_the_tables_declare(warehouse: PostgresWarehouse) -> None:
    declare_raw()
    declare_published()
    with warehouse.begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "compare_type": True,
                "version_table_schema": "ops",
                "include_name": lambda name, kind, _: kind != "schema" or name in SCHEMAS,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(warehouse: PostgresWarehouse) -> None:
    with warehouse.begin() as connection:
        migrate(connection)


def test_each_dashboard_shows_its_marts_columns(warehouse: PostgresWarehouse) -> None:
    with warehouse.begin() as connection:
        found = inspect(connection)
        for name, mart in MARTS.items():
            columns = [column["name"] for column in found.get_columns(name, schema="dashboards")]
            assert columns == [*GRAIN_OF_EVERY_MART, *mart.columns]
