"""Landed files of client nights whose rows retention has removed: they go once that is on record, and not before.

A file goes where it still is what was delivered. What a sender has put in its place since stays and is counted. Killed
anywhere, it is done again from the record: a file that is gone is gone.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, and_, select, update

from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.feeds.zones import LandedFile, LandingZone, ZoneUnavailable, sha256_of
from acme_assets.nights.retention import Night
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import deliveries, delivery_files
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.retaining import KeptNights, needed_by_work, reasons_to_keep
from acme_assets.warehouse.retention_tables import retention_removals


@dataclass
class FilesGone:
    """What became of landed files that were to go."""

    nights: int = 0
    files: int = 0
    bytes: int = 0
    left: int = 0
    """Files that are not those delivered any more."""
    kept: int = 0
    """Client nights that a hold came for before their files went: they stay until it ends."""


@dataclass(frozen=True)
class _Version:
    """A file as one delivery had it."""

    sha256: str
    size: int
    landed_at: datetime


def remove_files(
    warehouse: Warehouse,
    zone: LandingZone,
    clock: Callable[[], datetime],
    *,
    by: str,
    needed: KeptNights = needed_by_work,
    progress: Callable[[FilesGone], None] = lambda gone: None,
) -> FilesGone:
    """Remove the landed files that are on record to go, the oldest first.

    Raises:
        ZoneUnavailable: the landing zone does not answer; what was done is recorded, the next call goes on.
    """
    gone = FilesGone()
    for removal_id, night in _waiting(warehouse):
        with warehouse.begin() as connection:
            is_kept = reasons_to_keep(connection, [night], "raw", clock(), needed).get(night) is not None
            versions = {} if is_kept else _versions(connection, night)
        if is_kept:
            gone.kept += 1
            continue
        found = [_remove(zone, path, of_path) for path, of_path in versions.items()]
        removed = [file.size for file in found if isinstance(file, LandedFile)]
        left = found.count(False)
        if _settle(
            warehouse, removal_id, night, {"files": len(removed), "bytes": sum(removed), "left": left}, by, clock()
        ):
            gone.nights += 1
            gone.files += len(removed)
            gone.bytes += sum(removed)
            gone.left += left
            progress(gone)
    return gone


def _waiting(warehouse: Warehouse) -> list[tuple[str, Night]]:
    columns = retention_removals.c
    statement = (
        select(columns.removal_id, columns.client_id, columns.business_date)
        .where(columns.files_gone_at.is_(None))
        .order_by(columns.business_date, columns.client_id)
    )
    with warehouse.begin() as connection:
        return [(row.removal_id, (row.client_id, row.business_date)) for row in connection.execute(statement)]


def _versions(connection: Connection, night: Night) -> Mapping[str, Collection[_Version]]:
    """Path to what the night's deliveries had there; not paths that deliveries of a night name that stays."""
    mine, other = (and_(deliveries.c.client_id == night[0], condition) for condition in
                   (deliveries.c.business_date == night[1], deliveries.c.business_date != night[1]))  # fmt: skip
    files = delivery_files.c
    named = select(files.path).join(deliveries, deliveries.c.delivery_id == files.delivery_id)
    raw_gone = and_(
        retention_removals.c.client_id == deliveries.c.client_id,
        retention_removals.c.business_date == deliveries.c.business_date,
        retention_removals.c.kind == "raw",
    )
    paths = named.where(mine)
    elsewhere = named.outerjoin(retention_removals, raw_gone).where(
        other, retention_removals.c.removal_id.is_(None), files.path.in_(paths)
    )
    taken = set(connection.execute(elsewhere).scalars())
    found: dict[str, list[_Version]] = defaultdict(list)
    rows = select(files.path, files.sha256, files.bytes, deliveries.c.landed_at).join(
        deliveries, deliveries.c.delivery_id == files.delivery_id
    )
    for row in connection.execute(rows.where(mine).order_by(files.path)):
        if row.path not in taken:
            found[row.path].append(_Version(row.sha256, row.bytes, row.landed_at))
    return found


def _remove(zone: LandingZone, path: str, versions: Collection[_Version]) -> LandedFile | bool:
    """The file that was removed; True where there was none, False where it stays."""
    file = zone.look_up(path)
    if file is None:
        return True
    if file.problem or not _is_delivered(zone, file, versions):
        return False
    return file if zone.remove(file) else False


def _is_delivered(zone: LandingZone, file: LandedFile, versions: Collection[_Version]) -> bool:
    """Whether a file is one that was delivered: by size and time, or, where it was written again, by content."""
    same_size = [version for version in versions if version.size == file.size]
    if any(file.modified_at <= version.landed_at for version in same_size):
        return True
    if not same_size:
        return False
    with tempfile.TemporaryDirectory(prefix="acme-look-") as folder:
        try:
            content = sha256_of(zone.fetch(file.path, Path(folder)))
        except ZoneUnavailable:
            return False  # taken away meanwhile: the next call sees it
    return content in {version.sha256 for version in same_size}


def _settle(
    warehouse: Warehouse, removal_id: str, night: Night, counts: Mapping[str, int], by: str, now: datetime
) -> bool:
    """Record that a night's files are gone; False where another process has."""
    done = (
        update(retention_removals)
        .where(retention_removals.c.removal_id == removal_id, retention_removals.c.files_gone_at.is_(None))
        .values(files_gone_at=now, files_left=counts["left"])
    )
    with warehouse.begin() as connection:
        if connection.execute(done).rowcount != 1:
            return False
        write_entry(connection, Entry(now, SYSTEM, "landed_files_removed", *night, {**counts, "by": by}))
    return True
