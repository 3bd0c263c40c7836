"""No forged, borrowed, stale or half-right statement opens the gate, and each is refused for what is wrong with it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.gates.decision import assess_night, decide
from acme_assets.gates.statement import KINDS, MAY_SIGN
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import CandidateFact, NightFacts, StatementFact
from client_partitions.people import Roster
from tests.gates.attacks import Attack, Case, Rows, all_of, approval, approved, honest, says, signed
from tests.gates.false_terms import NO_TERMS, agree, approve, ask, optional, revoke
from tests.gates.forgeries import ATTACKS, THINGS
from tests.nights.made_up import CLIENT, EARLIER, LATER, all_loaded, delivery, facts_of
from tests.world import (
    CORA,
    DELE,
    ENZO,
    KEYS,
    MALLORY,
    NIGHT,
    NOOR,
    OTTO,
    ROLES,
    make_client,
    make_roster,
    roster_person,
)

CASE = Case("c" * 64, ("member_months", "pmpm"), LATER - timedelta(hours=1))
NOBODY = Attack("", lambda case: [])


def night(attack: Attack, *facts: StatementFact, built_from: NightFacts | None = None) -> Night:
    """A night whose candidate was built under the attack's terms, with more statements."""
    client, roster = attack.client or CLIENT, attack.roster or make_roster()
    before = replace(built_from or all_loaded(), statements=tuple(attack.before(CASE)))
    inputs_key = night_of(client, before, roster, LATER).facts.inputs_key
    candidate = CandidateFact(
        CASE.evidence_digest, inputs_key, EARLIER + timedelta(minutes=20), CASE.marts, attack.failed, attack.drift
    )
    all_facts = replace(before, candidate=candidate, statements=(*before.statements, *facts))
    return night_of(client, all_facts, roster, LATER)


def found_in(reason: str) -> set[str]:
    """What a refusal says is wrong."""
    return {thing for thing, text in THINGS.items() if re.search(text, reason)}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_opens_nothing_and_is_refused_for_what_is_wrong_with_it_alone(name: str) -> None:
    attack = ATTACKS[name]
    found = decide(night(attack, *attack.rows(CASE)))
    assert not found.is_open
    assert found_in(found.reason) == {attack.thing}, found.reason


@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.honest])
def test_an_honest_approval_opens_the_gate_beside_it(name: str) -> None:
    attack = ATTACKS[name]
    found = decide(night(attack, *attack.rows(CASE), *honest(CASE, attack)))
    assert found.is_open, found.reason
    assert set(attack.honest) <= set(found.signers)


def test_there_are_more_than_a_hundred_attacks_and_each_refusal_is_met() -> None:
    assert len(ATTACKS) >= 100
    assert {attack.thing for attack in ATTACKS.values()} == set(THINGS)


def test_an_approval_counts_until_the_moment_at_which_it_expires() -> None:
    def is_open(expires_at: datetime) -> bool:
        return decide(night(NOBODY, *approved(expires_at=expires_at)(CASE))).is_open

    assert is_open(LATER + timedelta(microseconds=1))
    assert not is_open(LATER)


# --- any change at all


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_whatever_character_of_the_only_approval_is_changed_the_gate_shuts(data: st.DataObject) -> None:
    (good,) = approved()(CASE)
    assert decide(night(NOBODY, good)).is_open
    field = data.draw(st.sampled_from(("text", "signature", "statement_id", "signer", "client_id", "kind")))
    value = getattr(good, field)
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != value[at]))
    changed = replace(good, **{field: value[:at] + other + value[at + 1 :]})
    assert not decide(night(NOBODY, changed)).is_open


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | st.just(CASE.evidence_digest),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = ("evidence_digest", "decision", "marts", "exception", "feed", "until", "change", "time", "mart", "tuning")
_WORDS = st.sampled_from(
    ("approved", "rejected", "may_be_missing", "late_until", "carry_forward", "accept_quarantined", "optional_feed",
     "extra_feed", "due", "deadline", "suite", "lab_result", "pmpm", "04:30", "04:30+02:00", "2026-03-09", "link")
)  # fmt: skip


