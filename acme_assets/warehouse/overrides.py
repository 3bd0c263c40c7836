"""Overrides: temporary changes of one client's dependencies. One person signs, another approves; both are recorded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection

from acme_assets.gates.changes import described
from acme_assets.gates.exceptions import span_in_words
from acme_assets.gates.statement import MAY_SIGN, NoStatement, Signer, Statement, read_statement
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import NightFacts, StatementFact
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.revoking import find_statement
from acme_assets.warehouse.signing import NotSigned, fact_of, record, stored_statements
from acme_assets.warehouse.supposing import Dates, effect_in, expiry
from client_partitions.client import Client
from client_partitions.people import Role, Roster

OverrideState = Literal["proposed", "live", "expired", "revoked", "refused"]

_KINDS = ("override", "override_approval", "revocation")
"""What decides whether an override counts."""


@dataclass(frozen=True)
class RecordedOverride:
    """An override as the ledger has it, and whether it counts."""

    override_id: str
    client_id: str
    dates: Dates
    author: str
    statement: Statement | None
    """None where its text is no statement: it was tampered with."""
    state: OverrideState
    reasons: tuple[str, ...]
    """Why it, or an approval of it, does not count."""
    approved_by: str | None


def add_override(
    warehouse: Warehouse,
    client: Client,
    subject: Mapping[str, Any],
    dates: Dates,
    *,
    signer: Signer,
    role: Role,
    reason: str,
    roster: Roster,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """Record a proposed change of the client's dependencies; returns its id. Somebody else must approve it.

    Raises:
        NotSigned: it cannot be (see `effect`), or the signer may not; nothing was written.
    """
    if not reason.strip():
        raise NotSigned("an override needs a reason: --reason TEXT")
    ends = expires_at or expiry(client, dates)
    with warehouse.begin() as connection:
        effect_in(connection, client, subject, dates, roster, now, ends)
        signed = signer.sign(
            "override",
            role,
            client.client_id,
            dates,
            subject,
            meaning=f"For {client.name}, {span_in_words(*dates)}: {described(subject)}. "
            "It counts once somebody else approves it.",
            reason=reason,
            made_at=now,
            expires_at=ends,
        )
        return record(connection, signed, roster, now)


def approve_override(
    warehouse: Warehouse,
    client: Client,
    override_id: str,
    *,
    signer: Signer,
    role: Role,
    roster: Roster,
    now: datetime,
    reason: str | None = None,
) -> str:
    """Record the approval of an override, which counts from then on; returns the approval's id.

    Raises:
        NotSigned: there is no such override waiting, it makes no sense any more (see `effect`), or the signer may
            not approve it; nothing was written.
    """
    with warehouse.begin() as connection:
        found = find_override(connection, {client.client_id: client}, override_id, roster, now, client.client_id)
        override = found.statement
        if override is None or found.state != "proposed":
            what = f"approved already, by {found.approved_by}" if found.approved_by else "not to be approved"
            raise NotSigned("; ".join([f"override {found.override_id[:12]} is {what}", *found.reasons]))
        ends = override.expires_at or expiry(client, found.dates)
        effect_in(connection, client, override.subject, found.dates, roster, now, ends)
        signed = signer.sign(
            "override_approval",
            role,
            client.client_id,
            found.dates,
            {"override_id": found.override_id},
            meaning=f"I approve the override of {override.signer} for {client.name}, {span_in_words(*found.dates)}: "
            f"{described(override.subject)}.",
            reason=reason,
            made_at=now,
            expires_at=ends,
        )
        approval = fact_of(signed)
        night = _night(client, found.dates[0], [*stored_statements(connection, client.client_id), approval],
                       roster, now)  # fmt: skip
        if refused := [item.reason for item in night.refused if item.statement_id == approval.statement_id]:
            may = " or ".join(MAY_SIGN["override_approval"])
            raise NotSigned(
                f"override {found.override_id[:12]} was not approved: {refused[0]}; ask somebody else of {may}"
            )
        return record(connection, signed, roster, now)


def overrides(
    connection: Connection,
    clients: Mapping[str, Client],
    roster: Roster,
    now: datetime,
    client_id: str | None = None,
) -> list[RecordedOverride]:
    """Every override, of one client or of all, in the order in which they were recorded."""
    facts = [fact for fact in stored_statements(connection, client_id) if fact.kind in _KINDS]
    of_client = {item.client_id: [other for other in facts if other.client_id == item.client_id] for item in facts}
    return [
        _recorded(fact, of_client[fact.client_id], clients.get(fact.client_id), roster, now)
        for fact in facts
        if fact.kind == "override"
    ]


def find_override(
    connection: Connection,
    clients: Mapping[str, Client],
    override_id: str,
    roster: Roster,
    now: datetime,
    client_id: str | None = None,
) -> RecordedOverride:
    """The override of this id, or of an unambiguous prefix of 8 hex digits or more.

    Raises:
        NotSigned: there is none, or there are several.
    """
    named = find_statement(connection, override_id, "override", client_id=client_id)
    found = overrides(connection, clients, roster, now, named.client_id)
    return next(item for item in found if item.override_id == named.statement_id)


def _recorded(
    fact: StatementFact, facts: Sequence[StatementFact], client: Client | None, roster: Roster, now: datetime
) -> RecordedOverride:
    try:
        statement = read_statement(fact.text)
    except NoStatement:
        statement = None
    found = _Standing("refused", (f"there is no usable client file of {fact.client_id}",))
    if client is not None:
        found = _standing(fact, facts, client, roster, now)
    dates = (fact.first_date, fact.last_date)
    return RecordedOverride(
        fact.statement_id, fact.client_id, dates, fact.signer, statement, found.state, found.reasons, found.approved_by
    )


@dataclass(frozen=True)
class _Standing:
    state: OverrideState
    reasons: tuple[str, ...] = ()
    approved_by: str | None = None


def _standing(
    fact: StatementFact, facts: Sequence[StatementFact], client: Client, roster: Roster, now: datetime
) -> _Standing:
    """As the gate has it on each of its dates on which what is said of the night may change."""
    nights = [_night(client, day, facts, roster, now) for day in _turns(fact, facts)]
    live = [item for night in nights for item in night.overrides if item.change.statement_id == fact.statement_id]
    refused = {item.statement_id: item for night in nights for item in night.refused}
    own = refused.get(fact.statement_id)
    if own is not None and not live:
        return _Standing(own.ended or "refused", (own.reason,))
    approvals = [item for item in facts if item.statement_id in refused and _approved(item) == fact.statement_id]
    reasons = tuple(f"an approval by {item.signer} does not count: {refused[item.statement_id].reason}"
                    for item in approvals)  # fmt: skip
    if live:
        partly = ("it counts on some of its business dates alone",) if len(live) < len(nights) else ()
        return _Standing("live", (*partly, *reasons), live[0].approval.signer)
    return _Standing("proposed", reasons)


def _turns(fact: StatementFact, facts: Iterable[StatementFact]) -> list[date]:
    starts = {item.first_date for item in facts} | {item.last_date + timedelta(days=1) for item in facts}
    return sorted(day for day in {fact.first_date, *starts} if fact.first_date <= day <= fact.last_date)


def _night(client: Client, day: date, facts: Iterable[StatementFact], roster: Roster, now: datetime) -> Night:
    about_it = tuple(item for item in facts if item.first_date <= day <= item.last_date)
    return night_of(client, NightFacts(client.client_id, day, statements=about_it), roster, now)


def _approved(fact: StatementFact) -> str | None:
    """The id of the override that a statement approves, if it is an approval."""
    try:
        return read_statement(fact.text).subject.get("override_id") if fact.kind == "override_approval" else None
    except NoStatement:
        return None
