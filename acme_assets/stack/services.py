"""The services of a stack: what each runs, which process it is, and how it is."""

import time
from dataclasses import dataclass
from typing import Literal

import psutil

from acme_assets.stack import health, postgres, processes
from acme_assets.stack.health import Health
from acme_assets.stack.settings import REPOSITORY, Home

# In the order in which they depend on each other.
RUNNER = "runner"
DAGSTER = ("code", "webserver", "daemon")
GATEKEEPER, ALERTER, WATCHER = "gatekeeper", "alerter", "watcher"
RESIDENTS = (GATEKEEPER, ALERTER, WATCHER)
BOARD = "board"
OURS = (*RESIDENTS, BOARD)
"""They work on our ledger."""
NICENESS = {"code": 5, "daemon": 5} | dict.fromkeys(RESIDENTS, 5)
"""A person who looks at a page waits; the night's own work, whose turn is every few seconds, goes after them. Run
workers are nicer still."""


def services_of(home: Home) -> tuple[str, ...]:
    """Names of this home's services: those that work on our ledger come with our own definitions only."""
    ours = home.definitions_module == Home.definitions_module
    return ("postgres", RUNNER, *DAGSTER, *(OURS if ours else []))


@dataclass(frozen=True)
class ServiceStatus:
    name: str
    state: Literal["healthy", "unhealthy", "stopped"]
    detail: str = ""
    pid: int | None = None
    memory_bytes: int | None = None
    up_seconds: float | None = None


def command(home: Home, name: str) -> list[str]:
    """The Python module of a service and its arguments.

    The code server is `dagster api grpc`, not `dagster code-server start`: one process instead of two, it ends with
    the error where the definitions do not load, and a laptop that slept does not kill it for a missed heartbeat. What
    it lacks is reloading from the UI: to load changed definitions, take the stack down and up.
    """
    workspace = str(REPOSITORY / "workspace.yaml")
    return {
        RUNNER: ["acme_assets.runner"],
        "code": ["dagster", "api", "grpc", "--socket", str(home.code_socket), "--module-name", home.definitions_module,
                 "--working-directory", str(REPOSITORY), "--location-name", "acme"],
        "webserver": ["dagster_webserver", "--host", "127.0.0.1", "--port", str(home.ui_port), "-w", workspace],
        "daemon": ["dagster._daemon", "run", "-w", workspace],
        **{name: [f"acme_assets.{name}"] for name in OURS},
    }[name]  # fmt: skip


def find(home: Home, name: str) -> psutil.Process | None:
    return postgres.server_of(home).postmaster() if name == "postgres" else processes.find(home, name)


def ui_url(home: Home) -> str:
    """Of the running web server, else of the one that `up` would start."""
    running = processes.record(home, "webserver") if processes.find(home, "webserver") else None
    return f"http://127.0.0.1:{running.port if running else home.ui_port}"


def board_url(home: Home) -> str:
    """Of the running board, else of the one that `up` would start."""
    running = processes.record(home, BOARD) if processes.find(home, BOARD) else None
    return f"http://127.0.0.1:{running.port if running else home.board_port}"


def status_of(home: Home, name: str) -> ServiceStatus:
    process = find(home, name)
    if process is None:
        return ServiceStatus(name, "stopped")
    found = _health(home, name, process)
    try:
        return ServiceStatus(
            name,
            "healthy" if found.well else "unhealthy",
            found.detail,
            process.pid,
            processes.memory(process),
            time.time() - process.create_time(),
        )
    except psutil.NoSuchProcess:  # ended while we looked
        return ServiceStatus(name, "stopped")


def is_well(home: Home, name: str) -> Health:
    """As `status_of`, without adding up memory: cheap enough to ask ten times a second."""
    process = find(home, name)
    return Health(False, "not running") if process is None else _health(home, name, process)


def _health(home: Home, name: str, process: psutil.Process) -> Health:
    if name == "postgres":
        server = postgres.server_of(home)
        return Health(server.answers(), f"answers on {server.socket}")
    if name == RUNNER:
        return health.runner(home.runner_socket)
    if name == "code":
        return health.code_server(home.code_socket)
    if name in RESIDENTS:
        return health.resident(home.heartbeat(name), since=process.create_time(), now=time.time())
    if name == BOARD:
        return health.board(board_url(home))
    if name == "webserver":
        return health.webserver(ui_url(home))
    return health.daemon(ui_url(home), since=process.create_time(), now=time.time())
