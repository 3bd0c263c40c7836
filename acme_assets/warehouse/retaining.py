"""Retention: what is past its years and why it stays, and the transaction that removes it, a client night at a time.

Decision, deletion, the row in ops.retention_removals and the audit entry commit together, under the night's lock. A
process that is killed anywhere leaves whole nights done and whole nights to do. Landed files: `landed_files`.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, Subquery, and_, func, insert, or_, select, tuple_, union_all, update

from acme_assets.audit.canonical import canonical_json, digest
from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.nights.retention import KINDS, Kept, Kind, Night, last_due, why_kept
from acme_assets.warehouse.aged_tables import aged_tables
from acme_assets.warehouse.backfills import open_nights
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.holds import read_holds
from acme_assets.warehouse.ledger import (
    candidates,
    client_nights,
    deliveries,
    delivery_files,
    releases,
    statements,
)
from acme_assets.warehouse.protocol import NightBusy, Warehouse
from acme_assets.warehouse.reading import read_nights
from acme_assets.warehouse.retention_tables import retention_removals

KeptNights = Callable[[Connection], Mapping[Night, str]]
"""The client nights that something under way needs, each with what that is: an open backfill says so here."""

ACTION: Mapping[Kind, Action] = {"raw": "raw_removed", "curated": "curated_removed"}

LOCK_WAIT_SECONDS = 5
"""A night that is being built stays for the next run."""

PAGE = 200
"""Client nights in one query."""


def needed_by_work(connection: Connection) -> Mapping[Night, str]:
    """What is under way and needs old nights: open backfills."""
    return {
        night: f"backfill {backfill_id[:8]} is open; see: acme backfill show {backfill_id[:8]}"
        for night, backfill_id in open_nights(connection).items()
    }


@dataclass(frozen=True)
class Due:
    """A client night whose data of a kind is past its years and still there."""

    night: Night
    kind: Kind
    kept: Kept | None
    """What keeps it; None: it goes."""


@dataclass
class Tally:
    """What was removed, or would be, of one kind."""

    nights: int = 0
    rows: int = 0
    files: int = 0
    bytes: int = 0
    """Of landed files."""
    oldest: date | None = None
    tables: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    """Why to how many client nights."""
    busy: int = 0
    """Client nights that somebody else worked on: they are left to the next run."""

    def add(self, night: Night, removed: "Removed") -> None:
        self.nights += 1
        self.rows += removed.rows
        self.files += removed.files
        self.bytes += removed.bytes
        self.oldest = min(self.oldest or night[1], night[1])
        for table, rows in removed.tables.items():
            self.tables[table] = self.tables.get(table, 0) + rows

    def keep(self, kept: Kept) -> None:
        self.kept[kept.why] = self.kept.get(kept.why, 0) + 1


@dataclass(frozen=True)
class Removed:
    """What of one client night went, or would go."""

    tables: Mapping[str, int]
    """Table to rows; those without a row are left out."""
    files: int = 0
    bytes: int = 0

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


def due(warehouse: Warehouse, kind: Kind, now: datetime, needed: KeptNights = needed_by_work) -> Iterator[Due]:
    """Every client night whose data of a kind is past its years and there, the oldest first, page by page."""
    after: Night | None = None
    while True:
        with warehouse.begin() as connection:
            nights = [(row.client_id, row.business_date) for row in connection.execute(_page(kind, now, after))]
            kept = reasons_to_keep(connection, nights, kind, now, needed)
        yield from (Due(night, kind, kept[night]) for night in nights)
        if len(nights) < PAGE:
            return
        after = nights[-1]


def _past(kind: Kind, now: datetime) -> tuple[Select[Any], Subquery]:
    """Nights with data of a kind that changed after the last removal of that kind, and where they are named."""
    changed = _changes(kind).subquery("changed")
    key = (changed.c.client_id, changed.c.business_date)
    removed = retention_removals.c
    gone = (
        select(removed.client_id, removed.business_date, func.max(removed.removed_at).label("removed_at"))
        .where(removed.kind == kind)
        .group_by(removed.client_id, removed.business_date)
        .subquery("gone")
    )
    removed_at, changed_at = func.max(gone.c.removed_at), func.max(changed.c.changed_at)
    statement = (
        select(*key)
        .outerjoin(gone, and_(gone.c.client_id == key[0], gone.c.business_date == key[1]))
        .where(changed.c.business_date <= last_due(kind, now))
        .group_by(*key)
        .having(or_(removed_at.is_(None), removed_at < changed_at))
        .order_by(changed.c.business_date, changed.c.client_id)
    )
    return statement, changed


def _page(kind: Kind, now: datetime, after: Night | None) -> Select[Any]:
    statement, changed = _past(kind, now)
    if after:
        later = and_(changed.c.business_date == after[1], changed.c.client_id > after[0])
        statement = statement.where(or_(changed.c.business_date > after[1], later))
    return statement.limit(PAGE)


def _is_there(connection: Connection, night: Night, kind: Kind, now: datetime) -> bool:
    statement, changed = _past(kind, now)
    of_night = changed.c.client_id == night[0], changed.c.business_date == night[1]
    return connection.execute(statement.where(*of_night)).first() is not None


def _changes(kind: Kind) -> Any:
    """Client nights, and when data of a kind came to them."""
    if kind == "raw":
        return select(deliveries.c.client_id, deliveries.c.business_date, deliveries.c.state_at.label("changed_at"))
    built = select(candidates.c.client_id, candidates.c.business_date, candidates.c.built_at.label("changed_at"))
    return union_all(
        built, select(releases.c.client_id, releases.c.business_date, releases.c.released_at.label("changed_at"))
    )


def reasons_to_keep(
    connection: Connection, nights: Collection[Night], kind: Kind, now: datetime, needed: KeptNights
) -> dict[Night, Kept | None]:
    """Client night to what keeps its data of a kind, past its years or not; None: nothing does."""
    if not nights:
        return {}
    holds, wanted = read_holds(connection), {**_carried(connection, now), **needed(connection)}
    facts = read_nights(connection, nights)
    return {night: why_kept(kind, facts[night], now, holds, wanted) for night in nights}


def _carried(connection: Connection, now: datetime) -> dict[Night, str]:
    """Nights whose files stand in for those of a night that is still open, by an exception."""
    asked = select(statements.c.client_id, statements.c.last_date, statements.c.statement).where(
        statements.c.kind == "exception_request", statements.c.last_date >= now.date() - LOOKBACK
    )
    found = {}
    for row in connection.execute(asked):
        try:
            source = date.fromisoformat(json.loads(row.statement)["subject"]["source_date"])
        except (ValueError, KeyError, TypeError):  # it asks for no earlier files; one that cannot be read lets none in
            continue
        found[row.client_id, source] = f"its files are carried forward to business dates up to {row.last_date}"
    return found


def measure(warehouse: Warehouse, found: Sequence[Due]) -> dict[Night, Removed]:
    """What is there of client nights of one kind: rows by table, landed files and their bytes, as delivered."""
    measured: dict[Night, Removed] = {}
    for at in range(0, len(found), PAGE):
        some = found[at : at + PAGE]
        with warehouse.begin() as connection:
            tables: dict[Night, dict[str, int]] = {item.night: {} for item in some}
            for aged in aged_tables(connection, some[0].kind):
                for night, rows in aged.count(connection, tables.keys()):
                    tables[night][aged.name] = rows
            files = _files(connection, tables.keys()) if some[0].kind == "raw" else {}
        measured |= {night: Removed(counts, *files.get(night, (0, 0))) for night, counts in tables.items()}
    return measured


def _files(connection: Connection, nights: Collection[Night]) -> dict[Night, tuple[int, int]]:
    """Client night to its landed files that have not been removed, and their bytes: the newest of each path."""
    of_night = tuple_(deliveries.c.client_id, deliveries.c.business_date).in_(sorted(nights))
    rows = connection.execute(
        select(deliveries.c.client_id, deliveries.c.business_date, delivery_files.c.path, delivery_files.c.bytes)
        .join(delivery_files, delivery_files.c.delivery_id == deliveries.c.delivery_id)
        .where(of_night)
        .order_by(deliveries.c.observed_at)
    )
    paths: dict[Night, dict[str, int]] = {}
    for row in rows:
        paths.setdefault((row.client_id, row.business_date), {})[row.path] = row.bytes
    return {night: (len(found), sum(found.values())) for night, found in paths.items()}


def plan(
    warehouse: Warehouse, now: datetime, needed: KeptNights = needed_by_work
) -> tuple[dict[Kind, Tally], list[Due]]:
    """What a run would remove now, by kind; and everything that is past its years and kept."""
    tallies, kept = {}, []
    for kind in KINDS:
        tally, going = Tally(), []
        for item in due(warehouse, kind, now, needed):
            if item.kept:
                tally.keep(item.kept)
                kept.append(item)
            else:
                going.append(item)
        for night, removed in measure(warehouse, going).items():
            tally.add(night, removed)
        tallies[kind] = tally
    return tallies, kept


def remove_due(
    warehouse: Warehouse,
    clock: Callable[[], datetime],
    *,
    by: str,
    limit: int,
    needed: KeptNights = needed_by_work,
    progress: Callable[[Kind, Tally], None] = lambda kind, tally: None,
) -> dict[Kind, Tally]:
    """Remove what is past its years and kept by nothing: at most so many client nights of each kind, the oldest first.

    Args:
        by: which process acts, for the record.
        progress: told after each client night.
    """
    tallies = {}
    for kind in KINDS:
        tallies[kind] = tally = Tally()
        for item in due(warehouse, kind, clock(), needed):
            if item.kept:
                tally.keep(item.kept)
                continue
            if tally.nights >= limit:
                break
            try:
                removed = remove_night(warehouse, item.night, kind, clock(), by=by, needed=needed)
            except NightBusy:
                tally.busy += 1
                continue
            if removed:
                tally.add(item.night, removed)
                progress(kind, tally)
    return tallies


def remove_night(
    warehouse: Warehouse, night: Night, kind: Kind, now: datetime, *, by: str, needed: KeptNights = needed_by_work
) -> Removed | None:
    """Remove a client night's rows of a kind, and record it; None, and nothing done, where it may not go any more.

    Raises:
        NightBusy: somebody works on it.
    """
    client_id, business_date = night
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, client_id, business_date, LOCK_WAIT_SECONDS)
        # Decided again under the lock: meanwhile there may be a hold, a delivery, or another process that did it.
        kept = reasons_to_keep(connection, [night], kind, now, needed)[night]
        if kept or not _is_there(connection, night, kind, now):
            return None
        key = {"client_id": client_id, "business_date": business_date}
        removal_id = digest({**key, "kind": kind, "removed_at": now})
        nothing = {"rows_removed": 0, "tables": "{}", "files": 0, "bytes": 0}
        row = {"removal_id": removal_id, **key, "kind": kind, **nothing, "removed_at": now}
        connection.execute(insert(retention_removals).values(**row))  # first: PUBLISHED lets go what is on record
        if kind == "curated":
            connection.execute(update(client_nights).filter_by(**key).values(candidate=None, live_release=None))
        tables = {aged.name: rows for aged in aged_tables(connection, kind) if (rows := aged.remove(connection, night))}
        files = _files(connection, [night]).get(night, (0, 0)) if kind == "raw" else (0, 0)
        removed = Removed(tables, *files)
        _record(connection, removal_id, night, kind, removed, by, now)
    return removed


def _record(
    connection: Connection, removal_id: str, night: Night, kind: Kind, removed: Removed, by: str, now: datetime
) -> None:
    done = update(retention_removals).filter_by(removal_id=removal_id)
    counts = {"rows_removed": removed.rows, "files": removed.files, "bytes": removed.bytes}
    gone = {} if removed.files else {"files_gone_at": now, "files_left": 0}
    connection.execute(done.values(**counts, tables=canonical_json(removed.tables), **gone))
    details = {"rows": dict(removed.tables), "files": removed.files, "bytes": removed.bytes, "by": by}
    write_entry(connection, Entry(now, SYSTEM, ACTION[kind], *night, details))
