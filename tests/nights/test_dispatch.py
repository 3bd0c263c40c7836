"""When work is requested: once at a time in its lane, again after a pause, and not for ever."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from acme_assets.nights.dispatch import MAX_ATTEMPTS, PAUSES, Attempt, Dispatch, Order, dispatch, orders
from acme_assets.nights.status import Work
from client_partitions.feeds import Feed
from tests.world import NIGHT

NOW = datetime(2026, 3, 11, 7, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def load(feed: Feed, client_id: str = "tiny_health", on: date = NIGHT, version: str = "1") -> Work:
    return Work("load", client_id, on, f"load/{client_id}-{feed}-{on}-{version}", feed)


BUILD = Work("build", "tiny_health", NIGHT, "build/tiny_health/2026-03-10/abc")
RELEASE = Work("release", "tiny_health", NIGHT, "release/abc/def")

(LOAD,) = orders([load("eligibility")])


def ended(ago: timedelta, run_id: str = "run", key: str = LOAD.key) -> Attempt:
    return Attempt(run_id, key, NOW - ago)


def tried(*attempts: Attempt, order: Order = LOAD) -> Dispatch:
    return dispatch([order], {order.lane: attempts}, NOW)


# --- orders


def test_the_loads_of_one_client_night_are_one_order() -> None:
    (order,) = orders([load("eligibility"), load("pharmacy_claim")])
    assert order.feeds == ("eligibility", "pharmacy_claim")
    assert (order.stage, order.client_id, order.business_date) == ("load", "tiny_health", NIGHT)


def test_loads_of_other_clients_and_nights_are_orders_of_their_own() -> None:
    works = [load("eligibility"), load("eligibility", "other"), load("eligibility", on=NIGHT + timedelta(days=1))]
    found = orders(works)
    assert len(found) == len({order.key for order in found}) == len({order.lane for order in found}) == 3


def test_a_build_and_a_release_are_an_order_each_under_their_own_key() -> None:
    found = orders([BUILD, RELEASE, load("eligibility")])
    assert {order.stage: order.key for order in found if order.stage != "load"} == {
        "build": BUILD.key,
        "release": RELEASE.key,
    }
    assert len({order.lane for order in found}) == 3
    assert next(order for order in found if order.stage == "build").feeds == ()


def test_the_same_loads_have_the_same_key_in_whatever_order_they_are_found() -> None:
    works = [load("eligibility"), load("pharmacy_claim"), load("lab_result")]
    keys = {orders(arrangement)[0].key for arrangement in permutations(works)}
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
    (first,) = orders([load("eligibility", version="2"), load("pharmacy_claim")])
    (other,) = orders(works)
    assert first.key != other.key
    assert first.lane == other.lane


def test_no_work_makes_no_order() -> None:
    assert orders([]) == []
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
    (other,) = orders([load("eligibility", "other")])
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
    (build,) = orders([BUILD])
    attempts = {LOAD.lane: [ended(SECOND, run_id) for run_id in "abc"]}
    found = dispatch([LOAD, build], attempts, NOW)
    assert [order for order, _ in found.give_up] == [LOAD]
    assert found.request == ((build, 1),)
