"""The forecast on trial in a simulated world: it tells the truth about its own certainty, and tells it in time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from acme_assets.simulation.sla_log import SimulatedNight
from acme_assets.simulation.sla_shown import ahead, summaries
from acme_assets.simulation.sla_trial import BEFORE, Lessons, Trial, days, trial
from acme_assets.simulation.sla_world import World, make_world
from acme_assets.sla.forecast import forecast
from acme_assets.sla.history import History
from acme_assets.sla.night import Desk, NightAhead
from acme_assets.sla.result import NightForecast
from acme_assets.sla.scoring import worst_bin

FIRST = date(2026, 1, 5)
JUDGED = days(FIRST, 24)
MINUTE = timedelta(minutes=1)

ENOUGH, TOLERANCE = 200, 0.05


class Saying:
    """A stand-in for the forecast: what it says of a night depends on nothing but the night."""

    def __init__(self, world: World) -> None:
        self.night = cache(world.night)

    def p_miss(self, was: NightAhead, night: SimulatedNight) -> float:
        raise NotImplementedError

    def __call__(
        self, nights: Sequence[NightAhead], history: History, now: datetime, /, *, desk: Desk, samples: int, seed: int
    ) -> list[NightForecast]:
        said = []
        for was in nights:
            night = self.night(was.business_date)
            at = night.released_at(was.client_id)
            p = self.p_miss(was, night)
            said.append(NightForecast(was.client_id, was.business_date, was.deadline, now, p, at, at, ()))
        return said


class Oracle(Saying):
    def p_miss(self, was: NightAhead, night: SimulatedNight) -> float:
        released = night.released_at(was.client_id)
        return float(released is None or released > was.deadline)


class Constant(Saying):
    p = 0.0

    def p_miss(self, was: NightAhead, night: SimulatedNight) -> float:
        return self.p


@pytest.fixture(scope="module")
def small() -> World:
    return make_world(10, seed=1)


def _tried(world: World, said: Saying) -> Trial:
    return trial(world, days(FIRST, 12), history=10, forecast=said)


def test_who_knows_the_future_scores_perfectly(small: World) -> None:
    found = _tried(small, Oracle(small))
    assert found.scores()["brier"] == 0
    assert found.scores()["skill_vs_usual"] == 1
    assert found.scores()["p90_coverage"] == 1
    assert [found.reliability()[number].observed for number in (0, 9)] == [0, 1]
    flags = found.alarms()
    assert flags.misses == flags.flagged_misses > 5
    assert flags.false_alarms == 0
    assert flags.median_lead > 180


def test_who_is_sure_of_a_miss_is_found_out(small: World) -> None:
    said = Constant(small)
    said.p = 0.9
    found = _tried(small, said)
    worst = worst_bin(found.reliability(), ENOUGH)
    assert worst is not None
    assert worst.error < -0.5
    assert found.alarms().false_alarm_rate == 1
    assert found.scores()["skill_vs_usual"] < 0


def test_only_open_nights_before_their_deadline_count(small: World) -> None:
    found = _tried(small, Constant(small))
    assert found.lead.min() > 0
    longest = max(
        (each.deadline - min(feed.due for feed in each.feeds) + BEFORE) / MINUTE
        for each in ahead(small.night(FIRST), small.night(FIRST).start - timedelta(days=1))
    )
    assert longest - 30 < found.lead.max() <= longest
    assert (found.took > 0).all()
    assert set(np.unique(found.missed)) == {False, True}
    assert len(set(found.subjects)) <= 12 * 10


def test_a_night_is_forecast_from_nights_that_were_over_by_then(small: World) -> None:
    known = Lessons(small, 5).before(FIRST)
    dates = {date.fromordinal(day) for day in known.day.tolist()}
    assert dates == set(days(FIRST - timedelta(days=6), 5))
    late = [
        each.past_deadline is None or each.past_deadline > 0 for day in dates for each in summaries(small.night(day))
    ]
    found = trial(small, [FIRST], history=5, forecast=Constant(small))
    assert set(found.usual) == {sum(late) / len(late)}


@pytest.fixture(scope="module")
def judged() -> Trial:
    return trial(make_world(40, seed=12), JUDGED, history=60, warm=16, every=timedelta(minutes=90), samples=200)


def test_probabilities_are_right(judged: Trial) -> None:
    """Within what so few nights can tell; `make trial-sla` has enough of them for the tolerance alone."""
    enough = [found for found in judged.reliability() if found.cases >= ENOUGH / 4]
    assert len(enough) >= 5
    for found in enough:
        chance = 2 * np.sqrt(found.mean * (1 - found.mean) / found.subjects)
        assert abs(found.error) <= TOLERANCE + chance


def test_without_what_past_forecasts_were_worth_they_would_be_too_sure(judged: Trial) -> None:
    raw = replace(judged, p=judged.p_raw)
    sure = [found for found in raw.reliability() if found.low >= 0.6]
    assert np.average([found.error for found in sure], weights=[found.cases for found in sure]) < -0.05
    assert judged.scores()["brier"] < raw.scores()["brier"]


def test_misses_are_flagged_in_time(judged: Trial) -> None:
    flags = judged.alarms()
    assert flags.misses > 80
    assert flags.flagged_misses / flags.misses > 0.8
    assert flags.median_lead_flagged >= 60


def test_the_forecast_is_better_than_the_share_of_misses(judged: Trial) -> None:
    assert judged.scores()["skill_vs_usual"] > 0.2
    assert 0.86 <= judged.scores()["p90_coverage"] <= 0.97


@dataclass(frozen=True)
class _Said:
    """What is said of one client three hours before its first due time, and what became of it."""

    width: float
    """Minutes between P50 and P90 of its candidate."""
    is_covered: bool
    """Whether it was released by P90."""


def _said(night: SimulatedNight, client_id: str, history: History, world: World) -> _Said:
    open_nights = ahead(night, night.start - timedelta(days=1))
    mine = next(each for each in open_nights if each.client_id == client_id)
    now = min(feed.due for feed in mine.feeds) - BEFORE
    said = forecast([mine], history, now, desk=world.desk(now), samples=300)[0]
    marts = next(node for node in said.nodes if node.name == "marts")
    end = mine.deadline + timedelta(hours=18)
    released = night.released_at(client_id) or end
    return _Said(((marts.p90 or end) - (marts.p50 or end)) / MINUTE, released <= (said.p90 or end))


def _of_new_clients(world: World, seen: int, nights: int) -> list[_Said]:
    """Of each client, as if it were new and only so many of its nights were known, on some nights."""
    known = [summary for day in days(FIRST, 40) for summary in summaries(world.night(day))]
    judged = [world.night(day) for day in days(FIRST + timedelta(days=40), nights)]
    found = []
    for habits in world.habits:
        client_id = habits.client.client_id
        since = FIRST + timedelta(days=40 - seen)
        history = History.of(each for each in known if each.client_id != client_id or each.business_date >= since)
        found += [_said(night, client_id, history, world) for night in judged]
    return found


def test_a_new_clients_forecasts_are_wide_and_narrow_as_nights_pass() -> None:
    world = make_world(14, seed=2)
    steady = [replace(habits, steadiness=0.85, never=0.01, weekday=None) for habits in world.habits]
    world = replace(world, habits=tuple(steady))
    widths = {seen: np.median([said.width for said in _of_new_clients(world, seen, 2)]) for seen in (0, 5, 15, 40)}
    assert widths[0] > 90
    assert widths[0] > 1.5 * widths[5]
    assert widths[5] == pytest.approx(widths[40], rel=0.5)
    assert widths[15] == pytest.approx(widths[40], rel=0.3)


@pytest.mark.parametrize("seen", [0, 3])
def test_a_new_clients_p90_is_kept_about_nine_times_in_ten(seen: int) -> None:
    covered = [said.is_covered for said in _of_new_clients(make_world(14, seed=2), seen, 5)]
    assert 0.82 <= np.mean(covered) <= 0.99
