"""Check a delivery against its contract and load it: whole, once, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import psutil
from sqlalchemy import Connection, select, update

from acme_assets.audit.canonical import digest
from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.contracts.agreement import check_agreed
from acme_assets.contracts.check import ContractResult, SourceFile, check_delivery
from acme_assets.contracts.results import DRIFTED
from acme_assets.feeds.arrivals import FeedNight
from acme_assets.feeds.zones import FileChanged, Zone, sha256_of
from acme_assets.gates.terms import night_of
from acme_assets.nights.requirements import Unmet, require_delivery
from acme_assets.warehouse.contract_verdicts import over_limit, write_verdict
from acme_assets.warehouse.drifting import DriftVerdict, Seen, Subject, drift_that_holds, judge_drift, look_at
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.expecting import agreed_files, expectation_of, unlike_expected
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
    drift: tuple[str, ...] = ()
    """How it is unlike the feed's earlier deliveries, and what that does."""


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
        expected = expectation_of(connection, delivery.delivery_id)
    if delivery.state == "loaded" and known:
        return known
    accepted = (delivery.reason or "accepted by a waiver") if delivery.is_accepted else None
    load = _Load(warehouse, client, feed, business_date, delivery.delivery_id, clock, clock(), accepted, by)
    if known:  # its rows are in RAW since its first load
        return load.commit_again(known, client.feeds[feed].quarantine_limit)
    _sweep_spools()
    with tempfile.TemporaryDirectory(prefix=f"{_SPOOL}{os.getpid()}-") as folder:
        fetched = _fetch(zone, client, files, Path(folder))
        check = partial(
            check_delivery,
            feed,
            fetched,
            business_date=business_date,
            quarantine_limit=1.0 if delivery.is_accepted else client.feeds[feed].quarantine_limit,
            constants={
                "delivery_id": delivery.delivery_id,
                "client_id": client.client_id,
                "business_date": business_date.isoformat(),
                "load_id": load.load_id,
            },
            spool=Path(folder) / "spool",
        )
        of_night = agreed_files(client, FeedNight(client.client_id, feed, business_date), fetched)
        result = check_agreed(feed, of_night, expected, business_date, check)
        seen = look_at(feed, fetched, [file.layout for file in files], sum(file.size for file in files), result)
        return load.commit(result, seen)


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
    size: int


