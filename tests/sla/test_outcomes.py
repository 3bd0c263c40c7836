"""Whether a deadline was kept: in odd zones, on both clock changes; what is worth storing; when a date is over."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.gates.decision import decide
from acme_assets.gates.terms import Night
from acme_assets.nights.facts import NightFacts, ReleaseFact
from acme_assets.nights.status import assess
from acme_assets.sla.outcomes import Outcome, Said, dates_over, is_night, is_worth_storing, nights_to_watch, outcome_of
from acme_assets.sla.result import NightForecast
from client_partitions.client import Client
from tests.client_partitions.test_calendar import ZONES, client_in
from tests.world import make_client


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def outcome(client: Client, day: date, now: datetime, released_at: datetime | None = None) -> Outcome | None:
    releases = (ReleaseFact("r1", "c" * 64, released_at),) if released_at else ()
    facts = NightFacts(client.client_id, day, releases=releases)
    night = Night(client, facts, ())
    return outcome_of(night, assess(client, facts, decide(night), now), None, now)


@pytest.mark.parametrize(
    ("zone", "day", "deadline"),
    [
        ("America/New_York", "2026-03-06", "2026-03-07 11:00"),
        ("America/New_York", "2026-03-07", "2026-03-08 10:00"),  # the clocks went forward that night
        ("America/New_York", "2026-10-30", "2026-10-31 10:00"),
        ("America/New_York", "2026-10-31", "2026-11-01 11:00"),  # and back
        ("Asia/Kolkata", "2026-03-10", "2026-03-11 00:30"),
        ("Pacific/Honolulu", "2026-03-10", "2026-03-11 16:00"),
        ("Pacific/Apia", "2026-03-10", "2026-03-10 17:00"),
        ("Pacific/Kiritimati", "2026-03-10", "2026-03-10 16:00"),
        ("Pacific/Pago_Pago", "2026-03-10", "2026-03-11 17:00"),
    ],
)
def test_a_deadline_is_kept_or_missed_by_the_clients_clock(zone: str, day: str, deadline: str) -> None:
    client, on, at = client_in(zone), date.fromisoformat(day), utc(deadline)
    second = timedelta(seconds=1)
    assert outcome(client, on, at - second) is None
    in_time, late, never = (
        outcome(client, on, at, at),
        outcome(client, on, at + second, at + second),
        outcome(client, on, at),
    )
    assert in_time is not None
    assert late is not None
    assert never is not None
    assert (in_time.met, late.met, never.met) == (True, False, False)
    assert {item.deadline for item in (in_time, late, never)} == {at}


@given(st.sampled_from(ZONES), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_no_deadline_passes_unwatched(zone: str, moment: datetime) -> None:
    """Whatever the zone and the clock changes: each deadline that passed in a day is of a night that is watched."""
    client, now = client_in(zone), moment.replace(tzinfo=UTC)
    (days,) = nights_to_watch({"c": client}, now).values()
    for number in range(-4, 3):
        day = now.date() + timedelta(days=number)
        found = outcome(client, day, now)
        if found and now - found.deadline < timedelta(days=1):
            assert day in days


def forecast_of(p_miss: float, minutes: float = 0, moved: float = 0) -> NightForecast:
    made_at = utc("2026-03-11 08:00") + timedelta(minutes=minutes)
    deadline = utc("2026-03-11 10:00") + timedelta(minutes=moved)
    return NightForecast("c", date(2026, 3, 10), deadline, made_at, p_miss, None, None, ())


@pytest.mark.parametrize(
    ("made", "is_worth"),
    [
        (forecast_of(0.54, 59), False),
        (forecast_of(0.55, 1), True),
        (forecast_of(0.45, 1), True),
        (forecast_of(0.50, 60), True),
        (forecast_of(0.50, 1, moved=30), True),
    ],
)
def test_a_forecast_is_worth_storing_where_it_says_something_new(made: NightForecast, is_worth: bool) -> None:
    last = forecast_of(0.5)
    assert is_worth_storing(made, Said(last.made_at, last.deadline, last.p_miss)) == is_worth
    assert is_worth_storing(made, None)


DAY = date(2026, 3, 10)
EAST, WEST = client_in("Pacific/Kiritimati"), client_in("Pacific/Honolulu").model_copy(update={"client_id": "west"})


@pytest.mark.parametrize(
    ("nights", "released", "hours", "is_over"),
    [(2, 2, 5.9, False), (2, 2, 6, True), (2, 1, 35.9, False), (2, 1, 36, True), (1, 1, 6, False), (1, 1, 36, True)],
)
def test_a_date_is_over_when_its_last_client_is(nights: int, released: int, hours: float, is_over: bool) -> None:
    now = utc("2026-03-11 16:00") + timedelta(hours=hours)  # from Honolulu's deadline on
    assert dates_over([EAST, WEST], {DAY: (nights, released)}, now) == ([DAY] if is_over else [])


def test_a_night_without_anything_owed_or_delivered_is_none() -> None:
    client = make_client()
    feeds = {feed: policy.model_copy(update={"days": ("mon",)}) for feed, policy in client.feeds.items()}
    night = Night(client.model_copy(update={"feeds": feeds}), NightFacts("tiny_health", DAY), ())
    assert not is_night(night)
    assert is_night(replace(night, client=client))
