"""The board's process: serves the made-up night, and says on demand how many statements it sent to the warehouse."""

import json
import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from sqlalchemy import event

from acme_assets.board.access import access_from
from acme_assets.board.app import board_app
from acme_assets.board.reading import Reader
from acme_assets.environment import Platform
from acme_assets.feeds.zones import LocalZone
from acme_assets.simulation.demo import INGRID
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.people import Roster, RosterPerson
from client_partitions.registry import load_registry
from tools.bench_ticks import KEY, NOW


def roster() -> Roster:
    """One analyst, who signed everything, and may look at everything."""
    person = {"name": INGRID, "email": INGRID, "roles": ("qa", "engineering"), "keys": [{"public": KEY.public.text}]}
    return Roster({INGRID: RosterPerson.model_validate(person)})


def platform(folder: Path, url: str, began: datetime) -> Platform:
    """The fleet's, whose clock began at the night's middle."""
    known = roster()
    return Platform(
        load_registry(folder / "clients"),
        PostgresWarehouse(url, pooled=True),
        LocalZone(folder / "landing"),
        clock(began),
        lambda: known,
        None,  # type: ignore[arg-type]  # nothing is signed here
    )


def clock(began: datetime) -> Callable[[], datetime]:
    """The night's time: as long after its middle as it is since the bench began."""
    return lambda: NOW + (datetime.now(UTC) - began)


def main() -> None:
    """Serve until standard input ends; answer each line of it with the number of statements so far."""
    told = json.loads(sys.argv[1])
    work = platform(Path(told["folder"]), told["url"], datetime.fromisoformat(told["began"]))
    count = [0]

    def one(*_: object) -> None:
        count[0] += 1

    event.listen(work.warehouse._engine, "before_cursor_execute", one)  # type: ignore[attr-defined]
    env = {"ACME_BOARD_AS": INGRID}

    def answer() -> None:
        for _ in sys.stdin:
            print(count[0], flush=True)
        os._exit(0)

    with Reader(work) as reader:
        app = board_app(work, reader, access_from(env, "127.0.0.1"), env)
        server = uvicorn.Server(uvicorn.Config(app, port=told["port"], access_log=False, log_level="warning"))
        threading.Thread(target=answer, daemon=True).start()
        server.run()


if __name__ == "__main__":
    main()
