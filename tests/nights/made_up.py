"""Facts of a client night, made up in a line: by hand for the examples, by hypothesis for the properties."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from acme_assets.gates.decision import decide
from acme_assets.gates.statement import Kind, Signed
from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import (
    CandidateFact,
    DeliveryFact,
    DeliveryState,
    GateDecision,
    ModelFact,
    NightFacts,
    ReleaseFact,
    StatementFact,
    StuckFact,
)
from acme_assets.nights.status import build_key, load_key, release_key
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Roster
from tests.world import DELE, INGRID, MALLORY, NIGHT, ROLES, client_data, make_client, make_roster, signer_of

CLIENT = make_client()
"""Owes eligibility and pharmacy claims, and may send lab results."""

BEFORE_DUE = datetime(2026, 3, 11, 5, 0, tzinfo=UTC)
"""01:00 in New York; the feeds are due at 02:00 with half an hour's grace."""
AFTER_GRACE = BEFORE_DUE.replace(hour=7)
EARLIER = BEFORE_DUE.replace(hour=4)

LATER = BEFORE_DUE.replace(hour=16)


def client_owing(**policies: dict[str, Any]) -> Client:
    """The client with changed feed policies."""
    feeds = client_data()["feeds"]
    for feed, policy in policies.items():
        feeds[feed] |= policy
    return make_client(feeds=feeds)


def delivery(feed: Feed, state: DeliveryState = "loaded", version: str = "1", **changes: Any) -> DeliveryFact:
    """A delivery in a state, with what the ledger would say of it."""
    fact = DeliveryFact(
        delivery_id=f"{feed}-{version}",
        feed=feed,
        state=state,
        reason="30% of the rows failed" if state == "quarantined" else None,
        observed_at=EARLIER,
        state_at=EARLIER + timedelta(minutes=5),
        rows_loaded=1234 if state == "loaded" else None,
        rows_quarantined=0 if state == "loaded" else None,
    )
    return replace(fact, **changes)


def facts_of(*deliveries: DeliveryFact, on: date = NIGHT, **changes: Any) -> NightFacts:
    """A night with these deliveries."""
    return NightFacts(CLIENT.client_id, on, {item.feed: item for item in deliveries}, **changes)


def all_loaded(**changes: Any) -> NightFacts:
    """Both required feeds loaded."""
    return facts_of(delivery("eligibility"), delivery("pharmacy_claim"), **changes)


def with_candidate(facts: NightFacts, evidence_digest: str = "c" * 64) -> NightFacts:
    """The night with a candidate of its present inputs."""
    built_at = EARLIER + timedelta(minutes=20)
    return replace(facts, candidate=CandidateFact(evidence_digest, facts.inputs_key, built_at, ("pmpm",)))


def signed(
    decision: Literal["approved", "rejected"] = "approved",
    analyst: str = INGRID,
    evidence_digest: str = "c" * 64,
    minute: int = 30,
    reason: str | None = None,
    answers: Sequence[StatementFact] = (),
    **changes: Any,
) -> StatementFact:
    """A sign-off, as the ledger has it."""
    subject = {"evidence_digest": evidence_digest, "decision": decision, "marts": ["pmpm"], "acknowledged_failures": [],
               "answers": sorted(item.statement_id for item in answers)}  # fmt: skip
    return stated("sign_off", analyst, subject, minute, reason=reason, **{"role": "qa", **changes})


def stated(kind: Kind, signer: str, subject: dict[str, Any], minute: int, **changes: Any) -> StatementFact:
    """Any signed statement about the night, as the ledger has it."""
    made = {
        "role": ROLES[signer][0],
        "client_id": CLIENT.client_id,
        "dates": (NIGHT, NIGHT),
        "meaning": "as the test says",
        "reason": None,
        "made_at": EARLIER + timedelta(minutes=minute),
    } | changes
    role, client_id, dates = (made.pop(name) for name in ("role", "client_id", "dates"))
    return fact_of(signer_of(signer).sign(kind, role, client_id, dates, subject, **made))


def fact_of(said: Signed) -> StatementFact:
    """A signed statement as the ledger has it."""
    item = said.statement
    return StatementFact(
        item.statement_id,
        item.kind,
        item.client_id,
        item.first_date,
        item.last_date,
        item.signer,
        item.canonical(),
        said.signature,
    )


