"""What an override would change, asked of the ledger: nothing is written, and nobody's key is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from acme_assets.gates.changes import described, under_override, why_no_change
from acme_assets.gates.exceptions import span_in_words
from acme_assets.gates.graph import Graph
from acme_assets.gates.what_if import Change, change_between, suppose
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.marts import marts_of
from acme_assets.validation.tuning import tuning_problems
from acme_assets.warehouse.ledger import client_nights
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_night
from acme_assets.warehouse.signing import NotSigned, fact_of, stored_statements
from client_partitions.calendar import business_date_in_hand, deadline_at
from client_partitions.client import Client
from client_partitions.people import Roster

Dates = tuple[date, date]

MAX_DAYS = 92
"""Business dates of one override: what is to last is changed in the client's file."""
DAYS_BACK = 14
"""How far back an override may reach: as many nights as its effect is shown for."""
EXPIRES_AFTER = timedelta(hours=24)
"""After the deadline of its last business date, unless its author says otherwise."""


@dataclass(frozen=True)
class Effect:
    """What an override would change."""

    dates: tuple[date, ...]
    """The business dates whose dependencies change."""
    before: Graph
    after: Graph
    """Of the first of these dates."""
    nights: tuple[Change, ...]
    """The client nights whose state, blocking step or deadline changes."""
    looked_at: int
    """How many client nights were compared: those of its dates that the ledger knows, and the one in hand."""


def expiry(client: Client, dates: Dates) -> datetime:
    """When an override of these dates ends unless its author says otherwise."""
    return deadline_at(client, dates[1]) + EXPIRES_AFTER


def effect(
    warehouse: Warehouse,
    client: Client,
    subject: Mapping[str, Any],
    dates: Dates,
    roster: Roster,
    now: datetime,
    expires_at: datetime | None = None,
) -> Effect:
    """What an override would change once it is approved.

    Raises:
        NotSigned: it cannot be: the client has no such feed or mart, it changes nothing, its dates are wrong.
    """
    with warehouse.begin() as connection:
        return effect_in(connection, client, subject, dates, roster, now, expires_at or expiry(client, dates))


def effect_in(
    connection: Connection,
    client: Client,
    subject: Mapping[str, Any],
    dates: Dates,
    roster: Roster,
    now: datetime,
    expires_at: datetime,
) -> Effect:
    """As `effect`, in an open transaction.

    Raises:
        NotSigned: as `effect` does.
    """
    if problem := _why_not(client, subject, dates, expires_at, now):
        raise NotSigned(problem)
    signed, made_up = suppose(client.client_id, subject, dates, expires_at, now)
    everybody = replace(roster, people={**roster.people, **made_up.people})
    supposed = tuple(fact_of(item) for item in signed)
    known = _known_nights(connection, client, dates, now)
    stored = stored_statements(connection, client.client_id)
    changes = {}
    for day in _days(*dates):
        about_it = tuple(item for item in stored if item.first_date <= day <= item.last_date)
        facts = known.get(day) or NightFacts(client.client_id, day, statements=about_it)
        with_it = replace(facts, statements=(*facts.statements, *supposed))
        changes[day] = change_between(client, facts, with_it, everybody, now)
    changed = tuple(day for day, change in changes.items() if change.is_of_the_graph)
    if not changed:
        raise NotSigned(
            f"it changes nothing: for {span_in_words(*dates)}, {described(subject)} already, "
            "or a waiver goes before it; see: acme override list"
        )
    nights = tuple(changes[day] for day in known if changes[day].is_of_the_night)
    return Effect(changed, *changes[changed[0]].graphs, nights, len(known))


def _why_not(
    client: Client, subject: Mapping[str, Any], dates: Dates, expires_at: datetime, now: datetime
) -> str | None:
    if problem := why_no_change(subject):
        return problem
    feed, mart, marts = subject.get("feed"), subject.get("mart"), [mart.name for mart in marts_of(client.feeds)]
    if feed is not None and feed not in client.feeds:
        known = ", ".join(client.feeds)
        return f"{client.client_id} has no feed {feed}; it has {known}; add another in its file: docs/clients.md"
    if mart is not None and mart not in marts:
        return f"{client.client_id} has no mart {mart}; it has {', '.join(marts)}"
    if mart is not None and (problems := tuning_problems(under_override(client, subject))):
        return problems[0]
    days = (dates[1] - dates[0]).days + 1
    if days < 1:
        return f"it ends on {dates[1]}, before it begins on {dates[0]}; give --from and --to in their order"
    if days > MAX_DAYS:
        return f"{days} business dates are more than {MAX_DAYS}; a lasting change goes into the client's file"
    earliest = _today(client, now) - timedelta(days=DAYS_BACK)
    if dates[0] < earliest:
        return f"it begins on {dates[0]}, more than {DAYS_BACK} days back; begin on {earliest} or later"
    if expires_at <= now:
        return f"it would expire on {expires_at:%Y-%m-%d %H:%M} UTC, which is past; give a later --expires"
    return None


def _known_nights(connection: Connection, client: Client, dates: Dates, now: datetime) -> dict[date, NightFacts]:
    """The nights of these dates that the ledger knows, and the one in hand; none of the future."""
    last = min(dates[1], _today(client, now))
    begun = connection.execute(
        select(client_nights.c.business_date).where(
            client_nights.c.client_id == client.client_id, client_nights.c.business_date.between(dates[0], last)
        )
    ).scalars()
    days = {*begun, *(day for day in (business_date_in_hand(client, now),) if dates[0] <= day <= last)}
    return {day: read_night(connection, client.client_id, day) for day in sorted(days)}


def _today(client: Client, now: datetime) -> date:
    return now.astimezone(client.zone).date()


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
