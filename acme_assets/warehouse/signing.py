"""Record signed statements: verified first, then written with their audit entry in one transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select

from acme_assets.audit.entry import Action, Entry
from acme_assets.gates.decision import objections_to, why_not_counting
from acme_assets.gates.statement import Kind, Signed, Signer, Statement
from acme_assets.gates.terms import Night, night_of
from acme_assets.gates.verification import verified
from acme_assets.nights.facts import CandidateFact, StatementFact
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import candidates, statements
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client
from client_partitions.people import Role, Roster

Decision = Literal["approved", "rejected"]

_ACTION: dict[Kind, Action] = {
    "sign_off": "signed_off",
    "exception_request": "exception_requested",
    "acknowledgement": "exception_acknowledged",
    "override": "override_signed",
    "override_approval": "override_approved",
    "withdrawal": "withdrawal_signed",
    "revocation": "statement_revoked",
}


class NotSigned(Exception):
    """The statement was not recorded. The text says why and what to do."""


@dataclass(frozen=True)
class StoredEvidence:
    """The evidence of a client night's present candidate."""

    digest: str
    canonical: str
    """Canonical JSON."""
    candidate: CandidateFact


def evidence_of(warehouse: Warehouse, client: Client, business_date: date) -> StoredEvidence:
    """The evidence to review.

    Raises:
        NotSigned: there is no candidate, or what is stored of it is not what its digest stands for.
    """
    with warehouse.begin() as connection:
        facts = read_night(connection, client.client_id, business_date)
        if facts.candidate is None:
            raise NotSigned(
                f"{client.client_id} {business_date} has no candidate to sign; "
                f"see what it waits for: acme explain {client.client_id} {business_date}"
            )
        text = connection.execute(
            select(candidates.c.evidence).filter_by(evidence_digest=facts.candidate.evidence_digest)
        ).scalar_one()
    if sha256(text.encode()).hexdigest() != facts.candidate.evidence_digest:
        raise NotSigned(
            f"the stored evidence of candidate {facts.candidate.evidence_digest[:12]} of {client.client_id} "
            f"{business_date} was changed: it is not what its digest stands for; see: acme audit verify"
        )
    return StoredEvidence(facts.candidate.evidence_digest, text, facts.candidate)


def fact_of(signed: Signed) -> StatementFact:
    """A signed statement as the ledger would hold it."""
    statement = signed.statement
    return StatementFact(
        statement.statement_id,
        statement.kind,
        statement.client_id,
        statement.first_date,
        statement.last_date,
        statement.signer,
        statement.canonical(),
        signed.signature,
    )


def record(connection: Connection, signed: Signed, roster: Roster, now: datetime) -> str:
    """Verify a statement and write it with its audit entry, in the open transaction; returns its id.

    Raises:
        NotSigned: it would not count; nothing was written.
    """
    statement, fact = signed.statement, fact_of(signed)
    _, refused = verified([fact], roster, now, now)
    if refused:
        raise NotSigned(f"the {statement.kind.replace('_', ' ')} was not recorded: {refused[0].reason}")
    connection.execute(
        insert(statements).values(
            statement_id=fact.statement_id,
            kind=fact.kind,
            client_id=fact.client_id,
            first_date=fact.first_date,
            last_date=fact.last_date,
            signer=fact.signer,
            role=statement.role,
            key_id=statement.key_id,
            statement=fact.text,
            signature=fact.signature,
            login=func.current_user(),
            recorded_at=now,
        )
    )
    write_entry(
        connection,
        Entry(now, fact.signer, _action(statement), fact.client_id, fact.last_date, _details(statement)),
    )
    return fact.statement_id


def _action(statement: Statement) -> Action:
    if statement.kind == "sign_off" and statement.subject.get("decision") == "rejected":
        return "rejected"
    return _ACTION[statement.kind]


def _details(statement: Statement) -> dict[str, Any]:
    return {
        "statement_id": statement.statement_id,
        "role": statement.role,
        "key_id": statement.key_id,
        "first_date": statement.first_date,
        "last_date": statement.last_date,
        "subject": dict(statement.subject),
        "meaning": statement.meaning,
        "reason": statement.reason,
        "expires_at": statement.expires_at,
    }


def night_under_terms(
    connection: Connection, client: Client, business_date: date, roster: Roster, now: datetime
) -> Night:
    """One client night as the ledger has it, under its live waivers and overrides."""
    return night_of(client, read_night(connection, client.client_id, business_date), roster, now)


