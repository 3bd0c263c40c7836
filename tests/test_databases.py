"""A database that a test had is as new for the next, or is not used again."""

import psycopg2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from acme_assets.stack.postgres import TemporaryServer
from tests.databases import Databases


@pytest.fixture
def databases(postgres: TemporaryServer, migrated: str) -> Databases:
    return Databases(postgres, migrated)


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def contents(url: str) -> dict[str, int]:
    """How many rows each table has."""
    tables = run(url, "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^pg_|information'")
    return {str(name): int(run(url, f"SELECT count(*) FROM {name}")[0][0]) for (name,) in tables}  # type: ignore[call-overload]


def test_it_is_used_again_without_rows_and_under_another_name(databases: Databases) -> None:
    first = databases.take()
    before = contents(first)
    run(first, "INSERT INTO ops.client_nights (client_id, business_date) VALUES ('c', '2026-03-10')")
    run(first, "INSERT INTO ops.heartbeats (service, beat_at, detail) VALUES ('s', now(), '')")
    assert contents(first) != before
    databases.give_back(first)
    again = databases.take()
    assert databases.copied == 1
    assert contents(again) == before
    with pytest.raises(OperationalError, match="does not exist"):
        run(first, "SELECT 1")


def test_what_only_grows_is_emptied_too_and_still_only_grows(databases: Databases) -> None:
    columns = run(url := databases.take(), """SELECT column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'ops' AND table_name = 'audit_entries' AND is_nullable = 'NO'""")  # fmt: skip
    values = {"text": "'x'", "character varying": "'x'", "date": "'2026-03-10'"}
    names = ", ".join(str(name) for name, _ in columns)
    some = ", ".join(values.get(str(kind), "now()" if "timestamp" in str(kind) else "1") for _, kind in columns)
    row = f"INSERT INTO ops.audit_entries ({names}) VALUES ({some})"
    run(url, row)
    databases.give_back(url)
    again = databases.take()
    assert databases.copied == 1
    assert contents(again)["ops.audit_entries"] == 0
    run(again, row)
    for edit in ("DELETE FROM ops.audit_entries", "TRUNCATE ops.audit_entries"):
        with pytest.raises(DBAPIError, match="append-only"):
            run(again, edit)


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE raw.more (n int)",
        "CREATE VIEW raw.more AS SELECT 1 AS n",
        "CREATE SCHEMA more",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE ops.loads ADD COLUMN more int",
        "ALTER TABLE ops.loads ALTER COLUMN feed DROP NOT NULL",
        "ALTER TABLE ops.loads ALTER COLUMN feed SET DEFAULT 'x'",
        "ALTER TABLE ops.audit_entries DISABLE TRIGGER ALL",
        "ALTER TABLE ops.loads ENABLE ROW LEVEL SECURITY",
        "DROP INDEX ops.deliveries_by_night",
        "DROP TABLE marts.pmpm",
        "GRANT SELECT ON ops.loads TO PUBLIC",
        "GRANT USAGE ON SCHEMA ops TO PUBLIC",
        "TRUNCATE ops.heartbeats",
    ],
)
def test_one_whose_schema_was_changed_is_not(databases: Databases, change: str) -> None:
    run(url := databases.take(), change)
    databases.give_back(url)
    with pytest.raises(OperationalError, match="does not exist"):
        run(url, "SELECT 1")
    databases.take()
    assert databases.copied == 2


def test_whoever_still_uses_it_is_cut_off(databases: Databases) -> None:
    url = databases.take()
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO ops.heartbeats (service, beat_at, detail) VALUES ('s', now(), '')"))
        databases.give_back(url)
        with pytest.raises(DBAPIError) as told:
            connection.execute(text("SELECT 1"))
    assert isinstance(told.value.orig, psycopg2.OperationalError)
    engine.dispose()
    assert contents(databases.take())["ops.heartbeats"] == 0
