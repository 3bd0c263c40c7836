"""A client night that was late, told from the ledger's facts and from what it keeps of each event. Pure.

Terms are those at the moment of the release; of an open night, the present ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from acme_assets.gates.decision import approvals_of, decide, objections_to, withdrawn_releases
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import NightFacts, ReleaseFact
from acme_assets.sla.timeline import CandidateTimeline, FeedTimeline, NightTimeline, Trouble
from client_partitions.calendar import deadline_at, due_at
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Roster


@dataclass(frozen=True)
class DeliveryTrace:
    """One delivery of the night, whatever became of it."""

    delivery_id: str
    feed: Feed
    landed_at: datetime
    loaded_at: datetime | None


@dataclass(frozen=True)
class BuiltTrace:
    """A build that left a candidate."""

    evidence_digest: str
    at: datetime
    failed_suites: int = 0


@dataclass(frozen=True)
class Trace:
    """What the ledger keeps of a night's events, beside its facts."""

    deliveries: tuple[DeliveryTrace, ...] = ()
    resent: tuple[tuple[str, datetime], ...] = ()
    """Delivery id and when its content was sent again after another delivery."""
    quarantined: tuple[tuple[str, datetime], ...] = ()
    """Delivery id and when it was quarantined."""
    built: tuple[BuiltTrace, ...] = ()
    """Oldest first."""
    built_from: Mapping[str, Mapping[Feed, str]] | None = None
    """Evidence digest of each release to the deliveries that it was built from, by feed."""


def tell(
    client: Client,
    facts: NightFacts,
    trace: Trace,
    roster: Roster,
    as_of: datetime,
    *,
    deadline: datetime | None = None,
) -> NightTimeline:
    """The timeline of a night.

    Args:
        deadline: as it was recorded when it passed; None where it was not: then the night's terms say it.
    """
    present = night_of(client, facts, roster, as_of)
    gone = withdrawn_releases(present)
    release = next((item for item in facts.releases if item.release_id not in gone), None)
    story = _Story(client, present, trace, release, roster)
    built = story.built()
    until = release.released_at if release else as_of
    return NightTimeline(
        facts.client_id,
        facts.business_date,
        deadline or deadline_at(story.night.client, facts.business_date),
        story.night.client.feeds_owed(facts.business_date),
        release.released_at if release else None,
        tuple(story.feeds(until)),
        built.at if built else None,
        tuple(story.earlier(built, until)),
        story.opened(),
        built.failed_suites if built else 0,
    )