def sign(
    warehouse: Warehouse,
    client: Client,
    business_date: date,
    *,
    evidence_digest: str,
    decision: Decision,
    signer: Signer,
    roster: Roster,
    now: datetime,
    role: Role = "qa",
    marts: Sequence[str] | None = None,
    acknowledged_failures: Sequence[str] = (),
    answers: Sequence[str] | None = None,
    reason: str | None = None,
) -> str:
    """Record a sign-off of the evidence that the signer was shown; returns the statement's id.

    Args:
        marts: what an approval covers; by default every mart of the candidate.
        acknowledged_failures: failed suites that the signer approves all the same, by name.
        answers: ids of the rejections and withdrawals of the candidate that the signer was shown; by default those
            that are recorded now.

    Raises:
        NotSigned: it would not count, or the candidate is another by now.
    """
    if decision == "rejected" and not reason:
        raise NotSigned("a rejection needs a reason: --reason TEXT")
    with warehouse.begin() as connection:
        night = night_under_terms(connection, client, business_date, roster, now)
        candidate = night.facts.candidate
        if candidate is None or candidate.evidence_digest != evidence_digest:
            raise NotSigned(
                f"the candidate of {client.client_id} {business_date} is no longer {evidence_digest[:12]}; "
                f"review it again: acme qa show {client.client_id} {business_date}"
            )
        covered = sorted(marts if marts is not None else candidate.marts)
        if unknown := [mart for mart in covered if mart not in candidate.marts]:
            raise NotSigned(f"the candidate has no {', '.join(unknown)}; it has {', '.join(candidate.marts)}")
        objections = [item.statement_id for item in objections_to(night, candidate)]
        subject = {
            "evidence_digest": evidence_digest,
            "decision": decision,
            "marts": covered,
            "acknowledged_failures": sorted(acknowledged_failures),
            "answers": sorted(objections if answers is None else answers),
        }
        signed = signer.sign(
            "sign_off",
            role,
            client.client_id,
            (business_date, business_date),
            subject,
            meaning=_meaning(client, business_date, subject, role),
            reason=reason,
            made_at=now,
            expires_at=now + timedelta(hours=client.qa.sign_off_valid_hours) if decision == "approved" else None,
        )
        why_not = why_not_signing(night, signed.statement, candidate)
        if why_not:
            raise NotSigned(why_not)
        return record(connection, signed, roster, now)


def why_not_signing(night: Night, statement: Statement, candidate: CandidateFact) -> str | None:
    """Why a sign-off would not count; None where it would."""
    approves = statement.subject["decision"] == "approved"
    analysts = [analyst.email for analyst in night.client.owners.qa]
    if statement.signer not in analysts and not (approves and statement.role == "service"):
        return f"{statement.signer} is no QA analyst of {night.client.client_id}; {', '.join(analysts)} may sign"
    if not approves:
        return None
    unseen = [item for item in objections_to(night, candidate) if item.statement_id not in statement.subject["answers"]]
    if unseen:
        name = f"{night.facts.client_id} {night.facts.business_date}"
        said = "withdrew its release" if unseen[-1].kind == "withdrawal" else "rejected it"
        return f"{unseen[-1].signer} {said} meanwhile: {unseen[-1].reason}; review it again: acme qa show {name}"
    return why_not_counting(night, statement, candidate)


def _meaning(client: Client, business_date: date, subject: dict[str, Any], role: Role) -> str:
    night = f"the candidate of {client.name} for {business_date}"
    if subject["decision"] == "rejected":
        return f"I reviewed {night} and reject it: it must not be released."
    marts = ", ".join(subject["marts"])
    if role == "service":
        return f"Approved automatically under the client's policy: {night}, {marts}, may be released."
    failures = ", ".join(subject["acknowledged_failures"])
    objections = ", ".join(item[:12] for item in subject["answers"])
    answers = f" I know what was said against it: {objections}." if objections else ""
    despite = f" I know that these suites failed: {failures}." if failures else ""
    return f"I reviewed {night} and approve the release of {marts}.{despite}{answers}"


def stored_statements(connection: Connection, client_id: str | None = None) -> list[StatementFact]:
    """Every recorded statement, of one client or of all, in the order in which they were recorded."""
    columns = [
        statements.c[name]
        for name in ("statement_id", "kind", "client_id", "first_date", "last_date", "signer", "statement", "signature")
    ]
    query = select(*columns).order_by(statements.c.recorded_at, statements.c.statement_id)
    if client_id:
        query = query.where(statements.c.client_id == client_id)
    return [StatementFact(*row) for row in connection.execute(query)]


def json_list(text: str) -> tuple[str, ...]:
    """A JSON array of texts, as the ledger stores small lists."""
    return tuple(json.loads(text))
