"""Record deliveries and strays, each once. The newest delivery of a feed speaks for it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, case, insert, literal, or_, select, update

from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.feeds.arrivals import NOT_PULLED, FeedNight, Stray, content_hash, delivery_id
from acme_assets.feeds.expectation import NOTHING_EXPECTED, Expectation
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import UtcTimestamp, client_nights, deliveries, delivery_files, stray_files
from acme_assets.warehouse.protocol import Warehouse

Outcome = Literal["new", "same", "reinstated"]
"""new: content that this feed night had not had; same: what already speaks for it; reinstated: content that a later
delivery had superseded, sent again, or of which its sender says something else than before."""


@dataclass(frozen=True)
class HashedFile:
    """A file of a complete delivery."""

    path: str
    layout: str
    sha256: str
    size: int
    modified_at: datetime


@dataclass(frozen=True)
class Recorded:
    """What became of a delivery that was recorded."""

    delivery_id: str
    outcome: Outcome


def record_delivery(
    warehouse: Warehouse,
    night: FeedNight,
    files: Sequence[HashedFile],
    now: datetime,
    expected: Expectation = NOTHING_EXPECTED,
) -> Recorded:
    """Record a complete delivery with its audit entry; the delivery that spoke for the feed is superseded.

    Recording the same delivery again changes nothing. Takes no lock of the client night: a look at the
    landing zone must not wait for a build. `expected`: what its sender says of it, which its load compares.
    """
    content = content_hash(file.sha256 for file in files)
    identity = delivery_id(night, content)
    night_row = {"client_id": night.client_id, "business_date": night.business_date}
    with warehouse.begin() as connection:
        warehouse.insert_new(connection, client_nights, night_row)
        is_new = warehouse.insert_new(
            connection,
            deliveries,
            {
                "delivery_id": identity,
                **night_row,
                "feed": night.feed,
                "content_hash": content,
                "bytes": sum(file.size for file in files),
                "landed_at": max(file.modified_at for file in files),
                "observed_at": now,
                "state": "arrived",
                "reason": None,
                "state_at": now,
                "expected": expected.written(),
            },
        )
        if is_new:
            _insert_files(connection, identity, files)
        elif not _reinstate(connection, identity, expected, now):
            return Recorded(identity, "same")
        superseded = _supersede_others(connection, night, identity, now)
        write_entry(
            connection,
            Entry(
                now,
                SYSTEM,
                "delivery_arrived" if is_new else "delivery_reinstated",
                night.client_id,
                night.business_date,
                {
                    "feed": night.feed,
                    "delivery_id": identity,
                    "content_hash": content,
                    "bytes": sum(file.size for file in files),
                    "files": len(files),
                    "superseded": superseded,
                    **expected.summary,
                },
            ),
        )
    return Recorded(identity, "new" if is_new else "reinstated")


def _insert_files(connection: Connection, identity: str, files: Sequence[HashedFile]) -> None:
    connection.execute(
        insert(delivery_files),
        [
            {
                "delivery_id": identity,
                "path": file.path,
                "layout": file.layout,
                "sha256": file.sha256,
                "bytes": file.size,
            }
            for file in files
        ],
    )


def _reinstate(connection: Connection, identity: str, expected: Expectation, now: datetime) -> bool:
    """Let a superseded delivery speak again, or one of which something else is expected now; False for any other.

    It becomes arrived: the load finds its rows in RAW, if they are there, and need not read the files again.
    """
    is_other = deliveries.c.expected.is_distinct_from(expected.written())
    statement = (
        update(deliveries)
        .where(deliveries.c.delivery_id == identity, or_(deliveries.c.state == "superseded", is_other))
        .values(state="arrived", reason=None, observed_at=now, state_at=now, expected=expected.written())
    )
    return connection.execute(statement).rowcount == 1


def _supersede_others(connection: Connection, night: FeedNight, identity: str, now: datetime) -> list[str]:
    others = select(deliveries.c.delivery_id).where(
        deliveries.c.client_id == night.client_id,
        deliveries.c.business_date == night.business_date,
        deliveries.c.feed == night.feed,
        deliveries.c.delivery_id != identity,
        deliveries.c.state.in_(("arrived", "loaded", "quarantined")),
    )
    superseded = sorted(connection.execute(others).scalars())
    if superseded:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.delivery_id.in_(superseded))
            .values(state="superseded", reason=f"superseded by delivery {identity}", state_at=now)
        )
    return superseded


def record_stray(warehouse: Warehouse, connection: Connection, stray: Stray, now: datetime) -> bool:
    """Note a file that is of no delivery; False where that is noted, for the same reason."""
    said = {
        "reason": stray.reason,
        "owner_group": stray.owner_group,
        "client_id": stray.client_id,
        "bytes": stray.file.size,
    }
    row = {"path": stray.file.path, **said, "first_seen_at": now}
    if warehouse.insert_new(connection, stray_files, row):
        return True
    since = case((stray_files.c.gone_at.is_(None), stray_files.c.first_seen_at), else_=literal(now, UtcTimestamp()))
    is_other = or_(stray_files.c.reason != stray.reason, stray_files.c.gone_at.is_not(None))
    again = update(stray_files).where(stray_files.c.path == stray.file.path, is_other)
    return connection.execute(again.values(**said, gone_at=None, first_seen_at=since)).rowcount == 1


def record_strays(
    warehouse: Warehouse, strays: Sequence[Stray], known: Mapping[str, str], now: datetime
) -> tuple[list[Stray], dict[str, str]]:
    """Note the files that are of no delivery, and that those which were noted are so no more.

    Args:
        known: path to the key of what is noted of it; what this returned at the last look.

    Returns:
        Those that are new or have another reason than before, and what is noted now.
    """
    # A file may be a stray for several feeds' sake: one line each tells them all.
    reasons: dict[str, dict[str, Stray]] = {}
    for stray in strays:
        reasons.setdefault(stray.file.path, {})[stray.reason] = stray
    noted = {path: _key("; ".join(sorted(found))) for path, found in reasons.items()}
    changed = [
        replace(next(iter(found.values())), reason="; ".join(sorted(found)))
        for path, found in reasons.items()
        if known.get(path) != noted[path]
    ]
    for later in (stray.file.path for stray in changed[PER_LOOK:]):
        del noted[later]
        if later in known:
            noted[later] = known[later]
    del changed[PER_LOOK:]
    gone = sorted(known.keys() - noted.keys())
    if changed or gone:
        with warehouse.begin() as connection:
            for stray in changed:
                record_stray(warehouse, connection, stray, now)
            for first in range(0, len(gone), _AT_ONCE):
                paths = gone[first : first + _AT_ONCE]
                connection.execute(update(stray_files).where(stray_files.c.path.in_(paths)).values(gone_at=now))
    return changed, noted


PER_LOOK = 200
"""Strays that one look notes: a sender of a hundred thousand does not hold up what others delivered."""

_AT_ONCE = 500


def _key(reason: str) -> str:
    return hashlib.sha256(reason.encode()).hexdigest()[:12]


def read_noted(connection: Connection) -> dict[str, str]:
    """Path to the key of its reason, of the landing zone's strays: for a look that has lost its memory."""
    columns = stray_files.c
    of_the_zone = columns.gone_at.is_(None), columns.reason.not_like(f"{NOT_PULLED}%")
    rows = connection.execute(select(columns.path, columns.reason).where(*of_the_zone))
    return {path: _key(reason) for path, reason in rows}
