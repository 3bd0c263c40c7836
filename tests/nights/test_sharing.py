"""Past nights' work has its turns and no more while a night is on; and neither starves."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.nights.dispatch import LARGE, LARGE_BYTES, MOST, PRIORITY_AT_DEADLINE, SLOTS, Order, batches
from acme_assets.nights.sharing import NO_PAST_RUNS, REST, PastRuns, room
from tests.nights.simulated import Coming, Simulated, minutes
from tests.nights.test_dispatch import NOW, asked, clients, night

TURN = timedelta(seconds=20)
JUST_OVER = PastRuns(0, 0, NOW - TURN, NOW)


def past(number: int, **more: str) -> Order:
    """A past night's order: its deadline is long gone."""
    return replace(night(number, minutes=-3000, **more), is_past=True)  # type: ignore[arg-type]


# --- what they may have


def test_while_no_night_is_on_past_nights_have_every_slot() -> None:
    found = batches(asked(*map(past, range(6))), {}, NOW, past=JUST_OVER)
    assert [len(batch.orders) for batch in found] == [3, 3]


def test_while_a_night_is_on_and_has_nothing_to_do_they_have_one_run_at_a_time() -> None:
    many = asked(*map(past, range(40)), past(99, stage="load"))
    (only,) = batches(many, {}, NOW, past=JUST_OVER, night_is_on=True)
    assert len(only.orders) == MOST["build"]
    assert batches(many, {"load": 1}, NOW, past=PastRuns(1), night_is_on=True) == []


def test_beside_tonights_work_they_have_one_run_of_one_order_and_tonights_all_other_slots() -> None:
    request = asked(*map(past, range(6)), *map(night, range(10, 20)))
    turn, tonight = batches(request, {}, NOW, night_is_on=True)
    assert (clients(turn), turn.is_past) == (["client_000"], True)
    assert (len(tonight.orders), tonight.is_past) == (MOST["build"], False)


def test_after_a_turn_tonights_work_has_the_slots_for_nine_times_as_long() -> None:
    request = asked(past(1), *map(night, range(10, 14)))
    rested = NOW + REST * TURN
    for moment, is_turn in ((NOW, False), (rested - timedelta(seconds=1), False), (rested, True)):
        found = batches(request, {}, moment, past=JUST_OVER, night_is_on=True)
        assert any(batch.is_past for batch in found) is is_turn
        assert len(found) == SLOTS["build"]


def test_tonights_work_under_way_counts_as_much_as_work_that_waits() -> None:
    assert batches(asked(past(1)), {"load": 1}, NOW, past=JUST_OVER, night_is_on=True) == []
    assert room(JUST_OVER, NOW, night_is_on=False, tonight_is_busy=True) == "none"


def test_a_turn_waits_for_a_slot_and_takes_the_first() -> None:
    request = asked(past(1), *map(night, range(10, 14)))
    assert batches(request, {"build": SLOTS["build"]}, NOW, night_is_on=True) == []
    (turn,) = batches(request, {"build": SLOTS["build"] - 1}, NOW, night_is_on=True)
    assert turn.is_past


def test_what_has_its_turn_waits_behind_nothing_in_the_queue() -> None:
    turn, late = batches(asked(past(1), night(2, minutes=-60)), {}, NOW, night_is_on=True)
    assert turn.is_past
    assert turn.priority > late.priority == PRIORITY_AT_DEADLINE + 60


def test_the_oldest_goes_first_so_that_an_earlier_night_is_there_for_those_that_look_back_at_it() -> None:
    older = replace(past(2), deadline=past(1).deadline - timedelta(days=1))
    (turn, _) = batches(asked(past(1), older, night(3)), {}, NOW, night_is_on=True)
    assert clients(turn) == ["client_002"]


