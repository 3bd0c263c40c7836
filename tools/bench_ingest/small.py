"""A night's small deliveries noticed, validated and loaded, one after another.

A made-up fleet's files, a few kilobytes each, into the embedded PostgreSQL. Stages: noticed (the looks that a
delivery needs before it is complete, each file hashed and recorded), checked (`check_delivery`), loaded (the rest of
`load_delivery`: what is known of the night, the copy, counts, profile, verdict, audit entry, commit). CPU is this
process's, without the server's.
"""

import json
import logging
import os
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from acme_assets.feeds.completeness import FIRST_LOOK
from acme_assets.feeds.zones import LocalZone
from acme_assets.simulation.fleet import FEEDS_PER_CLIENT, write_fleet
from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.night_plan import Arrival
from acme_assets.stack.postgres import temporary_server
from acme_assets.warehouse import loading
from acme_assets.warehouse.loading import load_delivery
from acme_assets.warehouse.noticing import notice
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.people import Roster
from client_partitions.registry import Registry, load_registry
from tests.conftest import _prepare

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
NIGHT = date(2026, 3, 10)
LOOKS = 3
"""A delivery is complete once it was the same for so many."""


def deliver(registry: Registry, landing: Path) -> int:
    """Every file that is owed. Returns how many."""
    count = 0
    for client in registry.clients.values():
        for feed in client.feeds:
            for file in files_of(client, NIGHT, 0, Arrival(timedelta(), client.client_id, feed, 0, None)):
                path = landing / client.landing / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.content)
                os.utime(path, (NOW.timestamp() - 600,) * 2)
                count += 1
    return count


class _Timed:
    """A function, and the seconds spent in it."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.seconds = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        try:
            return self._function(*args, **kwargs)
        finally:
            self.seconds += time.perf_counter() - begun


def main(deliveries: int) -> None:
    """Measure, and print JSON."""
    logging.disable(logging.WARNING)
    with temporary_server() as server, tempfile.TemporaryDirectory(prefix="acme-small-") as name:
        folder = Path(name)
        write_fleet(folder / "clients", max(1, round(deliveries / FEEDS_PER_CLIENT)), 0)
        registry = load_registry(folder / "clients")
        files = deliver(registry, folder / "landing")
        warehouse = PostgresWarehouse(server.fresh_database(server.template("migrated", _prepare)), pooled=True)
        zone = LocalZone(folder / "landing")
        begun, spent = time.perf_counter(), time.process_time()
        look, recorded = FIRST_LOOK, 0
        for _ in range(LOOKS):
            found = notice(warehouse, zone, registry, look, NOW, lambda _: None)
            look, recorded = found.look, recorded + len(found.recorded)
        noticed = time.perf_counter() - begun
        check = _Timed(loading.check_delivery)
        loading.check_delivery = check
        begun = time.perf_counter()
        nights = [(client, feed) for client in registry.clients.values() for feed in client.feeds]
        states = [
            load_delivery(warehouse, zone, client, feed, NIGHT, lambda: NOW, Roster({}), by="bench").state
            for client, feed in nights
        ]
        whole = time.perf_counter() - begun
        spent = time.process_time() - spent
    assert set(states) == {"loaded"}, states
    assert recorded == len(states)
    stages = {"noticed": noticed, "checked": check.seconds, "loaded": whole - check.seconds}
    total = noticed + whole
    print(
        json.dumps(
            {
                "deliveries": len(states),
                "files": files,
                "files_per_second": round(files / total, 1),
                "cpu_ms_per_file": round(1000 * spent / files, 1),
                "share": {stage: round(seconds / total, 3) for stage, seconds in stages.items()},
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
