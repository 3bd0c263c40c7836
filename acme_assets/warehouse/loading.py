"""Check a delivery against its contract and load it: whole, once, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import psutil
from sqlalchemy import Connection, select, update

from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.contracts.check import ContractResult, SourceFile, check_delivery
from acme_assets.feeds.zones import FileChanged, Zone, sha256_of
from acme_assets.gates.terms import night_of
from acme_assets.nights.requirements import Unmet, require_delivery
from acme_assets.warehouse.contract_verdicts import over_limit, write_verdict
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import client_nights, deliveries, delivery_files, loads
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.raw_tables import raw_table
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Roster

LOCK_WAIT_SECONDS = 900
"""A build of the same client night holds its lock for minutes."""


@dataclass(frozen=True)
class LoadOutcome:
    """What became of a delivery."""

    delivery_id: str
    state: Literal["loaded", "quarantined"]
    reason: str | None
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    is_repeat: bool
    """True where the ledger knew the outcome already and nothing was done."""


def load_delivery(
    warehouse: Warehouse,
    zone: Zone,
    client: Client,
    feed: Feed,
    business_date: date,
    clock: Callable[[], datetime],
    roster: Roster,
    *,
    by: str,
) -> LoadOutcome:
    """Load the delivery that speaks for a feed of a client night. `by` says for the record which process acts.

    Raises:
        Unmet: there is no such delivery, or it is quarantined.
        FileChanged: a file differs from what was recorded.
        ZoneUnavailable, WarehouseUnavailable: try again later.
    """
    with warehouse.begin() as connection:
        night = night_of(client, read_night(connection, client.client_id, business_date), roster, clock())
        delivery = require_delivery(client, night.facts, feed)
        known = _known_outcome(connection, delivery.delivery_id)
        files = _files(connection, delivery.delivery_id)
    if delivery.state == "loaded" and known:
        return known
    accepted = (delivery.reason or "accepted by a waiver") if delivery.is_accepted else None
    load = _Load(warehouse, client, feed, business_date, delivery.delivery_id, clock(), accepted, by)
    if known:  # its rows are in RAW since its first load
        return load.commit_again(known, client.feeds[feed].quarantine_limit)
    _sweep_spools()
    with tempfile.TemporaryDirectory(prefix=f"{_SPOOL}{os.getpid()}-") as folder:
        result = check_delivery(
            feed,
            _fetch(zone, client, files, Path(folder)),
            business_date=business_date,
            quarantine_limit=1.0 if delivery.is_accepted else client.feeds[feed].quarantine_limit,
            constants={
                "delivery_id": delivery.delivery_id,
                "client_id": client.client_id,
                "business_date": business_date.isoformat(),
            },
            spool=Path(folder) / "spool",
        )
        return load.commit(result)


_SPOOL = "acme-load-"


def _sweep_spools() -> None:
    """Remove what loads that were killed left behind: their spools hold members' data."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_SPOOL}*"):
        pid = folder.name.removeprefix(_SPOOL).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _RecordedFile:
    path: str
    layout: str
    sha256: str


def _files(connection: Connection, delivery_id: str) -> Sequence[_RecordedFile]:
    columns = delivery_files.c
    statement = (
        select(columns.path, columns.layout, columns.sha256).filter_by(delivery_id=delivery_id).order_by(columns.path)
    )
    return [_RecordedFile(*row) for row in connection.execute(statement)]


def _known_outcome(connection: Connection, delivery_id: str) -> LoadOutcome | None:
    row = connection.execute(select(loads).filter_by(delivery_id=delivery_id)).mappings().first()
    if row is None:
        return None
    return LoadOutcome(
        delivery_id, "loaded", None, row["rows_in"], row["rows_loaded"], row["rows_quarantined"], is_repeat=True
    )


def _fetch(zone: Zone, client: Client, files: Sequence[_RecordedFile], folder: Path) -> list[SourceFile]:
    fetched = []
    for file in files:
        path = zone.fetch(file.path, folder)
        if sha256_of(path) != file.sha256:
            raise FileChanged(f"{file.path} has changed since it was delivered; it will be noticed as a new delivery")
        fetched.append(SourceFile(file.path, path, client.layouts[file.layout]))
    return fetched


