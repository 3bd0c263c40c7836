"""When work is requested: once at a time in its lane, again after a pause, and not for ever."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from acme_assets.nights.dispatch import (
    LARGE,
    LARGE_BYTES,
    MAX_ATTEMPTS,
    MOST,
    PAUSES,
    PRIORITY_AT_DEADLINE,
    SLOTS,
    Attempt,
    Batch,
    Dispatch,
    Order,
    batches,
    dispatch,
    orders,
)
from acme_assets.nights.facts import Stage
from acme_assets.nights.status import Work
from client_partitions.feeds import Feed
from tests.world import NIGHT

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def load(feed: Feed, client_id: str = "tiny_health", on: date = NIGHT, version: str = "1") -> Work:
    return Work("load", client_id, on, f"load/{client_id}-{feed}-{on}-{version}", feed)


BUILD = Work("build", "tiny_health", NIGHT, "build/tiny_health/2026-03-10/abc")
RELEASE = Work("release", "tiny_health", NIGHT, "release/abc/def")

DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)


def ordered(works: Sequence[Work]) -> list[Order]:
    return orders((work, DEADLINE) for work in works)


(LOAD,) = ordered([load("eligibility")])


def ended(ago: timedelta, run_id: str = "run", key: str = LOAD.key) -> Attempt:
    return Attempt(run_id, key, NOW - ago)


def tried(*attempts: Attempt, order: Order = LOAD) -> Dispatch:
    return dispatch([order], {order.lane: attempts}, NOW)


# --- orders


def test_the_loads_of_one_client_night_are_one_order() -> None:
    (order,) = ordered([load("eligibility"), load("pharmacy_claim")])
    assert order.feeds == ("eligibility", "pharmacy_claim")
    assert (order.stage, order.client_id, order.business_date) == ("load", "tiny_health", NIGHT)


def test_loads_of_other_clients_and_nights_are_orders_of_their_own() -> None:
    works = [load("eligibility"), load("eligibility", "other"), load("eligibility", on=NIGHT + timedelta(days=1))]
    found = ordered(works)
    assert len(found) == len({order.key for order in found}) == len({order.lane for order in found}) == 3


def test_a_build_and_a_release_are_an_order_each_under_their_own_key() -> None:
    found = ordered([BUILD, RELEASE, load("eligibility")])
    assert {order.stage: order.key for order in found if order.stage != "load"} == {
        "build": BUILD.key,
        "release": RELEASE.key,
    }
    assert len({order.lane for order in found}) == 3
    assert next(order for order in found if order.stage == "build").feeds == ()


def test_the_same_loads_have_the_same_key_in_whatever_order_they_are_found() -> None:
    works = [load("eligibility"), load("pharmacy_claim"), load("lab_result")]
    keys = {ordered(arrangement)[0].key for arrangement in permutations(works)}
    assert len(keys) == 1


@pytest.mark.parametrize(
    "works",
    [
        [load("eligibility")],
        [load("eligibility"), load("pharmacy_claim")],
        [load("eligibility", version="2"), load("pharmacy_claim", version="2")],
    ],
)
def test_other_loads_have_another_key_in_the_same_lane(works: Sequence[Work]) -> None:
    (first,) = ordered([load("eligibility", version="2"), load("pharmacy_claim")])
    (other,) = ordered(works)
    assert first.key != other.key
    assert first.lane == other.lane


def test_no_work_makes_no_order() -> None:
    assert ordered([]) == []
    assert dispatch([], {}, NOW) == Dispatch((), ())


# --- dispatch


def test_an_order_is_requested_at_once_the_first_time() -> None:
    assert tried() == Dispatch(((LOAD, 1),), ())


def test_an_order_waits_while_its_run_is_in_flight() -> None:
    assert tried(Attempt("run", LOAD.key, None)) == Dispatch((), ())


def test_an_order_waits_while_another_run_of_its_lane_is_in_flight() -> None:
    assert tried(Attempt("run", "load/earlier", None)) == Dispatch((), ())
    failed_before = [ended(timedelta(hours=1), run_id) for run_id in "abc"]
    assert tried(*failed_before, Attempt("run", "load/earlier", None)) == Dispatch((), ())


def test_a_run_in_another_lane_is_not_waited_for() -> None:
    (other,) = ordered([load("eligibility", "other")])
    attempts = {other.lane: [Attempt("run", other.key, None)]}
    assert dispatch([LOAD, other], attempts, NOW).request == ((LOAD, 1),)


@pytest.mark.parametrize(("failures", "pause"), list(enumerate(PAUSES, start=1)))
def test_a_failed_order_is_requested_again_after_its_pause(failures: int, pause: timedelta) -> None:
    earlier = [ended(timedelta(hours=1), f"run{number}") for number in range(failures - 1)]
    assert tried(*earlier, ended(pause - SECOND)) == Dispatch((), ())
    assert tried(*earlier, ended(pause)) == Dispatch(((LOAD, failures + 1),), ())


def test_the_pause_counts_from_the_latest_run_in_whatever_order_runs_are_listed() -> None:
    runs = [ended(timedelta(hours=1), "first"), ended(PAUSES[1] - SECOND, "second")]
    for arrangement in permutations(runs):
        assert tried(*arrangement) == Dispatch((), ())


def test_the_second_pause_is_longer() -> None:
    assert len(PAUSES) == MAX_ATTEMPTS - 1
    assert list(PAUSES) == sorted(PAUSES)


def test_an_order_is_given_up_after_its_last_attempt_naming_that_run() -> None:
    runs = [ended(timedelta(minutes=ago), f"run{ago}") for ago in (9, 1, 5)]
    assert len(runs) == MAX_ATTEMPTS
    for arrangement in permutations(runs):
        assert tried(*arrangement) == Dispatch((), ((LOAD, runs[1]),))


def test_runs_of_another_order_of_the_lane_count_for_nothing() -> None:
    runs = [ended(SECOND, f"run{number}", key="load/earlier") for number in range(MAX_ATTEMPTS)]
    assert tried(*runs) == Dispatch(((LOAD, 1),), ())


def test_one_order_that_is_given_up_holds_up_no_other() -> None:
    (build,) = ordered([BUILD])
    attempts = {LOAD.lane: [ended(SECOND, run_id) for run_id in "abc"]}
    found = dispatch([LOAD, build], attempts, NOW)
    assert [order for order, _ in found.give_up] == [LOAD]
    assert found.request == ((build, 1),)


# --- batches


def night(number: int, minutes: int = 60, stage: Stage = "build") -> Order:
    """An order of another client each, whose deadline is so many minutes off."""
    work = Work(stage, f"client_{number:03}", NIGHT, f"{stage}/{number}")
    return Order(stage, work.client_id, NIGHT, work.key, (work,), NOW + timedelta(minutes=minutes))


def asked(*orders: Order, attempt: int = 1) -> list[tuple[Order, int]]:
    return [(order, attempt) for order in orders]


def clients(batch: Batch) -> list[str]:
    return [order.client_id for order in batch.orders]


def test_what_is_due_goes_into_as_many_runs_as_there_are_slots() -> None:
    found = batches(asked(*map(night, range(6))), {}, NOW)
    assert [len(batch.orders) for batch in found] == [3, 3]
    assert len({batch.key for batch in found}) == SLOTS["build"] == 2


def test_a_single_order_is_a_run_at_once() -> None:
    (batch,) = batches(asked(night(1)), {"build": SLOTS["build"] - 1}, NOW)
    assert clients(batch) == ["client_001"]


def test_what_is_due_waits_while_every_slot_is_taken() -> None:
    assert batches(asked(night(1)), {"build": SLOTS["build"]}, NOW) == []
    assert batches(asked(night(1)), {"build": SLOTS["build"] + 3}, NOW) == []
    assert len(batches(asked(night(1)), {"load": SLOTS["load"]}, NOW)) == 1


def test_a_run_takes_no_more_than_it_may_and_the_most_urgent_go_first() -> None:
    many = [night(number, minutes=1000 - number) for number in range(100)]
    first, second = batches(asked(*many), {}, NOW)
    assert len(first.orders) == len(second.orders) == MOST["build"]
    urgent = [f"client_{number:03}" for number in range(99, 99 - 2 * MOST["build"], -1)]
    assert clients(first) + clients(second) == urgent


def test_what_failed_before_is_tried_by_itself() -> None:
    request = [*asked(night(1), night(2)), *asked(night(3), attempt=2)]
    assert [clients(batch) for batch in batches(request, {}, NOW)] == [["client_003"], ["client_001", "client_002"]]


def test_a_large_order_has_a_run_of_its_own_that_says_so() -> None:
    large = replace(night(3), works=(replace(night(3).works[0], bytes=LARGE_BYTES),))
    found = batches(asked(night(1), large, night(2)), {}, NOW)
    assert [(clients(batch), batch.is_large) for batch in found] == [
        (["client_003"], True),
        (["client_001", "client_002"], False),
    ]


def test_large_orders_have_slots_of_their_own_where_there_are_machines_for_them() -> None:
    large = [replace(night(n), works=(replace(night(n).works[0], bytes=LARGE_BYTES),)) for n in (3, 4, 5)]
    found = batches(asked(*large, night(1)), {"build": SLOTS["build"] - 1, LARGE: 1}, NOW, large_slots=3)
    assert [(clients(batch), batch.is_large) for batch in found] == [
        (["client_003"], True),
        (["client_004"], True),
        (["client_001"], False),
    ]


def test_stages_have_runs_of_their_own_the_nearest_to_the_client_first() -> None:
    found = batches(asked(night(1, stage="load"), night(2), night(3, stage="release")), {}, NOW)
    assert [batch.stage for batch in found] == ["release", "build", "load"]


def test_a_nights_priority_rises_with_the_minutes_to_its_deadline() -> None:
    (long_before,), (early,), (late,) = (
        batches(asked(night(1, minutes=minutes)), {}, NOW) for minutes in (20_000, 90, -5)
    )
    assert early.priority == PRIORITY_AT_DEADLINE - 90
    assert late.priority == PRIORITY_AT_DEADLINE + 5
    assert long_before.priority > 0, "what is started by hand has 0"


def test_the_same_orders_are_asked_for_once_and_another_attempt_anew() -> None:
    (first,) = batches(asked(night(1)), {"build": 1}, NOW)
    (again,) = batches(asked(night(1, minutes=30)), {"build": 1}, NOW + SECOND)
    (third,) = batches(asked(night(1), attempt=3), {"build": 1}, NOW)
    assert first.key == again.key != third.key
