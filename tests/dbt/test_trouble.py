"""What dbt fails by: the warehouse's own trouble, after which it is asked again, or what the statement says."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from acme_assets.defs.dbt import run_dbt
from acme_assets.defs.dbt_trouble import noting_trouble, trouble_of
from acme_assets.defs.marts import build_arguments
from acme_assets.warehouse.protocol import WarehouseUnavailable

NIGHT = "2026-02-12"
MODELS = ["stg_eligibility", "stg_practitioner"]


@pytest.fixture
def failing(production: Any) -> Iterator[Any]:
    """Makes each insert into a table end in something."""

    def fail(table: str, by: str) -> None:
        production.query(
            f"create function fail() returns trigger language plpgsql as $$ begin {by}; return new; end $$;"
            f" create trigger fail before insert on {table} for each row execute function fail()"
        )

    yield fail
    production.query("drop function if exists fail cascade")


def build(deliveries: Mapping[str, str]) -> dict[str, str]:
    """Status by model."""
    nodes = run_dbt(build_arguments("acme_north", NIGHT, dict(deliveries), MODELS))  # type: ignore[arg-type]
    return {node["unique_id"].split(".")[-1]: node["status"] for node in nodes if node["unique_id"][:6] == "model."}


def test_without_trouble_each_model_has_its_status(production: Any, north: Mapping[str, str]) -> None:
    assert build(north) == dict.fromkeys(MODELS, "success")


def test_a_statement_that_is_wrong_is_the_models_failure(failing: Any, north: Mapping[str, str]) -> None:
    failing("staging.stg_eligibility", "raise exception 'refused'")
    assert build(north) == {"stg_eligibility": "error", "stg_practitioner": "success"}


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("raise exception 'no space left' using errcode = 'disk_full'", "DiskFull"),
        ("raise exception 'deadlock' using errcode = 'deadlock_detected'", "DeadlockDetected"),
        ("perform pg_terminate_backend(pg_backend_pid())", "OperationalError"),
    ],
)
def test_the_warehouses_trouble_is_no_models_failure(
    failing: Any, north: Mapping[str, str], by: str, said: str
) -> None:
    failing("staging.stg_eligibility", by)
    with pytest.raises(WarehouseUnavailable, match=said):
        build(north)


def test_a_warehouse_that_lets_nobody_in_is_no_models_failure(production: Any, north: Mapping[str, str]) -> None:
    with closing(psycopg2.connect(production.dsn.replace("dbname=postgres", "dbname=template1"))) as beside:
        beside.autocommit = True
        cursor = beside.cursor()
        cursor.execute("alter database postgres allow_connections false")
        try:
            with pytest.raises(WarehouseUnavailable, match="OperationalError"):
                build(north)
        finally:
            cursor.execute("alter database postgres allow_connections true")


def test_a_host_without_room_is_no_models_failure(
    production: Any, north: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dbt.compilation.Compiler._write_node", no_room)
    with pytest.raises(WarehouseUnavailable, match="OSError"):
        build(north)


def test_dbt_is_as_it_was_afterwards() -> None:
    from dbt.task.base import BaseRunner

    before = BaseRunner.handle_exception, BaseRunner._safe_release_connection
    with pytest.raises(ZeroDivisionError), noting_trouble():
        assert BaseRunner.handle_exception != before[0]
        raise ZeroDivisionError
    assert (BaseRunner.handle_exception, BaseRunner._safe_release_connection) == before


def test_a_session_that_is_cut_off_after_a_nodes_work_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt.task.base import BaseRunner

    monkeypatch.setattr(BaseRunner, "_safe_release_connection", lambda runner: "server closed the connection")
    with noting_trouble() as found:
        BaseRunner._safe_release_connection(object())  # type: ignore[arg-type]
    assert found == {"a connection that was cut off"}


def test_the_drivers_error_is_found_behind_dbts() -> None:
    def behind(driver: Exception) -> str | None:
        try:
            try:
                raise driver
            except Exception as error:
                raise RuntimeError("as dbt says it") from error
        except RuntimeError as error:
            return trouble_of(error)

    assert behind(errors.DiskFull()) == "DiskFull"
    assert behind(psycopg2.InterfaceError()) == "InterfaceError"
    assert behind(OSError(28, "No space left on device")) == "OSError"
    assert behind(errors.DivisionByZero()) is None
    replaced = errors.DivisionByZero()
    replaced.__context__, replaced.__suppress_context__ = errors.DiskFull(), True
    assert behind(replaced) is None
    assert behind(errors.UndefinedColumn()) is None
    assert behind(errors.UniqueViolation()) is None
