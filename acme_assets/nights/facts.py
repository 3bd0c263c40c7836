"""What the ledger knows of one client night, as plain values: the input of every decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
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
    """Of its load; None where there is no record of a load."""
    rows_quarantined: int | None = None
    carried_from: date | None = None
    """The business date that it was delivered for, where a waiver carries it forward."""
    bytes: int = 0
    """Size of its files."""
    is_accepted: bool = False
    """Whether a waiver accepts that the rows which fail its contract stay quarantined."""
    landed_at: datetime | None = None
    """When its newest file was written; None where it stands for the feed by a waiver."""

    @property
    def is_loaded(self) -> bool:
        """Whether its rows are in RAW: it says so, and its load is on record."""
        return self.state == "loaded" and self.rows_loaded is not None

    @property
    def is_pending(self) -> bool:
        """Whether its rows are still to come: it arrived, or is said to be loaded and no load is on record."""
        return self.state == "arrived" or (self.state == "loaded" and not self.is_loaded)


@dataclass(frozen=True)
class ModelFact:
    """The last build of one dbt model for the client night."""

    model: str
    inputs_key: str
    state: Literal["building", "built", "failed"]
    reason: str | None
    state_at: datetime
    tests_passed: int | None = None
    tests_failed: int | None = None


@dataclass(frozen=True)
class CandidateFact:
    """The candidate now in MARTS."""

    evidence_digest: str
    inputs_key: str
    built_at: datetime
    marts: tuple[str, ...] = ()
    """The marts that it consists of."""
    failed_suites: tuple[str, ...] = ()
    """Validation suites that failed on it: a sign-off must acknowledge each by name."""
    drift: Decimal | None = None
    """Largest relative deviation from the trailing nights; None where there are too few nights to tell."""


@dataclass(frozen=True)
class StatementFact:
    """A recorded statement that is about this client night, as it was found: `acme_assets.gates` verifies it."""

    statement_id: str
    kind: str
    client_id: str
    first_date: date
    last_date: date
    signer: str
    text: str
    signature: str
    is_recorded: bool = False
    """Whether the audit log records it."""


@dataclass(frozen=True)
class ReleaseFact:
    """A release of this client night."""

    release_id: str
    evidence_digest: str
    released_at: datetime
    supersedes: str | None = None
    """The release that the client saw before it."""
    sign_off_ids: tuple[str, ...] = ()
    """The approvals that it rests on."""


@dataclass(frozen=True)
class StuckFact:
    """Work that was tried as often as it may be."""

    work_key: str
    stage: Stage
    reason: str
    since: datetime


BackfillState = Literal["open", "cancelled", "done"]


@dataclass(frozen=True)
class BackfillFact:
    """The newest backfill that a client night is in."""

    backfill_id: str
    state: BackfillState
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True)
class NightFacts:
    """One client night. A field that is None or empty means that the ledger has no such record."""

    client_id: str
    business_date: date
    deliveries: Mapping[Feed, DeliveryFact] = field(default_factory=dict)
    models: Mapping[str, ModelFact] = field(default_factory=dict)
    candidate: CandidateFact | None = None
    statements: tuple[StatementFact, ...] = ()
    lost_statements: tuple[str, ...] = ()
    """Ids of statements that the audit log records and the ledger no longer has, or has as of another night."""
    live_release: ReleaseFact | None = None
    releases: tuple[ReleaseFact, ...] = ()
    """Every release of this client night, oldest first."""
    stuck: Mapping[str, StuckFact] = field(default_factory=dict)
    backfill: BackfillFact | None = None
    terms_key: str = ""
    """Digest of the waivers and overrides that these facts were put under; empty where there are none."""

    @property
    def put_off(self) -> BackfillFact | None:
        """The backfill whose cancellation leaves the night as it is, until something else comes for it."""
        last = self.backfill
        if last is None or last.state != "cancelled" or last.ended_at is None:
            return None
        return None if any(item.observed_at > last.ended_at for item in self.deliveries.values()) else last

    @property
    def inputs(self) -> dict[Feed, str]:
        """Feed to the id of its loaded delivery: what a build would read now."""
        return {feed: delivery.delivery_id for feed, delivery in sorted(self.deliveries.items()) if delivery.is_loaded}

    @cached_property
    def inputs_key(self) -> str:
        """Digest of the inputs and the terms; equal keys mean equal inputs under equal terms."""
        return digest({"inputs": self.inputs, "terms": self.terms_key} if self.terms_key else self.inputs)


@dataclass(frozen=True)
class GateDecision:
    """Whether the candidate may be released, and why (not). Made by `acme_assets.gates`."""

    is_open: bool
    reason: str
    sign_off_ids: tuple[str, ...] = ()
    """The approvals that open it."""
    signers: tuple[str, ...] = ()
    """Who approved, or who shut it."""
    since: datetime | None = None
    """When the statement was made that opened or shut it."""
    was_signed: bool = False
    """Whether an earlier candidate was approved."""
    withdraws: str | None = None
    """The release to take back: a valid withdrawal names it, and the client still sees it."""
