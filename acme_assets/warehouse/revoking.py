"""Find a signed statement by its id, and take it back."""

import re
from datetime import datetime

from sqlalchemy import Connection, select

from acme_assets.gates.exceptions import span_in_words
from acme_assets.gates.statement import Kind, NoStatement, Signer, read_statement
from acme_assets.gates.verification import verified, why_not_revocable
from acme_assets.nights.facts import StatementFact
from acme_assets.warehouse.ledger import statements
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.signing import NotSigned, record, stored_statements
from client_partitions.client import Client
from client_partitions.people import Role, Roster


def revoke_statement(
    warehouse: Warehouse,
    client: Client,
    statement_id: str,
    *,
    signer: Signer,
    role: Role,
    reason: str,
    roster: Roster,
    now: datetime,
) -> str:
    """Take a statement back, of any kind that can be; returns the revocation's id. What is released stays so.

    Raises:
        NotSigned: the role may not, it is revoked already, or statements of its kind are not revoked.
    """
    if not reason.strip():
        raise NotSigned("a revocation needs a reason: --reason TEXT")
    with warehouse.begin() as connection:
        found = find_statement(connection, statement_id, client_id=client.client_id)
        kind = found.kind.replace("_", " ")
        try:
            target = read_statement(found.text)
        except NoStatement as error:
            raise NotSigned(f"{kind} {found.statement_id[:12]} cannot be revoked: {error}") from error
        dates = (target.first_date, target.last_date)
        signed = signer.sign(
            "revocation",
            role,
            client.client_id,
            dates,
            {"statement_id": found.statement_id, "of_kind": target.kind},
            meaning=f"I revoke the {kind} of {target.signer} for {client.name}, {span_in_words(*dates)}: "
            "it counts no longer.",
            reason=reason,
            made_at=now,
        )
        _, refused = verified(stored_statements(connection, client.client_id), roster, now, now)
        ended = (item for item in refused if item.statement_id == found.statement_id)
        if (refusal := next(ended, None)) and (refusal.ended == "revoked" or refusal.is_forgery):
            raise NotSigned(f"{kind} {found.statement_id[:12]} does not count any more: {refusal.reason}")
        if why := why_not_revocable(target, signed.statement):
            raise NotSigned(f"{kind} {found.statement_id[:12]} is not revoked: {why}")
        return record(connection, signed, roster, now)


def find_statement(connection: Connection, given: str, *kinds: Kind, client_id: str | None = None) -> StatementFact:
    """The recorded statement of an id, or of an unambiguous prefix of 8 hex digits or more; not verified.

    Raises:
        NotSigned: there is none, or there are several.
    """
    what = " or ".join(kind.replace("_", " ") for kind in kinds) or "statement"
    if not re.fullmatch("[0-9a-f]{8,64}", given):
        raise NotSigned(f"{given!r} is no id; give the first 8 hex digits of the {what}'s id, or more")
    query = select(statements.c.statement_id, statements.c.client_id).where(statements.c.statement_id.like(f"{given}%"))
    if kinds:
        query = query.where(statements.c.kind.in_(kinds))
    if client_id:
        query = query.where(statements.c.client_id == client_id)
    found = connection.execute(query.limit(2)).all()
    if not found:
        raise NotSigned(f"there is no {what} {given}" + (f" of {client_id}" if client_id else ""))
    if len(found) > 1:
        raise NotSigned(f"several ids begin with {given}; give more digits")
    statement_id, owner = found[0]
    return next(item for item in stored_statements(connection, owner) if item.statement_id == statement_id)
