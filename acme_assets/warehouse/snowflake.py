"""The warehouse on Snowflake: production.

Written from Snowflake's documentation; every statement is compiled and parsed in tests, none has run on
an account yet (docs/snowflake.md). The ledger's tables are hybrid tables: they enforce primary keys and
lock single rows, in one transaction with the standard tables of RAW and PUBLISHED.

DDL commits the open transaction: no block of `begin` may hold any, temporary tables included, but `migrate`.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, Table, bindparam, create_engine, insert, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql import Insert, Select
from sqlalchemy.sql.compiler import DDLCompiler, IdentifierPreparer

from acme_assets.warehouse.ledger import OPS, client_nights
from acme_assets.warehouse.protocol import NightBusy, RowsDigest, WarehouseUnavailable
from acme_assets.warehouse.row_hash import digest_of, row_hash
from acme_assets.warehouse.splitting import PART_BYTES, split

STAGE = "raw.load_stage"
PULSE_SECONDS = 120.0

# READ_LATEST_WRITES: without it a hybrid table shows other sessions' commits up to 100 ms late, so a read
# under the night's lock could miss what the last holder wrote. TRANSACTION_ABORT_ON_ERROR: `insert_new`
# goes on in its transaction after a duplicate key. ABORT_DETACHED_QUERY: a killed process lets its locks go.
# The formats: what the account sets them to must not change how the dates of a CSV are read.
SESSION = (
    "ALTER SESSION SET AUTOCOMMIT = FALSE, READ_LATEST_WRITES = TRUE, TRANSACTION_ABORT_ON_ERROR = FALSE, "
    "ABORT_DETACHED_QUERY = TRUE, TIMEZONE = 'UTC', DATE_INPUT_FORMAT = 'AUTO', TIMESTAMP_INPUT_FORMAT = 'AUTO'"
)
TRANSACTION = "SELECT CURRENT_TRANSACTION()"
MOMENT = "SELECT TO_VARCHAR(CURRENT_TIMESTAMP(), 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM')"
STREAMED = {"stream_results": True, "yield_per": 2_000}
PULSE = "SELECT COUNT(*) FROM ops.client_nights WHERE client_id = ''"

_LOCK_WAITERS_ERROR = 625
_DUPLICATE_KEY_ERROR = 200001
_HELD = "acme_transaction_that_holds_a_night"


@compiles(CreateTable, "snowflake")
def _hybrid(element: CreateTable, compiler: DDLCompiler, **options: Any) -> str:
    statement = str(compiler.visit_create_table(element, **options))  # type: ignore[no-untyped-call]
    if element.element.schema == OPS:
        return statement.replace("CREATE TABLE", "CREATE HYBRID TABLE", 1)
    return statement


def insert_unless_there(table: Table, row: Mapping[str, Any]) -> Insert:
    """INSERT … SELECT … WHERE NOT EXISTS; the hybrid table's key settles a race between two of them.

    Not a plain INSERT: that would wait where another transaction has the row locked.
    """
    values: Select[Any] = select(*(literal(value, table.c[name].type).label(name) for name, value in row.items()))
    same_key = [column == row[column.name] for column in table.primary_key.columns]
    return insert(table).from_select(list(row), values.where(~select(literal(1)).where(*same_key).exists()))


def select_as_of(table: Table, moment: str) -> Select[Any]:
    """The rows of a table as they were at a moment, as MOMENT gives it."""
    return select(*table.c).suffix_with(f"AT (TIMESTAMP => '{moment}'::TIMESTAMP_TZ)")


def lock_timeout_statement(wait_seconds: int) -> str:
    """How long a write waits for a row. LOCK_TIMEOUT is for standard tables, FOR UPDATE has its own."""
    return f"ALTER SESSION SET HYBRID_TABLE_LOCK_TIMEOUT = {int(wait_seconds)}"


def lock_statement(wait_seconds: int) -> Select[Any]:
    """SELECT … FOR UPDATE of one client night (parameters: client_id, business_date).

    Without WAIT, Snowflake does not wait at all.
    """
    of_night = (client_nights.c[name] == bindparam(name) for name in ("client_id", "business_date"))
    return select(client_nights.c.client_id).where(*of_night).suffix_with(f"FOR UPDATE WAIT {int(wait_seconds)}")


def put_statement(file: Path, folder: str) -> str:
    """PUT of a local file into a folder of the load stage. The path is no URL: nothing is percent-encoded."""
    return f"PUT {_quoted(file)} @{STAGE}/{folder} SOURCE_COMPRESSION = NONE AUTO_COMPRESS = TRUE OVERWRITE = TRUE"


def put_parts_statement(parts: Path, folder: str) -> str:
    """PUT of all parts in a local folder, eight at a time; `split` has compressed them."""
    return (
        f"PUT {_quoted(parts / 'part-*.csv.gz')} @{STAGE}/{folder} PARALLEL = 8 "
        "SOURCE_COMPRESSION = GZIP AUTO_COMPRESS = FALSE OVERWRITE = TRUE"
    )


def _quoted(file: Path) -> str:
    escaped = file.resolve().as_posix().replace("\\", "\\\\").replace("'", "\\'")
    return f"'file://{escaped}'"


def copy_statement(names: IdentifierPreparer, table: Table, columns: Sequence[str], folder: str) -> str:
    """COPY INTO from the load stage, columns in the order of the file's header.

    FORCE, because whether a delivery is loaded is the ledger's to know: Snowflake would forget after 64
    days, and would skip a file whose first load was rolled back. PURGE, because a load that is repeated
    puts its file anew. NULL_IF and ESCAPE_UNENCLOSED_FIELD take away what the defaults do to \\N and to
    backslashes; an empty field is null, a quoted one is empty, as PostgreSQL's COPY has it.
    """
    listed = ", ".join(map(names.quote, columns))
    return (
        f"COPY INTO {names.format_table(table)} ({listed}) FROM @{STAGE}/{folder} "
        "FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '\"' "
        "ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE) "
        "ON_ERROR = ABORT_STATEMENT FORCE = TRUE PURGE = TRUE"
    )


class SnowflakeWarehouse:
    """A `Warehouse` on one Snowflake database."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Any]], *, part_bytes: int = PART_BYTES) -> None:
        """`connect` opens and closes a connector connection: `SnowflakeResource.get_connection` fits.

        A file above `part_bytes` is put in parts, which one COPY loads side by side.
        """
        self._connect = connect
        self._part_bytes = part_bytes

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        from snowflake.connector.errors import Error as SnowflakeError

        with ExitStack() as stack:
            try:
                raw = stack.enter_context(self._connect())
                raw.cursor().execute(SESSION)
            except SnowflakeError as error:
                raise WarehouseUnavailable(
                    f"Snowflake refused the connection (error {error.errno}); check ACME_SNOWFLAKE_ACCOUNT, "
                    "ACME_SNOWFLAKE_USER and the key at ACME_SNOWFLAKE_PRIVATE_KEY_PATH"
                ) from error
            engine = create_engine("snowflake://", creator=lambda: raw, poolclass=StaticPool, pool_reset_on_return=None)
            with engine.connect() as connection, connection.begin(), _pulse(raw):
                yield connection
                _require_transaction_held(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Callable[[Table], Iterator[Row[Any]]]]:
        """By Time Travel: each statement of a transaction sees what was committed before it, and no moment for all."""
        with self.begin() as connection:
            moment = connection.exec_driver_sql(MOMENT).scalar_one()
            yield lambda table: iter(connection.execute(select_as_of(table, moment), execution_options=STREAMED))

    def insert_new(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        statement = insert_unless_there(table, row)
        try:
            return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1
        except DBAPIError as error:
            if getattr(error.orig, "errno", None) == _DUPLICATE_KEY_ERROR:
                return False
            raise

    def lock_night(self, connection: Connection, client_id: str, business_date: date, wait_seconds: int) -> None:
        night = {"client_id": client_id, "business_date": business_date}
        try:
            connection.exec_driver_sql(lock_timeout_statement(wait_seconds))
            self.insert_new(connection, client_nights, night)
            connection.execute(lock_statement(wait_seconds), night).one()
        except DBAPIError as error:
            if _is_lock_wait(error):
                raise NightBusy(
                    f"{client_id} {business_date} is being loaded, built or released by another process and "
                    f"still was after {wait_seconds} s; try again when that has ended"
                ) from error
            raise
        connection.info[_HELD] = connection.exec_driver_sql(TRANSACTION).scalar_one()

    def copy(self, connection: Connection, table: Table, file: Path) -> int:
        with file.open(encoding="utf-8", newline="") as stream:
            columns = stream.readline().rstrip("\r\n").split(",")
            if not stream.read(1):
                return 0
        folder = uuid4().hex  # a folder for this file alone: loads run side by side, and name their files alike
        if file.stat().st_size > self._part_bytes:
            # Beside the spool: what a killed load leaves there is swept with it.
            with tempfile.TemporaryDirectory(prefix="parts-", dir=file.parent) as parts:
                split(file, Path(parts), self._part_bytes)
                connection.exec_driver_sql(put_parts_statement(Path(parts), folder))
        else:
            connection.exec_driver_sql(put_statement(file, folder))
        statement = copy_statement(connection.dialect.identifier_preparer, table, columns, folder)
        rows = connection.exec_driver_sql(statement).mappings().all()
        return sum(int(row["rows_loaded"]) for row in rows if "rows_loaded" in row)

    def digest(
        self, connection: Connection, table: Table, columns: Sequence[str], where: Mapping[str, Any]
    ) -> RowsDigest:
        hashes = select(row_hash(table, columns).label("h")).filter_by(**where).order_by("h")
        return digest_of(connection.execute(hashes).scalars())

    @contextmanager
    def changes(self) -> Iterator[Callable[[float], None]]:
        """Snowflake announces nothing: whoever waits looks again when the time is over."""
        yield time.sleep


def _is_lock_wait(error: DBAPIError) -> bool:
    """No document names the error of a row lock that was waited for in vain, so its text decides."""
    return getattr(error.orig, "errno", None) == _LOCK_WAITERS_ERROR or "lock" in str(error.orig).lower()


@contextmanager
def _pulse(raw: Any) -> Iterator[None]:
    """Read the ledger now and then: a build's transaction only waits, for as long as dbt runs.

    Snowflake rolls back a transaction on hybrid tables that is idle for five minutes.
    """
    from snowflake.connector.errors import Error as SnowflakeError

    done = threading.Event()

    def read() -> None:
        while not done.wait(PULSE_SECONDS):
            try:
                raw.cursor().execute(PULSE)
            except SnowflakeError:
                return  # what became of the transaction is asked before its commit

    thread = threading.Thread(target=read, name="snowflake-pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _require_transaction_held(connection: Connection) -> None:
    """No commit where Snowflake ended, in the meantime, the transaction that locked a client night.

    The next statement would have begun another one, without the lock.

    Raises:
        WarehouseUnavailable: it did, or there never was a transaction.
    """
    if _HELD not in connection.info or not connection.in_transaction():
        return
    held, now = connection.info[_HELD], connection.exec_driver_sql(TRANSACTION).scalar_one()
    if held is None or held != now:
        raise WarehouseUnavailable(
            "Snowflake ended the transaction that held the client night's lock; nothing was saved, run it again"
        )
