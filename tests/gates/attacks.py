"""What an attack with statements is made of: a candidate, well and badly signed statements, and rows by hand."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from acme_assets.audit.signing import Purpose, SigningKey
from acme_assets.gates.statement import Statement
from acme_assets.nights.facts import StatementFact
from client_partitions.client import Client
from client_partitions.people import Roster
from tests.world import DELE, INGRID, KEYS, NIGHT, made_up_key

STRANGER = made_up_key("a stranger")
"""A key in nobody's list."""


@dataclass(frozen=True)
class Case:
    """The candidate that an attack wants to have released."""

    evidence_digest: str
    marts: tuple[str, ...]
    at: datetime
    """When it is signed."""


def approval(case: Case, signer: str = INGRID, *, later: timedelta = timedelta(), **changes: Any) -> Statement:
    """What an analyst would sign; `subject` changes what is given of it."""
    subject = {
        "evidence_digest": case.evidence_digest,
        "decision": "approved",
        "marts": list(case.marts),
        "acknowledged_failures": [],
        "answers": [],
    } | changes.pop("subject", {})
    key_id, at = KEYS.get(signer, STRANGER).public.key_id, case.at + later
    expires_at = at + timedelta(hours=24)
    said = Statement(
        "sign_off", signer, "qa", key_id, "tiny_health", NIGHT, NIGHT, subject, "I approve", None, at, expires_at
    )
    return replace(said, **changes)


def row(said: Statement, text: str, signature: str, **columns: Any) -> StatementFact:
    """Any row of ops.statements."""
    fact = StatementFact(
        said.statement_id, said.kind, said.client_id, said.first_date, said.last_date, said.signer, text, signature
    )
    return replace(fact, **columns)


def signed(said: Statement, key: SigningKey | None = None, purpose: Purpose = "statement") -> StatementFact:
    """A statement with somebody's signature, as its row would be."""
    text = said.canonical()
    return row(said, text, (key or KEYS[said.signer]).sign(purpose, text))


Rows = Callable[[Case], list[StatementFact]]


@dataclass(frozen=True)
class Attack:
    """An attempt to have a candidate released that nobody with a right to it approved."""

    thing: str
    """What is wrong with it, of THINGS."""
    rows: Rows
    """What is written by hand."""
    before: Rows = lambda case: []
    """What was well recorded before the candidate was built."""
    roster: Roster | None = None
    client: Client | None = None
    failed: tuple[str, ...] = ()
    drift: Decimal | None = None
    honest: tuple[str, ...] = (DELE,)
    """Whose approvals open the gate all the same: nothing but the attack held it shut."""


def approved(
    signer: str = INGRID, *, key: SigningKey | None = None, purpose: Purpose = "statement", **changes: Any
) -> Rows:
    """One approval, changed as told."""
    return lambda case: [signed(approval(case, signer, **changes), key, purpose)]


def says(kind: Any, signer: str, role: Any, subject: Callable[[Case], dict[str, Any]], **changes: Any) -> Rows:
    """One other statement about the night, well signed."""
    more = {"kind": kind, "role": role, "reason": "as the test says", "expires_at": None, **changes}
    return lambda case: [signed(replace(approval(case, signer, **more), subject=subject(case)))]


def all_of(*several: Rows) -> Rows:
    """All their rows."""
    return lambda case: [fact for rows in several for fact in rows(case)]


def honest(case: Case, attack: Attack) -> list[StatementFact]:
    """What opens the gate after all: approvals in the knowledge of every row that there is."""
    answers = [fact.statement_id for fact in attack.rows(case)]
    subject = {"acknowledged_failures": list(attack.failed), "answers": answers}
    return [signed(approval(case, analyst, later=timedelta(minutes=1), subject=subject)) for analyst in attack.honest]