@dataclass(frozen=True)
class _Load:
    """The transaction of one delivery's outcome."""

    warehouse: Warehouse
    client: Client
    feed: Feed
    business_date: date
    delivery_id: str
    now: datetime
    accepted: str | None
    """Why it was quarantined, where a waiver accepts the rows that fail: a loaded delivery keeps it, and stands as
    quarantined again once no waiver accepts it."""
    by: str

    @property
    def _night(self) -> dict[str, object]:
        return {"client_id": self.client.client_id, "business_date": self.business_date}

    def commit(self, result: ContractResult) -> LoadOutcome:
        """Rows, counts, the delivery's state and the audit entry: all or nothing."""
        counts = {
            "rows_in": result.rows_in,
            "rows_loaded": 0 if result.held else result.rows_loaded,
            "rows_quarantined": result.rows_in if result.held else result.rows_quarantined,
        }
        with self.warehouse.begin() as connection:
            self.warehouse.lock_night(connection, self.client.client_id, self.business_date, LOCK_WAIT_SECONDS)
            write_verdict(self.warehouse, connection, self.delivery_id, result, is_accepted=bool(self.accepted))
            if result.held:
                self.settle(connection, "quarantined", result.held, "delivery_quarantined", counts)
                return LoadOutcome(self.delivery_id, "quarantined", result.held, **counts, is_repeat=False)
            row = {"delivery_id": self.delivery_id, **self._night, "feed": self.feed, **counts}
            row |= {"lines_loaded": result.lines_loaded, "loaded_at": self.now}
            if not self.warehouse.insert_new(connection, loads, row):
                raise Unmet(f"delivery {self.delivery_id} was loaded by another process meanwhile")
            lines = self.warehouse.copy(connection, raw_table(self.feed), result.accepted)
            if lines != result.lines_loaded:
                raise AssertionError(f"{lines} rows reached RAW, {result.lines_loaded} passed the contract")
            self.settle(connection, "loaded", self.accepted, "delivery_loaded", counts)
        return LoadOutcome(self.delivery_id, "loaded", None, **counts, is_repeat=False)

    def commit_again(self, known: LoadOutcome, limit: float) -> LoadOutcome:
        """Let a delivery that was loaded before speak again, unless it is past the limit and no waiver accepts it."""
        with self.warehouse.begin() as connection:
            held = None if self.accepted else over_limit(connection, self.delivery_id, limit)
            if held:
                self.settle(connection, "quarantined", held, "delivery_quarantined", {})
                return replace(known, state="quarantined", reason=held)
            self.settle(connection, "loaded", self.accepted, "delivery_loaded", {"rows_loaded": known.rows_loaded})
        return known

    def settle(
        self,
        connection: Connection,
        state: Literal["loaded", "quarantined"],
        reason: str | None,
        action: Action,
        details: Mapping[str, object],
    ) -> None:
        """Give the delivery its end state, unless a newer one superseded it meanwhile."""
        before = "quarantined" if self.accepted else "arrived"
        changed = connection.execute(
            update(deliveries)
            .where(deliveries.c.delivery_id == self.delivery_id, deliveries.c.state == before)
            .values(state=state, reason=reason, state_at=self.now)
        )
        if changed.rowcount != 1:
            raise Unmet(f"delivery {self.delivery_id} of {self.feed} was superseded or settled by another process")
        connection.execute(update(client_nights).filter_by(**self._night).values(settled_at=None))
        accepted = {"rows_accepted_by_waiver": True} if self.accepted and state == "loaded" else {}
        write_entry(
            connection,
            Entry(
                self.now,
                SYSTEM,
                action,
                self.client.client_id,
                self.business_date,
                {"feed": self.feed, "delivery_id": self.delivery_id, "reason": reason, "by": self.by}
                | {**details, **accepted},
            ),
        )
