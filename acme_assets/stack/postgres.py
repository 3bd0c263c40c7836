"""The PostgreSQL servers that the project starts: the stack's own, and throwaway ones for tests."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy import make_url

from acme_assets.stack.server import Server
from acme_assets.stack.settings import DAGSTER_DATABASE, WAREHOUSE_DATABASE, Home

# A small machine: the page cache does the rest. fsync stays on: sign-offs live here.
_FOR_THE_STACK = {
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_line_prefix": "%m [%p] %a@%d ",
    "log_checkpoints": "off",
}

# Nothing outlives the test, so nothing needs to reach the disk.
_FOR_A_TEST = {
    "max_connections": "100",
    "shared_buffers": "32MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "io_method": "sync",
    "log_checkpoints": "off",
}

_TEMPORARY = "acme-pg-test-"


def server_of(home: Home) -> Server:
    return Server(home.postgres, home.logs / "postgres.log", _FOR_THE_STACK)


def start(home: Home) -> bool:
    """Start the stack's server, with its two databases. False where it was running."""
    server = server_of(home)
    started = server.start()
    server.create_databases([DAGSTER_DATABASE, WAREHOUSE_DATABASE])
    return started


def stop(home: Home) -> bool:
    return server_of(home).stop()


def is_running(home: Home) -> bool:
    return server_of(home).postmaster() is not None


class TemporaryServer:
    """A throwaway server. `url` is one empty database; `fresh_database()` makes more, at 0.1 to 0.3 s each."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made = 0
        self._templates: set[str] = set()
        self.url = self.fresh_database()

    @property
    def socket(self) -> Path:
        return self._server.socket

    def template(self, name: str, prepare: Callable[[str], None]) -> str:
        """Make the database `name` once, filled by `prepare(url)`, to be copied by `fresh_database(name)`.

        `prepare` must close its connections (dispose its engine): PostgreSQL copies no database that is in use.
        """
        if name not in self._templates:
            self._server.drop_database(name)  # of an attempt that failed
            self._server.create_databases([name])
            prepare(self._server.url(name))
            self._templates.add(name)
        return name

    def fresh_database(self, template: str = "template1") -> str:
        """The SQLAlchemy URL of a database that nobody has used, empty or a copy of `template`."""
        self._made += 1
        name = f"test_{self._made}"
        self._server.create_databases([name], template)
        return self._server.url(name)

    def drop(self, url: str) -> None:
        """Remove a database that `fresh_database` made, whoever uses it: each takes 9 MB in 300 files."""
        self._server.drop_database(make_url(url).database or "")


@contextmanager
def temporary_server() -> Iterator[TemporaryServer]:
    """A server in a folder of its own under /tmp, up in about a second; stopped and removed at the end.

    In a conftest::

        @pytest.fixture(scope="session")
        def postgres() -> Iterator[TemporaryServer]:
            with temporary_server() as server:
                yield server

        @pytest.fixture
        def database(postgres: TemporaryServer) -> str:
            return postgres.fresh_database(postgres.template("ledger", migrate))
    """
    _remove_leftovers()
    me = psutil.Process()
    folder = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{me.pid}-{me.create_time():.0f}-", dir="/tmp"))
    server = Server(folder / "data", folder / "log", _FOR_A_TEST)
    try:
        server.start()
        yield TemporaryServer(server)
    finally:
        server.stop(patience=5)
        shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers() -> None:
    """A test session that was killed could not clean up: the next one does."""
    for folder in Path("/tmp").glob(f"{_TEMPORARY}*"):
        pid, created = folder.name.removeprefix(_TEMPORARY).split("-")[:2]
        try:
            ours = folder.stat().st_uid == os.geteuid()
            abandoned = f"{psutil.Process(int(pid)).create_time():.0f}" != created
        except psutil.NoSuchProcess:
            abandoned = True
        except (psutil.Error, OSError):
            continue
        if ours and abandoned:
            Server(folder / "data", folder / "log").stop(patience=5)
            shutil.rmtree(folder, ignore_errors=True)
