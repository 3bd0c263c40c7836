"""One connection pool per process and database, whoever in the process asks; a forked child makes its own."""

import os
import threading
import time
from dataclasses import dataclass

from dagster_postgres.utils import create_pg_engine, set_pg_statement_timeout
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

_RESTED = 0.25
"""Seconds without use after which a connection is tried before it is handed out. SQLAlchemy's own ping comes before
every use: as many as there are queries, and a page of the UI has hundreds."""


@dataclass(frozen=True)
class PoolSettings:
    """Connections that stay open, those that may come on top while many threads ask, and how old one may get."""

    size: int = 1
    overflow: int = 10
    recycle_seconds: int = 1800
    statement_timeout_ms: int | None = None


class Pools:
    """The engines of this process, kept as long as it lives: Dagster makes an instance, with storages of its own, for
    every tick of a sensor."""

    def __init__(self) -> None:
        self._engines: dict[tuple[str, PoolSettings], Engine] = {}
        self._lock = threading.Lock()

    def engine(self, url: str, settings: PoolSettings) -> Engine:
        with self._lock:
            if (url, settings) not in self._engines:
                self._engines[url, settings] = _open(url, settings)
            return self._engines[url, settings]

    def close(self, url: str, settings: PoolSettings) -> None:
        """Close the idle connections of a pool that nobody is going to ask again."""
        with self._lock:
            engine = self._engines.pop((url, settings), None)
        if engine is not None:
            engine.dispose()

    def forget(self) -> None:
        """In a forked child: the connections are the parent's. Closing them here would end its sessions."""
        for engine in self._engines.values():
            engine.dispose(close=False)
        self._engines = {}
        self._lock = threading.Lock()


POOLS = Pools()
os.register_at_fork(after_in_child=POOLS.forget)


def _open(url: str, settings: PoolSettings) -> Engine:
    engine = create_pg_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=settings.size,
        max_overflow=settings.overflow,
        pool_recycle=settings.recycle_seconds,
        pool_use_lifo=True,
    )
    _try_the_rested(engine)
    timeout = settings.statement_timeout_ms
    if timeout is not None:
        event.listen(engine, "connect", lambda connection, _: set_pg_statement_timeout(connection, timeout))
    return engine


def _try_the_rested(engine: Engine) -> None:
    """What the server has ended meanwhile is replaced, with all that is older, before anybody gets it."""

    def handed_in(_: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["used_at"] = time.monotonic()

    def handed_out(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: object) -> None:
        if time.monotonic() - entry.info.get("used_at", float("inf")) > _RESTED:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as problem:
                raise InvalidatePoolError from problem

    event.listen(engine, "checkin", handed_in)
    event.listen(engine, "checkout", handed_out)