def test_large_past_files_have_one_of_the_machines_and_the_rest_when_tonight_wants_none() -> None:
    def large(order: Order) -> Order:
        return replace(order, works=(replace(order.works[0], bytes=LARGE_BYTES),))

    tonight, behind = [large(night(n)) for n in range(3)], [large(past(n)) for n in range(10, 13)]
    found = batches(asked(*tonight, *behind), {}, NOW, large_slots=3, night_is_on=True)
    assert [batch.is_past for batch in found] == [True, False, False]
    found = batches(asked(*tonight, *behind), {LARGE: 1}, NOW, 3, PastRuns(0, 1), night_is_on=True)
    assert [batch.is_past for batch in found] == [False, False]
    found = batches(asked(*behind), {LARGE: 1}, NOW, 3, PastRuns(0, 1), night_is_on=True)
    assert [batch.is_past for batch in found] == [True, True]


@pytest.mark.parametrize(("on", "busy"), [(True, True), (True, False)])
def test_one_past_run_at_a_time_while_a_night_is_on(on: bool, busy: bool) -> None:
    assert room(PastRuns(1), NOW, night_is_on=on, tonight_is_busy=busy) == "none"
    assert room(NO_PAST_RUNS, NOW, night_is_on=on, tonight_is_busy=busy) != "none"


# --- nights played through


SECONDS = st.integers(1, 60).map(lambda number: timedelta(seconds=number))
TONIGHT = st.lists(st.tuples(st.integers(0, 600), SECONDS, SECONDS), min_size=1, max_size=25)
BACKFILL = st.lists(st.tuples(st.integers(0, 600), SECONDS, SECONDS), min_size=1, max_size=6)


def coming(nights: list[tuple[int, timedelta, timedelta]], *, is_past: bool) -> list[Coming]:
    return [
        Coming(f"{'past' if is_past else 'tonight'}_{number}", timedelta(seconds=at), load, build, is_past, 3 * is_past)
        for number, (at, load, build) in enumerate(nights)
    ]


@settings(max_examples=60, deadline=None)
@given(TONIGHT, BACKFILL)
def test_whatever_comes_past_nights_take_one_turn_at_a_time_while_tonights_work_waits_and_all_is_built(
    tonight: list[tuple[int, timedelta, timedelta]], behind: list[tuple[int, timedelta, timedelta]]
) -> None:
    played = Simulated([*coming(tonight, is_past=False), *coming(behind, is_past=True)]).play()
    assert len(played.built_at) == len(played.coming)
    for _, under_way, asked_for in played.waited:
        assert not (under_way and asked_for), "a second past run was asked for while tonight's work waits"
        assert asked_for <= 1
    turns = [run for run in played.runs if run.batch.is_past]
    waits = [at for at, _, _ in played.waited]
    for run in turns:
        if run.began_at in waits:
            assert len(run.batch.orders) == 1


def busy_night() -> list[Coming]:
    """180 clients in 40 minutes, on two cores that they keep busy."""
    rng = random.Random(11)
    return [
        Coming(
            f"client_{number:03}",
            timedelta(minutes=rng.triangular(0, 40, 15)),
            timedelta(seconds=rng.triangular(4, 30, 8)),
            timedelta(seconds=rng.triangular(5, 15, 7)),
        )
        for number in range(180)
    ]


def three_days() -> list[Coming]:
    """One client's missing files of three days, all of them in the middle of it."""
    took = timedelta(seconds=20), timedelta(seconds=10)
    return [Coming("client_007", timedelta(minutes=12), *took, True, days) for days in (1, 2, 3)]


def test_beside_a_backfill_of_three_days_tonight_ends_as_early_as_without_it_and_the_backfill_ends_too() -> None:
    alone, beside = Simulated(busy_night()).play(), Simulated([*busy_night(), *three_days()]).play()
    before, after = minutes(alone), minutes(beside)
    assert before.keys() == after.keys()
    assert len(alone.waited) > 30, "the night is no busy one"
    assert max(after.values()) <= 1.1 * max(before.values())
    assert sum(after.values()) <= 1.1 * sum(before.values())
    for number in (90, 162, 171):
        assert sorted(after.values())[number] <= 1.1 * sorted(before.values())[number]
    built = minutes(beside, past=True)
    assert len(built) == 3
    assert max(built.values()) < max(after.values()), "the backfill waited until the night was over"


def test_without_turns_the_backfill_would_wait_for_the_whole_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acme_assets.nights.sharing.REST", 10**6)
    played = Simulated([*busy_night(), *three_days()]).play()
    assert max(minutes(played, past=True).values()) >= max(minutes(played).values())
