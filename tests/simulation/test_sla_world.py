"""A simulated world keeps its own rules, shows at each moment what had happened by then alone, and knows the truth."""

import csv
import os
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from acme_assets.simulation.night_plan import REAL_SENDERS
from acme_assets.simulation.sla_habits import TAIL_EXPONENT, TAIL_FROM, lateness, quantile, spells, work
from acme_assets.simulation.sla_log import Event, Kind, SimulatedNight
from acme_assets.simulation.sla_shown import ahead, summaries
from acme_assets.simulation.sla_world import World, make_world
from client_partitions.calendar import deadline_at, due_at

FIRST = date(2026, 3, 2)
REAL_DATA = Path(os.environ.get("ACME_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(30, seed=3)


@pytest.fixture(scope="module")
def nights(world: World) -> list[SimulatedNight]:
    return [world.night(FIRST + timedelta(days=day)) for day in range(20)]


def _logs(nights: list[SimulatedNight]) -> list[tuple[Event, ...]]:
    return [log for night in nights for log in night.logs.values()]


def test_a_night_follows_from_the_seed_and_its_date(world: World, nights: list[SimulatedNight]) -> None:
    assert make_world(30, seed=3).night(FIRST).logs == nights[0].logs
    assert make_world(30, seed=4).night(FIRST).logs != nights[0].logs
    assert nights[1].logs != nights[0].logs


def test_what_happens_happens_in_order(nights: list[SimulatedNight]) -> None:
    for log in _logs(nights):
        assert all(before.at <= after.at for before, after in pairwise(log))
        assert all(event.landed < event.at for event in log if event.kind is Kind.SEEN)
        kinds = [event.kind for event in log]
        assert kinds.count(Kind.RELEASED) <= 1
        if Kind.RELEASED in kinds:
            released = kinds.index(Kind.RELEASED)
            assert set(kinds[released + 1 :]) <= {Kind.SEEN}
            kinds = kinds[: released + 1]
            opened = len(kinds) - 1 - kinds[::-1].index(Kind.GATE_OPENED)
            built = len(kinds) - 1 - kinds[::-1].index(Kind.BUILT)
            inputs = [number for number, kind in enumerate(kinds) if kind in (Kind.SEEN, Kind.LOADED)]
            assert max(inputs) < built < opened


def test_the_night_that_is_released_has_every_signature(nights: list[SimulatedNight]) -> None:
    two = 0
    for night in nights:
        for habits in night.habits:
            log = night.logs[habits.client.client_id]
            if night.released_at(habits.client.client_id) is None:
                continue
            candidate = max(number for number, event in enumerate(log) if event.kind is Kind.BUILT)
            signers = [event.who for event in log[candidate:] if event.kind is Kind.SIGNED]
            by_service = habits.is_automatic and not log[candidate].failed_suites
            assert len(set(signers)) == len(signers) == (0 if by_service else habits.signatures)
            two += len(signers) == 2
    assert two


def test_an_analyst_begins_within_the_shift_and_judges_one_at_a_time(nights: list[SimulatedNight]) -> None:
    for night in nights:
        judged: dict[str, list[float]] = defaultdict(list)
        for log in night.logs.values():
            for event in log:
                if event.who is not None:
                    judged[event.who].append(event.at)
        assert len(judged) == 2
        for who, times in judged.items():
            assert len(set(times)) == len(times)
            begins = [(shift.begins - night.start) / MINUTE for shift in night.desk[who]]
            assert min(times) > min(begins)


def test_no_more_than_the_slots_run_at_once() -> None:
    narrow, wide = make_world(30, seed=3, slots=2), make_world(30, seed=3)
    busiest = [_most_at_once(_work_of(each.night(FIRST))) for each in (narrow, wide)]
    assert busiest[0] == 2 < busiest[1] <= 16
    waits = [_build_waits(each.night(FIRST)) for each in (narrow, wide)]
    assert sum(waits[0]) > sum(waits[1])


def _work_of(night: SimulatedNight) -> list[tuple[float, float]]:
    """Loads and builds that came to an end, as begin and end."""
    spans = []
    for log in night.logs.values():
        begun: dict[str | None, float] = {}
        for event in log:
            if event.kind in (Kind.LOAD_BEGAN, Kind.BUILD_BEGAN):
                begun[event.feed] = event.at
            elif event.kind in (Kind.LOADED, Kind.QUARANTINED, Kind.BUILT, Kind.BUILD_FAILED):
                spans.append((begun[event.feed], event.at))
    return spans


def _most_at_once(spans: list[tuple[float, float]]) -> int:
    return max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)


def _build_waits(night: SimulatedNight) -> list[float]:
    return [summary.build_wait for summary in summaries(night) if summary.build_wait is not None]


def test_the_ledger_at_a_moment_tells_nothing_of_what_comes(world: World, nights: list[SimulatedNight]) -> None:
    night, other = nights[0], replace(world, seed=4).night(FIRST)
    end = night.start + timedelta(days=1)
    told = 0
    for hour in range(-2, 18):
        minutes = hour * 60.0
        logs = {
            client_id: (
                *(event for event in log if event.at <= minutes),
                *(event for event in other.logs[client_id] if event.at > minutes),
            )
            for client_id, log in night.logs.items()
        }
        another_future = replace(night, logs=logs)
        now = night.start + timedelta(minutes=minutes)
        assert ahead(another_future, now) == ahead(night, now)
        told += ahead(another_future, end) != ahead(night, end)
    assert told > 10


def test_nothing_in_the_ledger_is_later_than_now(nights: list[SimulatedNight]) -> None:
    states = set()
    for night in nights[:8]:
        for hour in range(-2, 20):
            now = night.start + timedelta(hours=hour)
            for each in ahead(night, now):
                moments = [each.marts.since, each.sign_off.since, each.release.since]
                moments += [
                    moment for feed in each.feeds for moment in (feed.since, feed.landed_at, feed.waiver_asked_at)
                ]
                assert all(moment <= now for moment in moments if moment is not None)
                states |= {("feed", feed.state) for feed in each.feeds}
                states |= {("marts", each.marts.state), ("sign-off", each.sign_off.state)}
                waits = [feed for feed in each.feeds if feed.is_needed and feed.state != "done"]
                assert bool(waits) == (each.marts.state == "waiting")
                assert (each.marts.state == "done") == (each.sign_off.state != "waiting")
    assert {state for what, state in states if what == "feed"} == {"expected", "arrived", "quarantined", "done"}
    assert {state for what, state in states if what == "marts"} >= {"waiting", "running", "done"}


def test_a_released_night_is_ahead_no_more(nights: list[SimulatedNight]) -> None:
    night = nights[0]
    for habits in night.habits:
        client_id = habits.client.client_id
        released = night.released_at(client_id)
        if released is not None:
            assert client_id in {each.client_id for each in ahead(night, released - MINUTE / 60)}
            assert client_id not in {each.client_id for each in ahead(night, released + MINUTE / 60)}


def test_summaries_tell_the_truth_and_their_parts_add_up(nights: list[SimulatedNight]) -> None:
    seen: set[str] = set()
    for night in nights:
        clients = {habits.client.client_id: habits.client for habits in night.habits}
        for summary in summaries(night):
            client = clients[summary.client_id]
            deadline = deadline_at(client, night.business_date)
            released = night.released_at(summary.client_id)
            if released is None:
                assert summary.past_deadline is None
                seen.add("never")
                continue
            assert summary.past_deadline == pytest.approx((released - deadline) / MINUTE, abs=1e-3)
            assert summary.sign_off is not None
            assert summary.release is not None
            assert summary.handling is None or 0 < summary.handling <= summary.sign_off
            assert (summary.handling is None) == summary.is_automatic
            seen |= {"rejected"} if summary.rejected else set()
            for feed in summary.feeds:
                if feed.offset is None or feed.load_work is None or feed.load_wait is None or feed.notice is None:
                    seen.add("waived")
                    continue
                landed = due_at(client, feed.feed, night.business_date) + timedelta(minutes=feed.offset)
                loaded = landed + timedelta(minutes=feed.notice + feed.load_wait + feed.load_work)
                assert loaded < released
                assert (feed.again is not None) == feed.quarantined
                seen |= {"quarantined"} if feed.quarantined else {"again"} if feed.versions > 1 else set()
    assert seen == {"never", "rejected", "waived", "quarantined", "again"}


def test_all_clients_together_are_as_late_as_real_senders(world: World) -> None:
    rng = np.random.default_rng(5)
    crowd = make_world(180, seed=5).habits
    steady = [replace(habits, weekday=None, is_late_at_month_end=False) for habits in crowd]
    drawn = [lateness(habits, FIRST, float(rng.normal()), rng) for habits in steady for _ in range(60)]
    for share in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert np.quantile(drawn, share) == pytest.approx(quantile(REAL_SENDERS.relative_to_due, share), abs=20)


def test_clients_differ_and_some_are_late_on_a_weekday(world: World) -> None:
    rng = np.random.default_rng(6)
    crowd = make_world(60, seed=6).habits
    medians = [np.median([lateness(habits, FIRST, float(rng.normal()), rng) for _ in range(40)]) for habits in crowd]
    assert np.std(medians) > 30
    habits = replace(crowd[0], weekday="mon", is_late_at_month_end=False)
    monday, tuesday = (
        np.median([lateness(habits, FIRST + timedelta(days=day), 0.0, rng) for _ in range(200)]) for day in (0, 1)
    )
    assert monday > tuesday + 5


def test_who_strays_tonight_strays_tomorrow_too_and_not_in_three_weeks() -> None:
    strayed = np.array([spells(200, 9, FIRST + timedelta(days=day)) for day in range(30)])
    assert np.std(strayed) == pytest.approx(1, abs=0.05)
    apart = {days: np.mean(strayed[days:] * strayed[: len(strayed) - days]) for days in (1, 4, 20)}
    assert apart[1] == pytest.approx(0.75, abs=0.06)
    assert apart[4] == pytest.approx(0.75**4, abs=0.08)
    assert apart[20] == pytest.approx(0, abs=0.08)


def test_work_has_a_body_and_a_tail_and_grows_with_size() -> None:
    rng = np.random.default_rng(7)
    drawn = np.array([work(10, rng) for _ in range(20_000)]) / 10
    assert np.median(drawn) == pytest.approx(1, abs=0.02)
    assert np.quantile(drawn, 0.75) == pytest.approx(1.13, abs=0.03)
    assert 3 < np.quantile(drawn, 0.999) <= drawn.max() <= 9
    large = np.array([work(10, rng, 32.0) for _ in range(4_000)]) / 10
    assert np.median(large) == pytest.approx(4, abs=0.15)


@pytest.mark.skipif(not (REAL_DATA / "arrivals" / "task_durations.csv").exists(), reason="the data set is not here")
def test_the_shape_of_work_is_that_of_the_traces() -> None:
    repeated: dict[tuple[str, str], list[float]] = defaultdict(list)
    with (REAL_DATA / "arrivals" / "task_durations.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["runtime_s"] and float(row["runtime_s"]) > 0:
                repeated[row["workflow"], re.sub(r"_?\d+$", "", row["task_id"])].append(float(row["runtime_s"]))
    factors = np.concatenate([np.array(times) / np.median(times) for times in repeated.values() if len(times) >= 8])
    rng = np.random.default_rng(8)
    drawn = np.array([work(1, rng) for _ in range(20_000)])
    for share in (0.25, 0.5, 0.75, 0.9):
        assert np.quantile(drawn, share) == pytest.approx(np.quantile(factors, share), rel=0.15)
    least = np.quantile(factors, TAIL_FROM)
    hill = 1 / np.mean(np.log(factors[factors > least] / least))
    assert hill == pytest.approx(TAIL_EXPONENT, rel=0.2)
    assert drawn.max() == pytest.approx(factors.max(), rel=0.25)


def test_shifts_are_local_times_whatever_the_clocks_do(world: World) -> None:
    spring = datetime.fromisoformat("2026-03-08T12:00:00+00:00")
    for shifts in world.desk(spring).values():
        assert len({shift.ends - shift.begins for shift in shifts}) == 1
        assert len({shift.begins.time() for shift in shifts}) == 2
        assert shifts[0].begins < spring < shifts[-1].begins
