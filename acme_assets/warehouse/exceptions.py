"""Client exceptions: requested by AcmeHealth's staff, acknowledged for the client, revoked. Both together are a waiver.

What counts is decided where nights are decided, in `acme_assets.gates`: nothing here has a rule of its own for it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Connection

from acme_assets.gates.exceptions import in_words, span_in_words
from acme_assets.gates.statement import NoStatement, Signer, Statement, read_statement
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import NightFacts, StatementFact
from acme_assets.warehouse.drafting import Draft, draft_exception
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.revoking import find_statement, revoke_statement
from acme_assets.warehouse.signing import NotSigned, fact_of, record, stored_statements
from client_partitions.client import Client
from client_partitions.people import Role, Roster

__all__ = [
    "ClientException",
    "acknowledge",
    "awaiting",
    "exceptions",
    "find_statement",
    "record_acknowledgement",
    "request_exception",
    "revoke_statement",
]

State = Literal["requested", "live", "expired", "revoked", "refused"]
"""requested: nobody acknowledged it yet; live: a waiver; refused: it never counted."""


@dataclass(frozen=True)
class ClientException:
    """A request, and what became of it."""

    request_id: str
    client_id: str
    first_date: date
    last_date: date
    state: State
    why: str | None
    """Why it does not count, where it does not; why an acknowledgement did not, where one was refused."""
    request: Statement | None
    """None where what is recorded is no statement."""
    acknowledgement: Statement | None
    """None while it is no waiver."""


def request_exception(
    warehouse: Warehouse,
    client: Client,
    feed: str,
    exception: str,
    dates: tuple[date, date],
    *,
    signer: Signer,
    role: Role,
    reason: str,
    roster: Roster,
    now: datetime,
    until: str | None = None,
    expires_at: datetime | None = None,
    shown: Draft | None = None,
) -> str:
    """Record a request; returns its id. It changes nothing before it is acknowledged.

    Args:
        until: for late_until, "HH:MM" on the client's clock.
        expires_at: by default 24 hours after the deadline of the last business date.
        shown: what the signer was shown.

    Raises:
        NotSigned: it makes no sense, would not count, or is another by now than was shown.
    """
    if not reason.strip():
        raise NotSigned("a request needs a reason: --reason TEXT")
    with warehouse.begin() as connection:
        draft = draft_exception(
            connection, client, feed, exception, dates, roster=roster, now=now, until=until, expires_at=expires_at
        )
        if shown is not None and draft != shown:
            raise NotSigned(f"the {feed} deliveries changed meanwhile, and so would the request; look at it again")
        return record(connection, draft.sign(signer, role, reason, now), roster, now)


def acknowledge(
    warehouse: Warehouse,
    client: Client,
    request_id: str,
    *,
    signer: Signer,
    role: Role,
    contact: str,
    reference: str,
    roster: Roster,
    now: datetime,
) -> str:
    """Record that somebody at the client agreed to a request: from now on it is a waiver. Returns the statement's id.

    Args:
        contact: e-mail address of who agreed, at the client.
        reference: the message, ticket or call that it can be found by.

    Raises:
        NotSigned: the request waits for none, or the acknowledgement would not count.
    """
    if role == "service":
        raise NotSigned("the service acknowledges through a client's link alone: acme exception link")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", contact) or contact in roster.people:
        raise NotSigned(f"{contact!r} is no e-mail address of somebody at {client.name}")
    if not reference.strip():
        raise NotSigned("an acknowledgement needs the message, ticket or call that it can be found by: --reference")
    with warehouse.begin() as connection:
        return record_acknowledgement(
            connection, client, request_id,
            signer=signer, role=role, contact=contact, reference=reference, roster=roster, now=now,
        )  # fmt: skip


def record_acknowledgement(
    connection: Connection,
    client: Client,
    request_id: str,
    *,
    signer: Signer,
    role: Role,
    contact: str,
    reference: str,
    roster: Roster,
    now: datetime,
) -> str:
    """As `acknowledge`, in the open transaction; for the service also, which acts for a client's link."""
    request = awaiting(connection, client, request_id, roster, now)
    via = "link" if role == "service" else "client_success"
    dates = (request.first_date, request.last_date)
    who = f"{contact} acknowledged for {client.name}, by {reference}"
    signed = signer.sign(
        "acknowledgement",
        role,
        client.client_id,
        dates,
        {"request_id": request.statement_id, "contact": contact, "reference": reference, "via": via},
        meaning=f"{who}, for {span_in_words(*dates)}: {in_words(request.subject)}.",
        reason=None,
        made_at=now,
    )
    facts = [*stored_statements(connection, client.client_id), fact_of(signed)]
    night = _of_statements(client, facts, roster, now)
    if not any(item.acknowledgement == signed.statement for item in night.waivers):
        why = (item.reason for item in night.refused if item.statement_id == signed.statement.statement_id)
        raise NotSigned(f"the acknowledgement was not recorded: {next(why, 'it would not count')}")
    return record(connection, signed, roster, now)


