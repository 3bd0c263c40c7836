"""Holds: who said that data must stay, why and until when. They are audit entries and nothing else.

So a hold is sealed into the chain, nobody can take one out unseen, and one whose entry cannot be read holds everything.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from acme_assets.audit.entry import Entry
from acme_assets.gates.statement import Signer
from acme_assets.nights.retention import Hold
from acme_assets.warehouse.authority import require_role
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.signing import NotSigned
from client_partitions.people import Role, Roster

MAY_HOLD: tuple[Role, ...] = ("client_success", "engineering", "on_call", "qa")
MAY_LIFT: tuple[Role, ...] = ("client_success", "engineering")


def place_hold(
    warehouse: Warehouse,
    holder: Signer,
    roster: Roster,
    *,
    client_id: str | None,
    dates: tuple[date, date],
    reason: str,
    until: date | None,
    now: datetime,
) -> Hold:
    """Record a hold; what retention begins after it keeps. `client_id` None: of every client.

    Raises:
        NotSigned: the holder may not, gives no reason, or names no day that is still to come.
    """
    require_role(holder, roster, MAY_HOLD, now, "holds are")
    if not reason.strip():
        raise NotSigned("a hold needs a reason: --reason TEXT")
    first, last = dates
    if last < first:
        raise NotSigned(f"the hold ends on {last}, before it begins on {first}; give --date the earlier of the two")
    if until and until < now.date():
        raise NotSigned(f"--until {until} is past; give a day to come, or none: then it counts until it is lifted")
    details = {"first_date": first, "last_date": last, "reason": reason, "until": until}
    entry = Entry(now, holder.email, "hold_placed", client_id, None, details)
    with warehouse.begin() as connection:
        write_entry(connection, entry)
    return Hold(entry.entry_id(), client_id, first, last, reason, holder.email, now, until)


def lift_hold(
    warehouse: Warehouse, lifter: Signer, roster: Roster, hold_id: str, *, reason: str, now: datetime
) -> Hold:
    """Record that a hold, named by 8 digits of its id or more, counts no longer.

    Raises:
        NotSigned: the lifter may not, gives no reason, or there is no such hold, or it is lifted.
    """
    require_role(lifter, roster, MAY_LIFT, now, "lifting a hold is")
    if not reason.strip():
        raise NotSigned("lifting a hold needs a reason: --reason TEXT")
    with warehouse.begin() as connection:
        found = [item for item in read_holds(connection) if item.hold_id.startswith(hold_id) and len(hold_id) >= 8]
        if len(found) != 1:
            raise NotSigned(
                f"there is {'no' if not found else 'more than one'} hold {hold_id}; see: acme retention holds"
            )
        hold = found[0]
        if hold.lifted_at:
            raise NotSigned(f"hold {hold.hold_id[:12]} was lifted by {hold.lifted_by} already")
        details = {"hold_id": hold.hold_id, "reason": reason}
        write_entry(connection, Entry(now, lifter.email, "hold_lifted", hold.client_id, None, details))
    return replace(hold, lifted_by=lifter.email, lifted_at=now, lifted_for=reason)


def read_holds(connection: Connection) -> list[Hold]:
    """Every hold that was ever placed, oldest first."""
    columns = [audit_entries.c[name] for name in ("entry_id", "action", "actor", "client_id", "recorded_at", "entry")]
    placed = (
        select(*columns)
        .where(audit_entries.c.action.in_(("hold_placed", "hold_lifted")))
        .order_by(audit_entries.c.recorded_at, audit_entries.c.entry_id)
    )
    holds: dict[str, Hold] = {}
    for row in connection.execute(placed).mappings():
        if row["action"] == "hold_placed":
            holds[row["entry_id"]] = _hold(row)
        elif hold := holds.get(_details(row).get("hold_id", "")):
            reason = str(_details(row).get("reason", ""))
            holds[hold.hold_id] = replace(hold, lifted_by=row["actor"], lifted_at=row["recorded_at"], lifted_for=reason)
    return list(holds.values())


def _hold(row: Mapping[Any, Any]) -> Hold:
    details, who = _details(row), (row["actor"], row["recorded_at"])
    try:
        first, last = (date.fromisoformat(details[name]) for name in ("first_date", "last_date"))
        until = date.fromisoformat(details["until"]) if details["until"] else None
        return Hold(row["entry_id"], row["client_id"], first, last, str(details["reason"]), *who, until)
    except (KeyError, TypeError, ValueError):
        return Hold(row["entry_id"], None, date.min, date.max, "its entry cannot be read: acme audit verify", *who)


def _details(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    try:
        details = json.loads(row["entry"])["details"]
    except (ValueError, KeyError, TypeError):
        return {}
    return details if isinstance(details, dict) else {}
