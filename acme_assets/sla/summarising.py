"""From what the ledger recorded of a client night to what it teaches. Pure; `warehouse.summaries` reads and stores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from acme_assets.gates.decision import withdrawn_releases
from acme_assets.gates.statement import Statement
from acme_assets.gates.terms import Night
from acme_assets.nights.facts import ReleaseFact
from acme_assets.sla.night import Desk
from acme_assets.sla.summary import FeedSummary, NightSummary
from client_partitions.calendar import deadline_at, due_at
from client_partitions.client import Client
from client_partitions.feeds import Feed


@dataclass(frozen=True)
class DeliveryRecord:
    """One version of a feed's files, superseded ones too."""

    delivery_id: str
    feed: Feed
    bytes: int
    landed_at: datetime
    seen_at: datetime
    """When it was first noticed."""
    quarantined_at: datetime | None = None
    """When it was first quarantined."""
    started_at: datetime | None = None
    """When its load began; None where it was not loaded, or nobody noted it."""
    loaded_at: datetime | None = None


@dataclass(frozen=True)
class CandidateRecord:
    """One candidate of the night."""

    evidence_digest: str
    started_at: datetime | None
    built_at: datetime
    failed_suites: int


@dataclass(frozen=True)
class NightRecord:
    """Everything that is on record of one client night."""

    client: Client
    """As the registry has it: what is late under it is late, whatever a waiver or an override made of that night."""
    night: Night
    """Under its terms."""
    deliveries: Sequence[DeliveryRecord] = ()
    """In the order in which they were noticed."""
    candidates: Sequence[CandidateRecord] = ()
    """In the order in which they were built."""
    recorded: Mapping[str, datetime] = field(default_factory=dict)
    """Id of a statement to when it was recorded."""


Signatures = Mapping[str, Sequence[datetime]]
"""E-mail address of an analyst to when they signed, about whatever client, oldest first."""


def summary_of(record: NightRecord, signatures: Signatures, desk: Desk) -> NightSummary:
    """What one client night teaches."""
    night, date = record.night, record.night.facts.business_date
    release = first_release(night)
    candidate = _candidate(record, release)
    rejected_at = _first(record, (item for item in night.statements if _rejects(item)))
    opened_at = _opened_at(record, release)
    approvals = [item for item in night.statements if release and item.statement_id in release.sign_off_ids]
    started_at, built_at = (candidate.started_at, candidate.built_at) if candidate else (None, None)
    released_at = release.released_at if release else None
    deadline = deadline_at(night.client, date)
    return NightSummary(
        night.facts.client_id,
        date,
        tuple(_feed(record, feed) for feed in record.client.feeds_owed(date)),
        build_wait=_between(_last_load(record, candidate), started_at),
        build_work=_between(started_at, built_at),
        bytes=sum(item.bytes for item in _inputs(record)),
        failed_suites=candidate.failed_suites if candidate else 0,
        rejected=rejected_at is not None,
        repair=_between(rejected_at, _next(rejected_at, (item.built_at for item in record.candidates))),
        sign_off=_between(built_at, opened_at),
        handling=_handling(record, candidate, approvals, signatures, desk),
        is_automatic=any(item.role == "service" for item in approvals),
        release=_between(opened_at, released_at),
        acknowledgements=_acknowledgements(record),
        requests=_requests(record),
        past_deadline=(released_at - deadline).total_seconds() / 60 if released_at else None,
    )


def first_release(night: Night) -> ReleaseFact | None:
    """The first release of the night that was not withdrawn."""
    gone = withdrawn_releases(night)
    return next((item for item in night.facts.releases if item.release_id not in gone), None)


