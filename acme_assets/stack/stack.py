"""The local stack as a whole: bring it up, take it down, say how it is.

PostgreSQL first, then the runner and one code server, and the web server and the daemon that use them. `up` starts
what is not running and, when it does not get to the end, stops what it started. `down` leaves no process behind.
"""

import fcntl
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import psutil

from acme_assets.stack import lost_runs, postgres, processes, services
from acme_assets.stack.errors import StackError
from acme_assets.stack.folders import make_private, remove_if_empty
from acme_assets.stack.ports import require_free
from acme_assets.stack.services import BOARD, DAGSTER, NICENESS, OURS, RUNNER, ServiceStatus, services_of, ui_url
from acme_assets.stack.settings import REPOSITORY, Home, child_environment

Progress = Callable[[str], None]
Prepare = Callable[[Mapping[str, str]], None]

_PATIENCE = 180.0  # until all is well
_GRACE = 20.0  # a run worker that is told to end still records that its run failed,
_GRACE_WITHOUT_POSTGRES = 2.0  # where it can


_AWAITED: dict[str, Callable[[Home], list[Path]]] = {
    "webserver": lambda home: [home.code_socket],
    "daemon": lambda home: [home.code_socket, home.runner_socket],  # it takes runs from the queue at once
}
"""What has to be there before a service starts, where that is not `prepared`."""


def _silent(line: str) -> None:
    pass


def up(home: Home, on_progress: Progress = _silent, prepare: Prepare | None = None) -> str:
    """Start what is not running and wait until all of it is well. Returns the address of the UI.

    `prepare` is called with the stack's environment when PostgreSQL answers and before Dagster loads any definition,
    unless all of Dagster is running already.
    """
    _make_folders(home)
    with _alone(home), _signals_as_exceptions():
        _bring_up(home, _missing(home), services_of(home), on_progress, prepare)
        home.wanted.touch()
        return ui_url(home)


def up_database(home: Home) -> Path:
    """Start PostgreSQL alone, for a restore; returns the folder of its socket."""
    _make_folders(home)
    with _alone(home), _signals_as_exceptions():
        postgres.start(home)
        return postgres.server_of(home).socket


def revive(home: Home, on_progress: Progress = _silent) -> list[str]:
    """Start what has died since `up`, which has prepared the warehouse. Returns the names of the services that had.

    What dies meanwhile is the next call's.

    Raises:
        StackError: one of them does not start.
    """
    if not home.run.exists():
        return []
    with _alone(home), _signals_as_exceptions():
        died = _missing(home) if home.wanted.exists() else []
        if died:
            _bring_up(home, died, died, on_progress, None)
        return died


def _bring_up(
    home: Home, missing: list[str], awaited: Sequence[str], on_progress: Progress, prepare: Prepare | None
) -> None:
    """Start what is missing, and wait until what is `awaited` is well; else stop what was started."""
    if "postgres" in missing and missing != list(services_of(home)):
        # Dagster's pooled connections are dead and each would fail one more request or tick.
        on_progress("PostgreSQL is gone: stopping what used it")
        _stop(home, (RUNNER, *DAGSTER, *OURS))
        missing = _missing(home)
    _end_orphans(home)
    if "webserver" in missing:
        require_free(home.ui_port)
    if BOARD in missing:
        require_free(home.board_port, "ACME_BOARD_PORT")
    on_progress(f"starting {', '.join(missing)}" if missing else "already running")
    try:
        _start(home, missing, on_progress, prepare)
        _wait_until_well(home, awaited, on_progress)
    except BaseException as error:
        with _uninterrupted():
            if missing:
                on_progress(f"stopping {', '.join(missing)}")
            _stop(home, missing)
        if isinstance(error, OSError):
            raise StackError(f"{error}. Is the disk of {home.root} full or read-only?") from error
        raise


def down(home: Home, on_progress: Progress = _silent) -> list[str]:
    """Stop everything that carries this home's mark, run workers too. Returns the names of the services that ran."""
    if not home.run.exists():
        _end_orphans(home)  # the folder was deleted under a running stack
        return []
    with _alone(home):
        home.wanted.unlink(missing_ok=True)
        running = [name for name in services_of(home) if services.find(home, name) is not None]
        _stop(home, services_of(home), on_progress)
        _end_orphans(home)
        return running


def status(home: Home) -> list[ServiceStatus]:
    return [services.status_of(home, name) for name in services_of(home)]


def _missing(home: Home) -> list[str]:
    return [name for name in services_of(home) if services.find(home, name) is None]


def _make_folders(home: Home) -> None:
    """The landing zone in a new home alone: where one that is away came back empty, loads of its files would fail."""
    is_new = not home.postgres.exists()
    for folder in (home.root, home.logs, home.run, home.dagster, *([home.landing] if is_new else [])):
        make_private(folder)
    for socket in (home.code_socket, home.runner_socket):
        make_private(socket.parent)


