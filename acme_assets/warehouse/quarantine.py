"""What is set aside: counted for everybody, row by row without the rows, and the rows for who may see raw data.

QUARANTINE has the access and the retention of RAW. A look at original rows is in the audit log before they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from acme_assets.audit.entry import Entry
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.authority import require_role
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import contract_results, deliveries
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.raw_tables import quarantined_rows
from acme_assets.warehouse.signing import NotSigned
from client_partitions.people import Role, Roster

MAY_SEE_RAW: tuple[Role, ...] = ("engineering",)
"""The roles of people.yaml whose holders may look at members' rows."""


@dataclass(frozen=True)
class SetAside:
    """One delivery of which something is set aside."""

    client_id: str
    feed: str
    business_date: date
    delivery_id: str
    state: str
    reason: str | None
    """Why the delivery is held as a whole, or was before it was accepted."""
    rules: Mapping[str, int]
    """Rule and column to source rows; a row counts under each rule that it fails."""


@dataclass(frozen=True)
class QuarantinedRow:
    """One source row that is set aside, without what is in it."""

    source_file: str
    source_row: int
    rule: str
    column_name: str | None
    reason: str
    original: str | None = None
    """The row as JSON, for who may see it and asked."""


def set_aside(
    connection: Connection,
    client_id: str | None = None,
    feed: str | None = None,
    business_date: date | None = None,
    *,
    limit: int,
) -> list[SetAside]:
    """The newest deliveries with rows in quarantine or held as a whole, newest first; superseded ones too."""
    wanted = {"client_id": client_id, "feed": feed, "business_date": business_date}
    columns = deliveries.c
    with_rows = select(contract_results.c.delivery_id)
    found = connection.execute(
        select(columns.client_id, columns.feed, columns.business_date, columns.delivery_id, columns.state,
               columns.reason)
        .where((columns.state == "quarantined") | columns.delivery_id.in_(with_rows))
        .filter_by(**{name: value for name, value in wanted.items() if value is not None})
        .order_by(columns.business_date.desc(), columns.client_id, columns.feed, columns.observed_at.desc())
        .limit(limit)
    ).all()  # fmt: skip
    rules: dict[str, dict[str, int]] = {}
    ids = [row.delivery_id for row in found]
    results = select(contract_results).where(contract_results.c.delivery_id.in_(ids))
    for row in connection.execute(results.order_by(contract_results.c.rows_failed.desc())):
        rules.setdefault(row.delivery_id, {})[f"{row.rule} ({row.column_name})"] = row.rows_failed
    return [SetAside(**row._mapping, rules=rules.get(row.delivery_id, {})) for row in found]


def speaking(connection: Connection, client_id: str, feed: str, business_date: date) -> SetAside:
    """The delivery that speaks for a feed of a client night, if anything of it is set aside.

    Raises:
        NotSigned: there is none such.
    """
    found = [
        item
        for item in set_aside(connection, client_id, feed, business_date, limit=100)
        if item.state in ("loaded", "quarantined")
    ]
    if not found:
        raise NotSigned(
            f"nothing of {feed} of {client_id} {business_date} is set aside; see: acme quarantine list "
            f"--client {client_id}"
        )
    return found[0]


def _rows(delivery_id: str, limit: int) -> Select[Any]:
    columns = quarantined_rows().c
    return (
        select(columns.source_file, columns.source_row, columns.rule, columns.column_name, columns.reason)
        .filter_by(delivery_id=delivery_id)
        .order_by(columns.source_file, columns.source_row)
        .limit(limit)
    )


def rows_set_aside(connection: Connection, delivery_id: str, limit: int) -> list[QuarantinedRow]:
    """File, row number, rule and reason of each row that is set aside; not what is in it."""
    return [QuarantinedRow(*row) for row in connection.execute(_rows(delivery_id, limit))]


def count_set_aside(connection: Connection, delivery_id: str) -> int:
    """How many source rows of a delivery are set aside."""
    rows = quarantined_rows()
    return connection.execute(select(func.count()).select_from(rows).filter_by(delivery_id=delivery_id)).scalar_one()


def original_rows(
    warehouse: Warehouse, held: SetAside, viewer: Signer, roster: Roster, *, reason: str, limit: int, now: datetime
) -> list[QuarantinedRow]:
    """The rows as they were sent. The look is committed to the audit log before a row leaves the warehouse.

    Raises:
        NotSigned: the viewer may not see raw data, does not hold their own key, or gives no reason.
    """
    require_role(viewer, roster, MAY_SEE_RAW, now, "members' rows are")
    if not reason.strip():
        raise NotSigned("a look at members' rows needs a reason: --reason TEXT")
    details = {"feed": held.feed, "delivery_id": held.delivery_id, "rows_at_most": limit, "reason": reason}
    with warehouse.begin() as connection:
        write_entry(
            connection, Entry(now, viewer.email, "quarantine_viewed", held.client_id, held.business_date, details)
        )
    with warehouse.begin() as connection:
        statement = _rows(held.delivery_id, limit).add_columns(quarantined_rows().c.original)
        return [QuarantinedRow(*row) for row in connection.execute(statement)]