class _Story:
    def __init__(
        self, client: Client, present: Night, trace: Trace, release: ReleaseFact | None, roster: Roster
    ) -> None:
        self.client, self.present, self.trace, self.release = client, present, trace, release
        facts = present.facts
        unreleased = replace(facts, live_release=None)
        self.night = night_of(client, unreleased, roster, release.released_at) if release else present
        """Under the terms of the release, or the present ones."""

    def built(self) -> BuiltTrace | None:
        """The build that counts; None where the next one is still to come."""
        if self.release:
            of_release = (self.release.evidence_digest, self.release.released_at)
            return self._last_build(*of_release) or BuiltTrace(*of_release)
        candidate, facts = self.present.facts.candidate, self.present.facts
        if candidate is None or candidate.inputs_key != facts.inputs_key:
            return None
        is_pending = any(item.is_pending for item in facts.deliveries.values())
        is_turned_down = objections_to(self.present, candidate) and not approvals_of(self.present, candidate)
        if is_pending or is_turned_down:
            return None
        found = self._last_build(candidate.evidence_digest, None)
        return found or BuiltTrace(candidate.evidence_digest, candidate.built_at, len(candidate.failed_suites))

    def _last_build(self, digest: str, until: datetime | None) -> BuiltTrace | None:
        found = [
            item for item in self.trace.built if item.evidence_digest == digest and (not until or item.at <= until)
        ]
        return found[-1] if found else None

    def earlier(self, built: BuiltTrace | None, until: datetime) -> Iterable[CandidateTimeline]:
        """The candidates before the one that counts."""
        end = built.at if built else until
        for item in self.trace.built:
            if item.at < end and item != built:
                objections = self._objections(item)
                yield CandidateTimeline(item.at, min(objections, default=None))

    def _objections(self, built: BuiltTrace) -> list[datetime]:
        return [
            item.made_at
            for item in self.present.statements
            if (item.kind == "withdrawal" or (item.kind == "sign_off" and item.subject.get("decision") == "rejected"))
            and item.subject.get("evidence_digest") == built.evidence_digest
            and item.made_at >= built.at
        ]

    def opened(self) -> datetime | None:
        """When the gate opened for the candidate that counts."""
        if self.release is None:
            gate = decide(self.present)
            return gate.since if gate.is_open else None
        approvals = [item for item in self.night.statements if item.statement_id in self.release.sign_off_ids]
        return max((item.made_at for item in approvals), default=None)

    def feeds(self, until: datetime) -> Iterable[FeedTimeline]:
        """Each feed that the night needed."""
        owed = self.night.client.feeds_owed(self.night.facts.business_date)
        owed_before = self.client.feeds_owed(self.night.facts.business_date)
        inputs = self._inputs()
        for feed in self.night.client.feeds:
            due = due_at(self.night.client, feed, self.night.facts.business_date)
            excused = self._excused(feed)
            if feed in inputs:
                yield self._delivered(feed, inputs[feed], due, excused, until)
            elif feed in owed:
                is_broken = feed in self._broken(until)
                yield FeedTimeline(feed, due, None, trouble="quarantined" if is_broken else "none")
            elif feed in owed_before and excused and excused > due:
                yield FeedTimeline(feed, due, excused, excused, "excused")

    def _inputs(self) -> Mapping[Feed, str]:
        """The deliveries that the release was built from, or that an open night is to be built from."""
        if self.release:
            return (self.trace.built_from or {}).get(self.release.evidence_digest, {})
        found = self.present.facts.deliveries
        return {feed: item.delivery_id for feed, item in found.items() if item.state in ("loaded", "arrived")}

    def _delivered(
        self, feed: Feed, delivery_id: str, due: datetime, excused: datetime | None, until: datetime
    ) -> FeedTimeline:
        found = {item.delivery_id: item for item in self.trace.deliveries}
        delivery = found.get(delivery_id)
        if delivery is None:  # carried forward from another night
            here = excused or due
            return FeedTimeline(feed, due, here, here, "excused" if here > due else "none")
        again = [at for named, at in self.trace.resent if named == delivery_id and at <= until]
        here = max([delivery.landed_at, *again])
        trouble: Trouble = "none"
        if any(item.feed == feed and item.landed_at < here for item in found.values() if item is not delivery):
            trouble = "quarantined" if feed in self._broken(here) else "redelivered"
        if accepted := self._accepted(delivery_id):
            here, trouble = max(here, accepted), "quarantined"
        return FeedTimeline(feed, due, here, delivery.loaded_at, trouble)

    def _broken(self, until: datetime) -> set[Feed]:
        """Feeds of which a delivery had been quarantined by then."""
        feeds = {item.delivery_id: item.feed for item in self.trace.deliveries}
        return {feeds[named] for named, at in self.trace.quarantined if named in feeds and at <= until}

    def _excused(self, feed: Feed) -> datetime | None:
        """When somebody let the night go on without a delivery of this feed."""
        moments = [
            item.acknowledgement.made_at
            for item in self.night.waivers
            if item.feed == feed and item.exception in ("may_be_missing", "carry_forward")
        ]
        change: dict[str, Any] = {"change": "optional_feed", "feed": feed}
        moments += [item.approval.made_at for item in self.night.overrides if item.change.subject == change]
        return min(moments, default=None)

    def _accepted(self, delivery_id: str) -> datetime | None:
        """When the client accepted the delivery with the rows that fail its contract."""
        moments = [
            item.acknowledgement.made_at
            for item in self.night.waivers
            if item.exception == "accept_quarantined" and item.request.subject["delivery_id"] == delivery_id
        ]
        return min(moments, default=None)
