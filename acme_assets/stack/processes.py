"""The processes that a stack starts, as the operating system sees them: start, find, stop, leave no orphan.

A service is known by a file in run/ (pid and time of creation, so that a pid in use again is never taken for it) and
by the mark in its environment, which its children inherit: a run worker is found when the code server that started
it is long gone. Nothing here knows what a service does or whether it is well.
"""

import json
import re
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from acme_assets.priority import give_way
from acme_assets.stack.settings import MARK, REPOSITORY, Home

_LARGEST_LOG = 20_000_000
_SAME_MOMENT = 5.0  # psutil derives times of creation from the clock, which may be set while the process runs

_STARTED = "=== starting"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

_children: dict[int, "subprocess.Popen[bytes]"] = {}
"""Processes that this interpreter started: reaped here, or a dead one would look alive as a zombie."""


@dataclass(frozen=True)
class Record:
    """What run/<name>.json holds."""

    pid: int
    created: float
    port: int | None = None


def start(
    home: Home,
    name: str,
    command: Sequence[str],
    env: Mapping[str, str],
    port: int | None = None,
    niceness: int = 0,
) -> psutil.Process:
    """Start `command` in a session of its own: it outlives the shell, and Ctrl-C there does not reach it."""
    log = log_file(home, name)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    with log.open("a") as output:
        print(f"{_STARTED} {name} {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", file=output)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            env=dict(env),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _children[child.pid] = child
    process = psutil.Process(child.pid)
    if niceness:
        give_way(child.pid, niceness)
    _await_environment(process)
    _record_file(home, name).write_text(json.dumps(asdict(Record(child.pid, process.create_time(), port))))
    return process


def record(home: Home, name: str) -> Record | None:
    try:
        return Record(**json.loads(_record_file(home, name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):  # missing, or half written by an `up` that was killed
        return None


def find(home: Home, name: str) -> psutil.Process | None:
    """The living process of this service."""
    known = record(home, name)
    if known is None:
        return None
    try:
        process = psutil.Process(known.pid)
        same = abs(process.create_time() - known.created) < _SAME_MOMENT and _carries_mark(process, home)
    except psutil.Error:
        return None
    return process if same and alive(process) else None


def alive(process: psutil.Process) -> bool:
    if process.pid in _children:
        _children[process.pid].poll()
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def forget(home: Home, name: str) -> None:
    _record_file(home, name).unlink(missing_ok=True)


def log_file(home: Home, name: str) -> Path:
    return home.logs / f"{name}.log"


def last_words(home: Home, name: str, lines: int = 15) -> str:
    """The end of what this service printed since its last start.

    Of a chain of Python errors the first: Dagster wraps the one that matters in screens of its own.
    """
    log = log_file(home, name)
    if not log.exists():
        return "(nothing)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 200_000))
        text = file.read().decode(errors="replace")
    text = _COLOUR.sub("", text.rpartition(_STARTED)[2]).partition("\nThe above exception was the direct cause")[0]
    return "\n".join(text.rstrip().splitlines()[-lines:])


def family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return [process]


def orphans(home: Home, keep: Iterable[psutil.Process] = ()) -> list[psutil.Process]:
    """Every process with this home's mark, except the families of `keep`, the caller and what the caller runs under.

    PostgreSQL's processes overwrite their environment and are not among them: it is stopped by its own pid file.
    """
    me = psutil.Process()
    spared = {process.pid for root in keep for process in family(root)} | {me.pid, *(p.pid for p in me.parents())}
    return [p for p in psutil.process_iter() if p.pid not in spared and _carries_mark(p, home) and alive(p)]


def stop(processes: Iterable[psutil.Process], patience: float) -> int:
    """Ask these processes and all below them to end, and kill what is left after `patience` seconds: how many."""
    everyone = {member.pid: member for process in processes for member in family(process)}
    for member in everyone.values():
        _signal(member, kill=False)
    remaining = wait(everyone.values(), patience)
    # Children that were started meanwhile.
    remaining = [member for process in remaining for member in family(process)]
    for member in remaining:
        _signal(member, kill=True)
    wait(remaining, 10.0)
    return len(remaining)


def wait(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Those that are still alive after `patience` seconds.

    Not psutil's own wait, for which a dead process exists until its parent reaps it: the parent of ours is the
    machine's first process, which in many containers reaps late or never.
    """
    deadline = time.monotonic() + patience
    left = [process for process in processes if alive(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.03)
        left = [process for process in left if alive(process)]
    return left


def _signal(process: psutil.Process, *, kill: bool) -> None:
    with suppress(psutil.NoSuchProcess):
        if kill:
            process.kill()
        else:
            process.terminate()


def _await_environment(process: psutil.Process) -> None:
    """Wait until the new program's environment, and with it the mark, can be read.

    Popen returns when the kernel closes its pipe in exec, which is a moment before the new environment is in place.
    """
    for _ in range(200):
        if not alive(process):
            return
        with suppress(psutil.Error, OSError):
            if process.environ():
                return
        time.sleep(0.01)


def _carries_mark(process: psutil.Process, home: Home) -> bool:
    try:
        return process.environ().get(MARK) == str(home.root)
    except (psutil.Error, OSError):
        return False


def _record_file(home: Home, name: str) -> Path:
    return home.run / f"{name}.json"


def memory(process: psutil.Process) -> int:
    """Bytes in use by the process and all below it. Shared pages are divided among their users where the OS says so."""
    total = 0
    for member in family(process):
        try:
            total += getattr(member.memory_full_info(), "pss", 0) or member.memory_info().rss
        except psutil.AccessDenied:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total
