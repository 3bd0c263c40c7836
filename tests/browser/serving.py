"""The real board over the made-up night, on a port of this machine, and the warehouse behind it, which can be shut."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import uvicorn
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from acme_assets.board.access import access_from
from acme_assets.board.app import board_app
from acme_assets.board.reading import Reader
from acme_assets.environment import Platform
from acme_assets.feeds.zones import LocalZone
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.registry import Registry, load_registry
from tests.browser.people import PRIYA, SERVICE_EMAIL, keys, roster
from tools.bench_board.serving import clock

LINK_SECRET = "l" * 32
DEMO = {"ACME_BOARD_AS": PRIYA, "ACME_LINK_SECRET": LINK_SECRET, "ACME_BOARD_SECRET": "s" * 32}


@dataclass(frozen=True)
class Served:
    """A board that answers."""

    address: str
    platform: Platform
    reader: Reader
    database: str
    """SQLAlchemy URL of its warehouse."""


@cache
def _registry(folder: Path) -> Registry:
    return load_registry(folder)


@contextmanager
def platform_over(folder: Path, database: str) -> Iterator[Platform]:
    """The fleet's platform, whose clock began at the night's middle."""
    people, landing = roster(), folder / "landing"
    landing.mkdir(exist_ok=True)
    warehouse = PostgresWarehouse(database, pooled=True)
    try:
        yield Platform(
            _registry(folder / "clients"), warehouse, LocalZone(landing), clock(datetime.now(UTC)), lambda: people,
            lambda: Signer(SERVICE_EMAIL, keys[SERVICE_EMAIL]),
        )  # fmt: skip
    finally:
        warehouse._engine.dispose()


@contextmanager
def board_over(platform: Platform, database: str, env: Mapping[str, str] = DEMO) -> Iterator[Served]:
    """Serve it, as `acme board` does, until the block ends. `{address}` in a setting is where it is served."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, Reader(platform) as reader:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = {name: value.replace("{address}", address) for name, value in env.items()}
        app = board_app(platform, reader, access_from(settings, "127.0.0.1"), settings)
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield Served(address, platform, reader, database)
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def shut(database: str, other: str) -> Iterator[None]:
    """Let nobody into a database, and throw out who is in, for as long as the block lasts.

    Args:
        other: another database of the same server, from which that is done.
    """
    name = make_url(database).database
    engine = create_engine(other, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
        try:
            yield
        finally:
            connection.execute(text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))
    engine.dispose()
