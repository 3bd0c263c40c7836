"""What happened to one client night since its first candidate: what the gate was told, and what the client saw."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select

from acme_assets.gates.terms import Night
from acme_assets.warehouse.ledger import audit_entries, statements

_ACTIONS = (
    "candidate_built",
    "released",
    "release_withdrawn",
    "production_suites_passed",
    "production_suites_failed",
)


@dataclass(frozen=True)
class Event:
    """Something that was done, or that somebody signed."""

    at: datetime
    what: str
    """The action, or the statement's kind; approved or rejected for a sign-off."""
    who: str
    id: str
    """Of the release, candidate or statement."""
    details: Mapping[str, Any]
    problem: str | None = None
    """Why a statement does not count; None where it does, and for everything else."""


def history_of(connection: Connection, night: Night) -> list[Event]:
    """The events of a client night, oldest first."""
    return sorted([*_acts(connection, night), *_statements(connection, night)], key=lambda event: event.at)


def _acts(connection: Connection, night: Night) -> list[Event]:
    rows = connection.execute(
        select(audit_entries.c.recorded_at, audit_entries.c.actor, audit_entries.c.action, audit_entries.c.entry)
        .filter_by(client_id=night.facts.client_id, business_date=night.facts.business_date)
        .where(audit_entries.c.action.in_(_ACTIONS))
    )
    events = []
    for at, actor, action, entry in rows:
        details = json.loads(entry)["details"]
        named = details.get("release_id") or details.get("evidence_digest") or ""
        events.append(Event(at, action, str(details.get("by") or actor), named, details))
    return events


def _statements(connection: Connection, night: Night) -> list[Event]:
    problems = {refusal.statement_id: refusal.reason for refusal in night.refused}
    rows = connection.execute(
        select(statements).where(
            and_(
                statements.c.client_id == night.facts.client_id,
                statements.c.first_date <= night.facts.business_date,
                statements.c.last_date >= night.facts.business_date,
            )
        )
    ).mappings()
    events = []
    for row in rows:
        said = _said(row["statement"])
        what = said.get("subject", {}).get("decision") or row["kind"]
        problem = problems.get(row["statement_id"])
        events.append(Event(row["recorded_at"], what, row["signer"], row["statement_id"], said, problem))
    return events


def _said(text: str) -> dict[str, Any]:
    """What a statement says, as far as its text can be read: one that was tampered with is listed too."""
    try:
        read = json.loads(text)
        return {
            name: read[name] for name in ("role", "key_id", "subject", "meaning", "reason", "made_at", "expires_at")
        }
    except (ValueError, TypeError, KeyError):
        return {}
