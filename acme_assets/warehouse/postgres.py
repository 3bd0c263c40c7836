"""The warehouse on PostgreSQL: the embedded default."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from select import select as select_readable
from typing import Any, cast

import psycopg2
from psycopg2 import sql
from sqlalchemy import Connection, Engine, Row, Table, create_engine, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from acme_assets.warehouse.ledger import client_nights
from acme_assets.warehouse.protocol import NightBusy, RowsDigest, WarehouseUnavailable
from acme_assets.warehouse.row_hash import digest_of, row_hash

STREAMED = {"stream_results": True, "yield_per": 2_000}
"""Rows come as they are read: a table of any size passes through."""

_LOCK_NOT_AVAILABLE = "55P03"
_NO_ANSWER = "the embedded PostgreSQL does not answer; see `acme stack status`, start it with `acme stack up`"

_IN_UTC = "-c TimeZone=UTC"

LEDGER_CHANGED = "acme_ledger"
"""The channel on which a trigger of ops.audit_entries notifies (migration 0003)."""


class PostgresWarehouse:
    """A `Warehouse` on one PostgreSQL database that holds ledger, RAW, MARTS and PUBLISHED."""

    def __init__(self, url: str, *, pooled: bool = False) -> None:
        """`url` is SQLAlchemy's. `pooled` keeps connections open: for long-lived processes."""
        pool: dict[str, Any] = {"pool_size": 4, "pool_pre_ping": True} if pooled else {"poolclass": NullPool}
        self._engine: Engine = create_engine(url, connect_args={"options": _IN_UTC}, hide_parameters=True, **pool)

    def _session(self) -> Connection:
        try:
            return self._engine.connect()
        except OperationalError as error:
            raise WarehouseUnavailable(_NO_ANSWER) from error

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self._session() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Callable[[Table], Iterator[Row[Any]]]]:
        with self._session() as connection, connection.begin():
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield lambda table: iter(connection.execute(select(*table.c), execution_options=STREAMED))

    def insert_new(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        keys = list(table.primary_key.columns)
        statement = insert(table).values(**row).on_conflict_do_nothing(index_elements=keys).returning(*keys)
        return connection.execute(statement).first() is not None

    def lock_night(self, connection: Connection, client_id: str, business_date: date, wait_seconds: int) -> None:
        night = {"client_id": client_id, "business_date": business_date}
        try:
            connection.execute(text(f"SET LOCAL lock_timeout = '{int(wait_seconds)}s'"))
            self.insert_new(connection, client_nights, night)
            connection.execute(select(client_nights.c.client_id).filter_by(**night).with_for_update()).one()
            connection.execute(text("SET LOCAL lock_timeout = 0"))
        except DBAPIError as error:
            if getattr(error.orig, "pgcode", None) == _LOCK_NOT_AVAILABLE:
                raise NightBusy(
                    f"{client_id} {business_date} is being loaded, built or released by another process and "
                    f"still was after {wait_seconds} s; try again when that has ended"
                ) from error
            raise

    def copy(self, connection: Connection, table: Table, file: Path) -> int:
        raw = cast(psycopg2.extensions.connection, connection.connection.dbapi_connection)
        with file.open("rb") as stream, raw.cursor() as cursor:
            header = stream.readline().decode().rstrip("\r\n").split(",")
            statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, NULL '')").format(
                sql.Identifier(table.schema or "public", table.name),
                sql.SQL(", ").join(map(sql.Identifier, header)),
            )
            cursor.copy_expert(statement.as_string(raw), stream)
            return cursor.rowcount

    def digest(
        self, connection: Connection, table: Table, columns: Sequence[str], where: Mapping[str, Any]
    ) -> RowsDigest:
        hashes = select(row_hash(table, columns).label("h")).filter_by(**where).order_by("h")
        return digest_of(connection.execute(hashes).scalars())

    @contextmanager
    def changes(self) -> Iterator[Callable[[float], None]]:
        with self._session() as session:
            connection = session.execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(text(f"LISTEN {LEDGER_CHANGED}"))
            raw = cast(psycopg2.extensions.connection, connection.connection.dbapi_connection)

            def wait(seconds: float) -> None:
                try:
                    ready, _, _ = select_readable([raw], [], [], seconds)
                    if ready:
                        raw.poll()
                        raw.notifies.clear()
                except psycopg2.Error as error:
                    connection.invalidate()
                    raise WarehouseUnavailable(_NO_ANSWER) from error

            yield wait