_SENSE: dict[str, dict[str, Any]] = {
    "sign_off": approval(CASE).subject,  # type: ignore[dict-item]
    "exception_request": {"exception": "carry_forward", "feed": "lab_result", "delivery_id": "d", "rows_loaded": 5,
                          "source_date": "2026-03-09", "until": "04:30"},
    "acknowledgement": {"request_id": "5" * 64, "contact": CORA, "reference": "mail", "via": "client_success"},
    "override": {"change": "due", "feed": "lab_result", "time": "04:30"},
    "override_approval": {"override_id": "5" * 64},
    "withdrawal": {"release_id": "r" * 32, "evidence_digest": CASE.evidence_digest},
    "revocation": {"statement_id": "5" * 64},
}  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS), is_approved=st.booleans())
def test_whatever_somebody_with_a_right_to_sign_says_the_night_is_assessed(
    data: st.DataObject, kind: Any, is_approved: bool
) -> None:
    sense = _SENSE[kind]
    nonsense = st.dictionaries(st.sampled_from([*sense, *_FIELDS]), _ANYTHING | _WORDS, max_size=3)
    kept = data.draw(st.sets(st.sampled_from([*sense]), min_size=len(sense) - 1))
    subject = {name: value for name, value in sense.items() if name in kept} | data.draw(nonsense)
    role = MAY_SIGN[kind][0]
    signer = next(email for email, roles in ROLES.items() if role in roles)
    said = signed(replace(approval(CASE, signer, role=role, kind=kind), subject=subject))
    answers = {"override": ("override_approval", "override_id"), "exception_request": ("revocation", "statement_id")}
    answer, name = answers.get(kind, ("revocation", "statement_id"))
    reply = says(answer, OTTO, "on_call", lambda case: {name: said.statement_id})
    for statements in ([said], [said, *reply(CASE)]):
        facts = night(NOBODY, *statements, *(approved(DELE)(CASE) if is_approved else [])).facts
        status = assess_night(CLIENT, facts, make_roster(), LATER)
        assert status.blocked_by is None or status.blocked_by.reason


# --- waivers and overrides that are none: the night lacks pharmacy claims, which the client owes

_WITHOUT_PHARMACY = facts_of(delivery("eligibility"))


@pytest.mark.parametrize("name", NO_TERMS)
def test_a_waiver_or_override_that_is_none_leaves_the_feed_owed(name: str) -> None:
    rows, reason = NO_TERMS[name]
    found = night(NOBODY, *approved(DELE)(CASE), *rows(CASE), built_from=_WITHOUT_PHARMACY)
    assert "pharmacy_claim" in found.client.feeds_owed(NIGHT)
    assert "built without pharmacy_claim, which the client owes" in decide(found).reason
    refusals = [item.reason for item in found.refused]
    assert any(reason in refusal for refusal in refusals) if reason else refusals == []


@pytest.mark.parametrize("terms", [all_of(ask(), agree(ask())), all_of(optional(), approve(optional()))])
def test_a_good_waiver_or_override_does_not(terms: Rows) -> None:
    attack = Attack("", lambda case: [], before=terms)
    found = night(attack, *approved(DELE)(CASE), built_from=_WITHOUT_PHARMACY)
    assert "pharmacy_claim" not in found.client.feeds_owed(NIGHT)
    assert decide(found).is_open


# --- what would shut the gate, and nobody with a right to it signed


def _rejects(signer: str, **changes: Any) -> Rows:
    return approved(signer, subject={"decision": "rejected"}, later=timedelta(minutes=1), **changes)


def _withdraws(signer: str, role: str) -> Rows:
    subject = {"release_id": "r" * 32, "evidence_digest": CASE.evidence_digest}
    return says("withdrawal", signer, role, lambda case: subject, later=timedelta(minutes=1))


