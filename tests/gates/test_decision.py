"""The QA gate: open only for the present candidate, by the latest word of an analyst of this client."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings

from acme_assets.gates.decision import decide
from acme_assets.nights.facts import GateDecision, NightFacts, SignOffFact
from client_partitions.client import Client
from tests.nights.made_up import (
    CLIENT,
    MALLORY,
    all_loaded,
    any_night,
    delivery,
    facts_of,
    released,
    signed,
    with_candidate,
    with_sign_offs,
)
from tests.world import DELE, INGRID

OTHER = "d" * 64


def gate(*sign_offs: SignOffFact) -> GateDecision:
    return decide(CLIENT, with_sign_offs(*sign_offs))


def test_an_approved_candidate_opens_the_gate() -> None:
    sign_off = signed()
    assert gate(sign_off) == GateDecision(True, "approved by ingrid@acme.example", sign_off)


def test_without_a_candidate_the_gate_is_shut_whatever_was_signed() -> None:
    found = decide(CLIENT, with_sign_offs(signed(), facts=all_loaded()))
    assert found == GateDecision(False, "there is no candidate: the marts are not built")


def test_an_unsigned_candidate_holds_the_gate_shut_and_says_what_to_do() -> None:
    assert gate() == GateDecision(
        False,
        "no QA sign-off covers candidate cccccccccccc; review with: acme qa show tiny_health 2026-03-10",
    )


def test_a_sign_off_of_another_candidate_opens_nothing() -> None:
    found = gate(signed(evidence_digest=OTHER))
    assert not found.is_open
    assert "no QA sign-off covers candidate cccccccccccc, though an earlier candidate was signed" in found.reason


def test_a_rejection_of_another_candidate_shuts_nothing() -> None:
    assert gate(signed(), signed("rejected", evidence_digest=OTHER, minute=60)).is_open


@pytest.mark.parametrize("analyst", [MALLORY, "enzo@acme.example", "INGRID@acme.example", ""])
def test_the_word_of_somebody_who_is_no_analyst_of_the_client_opens_nothing(analyst: str) -> None:
    found = gate(signed(analyst=analyst))
    assert (found.is_open, found.reason) == (False, f"{analyst} is no QA analyst of tiny_health")


def test_an_analyst_taken_off_the_client_opens_nothing_any_more() -> None:
    owners = CLIENT.owners.model_copy(update={"qa": tuple(who for who in CLIENT.owners.qa if who.email != INGRID)})
    client = CLIENT.model_copy(update={"owners": owners})
    assert not decide(client, with_sign_offs(signed(analyst=INGRID))).is_open
    assert decide(client, with_sign_offs(signed(analyst=DELE))).is_open


def test_somebody_elses_word_after_an_approval_shuts_the_gate() -> None:
    assert not gate(signed(), signed(analyst=MALLORY, minute=60)).is_open


def test_a_rejection_holds_the_gate_shut_with_its_reason() -> None:
    sign_off = signed("rejected", reason="totals look wrong")
    assert gate(sign_off) == GateDecision(False, "rejected by ingrid@acme.example: totals look wrong", sign_off)
    assert gate(signed("rejected")).reason == "rejected by ingrid@acme.example: no reason given"


@pytest.mark.parametrize(("first", "second"), [("approved", "rejected"), ("rejected", "approved")])
def test_the_latest_word_counts_in_whatever_order_they_are_read(first: str, second: str) -> None:
    words = [
        signed(first, INGRID, minute=30, sign_off_id="9" * 64),  # type: ignore[arg-type]
        signed(second, DELE, minute=31, sign_off_id="1" * 64),  # type: ignore[arg-type]
    ]
    for arrangement in permutations(words):
        found = gate(*arrangement)
        assert found.is_open == (second == "approved")
        assert found.sign_off == words[1]


@pytest.mark.parametrize("ids", [("1" * 64, "9" * 64), ("9" * 64, "1" * 64)])
def test_of_two_words_at_the_same_moment_the_one_that_shuts_the_gate_counts(ids: tuple[str, str]) -> None:
    approval, rejection = signed(sign_off_id=ids[0]), signed("rejected", DELE, sign_off_id=ids[1])
    forged = signed(analyst=MALLORY, sign_off_id=ids[1])
    for other in (rejection, forged):
        for arrangement in permutations([approval, other]):
            assert gate(*arrangement).sign_off == other
            assert not gate(*arrangement).is_open


def test_of_two_approvals_at_the_same_moment_always_the_same_one_opens_the_gate() -> None:
    approvals = [signed(sign_off_id="1" * 64), signed(analyst=DELE, sign_off_id="2" * 64)]
    assert {gate(*arrangement) for arrangement in permutations(approvals)} == {gate(*approvals)}


def test_deliveries_that_changed_after_the_build_shut_the_gate() -> None:
    before = with_sign_offs(signed())
    redelivered = delivery("pharmacy_claim", version="2")
    facts = replace(before, deliveries={**before.deliveries, "pharmacy_claim": redelivered})
    assert decide(CLIENT, facts) == GateDecision(False, "the deliveries changed after the candidate was built")


@pytest.mark.parametrize("feed", ["pharmacy_claim", "lab_result", "patient"])
def test_a_delivery_that_is_not_loaded_yet_shuts_the_gate_though_it_is_optional(feed: str) -> None:
    before = with_sign_offs(signed())
    arrived = delivery(feed, "arrived")  # type: ignore[arg-type]
    facts = with_candidate(replace(before, deliveries={**before.deliveries, feed: arrived}))
    found = decide(CLIENT, facts)
    assert (found.is_open, found.reason) == (False, "the deliveries changed after the candidate was built")


def test_a_required_delivery_that_is_quarantined_after_the_build_shuts_the_gate() -> None:
    before = with_sign_offs(signed())
    facts = replace(before, deliveries={**before.deliveries, "eligibility": delivery("eligibility", "quarantined")})
    assert not decide(CLIENT, facts).is_open


def test_an_optional_delivery_that_is_quarantined_leaves_the_gate_as_it_is() -> None:
    night = facts_of(delivery("eligibility"), delivery("pharmacy_claim"), delivery("lab_result", "quarantined"))
    assert decide(CLIENT, with_sign_offs(signed(), facts=with_candidate(night))).is_open


def test_an_earlier_release_opens_no_gate() -> None:
    assert not decide(CLIENT, released(with_candidate(all_loaded()))).is_open


@settings(max_examples=150, deadline=None)
@given(night=any_night())
def test_an_open_gate_means_that_an_analyst_approved_the_present_candidate_last(
    night: tuple[Client, NightFacts],
) -> None:
    client, facts = night
    found = decide(client, facts)
    if not found.is_open:
        assert found.reason
        return
    assert facts.candidate is not None
    assert facts.candidate.inputs_key == facts.inputs_key
    assert all(item.state != "arrived" for item in facts.deliveries.values())
    covering = [item for item in facts.sign_offs if item.evidence_digest == facts.candidate.evidence_digest]
    last_moment = max(item.signed_at for item in covering)
    last = [item for item in covering if item.signed_at == last_moment]
    assert found.sign_off in last
    for item in last:
        assert item.decision == "approved"
        assert item.analyst in {analyst.email for analyst in client.owners.qa}


@settings(max_examples=100, deadline=None)
@given(night=any_night())
def test_the_gate_does_not_depend_on_the_order_in_which_sign_offs_are_read(night: tuple[Client, NightFacts]) -> None:
    client, facts = night
    sign_offs = tuple({item.sign_off_id: item for item in facts.sign_offs}.values())
    decisions = {decide(client, replace(facts, sign_offs=order)) for order in permutations(sign_offs)}
    assert len(decisions) == 1
