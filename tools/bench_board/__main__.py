"""Fill a ledger, serve it, look at it as 1 and as 20 viewers, and print a line of JSON."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from acme_assets.audit.entry import Entry
from acme_assets.environment import Platform
from acme_assets.simulation.fleet import write_fleet
from acme_assets.stack.postgres import temporary_server
from acme_assets.warehouse.entries import write_entry
from tests.conftest import _prepare
from tools.bench_board.ledger import fill
from tools.bench_board.serving import clock, platform
from tools.bench_board.viewers import Viewers
from tools.bench_ticks import NIGHT, NOW

CLIENTS, NIGHTS = int(os.environ.get("CLIENTS", "180")), int(os.environ.get("NIGHTS", "400"))
SECONDS = float(os.environ.get("SECONDS", "60"))
HAPPENS_EVERY = 5.0
CORES = 2


@contextmanager
def serving(folder: Path, url: str, began: datetime, port: int) -> Iterator["subprocess.Popen[str]"]:
    """The board's process, once it answers."""
    told = json.dumps({"folder": str(folder), "url": url, "began": began.isoformat(), "port": port})
    command = [sys.executable, "-m", "tools.bench_board.serving", told]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            for _ in range(600):
                if process.poll() is not None:
                    raise RuntimeError("the board's process ended; see above")
                if answers(port):
                    break
                time.sleep(0.1)
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)


def a_port() -> int:
    """One that is free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def answers(port: int) -> bool:
    """Whether the board is there."""
    line = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", "/alive")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


@contextmanager
def something_happens(work: Platform) -> Iterator[None]:
    """An audit entry every few seconds: what makes the board read anew."""
    over = threading.Event()

    def write() -> None:
        client_id = min(work.registry.clients)
        while not over.wait(HAPPENS_EVERY):
            with work.warehouse.begin() as connection:
                write_entry(connection, Entry(work.clock(), "bench", "delivery_arrived", client_id, NIGHT, {}))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def statements(process: "subprocess.Popen[str]") -> int:
    """How many the board's process has sent to the warehouse so far."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def p95(seconds: list[float]) -> float:
    """In milliseconds."""
    return sorted(seconds)[max(-(-95 * len(seconds) // 100), 1) - 1] * 1000


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))
    with tempfile.TemporaryDirectory(prefix="acme-board-") as name, temporary_server() as server:
        folder, url, began = Path(name), server.fresh_database(server.template("migrated", _prepare)), datetime.now(UTC)
        (folder / "landing").mkdir()
        write_fleet(folder / "clients", CLIENTS, 0)
        work = platform(folder, url, began)
        clients = list(work.registry.clients.values())
        print(f"{len(clients)} clients: writing {NIGHTS} nights of history", flush=True)
        fill(work, clients, NIGHTS, NIGHT, NOW)
        print(f"written in {(clock(began)() - NOW).total_seconds():.0f} s; serving", flush=True)
        port, nights = a_port(), [f"/nights/{client.client_id}/{NIGHT}" for client in clients]
        with serving(folder, url, began, port) as process, something_happens(work):
            Viewers(port, 2, nights).watch(min(SECONDS, 20))  # the history is learned, templates are compiled
            found = {count: measured(process, Viewers(port, count, nights)) for count in (1, 20)}
    for count, figures in found.items():
        print(f"{count:3} viewers: {figures}")
    print(
        json.dumps(
            {
                "tonight_p95_ms": found[20]["tonight_p95_ms"],
                "client_night_p95_ms": found[20]["client_night_p95_ms"],
                "queries_per_min_1": found[1]["queries_per_min"],
                "queries_per_min_20": found[20]["queries_per_min"],
            }
        )
    )


def measured(process: "subprocess.Popen[str]", viewers: Viewers) -> dict[str, float]:
    """What the viewers saw, and what the warehouse was asked meanwhile."""
    before, begun = statements(process), time.monotonic()
    viewers.watch(SECONDS)
    asked = (statements(process) - before) / (time.monotonic() - begun) * 60
    pages = {name: viewers.seconds[name] for name in ("tonight", "client night")}
    return {
        **{f"{name.replace(' ', '_')}_p95_ms": round(p95(seconds), 1) for name, seconds in pages.items()},
        **{f"{name.replace(' ', '_')}_pages": len(seconds) for name, seconds in pages.items()},
        "queries_per_min": round(asked),
    }


if __name__ == "__main__":
    main()
