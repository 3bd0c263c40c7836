"""Record QA's sign-offs, each bound to the evidence that the analyst was shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import insert, select

from acme_assets.audit.canonical import digest
from acme_assets.audit.entry import Entry
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import candidates, sign_offs
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client

Decision = Literal["approved", "rejected"]


class NotSigned(Exception):
    """The sign-off was not recorded. The text says why and what to do."""


@dataclass(frozen=True)
class StoredEvidence:
    """The evidence of a client night's present candidate."""

    digest: str
    canonical: str
    """Canonical JSON."""


def evidence_of(warehouse: Warehouse, client: Client, business_date: date) -> StoredEvidence:
    """The evidence to review.

    Raises:
        NotSigned: there is no candidate.
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
    return StoredEvidence(facts.candidate.evidence_digest, text)


def sign(
    warehouse: Warehouse,
    client: Client,
    business_date: date,
    *,
    evidence_digest: str,
    decision: Decision,
    analyst: str,
    reason: str | None,
    now: datetime,
) -> str:
    """Record a sign-off of the evidence that the analyst was shown; returns its id.

    Raises:
        NotSigned: the analyst may not sign this client, or the candidate is another by now.
    """
    if analyst not in {person.email for person in client.owners.qa}:
        allowed = ", ".join(person.email for person in client.owners.qa)
        raise NotSigned(f"{analyst} is no QA analyst of {client.client_id}; {allowed} may sign")
    if decision == "rejected" and not reason:
        raise NotSigned("a rejection needs a reason: --reason TEXT")
    body = {
        "client_id": client.client_id,
        "business_date": business_date,
        "evidence_digest": evidence_digest,
        "decision": decision,
        "analyst": analyst,
        "reason": reason,
        "signed_at": now,
    }
    identity = digest(body)
    with warehouse.begin() as connection:
        facts = read_night(connection, client.client_id, business_date)
        if facts.candidate is None or facts.candidate.evidence_digest != evidence_digest:
            raise NotSigned(
                f"the candidate of {client.client_id} {business_date} is no longer {evidence_digest[:12]}; "
                f"review it again: acme qa show {client.client_id} {business_date}"
            )
        connection.execute(insert(sign_offs).values(sign_off_id=identity, **body))
        write_entry(
            connection,
            Entry(
                now,
                analyst,
                "signed_off" if decision == "approved" else "rejected",
                client.client_id,
                business_date,
                {"sign_off_id": identity, "evidence_digest": evidence_digest, "reason": reason},
            ),
        )
    return identity
