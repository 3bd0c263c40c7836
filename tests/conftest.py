"""One throwaway PostgreSQL for the session, a fresh migrated database per test, and a small world on it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from xdist.scheduler import LoadScopeScheduling

from acme_assets.nights.marts import MARTS
from acme_assets.stack.postgres import TemporaryServer, temporary_server
from acme_assets.warehouse.mart_tables import MARTS_SCHEMA, mart_table
from acme_assets.warehouse.migrate import migrate
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.databases import Databases
from tests.world import World

os.environ.pop("ACME_CLIENTS", None)
os.environ.pop("COLUMNS", None)  # xdist hands on the width of its own terminal

LONGEST = (
    "tests/warehouse/test_state_machine.py",
    "tests/chaos/test_chaos.py",
    "tests/simulation/test_sla_trial.py",
    "tests/browser/test_every_page.py",
    "tests/dbt/test_client_nights.py",
    "tests/landing/test_real_data.py",
    "tests/stack/test_stack.py",
    "tests/integration/test_gates_on_the_real_stack.py",
)
"""These begin in this order, and all other files after them: at the end, one of these would be worked on alone."""


TOGETHER = ("tests/browser", "tests/dbt")
"""Folders whose tests share what takes long to make: one process has them all."""


class ByFile(LoadScopeScheduling):
    """A file's tests run in one process, in their order: many go on from where the one before ended. (xdist's own
    groups are lost on pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder in TOGETHER else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.split("::")[0], len(LONGEST)))


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


@pytest.fixture(scope="session")
def databases(postgres: TemporaryServer, migrated: str) -> Databases:
    return Databases(postgres, migrated)


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    """SQLAlchemy URL of a migrated database without rows, under a name of its own."""
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture
def warehouse(database: str) -> PostgresWarehouse:
    return PostgresWarehouse(database)


@pytest.fixture
def world(warehouse: PostgresWarehouse, tmp_path) -> World:
    """A client that owes eligibility and pharmacy claims, and may send labs."""
    return World(warehouse, tmp_path / "landing")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared data folder; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("ACME_REAL_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the real data is not at {folder}; set ACME_REAL_DATA to the folder that holds real/")
    return folder
