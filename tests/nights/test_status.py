"""The chain of one client night: each state with its reason and owner, what blocks it and what to do next."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings

from acme_assets.gates.decision import assess_night
from acme_assets.nights.facts import CandidateFact, NightFacts
from acme_assets.nights.status import NightStatus, Step, assess, build_key, load_key, release_key
from client_partitions.client import Client
from tests.nights.made_up import (
    AFTER_GRACE,
    BEFORE_DUE,
    CLIENT,
    EARLIER,
    MOMENTS,
    all_loaded,
    any_night,
    client_owing,
    delivery,
    facts_of,
    failed,
    gate_of,
    released,
    signed,
    stuck,
    with_candidate,
    with_sign_offs,
)
from tests.world import NIGHT, make_client, make_roster

CORA, ENZO, INGRID = "Cora Client", "Enzo Engineer", "Ingrid"


def status(facts: NightFacts, now: datetime = AFTER_GRACE, client: Client = CLIENT) -> NightStatus:
    return assess_night(client, facts, make_roster(), now)


def step(found: NightStatus, name: str) -> Step:
    (one,) = [step for step in found.steps if step.name == name]
    return one


def states(found: NightStatus) -> dict[str, str]:
    return {step.name: step.state for step in found.steps}


def blocked_by(found: NightStatus) -> tuple[str, str, str]:
    """Name, state and owner of the step to look at first."""
    assert found.blocked_by is not None
    return found.blocked_by.name, found.blocked_by.state, found.blocked_by.owner


# --- one test per state of the chain


def test_before_anything_is_due_the_night_waits_for_the_client() -> None:
    found = status(facts_of(), BEFORE_DUE)
    assert states(found) == {
        "feeds/eligibility": "waiting",
        "feeds/pharmacy_claim": "waiting",
        "marts": "waiting",
        "sign-off": "waiting",
        "release": "waiting",
    }
    assert step(found, "feeds/eligibility").reason == "not delivered yet; due 02:00 EDT"
    assert (found.state, found.work) == ("waiting", ())
    assert blocked_by(found) == ("feeds/eligibility", "waiting", CORA)


def test_a_feed_that_is_late_is_held_by_the_client_since_it_was_due() -> None:
    found = status(facts_of(delivery("eligibility")))
    late = step(found, "feeds/pharmacy_claim")
    assert (late.state, late.owner_group, late.reason) == ("held", "client", "not delivered; was due Wed 02:00 EDT")
    assert late.since == datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
    assert (found.state, found.work) == ("held", ())
    assert blocked_by(found) == ("feeds/pharmacy_claim", "held", CORA)


def test_a_feed_is_late_when_its_grace_ends_and_not_before() -> None:
    late_from = datetime(2026, 3, 11, 6, 30, tzinfo=UTC)
    assert step(status(facts_of(), late_from - timedelta(microseconds=1)), "feeds/eligibility").state == "waiting"
    assert step(status(facts_of(), late_from), "feeds/eligibility").state == "held"


def test_a_delivery_that_arrived_is_being_loaded() -> None:
    facts = facts_of(delivery("eligibility", "arrived"))
    found = status(facts, BEFORE_DUE)
    assert step(found, "feeds/eligibility").state == "running"
    assert step(found, "feeds/eligibility").owner == ENZO
    assert [(work.stage, work.feed, work.key) for work in found.work] == [
        ("load", "eligibility", "load/eligibility-1/20260311T040000"),
    ]
    assert (found.state, blocked_by(found)) == ("running", ("feeds/eligibility", "running", ENZO))


def test_a_loaded_feed_says_how_many_rows() -> None:
    assert step(status(facts_of(delivery("eligibility"))), "feeds/eligibility").reason == "1,234 rows loaded"


def test_a_loaded_feed_says_how_many_rows_were_set_aside() -> None:
    found = step(status(facts_of(delivery("eligibility", rows_quarantined=1001))), "feeds/eligibility")
    assert (found.state, found.reason) == ("done", "1,234 rows loaded, 1,001 quarantined")


def test_a_feed_that_stands_as_loaded_without_a_load_on_record_is_held() -> None:
    found = step(status(facts_of(delivery("eligibility", rows_loaded=None))), "feeds/eligibility")
    assert (found.state, found.owner) == ("held", ENZO)
    assert "there is no record of a load" in found.reason


def test_a_quarantined_delivery_is_held_by_the_client() -> None:
    found = status(facts_of(delivery("eligibility"), delivery("pharmacy_claim", "quarantined")))
    assert step(found, "feeds/pharmacy_claim").reason == "delivery quarantined: 30% of the rows failed"
    assert blocked_by(found) == ("feeds/pharmacy_claim", "held", CORA)
    assert step(found, "marts").reason == "needs pharmacy_claim"
    assert found.work == ()


def test_a_load_that_is_stuck_is_held_by_engineering_and_asked_for_no_more() -> None:
    facts = facts_of(delivery("eligibility", "arrived"))
    found = status(replace(facts, stuck=stuck(load_key(facts.deliveries["eligibility"]), reason="disk full")))
    assert step(found, "feeds/eligibility").reason == "disk full"
    assert blocked_by(found) == ("feeds/eligibility", "held", ENZO)
    assert found.work == ()


def test_a_load_that_is_stuck_says_nothing_of_the_next_delivery() -> None:
    facts = facts_of(delivery("eligibility", "arrived", version="2"), stuck=stuck("load/eligibility-1/20260311T040000"))
    assert [work.key for work in status(facts).work] == ["load/eligibility-2/20260311T040000"]


def test_the_marts_are_built_once_every_owed_feed_is_loaded() -> None:
    facts = all_loaded()
    found = status(facts)
    assert states(found) == {
        "feeds/eligibility": "done",
        "feeds/pharmacy_claim": "done",
        "marts": "running",
        "sign-off": "waiting",
        "release": "waiting",
    }
    assert [(work.stage, work.key, work.feed) for work in found.work] == [("build", build_key(facts), None)]
    assert (found.state, blocked_by(found)) == ("running", ("marts", "running", ENZO))
    assert step(found, "sign-off").reason == "needs a candidate"


def test_a_candidate_of_other_deliveries_is_built_anew() -> None:
    facts = all_loaded(candidate=CandidateFact("c" * 64, "of other deliveries", EARLIER))
    assert [work.stage for work in status(facts).work] == ["build"]


def test_failed_tests_hold_the_marts_and_are_named() -> None:
    facts = all_loaded()
    models = {name: failed(name, facts, f"test {name}_grain fail") for name in ("pmpm", "member_months")}
    found = status(replace(facts, models=models))
    assert step(found, "marts").reason == "pmpm: test pmpm_grain fail; member_months: test member_months_grain fail"
    assert (found.state, blocked_by(found), found.work) == ("held", ("marts", "held", ENZO), ())


def test_tests_that_failed_on_earlier_deliveries_hold_nothing() -> None:
    before = facts_of(delivery("eligibility", version="0"), delivery("pharmacy_claim"))
    found = status(all_loaded(models={"pmpm": failed("pmpm", before)}))
    assert step(found, "marts").state == "running"


def test_a_build_that_is_stuck_is_held_by_engineering_and_asked_for_no_more() -> None:
    facts = all_loaded()
    found = status(replace(facts, stuck=stuck(build_key(facts))))
    assert (found.state, blocked_by(found), found.work) == ("held", ("marts", "held", ENZO), ())


def test_a_candidate_awaits_its_sign_off() -> None:
    found = status(with_candidate(all_loaded()))
    assert (found.state, blocked_by(found), found.work) == ("awaiting sign-off", ("sign-off", "held", INGRID), ())
    assert step(found, "marts").reason == "candidate cccccccccccc"
    assert "acme qa show tiny_health 2026-03-10" in step(found, "sign-off").reason
    assert step(found, "sign-off").since == EARLIER + timedelta(minutes=20)
    assert step(found, "release").reason == "needs the sign-off"


def test_a_rejected_candidate_is_held_with_the_analysts_reason() -> None:
    found = status(with_sign_offs(signed("rejected", reason="totals look wrong")))
    assert found.state == "awaiting sign-off"
    assert step(found, "sign-off").reason == "rejected by ingrid@acme.example: totals look wrong"
    assert step(found, "sign-off").since == EARLIER + timedelta(minutes=30)
    assert found.work == ()


def test_an_approved_candidate_is_released() -> None:
    facts = with_sign_offs(signed())
    found = status(facts)
    assert states(found) == {
        "feeds/eligibility": "done",
        "feeds/pharmacy_claim": "done",
        "marts": "done",
        "sign-off": "done",
        "release": "running",
    }
    assert [(work.stage, work.key) for work in found.work] == [("release", release_key(facts, gate_of(CLIENT, facts)))]
    assert (found.state, found.released_at) == ("running", None)


def test_a_release_that_is_stuck_is_held_by_engineering_and_asked_for_no_more() -> None:
    facts = with_sign_offs(signed())
    found = status(replace(facts, stuck=stuck(release_key(facts, gate_of(CLIENT, facts)), reason="rows differ")))
    assert step(found, "release").reason == "rows differ"
    assert (found.state, blocked_by(found), found.work) == ("held", ("release", "held", ENZO), ())


def test_a_released_night_is_done() -> None:
    found = status(released(with_sign_offs(signed())))
    assert set(states(found).values()) == {"done"}
    assert (found.state, found.blocked_by, found.work) == ("released", None, ())
    assert found.released_at == EARLIER + timedelta(minutes=40)


REDELIVERED = (delivery("eligibility"), delivery("pharmacy_claim", "arrived", version="2"))


def test_a_redelivery_after_the_release_starts_the_chain_anew_and_shows_what_the_client_sees() -> None:
    before = released(with_sign_offs(signed()))
    facts = replace(before, deliveries={item.feed: item for item in REDELIVERED})
    found = status(facts)
    assert states(found) == {
        "feeds/eligibility": "done",
        "feeds/pharmacy_claim": "running",
        "marts": "waiting",
        "sign-off": "waiting",
        "release": "waiting",
    }
    assert "what was signed is not what would be released" in step(found, "sign-off").reason
    assert step(found, "release").reason.endswith("; the client still sees the release of Wed 00:40 EDT")
    assert (found.state, found.released_at) == ("running", EARLIER + timedelta(minutes=40))


def test_a_signed_redelivery_is_released_over_the_earlier_release() -> None:
    loaded = (delivery("eligibility"), delivery("pharmacy_claim", version="2"))
    facts = with_sign_offs(
        signed(), signed(evidence_digest="d" * 64, minute=60), facts=with_candidate(facts_of(*loaded), "d" * 64)
    )
    found = status(released(facts))
    assert (found.state, [work.stage for work in found.work]) == ("running", ["release"])
    assert "the client still sees the release of" in step(found, "release").reason


def test_a_release_whose_candidate_is_rejected_afterwards_is_not_done() -> None:
    found = status(released(with_sign_offs(signed(minute=30), signed("rejected", minute=60))))
    assert (found.state, step(found, "release").state, found.work) == ("awaiting sign-off", "waiting", ())
    assert "the client still sees the release of" in step(found, "release").reason


# --- feeds that are not owed


def test_an_optional_feed_that_is_not_delivered_is_no_step() -> None:
    assert "feeds/lab_result" not in states(status(all_loaded()))


def with_labs(state: str, **changes: object) -> NightFacts:
    return facts_of(delivery("eligibility"), delivery("pharmacy_claim"), delivery("lab_result", state), **changes)  # type: ignore[arg-type]


def test_an_optional_feed_that_arrived_is_waited_for() -> None:
    found = status(with_labs("arrived"))
    assert step(found, "marts").reason == "needs lab_result"
    assert [(work.stage, work.feed) for work in found.work] == [("load", "lab_result")]
    assert (found.state, blocked_by(found)) == ("running", ("feeds/lab_result", "running", ENZO))


def test_an_optional_feed_whose_load_is_stuck_blocks_because_the_gate_and_the_build_wait_for_it_too() -> None:
    found = status(with_labs("arrived", stuck=stuck("load/lab_result-1/20260311T040000")))
    assert step(found, "marts").state == "waiting"
    assert (found.state, blocked_by(found), found.work) == ("held", ("feeds/lab_result", "held", ENZO), ())


def test_an_optional_feed_that_is_quarantined_is_shown_and_blocks_nothing() -> None:
    found = status(with_labs("quarantined"))
    assert step(found, "feeds/lab_result").state == "held"
    assert [work.stage for work in found.work] == ["build"]
    assert blocked_by(found)[0] == "marts"
    signed_off = with_sign_offs(signed(), facts=with_candidate(with_labs("quarantined")))
    assert status(released(signed_off)).state == "released"


def test_an_optional_feed_that_is_loaded_is_built_with_the_rest() -> None:
    assert build_key(with_labs("loaded")) != build_key(all_loaded())
    assert states(status(with_labs("loaded")))["feeds/lab_result"] == "done"


def test_a_delivery_of_a_feed_that_the_client_owes_no_more_is_engineerings() -> None:
    facts = facts_of(delivery("eligibility"), delivery("pharmacy_claim"), delivery("patient", "arrived"))
    found = status(facts)
    assert step(found, "feeds/patient").reason.startswith("delivered, but tiny_health owes no patient any more")
    assert (found.state, blocked_by(found), found.work) == ("held", ("feeds/patient", "held", ENZO), ())


WEEKDAYS_ONLY = client_owing(pharmacy_claim={"days": ["mon", "tue", "wed", "thu", "fri"]})
SATURDAY = date(2026, 3, 14)


def test_a_weekday_feed_is_not_waited_for_at_the_weekend() -> None:
    facts = facts_of(delivery("eligibility"), on=SATURDAY)
    found = status(facts, AFTER_GRACE + timedelta(days=4), WEEKDAYS_ONLY)
    assert "feeds/pharmacy_claim" not in states(found)
    assert [work.stage for work in found.work] == ["build"]
    found = status(replace(facts, business_date=SATURDAY - timedelta(days=1)), AFTER_GRACE, WEEKDAYS_ONLY)
    assert step(found, "marts").reason == "needs pharmacy_claim"


def test_a_weekday_feed_that_comes_at_the_weekend_is_loaded_all_the_same() -> None:
    facts = facts_of(delivery("eligibility"), delivery("pharmacy_claim", "arrived"), on=SATURDAY)
    assert [work.feed for work in status(facts, client=WEEKDAYS_ONLY).work] == ["pharmacy_claim"]


def test_a_night_on_which_nothing_is_owed_or_delivered_is_not_built() -> None:
    client = client_owing(
        eligibility={"days": ["mon"]}, pharmacy_claim={"days": ["mon"]}, lab_result={"required": False}
    )
    found = status(facts_of(), client=client)
    assert step(found, "marts").reason == "nothing is owed and nothing is delivered"
    assert (found.state, found.work) == ("waiting", ())


# --- owners, order, deadline


def test_a_held_step_is_looked_at_before_one_that_only_waits_or_runs() -> None:
    facts = facts_of(delivery("eligibility", "arrived"), delivery("pharmacy_claim", "quarantined"))
    found = status(facts)
    assert blocked_by(found)[:2] == ("feeds/pharmacy_claim", "held")
    assert found.state == "held"
    assert [work.feed for work in found.work] == ["eligibility"]


def test_the_steps_follow_the_chain_in_the_clients_order_of_feeds() -> None:
    facts = facts_of(delivery("lab_result"), delivery("pharmacy_claim"), delivery("eligibility"))
    assert list(states(status(facts))) == [
        "feeds/eligibility",
        "feeds/pharmacy_claim",
        "feeds/lab_result",
        "marts",
        "sign-off",
        "release",
    ]


@pytest.mark.parametrize(
    ("name", "group", "owner"),
    [
        ("feeds/eligibility", "client", CORA),
        ("marts", "engineering", ENZO),
        ("sign-off", "qa", INGRID),
        ("release", "engineering", ENZO),
    ],
)
def test_each_step_has_its_owner(name: str, group: str, owner: str) -> None:
    found = step(status(facts_of()), name)
    assert (found.owner_group, found.owner) == (group, owner)


def test_times_in_reasons_and_the_deadline_are_the_clients() -> None:
    client = make_client(time_zone="Asia/Kolkata", deadline="05:30")
    found = status(facts_of(), EARLIER - timedelta(days=1), client)
    assert step(found, "feeds/eligibility").reason == "not delivered yet; due 02:00 IST"
    assert found.deadline == datetime(2026, 3, 11, 0, 0, tzinfo=UTC)


def test_work_keys_tell_deliveries_inputs_and_sign_offs_apart() -> None:
    first, second = all_loaded(), facts_of(delivery("eligibility"), delivery("pharmacy_claim", version="2"))
    assert build_key(first) != build_key(second)
    assert build_key(first) != build_key(replace(first, business_date=NIGHT + timedelta(days=1)))
    assert build_key(first) != build_key(replace(first, client_id="other"))
    assert build_key(first) == build_key(facts_of(delivery("pharmacy_claim"), delivery("eligibility")))
    signs = [signed(reason=letter) for letter in "ab"]
    keys = {release_key(facts, gate_of(CLIENT, facts)) for facts in (with_sign_offs(sign) for sign in signs)}
    assert len(keys) == 2


# --- whatever the ledger holds


@settings(max_examples=100, deadline=None)
@given(night=any_night(), now=MOMENTS)
def test_work_is_asked_for_exactly_where_a_step_is_running(night: tuple[Client, NightFacts], now: datetime) -> None:
    client, facts = night
    found = assess_night(client, facts, make_roster(), now)
    stage = {"marts": "build", "release": "release"}
    running = [(stage.get(step.name, "load"), step.name) for step in found.steps if step.state == "running"]
    assert [
        (work.stage, f"feeds/{work.feed}" if work.feed else "marts" if work.stage == "build" else "release")
        for work in found.work
    ] == running
    assert not {work.key for work in found.work} & facts.stuck.keys()
    if found.state in ("running", "released"):
        assert found.work or found.state == "released"


@settings(max_examples=100, deadline=None)
@given(night=any_night(), now=MOMENTS)
def test_a_night_is_blocked_by_its_first_held_step_else_by_its_first_that_is_not_done(
    night: tuple[Client, NightFacts], now: datetime
) -> None:
    client, facts = night
    found = assess_night(client, facts, make_roster(), now)
    optional = {
        f"feeds/{feed}"
        for feed, item in facts.deliveries.items()
        if feed not in client.feeds_owed(facts.business_date) and item.state != "arrived"
    }
    chain = [step for step in found.steps if step.name not in optional]
    held = [step for step in chain if step.state == "held"]
    unfinished = [step for step in chain if step.state != "done"]
    assert found.blocked_by == next(iter(held or unfinished), None)


@settings(max_examples=100, deadline=None)
@given(night=any_night(), now=MOMENTS)
def test_a_night_is_released_only_if_its_present_candidate_is_live_and_the_gate_open(
    night: tuple[Client, NightFacts], now: datetime
) -> None:
    client, facts = night
    found = assess_night(client, facts, make_roster(), now)
    is_live = (
        facts.candidate is not None
        and facts.live_release is not None
        and facts.candidate.evidence_digest == facts.live_release.evidence_digest
        and gate_of(client, facts).is_open
    )
    assert (found.state == "released") == (step(found, "release").state == "done") == is_live
    if step(found, "release").state in ("running", "held"):
        assert gate_of(client, facts).is_open
    assert (found.released_at is None) == (facts.live_release is None)


@settings(max_examples=100, deadline=None)
@given(night=any_night(), now=MOMENTS)
def test_marts_are_never_built_past_a_feed_that_is_owed_and_not_loaded(
    night: tuple[Client, NightFacts], now: datetime
) -> None:
    client, facts = night
    if step(assess_night(client, facts, make_roster(), now), "marts").state in ("running", "done"):
        assert set(client.feeds_owed(facts.business_date)) <= facts.inputs.keys()
        assert "arrived" not in {item.state for item in facts.deliveries.values()}


@settings(max_examples=100, deadline=None)
@given(night=any_night(), now=MOMENTS)
def test_an_assessment_depends_on_its_arguments_alone_and_changes_none(
    night: tuple[Client, NightFacts], now: datetime
) -> None:
    client, facts = night
    before = copy.deepcopy(facts)
    gate = gate_of(client, facts)
    assert assess(client, facts, gate, now) == assess(client, copy.deepcopy(facts), gate, now)
    reordered = replace(
        facts, deliveries=dict(reversed(facts.deliveries.items())), stuck=dict(reversed(facts.stuck.items()))
    )
    assert assess(client, reordered, gate, now) == assess(client, facts, gate, now)
    assert facts == before
