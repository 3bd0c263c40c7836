"""What a tick of each sensor costs over a whole night of 180, 540 and 1,800 clients: CPU of this process, and queries.

The night is in the middle: every file is there, half of the clients are loaded, built and signed, the rest are still to
be loaded. PostgreSQL's own CPU is another process's and is not in the figures.

    make bench-ticks
    CLIENTS="180 360" make bench-ticks
"""

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dagster import DagsterInstance, build_sensor_context
from sqlalchemy import event, insert, update

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acme_assets.defs.sensors.arrivals import look, read_cursor
from acme_assets.defs.sensors.deadlines import watch
from acme_assets.defs.sensors.ledger_events import Cursor, project
from acme_assets.defs.sensors.work import read_due
from acme_assets.environment import Platform
from acme_assets.feeds.zones import LocalZone
from acme_assets.gates.evidence import Core, Evidence, MartEvidence
from acme_assets.nights.dispatch import batches, dispatch
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.marts import marts_of
from acme_assets.nights.models import models_of
from acme_assets.simulation.demo import INGRID
from acme_assets.simulation.fleet import write_fleet
from acme_assets.simulation.patterns import render
from acme_assets.stack.postgres import TemporaryServer, temporary_server
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.ledger import candidates, client_nights, deliveries, loads, model_builds
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.reading import read_nights
from acme_assets.warehouse.signing import sign
from client_partitions.client import Client
from client_partitions.people import Roster, RosterPerson
from client_partitions.registry import load_registry
from tests.conftest import _prepare
from tests.world import made_up_key

NOW = datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
NIGHT = date(2026, 3, 10)
KEY = made_up_key(INGRID)


@dataclass(frozen=True)
class Cost:
    """Of one tick."""

    cpu_s: float
    queries: int


def put_files(landing: Path, clients: list[Client]) -> int:
    """Every file that is owed, a line each."""
    count = 0
    for client in clients:
        for feed, policy in client.feeds.items():
            for file in policy.files:
                path = landing / client.landing / render(file.pattern, NIGHT)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{client.client_id} {feed}\n")
                os.utime(path, (NOW.timestamp() - 600,) * 2)
                count += 1
    return count


def build_half(platform: Platform, clients: list[Client]) -> None:
    """Load, build and sign these clients' nights, as the ledger would have them."""
    names = [client.client_id for client in clients]
    with platform.warehouse.begin() as connection:
        of_clients = deliveries.c.client_id.in_(names)
        connection.execute(update(deliveries).where(of_clients).values(state="loaded"))
        columns = [deliveries.c[name] for name in ("delivery_id", "client_id", "business_date", "feed")]
        counts = {"rows_in": 1, "rows_loaded": 1, "rows_quarantined": 0, "lines_loaded": 1, "loaded_at": NOW}
        found = connection.execute(deliveries.select().with_only_columns(*columns).where(of_clients)).mappings()
        connection.execute(insert(loads), [{**row, **counts} for row in found])
        nights = read_nights(connection, {(name, NIGHT) for name in names})
        for client in clients:
            _candidate(connection, client, nights[client.client_id, NIGHT])
    for client in clients:
        _sign(platform, client)


def _candidate(connection: object, client: Client, facts: NightFacts) -> None:
    marts = {mart.name: MartEvidence(1, "0" * 64) for mart in marts_of(client.feeds)}
    evidence = Evidence(Core(client.client_id, NIGHT, (), (), (), 1, marts), (), {})
    night = {"client_id": client.client_id, "business_date": NIGHT}
    row = {"inputs_key": facts.inputs_key, "marts": json.dumps(sorted(marts)), "failed_suites": "[]", "drift": None}
    execute = connection.execute  # type: ignore[attr-defined]
    execute(
        insert(candidates).values(
            evidence_digest=evidence.digest(), **night, evidence=evidence.canonical(), built_at=NOW, **row
        )
    )
    execute(update(client_nights).filter_by(**night).values(candidate=evidence.digest()))
    built = {"state": "built", "tests_passed": 1, "tests_failed": 0, "reason": None, "state_at": NOW}
    rows = [{**night, "model": model, "inputs_key": facts.inputs_key, **built} for model in models_of(client.feeds)]
    execute(insert(model_builds), rows)


