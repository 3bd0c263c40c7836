"""The terms of one client night: live waivers and overrides, and the client and facts as they are under them. Pure.

Everything that decides about a night decides on these: readiness, builds, the gate, the release.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from acme_assets.audit.canonical import digest
from acme_assets.contracts.results import DRIFTED
from acme_assets.gates.changes import under_override, why_no_change, with_feed
from acme_assets.gates.exceptions import why_no_request
from acme_assets.gates.statement import Statement
from acme_assets.gates.verification import Refusal, verified
from acme_assets.nights.facts import DeliveryFact, NightFacts
from client_partitions.client import Client
from client_partitions.people import Roster


@dataclass(frozen=True)
class Waiver:
    """A client exception: requested, and acknowledged by the client."""

    request: Statement
    acknowledgement: Statement

    @property
    def exception(self) -> str:
        return str(self.request.subject["exception"])

    @property
    def feed(self) -> str:
        return str(self.request.subject["feed"])

    def body(self) -> dict[str, Any]:
        """What the evidence says of it."""
        return {
            "request_id": self.request.statement_id,
            **self.request.subject,
            "reason": self.request.reason,
            "requested_by": self.request.signer,
            "acknowledgement_id": self.acknowledgement.statement_id,
            "contact": self.acknowledgement.subject["contact"],
            "reference": self.acknowledgement.subject["reference"],
            "acknowledged_via": self.acknowledgement.subject["via"],
            "acknowledged_by": self.acknowledgement.signer,
            "expires_at": self.request.expires_at,
        }


@dataclass(frozen=True)
class Override:
    """A change to the client's dependencies for some business dates: signed, and approved by somebody else."""

    change: Statement
    approvals: tuple[Statement, ...]
    """One is enough; whoever signed one had a hand in it."""

    @property
    def approval(self) -> Statement:
        """The oldest: since then it counts."""
        return self.approvals[0]

    def body(self) -> dict[str, Any]:
        """What the evidence says of it."""
        return {
            "override_id": self.change.statement_id,
            **self.change.subject,
            "reason": self.change.reason,
            "author": self.change.signer,
            "approval_id": self.approval.statement_id,
            "approved_by": self.approval.signer,
            "expires_at": self.change.expires_at,
        }


@dataclass(frozen=True)
class Night:
    """One client night under its terms."""

    client: Client
    """As the overrides and waivers of this night have it."""
    facts: NightFacts
    """The same: feeds carried forward stand as loaded, accepted deliveries as to be loaded."""
    statements: tuple[Statement, ...]
    """Every statement of the night that counts, oldest first."""
    waivers: tuple[Waiver, ...] = ()
    overrides: tuple[Override, ...] = ()
    pending: tuple[Statement, ...] = ()
    """Exception requests that nobody acknowledged yet."""
    refused: tuple[Refusal, ...] = ()
    """Statements that do not count, with the reason."""

    @property
    def interested(self) -> frozenset[str]:
        """Who asked for a waiver or had a hand in an override, and so may not sign this night off."""
        return frozenset(
            [waiver.request.signer for waiver in self.waivers]
            + [item.signer for override in self.overrides for item in (override.change, *override.approvals)]
        )


def night_of(client: Client, facts: NightFacts, roster: Roster, now: datetime) -> Night:
    """The client night under the terms that are live now; of a release that stands, under those it was made under."""
    live, candidate = facts.live_release, facts.candidate
    stands = live is not None and candidate is not None and live.evidence_digest == candidate.evidence_digest
    as_of = live.released_at if stands and live else now
    statements, refused = verified(facts.statements, roster, as_of, now)
    waivers, pending, unfit = _waivers(client, statements)
    overrides, unapproved = _overrides(statements)
    changed = client
    for override in overrides:
        changed = under_override(changed, override.change.subject)
    deliveries = {feed: _unless_accepted(item, waivers) for feed, item in facts.deliveries.items()}
    for waiver in waivers:
        changed = _under_waiver(changed, waiver)
        if carried := _carried(deliveries, waiver):
            deliveries[carried.feed] = carried
    terms = sorted(item.statement_id for waiver in waivers for item in (waiver.request, waiver.acknowledgement))
    terms += sorted(item.statement_id for override in overrides for item in (override.change, override.approval))
    return Night(
        changed,
        replace(facts, deliveries=deliveries, terms_key=digest(terms) if terms else ""),
        tuple(statements),
        tuple(waivers),
        tuple(overrides),
        tuple(pending),
        (*refused, *unfit, *unapproved),
    )


def _refusal(statement: Statement, reason: str) -> Refusal:
    return Refusal(statement.statement_id, statement.kind, statement.signer, reason, is_forgery=False)


