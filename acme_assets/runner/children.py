"""The processes that the runner has forked: which run each executes, and how it ended."""

import os
import signal
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil

_REMEMBERED = 2000
"""Runs whose end is remembered: monitoring asks about runs of the last minute."""


@dataclass(frozen=True)
class Child:
    """The worker of a run."""

    pid: int
    created: float
    run_id: str
    instance_ref: str


class Children:
    """Workers under way by run, those that ended, and the reporters of those that died."""

    def __init__(self) -> None:
        self._running: dict[str, Child] = {}
        self._exited: OrderedDict[str, int] = OrderedDict()
        self._reporters: set[int] = set()

    def add(self, pid: int, run_id: str, instance_ref: str) -> float:
        """Returns the moment of creation, which tells the process from a later one with its pid."""
        child = Child(pid, psutil.Process(pid).create_time(), run_id, instance_ref)
        self._running[run_id] = child
        self._exited.pop(run_id, None)
        return child.created

    def add_reporter(self, pid: int) -> None:
        self._reporters.add(pid)

    def count(self) -> int:
        return len(self._running)

    def any_left(self, *, with_reporters: bool = False) -> bool:
        return bool(self._running or (with_reporters and self._reporters))

    def status(self, run_id: str) -> dict[str, Any]:
        if child := self._running.get(run_id):
            return {"state": "running", "pid": child.pid, "created": child.created}
        if run_id in self._exited:
            return {"state": "exited", "code": self._exited[run_id]}
        return {"state": "unknown"}

    def interrupt(self, run_id: str) -> bool:
        """Ask a worker to end its run: Dagster turns the interrupt into a cancellation. False where there is none."""
        child = self._running.get(run_id)
        if child:
            os.kill(child.pid, signal.SIGINT)
        return child is not None

    def interrupt_all(self) -> None:
        for run_id in self._running:
            self.interrupt(run_id)

    def kill_all(self) -> None:
        for child in self._running.values():
            _kill_group(child.pid)

    def reap(self) -> Iterator[tuple[Child, int]]:
        """The workers that have ended since the last time, with their exit codes (negative: the signal)."""
        by_pid = {child.pid: child for child in self._running.values()}
        while (pid := _ended()) is not None:
            child = by_pid.get(pid)
            if child:
                # The programs that it started, such as dbt, would write on without its lock. While it is a zombie
                # its pid, which names the group, is nobody else's.
                _kill_group(pid)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            self._reporters.discard(pid)
            if child:
                del self._running[child.run_id]
                self._exited[child.run_id] = code
                while len(self._exited) > _REMEMBERED:
                    self._exited.popitem(last=False)
                yield child, code


def _ended() -> int | None:
    """A child that has ended and is not yet reaped."""
    try:
        found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return found.si_pid if found else None


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
