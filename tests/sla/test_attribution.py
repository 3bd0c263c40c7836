"""Whose minutes a late release took: the parts add up, and who had time left pays nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from acme_assets.sla.attainment import percentile, report
from acme_assets.sla.attribution import Attribution, attribute, overruns
from acme_assets.sla.timeline import CandidateTimeline, FeedTimeline, NightTimeline
from client_partitions.calendar import deadline_at, due_at
from tests.world import client_data, make_client

DAY = date(2026, 3, 10)
DUE = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


def at(clock: str) -> datetime:
    """A time of the morning."""
    hour, minute = clock.split(":")
    return datetime(2026, 3, 11, int(hour), int(minute), tzinfo=UTC)


def feed(name: Any, here: str | None, loaded: str | None = None, **more: Any) -> FeedTimeline:
    return FeedTimeline(name, DUE, here and at(here), loaded and at(loaded), **more)  # type: ignore[arg-type]


def night(*feeds: FeedTimeline, built: str | None = None, opened: str | None = None, released: str | None = None,
          **more: Any) -> NightTimeline:  # fmt: skip
    moments = {"built_at": built, "opened_at": opened, "released_at": released}
    times = {name: at(text) if text else None for name, text in moments.items()}
    return NightTimeline("tiny_health", DAY, DEADLINE, ("eligibility",), feeds=feeds, **times, **more)  # type: ignore[arg-type]


def shares(found: Attribution) -> dict[str, int]:
    assert sum(part.minutes for part in found.parts) == found.delay
    return {part.owner_group: part.minutes for part in found.parts}


def cause(found: Attribution) -> str | None:
    return found.largest.cause if found.largest else None


# Any night at all: times in no order, for clocks differ, with unfinished steps and earlier candidates.
moments = st.integers(-600_000_000, 1_800_000_000).map(lambda tick: DEADLINE + timedelta(milliseconds=tick / 50))
maybe = st.none() | moments
feeds = st.builds(
    FeedTimeline,
    st.sampled_from(["eligibility", "pharmacy_claim", "lab_result"]),
    moments,
    maybe,
    maybe,
    st.sampled_from(["none", "quarantined", "redelivered", "excused"]),
)
nights = st.builds(
    NightTimeline,
    st.just("tiny_health"),
    st.just(DAY),
    st.just(DEADLINE),
    st.just(("eligibility",)),
    maybe,
    st.lists(feeds, max_size=3).map(tuple),
    maybe,
    st.lists(st.builds(CandidateTimeline, moments, maybe), max_size=3).map(
        lambda found: tuple(sorted(found, key=lambda item: item.built_at))
    ),
    maybe,
    st.integers(0, 2),
)
portions = st.fractions(0, 1, max_denominator=20)


class TestAnyNight:
    @settings(max_examples=400, deadline=None)
    @given(nights, moments, portions)
    def test_the_overruns_add_up_to_the_delay_exactly(
        self, night: NightTimeline, as_of: datetime, share: Fraction
    ) -> None:
        over = overruns(night, as_of, engineering_share=share)
        assert sum(over.values(), timedelta(0)) == (night.released_at or as_of) - DEADLINE

    @settings(max_examples=400, deadline=None)
    @given(nights, moments, portions)
    @example(
        NightTimeline("tiny_health", DAY, DEADLINE, (), DEADLINE + timedelta(microseconds=1)), DEADLINE, Fraction(0)
    )
    def test_the_parts_are_whole_minutes_that_add_up(
        self, night: NightTimeline, as_of: datetime, share: Fraction
    ) -> None:
        found = attribute(night, as_of, engineering_share=share)
        past = (night.released_at or as_of) - DEADLINE
        assert found.delay - 1 < past / timedelta(minutes=1) <= found.delay or (
            found.delay == 0 and past <= timedelta(0)
        )
        assert sum(part.minutes for part in found.parts) == found.delay
        for part in found.parts:
            assert part.minutes >= 0
            assert part.overrun > timedelta(0) or part.minutes == 0
            assert (part.cause is not None) == (part.minutes > 0)

    @settings(max_examples=200, deadline=None)
    @given(nights, moments)
    def test_a_part_is_within_a_minute_of_its_proportion(self, night: NightTimeline, as_of: datetime) -> None:
        found = attribute(night, as_of)
        positive = sum((max(part.overrun, timedelta(0)) for part in found.parts), timedelta(0))
        for part in found.parts:
            exact = found.delay * (max(part.overrun, timedelta(0)) / positive)
            assert abs(part.minutes - exact) < 1 + 1e-6

    @settings(max_examples=200, deadline=None)
    @given(st.lists(nights, max_size=8), moments.filter(lambda moment: moment > DEADLINE))
    def test_the_report_adds_up(self, found: list[NightTimeline], as_of: datetime) -> None:
        done = report([attribute(item, as_of) for item in found], DAY, DAY, as_of)
        assert sum(row.minutes for row in done.by_owner_group) == done.total.minutes
        assert sum(row.minutes for row in done.by_cause) == done.total.minutes
        assert sum(row.minutes for row in done.by_client) == done.total.minutes
        assert sum(row.minutes for row in done.by_week) == done.total.minutes
        client = next(row for row in done.by_owner_group if row.name == "client")
        assert sum(row.missed + row.open for row in done.by_owner_group) == len(done.late)
        assert sum(row.minutes for row in done.by_feed) == sum(
            part.minutes for night in done.late if night.feed for part in night.parts if part.owner_group == "client"
        )
        assert client.minutes <= done.total.minutes
        for row in (done.total, *done.by_client, *done.by_feed, *done.by_owner_group, *done.by_cause, *done.by_week):
            assert row.due == row.met + row.missed + row.open
            assert row.met >= 0


class TestNamedNights:
    def test_a_release_in_time_has_no_parts(self) -> None:
        found = attribute(night(released="06:00"), MORNING)
        assert (found.state, found.delay, found.parts) == ("met", 0, ())

    def test_a_file_three_hours_late_and_a_slow_sign_off(self) -> None:
        late = night(feed("eligibility", "01:30", "01:40"), feed("pharmacy_claim", "05:00", "05:10"),
                     built="05:30", opened="09:30", released="09:30")  # fmt: skip
        found = attribute(late, MORNING)
        # Room 4 h, two each. Client 3 h over, QA 4 h - 2 h; engineering has 90 minutes left.
        assert found.delay == 210
        assert shares(found) == {"client": 126, "engineering": 0, "qa": 84}
        assert [part.overrun for part in found.parts] == [
            timedelta(hours=3), timedelta(minutes=-90), timedelta(hours=2)
        ]  # fmt: skip
        assert [part.cause for part in found.parts] == ["late delivery", None, "sign-off"]
        assert (found.feed, found.state) == ("pharmacy_claim", "missed")

    def test_files_in_time_are_never_the_clients(self) -> None:
        stuck = night(feed("eligibility", "02:00", "05:40"), built="06:10", opened="06:20", released="06:30")
        found = attribute(stuck, MORNING)
        assert shares(found) == {"client": 0, "engineering": 30, "qa": 0}
        assert cause(found) == "load"

    def test_an_odd_minute_is_ours(self) -> None:
        even = night(feed("eligibility", "03:00", "03:00"), built="06:00", opened="06:00", released="06:01")
        assert shares(attribute(replace(even, deadline=at("06:00")), MORNING)) == {
            "client": 0,
            "engineering": 1,
            "qa": 0,
        }

    def test_a_begun_minute_counts(self) -> None:
        late = replace(night(feed("eligibility", "02:00")), released_at=DEADLINE + timedelta(seconds=1))
        assert attribute(late, MORNING).delay == 1

    def test_nothing_released_runs_until_the_report_and_is_open(self) -> None:
        missing = night(feed("eligibility", "01:30", "01:40"), feed("lab_result", None))
        found = attribute(missing, at("08:30"))
        assert (found.state, found.delay, found.feed) == ("open", 150, "lab_result")
        assert shares(found) == {"client": 150, "engineering": 0, "qa": 0}
        assert cause(found) == "missing delivery"
        assert attribute(missing, at("09:30")).delay == 210

    def test_a_candidate_that_nobody_signs_is_qas(self) -> None:
        waiting = night(feed("eligibility", "01:30", "01:40"), built="02:30")
        assert shares(attribute(waiting, at("07:00"))) == {"client": 0, "engineering": 0, "qa": 60}
        failed = attribute(replace(waiting, failed_suites=2), at("07:00"))
        assert cause(failed) == "failed suite"

    def test_a_gate_that_is_open_and_no_release_is_engineerings(self) -> None:
        waiting = night(feed("eligibility", "01:30", "01:40"), built="02:30", opened="03:00")
        found = attribute(waiting, at("07:00"))
        assert shares(found) == {"client": 0, "engineering": 60, "qa": 0}
        assert cause(found) == "release"

    def test_a_redelivery_after_the_sign_off_is_the_clients(self) -> None:
        voided = night(
            feed("eligibility", "01:30", "01:40"), feed("pharmacy_claim", "06:30", "06:40", trouble="redelivered"),
            earlier=(CandidateTimeline(at("02:30")),), built="07:00", opened="07:30", released="07:30",
        )  # fmt: skip
        found = attribute(voided, MORNING)
        assert shares(found) == {"client": 90, "engineering": 0, "qa": 0}
        assert cause(found) == "redelivery"

    def test_a_broken_file_is_the_clients_until_it_comes_again(self) -> None:
        broken = night(feed("eligibility", None, trouble="quarantined"))
        found = attribute(broken, at("07:00"))
        assert (cause(found), found.delay) == ("quarantined delivery", 60)

    def test_a_candidate_that_was_turned_down_is_qas_until_then_and_engineerings_after(self) -> None:
        again = night(
            feed("eligibility", "02:00", "02:00"), earlier=(CandidateTimeline(at("02:30"), at("03:00")),),
            built="08:00", opened="08:10", released="08:10",
        )  # fmt: skip
        over = overruns(again, MORNING)
        assert over["engineering"] == timedelta(minutes=30 + 300 - 120)
        assert over["qa"] == timedelta(minutes=30 + 10 - 120)
        slow = replace(again, earlier=(CandidateTimeline(at("02:30"), at("07:30")),))
        found = attribute(slow, MORNING)
        assert shares(found) == {"client": 0, "engineering": 0, "qa": 130}
        assert cause(found) == "rejection"

    def test_a_due_time_past_the_deadline_leaves_no_room_and_charges_nobody_else(self) -> None:
        asked = FeedTimeline("eligibility", at("07:00"), at("07:00"), at("07:00"))
        found = attribute(night(asked, built="07:10", opened="07:20", released="07:20"), MORNING)
        assert shares(found) == {"client": 60, "engineering": 10, "qa": 10}


def on_the_clock(day: date) -> NightTimeline:
    """Due at 01:00 and 06:00 local, the file in time, the candidate six hours later."""
    feeds = {name: {**policy, "due": "01:00"} for name, policy in client_data()["feeds"].items()}
    client = make_client(feeds=feeds)
    due, deadline = due_at(client, "eligibility", day), deadline_at(client, day)
    built = due + timedelta(hours=6)
    here = FeedTimeline("eligibility", due, due, due)
    return NightTimeline("tiny_health", day, deadline, ("eligibility",), built, (here,), built, (), built)


class TestClocks:
    def test_the_spring_change_takes_an_hour_of_the_room(self) -> None:
        usual, spring = on_the_clock(date(2026, 3, 9)), on_the_clock(date(2026, 3, 7))
        assert overruns(usual, MORNING)["engineering"] == timedelta(hours=3.5)
        assert overruns(spring, MORNING)["engineering"] == timedelta(hours=4)
        assert shares(attribute(usual, MORNING))["engineering"] == 60
        assert shares(attribute(spring, MORNING))["engineering"] == 120

    def test_the_autumn_change_gives_one(self) -> None:
        autumn = on_the_clock(date(2026, 10, 31))
        assert overruns(autumn, MORNING)["engineering"] == timedelta(hours=3)
        assert attribute(autumn, MORNING).state == "met"

    def test_the_zone_of_the_clock_changes_nothing(self) -> None:
        tokyo = ZoneInfo("Asia/Tokyo")
        late = night(feed("eligibility", "05:00", "05:10"), built="05:30", opened="09:30", released="09:30")
        there = replace(late, released_at=late.released_at and late.released_at.astimezone(tokyo))
        assert attribute(there, MORNING).parts == attribute(late, MORNING).parts


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([], 90) is None
    assert percentile([7], 50) == 7
    assert percentile([10, 1, 5, 3], 50) == 3
    assert percentile(list(range(1, 11)), 90) == 9
