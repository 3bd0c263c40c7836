"""What the project needs of a warehouse: seven things that PostgreSQL and Snowflake do differently.

Everything else is SQLAlchemy Core over both dialects. `tests/warehouse/test_contract.py` states the
behaviour of each, and runs against every implementation that the environment offers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Row, Table


class WarehouseUnavailable(Exception):
    """The warehouse cannot be reached, or refused the log-in. The text says how to check."""


class NightBusy(Exception):
    """Another process holds the client night's lock, and still did after the wait."""


@dataclass(frozen=True)
class RowsDigest:
    """What a set of rows is, whatever their order: how many, and SHA-256 over their sorted row hashes."""

    rows: int
    sha256: str


class Warehouse(Protocol):
    """A warehouse session factory. Methods that take a connection act inside its open transaction."""

    def begin(self) -> AbstractContextManager[Connection]:
        """A transaction that commits at the end of the block, or rolls back whole if it raises.

        Raises:
            WarehouseUnavailable: no connection could be made.
        """
        ...

    def insert_new(self, connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert a row unless its primary key is there; True for exactly one of any number of callers.

        Where another open transaction has inserted the key, waits for it to end.
        """
        ...

    def lock_night(self, connection: Connection, client_id: str, business_date: date, wait_seconds: int) -> None:
        """Hold the client night until the transaction ends; it need not exist before.

        Raises:
            NightBusy: another transaction held it for longer than `wait_seconds`.
        """
        ...

    def snapshot(self) -> AbstractContextManager[Callable[[Table], Iterator[Row[Any]]]]:
        """A function that streams the rows of a table: every table as it was at one moment, whoever writes meanwhile.

        Raises:
            WarehouseUnavailable: no connection could be made.
        """
        ...

    def copy(self, connection: Connection, table: Table, file: Path) -> int:
        """Bulk load a CSV (header line, UTF-8, empty = null) into the columns that its header names.

        Returns the number of rows loaded.
        """
        ...

    def digest(
        self, connection: Connection, table: Table, columns: Sequence[str], where: Mapping[str, Any]
    ) -> RowsDigest:
        """The digest of the rows that match `where`, over `columns`, as this transaction sees them."""
        ...

    def changes(self) -> AbstractContextManager[Callable[[float], None]]:
        """A function that waits, at most so many seconds, until the ledger may have changed.

        What another session committed since the block began, or since the last wait, ends it at once where the
        warehouse announces commits. Where it does not, the whole time is waited.

        Raises:
            WarehouseUnavailable: no connection could be made, or it ended; of the function too.
        """
        ...
