"""Record deliveries and strays, each once. The newest delivery of a feed speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.feeds.arrivals import FeedNight, Stray, content_hash, delivery_id
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import client_nights, deliveries, delivery_files, stray_files
from acme_assets.warehouse.protocol import Warehouse

Outcome = Literal["new", "same", "reinstated"]
"""new: content that this feed night had not had; same: what already speaks for it; reinstated: content
that a later delivery had superseded, sent again."""


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


def record_delivery(warehouse: Warehouse, night: FeedNight, files: Sequence[HashedFile], now: datetime) -> Recorded:
    """Record a complete delivery with its audit entry; the delivery that spoke for the feed is superseded.

    Recording the same delivery again changes nothing. Takes no lock of the client night: a look at the
    landing zone must not wait for a build.
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
            },
        )
        if is_new:
            _insert_files(connection, identity, files)
        elif not _reinstate(connection, identity, now):
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


def _reinstate(connection: Connection, identity: str, now: datetime) -> bool:
    """Let a superseded delivery speak again; False if it does already.

    It becomes arrived: the load finds its rows in RAW and need not read the files again.
    """
    statement = (
        update(deliveries)
        .where(deliveries.c.delivery_id == identity, deliveries.c.state == "superseded")
        .values(state="arrived", reason=None, observed_at=now, state_at=now)
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
    """Note a file that belongs to no client or feed; True the first time."""
    return warehouse.insert_new(
        connection,
        stray_files,
        {
            "path": stray.file.path,
            "reason": stray.reason,
            "owner_group": stray.owner_group,
            "client_id": stray.client_id,
            "bytes": stray.file.size,
            "first_seen_at": now,
        },
    )
