"""Incidents in the ledger: read, and stored with their audit entries.

Who stores says what was read before: where somebody else has changed an incident in between, such as a person who
acknowledged it while a sensor's tick was deciding, the stored one stands, and the change is left to the next tick.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select, update

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident
from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.warehouse.alert_tables import incidents
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.messages import drop
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.client import Person

_COLUMN_OF = {"key": "cause_key", "text": "cause_text", "drop_dead": "drop_dead_at"}
"""Fields whose name is a word of SQL's, or names no moment."""

_DECIDED = ("state", "armed_at", "acknowledged_at", "snoozed_until", "resolved_at")
"""What a person's word or another tick changes; all else only follows the cause."""


@dataclass(frozen=True)
class Stored:
    """What became of the incidents that were to be stored."""

    written: frozenset[str]
    overtaken: frozenset[str]
    """Changed by somebody else since they were read: nothing of them was written."""


def read_live(connection: Connection) -> list[Incident]:
    """All that are not resolved, the oldest first."""
    return _read(connection, incidents.c.state != "resolved")


def read_recent(connection: Connection, since: datetime) -> list[Incident]:
    """Those that are not resolved, or were opened or resolved since a moment, the oldest first."""
    moments = (incidents.c.opened_at, incidents.c.resolved_at)
    return _read(connection, or_(incidents.c.state != "resolved", *(moment >= since for moment in moments)))


def read_incident(connection: Connection, start: str) -> list[Incident]:
    """Those whose id begins so: one, where enough of it is given."""
    return _read(connection, incidents.c.incident_id.startswith(start, autoescape=True))


def _read(connection: Connection, which: Any) -> list[Incident]:
    rows = connection.execute(select(incidents).where(which).order_by(incidents.c.opened_at, incidents.c.incident_id))
    return [_incident(row) for row in rows.mappings()]


def store(
    warehouse: Warehouse,
    connection: Connection,
    changed: Iterable[Incident],
    now: datetime,
    was: Iterable[Incident] = (),
    reason: str | None = None,
) -> Stored:
    """Insert or update incidents with their audit entries; drop what is not said yet of those whose ladder stops.

    Args:
        was: incidents as they were read; one that is not among them is new.
        reason: why, in a person's words.
    """
    before = {incident.incident_id: incident for incident in was}
    written, overtaken = set[str](), set[str]()
    for incident in changed:
        old = before.get(incident.incident_id)
        if not _write(warehouse, connection, incident, old):
            overtaken.add(incident.incident_id)
            continue
        written.add(incident.incident_id)
        if action := _action(incident, old):
            write_entry(connection, _entry(incident, action, now, reason))
        if action in ("incident_acknowledged", "incident_snoozed", "incident_resolved"):
            drop(connection, [incident.incident_id], action.removeprefix("incident_"))
    return Stored(frozenset(written), frozenset(overtaken))


def _write(warehouse: Warehouse, connection: Connection, incident: Incident, old: Incident | None) -> bool:
    row = _row(incident)
    if old is None:
        return warehouse.insert_new(connection, incidents, row)
    as_read = (incidents.c[name].is_not_distinct_from(getattr(old, name)) for name in _DECIDED)
    statement = update(incidents).where(incidents.c.incident_id == incident.incident_id, *as_read).values(row)
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def _action(incident: Incident, old: Incident | None) -> Action | None:
    """What the audit log says of a change; nothing of one that only follows the cause."""
    if old is None:
        return "incident_opened"
    if old.state == "resolved" and incident.is_live:
        return "incident_reopened"
    if (incident.state, incident.acknowledged_at, incident.snoozed_until) == (
        old.state,
        old.acknowledged_at,
        old.snoozed_until,
    ):
        return None
    said: dict[str, Action] = {
        "acknowledged": "incident_acknowledged",
        "snoozed": "incident_snoozed",
        "resolved": "incident_resolved",
    }
    return said.get(incident.state)


def _entry(incident: Incident, action: Action, now: datetime, reason: str | None = None) -> Entry:
    actors = {
        "incident_acknowledged": incident.acknowledged_by,
        "incident_snoozed": incident.acknowledged_by,
        "incident_resolved": incident.resolved_by,
    }
    nights = {(item.client_id, item.business_date) for item in incident.affected}
    client_id, business_date = nights.pop() if len(nights) == 1 else (None, None)
    details = {
        "incident_id": incident.incident_id,
        "cause": incident.key,
        "kind": incident.kind,
        "owner_group": incident.owner_group,
        "urgency": incident.urgency,
        "client_nights": len(incident.affected),
        "snoozed_until": incident.snoozed_until,
        "came_back": incident.came_back,
        **({"reason": reason} if reason else {}),
    }
    return Entry(now, actors.get(action) or SYSTEM, action, client_id, business_date, details)


def _row(incident: Incident) -> dict[str, Any]:
    plain = {_COLUMN_OF.get(item.name, item.name): getattr(incident, item.name) for item in fields(incident)}
    nights = [_affected_row(item) for item in incident.affected]
    owner = {"name": incident.owner.name, "email": incident.owner.email}
    return plain | {"owner": canonical_json(owner), "affected": canonical_json(nights)}


def _affected_row(item: Affected) -> dict[str, Any]:
    risks = ("p_miss", "p_miss_if_done")
    found = {name: getattr(item, name) for name in Affected.__dataclass_fields__}
    return found | {name: None if found[name] is None else Decimal(repr(float(found[name]))) for name in risks}


def _incident(row: RowMapping) -> Incident:
    values = {item.name: row[_COLUMN_OF.get(item.name, item.name)] for item in fields(Incident)}
    nights = tuple(_affected(item) for item in json.loads(row["affected"]))
    return Incident(**values | {"owner": Person(**json.loads(row["owner"])), "affected": nights})


def _affected(data: dict[str, Any]) -> Affected:
    return Affected(
        data["client_id"],
        date.fromisoformat(data["business_date"]),
        datetime.fromisoformat(data["deadline"]),
        data["tier"],
        None if data["p_miss"] is None else float(data["p_miss"]),
        None if data["p_miss_if_done"] is None else float(data["p_miss_if_done"]),
        datetime.fromisoformat(data["drop_dead"]) if data["drop_dead"] else None,
    )
