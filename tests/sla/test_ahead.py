"""A night as the forecast takes it, from its facts and its status."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from acme_assets.gates.decision import assess_night
from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import NightFacts, StuckFact
from acme_assets.nights.status import load_key
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.night import FeedAhead, NightAhead
from client_partitions.client import Client
from client_partitions.people import WorkingHours
from tests.nights.made_up import AFTER_GRACE, CLIENT, EARLIER, all_loaded, delivery, facts_of, signed, with_candidate
from tests.world import DELE, INGRID, make_client, make_roster, roster_person

NOW = AFTER_GRACE


def ahead(facts: NightFacts, client: Client = CLIENT) -> NightAhead:
    night = night_of(client, facts, make_roster(), NOW)
    return ahead_of(night, assess_night(client, facts, make_roster(), NOW))


def feed(found: NightAhead, name: str) -> FeedAhead:
    return next(item for item in found.feeds if item.feed == name)


def test_a_feed_that_is_not_here_is_expected_since_no_time() -> None:
    item = feed(ahead(facts_of()), "eligibility")
    assert (item.state, item.since, item.landed_at, item.is_needed) == ("expected", None, None, True)
    assert item.due == datetime(2026, 3, 11, 6, 0, tzinfo=UTC)


def test_a_feed_is_what_its_delivery_is() -> None:
    landed = EARLIER - timedelta(minutes=1)
    arrived = delivery("eligibility", "arrived", landed_at=landed, bytes=7)
    item = feed(ahead(facts_of(arrived)), "eligibility")
    assert (item.state, item.since, item.landed_at, item.bytes) == ("arrived", arrived.observed_at, landed, 7)
    bad = delivery("eligibility", "quarantined")
    assert (feed(ahead(facts_of(bad)), "eligibility").state) == "quarantined"
    assert feed(ahead(facts_of(bad)), "eligibility").since == bad.state_at
    assert feed(ahead(facts_of(delivery("eligibility"))), "eligibility").state == "done"
    stuck = {load_key(arrived): StuckFact(load_key(arrived), "load", "failed 3 times", NOW)}
    assert feed(ahead(facts_of(arrived, stuck=stuck)), "eligibility").state == "stuck"


def test_a_load_that_is_on_no_record_is_stuck() -> None:
    unrecorded = delivery("eligibility", "loaded", rows_loaded=None)
    assert feed(ahead(facts_of(unrecorded)), "eligibility").state == "stuck"


def test_an_optional_feed_is_needed_once_it_is_here_to_be_loaded() -> None:
    labs = [item for item in ahead(facts_of()).feeds if item.feed == "lab_result"]
    assert labs == []
    assert feed(ahead(facts_of(delivery("lab_result", "arrived"))), "lab_result").is_needed
    assert not feed(ahead(facts_of(delivery("lab_result"))), "lab_result").is_needed


def test_the_stages_follow_the_chain() -> None:
    waiting = ahead(facts_of())
    assert (waiting.marts.state, waiting.sign_off.state, waiting.release.state) == ("waiting", "waiting", "waiting")
    building = ahead(all_loaded())
    assert (building.marts.state, building.sign_off.state) == ("running", "waiting")
    built = ahead(with_candidate(all_loaded()))
    assert (built.marts.state, built.sign_off.state, built.signatures) == ("done", "running", 1)
    assert built.sign_off.since == EARLIER + timedelta(minutes=20)
    open_gate = ahead(replace(with_candidate(all_loaded()), statements=(signed(),)))
    assert (open_gate.sign_off.state, open_gate.release.state, open_gate.signatures) == ("done", "running", 0)


def test_a_rejected_candidate_waits_for_another_one() -> None:
    facts = replace(with_candidate(all_loaded()), statements=(signed("rejected", reason="no"),))
    found = ahead(facts)
    assert (found.sign_off.state, found.is_rejected, found.signatures) == ("running", True, 1)
    assert not ahead(with_candidate(all_loaded())).is_rejected


def test_a_statement_that_somebody_took_away_holds_the_night_until_it_is_repaired() -> None:
    facts = replace(with_candidate(all_loaded()), lost_statements=("x" * 64,))
    assert ahead(facts).sign_off.state == "stuck"


def test_of_two_signatures_one_is_to_come_when_one_is_there() -> None:
    client = make_client(qa={"required_signatures": 2})
    facts = with_candidate(all_loaded())
    assert ahead(facts, client).signatures == 2
    assert ahead(replace(facts, statements=(signed(),)), client).signatures == 1
    assert ahead(facts, client).analysts == (INGRID, DELE)


@pytest.mark.parametrize(("policy", "signatures"), [({"auto_approve": {"max_drift": 0.2}}, 0), ({}, 1)])
def test_where_the_service_may_sign_nobody_is_waited_for(policy: dict[str, object], signatures: int) -> None:
    assert ahead(facts_of(), make_client(qa=policy)).signatures == signatures


def test_the_service_signs_nothing_of_which_it_does_not_know_the_drift() -> None:
    client = make_client(qa={"auto_approve": {"max_drift": 0.2}})
    assert ahead(with_candidate(all_loaded()), client).signatures == 1


def test_the_desk_holds_the_shifts_around_now_by_the_analysts_clock() -> None:
    hours = WorkingHours.model_validate({"zone": "America/Chicago", "from": "21:00", "until": "05:30"})
    roster = make_roster(roster_person(INGRID, hours=hours.model_dump(by_alias=True)))
    now = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    desk = desk_of(roster, now)
    assert DELE not in desk  # no hours: always there
    lengths = [(shift.ends - shift.begins).total_seconds() / 3600 for shift in desk[INGRID]]
    assert desk[INGRID][0].begins == datetime(2026, 3, 8, 3, 0, tzinfo=UTC)
    assert lengths == [7.5, 8.5, 8.5, 8.5]  # the clocks went forward in the first
    assert all(
        now - timedelta(days=1) < shift.ends and shift.begins < now + timedelta(days=3) for shift in desk[INGRID]
    )


def test_a_shift_that_began_before_the_span_and_reaches_into_it_is_there() -> None:
    hours = {"zone": "Pacific/Kiritimati", "from": "22:00", "until": "21:00"}
    roster = make_roster(roster_person(INGRID, hours=hours))
    now = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    desk = desk_of(roster, now)[INGRID]
    assert desk[0].begins < now - timedelta(days=1) < desk[0].ends


def test_somebody_who_is_retired_has_no_shift() -> None:
    retired = roster_person(INGRID, status="retired", retired=date(2026, 3, 1))
    assert desk_of(make_roster(retired), NOW) == {INGRID: ()}