def _sign(platform: Platform, client: Client) -> None:
    from acme_assets.gates.statement import Signer
    from acme_assets.warehouse.signing import evidence_of

    sign(
        platform.warehouse,
        client,
        NIGHT,
        evidence_digest=evidence_of(platform.warehouse, client, NIGHT).digest,
        decision="approved",
        signer=Signer(INGRID, KEY),
        roster=platform.roster(),
        now=NOW,
    )


def measured(warehouse: PostgresWarehouse, tick: Callable[[], object], times: int = 3) -> Cost:
    """The cheapest of several ticks: what is measured is the work, not what else the machine does."""
    costs = []
    for _ in range(times):
        with counted(warehouse) as queries:
            begun = time.process_time()
            tick()
            costs.append(Cost(time.process_time() - begun, queries[0]))
    return min(costs, key=lambda cost: cost.cpu_s)


@contextmanager
def counted(warehouse: PostgresWarehouse) -> Iterator[list[int]]:
    """How many statements went to the warehouse in the block."""
    count = [0]

    def one(*_: object) -> None:
        count[0] += 1

    event.listen(warehouse._engine, "before_cursor_execute", one)
    try:
        yield count
    finally:
        event.remove(warehouse._engine, "before_cursor_execute", one)


def costs_of(clients: int, server: TemporaryServer, template: str) -> dict[str, Cost]:
    """What each tick costs with so many clients."""
    with tempfile.TemporaryDirectory(prefix="acme-ticks-") as folder, DagsterInstance.ephemeral() as instance:
        write_fleet(Path(folder) / "clients", clients, 0)
        registry = load_registry(Path(folder) / "clients")
        everybody = list(registry.clients.values())
        landing = Path(folder) / "landing"
        files = put_files(landing, everybody)
        warehouse = PostgresWarehouse(server.fresh_database(template), pooled=True)
        person = {"name": INGRID, "email": INGRID, "roles": ("qa",), "keys": [{"public": KEY.public.text}]}
        roster = Roster({INGRID: RosterPerson.model_validate(person)})
        platform = Platform(registry, warehouse, LocalZone(landing), lambda: NOW, lambda: roster, None)  # type: ignore[arg-type]
        context = build_sensor_context(instance=instance)
        print(f"{clients} clients, {files} files: delivering, building and signing", flush=True)
        cursor = read_cursor(None)
        for _ in range(2):
            _, cursor = look(platform, cursor, context)
        build_half(platform, everybody[: clients // 2])
        shown = Cursor(NOW - timedelta(days=1))
        project(platform, instance, shown)
        learned = Learned()
        costs = {
            "arrivals, nothing new": measured(warehouse, lambda: look(platform, cursor, context)),
            "work, half of the night due": measured(warehouse, lambda: readiness(platform)),
            "ledger events, gates waiting": measured(warehouse, lambda: project(platform, instance, shown)),
            "deadlines, all nights forecast": measured(warehouse, lambda: watch(platform, None, learned)),
        }
        warehouse._engine.dispose()
        return costs


def readiness(platform: Platform) -> None:
    """The work sensor's tick without Dagster: what is due, and the runs to ask for."""
    due = read_due(platform, NOW).orders
    assert batches(dispatch(due, {}, NOW).request, {}, NOW)


def main() -> None:
    """Measure, and print a table and a line of JSON."""
    logging.disable(logging.INFO)
    sizes = [int(text) for text in os.environ.get("CLIENTS", "180 540 1800").split()]
    with temporary_server() as server:
        template = server.template("migrated", _prepare)
        found = {size: costs_of(size, server, template) for size in sizes}
    print(f"\n{'tick':30}" + "".join(f"{size:>10} clients" for size in sizes) + "   queries")
    for name in found[sizes[0]]:
        row = "".join(f"{found[size][name].cpu_s:>15.3f} s " for size in sizes)
        print(f"{name:30}{row}   {', '.join(str(found[size][name].queries) for size in sizes)}")
    print(
        json.dumps(
            {
                name: {size: round(found[size][name].cpu_s, 4) for size in sizes}
                | {"queries": found[sizes[-1]][name].queries}
                for name in found[sizes[0]]
            }
        )
    )


if __name__ == "__main__":
    main()
