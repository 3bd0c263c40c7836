"""The engine by named cases: what opens, who is told and when, and what stops it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from acme_assets.alerts.engine import acknowledged, resolved, snoozed, turn
from acme_assets.alerts.incident import Incident
from tests.alerts.played import (
    ANNE,
    BERT,
    CLEO,
    DEADLINE,
    MINUTE,
    START,
    MadeUpHouse,
    Played,
    affected,
    cause,
)

DROP_DEAD = 240
"""Minutes from the start to the made-up cause's drop-dead time."""


def test_a_cause_is_an_incident_once_it_has_stood_for_a_while() -> None:
    played = Played().play(3, [cause()])
    assert played.of.incidents == {}
    played.play(1, [cause()])
    assert (played.incident.state, played.incident.urgency, played.told) == ("open", "page", [(ANNE.email, 3)])


def test_a_cause_that_goes_away_before_that_is_nothing() -> None:
    played = Played().play(2, [cause()]).play(5, [])
    assert (played.of.incidents, played.told) == ({}, [])


def test_the_ladder_climbs_one_person_at_a_time_and_tells_each_once() -> None:
    played = Played().play(180, [cause()])
    assert played.told == [(ANNE.email, 3), (BERT.email, 33), (CLEO.email, 63)]


def test_an_acknowledgement_stops_the_ladder() -> None:
    played = Played().play(10, [cause()])
    played.act(acknowledged)
    played.play(180, [cause()])
    assert played.told == [(ANNE.email, 3)]
    assert (played.incident.state, played.incident.acknowledged_by) == ("acknowledged", BERT.email)


def test_it_is_armed_again_once_if_the_cause_still_stands_near_the_drop_dead_time() -> None:
    played = Played().play(10, [cause()])
    played.act(acknowledged)
    played.play(DROP_DEAD - 30 - 10, [cause()])
    assert played.incident.state == "acknowledged"
    played.play(1, [cause()])
    assert played.incident.state == "open"
    assert played.told[-1] == (ANNE.email, DROP_DEAD - 30)
    played.act(acknowledged)
    played.play(60, [cause()])
    assert played.incident.state == "acknowledged"
    assert [minute for _, minute in played.told] == [3, DROP_DEAD - 30]


def test_near_the_drop_dead_time_only_what_is_worth_a_page_is_armed_again() -> None:
    played = Played().play(10, [cause()])
    played.act(acknowledged)
    hopeless = cause(affected=(affected(p_miss_if_done=0.9),))
    played.play(DROP_DEAD, [hopeless])
    assert played.told == [(ANNE.email, 3)]


def test_a_snooze_is_silence_until_its_end_and_then_the_ladder_begins_again() -> None:
    played = Played().play(10, [cause()])
    played.act(snoozed, START + timedelta(minutes=100))
    played.play(90, [cause()])
    assert played.told == [(ANNE.email, 3)]
    played.play(1, [cause()])
    assert played.told == [(ANNE.email, 3), (ANNE.email, 100)]
    assert [item.happening for item in played.of.happened] == ["opened", "snoozed", "woken"]


def test_nobody_snoozes_past_the_drop_dead_time_or_into_the_past() -> None:
    played = Played().play(10, [cause()])
    with pytest.raises(ValueError, match="a deadline is likely missed"):
        snoozed(played.incident, DEADLINE, BERT.email, played.now)
    with pytest.raises(ValueError, match="is past"):
        snoozed(played.incident, START, BERT.email, played.now)


def test_what_is_resolved_is_silent_and_takes_no_word() -> None:
    played = Played().play(10, [cause()]).play(120, [])
    assert (played.incident.state, played.incident.resolved_by) == ("resolved", None)
    assert played.told == [(ANNE.email, 3)]
    with pytest.raises(ValueError, match="is resolved"):
        acknowledged(played.incident, BERT.email, played.now)


def test_a_message_that_waits_is_dropped_with_its_incident() -> None:
    played = Played(MadeUpHouse(quiet_until=START + timedelta(hours=5)))
    harmless = cause(affected=(affected(p_miss=0.3, p_miss_if_done=0.0),))
    played.play(10, [harmless]).play(400, [])
    assert [item.state for item in played.of.said.values()] == ["dropped"]
    assert played.told == []


def test_quiet_hours_hold_what_is_no_page_and_nothing_else() -> None:
    quiet = START + timedelta(hours=5)
    harmless = cause(affected=(affected(p_miss=0.3, p_miss_if_done=0.0),))
    played = Played(MadeUpHouse(ladder=(ANNE,), quiet_until=quiet)).play(400, [harmless])
    assert played.told == [(ANNE.email, 300)]
    paged = Played(MadeUpHouse(ladder=(ANNE,), quiet_until=quiet)).play(10, [cause()])
    assert paged.told == [(ANNE.email, 3)]


