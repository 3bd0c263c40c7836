"""A client night and the analysts' shifts as the forecast takes them: from the night under its terms and its status."""

from datetime import datetime, timedelta

from acme_assets.gates.decision import approvals_of, objections_to, signatures_of, why_not_automatic
from acme_assets.gates.statement import Statement
from acme_assets.gates.terms import Night
from acme_assets.nights.facts import DeliveryFact
from acme_assets.nights.status import NightStatus, Step
from acme_assets.sla.night import Desk, FeedAhead, FeedState, NightAhead, Shift, StageAhead, StageState
from client_partitions.calendar import due_at
from client_partitions.feeds import Feed
from client_partitions.people import Roster, RosterPerson

SHIFTS_SINCE, SHIFTS_UNTIL = timedelta(days=1), timedelta(days=3)
"""A forecast reaches two days; a sign-off that waits now may have waited since yesterday."""


def ahead_of(night: Night, status: NightStatus) -> NightAhead:
    """A client night that is not released, as the forecast takes it. `status` is its assessment."""
    steps = {step.name: step for step in status.steps}
    is_open = steps["sign-off"].state == "done"
    return NightAhead(
        night.facts.client_id,
        night.facts.business_date,
        status.deadline,
        tuple(
            _feed(night, step.name.removeprefix("feeds/"), step)  # type: ignore[arg-type]
            for step in status.steps
            if step.name.startswith("feeds/")
        ),
        _stage(steps["marts"]),
        _sign_off(night, steps["sign-off"]),
        _stage(steps["release"]),
        tuple(item.email for item in night.client.owners.qa if item.email not in night.interested),
        0 if is_open else _signatures(night),
        not is_open and _is_rejected(night),
    )


def _feed(night: Night, feed: Feed, step: Step) -> FeedAhead:
    delivery, client = night.facts.deliveries.get(feed), night.client
    asked_at = _asked_at(night, feed, delivery)
    is_owed = feed in client.feeds_owed(night.facts.business_date)
    if delivery is None:
        due = due_at(client, feed, night.facts.business_date)
        return FeedAhead(feed, "expected", due, is_needed=is_owed, waiver_asked_at=asked_at)
    # Of a feed that the client owes no more, nothing says when it was due: it is here, so nothing depends on that.
    due = due_at(client, feed, night.facts.business_date) if feed in client.feeds else delivery.observed_at
    state: FeedState = (
        "done"
        if step.state == "done"
        else "quarantined"
        if delivery.state == "quarantined"
        else "arrived"
        if step.state == "running"
        else "stuck"
    )
    return FeedAhead(
        feed,
        state,
        due,
        step.since,
        delivery.landed_at,
        is_owed or delivery.is_pending,
        delivery.bytes,
        asked_at if state == "quarantined" else None,
    )


def _asked_at(night: Night, feed: Feed, delivery: DeliveryFact | None) -> datetime | None:
    """When an exception was requested that would let the night go on without another delivery of the feed."""
    asked = [
        item.made_at
        for item in night.pending
        if item.subject["feed"] == feed
        and item.subject["exception"] != "late_until"
        and (item.subject["exception"] != "accept_quarantined" or _is_about(item, delivery))
    ]
    return min(asked, default=None)


def _is_about(request: Statement, delivery: DeliveryFact | None) -> bool:
    return delivery is not None and request.subject["delivery_id"] == delivery.delivery_id


_STATES: dict[str, StageState] = {"done": "done", "running": "running", "waiting": "waiting", "held": "stuck"}


def _stage(step: Step) -> StageAhead:
    return StageAhead(_STATES[step.state], step.since)


def _sign_off(night: Night, step: Step) -> StageAhead:
    if step.state != "held":
        return _stage(step)
    is_tampered = bool(night.facts.lost_statements) or any(item.is_spoiled for item in night.refused)
    return StageAhead("stuck" if is_tampered else "running", step.since)


def _is_rejected(night: Night) -> bool:
    candidate = night.facts.candidate
    return (
        candidate is not None
        and candidate.inputs_key == night.facts.inputs_key
        and bool(objections_to(night, candidate))
        and not approvals_of(night, candidate)
    )


def _signatures(night: Night) -> int:
    """How many analysts must still sign; 0 where the service may, as far as that can be told before there are rows."""
    candidate, policy = night.facts.candidate, night.client.qa
    if candidate is None or candidate.inputs_key != night.facts.inputs_key:
        if policy.auto_approve is None or policy.marts:
            return policy.required_signatures
        return 1 if night.waivers or night.overrides else 0
    by_service = why_not_automatic(night, candidate) is None
    return max((item.missing for item in signatures_of(night) if item.by_person or not by_service), default=0)


def desk_of(roster: Roster, now: datetime) -> Desk:
    """When each analyst of whom that is known works, from a day before now to three days after."""
    return {
        email: _shifts(person, now)
        for email, person in roster.people.items()
        if "qa" in person.roles and (person.hours or not person.is_active(now))
    }


def _shifts(person: RosterPerson, now: datetime) -> tuple[Shift, ...]:
    """Those that reach into the span. Of somebody who is retired, none."""
    first, last = now - SHIFTS_SINCE, now + SHIFTS_UNTIL
    days = [(first + timedelta(days=number)).date() for number in range(-2, (last - first).days + 3)]
    found = [person.hours.on(day) for day in days] if person.hours else []
    return tuple(
        Shift(*hours)
        for hours in found
        if hours and first < hours[1] and hours[0] < last and person.is_active(hours[0])
    )
