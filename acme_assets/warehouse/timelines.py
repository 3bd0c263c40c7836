"""Read what happened to the client nights of a window, for the report on whose minutes it was.

A constant number of queries for the nights that were in time, and one for every 500 of those that were not: only these
are asked for what happened in them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select, tuple_

from acme_assets.nights.facts import NightFacts, StatementFact
from acme_assets.sla.late_night import BuiltTrace, DeliveryTrace, Trace, tell
from acme_assets.sla.timeline import NightTimeline
from acme_assets.warehouse.ledger import (
    audit_entries,
    candidates,
    client_nights,
    deliveries,
    loads,
    releases,
    statements,
)
from acme_assets.warehouse.reading import Night, read_nights
from acme_assets.warehouse.sla_tables import deadline_outcomes
from client_partitions.calendar import deadline_at
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Roster

_AT_ONCE = 500
"""Late nights in one query."""

_EVENTS = ("candidate_built", "delivery_quarantined", "delivery_reinstated")


def read_timelines(
    connection: Connection, clients: Mapping[str, Client], first: date, last: date, roster: Roster, as_of: datetime
) -> list[NightTimeline]:
    """The client nights from one business date to another whose deadline has passed, by client and date.

    A client's nights begin with the first of which the ledger knows anything: the registry does not say since when it
    is a client.
    """
    window = _Window.read(connection, first, last)
    in_time, late = [], []
    for client in clients.values():
        began = window.began.get(client.client_id)
        for day in _days(max(first, began), last) if began else ():
            night = (client.client_id, day)
            deadline = window.deadlines.get(night) or deadline_at(client, day)
            released = window.released.get(night)
            if released and released <= deadline and night not in window.special:
                needed = client.feeds_owed(day)
                in_time.append(NightTimeline(*night, deadline, needed, released))
            elif deadline < as_of or night in window.special:
                late.append(night)
    told = [
        timeline
        for at in range(0, len(late), _AT_ONCE)
        for timeline in _late(connection, clients, window, late[at : at + _AT_ONCE], roster, as_of)
    ]
    found = [night for night in (*in_time, *told) if night.is_due(as_of)]
    return sorted(found, key=lambda night: (night.client_id, night.business_date))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True)
class _Window:
    """What is read of every night."""

    began: Mapping[str, date]
    """Client to its first business date."""
    begun: frozenset[Night]
    """Nights that the ledger knows."""
    released: Mapping[Night, datetime]
    """The first release, withdrawn or not."""
    deadlines: Mapping[Night, datetime]
    """As they were recorded when they passed."""
    said: Sequence[StatementFact]
    """Every statement but sign-offs: terms, withdrawals."""
    special: frozenset[Night]
    """Nights that such a statement is about: their deadline or their release may be another than it seems."""

    @classmethod
    def read(cls, connection: Connection, first: date, last: date) -> "_Window":
        began = select(client_nights.c.client_id, func.min(client_nights.c.business_date)).group_by(
            client_nights.c.client_id
        )
        key = (client_nights.c.client_id, client_nights.c.business_date)
        same = and_(releases.c.client_id == key[0], releases.c.business_date == key[1])
        nights = (
            select(*key, func.min(releases.c.released_at))
            .select_from(client_nights)
            .outerjoin(releases, same)
            .where(key[1].between(first, last))
            .group_by(*key)
        )
        outcome = deadline_outcomes.c
        recorded = select(outcome.client_id, outcome.business_date, outcome.deadline).where(
            outcome.business_date.between(first, last)
        )
        rows = {(row[0], row[1]): row[2] for row in connection.execute(nights)}
        said = _said(connection, first, last)
        return cls(
            {row[0]: row[1] for row in connection.execute(began)},
            frozenset(rows),
            {night: at for night, at in rows.items() if at},
            {(row[0], row[1]): row[2] for row in connection.execute(recorded)},
            said,
            frozenset(
                (item.client_id, day)
                for item in said
                for day in _days(max(item.first_date, first), min(item.last_date, last))
            ),
        )

    def facts_without_a_row(self, client_id: str, day: date) -> NightFacts:
        """Of a night of which nothing ever arrived."""
        about_it = [
            item for item in self.said if item.client_id == client_id and item.first_date <= day <= item.last_date
        ]
        return NightFacts(client_id, day, statements=tuple(about_it))


def _said(connection: Connection, first: date, last: date) -> list[StatementFact]:
    names = ("statement_id", "kind", "client_id", "first_date", "last_date", "signer", "statement", "signature")
    rows = connection.execute(
        select(*(statements.c[name] for name in names)).where(
            statements.c.kind != "sign_off", statements.c.first_date <= last, statements.c.last_date >= first
        )
    )
    return [StatementFact(*row) for row in rows]


def _late(
    connection: Connection,
    clients: Mapping[str, Client],
    window: _Window,
    nights: Sequence[Night],
    roster: Roster,
    as_of: datetime,
) -> Iterable[NightTimeline]:
    known = [night for night in nights if night in window.begun]
    facts = read_nights(connection, known) if known else {}
    traces = _traces(connection, known) if known else {}
    for night in nights:
        yield tell(
            clients[night[0]],
            facts.get(night) or window.facts_without_a_row(*night),
            traces.get(night, Trace()),
            roster,
            as_of,
            deadline=window.deadlines.get(night),
        )


@dataclass
class _Found:
    """A trace under way."""

    deliveries: list[DeliveryTrace] = field(default_factory=list)
    resent: list[tuple[str, datetime]] = field(default_factory=list)
    quarantined: list[tuple[str, datetime]] = field(default_factory=list)
    built: list[BuiltTrace] = field(default_factory=list)
    built_from: dict[str, Mapping[Feed, str]] = field(default_factory=dict)

    def add(self, action: str, at: datetime, details: Mapping[str, Any]) -> None:
        """One event of the audit log."""
        if action == "candidate_built":
            self.built.append(BuiltTrace(details["evidence_digest"], at, len(details["failed_suites"])))
        else:
            (self.quarantined if action == "delivery_quarantined" else self.resent).append((details["delivery_id"], at))

    def trace(self) -> Trace:
        """What was found."""
        return Trace(
            tuple(self.deliveries), tuple(self.resent), tuple(self.quarantined), tuple(self.built), self.built_from
        )


def _traces(connection: Connection, nights: Sequence[Night]) -> dict[Night, Trace]:
    found: dict[Night, _Found] = defaultdict(_Found)

    def of(table: Any) -> Any:
        return tuple_(table.c.client_id, table.c.business_date).in_(nights)

    names = ("client_id", "business_date", "delivery_id", "feed", "landed_at")
    arrived = (
        select(*(deliveries.c[name] for name in names), loads.c.loaded_at)
        .outerjoin(loads, loads.c.delivery_id == deliveries.c.delivery_id)
        .where(of(deliveries))
    )
    for client_id, day, *row in connection.execute(arrived):
        found[client_id, day].deliveries.append(DeliveryTrace(*row))
    # The log is found by time, and no event of a night is from before its business date.
    since = datetime.combine(min(day for _, day in nights), time(), tzinfo=UTC) - timedelta(days=1)
    entry = audit_entries.c
    events = (
        select(entry.client_id, entry.business_date, entry.action, entry.recorded_at, entry.entry)
        .where(of(audit_entries), entry.action.in_(_EVENTS), entry.recorded_at >= since)
        .order_by(entry.recorded_at, entry.entry_id)
    )
    for client_id, day, action, at, text in connection.execute(events):
        found[client_id, day].add(action, at, json.loads(text)["details"])
    evidence = select(
        candidates.c.client_id, candidates.c.business_date, candidates.c.evidence_digest, candidates.c.evidence
    )
    released = select(releases.c.evidence_digest).where(of(releases))
    for client_id, day, digest, text in connection.execute(
        evidence.where(of(candidates), candidates.c.evidence_digest.in_(released))
    ):
        built_from = {item["feed"]: item["delivery_id"] for item in json.loads(text)["deliveries"]}
        found[client_id, day].built_from[digest] = built_from
    return {night: item.trace() for night, item in found.items()}
