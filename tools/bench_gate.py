"""From a sign-off to what the client sees, on the real stack: how long, idle and with a night's load beside it.

A client night is approved, released by whoever releases (the gatekeeper, or a run), seen in the client's view,
withdrawn, gone from the view, and approved again: each trial is a whole release transaction with its digests.

    make bench-gate            # 30 trials idle, 30 under load
    TRIALS=5 make bench-gate
"""

import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml
from sqlalchemy import Engine, create_engine, func, select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acme_assets.cli.nights import assess_all
from acme_assets.environment import embedded_url
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.ledger import candidates, releases
from acme_assets.warehouse.mart_tables import dashboard_view
from acme_assets.warehouse.signing import evidence_of, sign
from acme_assets.warehouse.withdrawing import sign_withdrawal
from tests.integration.real_stack import RealStack, real_stack, wait_for
from tests.ports import free_port
from tests.world import ELIGIBILITY, INGRID, PHARMACY, client_data, signer_of

NIGHT = datetime.now(UTC).date() - timedelta(days=1)
SIGNED = "bench_health"
LOADED = tuple(f"load_{number}" for number in range(6))
POLL_SECONDS = 0.005


def put(stack: RealStack, client_id: str, feed: str, text: str) -> None:
    """Deliver a file."""
    path = stack.home.landing / client_id / NIGHT.isoformat() / f"{feed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def deliver(stack: RealStack, client_id: str, version: int = 0) -> None:
    """Everything that a client owes; each version has other claims."""
    more = "".join(f"x{version}-{n},p1,2026-03-04,{n}\n" for n in range(1, version % 50 + 1))
    put(stack, client_id, "eligibility", ELIGIBILITY)
    put(stack, client_id, "pharmacy_claim", PHARMACY + more)


class Trials:
    """One client night, approved and withdrawn again and again."""

    def __init__(self, stack: RealStack, signer: Signer) -> None:
        self.stack, self.signer = stack, signer
        self.pauses = random.Random(20261124)  # so that no trial falls in step with somebody's polling
        self.client = stack.platform.registry.client(SIGNED)
        self.engine = create_engine(embedded_url(stack.variables), isolation_level="AUTOCOMMIT")
        view = dashboard_view("pmpm")
        self.seen = select(func.count()).select_from(view).where(view.c.client_id == SIGNED)

    def run(self, count: int) -> tuple[list[float], list[float]]:
        """Seconds to the start of the release, and to rows in the client's view, of each trial."""
        started, visible = [], []
        with self.engine.connect() as self.connection:
            for _ in range(count):
                time.sleep(self.pauses.uniform(1, 4))
                signed_at = self._approve()
                self._until(seen=True)
                visible.append(time.time() - signed_at)
                newest = select(func.max(releases.c.released_at)).where(releases.c.client_id == SIGNED)
                began = self.connection.execute(newest).scalar_one()
                started.append(max(0.0, began.timestamp() - signed_at))
                self._withdraw()
                self._until(seen=False)
        return started, visible

    def _approve(self) -> float:
        """Sign; when that was asked for, just before it was recorded."""
        work = self.stack.platform
        evidence = evidence_of(work.warehouse, self.client, NIGHT)
        now = work.clock()
        sign(
            work.warehouse,
            self.client,
            NIGHT,
            evidence_digest=evidence.digest,
            decision="approved",
            signer=self.signer,
            roster=work.roster(),
            acknowledged_failures=evidence.candidate.failed_suites,
            now=now,
        )
        return now.timestamp()

    def _withdraw(self) -> None:
        work = self.stack.platform
        sign_withdrawal(
            work.warehouse,
            self.client,
            NIGHT,
            signer=self.signer,
            role="qa",
            reason="the next trial",
            roster=work.roster(),
            now=work.clock(),
        )

    def _until(self, *, seen: bool) -> None:
        until = time.monotonic() + 120
        while bool(self.connection.execute(self.seen).scalar_one()) != seen:
            if time.monotonic() > until:
                sys.exit(f"after 120 s the rows are still {'not ' if seen else ''}visible")
            time.sleep(POLL_SECONDS)


@contextmanager
def load(stack: RealStack) -> Iterator[None]:
    """Other clients deliver, and redeliver one after another: loads and builds fill every run slot."""
    done = threading.Event()

    def redeliver() -> None:
        version = 0
        while True:
            for client_id in LOADED:
                deliver(stack, client_id, version)
                if version and done.wait(8.0):
                    return
            version += 1

    thread = threading.Thread(target=redeliver, daemon=True)
    thread.start()
    time.sleep(20)  # until the runs are under way
    try:
        yield
    finally:
        done.set()
        thread.join()


def builds(engine: Engine) -> int:
    """Candidates so far of the clients of the load."""
    with engine.connect() as connection:
        of_load = select(func.count()).select_from(candidates).where(candidates.c.client_id.in_(LOADED))
        return int(connection.execute(of_load).scalar_one())


def figures(prefix: str, started: list[float], visible: list[float]) -> dict[str, float]:
    """Medians and 95th percentiles, in seconds."""
    found = {}
    for name, values in ((f"{prefix}start_", started), (prefix, visible)):
        found[f"{name}p50_s"] = round(statistics.median(values), 3)
        found[f"{name}p95_s"] = round(sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)], 3)
    return found


def write_clients(folder: Path) -> None:
    """The signed client, and those of the load."""
    folder.mkdir()
    for client_id in (SIGNED, *LOADED):
        data = client_data(client_id=client_id, landing=client_id)
        (folder / f"{client_id}.yaml").write_text(yaml.safe_dump(data))


def wait_until_built(stack: RealStack, business_date: date) -> None:
    """Wait for the signed client's candidate."""

    def is_built() -> bool:
        nights = assess_all(stack.platform, business_date, stack.platform.clock())
        return any(night.client_id == SIGNED and night.state == "awaiting sign-off" for night in nights)

    wait_for(is_built, 300)


def main() -> None:
    """Run the trials and print the figures."""
    trials = int(os.environ.get("TRIALS", "30"))
    with tempfile.TemporaryDirectory(prefix="acme-bench-", dir="/tmp") as folder:
        write_clients(Path(folder) / "clients")
        with real_stack(Path(folder) / "home", Path(folder) / "clients", free_port()) as stack:
            deliver(stack, SIGNED)
            wait_until_built(stack, NIGHT)
            bench = Trials(stack, signer_of(INGRID))
            print(f"idle: {trials} trials", flush=True)
            result = {"trials": trials, **figures("", *bench.run(trials))}
            print(json.dumps(result), flush=True)
            print(f"with {len(LOADED)} clients loading and building: {trials} trials", flush=True)
            with load(stack):
                before, began = builds(bench.engine), time.monotonic()
                result |= figures("load_", *bench.run(trials))
                built = builds(bench.engine) - before
            print(f"beside it, {built} client nights were built in {time.monotonic() - began:.0f} s", flush=True)
            print(json.dumps({**result, "load_builds": built}))


if __name__ == "__main__":
    main()