def _start(home: Home, missing: list[str], on_progress: Progress, prepare: Prepare | None) -> None:
    """All but PostgreSQL is launched first, to import while PostgreSQL starts and the ledger migrates. The
    others go on as _AWAITED says, most of them when `prepared` appears."""
    env = child_environment(home)
    prepared = home.run / "prepared"
    prepared.unlink(missing_ok=True)
    fresh = home.dagster / "dagster.yaml.new"  # in one step: a full disk would leave an empty one
    shutil.copyfile(REPOSITORY / "dagster.yaml", fresh)
    fresh.replace(home.dagster / "dagster.yaml")
    launched = [name for name in missing if name != "postgres"]
    for name in launched:
        awaited = _AWAITED[name](home) if name in _AWAITED else [prepared]
        when = [argument for path in awaited for argument in ("--when", str(path))]
        command = [sys.executable, "-m", "acme_assets.stack.launch", *when, *services.command(home, name)]
        # libpq passes the name to PostgreSQL, for whose log and pg_stat_activity it is.
        named = env | {"PGAPPNAME": f"acme {name}"}
        port = {"webserver": home.ui_port, BOARD: home.board_port}.get(name)
        processes.start(home, name, command, named, port, NICENESS.get(name, 0))
    postgres.start(home)
    on_progress(f"postgres: {services.is_well(home, 'postgres').detail}")
    if RUNNER in missing and (lost := lost_runs.count(home)):
        on_progress(f"ending {lost} runs that an earlier stack left unfinished")
        _run_to_end("acme_assets.stack.lost_runs", env)
    if launched and prepare is not None:
        on_progress("preparing the warehouse")
        prepare(env)
    prepared.touch()


def _run_to_end(module: str, env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", module]
    done = subprocess.run(command, env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"{module} failed:\n{done.stderr[-2000:]}")


def _wait_until_well(home: Home, names: Sequence[str], on_progress: Progress) -> None:
    begin = time.monotonic()
    for name in names:
        while not (found := services.is_well(home, name)).well:
            for any_name in names:
                if services.find(home, any_name) is None:
                    raise StackError(f"{any_name} ended instead of starting.{_said(home, any_name)}")
            if time.monotonic() - begin > _PATIENCE:
                raise StackError(f"{name} is not well after {_PATIENCE:.0f} s: {found.detail}.{_said(home, name)}")
            time.sleep(0.1)
        if name != "postgres":  # it is said where it starts
            on_progress(f"{name}: {found.detail}")


def _said(home: Home, name: str) -> str:
    return f" The end of {processes.log_file(home, name)}:\n{processes.last_words(home, name)}"


def _stop(home: Home, names: Iterable[str], on_progress: Progress = _silent) -> None:
    """Those that launch runs first; then the runner with its workers, while PostgreSQL still takes down that their
    runs failed; PostgreSQL last."""
    for group in (("webserver", "daemon", *OURS), (RUNNER, "code")):
        found = {name: services.find(home, name) for name in group if name in names}
        if running := [process for process in found.values() if process is not None]:
            on_progress(f"stopping {', '.join(name for name, process in found.items() if process)}")
            if runner := found.get(RUNNER):
                _end_workers(runner, _grace(home))
            processes.stop(running, _grace(home))
        for name in found:
            processes.forget(home, name)
    for name, path in (("code", home.code_socket), (RUNNER, home.runner_socket)):
        if name in names:
            path.unlink(missing_ok=True)
            if path.parent != home.run:
                remove_if_empty(path.parent)
    if "postgres" in names:
        _end_orphans(home)
        if postgres.is_running(home):
            on_progress("stopping postgres")
            postgres.stop(home)


def _end_workers(runner: psutil.Process, patience: float) -> None:
    """Let the runner stop its workers. A signal to each of them besides would interrupt them twice, the second time
    in the middle of recording that their runs failed."""
    with suppress(psutil.NoSuchProcess):
        runner.terminate()
    processes.wait([runner], patience)


def _end_orphans(home: Home) -> None:
    """Whatever carries the mark and belongs to no running service, such as run workers of a runner that died."""
    running = [process for name in services_of(home) if (process := services.find(home, name)) is not None]
    processes.stop(processes.orphans(home, keep=running), _grace(home))


def _grace(home: Home) -> float:
    return _GRACE if postgres.is_running(home) else _GRACE_WITHOUT_POSTGRES


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Two commands at once would each undo what the other does. The lock goes with the process that holds it."""
    with (home.run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"Another `acme stack` command is at work on {home.root}: wait for it, or end it."
            ) from None
        yield


@contextmanager
def _signals_as_exceptions() -> Iterator[None]:
    """A closed terminal or a plain `kill` unwinds like Ctrl-C."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with _handlers({signal.SIGTERM: leave, signal.SIGHUP: leave}):
        yield


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """A second Ctrl-C while cleaning up would leave half a stack."""
    with _handlers(dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), signal.SIG_IGN)):
        yield


@contextmanager
def _handlers(handlers: "Mapping[signal.Signals, signal._HANDLER]") -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # Python allows it in no other
        yield
        return
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
