"""The backtest judges on what the forecast has not seen, and the forecast stands the test on real arrivals."""

import csv
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from acme_assets.sla.backtest import Judgement, choose_leaning, forecast_periods, judge, split
from acme_assets.sla.habits import Leaning
from acme_assets.sla.record import ArrivalRecord, Sender
from acme_assets.sla.scoring import brier, reliability, skill
from acme_assets.sla.weekly import UnreadableLog, log_of, read_log

REAL_DATA = Path(os.environ.get("ACME_REAL_DATA") or Path(__file__).parents[3] / "shared" / "data")


def made_up(senders: int = 12, weeks: int = 40, seed: int = 1) -> list[str]:
    """A log in which each sender has its own time, and in some weeks everybody is late together."""
    random = np.random.default_rng(seed)
    lines = ["client,period,lateness_min"]
    for week in range(weeks):
        shift = 600.0 if random.random() < 0.15 else 0.0
        for sender in range(senders):
            if random.random() < 0.05:
                continue
            lateness = shift - 400 + 45 * sender + random.normal(0, 40)
            lines.append(f"sender{sender},{date(2024, 1, 6) + timedelta(weeks=week)},{lateness:.1f}")
    return lines


def test_what_a_later_period_holds_does_not_change_an_earlier_forecast() -> None:
    lines = made_up()
    log, changed = (
        read_log(lines, "a"),
        read_log([*lines[:-12], *(f"{line.rsplit(',', 1)[0]},5000" for line in lines[-12:])], "b"),
    )
    numbers = range(10, 30)
    one, other = (forecast_periods(item, numbers, Leaning(), samples=100) for item in (log, changed))
    assert np.array_equal(one.p_miss, other.p_miss)


def test_the_leaning_is_chosen_on_the_earlier_half_alone() -> None:
    log = read_log(made_up(weeks=16), "a")
    earlier, later = split(log)
    assert max(earlier) < min(later)
    judgement = judge(log)
    assert judgement.first_judged == log.record.dates[later[0]]
    assert set(np.unique(judgement.cases.period)) <= set(later)


def test_only_what_is_not_here_is_forecast() -> None:
    log = read_log(made_up(), "a")
    cases = forecast_periods(log, range(10, 30), Leaning(), samples=100)
    assert (cases.lateness > -cases.lead).all()


def test_that_everybody_else_is_late_is_seen_in_time() -> None:
    log = read_log(made_up(), "a")
    cases = forecast_periods(log, range(10, 40), Leaning(half_life=6.0))
    soon = cases.lead <= 180
    scores = (brier(p[soon], cases.missed[soon]) for p in (cases.p_miss, cases.baselines["climatology"]))
    assert skill(*scores) > 0.3


def test_a_ledgers_own_nights_are_judged_too() -> None:
    random = np.random.default_rng(3)
    senders = tuple(Sender(f"c{number}", feed) for number in range(3) for feed in ("eligibility", "lab_result"))
    dates = tuple(date(2026, 1, 1) + timedelta(days=number) for number in range(14))
    offsets = random.normal(-30, 40, (6, 1)) + random.normal(0, 20, (6, 14))
    cases = judge(log_of(ArrivalRecord(senders, dates, offsets))).cases
    assert len(cases.missed) > 60
    assert cases.brier < brier(cases.baselines["past_due"], cases.missed)
    with pytest.raises(UnreadableLog, match="the ledger has 5 business dates"):
        log_of(ArrivalRecord(senders, dates[:5], offsets[:, :5]))


def test_a_period_that_hardly_anybody_delivered_for_is_left_out() -> None:
    lines = [*made_up(), "sender1,2024-03-06,12"]
    assert date(2024, 3, 6) in read_log(lines, "a").left_out


