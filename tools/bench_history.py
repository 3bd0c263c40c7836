"""How long a year of 180 clients takes to be read from the ledger, and to be learned from: seconds and peak memory.

.venv/bin/python tools/bench_history.py
"""

import json
import random
import resource
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acme_assets.sla.history import History
from acme_assets.sla.summary import FeedSummary, NightSummary
from acme_assets.stack.postgres import temporary_server
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.summaries import read_history, store_summaries
from client_partitions.feeds import FEEDS
from tests.conftest import _prepare

CLIENTS, DAYS, FIRST = 180, 365, date(2026, 1, 1)


def night(client: int, day: date, chance: random.Random) -> NightSummary:
    """A night of made-up lengths, all six feeds of it."""
    feeds = tuple(
        FeedSummary(feed, chance.gauss(-40, 30), 1, False, None, 0.5, chance.random(), 3 * chance.random(), 10**6)
        for feed in FEEDS[:6]
    )
    lasting = {name: 30 * chance.random() for name in ("build_wait", "build_work", "sign_off", "handling", "release")}
    return NightSummary(f"client_{client:03}", day, feeds, **lasting, bytes=6 * 10**6, past_deadline=-60.0)


def main() -> None:
    """Fill a ledger with a year, read it, and print a line of JSON."""
    chance = random.Random(1)
    with temporary_server() as server:
        warehouse = PostgresWarehouse(server.fresh_database(server.template("migrated", _prepare)), pooled=True)
        for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
            with warehouse.begin() as connection:
                nights = [night(client, day, chance) for client in range(CLIENTS)]
                store_summaries(warehouse, connection, day, nights, datetime.now(UTC))
        begun = time.perf_counter()
        with warehouse.begin() as connection:
            columns = read_history(connection, FIRST)
        read = time.perf_counter()
        History.of_columns(columns)
        learned = time.perf_counter()
        warehouse._engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{len(columns):,} nights with {len(columns.feed):,} feeds")
    print(json.dumps({"read_s": round(read - begun, 2), "learn_s": round(learned - read, 2), "peak_mb": peak}))


if __name__ == "__main__":
    main()
