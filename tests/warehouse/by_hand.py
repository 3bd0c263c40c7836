"""What a person with a SQL prompt does to the ledger, and everything that can be seen there."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, insert, text

from acme_assets.nights.facts import StatementFact
from acme_assets.validation.results import CheckResult, SuiteResult
from acme_assets.warehouse.ledger import statements
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import Warehouse

SCHEMAS = ("ops", "raw", "quarantine", "marts", "published")


def everything(warehouse: Warehouse) -> dict[str, list[str]]:
    """Every row of every table."""
    tables = text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = ANY(:schemas)")
    with warehouse.begin() as connection:
        names = connection.execute(tables, {"schemas": list(SCHEMAS)}).scalars().all()
        return {name: sorted(map(str, connection.execute(text(f"SELECT * FROM {name}")))) for name in sorted(names)}


class Undone(PostgresWarehouse):
    """A warehouse whose transactions are savepoints of one, which is rolled back when the test has ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._connection.begin_nested():
            self._connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
            yield self._connection


def run(warehouse: Warehouse, sql: str, **values: Any) -> Any:
    """One statement, committed; the first value of its result where it has one."""
    with warehouse.begin() as connection:
        result = connection.execute(text(sql), values)
        return result.scalar() if result.returns_rows else result.rowcount


@contextmanager
def unguarded(warehouse: Warehouse, *tables: str) -> Iterator[Connection]:
    """A transaction in which the tables' triggers are off, as only their owner can have it."""
    with warehouse.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield connection
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            if table.startswith("ops.audit_"):
                connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only"))


def write_statements(warehouse: Warehouse, facts: Iterable[StatementFact], at: Any) -> None:
    """Rows of ops.statements, with no audit entry and nothing verified."""
    rows = [
        {
            **{name: getattr(fact, name) for name in ("statement_id", "kind", "client_id", "first_date", "last_date")},
            "signer": fact.signer,
            "role": "qa",
            "key_id": "0" * 16,
            "statement": fact.text,
            "signature": fact.signature,
            "login": "somebody",
            "recorded_at": at,
        }
        for fact in facts
    ]
    with warehouse.begin() as connection:
        connection.execute(insert(statements), rows)


def verdict(*, failed: Iterable[str] = (), drift: Any = None) -> tuple[SuiteResult, ...]:
    """What the suites may say: one of pmpm, which fails where it is told to."""
    passed = "pmpm/staging" not in failed
    return (SuiteResult("pmpm", "staging", (CheckResult("as the test says", passed),), {}, drift),)
