"""An audit entry: one human or release event, as it is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from acme_assets.audit.canonical import canonical_json, digest

Action = Literal[
    "delivery_arrived",
    "delivery_reinstated",
    "delivery_loaded",
    "delivery_quarantined",
    "candidate_built",
    "build_failed",
    "signed_off",
    "rejected",
    "exception_requested",
    "exception_acknowledged",
    "acknowledgement_link_made",
    "acknowledgement_link_refused",
    "override_signed",
    "override_approved",
    "withdrawal_signed",
    "statement_revoked",
    "released",
    "release_withdrawn",
    "production_suites_passed",
    "production_suites_failed",
    "deadline_met",
    "deadline_missed",
    "incident_opened",
    "incident_acknowledged",
    "incident_snoozed",
    "incident_resolved",
    "incident_reopened",
    "evidence_viewed",
    "quarantine_viewed",
    "escalation_policy_taken",
    "hold_placed",
    "hold_lifted",
    "raw_removed",
    "curated_removed",
    "landed_files_removed",
    "backfill_opened",
    "backfill_cancelled",
    "backfill_done",
]

SYSTEM = "acme"
"""The actor of what no person did."""


@dataclass(frozen=True)
class Entry:
    """What happened, to what, by whom, when. `details` holds ids, counts and hashes: never a member's data."""

    recorded_at: datetime
    actor: str
    action: Action
    client_id: str | None
    business_date: date | None
    details: Mapping[str, Any]

    def canonical(self) -> str:
        """The entry's canonical JSON: what is stored and hashed."""
        return canonical_json(self._fields())

    def entry_id(self) -> str:
        """SHA-256 of the canonical JSON."""
        return digest(self._fields())

    def _fields(self) -> dict[str, Any]:
        return {
            "recorded_at": self.recorded_at,
            "actor": self.actor,
            "action": self.action,
            "client_id": self.client_id,
            "business_date": self.business_date,
            "details": self.details,
        }