def _files(connection: Connection, delivery_id: str) -> Sequence[_RecordedFile]:
    columns = delivery_files.c
    statement = (
        select(columns.path, columns.layout, columns.sha256, columns.bytes)
        .filter_by(delivery_id=delivery_id)
        .order_by(columns.path)
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
    clock: Callable[[], datetime]
    started_at: datetime
    accepted: str | None
    """Why it was quarantined, where a waiver accepts the rows that fail: a loaded delivery keeps it, and stands as
    quarantined again once no waiver accepts it."""
    by: str

    @property
    def _night(self) -> dict[str, object]:
        return {"client_id": self.client.client_id, "business_date": self.business_date}

    @property
    def load_id(self) -> str:
        """What the rows of this attempt say: 16 hex digits."""
        return digest([self.delivery_id, self.started_at, self.by])[:16]

    def commit(self, result: ContractResult, seen: Seen) -> LoadOutcome:
        """Rows, counts, drift, the delivery's state and the audit entry: all or nothing."""
        with self.warehouse.begin() as connection:
            self.warehouse.lock_night(connection, self.client.client_id, self.business_date, LOCK_WAIT_SECONDS)
            subject = Subject(self.client, self.feed, self.business_date, self.delivery_id)
            drift = judge_drift(self.warehouse, connection, subject, seen, self.clock())
            result = replace(result, held=result.held or self._held_for(drift))
            counts = {
                "rows_in": result.rows_in,
                "rows_loaded": 0 if result.held else result.rows_loaded,
                "rows_quarantined": result.rows_in if result.held else result.rows_quarantined,
            }
            details = {**counts, "drift": drift.said} if drift.findings else counts
            outcome = LoadOutcome(self.delivery_id, "loaded", None, **counts, is_repeat=False, drift=tuple(drift.said))
            write_verdict(self.warehouse, connection, self.delivery_id, result, is_accepted=bool(self.accepted))
            now = self.clock()
            if result.held:
                self.settle(connection, "quarantined", result.held, "delivery_quarantined", details, now)
                return replace(outcome, state="quarantined", reason=result.held)
            row = {"delivery_id": self.delivery_id, **self._night, "feed": self.feed, **counts}
            row |= {"lines_loaded": result.lines_loaded, "started_at": self.started_at, "loaded_at": now}
            row |= {"load_id": self.load_id}
            if not self.warehouse.insert_new(connection, loads, row):
                raise Unmet(f"delivery {self.delivery_id} was loaded by another process meanwhile")
            lines = self.warehouse.copy(connection, raw_table(self.feed), result.accepted)
            if lines != result.lines_loaded:
                raise AssertionError(f"{lines} rows reached RAW, {result.lines_loaded} passed the contract")
            self.settle(connection, "loaded", self.accepted, "delivery_loaded", details, now)
        return outcome

    @property
    def _accepts_drift(self) -> bool:
        """A waiver that accepts what a delivery is held for accepts its drift where it was held for that."""
        return DRIFTED in (self.accepted or "")

    def _held_for(self, drift: DriftVerdict) -> str | None:
        if drift.held is None or self._accepts_drift:
            return None
        return _all_of(self.accepted, drift.held)

    def commit_again(self, known: LoadOutcome, limit: float) -> LoadOutcome:
        """Let a delivery that was loaded before speak again, unless it is past the limit or drifts, with no waiver."""
        with self.warehouse.begin() as connection:
            held = unlike_expected(connection, self.delivery_id)
            if not held and not self.accepted:
                drift = drift_that_holds(connection, self.delivery_id)
                held = _all_of(over_limit(connection, self.delivery_id, limit), drift)
            if held:
                self.settle(connection, "quarantined", held, "delivery_quarantined", {}, self.clock())
                return replace(known, state="quarantined", reason=held)
            counts = {"rows_loaded": known.rows_loaded}
            self.settle(connection, "loaded", self.accepted, "delivery_loaded", counts, self.clock())
        return known

    def settle(
        self,
        connection: Connection,
        state: Literal["loaded", "quarantined"],
        reason: str | None,
        action: Action,
        details: Mapping[str, object],
        now: datetime,
    ) -> None:
        """Give the delivery its end state, unless a newer one superseded it meanwhile."""
        before = "quarantined" if self.accepted else "arrived"
        changed = connection.execute(
            update(deliveries)
            .where(deliveries.c.delivery_id == self.delivery_id, deliveries.c.state == before)
            .values(state=state, reason=reason, state_at=now)
        )
        if changed.rowcount != 1:
            raise Unmet(f"delivery {self.delivery_id} of {self.feed} was superseded or settled by another process")
        connection.execute(update(client_nights).filter_by(**self._night).values(settled_at=None))
        accepted = {"rows_accepted_by_waiver": True} if self.accepted and state == "loaded" else {}
        write_entry(
            connection,
            Entry(
                now,
                SYSTEM,
                action,
                self.client.client_id,
                self.business_date,
                {"feed": self.feed, "delivery_id": self.delivery_id, "reason": reason, "by": self.by}
                | {**details, **accepted},
            ),
        )


def _all_of(rows: str | None, drift: str | None) -> str | None:
    """One reason of two: what is wrong with the rows, and with the delivery as a whole."""
    if drift is None:
        return rows
    told = f"{rows.partition('; ')[0]}, and {drift}" if rows else drift
    return f"{told}; ask the client: have it sent again, or accept it (acme quarantine release)"