def test_a_row_without_a_time_is_a_delivery_that_never_came() -> None:
    lines = [*made_up(weeks=30), *(f"gone,{date(2024, 1, 6) + timedelta(weeks=week)}," for week in range(30))]
    record = read_log(lines, "a").record
    row = [sender.client_id for sender in record.senders].index("gone")
    assert np.isposinf(record.offsets[row]).all()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["client,period", "a,2024-01-06"], "x.csv: has no column lateness_min"),
        (["client,period,lateness_min", "a,soon,3"], "x.csv: line 2: period: is no date; write it as YYYY-MM-DD"),
        (["client,period,lateness_min", "a,2024-01-06,late"], "x.csv: line 2: lateness_min: is no number"),
        (["client,period,lateness_min", "a,2024-01-06,3"], "x.csv: has 1 periods; at least 8"),
    ],
)
def test_an_unreadable_log_says_where_and_what_to_do(lines: list[str], said: str) -> None:
    with pytest.raises(UnreadableLog) as error:
        read_log(lines, "x.csv")
    assert said in str(error.value)


@pytest.fixture(scope="module")
def weekly() -> Judgement:
    path = REAL_DATA / "arrivals" / "weekly_deliveries.csv"
    if not path.exists():
        pytest.skip(f"the real delivery logs are not in {REAL_DATA}; set ACME_REAL_DATA")
    log = read_log(path.open(encoding="utf-8", newline=""), path.name)
    earlier, later = split(log)
    leaning = choose_leaning(log, earlier[::4])  # `acme sla backtest` chooses on all of them: a minute
    senders = len(log.record.senders)
    return Judgement(leaning, forecast_periods(log, later, leaning), log.record.dates[later[0]], senders)


def test_real_weekly_deliveries_are_forecast_better_than_by_simpler_ways(weekly: Judgement) -> None:
    scores = weekly.scores()
    assert scores["cases"] > 3000
    assert scores["brier_skill_vs_climatology"] >= 0.20
    assert scores["brier_skill_vs_mean_2sigma"] > 0
    assert scores["brier_skill_vs_past_due"] > 0
    assert 0.86 <= scores["p90_coverage"] <= 0.94


def test_real_weekly_deliveries_miss_about_as_often_as_forecast(weekly: Judgement) -> None:
    table = [found for found in reliability(weekly.cases.p_miss, weekly.cases.missed) if found.cases >= 200]
    assert len(table) >= 5
    assert np.average([abs(found.error) for found in table], weights=[found.cases for found in table]) < 0.08


def _daily(path: Path) -> Iterator[str]:
    """Three real daily feeds in the weekly form, each against the time at which nine in ten of its first year came."""
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    yield "client,period,lateness_min"
    for feed in sorted({row["feed"] for row in rows}):
        minutes = {
            date.fromisoformat(row["business_date"]): float(row["minutes_after_midnight"])
            for row in rows
            if row["feed"] == feed
        }
        due = np.quantile([value for day, value in minutes.items() if date(2020, 7, 1) <= day < date(2021, 7, 1)], 0.9)
        for day, value in minutes.items():
            if date(2020, 7, 1) <= day <= date(2022, 10, 28):  # before, it was set up; after, it came weekly
                yield f"{feed},{day},{value - due:.1f}"


def test_real_daily_deliveries_are_forecast_better_than_by_simpler_ways() -> None:
    path = REAL_DATA / "arrivals" / "daily_deliveries.csv"
    if not path.exists():
        pytest.skip(f"the real delivery logs are not in {REAL_DATA}; set ACME_REAL_DATA")
    log = read_log(_daily(path), path.name)
    later = split(log)[1]
    cases = forecast_periods(log, later[::3], Leaning(), samples=500)
    scores = Judgement(Leaning(), cases, log.record.dates[later[0]], 3).scores()
    assert scores["brier_skill_vs_climatology"] > 0.08  # whether this sender is late can hardly be told before the hour
    assert scores["brier_skill_vs_past_due"] > 0.2
    assert scores["brier_skill_vs_mean_2sigma"] > 0.2
    assert 0.86 <= scores["p90_coverage"] <= 0.94