SHUTS_NOTHING: dict[str, Rows] = {
    "a rejection without a signature": lambda case: [replace(_rejects(DELE)(case)[0], signature="")],
    "a rejection by a stranger": _rejects(DELE, key=KEYS[MALLORY]),
    "a rejection by an engineer": _rejects(ENZO, role="engineering"),
    "a rejection by an engineer as qa": _rejects(ENZO),
    "a withdrawal by client success": _withdraws(NOOR, "client_success"),
    "a revocation by client success": revoke(approved(), (NOOR, "client_success")),
    "a revocation by an engineer": revoke(approved(), (ENZO, "engineering")),
    "a revocation that is of another client": revoke(approved(), (DELE, "qa"), client_id="other_health"),
    "the same in a row that says it is of this one": lambda case: [
        replace(fact, client_id="tiny_health")
        for fact in revoke(approved(), (DELE, "qa"), client_id="other_health")(case)
    ],
    "a revocation of what is not there": says("revocation", DELE, "qa", lambda case: {"statement_id": "5" * 64}),
}


@pytest.mark.parametrize("name", SHUTS_NOTHING)
def test_what_nobody_with_a_right_to_it_says_shuts_nothing_either(name: str) -> None:
    found = decide(night(NOBODY, *approved()(CASE), *SHUTS_NOTHING[name](CASE)))
    assert found.is_open, found.reason


def test_a_rejection_cannot_be_revoked() -> None:
    revoked = night(NOBODY, *approved()(CASE), *_rejects(DELE)(CASE), *revoke(_rejects(DELE), (DELE, "qa"))(CASE))
    assert decide(revoked).reason == "rejected by dele@acme.example: no reason given"
    assert [item.reason for item in revoked.refused] == [
        "a rejection is not revoked; QA approves the candidate instead"
    ]


def test_a_forged_second_signature_is_named_beside_what_is_missing() -> None:
    attack = replace(NOBODY, client=make_client(qa={"required_signatures": 2}))
    unsigned = [replace(fact, signature="") for fact in approved(DELE)(CASE)]
    found = decide(night(attack, *approved()(CASE), *unsigned))
    assert (found.is_open, found_in(found.reason)) == (False, {"too few", "unsigned"})


# --- what was recorded, and is not there any more, or not as it was

TAKEN_OUT = "is in the audit log and gone from the ledger"
NOT_AS_RECORDED = "is not what was recorded"


def test_a_statement_that_was_recorded_and_is_gone_shuts_the_gate_though_it_is_approved() -> None:
    found = night(NOBODY, *approved()(CASE))
    lost = replace(found, facts=replace(found.facts, lost_statements=("5" * 64,)))
    assert TAKEN_OUT in decide(lost).reason


SPOILED: dict[str, Any] = {
    "its signature": {"signature": ""},
    "its text": {"text": "{}"},
    "its kind": {"kind": "exception_request"},
    "its signer": {"signer": MALLORY},
    "its dates": {"first_date": NIGHT - timedelta(days=1)},
}


@pytest.mark.parametrize("what", SPOILED)
@pytest.mark.parametrize("shut", [_rejects(DELE), _withdraws(OTTO, "on_call")])
def test_a_recorded_rejection_or_withdrawal_cannot_be_made_void_by_changing_its_row(shut: Rows, what: str) -> None:
    (fact,) = shut(CASE)
    changed = replace(fact, **SPOILED[what])
    found = decide(night(NOBODY, *approved()(CASE), replace(changed, is_recorded=True)))
    assert not found.is_open
    assert NOT_AS_RECORDED in found.reason
    assert decide(night(NOBODY, *approved()(CASE), changed)).is_open, "nobody can shut a night by writing nonsense"


@pytest.mark.parametrize(
    "roster",
    [
        Roster({email: person for email, person in make_roster().people.items() if email != DELE}),
        make_roster(roster_person(DELE, keys=[{"public": KEYS[MALLORY].public.text}])),
    ],
)
def test_a_person_or_key_that_people_yaml_lists_no_longer_is_no_tampering(roster: Roster) -> None:
    (fact,) = _rejects(DELE)(CASE)
    assert NOT_AS_RECORDED not in decide(night(replace(NOBODY, roster=roster), replace(fact, is_recorded=True))).reason