def _feed(record: NightRecord, feed: Feed) -> FeedSummary:
    versions = [item for item in record.deliveries if item.feed == feed]
    if not versions:
        return FeedSummary(feed, None, versions=0)
    first = versions[0]
    loaded = next((item for item in versions if item.loaded_at), None)
    bad = next((item for item in versions if item.quarantined_at), None)
    after = [item.landed_at for item in versions if bad and bad.quarantined_at and item.seen_at > bad.quarantined_at]
    due = due_at(record.client, feed, record.night.facts.business_date)
    return FeedSummary(
        feed,
        (first.landed_at - due).total_seconds() / 60,
        len(versions),
        bad is not None,
        _between(bad.quarantined_at, after[0]) if bad and after else None,
        _between(first.landed_at, first.seen_at),
        _between(loaded.seen_at, loaded.started_at) if loaded else None,
        _between(loaded.started_at, loaded.loaded_at) if loaded else None,
        (loaded or versions[-1]).bytes,
    )


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    """Minutes; none below zero: a file may have a time that is ahead of our clock."""
    return None if begin is None or end is None else max((end - begin).total_seconds() / 60, 0.0)


def _candidate(record: NightRecord, release: ReleaseFact | None) -> CandidateRecord | None:
    released = [item for item in record.candidates if release and item.evidence_digest == release.evidence_digest]
    return next(iter([*released, *reversed(record.candidates)]), None)


def _inputs(record: NightRecord) -> list[DeliveryRecord]:
    """Of each feed, the delivery that was loaded last."""
    return list({item.feed: item for item in record.deliveries if item.loaded_at}.values())


def _last_load(record: NightRecord, candidate: CandidateRecord | None) -> datetime | None:
    if candidate is None or candidate.started_at is None:
        return None
    return max(
        (item.loaded_at for item in record.deliveries if item.loaded_at and item.loaded_at <= candidate.started_at),
        default=None,
    )


def _rejects(item: Statement) -> bool:
    return item.kind == "sign_off" and item.subject.get("decision") == "rejected"


def _first(record: NightRecord, statements: Iterable[Statement]) -> datetime | None:
    found = (record.recorded.get(item.statement_id) for item in statements)
    return min((moment for moment in found if moment), default=None)


def _next(after: datetime | None, moments: Iterable[datetime]) -> datetime | None:
    return min((moment for moment in moments if after and moment > after), default=None)


def _opened_at(record: NightRecord, release: ReleaseFact | None) -> datetime | None:
    """When the last approval was recorded that the release rests on."""
    found = [record.recorded.get(item) for item in release.sign_off_ids] if release else []
    return max((moment for moment in found if moment), default=None)


def _handling(
    record: NightRecord,
    candidate: CandidateRecord | None,
    approvals: Sequence[Statement],
    signatures: Signatures,
    desk: Desk,
) -> float | None:
    """Of the first person that approved. Nothing is known of somebody who signed outside their working hours."""
    signed = sorted(
        (record.recorded[item.statement_id], item.signer)
        for item in approvals
        if item.role != "service" and item.statement_id in record.recorded
    )
    if candidate is None or not signed:
        return None
    moment, signer = signed[0]
    before = max((item for item in signatures.get(signer, ()) if item < moment), default=candidate.built_at)
    begin = max(candidate.built_at, before)
    shifts = desk.get(signer)
    if shifts is None:
        return _between(begin, moment)
    if not any(shift.begins <= moment <= shift.ends for shift in shifts):
        return None
    return sum(_between(max(begin, shift.begins), min(moment, shift.ends)) or 0.0 for shift in shifts)


def _requests(record: NightRecord) -> int:
    """As `_acknowledgements`; what was revoked counts as never asked."""
    asked = (*(waiver.request for waiver in record.night.waivers), *record.night.pending)
    return sum(request.first_date == record.night.facts.business_date for request in asked)


def _acknowledgements(record: NightRecord) -> tuple[float, ...]:
    """Of exceptions that begin with this business date: one that covers a week was acknowledged once."""
    found = (
        _between(
            record.recorded.get(waiver.request.statement_id), record.recorded.get(waiver.acknowledgement.statement_id)
        )
        for waiver in record.night.waivers
        if waiver.request.first_date == record.night.facts.business_date
    )
    return tuple(minutes for minutes in found if minutes is not None)