def with_sign_offs(*sign_offs: StatementFact, facts: NightFacts | None = None) -> NightFacts:
    """The night with a candidate and these sign-offs."""
    return replace(facts or with_candidate(all_loaded()), statements=sign_offs)


def gate_of(client: Client, facts: NightFacts, roster: Roster | None = None, now: datetime = LATER) -> GateDecision:
    """The gate of a night."""
    return decide(night_of(client, facts, roster or make_roster(), now))


def released(facts: NightFacts, evidence_digest: str = "c" * 64) -> NightFacts:
    """The night with a live release."""
    return replace(facts, live_release=ReleaseFact("r" * 32, evidence_digest, EARLIER + timedelta(minutes=40)))


def stuck(*keys: str, reason: str = "the run failed 3 times") -> dict[str, StuckFact]:
    """Work that was given up."""
    return {
        key: StuckFact(key, key.split("/")[0], reason, EARLIER + timedelta(minutes=50))  # type: ignore[arg-type]
        for key in keys
    }


def failed(model: str, facts: NightFacts, reason: str = "test unique_grain fail") -> ModelFact:
    """A model that failed on the night's present inputs."""
    return ModelFact(model, facts.inputs_key, "failed", reason, EARLIER + timedelta(minutes=15))


# --- whatever the ledger might hold

_STATES: tuple[DeliveryState, ...] = ("arrived", "loaded", "quarantined")
_DIGESTS = ("c" * 64, "d" * 64)
_FEEDS: tuple[Feed, ...] = ("eligibility", "pharmacy_claim", "lab_result", "patient")
"""The client's feeds, and one that it does not owe."""

CLIENTS = st.sampled_from(
    (
        CLIENT,
        client_owing(lab_result={"required": True}),
        client_owing(pharmacy_claim={"required": False}, eligibility={"days": ["mon"]}),
    )
)

MOMENTS = st.sampled_from((BEFORE_DUE, AFTER_GRACE, AFTER_GRACE + timedelta(hours=9)))


def _maybe(values: Iterable[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), st.sampled_from(list(values)))


@st.composite
def any_facts(draw: st.DrawFn, client: Client = CLIENT) -> NightFacts:
    """A night in any state, also in ones that no run of ours would leave."""
    states = {feed: draw(_maybe(_STATES)) for feed in _FEEDS}
    facts = facts_of(*(delivery(feed, state) for feed, state in states.items() if state))
    if candidate := draw(_maybe(_DIGESTS)):
        facts = with_candidate(facts, candidate)
        if draw(st.booleans()) and facts.candidate:
            facts = replace(facts, candidate=replace(facts.candidate, inputs_key="stale"))
    sign_offs = st.builds(
        signed,
        st.sampled_from(("approved", "rejected")),
        st.sampled_from((INGRID, DELE, MALLORY)),
        st.sampled_from(_DIGESTS),
        st.integers(30, 32),
    )
    said = {item.statement_id: item for item in draw(st.lists(sign_offs, max_size=3))}
    if said and draw(st.booleans()):
        answered = draw(st.lists(st.sampled_from([*said.values()]), max_size=3))
        answer = signed(analyst=DELE, minute=draw(st.integers(29, 33)), answers=answered)
        said[answer.statement_id] = answer
    facts = replace(facts, statements=tuple(said.values()))
    if live := draw(_maybe(_DIGESTS)):
        facts = released(facts, live)
    if draw(st.booleans()):
        facts = replace(facts, models={"pmpm": failed("pmpm", facts)})
    return replace(facts, stuck=stuck(*draw(st.sets(st.sampled_from(_work_keys(client, facts))))))


def _work_keys(client: Client, facts: NightFacts) -> list[str]:
    gate = gate_of(client, facts)
    keys = [*(load_key(item) for item in facts.deliveries.values()), build_key(facts)]
    return [*keys, release_key(facts, gate)] if gate.is_open else keys


@st.composite
def any_night(draw: st.DrawFn) -> tuple[Client, NightFacts]:
    """A client and one of its nights."""
    client = draw(CLIENTS)
    return client, draw(any_facts(client))
