"""What is wrong with a night that is over: empty lists where nothing is. From the ledger and Dagster's database."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection, func, select

from acme_assets.environment import Platform
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from acme_assets.warehouse.auditing import verify_ledger
from acme_assets.warehouse.ledger import (
    audit_entries,
    candidates,
    deliveries,
    delivery_files,
    loads,
    model_builds,
    releases,
    statements,
    stuck_work,
)
from acme_assets.warehouse.mart_tables import published_table
from acme_assets.warehouse.protocol import RowsDigest, Warehouse
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
from client_partitions.feeds import FEEDS

_ENDED = ("loaded", "quarantined", "superseded", "ignored")


def violations(work: Platform, day: date, signed: Iterable[str]) -> list[str]:
    """Of one business date.

    Args:
        signed: ids of statements that somebody was told had been recorded.
    """
    with work.warehouse.begin() as connection:
        found = [
            *_deliveries(connection, day),
            *_loads(connection, day),
            *_builds(connection, day),
            *_releases(work.warehouse, connection, day),
            *_statements(connection, day, signed),
            *_entries(connection, day),
        ]
    report = verify_ledger(work.warehouse, work.roster())
    return [*found, *(f"audit log, {item.kind}: {item.text}" for item in report.findings)]


def _deliveries(connection: Connection, day: date) -> list[str]:
    states = connection.execute(
        select(deliveries.c.state, func.count()).filter_by(business_date=day).group_by(deliveries.c.state)
    ).tuples()
    return [f"{count} deliveries stay {state}" for state, count in states if state not in _ENDED]


def _loads(connection: Connection, day: date) -> list[str]:
    """Rows in RAW and QUARANTINE are those of the loads, each once; rows in are rows loaded and quarantined."""
    found = []
    known = {row.delivery_id: row for row in connection.execute(select(loads).filter_by(business_date=day))}
    in_raw = Counter[str]()
    for feed in FEEDS:
        table = raw_table(feed)
        in_raw |= _by_delivery(connection, table, table.c.business_date == day)
    for delivery_id in sorted({*known, *in_raw}):
        lines = known[delivery_id].lines_loaded if delivery_id in known else 0
        if in_raw[delivery_id] != lines:
            found.append(f"delivery {delivery_id[:12]} has {in_raw[delivery_id]} rows in RAW and {lines} in its load")
    for row in known.values():
        if row.rows_in != row.rows_loaded + row.rows_quarantined:
            found.append(f"load {row.delivery_id[:12]} lost rows")
    files = connection.execute(
        select(
            delivery_files.c.delivery_id,
            func.sum(delivery_files.c.rows_in),
            func.sum(delivery_files.c.rows_loaded) + func.sum(delivery_files.c.rows_quarantined),
        )
        .join(deliveries, deliveries.c.delivery_id == delivery_files.c.delivery_id)
        .where(deliveries.c.business_date == day, deliveries.c.state.in_(("loaded", "quarantined")))
        .group_by(delivery_files.c.delivery_id)
    ).tuples()
    found += [f"files of delivery {item[:12]} lost rows" for item, came, kept in files if came != kept]
    table = quarantined_rows()
    rows = select(table.c.delivery_id, table.c.source_file, table.c.source_row, table.c.rule, table.c.column_name)
    twice = rows.where(table.c.business_date == day).group_by(*rows.selected_columns).having(func.count() > 1)
    count = len(connection.execute(twice).all())
    return [*found, *([f"{count} rows are in QUARANTINE twice"] if count else [])]


def _by_delivery(connection: Connection, table, condition) -> Counter[str]:  # type: ignore[no-untyped-def]
    query = select(table.c.delivery_id, func.count()).where(condition).group_by(table.c.delivery_id)
    return Counter(dict(connection.execute(query).tuples().all()))


def _builds(connection: Connection, day: date) -> list[str]:
    rows = connection.execute(
        select(model_builds.c.client_id, model_builds.c.model).filter_by(business_date=day, state="building")
    )
    stuck = connection.execute(
        select(stuck_work.c.client_id, stuck_work.c.stage, stuck_work.c.reason).filter_by(business_date=day)
    )
    return [
        *(f"{client_id}: {model} stays building" for client_id, model in rows.tuples()),
        *(f"{client_id}: {stage} was given up: {reason}" for client_id, stage, reason in stuck.tuples()),
    ]


def _releases(warehouse: Warehouse, connection: Connection, day: date) -> list[str]:
    """Every release, live or not, has exactly the rows that were signed, of all marts."""
    found = []
    made = connection.execute(
        select(releases, candidates.c.evidence)
        .join(candidates, candidates.c.evidence_digest == releases.c.evidence_digest)
        .where(releases.c.business_date == day)
    ).all()
    known = {row.release_id for row in made}
    ids = set(connection.execute(select(statements.c.statement_id)).scalars())
    for row in made:
        expected = {
            name: RowsDigest(mart["rows"], mart["sha256"]) for name, mart in json.loads(row.evidence)["marts"].items()
        }
        for mart, said in expected.items():
            columns = [*GRAIN_OF_EVERY_MART, *MARTS[mart].columns]
            written = warehouse.digest(connection, published_table(mart), columns, {"release_id": row.release_id})
            if written != said:
                found.append(f"release {row.release_id[:12]} of {row.client_id}: {mart} is not what was signed")
        if not set(json.loads(row.sign_off_ids)) <= ids:
            found.append(f"release {row.release_id[:12]} of {row.client_id} stands on a sign-off that is gone")
    for mart in MARTS:
        table = published_table(mart)
        there = connection.execute(select(table.c.release_id).where(table.c.business_date == day).distinct()).scalars()
        found += [f"{mart} has rows of no release ({item[:12]})" for item in there if item not in known]
    return found


def _statements(connection: Connection, day: date, signed: Iterable[str]) -> list[str]:
    there = set(connection.execute(select(statements.c.statement_id).filter_by(first_date=day)).scalars())
    entered = Counter(
        connection.execute(
            select(audit_entries.c.statement_id).where(audit_entries.c.statement_id.in_(there))
        ).scalars()
    )
    return [
        *(f"statement {item[:12]} was acknowledged and is gone" for item in signed if item not in there),
        *(f"statement {item[:12]} has {entered[item]} audit entries" for item in sorted(there) if entered[item] != 1),
    ]


def _entries(connection: Connection, day: date) -> list[str]:
    """Each release is on the record once, each load as often as its delivery came to speak."""
    rows = connection.execute(
        select(audit_entries.c.action, audit_entries.c.entry).where(
            audit_entries.c.business_date == day,
            audit_entries.c.action.in_(("released", "delivery_loaded", "delivery_arrived", "delivery_reinstated")),
        )
    ).tuples()
    counts: dict[str, Counter[str]] = {}
    for action, text in rows:
        details = json.loads(text)["details"]
        counts.setdefault(action, Counter())[details.get("release_id") or details["delivery_id"]] += 1
    spoke = counts.get("delivery_arrived", Counter()) + counts.get("delivery_reinstated", Counter())
    return [
        *_more(counts.get("released", Counter()), lambda item: 1, "released"),
        *_more(counts.get("delivery_loaded", Counter()), lambda item: spoke[item], "loaded"),
        *_more(counts.get("delivery_arrived", Counter()), lambda item: 1, "arrived"),
    ]


def _more(counted: Counter[str], most, what: str) -> Sequence[str]:  # type: ignore[no-untyped-def]
    return [f"{item[:12]} is recorded {count} times as {what}" for item, count in counted.items() if count > most(item)]