def test_a_risk_that_grows_becomes_a_page_though_a_message_waited_for_the_morning() -> None:
    def by_minute(now: object) -> list[object]:
        grows = 0.3 if played.now < START + timedelta(minutes=60) else 0.8
        return [cause(affected=(affected(p_miss=grows, p_miss_if_done=0.0),))]

    played = Played(MadeUpHouse(ladder=(ANNE,), quiet_until=START + timedelta(hours=5)))
    played.play(100, by_minute)  # type: ignore[arg-type]
    assert played.told == [(ANNE.email, 60)]
    assert played.incident.urgency == "page"


def test_what_can_no_longer_be_saved_wakes_nobody_more() -> None:
    played = Played().play(10, [cause()])
    lost = cause(affected=(affected(p_miss=1.0, p_miss_if_done=1.0),))
    played.play(120, [lost])
    assert [item.message.urgency for item in played.of.sent] == ["page", "notify", "notify"]


def test_a_cause_that_comes_back_is_the_same_incident() -> None:
    again = cause(since=START + timedelta(minutes=20))
    played = Played().play(10, [cause()]).play(10, []).play(10, [again])
    assert (played.incident.state, played.incident.came_back) == ("open", 1)
    assert played.told == [(ANNE.email, 3), (ANNE.email, 23)]


def test_long_after_it_is_another_one() -> None:
    house = MadeUpHouse(reopens_within=timedelta(minutes=30))
    played = Played(house).play(10, [cause()]).play(60, []).play(10, [cause(since=START + timedelta(minutes=70))])
    assert [item.came_back for item in played.of.incidents.values()] == [0, 0]


def test_what_flaps_is_told_three_times_and_then_held_open() -> None:
    played = Played(MadeUpHouse(ladder=(ANNE,)))
    for _ in range(12):
        played.play(6, [cause()]).play(6, [])
    assert played.incident.came_back == 3
    assert len(played.told) == 4
    assert played.incident.state == "open"
    played.play(40, [])
    assert played.incident.state == "resolved"


def test_a_gap_shorter_than_the_damping_is_none() -> None:
    played = Played(MadeUpHouse(ladder=(ANNE,)))
    for _ in range(10):
        played.play(6, [cause()]).play(2, [])
    assert (played.incident.came_back, played.told) == (0, [(ANNE.email, 3)])


def test_who_says_that_it_is_over_while_it_stands_hears_of_it_again() -> None:
    played = Played().play(10, [cause()])
    played.act(resolved)
    assert played.incident.resolved_by == BERT.email
    played.play(5, [cause()])
    assert (played.incident.state, played.incident.resolved_by) == ("open", None)


def test_in_a_maintenance_window_nobody_is_told_and_after_it_somebody_is() -> None:
    played = Played(MadeUpHouse(mute="the warehouse moves")).play(60, [cause()])
    assert (played.incident.urgency, played.told) == ("digest", [])
    played.house.mute = None
    played.play(2, [cause()])
    assert played.told == [(ANNE.email, 60)]


def test_a_client_that_had_its_share_of_mails_is_skipped_and_the_next_is_told() -> None:
    played = Played(MadeUpHouse(may=False)).play(120, [cause()])
    assert (played.incident.state, played.told) == ("open", [])


def test_the_same_turn_twice_is_the_same_turn() -> None:
    house, now = MadeUpHouse(), START + 3 * MINUTE
    first, again = (turn([], [], [cause()], house, now) for _ in range(2))
    assert (first.changes, first.messages) == (again.changes, again.messages)
    incident = first.changes[0].incident
    later = turn([incident], [], [cause()], house, now + MINUTE)
    assert [item.message_id for item in later.messages] == [item.message_id for item in first.messages]


def test_an_open_incident_keeps_the_policy_it_began_with() -> None:
    played = Played().play(5, [cause()])
    played.house.version = "v2"
    played.play(5, [cause()])
    assert played.incident.policy == "v1"


def test_an_incident_shows_its_cause_as_it_stands_now() -> None:
    played = Played().play(5, [cause()]).play(1, [cause(text="two loads failed for good", tried="three times")])
    assert (played.incident.text, played.incident.tried) == ("two loads failed for good", "three times")


def test_two_causes_are_two_incidents_and_each_tells_its_own() -> None:
    played = Played(MadeUpHouse(ladder=(ANNE,))).play(5, [cause(), cause("build/other/2026-03-10")])
    assert len(played.of.incidents) == 2
    assert played.told == [(ANNE.email, 3)] * 2


def test_a_rung_that_was_due_before_an_acknowledgement_says_nothing_after_it() -> None:
    """A ladder that is asked late, after a sensor's silence, tells all who are due at once."""
    played = Played().play(4, [cause()])
    played.now += timedelta(minutes=90)
    played.play(1, [cause()])
    assert sorted(who for who, _ in played.told) == sorted([ANNE.email, BERT.email, CLEO.email])


def _open(**changes: object) -> Incident:
    played = Played().play(5, [cause()])
    return replace(played.incident, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [acknowledged, resolved])
def test_what_somebody_does_is_said_of_them(change) -> None:
    done = change(_open(), BERT.email, START + timedelta(hours=1))
    assert BERT.email in (done.acknowledged_by, done.resolved_by)