def awaiting(connection: Connection, client: Client, request_id: str, roster: Roster, now: datetime) -> Statement:
    """The request of this id or prefix, which counts and which nobody acknowledged yet.

    Raises:
        NotSigned: there is none such; the text says what became of it.
    """
    found = find_statement(connection, request_id, "exception_request", client_id=client.client_id)
    night = _of_statements(client, stored_statements(connection, client.client_id), roster, now)
    for request in night.pending:
        if request.statement_id == found.statement_id:
            return request
    short = found.statement_id[:12]
    for waiver in night.waivers:
        if waiver.request.statement_id == found.statement_id:
            said = waiver.acknowledgement
            raise NotSigned(f"request {short} is acknowledged already, by {said.subject['contact']}")
    why = (item.reason for item in night.refused if item.statement_id == found.statement_id)
    raise NotSigned(f"request {short} cannot be acknowledged: {next(why, 'it does not count')}")


def exceptions(
    connection: Connection,
    clients: Mapping[str, Client],
    roster: Roster,
    now: datetime,
    client_id: str | None = None,
) -> list[ClientException]:
    """Every exception that was ever requested, of one client or of all, in the order in which they were recorded."""
    found = []
    for client in clients.values():
        if client_id in (None, client.client_id):
            facts = stored_statements(connection, client.client_id)
            night = _of_statements(client, facts, roster, now)
            found += [_judged(fact, night, facts) for fact in facts if fact.kind == "exception_request"]
    return found


def _of_statements(client: Client, facts: Iterable[StatementFact], roster: Roster, now: datetime) -> Night:
    """Which of a client's statements count, and which waivers they make, on whatever dates."""
    return night_of(client, NightFacts(client.client_id, date.min, statements=tuple(facts)), roster, now)


def _judged(fact: StatementFact, night: Night, facts: Sequence[StatementFact]) -> ClientException:
    request = next((item for item in night.pending if item.statement_id == fact.statement_id), None)
    waiver = next((item for item in night.waivers if item.request.statement_id == fact.statement_id), None)
    refusal = next((item for item in night.refused if item.statement_id == fact.statement_id), None)
    state: State = "live" if waiver else "requested" if request else (refusal and refusal.ended) or "refused"
    return ClientException(
        fact.statement_id,
        fact.client_id,
        fact.first_date,
        fact.last_date,
        state,
        refusal.reason if refusal else _refused_acknowledgements(fact.statement_id, night, facts) if request else None,
        _read(fact),
        waiver.acknowledgement if waiver else None,
    )


def _refused_acknowledgements(request_id: str, night: Night, facts: Sequence[StatementFact]) -> str | None:
    reasons = {item.statement_id: item.reason for item in night.refused if item.kind == "acknowledgement"}
    about_it = [
        f"an acknowledgement by {fact.signer} does not count: {reasons[fact.statement_id]}"
        for fact in facts
        if fact.statement_id in reasons and (said := _read(fact)) and said.subject.get("request_id") == request_id
    ]
    return "; ".join(about_it) or None


def _read(fact: StatementFact) -> Statement | None:
    try:
        return read_statement(fact.text)
    except NoStatement:
        return None
