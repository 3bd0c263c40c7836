"""Wall-clock deadlines in the client's zone, through both daylight-saving changes and in odd zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client_partitions.calendar import TURN, business_date_in_hand, deadline_at, due_at, late_at
from client_partitions.client import Client
from tests.world import client_data, make_client

TEMPLATE = make_client()

ZONES = (
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "UTC",
)


def client_in(zone: str, deadline: time = time(6, 0)) -> Client:
    return TEMPLATE.model_copy(update={"time_zone": zone, "deadline": deadline})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "business_date", "deadline", "expected"),
    [
        # In spring New York's clocks go from 02:00 to 03:00 on 8 March.
        ("America/New_York", "2026-03-06", "02:30", "2026-03-07 07:30"),
        ("America/New_York", "2026-03-07", "01:59", "2026-03-08 06:59"),
        ("America/New_York", "2026-03-07", "02:30", "2026-03-08 07:30"),
        ("America/New_York", "2026-03-07", "03:00", "2026-03-08 07:00"),
        ("America/New_York", "2026-03-07", "06:00", "2026-03-08 10:00"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-09 06:30"),
        # In autumn they go from 02:00 back to 01:00 on 1 November.
        ("America/New_York", "2026-10-30", "01:30", "2026-10-31 05:30"),
        ("America/New_York", "2026-10-31", "01:30", "2026-11-01 05:30"),
        ("America/New_York", "2026-10-31", "02:00", "2026-11-01 07:00"),
        ("America/New_York", "2026-10-31", "06:00", "2026-11-01 11:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-02 06:30"),
        # In the south the changes are the other way round.
        ("Pacific/Auckland", "2026-01-14", "06:00", "2026-01-14 17:00"),
        ("Pacific/Auckland", "2026-07-14", "06:00", "2026-07-14 18:00"),
        ("Pacific/Auckland", "2026-04-04", "02:30", "2026-04-04 13:30"),
        ("Pacific/Auckland", "2026-09-26", "02:30", "2026-09-26 14:30"),
        # Lord Howe's change is half an hour: 02:15 is read as 02:45.
        ("Australia/Lord_Howe", "2026-10-03", "02:15", "2026-10-03 15:45"),
        ("Asia/Kolkata", "2026-03-10", "06:00", "2026-03-11 00:30"),
        ("Asia/Kathmandu", "2026-03-10", "06:00", "2026-03-11 00:15"),
        ("America/St_Johns", "2026-01-10", "06:00", "2026-01-11 09:30"),
        ("America/St_Johns", "2026-07-10", "06:00", "2026-07-11 08:30"),
        ("America/Phoenix", "2026-01-10", "06:00", "2026-01-11 13:00"),
        ("America/Phoenix", "2026-07-10", "06:00", "2026-07-11 13:00"),
        ("Pacific/Honolulu", "2026-03-10", "06:00", "2026-03-11 16:00"),
        ("Pacific/Kiritimati", "2026-03-10", "06:00", "2026-03-10 16:00"),
        ("Pacific/Pago_Pago", "2026-03-10", "06:00", "2026-03-11 17:00"),
        ("America/New_York", "2026-03-10", "00:00", "2026-03-11 04:00"),
        ("America/New_York", "2026-12-31", "06:00", "2027-01-01 11:00"),
        ("America/New_York", "2028-02-28", "06:00", "2028-02-29 11:00"),
    ],
)
def test_a_deadline_is_a_wall_clock_time_of_the_next_day(
    zone: str, business_date: str, deadline: str, expected: str
) -> None:
    client = client_in(zone, time.fromisoformat(deadline))
    found = deadline_at(client, date.fromisoformat(business_date))
    assert found == utc(expected)
    assert found.tzinfo is UTC


def moments_that_read(wall_clock: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every moment at which the zone's clocks show this time, by trying all offsets in use around then."""
    around = [wall_clock.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-48, 49)]
    offsets = {moment.astimezone(zone).utcoffset() or timedelta() for moment in around}
    moments = (wall_clock.replace(tzinfo=UTC) - offset for offset in offsets)
    return sorted(moment for moment in moments if moment.astimezone(zone).replace(tzinfo=None) == wall_clock)


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    business_date=st.dates(date(2005, 1, 1), date(2036, 12, 31)),
    deadline=st.times().map(lambda found: found.replace(second=0, microsecond=0)),
)
def test_a_deadline_is_the_first_moment_at_which_the_clocks_show_it_or_just_after_a_gap(
    zone: str, business_date: date, deadline: time
) -> None:
    found = deadline_at(client_in(zone, deadline), business_date)
    assert found.utcoffset() == timedelta()
    wanted = datetime.combine(business_date + timedelta(days=1), deadline)
    moments = moments_that_read(wanted, ZoneInfo(zone))
    if moments:
        assert found == moments[0]
    else:
        read = found.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert wanted < read <= wanted + timedelta(days=1)


@settings(max_examples=100, deadline=None)
@given(zone=st.sampled_from(ZONES), now=st.datetimes(datetime(2010, 1, 1), datetime(2036, 1, 1)))
def test_the_night_in_hand_lasts_from_local_noon_to_local_noon(zone: str, now: datetime) -> None:
    business_date = business_date_in_hand(client_in(zone), now.replace(tzinfo=UTC))
    local = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert datetime.combine(business_date, TURN) <= local < datetime.combine(business_date + timedelta(days=1), TURN)


@pytest.mark.parametrize(
    ("zone", "now", "expected"),
    [
        ("America/New_York", "2026-03-11 15:59:59", "2026-03-10"),
        ("America/New_York", "2026-03-11 16:00", "2026-03-11"),
        ("America/New_York", "2026-03-12 03:59", "2026-03-11"),
        ("America/New_York", "2026-03-08 15:59", "2026-03-07"),
        ("America/New_York", "2026-03-08 16:00", "2026-03-08"),
        ("America/New_York", "2026-11-01 16:59", "2026-10-31"),
        ("America/New_York", "2026-11-01 17:00", "2026-11-01"),
        ("Asia/Kolkata", "2026-03-11 06:29", "2026-03-10"),
        ("Asia/Kolkata", "2026-03-11 06:30", "2026-03-11"),
        ("Pacific/Kiritimati", "2026-03-10 21:59", "2026-03-10"),
        ("Pacific/Kiritimati", "2026-03-10 22:00", "2026-03-11"),
        ("Pacific/Honolulu", "2026-03-11 21:59", "2026-03-10"),
        ("Pacific/Honolulu", "2026-03-11 22:00", "2026-03-11"),
    ],
)
def test_the_night_in_hand_turns_at_local_noon(zone: str, now: str, expected: str) -> None:
    assert business_date_in_hand(client_in(zone), utc(now)) == date.fromisoformat(expected)


def test_the_present_may_be_told_in_any_zone() -> None:
    now = datetime(2026, 3, 11, 21, 29, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert business_date_in_hand(client_in("America/New_York"), now) == date(2026, 3, 10)


def test_a_feed_is_late_once_its_grace_is_over_though_the_clocks_jump_meanwhile() -> None:
    feeds = client_data()["feeds"]
    feeds["eligibility"] |= {"due": "01:45", "grace_minutes": 30}
    client = make_client(feeds=feeds)
    assert due_at(client, "eligibility", date(2026, 3, 7)) == utc("2026-03-08 06:45")
    assert late_at(client, "eligibility", date(2026, 3, 7)) == utc("2026-03-08 07:15")
    assert late_at(client, "pharmacy_claim", date(2026, 3, 10)) == utc("2026-03-11 06:30")
