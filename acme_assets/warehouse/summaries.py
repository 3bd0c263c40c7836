"""What nights that are over teach: made from the ledger, one row per business date, read back a year at a time."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, func, select, update

from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import NightFacts
from acme_assets.sla.columns import Columns, packed, unpacked
from acme_assets.sla.night import Desk
from acme_assets.sla.outcomes import is_night
from acme_assets.sla.summarising import CandidateRecord, DeliveryRecord, NightRecord, summary_of
from acme_assets.sla.summary import NightSummary
from acme_assets.warehouse.deadlines import first_nights
from acme_assets.warehouse.ledger import audit_entries, candidates, client_nights, deliveries, loads, statements
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_business_date
from acme_assets.warehouse.sla_tables import night_summaries
from client_partitions.client import Client
from client_partitions.people import Roster

_NIGHT_LASTS = timedelta(days=3)
"""How long after its date began a night's signatures are looked for."""

Stamps = dict[tuple[str, str], datetime]


def summarise(
    connection: Connection,
    clients: Mapping[str, Client],
    business_date: date,
    roster: Roster,
    now: datetime,
    desk: Desk,
) -> list[NightSummary]:
    """What the nights of a business date teach, of every client that owed something: as many queries whatever happened.

    Args:
        desk: the analysts' shifts of that night.
    """
    facts = read_business_date(connection, business_date)
    for client_id, first in first_nights(connection).items():
        if first <= business_date:  # it owed its files that night too, though nothing came
            facts.setdefault(client_id, NightFacts(client_id, business_date))
    nights = {key: night_of(clients[key], item, roster, now) for key, item in facts.items() if key in clients}
    found = _deliveries(connection, business_date)
    built = _candidates(connection, business_date)
    recorded = _recorded(connection, business_date)
    signatures = _signatures(connection, business_date)
    return [
        summary_of(
            NightRecord(clients[key], nights[key], found.get(key, ()), built.get(key, ()), recorded), signatures, desk
        )
        for key in sorted(nights)
        if is_night(nights[key])
    ]


def _deliveries(connection: Connection, business_date: date) -> Mapping[str, list[DeliveryRecord]]:
    first = _first_stamps(connection, business_date)
    names = ("delivery_id", "client_id", "feed", "bytes", "landed_at", "observed_at")
    rows = connection.execute(
        select(*(deliveries.c[name] for name in names), loads.c.started_at, loads.c.loaded_at)
        .outerjoin(loads, loads.c.delivery_id == deliveries.c.delivery_id)
        .where(deliveries.c.business_date == business_date)
    )
    found = defaultdict(list)
    for row in rows:
        found[row.client_id].append(
            DeliveryRecord(
                row.delivery_id,
                row.feed,
                row.bytes,
                row.landed_at,
                first.get(("delivery_arrived", row.delivery_id), row.observed_at),
                first.get(("delivery_quarantined", row.delivery_id)),
                row.started_at,
                row.loaded_at,
            )
        )
    return {key: sorted(items, key=lambda item: (item.seen_at, item.delivery_id)) for key, items in found.items()}


def _first_stamps(connection: Connection, business_date: date) -> Stamps:
    """When each delivery was first noticed and first quarantined: its row says only what it is now."""
    rows = connection.execute(
        select(audit_entries.c.action, audit_entries.c.recorded_at, audit_entries.c.entry)
        .filter_by(business_date=business_date)
        .where(audit_entries.c.action.in_(("delivery_arrived", "delivery_quarantined")))
        .order_by(audit_entries.c.recorded_at)
    )
    found: Stamps = {}
    for action, recorded_at, entry in rows:
        found.setdefault((action, json.loads(entry)["details"]["delivery_id"]), recorded_at)
    return found


def _candidates(connection: Connection, business_date: date) -> Mapping[str, list[CandidateRecord]]:
    names = ("client_id", "evidence_digest", "started_at", "built_at", "failed_suites")
    rows = connection.execute(
        select(*(candidates.c[name] for name in names))
        .filter_by(business_date=business_date)
        .order_by(candidates.c.built_at, candidates.c.evidence_digest)
    )
    found = defaultdict(list)
    for row in rows:
        failed = len(_listed(row.failed_suites))
        found[row.client_id].append(CandidateRecord(row.evidence_digest, row.started_at, row.built_at, failed))
    return found


def _listed(text: str) -> list[object]:
    """Empty where somebody made it something else by hand: one night's row must not stop all others."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _recorded(connection: Connection, business_date: date) -> dict[str, datetime]:
    rows = connection.execute(
        select(statements.c.statement_id, statements.c.recorded_at).where(
            statements.c.first_date <= business_date, statements.c.last_date >= business_date
        )
    )
    return {row.statement_id: row.recorded_at for row in rows}


def _signatures(connection: Connection, business_date: date) -> dict[str, list[datetime]]:
    """When each analyst signed in those days, whatever the business date."""
    begin = datetime.combine(business_date, time(), tzinfo=UTC)
    rows = connection.execute(
        select(statements.c.signer, statements.c.recorded_at)
        .filter_by(kind="sign_off")
        .where(statements.c.recorded_at.between(begin, begin + _NIGHT_LASTS))
        .order_by(statements.c.recorded_at)
    )
    found = defaultdict(list)
    for signer, recorded_at in rows:
        found[signer].append(recorded_at)
    return found


def store_summaries(
    warehouse: Warehouse, connection: Connection, business_date: date, summaries: Sequence[NightSummary], now: datetime
) -> None:
    """Store them in place of those that are there. The clients that sent nothing at all are among them."""
    row = {"made_at": now, "clients": len(summaries), "summary": packed(summaries)}
    key = {"business_date": business_date}
    if not warehouse.insert_new(connection, night_summaries, key | row):
        connection.execute(update(night_summaries).filter_by(**key).values(**row))


def read_history(connection: Connection, since: date) -> Columns:
    """The summaries of the business dates from one on.

    Raises:
        NoSummaries: what is stored of a date cannot be read.
    """
    rows = connection.execute(
        select(night_summaries.c.business_date, night_summaries.c.summary)
        .where(night_summaries.c.business_date >= since)
        .order_by(night_summaries.c.business_date)
    )
    return unpacked((row.business_date, row.summary) for row in rows)


def history_version(connection: Connection, since: date) -> tuple[int, datetime | None]:
    """Equal while `read_history` would give the same: a small query."""
    made = night_summaries.c.made_at
    row = connection.execute(select(func.count(), func.max(made)).where(night_summaries.c.business_date >= since)).one()
    return row[0], row[1]


def dates_to_summarise(connection: Connection, since: date) -> dict[date, tuple[int, int]]:
    """Business dates with nights and no summary, to the number of their nights and how many of these are released."""
    day = client_nights.c.business_date
    rows = connection.execute(
        select(day, func.count(), func.count(client_nights.c.live_release))
        .outerjoin(night_summaries, night_summaries.c.business_date == day)
        .where(day >= since, night_summaries.c.business_date.is_(None))
        .group_by(day)
        .order_by(day)
    )
    return {row[0]: (row[1], row[2]) for row in rows}
