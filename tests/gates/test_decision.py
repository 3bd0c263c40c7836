"""The QA gate: open only for the present candidate, by the latest word of an analyst of this client."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings

from acme_assets.gates.statement import read_statement
from acme_assets.nights.facts import GateDecision, NightFacts, StatementFact
from client_partitions.client import Client
from client_partitions.people import Roster
from tests.nights.made_up import (
    CLIENT,
    EARLIER,
    all_loaded,
    any_night,
    delivery,
    facts_of,
    gate_of,
    released,
    signed,
    with_candidate,
    with_sign_offs,
)
from tests.world import DELE, ENZO, INGRID, MALLORY

OTHER = "d" * 64
CHANGED = "the deliveries, waivers or overrides changed after the candidate was built"


def gate(*sign_offs: StatementFact) -> GateDecision:
    return gate_of(CLIENT, with_sign_offs(*sign_offs))


def test_an_approved_candidate_opens_the_gate() -> None:
    sign_off = signed()
    assert gate(sign_off) == GateDecision(
        True,
        "approved by ingrid@acme.example",
        (sign_off.statement_id,),
        (INGRID,),
        EARLIER + timedelta(minutes=30),
    )


def test_without_a_candidate_the_gate_is_shut_whatever_was_signed() -> None:
    found = gate_of(CLIENT, with_sign_offs(signed(), facts=all_loaded()))
    assert (found.is_open, found.reason) == (False, "there is no candidate: the marts are not built")


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


def test_the_word_of_an_analyst_of_other_clients_opens_nothing() -> None:
    found = gate(signed(analyst=MALLORY))
    assert not found.is_open
    assert "mallory@acme.example is no QA analyst of tiny_health" in found.reason


def test_the_word_of_an_engineer_opens_nothing() -> None:
    found = gate(signed(analyst=ENZO))
    assert not found.is_open
    assert "enzo@acme.example signed as qa, and does not have that role" in found.reason


def test_the_word_of_nobody_in_the_roster_opens_nothing() -> None:
    found = gate_of(CLIENT, with_sign_offs(signed()), Roster(problem="people.yaml: line 3 is not YAML"))
    assert not found.is_open
    assert "people.yaml: line 3 is not YAML" in found.reason


def test_an_analyst_taken_off_the_client_opens_nothing_any_more() -> None:
    owners = CLIENT.owners.model_copy(update={"qa": tuple(who for who in CLIENT.owners.qa if who.email != INGRID)})
    client = CLIENT.model_copy(update={"owners": owners})
    assert not gate_of(client, with_sign_offs(signed(analyst=INGRID))).is_open
    assert gate_of(client, with_sign_offs(signed(analyst=DELE))).is_open


def test_somebody_elses_word_after_an_approval_changes_nothing() -> None:
    assert gate(signed(), signed(analyst=MALLORY, minute=60)).is_open


def test_any_analysts_rejection_shuts_the_gate() -> None:
    assert not gate(signed(), signed("rejected", MALLORY, minute=60)).is_open


def test_a_rejection_holds_the_gate_shut_with_its_reason() -> None:
    sign_off = signed("rejected", reason="totals look wrong")
    assert (gate(sign_off).is_open, gate(sign_off).reason) == (
        False,
        "rejected by ingrid@acme.example: totals look wrong",
    )
    assert gate(signed("rejected")).reason == "rejected by ingrid@acme.example: no reason given"


MINUTES = (29, 30, 31)
"""Before, at and after the rejection, by the clock of whoever approves."""


@pytest.mark.parametrize("minute", MINUTES)
def test_an_approval_that_does_not_name_a_rejection_is_outweighed_by_it_whatever_the_clocks_say(minute: int) -> None:
    words = [signed("rejected", DELE, reason="totals"), signed(minute=minute)]
    for arrangement in permutations(words):
        found = gate(*arrangement)
        assert (found.is_open, found.signers) == (False, (DELE,))
        assert found.reason == "rejected by dele@acme.example: totals"


@pytest.mark.parametrize("minute", MINUTES)
def test_an_approval_that_names_every_rejection_opens_the_gate(minute: int) -> None:
    rejections = [signed("rejected", DELE), signed("rejected", INGRID)]
    for arrangement in permutations([*rejections, signed(minute=minute, answers=rejections)]):
        assert gate(*arrangement).is_open


def test_an_approval_that_names_one_of_two_rejections_opens_nothing() -> None:
    rejections = [signed("rejected", DELE), signed("rejected", INGRID)]
    assert not gate(*rejections, signed(minute=60, answers=rejections[:1])).is_open


def test_the_order_of_two_approvals_makes_no_difference() -> None:
    approvals = [signed(), signed(analyst=DELE)]
    assert {gate(*arrangement) for arrangement in permutations(approvals)} == {gate(*approvals)}


def test_deliveries_that_changed_after_the_build_shut_the_gate() -> None:
    before = with_sign_offs(signed())
    redelivered = delivery("pharmacy_claim", version="2")
    facts = replace(before, deliveries={**before.deliveries, "pharmacy_claim": redelivered})
    found = gate_of(CLIENT, facts)
    assert (found.is_open, found.reason) == (False, CHANGED)


@pytest.mark.parametrize("feed", ["pharmacy_claim", "lab_result", "patient"])
def test_a_delivery_that_is_not_loaded_yet_shuts_the_gate_though_it_is_optional(feed: str) -> None:
    before = with_sign_offs(signed())
    arrived = delivery(feed, "arrived")  # type: ignore[arg-type]
    facts = with_candidate(replace(before, deliveries={**before.deliveries, feed: arrived}))
    found = gate_of(CLIENT, facts)
    assert (found.is_open, found.reason) == (False, CHANGED)


def test_a_required_delivery_that_is_quarantined_after_the_build_shuts_the_gate() -> None:
    before = with_sign_offs(signed())
    facts = replace(before, deliveries={**before.deliveries, "eligibility": delivery("eligibility", "quarantined")})
    assert not gate_of(CLIENT, facts).is_open


def test_an_optional_delivery_that_is_quarantined_leaves_the_gate_as_it_is() -> None:
    night = facts_of(delivery("eligibility"), delivery("pharmacy_claim"), delivery("lab_result", "quarantined"))
    assert gate_of(CLIENT, with_sign_offs(signed(), facts=with_candidate(night))).is_open


def test_an_earlier_release_opens_no_gate() -> None:
    assert not gate_of(CLIENT, released(with_candidate(all_loaded()))).is_open


@settings(max_examples=150, deadline=None)
@given(night=any_night())
def test_an_open_gate_means_that_an_analyst_approved_the_present_candidate_knowing_every_rejection(
    night: tuple[Client, NightFacts],
) -> None:
    client, facts = night
    found = gate_of(client, facts)
    if not found.is_open:
        assert found.reason
        return
    assert facts.candidate is not None
    assert facts.candidate.inputs_key == facts.inputs_key
    assert all(item.state != "arrived" for item in facts.deliveries.values())
    said = [read_statement(item.text) for item in facts.statements]
    covering = [item for item in said if item.subject["evidence_digest"] == facts.candidate.evidence_digest]
    rejections = {item.statement_id for item in covering if item.subject["decision"] == "rejected"}
    approving = [
        item
        for item in covering
        if item.subject["decision"] == "approved" and rejections <= set(item.subject["answers"])
    ]
    assert set(found.signers) <= {item.signer for item in approving}
    assert set(found.signers) <= {analyst.email for analyst in client.owners.qa}
    assert found.signers


@settings(max_examples=100, deadline=None)
@given(night=any_night())
def test_the_gate_does_not_depend_on_the_order_in_which_sign_offs_are_read(night: tuple[Client, NightFacts]) -> None:
    client, facts = night
    decisions = {gate_of(client, replace(facts, statements=order)) for order in permutations(facts.statements)}
    assert len(decisions) == 1
