"""The faults themselves: each is begun once, and what lasts is ended once. What cannot happen yet is tried again."""

import os
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

import psutil
import psycopg2

from acme_assets.stack import postgres, services
from acme_assets.stack.settings import DAGSTER_DATABASE, WAREHOUSE_DATABASE
from tools.chaos.drawn import FARTHEST_STEP, Drawn
from tools.chaos.kept_stack import KeptStack


class NotNow(Exception):
    """There is nothing at present that it could befall, or it cannot be ended yet."""


End = Callable[[], None]
"""Ends a fault that lasts. Raises NotNow."""


@dataclass
class Acts:
    """Faults of the stack. Those of deliveries and of people are the driver's."""

    stack: KeptStack

    def begin(self, fault: Drawn) -> End | None:
        """Do it; how it is ended, where it lasts.

        Raises:
            NotNow: try again.
        """
        kind, _, what = fault.kind.partition(" ")
        if fault.kind == "kill worker":
            self._kill_worker(fault.choice)
        elif fault.kind == "kill build worker":
            self._kill_worker(fault.choice, with_children=True)
        elif fault.kind == "kill postgres":
            _kill(self._postmaster(), signal.SIGKILL)
        elif fault.kind == "stop postgres at once":
            _kill(self._postmaster(), signal.SIGQUIT)
        elif fault.kind == "kill backend":
            self._kill_backend(fault.choice)
        elif fault.kind == "kill supervisor":
            self.stack.supervisor.kill()
            return self.stack.supervisor.start
        elif kind == "kill":
            _kill(services.find(self.stack.own.home, what), signal.SIGKILL)
        elif fault.kind == "warehouse away":
            return self._away(WAREHOUSE_DATABASE)
        elif fault.kind == "storage away":
            return self._away(DAGSTER_DATABASE)
        elif kind == "landing":
            return self._landing(leave_empty=what == "empty")
        elif kind == "clock":
            self.stack.clock.step((1 if what == "ahead" else -1) * FARTHEST_STEP * fault.choice)
            return lambda: self.stack.clock.step(0)
        elif fault.kind == "disk full" and self.stack.disk:
            self.stack.disk.fill()
            return self.stack.disk.free
        return None

    def _postmaster(self) -> psutil.Process | None:
        return services.find(self.stack.own.home, "postgres")

    def _kill_worker(self, choice: float, *, with_children: bool = False) -> None:
        """A run's process; with children, one that runs dbt."""
        workers = []
        with suppress(psutil.Error):
            runner = services.find(self.stack.own.home, services.RUNNER)
            workers = runner.children() if runner else []
            workers = [worker for worker in workers if not with_children or worker.children()]
        _kill(_chosen(workers, choice), signal.SIGKILL)

    def _kill_backend(self, choice: float) -> None:
        """A session's process of the warehouse: PostgreSQL then ends all others, and recovers."""
        found = []
        with suppress(psutil.Error):
            for process in self._postmaster().children() if self._postmaster() else []:
                with suppress(psutil.Error):
                    if f" {WAREHOUSE_DATABASE} [local]" in " ".join(process.cmdline()):
                        found.append(process)
        _kill(_chosen(found, choice), signal.SIGKILL)

    def _away(self, database: str) -> End:
        self._allow(database, False)
        return lambda: self._allow(database, True)

    def _allow(self, database: str, is_allowed: bool) -> None:
        url = postgres.server_of(self.stack.own.home).url("postgres", "postgresql")
        try:
            with closing(psycopg2.connect(url)) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS {is_allowed}")
                    if not is_allowed:
                        cursor.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (database,)
                        )
        except psycopg2.Error as error:
            raise NotNow(str(error)) from error

    def _landing(self, *, leave_empty: bool) -> End:
        landing = self.stack.own.home.landing
        elsewhere = landing.with_name("landing.away")
        if elsewhere.exists():
            raise NotNow("it is away")
        landing.rename(elsewhere)
        if leave_empty:
            landing.mkdir()

        def end() -> None:
            with suppress(FileNotFoundError):
                landing.rmdir()
            elsewhere.rename(landing)

        return end


def _chosen(processes: list[psutil.Process], choice: float) -> psutil.Process | None:
    return processes[int(choice * len(processes)) % len(processes)] if processes else None


def _kill(process: psutil.Process | None, number: int) -> None:
    if process is None:
        raise NotNow("no such process")
    with suppress(ProcessLookupError):
        os.kill(process.pid, number)
