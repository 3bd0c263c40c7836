"""The dependency chain of one client night: each step's state, reason and owner; and what to do next."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from acme_assets.audit.canonical import digest
from acme_assets.nights.facts import BackfillFact, DeliveryFact, GateDecision, NightFacts, Stage
from client_partitions.calendar import deadline_at, due_at, late_at
from client_partitions.client import Client, OwnerGroup
from client_partitions.feeds import Feed

StepState = Literal["done", "running", "waiting", "held"]
"""running: ours to finish by itself; waiting: for a step before it, or not due yet; held: somebody must act."""

NightState = Literal["waiting", "held", "running", "awaiting sign-off", "released"]


@dataclass(frozen=True)
class Step:
    """One dependency of the client night."""

    name: str
    """feeds/<feed>, marts, sign-off or release."""
    state: StepState
    reason: str
    owner_group: OwnerGroup
    owner: str
    since: datetime | None
    """Since when it is in this state, where that is known."""


@dataclass(frozen=True)
class Work:
    """Something to request of Dagster. The same work has the same key, however often it is found."""

    stage: Stage
    client_id: str
    business_date: date
    key: str
    feed: Feed | None = None
    """The feed to load (stage load)."""
    bytes: int = 0
    """Size of the files that it reads; of a build, of those that its inputs came from."""


@dataclass(frozen=True)
class NightStatus:
    """One client night, assessed."""

    client_id: str
    business_date: date
    state: NightState
    steps: tuple[Step, ...]
    blocked_by: Step | None
    """The step to look at first: one that is held, else the first that is not done."""
    deadline: datetime
    released_at: datetime | None
    """When what the client sees now was released; None if it sees nothing of this business date."""
    work: tuple[Work, ...]


def _step(client: Client, name: str, state: StepState, reason: str, group: OwnerGroup, since: datetime | None) -> Step:
    return Step(name, state, reason, group, client.owners.of(group).name, since)


def _feed_step(client: Client, facts: NightFacts, feed: Feed, now: datetime) -> Step:
    delivery = facts.deliveries.get(feed)
    name = f"feeds/{feed}"
    if delivery is None:
        due, late = due_at(client, feed, facts.business_date), late_at(client, feed, facts.business_date)
        local = due.astimezone(client.zone)
        if now < late:
            return _step(client, name, "waiting", f"not delivered yet; due {local:%H:%M %Z}", "client", None)
        return _step(client, name, "held", f"not delivered; was due {local:%a %H:%M %Z}", "client", due)
    if delivery.state == "loaded":
        if not delivery.is_loaded:
            reason = "stands as loaded, and there is no record of a load; see: acme audit verify"
            return _step(client, name, "held", reason, "engineering", delivery.state_at)
        return _step(client, name, "done", _loaded(delivery), "engineering", delivery.state_at)
    if delivery.state == "quarantined":
        reason = f"delivery quarantined: {delivery.reason}"
        return _step(client, name, "held", reason, "client", delivery.state_at)
    if feed not in client.feeds:
        reason = f"delivered, but {client.client_id} owes no {feed} any more; see its file in the client registry"
        return _step(client, name, "held", reason, "engineering", delivery.observed_at)
    stuck = facts.stuck.get(load_key(delivery))
    if stuck:
        return _step(client, name, "held", stuck.reason, "engineering", stuck.since)
    if facts.put_off:
        return _put_off(client, name, facts.put_off)
    return _step(client, name, "running", "delivered; being checked and loaded", "engineering", delivery.observed_at)


def _put_off(client: Client, name: str, backfill: BackfillFact) -> Step:
    cancelled = (
        f"backfill {backfill.backfill_id[:8]} was cancelled by {backfill.ended_by}; go on with: acme backfill run"
    )
    return _step(client, name, "waiting", cancelled, "engineering", backfill.ended_at)


def _loaded(delivery: DeliveryFact) -> str:
    if delivery.carried_from:
        return f"{delivery.rows_loaded:,} rows of {delivery.carried_from} carried forward, by a waiver"
    if delivery.rows_quarantined:
        return f"{delivery.rows_loaded:,} rows loaded, {delivery.rows_quarantined:,} quarantined"
    return f"{delivery.rows_loaded:,} rows loaded"


def load_key(delivery: DeliveryFact) -> str:
    """The work key of loading a delivery: another one each time that it speaks for its feed again."""
    return f"load/{delivery.delivery_id}/{delivery.observed_at:%Y%m%dT%H%M%S}"


def build_key(facts: NightFacts) -> str:
    """The work key of building the client night from its present inputs, since they are what they are."""
    since = max((item.state_at for item in facts.deliveries.values()), default=datetime.min)
    return f"build/{facts.client_id}/{facts.business_date}/{facts.inputs_key[:16]}/{since:%Y%m%dT%H%M%S}"


def release_key(facts: NightFacts, gate: GateDecision) -> str:
    """The work key of putting what the client sees in line with the gate: a release, or taking one back."""
    before = facts.live_release.release_id if facts.live_release else "nothing"
    if gate.withdraws:
        return f"withdraw/{gate.withdraws[:32]}"
    assert facts.candidate is not None
    approvals = digest(sorted(gate.sign_off_ids))
    return f"release/{facts.candidate.evidence_digest[:32]}/{approvals[:16]}/{before[:16]}"


def _marts_step(client: Client, facts: NightFacts, unmet: list[Step]) -> Step:
    if unmet:
        names = ", ".join(step.name.removeprefix("feeds/") for step in unmet)
        return _step(client, "marts", "waiting", f"needs {names}", "engineering", None)
    if not facts.inputs:
        return _step(client, "marts", "waiting", "nothing is owed and nothing is delivered", "engineering", None)
    of_inputs = [model for model in facts.models.values() if model.inputs_key == facts.inputs_key]
    failed = [model for model in of_inputs if model.state == "failed"]
    if failed:
        reason = "; ".join(f"{model.model}: {model.reason}" for model in failed)
        return _step(client, "marts", "held", reason, "engineering", failed[0].state_at)
    is_building = any(model.state == "building" for model in of_inputs)
    if facts.candidate and facts.candidate.inputs_key == facts.inputs_key and not is_building:
        reason = f"candidate {facts.candidate.evidence_digest[:12]}"
        return _step(client, "marts", "done", reason, "engineering", facts.candidate.built_at)
    stuck = facts.stuck.get(build_key(facts))
    if stuck:
        return _step(client, "marts", "held", stuck.reason, "engineering", stuck.since)
    if facts.put_off:
        return _put_off(client, "marts", facts.put_off)
    since = max((item.state_at for item in facts.deliveries.values()), default=None)
    return _step(client, "marts", "running", "being built", "engineering", since)


def _sign_off_step(client: Client, facts: NightFacts, gate: GateDecision, marts: Step) -> Step:
    if gate.is_open:
        return _step(client, "sign-off", "done", gate.reason, "qa", gate.since)
    if marts.state != "done" and not facts.lost_statements:
        reason = "needs a candidate"
        if gate.was_signed:
            reason = "the deliveries changed: what was signed is not what would be released"
        return _step(client, "sign-off", "waiting", reason, "qa", None)
    since = gate.since or (facts.candidate.built_at if facts.candidate else None)
    return _step(client, "sign-off", "held", gate.reason, "qa", since)


def _release_step(client: Client, facts: NightFacts, gate: GateDecision) -> Step:
    live = facts.live_release
    stuck = facts.stuck.get(release_key(facts, gate)) if gate.is_open or gate.withdraws else None
    if stuck:
        return _step(client, "release", "held", stuck.reason, "engineering", stuck.since)
    if gate.withdraws:
        return _step(client, "release", "running", f"release {gate.withdraws[:12]} is being withdrawn",
                     "engineering", gate.since)  # fmt: skip
    if live and facts.candidate and live.evidence_digest == facts.candidate.evidence_digest and gate.is_open:
        return _step(client, "release", "done", f"release {live.release_id[:12]}", "engineering", live.released_at)
    seen = ""
    if live:
        seen = f"; the client still sees the release of {live.released_at.astimezone(client.zone):%a %H:%M %Z}"
    if not gate.is_open:
        return _step(client, "release", "waiting", f"needs the sign-off{seen}", "engineering", None)
    return _step(client, "release", "running", f"being released{seen}", "engineering", gate.since)


def assess(client: Client, facts: NightFacts, gate: GateDecision, now: datetime) -> NightStatus:
    """The state of a client night, its chain of steps and the work to request."""
    owed = client.feeds_owed(facts.business_date)
    pending = {feed for feed, delivery in facts.deliveries.items() if delivery.is_pending}
    feeds = [feed for feed in client.feeds if feed in owed or feed in facts.deliveries]
    feeds += sorted(facts.deliveries.keys() - client.feeds.keys())
    feed_steps = {feed: _feed_step(client, facts, feed, now) for feed in feeds}
    needed = {feed: step for feed, step in feed_steps.items() if feed in owed or feed in pending}
    unmet = [step for step in needed.values() if step.state != "done"]
    marts = _marts_step(client, facts, unmet)
    sign_off = _sign_off_step(client, facts, gate, marts)
    release = _release_step(client, facts, gate)
    steps = (*feed_steps.values(), marts, sign_off, release)
    required = (*needed.values(), marts, sign_off, release)
    blocked_by = next((step for step in required if step.state == "held"), None) or next(
        (step for step in required if step.state != "done"), None
    )
    return NightStatus(
        facts.client_id,
        facts.business_date,
        _night_state(release, blocked_by),
        steps,
        blocked_by,
        deadline_at(client, facts.business_date),
        facts.live_release.released_at if facts.live_release else None,
        _work(facts, feed_steps, marts, gate, release),
    )


def _night_state(release: Step, blocked_by: Step | None) -> NightState:
    if release.state == "done" or blocked_by is None:
        return "released"
    if blocked_by.name == "sign-off" and blocked_by.state == "held":
        return "awaiting sign-off"
    return "running" if blocked_by.state == "running" else "held" if blocked_by.state == "held" else "waiting"


def _work(
    facts: NightFacts, feed_steps: dict[Feed, Step], marts: Step, gate: GateDecision, release: Step
) -> tuple[Work, ...]:
    night = (facts.client_id, facts.business_date)
    loads = [
        Work("load", *night, load_key(facts.deliveries[feed]), feed, facts.deliveries[feed].bytes)
        for feed, step in feed_steps.items()
        if step.state == "running"
    ]
    size = sum(delivery.bytes for delivery in facts.deliveries.values())
    builds = [Work("build", *night, build_key(facts), bytes=size)] if marts.state == "running" else []
    releases = [Work("release", *night, release_key(facts, gate))] if release.state == "running" else []
    return (*loads, *builds, *releases)
