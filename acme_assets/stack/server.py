"""One PostgreSQL server over one data folder: start it, find it, stop it, make databases.

It is started and signalled directly, not through pg_ctl: pg_ctl refuses to act for root, and a direct child shows
at once when it dies.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg2
from psycopg2 import sql

from acme_assets.stack import cluster, processes
from acme_assets.stack.errors import StackError
from acme_assets.stack.folders import remove_if_empty
from acme_assets.stack.settings import POSTGRES_PORT, database_url, socket_folder

_PATIENCE = 120.0  # crash recovery replays up to max_wal_size
_TAIL = 15


@dataclass(frozen=True)
class Server:
    data: Path
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        """The running server's own word where there is one, else where it will be."""
        lines = self._pid_file()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else socket_folder(self.data)

    def url(self, database: str, driver: str = "postgresql+psycopg2") -> str:
        return database_url(self.socket, database, driver)

    def postmaster(self) -> psutil.Process | None:
        """The server's process. A pid that now belongs to something else does not count."""
        lines = self._pid_file()
        if not lines or not lines[0].isdecimal():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            if process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres":
                return None
            # The command line, not the working folder: in a container root may not read the latter of another user.
            return process if str(self.data) in process.cmdline() else None
        except psutil.Error:
            return None

    def answers(self) -> bool:
        try:
            with closing(self._connect()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return True
        except psycopg2.OperationalError:
            return False

    def start(self) -> bool:
        """Start the server unless it runs. True where this call started it. On failure nothing is left running."""
        running = self.postmaster()
        if running and self._answers_before(lambda: not processes.alive(running), time.monotonic() + _PATIENCE):
            return False
        cluster.prepare_cluster(self.data, socket_folder(self.data), self._all_settings())
        self._forget_crashed_server()
        self._launch_and_wait()
        return True

    def stop(self, patience: float = 30.0) -> bool:
        """Stop the server: sessions end, transactions roll back, a checkpoint is written. True where one ran."""
        process = self.postmaster()
        if process is None:
            return False
        everyone = processes.family(process)
        for order, wait in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0)):  # "fast", then "immediate" shutdown
            with suppress(psutil.NoSuchProcess):
                process.send_signal(order)
            if not processes.wait([process], wait):
                break
        for survivor in processes.wait(everyone, 5.0):
            with suppress(psutil.NoSuchProcess):
                survivor.kill()
        processes.wait(everyone, 5.0)
        if (socket := socket_folder(self.data)) != self.data:
            remove_if_empty(socket)
        return True

    def create_databases(self, names: Iterable[str], template: str = "template1") -> None:
        """Those that are missing."""
        with closing(self._connect()) as connection:
            connection.autocommit = True  # CREATE DATABASE runs in no transaction
            with connection.cursor() as cursor:
                for name in names:
                    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
                    if not cursor.fetchone():
                        cursor.execute(
                            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                                sql.Identifier(name), sql.Identifier(template)
                            )
                        )

    def drop_database(self, name: str) -> None:
        with closing(self._connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=str(self.socket), port=POSTGRES_PORT, user="postgres", dbname="postgres", connect_timeout=5
        )

    def _pid_file(self) -> list[str]:
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []
        except PermissionError:
            raise StackError(
                f"{self.data} belongs to another user of this machine: run acme as that user, or set ACME_HOME."
            ) from None

    def _all_settings(self) -> dict[str, str]:
        # Double quotes: the setting is a list, and a folder's name may hold a comma.
        socket = str(socket_folder(self.data)).replace('"', '""')
        return {
            "listen_addresses": "",
            "port": str(POSTGRES_PORT),
            "unix_socket_directories": f'"{socket}"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
        } | dict(self.settings)

    def _forget_crashed_server(self) -> None:
        """PostgreSQL clears the lock files of a dead server by itself, unless a stranger has its pid by now.

        Two servers on one data folder stay impossible: the shared memory that a live one holds stops the second.
        """
        for lock in (self.data / "postmaster.pid", socket_folder(self.data) / f".s.PGSQL.{POSTGRES_PORT}.lock"):
            owner = lock.read_text().split("\n")[0].strip() if lock.exists() else ""
            if owner.isdecimal() and psutil.pid_exists(int(owner)):
                lock.unlink()

    def _launch_and_wait(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + _PATIENCE
        while (said := self._launch(deadline)) is not None:
            # The sessions of a server that was killed take a moment to notice and let go of its shared memory.
            if "pre-existing shared memory block" not in said or time.monotonic() > deadline:
                last = "\n".join(said.splitlines()[-_TAIL:])
                raise StackError(f"PostgreSQL did not start. The end of {self.log}:\n{last}")
            time.sleep(0.5)

    def _launch(self, deadline: float) -> str | None:
        """None when the server answers, else what it said before it ended."""
        with self.log.open("ab") as output:
            begin = output.tell()
            process = subprocess.Popen(
                [cluster.programs() / "postgres", "-D", self.data],
                stdout=output,
                stderr=output,
                start_new_session=True,
                **cluster.as_server_user(),
            )
        try:
            if self._answers_before(lambda: process.poll() is not None, deadline):
                return None
        except BaseException:
            _end(process)
            raise
        return self.log.read_bytes()[begin:].decode(errors="replace")

    def _answers_before(self, ended: Callable[[], bool], deadline: float) -> bool:
        """False where the server ended instead. The pid file says when it is worth asking: each refusal is logged."""
        while self._pid_file()[7:8] != ["ready"] or not self.answers():
            if ended():
                return False
            if time.monotonic() > deadline:
                raise StackError(f"PostgreSQL does not answer on {self.socket} after {_PATIENCE:.0f} s: see {self.log}")
            time.sleep(0.05)
        return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
