"""What an analyst reviews before signing: gathered once, for the terminal, the page and `--json` alike."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from acme_assets.environment import Platform
from acme_assets.gates.decision import MartSignatures, approvals_of, decide, objections_to, signatures_of
from acme_assets.gates.statement import Statement
from acme_assets.gates.terms import Night
from acme_assets.nights.facts import GateDecision
from acme_assets.nights.status import NightStatus, assess
from acme_assets.warehouse.signing import NotSigned, evidence_of, night_under_terms
from client_partitions.client import Client


@dataclass(frozen=True)
class Assessed:
    """A client night under its terms, with what the gate and the chain say of it."""

    night: Night
    gate: GateDecision
    status: NightStatus

    @property
    def client(self) -> Client:
        """The client, under the night's terms."""
        return self.night.client

    @property
    def name(self) -> str:
        """Client and business date, as commands take them."""
        return f"{self.status.client_id} {self.status.business_date}"

    @property
    def signatures(self) -> tuple[MartSignatures, ...]:
        """Whose approvals count, per mart."""
        return signatures_of(self.night)

    @property
    def missing(self) -> int:
        """How many signatures are still to come for the mart that lacks most."""
        return max((item.missing for item in self.signatures), default=0)

    @property
    def of_candidate(self) -> tuple[Statement, ...]:
        """Sign-offs and withdrawals of the present candidate that count, oldest first."""
        candidate = self.night.facts.candidate
        return tuple(
            item
            for item in self.night.statements
            if candidate and item.subject.get("evidence_digest") == candidate.evidence_digest
        )

    @property
    def objections(self) -> tuple[Statement, ...]:
        """Rejections of the present candidate and withdrawals of its releases."""
        candidate = self.night.facts.candidate
        return objections_to(self.night, candidate) if candidate else ()

    @property
    def was_turned_down(self) -> bool:
        """Whether the candidate was rejected or withdrawn, and nobody approved it in the knowledge of that."""
        candidate = self.night.facts.candidate
        return bool(self.objections) and candidate is not None and not approvals_of(self.night, candidate)


def assessed(night: Night, now: datetime) -> Assessed:
    """Ask the gate and the chain."""
    gate = decide(night)
    return Assessed(night, gate, assess(night.client, night.facts, gate, now))


@dataclass(frozen=True)
class Packet:
    """The evidence of a candidate, and everything that was said about it."""

    at: Assessed
    digest: str
    built_at: datetime
    evidence: Mapping[str, Any]
    names: Mapping[str, str]
    """E-mail address to name, of everybody in people.yaml."""

    @property
    def failed_suites(self) -> list[str]:
        """Suites that a sign-off must acknowledge by name."""
        return sorted(suite["suite"] for suite in self.evidence["suites"] if not suite["passed"])

    def body(self) -> dict[str, Any]:
        """The packet as plain values: what `--json` prints."""
        status, live = self.at.status, self.at.night.facts.live_release
        return {
            "client_id": status.client_id,
            "client": self.at.client.name,
            "business_date": status.business_date,
            "deadline": status.deadline,
            "state": status.state,
            "evidence_digest": self.digest,
            "built_at": self.built_at,
            "failed_suites": self.failed_suites,
            "gate": {"is_open": self.at.gate.is_open, "reason": self.at.gate.reason},
            "signatures": [signatures_json(item) for item in self.at.signatures],
            "sign_offs": [
                {"name": self.names.get(item.signer), **statement_json(item)} for item in self.at.of_candidate
            ],
            "refused": [asdict(item) for item in self.at.night.refused],
            "unacknowledged_requests": [statement_json(item) for item in self.at.night.pending],
            "live_release": asdict(live) if live else None,
            "evidence": self.evidence,
        }


def read_packet(work: Platform, client_id: str, business_date: date) -> Packet:
    """The packet of a client night's present candidate.

    Raises:
        NotSigned: there is none, it was tampered with, or it changed while it was read.
        RegistryError: there is no such client.
    """
    client, roster, now = work.registry.client(client_id), work.roster(), work.clock()
    stored = evidence_of(work.warehouse, client, business_date)
    with work.warehouse.begin() as connection:
        night = night_under_terms(connection, client, business_date, roster, now)
    present = night.facts.candidate
    if present is None or present.evidence_digest != stored.digest:
        raise NotSigned(f"the candidate of {client_id} {business_date} changed at this moment; run it again")
    names = {email: person.name for email, person in roster.people.items()}
    return Packet(assessed(night, now), stored.digest, stored.candidate.built_at, json.loads(stored.canonical), names)


def signatures_json(item: MartSignatures) -> dict[str, Any]:
    """One mart's signatures as `--json` shows them."""
    return {**asdict(item), "missing": item.missing}


def statement_json(item: Statement) -> dict[str, Any]:
    """A statement as `--json` shows it."""
    names = ("kind", "signer", "role", "key_id", "reason", "meaning", "made_at", "expires_at")
    subject = {name: value for name, value in item.subject.items() if name != "evidence_digest"}
    return {"statement_id": item.statement_id, **{name: getattr(item, name) for name in names}, **subject}
