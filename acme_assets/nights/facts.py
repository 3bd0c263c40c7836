"""What the ledger knows of one client night, as plain values: the input of every decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from acme_assets.audit.canonical import digest
from client_partitions.feeds import Feed

DeliveryState = Literal["arrived", "loaded", "quarantined", "superseded", "ignored"]
Stage = Literal["load", "build", "release"]


@dataclass(frozen=True)
class DeliveryFact:
    """A delivery that is not superseded: the one that speaks for its feed."""

    delivery_id: str
    feed: Feed
    state: DeliveryState
    reason: str | None
    observed_at: datetime
    state_at: datetime
    rows_loaded: int | None = None
    rows_quarantined: int | None = None


@dataclass(frozen=True)
class ModelFact:
    """The last build of one dbt model for the client night."""

    model: str
    inputs_key: str
    state: Literal["building", "built", "failed"]
    reason: str | None
    state_at: datetime


@dataclass(frozen=True)
class CandidateFact:
    """The candidate now in MARTS."""

    evidence_digest: str
    inputs_key: str
    built_at: datetime


@dataclass(frozen=True)
class SignOffFact:
    """One sign-off of this client night, whichever candidate it covers."""

    sign_off_id: str
    evidence_digest: str
    decision: Literal["approved", "rejected"]
    analyst: str
    reason: str | None
    signed_at: datetime


@dataclass(frozen=True)
class ReleaseFact:
    """The release that the client sees."""

    release_id: str
    evidence_digest: str
    released_at: datetime


@dataclass(frozen=True)
class StuckFact:
    """Work that was tried as often as it may be."""

    work_key: str
    stage: Stage
    reason: str
    since: datetime


@dataclass(frozen=True)
class NightFacts:
    """One client night. A field that is None or empty means that the ledger has no such record."""

    client_id: str
    business_date: date
    deliveries: Mapping[Feed, DeliveryFact] = field(default_factory=dict)
    models: Mapping[str, ModelFact] = field(default_factory=dict)
    candidate: CandidateFact | None = None
    sign_offs: tuple[SignOffFact, ...] = ()
    live_release: ReleaseFact | None = None
    stuck: Mapping[str, StuckFact] = field(default_factory=dict)

    @property
    def inputs(self) -> dict[Feed, str]:
        """Feed to the id of its loaded delivery: what a build would read now."""
        return {
            feed: delivery.delivery_id
            for feed, delivery in sorted(self.deliveries.items())
            if delivery.state == "loaded"
        }

    @property
    def inputs_key(self) -> str:
        """Digest of the inputs; equal keys mean equal inputs."""
        return digest(self.inputs)


@dataclass(frozen=True)
class GateDecision:
    """Whether the candidate may be released, and why (not). Made by `acme_assets.gates`."""

    is_open: bool
    reason: str
    sign_off: SignOffFact | None = None
    """The sign-off that opened or shut the gate."""
