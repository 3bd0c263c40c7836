"""Who opened the evidence of a candidate, in the audit log: once per person, evidence and hour."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from acme_assets.audit.entry import Entry
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import Night


def record_view(warehouse: Warehouse, night: Night, evidence_digest: str, viewer: str, now: datetime) -> bool:
    """Record that somebody opens this evidence; whether it is their first time in this hour (UTC).

    Two processes at once may both find it to be the first: an entry too many, never one too few.
    """
    client_id, business_date = night
    entry = Entry(now, viewer, "evidence_viewed", client_id, business_date, {"evidence_digest": evidence_digest})
    with warehouse.begin() as connection:
        if _is_known(connection, entry):
            return False
        write_entry(connection, entry)
    return True


def _is_known(connection: Connection, entry: Entry) -> bool:
    hour = entry.recorded_at.replace(minute=0, second=0, microsecond=0)
    columns: Any = audit_entries.c
    found = connection.execute(
        select(columns.entry).where(
            columns.recorded_at >= hour,
            columns.action == entry.action,
            columns.actor == entry.actor,
            columns.client_id == entry.client_id,
            columns.business_date == entry.business_date,
        )
    )
    return any(f'"{entry.details["evidence_digest"]}"' in row.entry for row in found)