def _waivers(client: Client, statements: Sequence[Statement]) -> tuple[list[Waiver], list[Statement], list[Refusal]]:
    acknowledgements: dict[str, Statement] = {}
    requests: dict[str, Statement] = {}
    refused = []
    for item in statements:
        if item.kind == "exception_request":
            if problem := why_no_request(item.subject):
                refused.append(_refusal(item, problem))
            else:
                requests[item.statement_id] = item
    for item in statements:
        if item.kind != "acknowledgement":
            continue
        request = requests.get(str(item.subject.get("request_id")))
        reason = _why_not_acknowledged(client, request, item)
        if reason is None and request is not None:
            acknowledgements.setdefault(request.statement_id, item)
        else:
            refused.append(_refusal(item, reason or "there is no such request"))
    waivers = [Waiver(request, acknowledgements[key]) for key, request in requests.items() if key in acknowledgements]
    pending = [request for key, request in requests.items() if key not in acknowledgements]
    return waivers, pending, refused


def _why_not_acknowledged(client: Client, request: Statement | None, item: Statement) -> str | None:
    if request is None:
        return "the request that it acknowledges does not count, or is not there"
    same_scope = (item.client_id, item.first_date, item.last_date) == (
        request.client_id,
        request.first_date,
        request.last_date,
    )
    if not same_scope:
        return "it acknowledges other dates than were requested"
    if item.signer == request.signer:
        return f"{item.signer} requested it, and cannot acknowledge it too"
    if not item.subject.get("contact") or not item.subject.get("reference"):
        return "it does not say who at the client acknowledged, or by which message"
    via_link = item.subject.get("via") == "link"
    if via_link != (item.role == "service"):
        return "the service acknowledges through a client's link alone, and nobody else does"
    if via_link and item.subject["contact"] != client.owners.client.email:
        return f"{item.subject['contact']} is not the contact of {client.client_id}"
    return None


def _overrides(statements: Sequence[Statement]) -> tuple[list[Override], list[Refusal]]:
    changes: dict[str, Statement] = {}
    approved: dict[str, list[Statement]] = {}
    refused = []
    for item in statements:
        if item.kind == "override":
            if problem := why_no_change(item.subject):
                refused.append(_refusal(item, problem))
            else:
                changes[item.statement_id] = item
    for item in statements:
        if item.kind != "override_approval":
            continue
        change = changes.get(str(item.subject.get("override_id")))
        if change is None or change.client_id != item.client_id:
            refused.append(_refusal(item, "the override that it approves does not count, or is not there"))
        elif change.signer == item.signer:
            refused.append(_refusal(item, f"{item.signer} wrote the override, and cannot approve it too"))
        else:
            approved.setdefault(change.statement_id, []).append(item)
    live = [Override(change, tuple(approved[key])) for key, change in changes.items() if key in approved]
    return live, refused


def _under_waiver(client: Client, waiver: Waiver) -> Client:
    match waiver.exception:
        case "may_be_missing":
            return with_feed(client, waiver.feed, required=False)
        case "late_until":
            until = time.fromisoformat(waiver.request.subject["until"])
            return with_feed(client, waiver.feed, due=until, grace_minutes=0)
        case _:
            return client


def _unless_accepted(delivery: DeliveryFact, waivers: Sequence[Waiver]) -> DeliveryFact:
    """What was loaded under a waiver stands as quarantined again once no waiver accepts it."""
    is_held = delivery.state == "loaded" and delivery.reason
    if is_held and not any(_accepts(waiver, delivery) for waiver in waivers):
        return replace(delivery, state="quarantined")
    return delivery


def _accepts(waiver: Waiver, delivery: DeliveryFact) -> bool:
    """Whether a waiver accepts a delivery for what it is held for: who accepted failing rows did not accept drift."""
    subject = waiver.request.subject
    if waiver.exception != "accept_quarantined" or delivery.delivery_id != subject["delivery_id"]:
        return False
    return DRIFTED not in (delivery.reason or "") or subject.get("accepts_drift") is True


def _carried(deliveries: Mapping[Any, DeliveryFact], waiver: Waiver) -> DeliveryFact | None:
    """The delivery that stands for the feed under the waiver, where that is another than stands without it."""
    present, subject = deliveries.get(waiver.feed), waiver.request.subject
    since = waiver.acknowledgement.made_at
    if waiver.exception == "accept_quarantined":
        if present and present.state == "quarantined" and _accepts(waiver, present):
            return replace(present, state="arrived", observed_at=since, state_at=since, is_accepted=True)
        return None
    if waiver.exception != "carry_forward" or (present and present.state != "quarantined"):
        return None
    return DeliveryFact(
        subject["delivery_id"],
        waiver.feed,  # type: ignore[arg-type]  # a feed of the registry's, checked when it was requested
        "loaded",
        f"carried forward from {subject['source_date']}",
        since,
        since,
        rows_loaded=int(subject["rows_loaded"]),
        rows_quarantined=0,
        carried_from=date.fromisoformat(subject["source_date"]),
    )
