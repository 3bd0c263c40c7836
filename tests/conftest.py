"""One throwaway PostgreSQL for the session, a fresh migrated database per test, and a small world on it."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from acme_assets.nights.marts import MARTS
from acme_assets.stack.postgres import TemporaryServer, temporary_server
from acme_assets.warehouse.mart_tables import MARTS_SCHEMA, mart_table
from acme_assets.warehouse.migrate import migrate
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.world import World

os.environ.pop("ACME_CLIENTS", None)


def _prepare(url: str) -> None:
    """Migrate, and create the tables that dbt would have created."""
    engine = create_engine(url)
    with engine.begin() as connection:
        migrate(connection)
        connection.execute(text(f"CREATE SCHEMA {MARTS_SCHEMA}"))
        for mart in MARTS:
            mart_table(mart).create(connection)
    engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[TemporaryServer]:
    with temporary_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: TemporaryServer) -> str:
    """The name of a migrated database, to be copied."""
    return postgres.template("migrated", _prepare)


@pytest.fixture
def database(postgres: TemporaryServer, migrated: str) -> str:
    """SQLAlchemy URL of a fresh, migrated database."""
    return postgres.fresh_database(migrated)


@pytest.fixture
def warehouse(database: str) -> PostgresWarehouse:
    return PostgresWarehouse(database)


@pytest.fixture
def world(warehouse: PostgresWarehouse, tmp_path) -> World:
    """A client that owes eligibility and pharmacy claims, and may send labs."""
    return World(warehouse, tmp_path / "landing")
