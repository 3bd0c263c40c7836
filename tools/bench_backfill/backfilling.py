"""Delivers the three days in the midst of the night, compares the plan, starts the backfill and follows it."""

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from acme_assets.cli.nights import assess_all
from acme_assets.gates.graph import graph_of
from acme_assets.simulation.delivery import deliver
from acme_assets.warehouse.ledger import deliveries
from acme_assets.warehouse.protocol import WarehouseUnavailable
from tools.bench_backfill.files import LateFiles
from tools.bench_night.own_stack import OwnStack

ENGINEER = "priya.raman@acmehealth.example.com"
_LOOK_SECONDS = 0.5

Nights = dict[date, set[str]]
"""Business date to the marts that can change."""


def searched(late: LateFiles) -> Nights:
    """What depends on the files, by every edge of the graph that people are shown."""
    return {
        day: {
            edge.target.removeprefix("marts/")
            for edge in graph_of(late.client, day).edges
            if edge.target.startswith("marts/") and edge.source.removeprefix("feeds/") in feeds
        }
        for day, feeds in late.feeds.items()
    }


@dataclass
class Backfilling:
    """A thread, to be used as a context; what it found, once it is over."""

    stack: OwnStack
    late: LateFiles
    after_seconds: float
    planned: Nights = field(default_factory=dict)
    backfill_id: str = ""
    delivered_at: float | None = None
    built_after: float | None = None
    """Seconds from delivery until the last of its nights was built."""
    ended: str = ""
    """The backfill's last state."""
    problem: str = ""

    def __enter__(self) -> "Backfilling":
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def _run(self) -> None:
        if self._left.wait(self.after_seconds):
            self.problem = "the night was over before the files came"
            return
        try:
            self._deliver_and_start()
        except (
            OSError,
            ValueError,
            KeyError,
            subprocess.SubprocessError,
            WarehouseUnavailable,
            SQLAlchemyError,
        ) as error:
            self.problem = f"{type(error).__name__}: {error}"

    def _deliver_and_start(self) -> None:
        deliver(self.late.files, self.stack.home.landing, self.late.client)
        self.delivered_at = time.monotonic()
        feeds = sum(len(of_day) for of_day in self.late.feeds.values())
        while self._recorded() < feeds:
            if self._left.wait(_LOOK_SECONDS):
                raise ValueError("the files were not recorded before the night was over")
        scope = ["--client", self.late.client.client_id]
        made = self._acme("backfill", "run", *scope, "--reason", "three days at once", "--as", ENGINEER, "--yes")
        self.backfill_id = made["backfill_id"] or ""
        self.planned = {date.fromisoformat(item["business_date"]): set(item["marts"]) for item in made["nights"]}
        while self.built_after is None and not self._left.wait(_LOOK_SECONDS * 4):
            self.look()

    def _recorded(self) -> int:
        of_late = (deliveries.c.client_id == self.late.client.client_id) & deliveries.c.business_date.in_(
            list(self.late.feeds)
        )
        with self.stack.work.warehouse.begin() as connection:
            return connection.execute(select(func.count()).select_from(deliveries).where(of_late)).scalar_one()

    def look(self) -> None:
        """Note when all its nights are built."""
        if self.delivered_at is None or self.built_after is not None:
            return
        work, name = self.stack.work, self.late.client.client_id
        states = [
            next(status.state for status in assess_all(work, day, work.clock()) if status.client_id == name)
            for day in self.late.feeds
        ]
        if set(states) <= {"awaiting sign-off", "released"}:
            self.built_after = time.monotonic() - self.delivered_at

    def state(self) -> str:
        """Of the backfill, by the command that people ask."""
        shown = self._acme("backfill", "show", self.backfill_id)
        return str(shown["state"])

    def _acme(self, *arguments: str) -> Any:
        command = [str(Path(sys.executable).parent / "acme"), *arguments, "--json"]
        ran = subprocess.run(
            command, env=dict(self.stack.variables), capture_output=True, text=True, check=False, timeout=120
        )
        if ran.returncode:
            raise ValueError(f"acme {' '.join(arguments[:2])} ended with {ran.returncode}: {ran.stderr.strip()[-300:]}")
        return json.loads(ran.stdout)
