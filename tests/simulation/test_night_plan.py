"""A planned night has a real night's shape, follows from its seed, and says how each client night ends."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.faults import FaultKind
from acme_assets.simulation.fleet import make_fleet
from acme_assets.simulation.night_plan import REAL_SENDERS, Arrival, NightPlan, plan_night
from client_partitions.calendar import due_at
from client_partitions.client import Client, FeedPolicy
from client_partitions.feeds import Feed

BUSINESS_DATE = date(2026, 3, 10)
UNREADABLE = {FaultKind.BROKEN_FILE, FaultKind.WRONG_HEADER, FaultKind.EMPTY_FILE}
REAL_DATA = Path(os.environ.get("ACME_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(scope="module")
def clients() -> dict[str, Client]:
    return {data["client_id"]: Client.model_validate(data) for data in make_fleet(180)}


@pytest.fixture(scope="module")
def plan(clients: dict[str, Client]) -> NightPlan:
    return plan_night(list(clients.values()), BUSINESS_DATE)


def _by_feed(plan: NightPlan) -> dict[tuple[str, Feed], list[Arrival]]:
    by_feed: dict[tuple[str, Feed], list[Arrival]] = {}
    for arrival in plan.arrivals:
        by_feed.setdefault((arrival.client_id, arrival.feed), []).append(arrival)
    return by_feed


def test_the_plan_follows_from_its_seed(clients: dict[str, Client], plan: NightPlan) -> None:
    few = list(clients.values())[:30]
    once = plan_night(few, BUSINESS_DATE, seed=4)
    assert plan_night(few, BUSINESS_DATE, seed=4) == once
    assert plan_night(few, BUSINESS_DATE, seed=5).arrivals != once.arrivals
    assert plan_night(few, BUSINESS_DATE + timedelta(days=1), seed=4).arrivals != once.arrivals


def test_arrivals_are_in_order_from_the_first_to_the_last(plan: NightPlan) -> None:
    times = [arrival.at for arrival in plan.arrivals]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (timedelta(), plan.span)


def test_each_feed_arrives_once_and_at_most_once_more(clients: dict[str, Client], plan: NightPlan) -> None:
    by_feed = _by_feed(plan)
    assert by_feed.keys() <= {(client.client_id, feed) for client in clients.values() for feed in client.feeds}
    assert {tuple(arrival.version for arrival in arrivals) for arrivals in by_feed.values()} == {(0,), (0, 1)}
    assert plan.expected.keys() == clients.keys()


def test_a_clients_feeds_are_late_together(clients: dict[str, Client], plan: NightPlan) -> None:
    lateness: dict[str, list[timedelta]] = {}
    for (client_id, feed), arrivals in _by_feed(plan).items():
        due = due_at(clients[client_id], feed, BUSINESS_DATE)
        lateness.setdefault(client_id, []).append(plan.starts_at + arrivals[0].at - due)
    assert all(max(of_client) - min(of_client) <= timedelta(minutes=4) for of_client in lateness.values())
    earliest = sorted(min(of_client) for of_client in lateness.values())
    assert earliest[0] >= -REAL_SENDERS.window
    assert -timedelta(minutes=90) < earliest[len(earliest) // 2] < -timedelta(minutes=55)
    assert 0.10 < sum(late > timedelta() for late in earliest) / len(earliest) < 0.21


def test_most_nights_are_released_and_the_others_have_somebody_to_blame(plan: NightPlan) -> None:
    endings = Counter((night.released, night.blocked_by, night.signed) for night in plan.expected.values())
    assert endings == {(True, None, True): 161, (False, "client", False): 15, (False, "qa", False): 4}
    assert all(len(night.hindered) == (night.blocked_by == "client") for night in plan.expected.values())


def test_what_hinders_a_night_is_a_required_feed_that_never_comes_or_is_never_readable(
    clients: dict[str, Client], plan: NightPlan
) -> None:
    by_feed = _by_feed(plan)
    hindered = {(client_id, feed) for client_id, night in plan.expected.items() for feed in night.hindered}
    missing = hindered - by_feed.keys()
    assert (len(missing), len(hindered)) == (12, 15)
    for client_id, feed in hindered:
        assert clients[client_id].feeds[feed].required
    for client_id, client in clients.items():
        for feed in client.feeds_owed(BUSINESS_DATE):
            faults = [arrival.fault for arrival in by_feed.get((client_id, feed), [])]
            ends_well = bool(faults) and (faults[-1] is None or faults[-1].kind not in UNREADABLE)
            assert ends_well == ((client_id, feed) not in hindered)


def test_half_of_the_unreadable_files_are_sent_again_and_good(plan: NightPlan) -> None:
    unreadable = [
        arrivals for arrivals in _by_feed(plan).values() if arrivals[0].fault and arrivals[0].fault.kind in UNREADABLE
    ]
    resent = [arrivals for arrivals in unreadable if len(arrivals) == 2]
    assert (len(unreadable), len(resent)) == (6, 3)
    assert all(again.fault is None for _, again in resent)
    assert all(plan.expected[first.client_id].released for first, _ in resent)


def test_about_one_feed_in_eleven_is_sent_again_corrected_and_later(plan: NightPlan) -> None:
    pairs = [arrivals for arrivals in _by_feed(plan).values() if len(arrivals) == 2 and arrivals[1].fault]
    assert {again.fault.kind for _, again in pairs if again.fault} == {FaultKind.REDELIVER}
    assert 0.06 < len(pairs) / 1_200 < 0.12
    lags = sorted(again.at - first.at for first, again in pairs)
    assert timedelta(minutes=1) <= lags[0] <= lags[-1] <= REAL_SENDERS.window
    assert timedelta(minutes=12) < lags[len(lags) // 2] < timedelta(minutes=30)


def test_bad_rows_and_missing_optional_feeds_hold_no_night(clients: dict[str, Client], plan: NightPlan) -> None:
    bad = [item for item in plan.arrivals if item.fault and item.fault.kind is FaultKind.BAD_ROWS]
    assert len(bad) == 7
    assert all(plan.expected[item.client_id].released for item in bad)
    assert all(clients[item.client_id].feeds[item.feed].quarantine_limit == 0.1 for item in bad)
    sent = _by_feed(plan).keys()
    missing = {
        client_id
        for client_id, client in clients.items()
        for feed, policy in client.feeds.items()
        if not policy.required and (client_id, feed) not in sent
    }
    assert any(plan.expected[client_id].released for client_id in missing)


def test_each_fate_befalls_somebody_in_a_fleet_of_twenty(clients: dict[str, Client]) -> None:
    few = plan_night(list(clients.values())[:20], BUSINESS_DATE)
    endings = Counter(night.blocked_by for night in few.expected.values())
    assert endings == {None: 17, "client": 2, "qa": 1}
    assert {FaultKind.BAD_ROWS, FaultKind.REDELIVER} <= {item.fault.kind for item in few.arrivals if item.fault}


def test_a_compressed_plan_is_the_same_night_in_less_time(plan: NightPlan) -> None:
    short = plan.compressed(timedelta(minutes=30))
    assert short.span == short.arrivals[-1].at == timedelta(minutes=30)
    assert [(item.client_id, item.feed, item.version, item.fault) for item in short.arrivals] == [
        (item.client_id, item.feed, item.version, item.fault) for item in plan.arrivals
    ]
    factor = plan.span / short.span
    for quick, slow in zip(short.arrivals, plan.arrivals, strict=True):
        assert abs(quick.at * factor - slow.at) < timedelta(seconds=1)
    assert short.expected == plan.expected


def test_feeds_of_other_weekdays_do_not_arrive(clients: dict[str, Client]) -> None:
    client = clients["fleet_001"]
    assert BUSINESS_DATE.weekday() == 1
    other = {
        feed: FeedPolicy.model_validate(policy.model_dump() | {"days": ["mon"]})
        for feed, policy in client.feeds.items()
    }
    idle = client.model_copy(update={"feeds": {**other, "eligibility": client.feeds["eligibility"]}})
    assert {item.feed for item in plan_night([idle], BUSINESS_DATE).arrivals} == {"eligibility"}
    with pytest.raises(SimulationError, match="nothing arrives for 2026-03-10"):
        plan_night([client.model_copy(update={"feeds": other})], BUSINESS_DATE)


def _arrivals_log(name: str) -> pl.DataFrame:
    path = REAL_DATA / "arrivals" / name
    if not path.is_file():
        pytest.skip(f"the real delivery logs are not in {REAL_DATA}; set ACME_REAL_DATA")
    return pl.read_csv(path, infer_schema_length=None)


def _assert_quantiles(minutes: pl.Series, stated: Sequence[tuple[float, float]]) -> None:
    for share, value in stated:
        assert minutes.quantile(share, "linear") == pytest.approx(value, abs=0.25)


def test_lateness_is_that_of_the_real_senders() -> None:
    minutes = _arrivals_log("weekly_deliveries.csv")["lateness_min"]
    window = REAL_SENDERS.window / timedelta(minutes=1)
    near = minutes.filter(minutes.is_between(-window, window))
    assert len(near) == 688
    _assert_quantiles(near, REAL_SENDERS.relative_to_due)


def test_the_share_that_never_comes_is_that_of_the_real_senders() -> None:
    log = _arrivals_log("weekly_deliveries.csv").filter(pl.col("lateness_min") <= 2 * 24 * 60)
    came = set(log.select("client", pl.col("period").str.to_date()).iter_rows())
    weeks = {week for _, week in came}
    regular = [
        (sender, week)
        for sender in {sender for sender, _ in came}
        for week in weeks
        if all((sender, week - timedelta(weeks=before)) in came for before in (1, 2, 3, 4))
    ]
    never = sum(delivery not in came for delivery in regular) / len(regular)
    assert never == pytest.approx(REAL_SENDERS.never, abs=0.0005)


def test_redeliveries_are_those_of_the_real_senders() -> None:
    log = _arrivals_log("weekly_deliveries.csv")
    first, again = (
        text.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_zone="UTC")
        for text in (pl.col("first_submitted_et"), pl.col("redelivered_et").str.split(";").list.first())
    )
    lags = log.select(((again - first).dt.total_seconds() / 60).alias("lag"))["lag"].drop_nulls()
    soon = lags.filter(lags <= REAL_SENDERS.window / timedelta(minutes=1))
    assert len(soon) == 220
    assert len(soon) / len(log) == pytest.approx(REAL_SENDERS.redelivered, abs=0.0005)
    _assert_quantiles(soon, REAL_SENDERS.redelivered_after)


def test_the_three_daily_feeds_of_one_sender_came_together() -> None:
    log = _arrivals_log("daily_deliveries.csv")
    days = (
        log.filter((pl.col("business_date") >= "2020-07-01") & (pl.col("business_date") <= "2022-10-28"))
        .group_by("business_date")
        .agg(feeds=pl.len(), apart=pl.col("minutes_after_midnight").max() - pl.col("minutes_after_midnight").min())
    )
    assert (len(days), days["feeds"].unique().to_list()) == (850, [3])
    assert days["apart"].max() <= 1  # type: ignore[operator]
