"""Signs of life: each service leaves one now and then, and whoever watches reads how old they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from acme_assets.alerts.services import ALLOWED
from acme_assets.warehouse.alert_tables import heartbeats
from acme_assets.warehouse.protocol import Warehouse


@dataclass(frozen=True)
class Heartbeat:
    """The last sign of life of a service."""

    service: str
    beat_at: datetime
    detail: str


def beat(warehouse: Warehouse, connection: Connection, service: str, now: datetime, detail: str = "") -> None:
    """Leave a sign of life in place of the one before."""
    row = {"beat_at": now, "detail": detail}
    if not warehouse.insert_new(connection, heartbeats, {"service": service, **row}):
        connection.execute(update(heartbeats).filter_by(service=service).values(row))


def read_heartbeats(connection: Connection) -> Mapping[str, Heartbeat]:
    """Service to its last sign of life."""
    columns = (heartbeats.c.service, heartbeats.c.beat_at, heartbeats.c.detail)
    rows = connection.execute(select(*columns).order_by(heartbeats.c.service))
    return {row.service: Heartbeat(*row) for row in rows}


def silent_services(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Services that have given no sign of life for longer than they may, to their last one.

    The landing zone's is that it could be listed. One that never gave any is not among them: it may just be starting.
    """
    beats = read_heartbeats(connection)
    return {
        name: beats[name].beat_at
        for name, allowed in sorted(ALLOWED.items())
        if name in beats and now - beats[name].beat_at > allowed
    }
