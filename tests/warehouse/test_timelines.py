"""What the ledger tells of late nights, and whose minutes they were: driven as people and sensors drive them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from acme_assets.sla.attribution import Attribution, attribute
from acme_assets.sla.timeline import NightTimeline
from acme_assets.warehouse.sla_tables import deadline_outcomes
from acme_assets.warehouse.timelines import read_timelines
from tests.warehouse.overriding import NO_PHARMACY, live
from tests.warehouse.waivers import THIRTY_PERCENT_BAD, agree, ask
from tests.world import DELE, ELIGIBILITY, INGRID, NIGHT, OTTO, PHARMACY, World, make_client

DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
"""06:00 in New York; the feeds are due at 06:00 UTC, so that engineering and QA have two hours each."""

NEW_PHARMACY = PHARMACY.replace("12.50", "13.00")


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 3, 11, int(hour), int(minute), tzinfo=UTC)


def land(world: World, feed: Any, text: str, clock: str) -> None:
    """A file that lands at a time, and is noticed and loaded at once."""
    world.now = at(clock)
    stamp = at(clock).timestamp()
    os.utime(world.put(feed, text), (stamp, stamp))
    world.notice()
    world.load(feed)


def build(world: World, clock: str) -> None:
    world.now = at(clock)
    world.build()


def sign(world: World, clock: str, by: str = INGRID) -> None:
    world.now = at(clock)
    world.approve(by)


def release(world: World, clock: str) -> str:
    world.now = at(clock)
    made = world.release().release_id
    assert made
    return made


def told(world: World, as_of: datetime | str = "16:00", days: int = 0) -> list[NightTimeline]:
    moment = at(as_of) if isinstance(as_of, str) else as_of
    with world.warehouse.begin() as connection:
        return read_timelines(
            connection, world.registry.clients, NIGHT, NIGHT + timedelta(days=days), world.roster, moment
        )


def shared(world: World, as_of: str = "16:00") -> Attribution:
    (night,) = told(world, as_of)
    found = attribute(night, at(as_of))
    assert sum(part.minutes for part in found.parts) == found.delay
    return found


def parts(found: Attribution) -> dict[str, tuple[int, str | None]]:
    return {part.owner_group: (part.minutes, part.cause) for part in found.parts if part.minutes}


@pytest.fixture
def fed(world: World) -> World:
    """Both files in time."""
    land(world, "eligibility", ELIGIBILITY, "05:30")
    land(world, "pharmacy_claim", PHARMACY, "05:45")
    return world


class TestReleased:
    def test_in_time_there_is_nothing_to_explain(self, fed: World) -> None:
        build(fed, "06:30")
        sign(fed, "07:00")
        release(fed, "09:59")
        found = shared(fed)
        assert (found.state, found.delay, found.parts) == ("met", 0, ())
        assert found.needed == ("eligibility", "pharmacy_claim")

    def test_a_late_file_and_a_slow_sign_off(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        land(world, "pharmacy_claim", PHARMACY, "09:00")
        build(world, "09:30")
        sign(world, "13:30")
        release(world, "13:30")
        found = shared(world)
        assert (found.feed, found.delay) == ("pharmacy_claim", 211)
        assert found.parts[0].overrun == timedelta(hours=3)
        assert parts(found) == {"client": (127, "late delivery"), "qa": (84, "sign-off")}

    def test_a_redelivery_that_voids_the_sign_off_is_the_clients(self, fed: World) -> None:
        build(fed, "06:30")
        sign(fed, "07:00")
        land(fed, "pharmacy_claim", NEW_PHARMACY, "09:50")
        fed.paid = "13.0000"
        build(fed, "10:20")
        sign(fed, "10:30")
        release(fed, "10:30")
        found = shared(fed)
        assert parts(found) == {"client": (31, "redelivery")}
        assert found.feed == "pharmacy_claim"

    def test_content_that_is_sent_again_landed_when_it_was_sent_again(self, fed: World) -> None:
        land(fed, "pharmacy_claim", NEW_PHARMACY, "06:30")
        land(fed, "pharmacy_claim", PHARMACY, "09:40")
        build(fed, "10:20")
        sign(fed, "10:30")
        release(fed, "10:30")
        assert parts(shared(fed)) == {"client": (31, "redelivery")}

    def test_a_redelivery_after_the_release_changes_nothing(self, fed: World) -> None:
        build(fed, "06:30")
        sign(fed, "10:29")
        release(fed, "10:30")
        before = shared(fed)
        land(fed, "pharmacy_claim", NEW_PHARMACY, "11:00")
        fed.paid = "13.0000"
        build(fed, "11:20")
        sign(fed, "11:30")
        release(fed, "11:30")
        assert shared(fed) == before
        assert parts(before) == {"qa": (31, "sign-off")}

    def test_a_broken_file_is_the_clients_until_it_comes_again(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        land(world, "pharmacy_claim", THIRTY_PERCENT_BAD, "05:40")
        land(world, "pharmacy_claim", PHARMACY, "09:45")
        build(world, "10:10")
        sign(world, "10:20")
        release(world, "10:20")
        assert parts(shared(world)) == {"client": (21, "quarantined delivery")}

    def test_a_rejected_candidate_is_qas_until_then_and_engineerings_after(self, fed: World) -> None:
        build(fed, "06:00")
        fed.now = at("06:30")
        fed.reject()
        fed.paid = "13.0000"
        build(fed, "10:20")
        sign(fed, "10:30")
        release(fed, "10:30")
        found = shared(fed)
        assert parts(found) == {"engineering": (31, "build")}
        assert round(found.parts[2].overrun / timedelta(minutes=1)) == 30 + 10 - 120

    def test_a_withdrawn_release_does_not_count(self, fed: World) -> None:
        build(fed, "06:30")
        sign(fed, "07:00")
        first = release(fed, "07:00")
        digest = fed.facts().candidate.evidence_digest
        fed.now = at("09:30")
        fed.say("withdrawal", OTTO, {"release_id": first, "evidence_digest": digest})
        assert fed.release().withdrawn == first
        # QA signed what had to be taken back 180 minutes after it was built; since then it is engineering's.
        assert parts(shared(fed, "10:30")) == {"qa": (30, "rejection")}
        fed.paid = "13.0000"
        build(fed, "11:00")
        sign(fed, "11:05", DELE)
        release(fed, "11:05")
        found = shared(fed)
        assert (found.state, found.delay) == ("missed", 66)
        assert parts(found) == {"engineering": (12, "build"), "qa": (54, "rejection")}


class TestOpen:
    def test_a_missing_file_is_the_clients_until_now(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        found = shared(world, "12:00")
        assert (found.state, found.delay, found.feed) == ("open", 120, "pharmacy_claim")
        assert parts(found) == {"client": (120, "missing delivery")}

    def test_a_broken_file_too(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        land(world, "pharmacy_claim", THIRTY_PERCENT_BAD, "05:40")
        assert parts(shared(world, "12:00")) == {"client": (120, "quarantined delivery")}

    def test_files_that_nobody_builds_are_engineerings(self, fed: World) -> None:
        assert parts(shared(fed, "12:00")) == {"engineering": (120, "build")}

    def test_a_candidate_that_nobody_signs_is_qas(self, fed: World) -> None:
        build(fed, "06:30")
        assert parts(shared(fed, "12:00")) == {"qa": (120, "sign-off")}

    def test_one_that_was_rejected_waits_for_engineering(self, fed: World) -> None:
        build(fed, "06:30")
        fed.now = at("07:00")
        fed.reject()
        assert parts(shared(fed, "12:00")) == {"engineering": (120, "build")}

    def test_an_open_gate_waits_for_engineering(self, fed: World) -> None:
        build(fed, "06:30")
        sign(fed, "07:00")
        assert parts(shared(fed, "12:00")) == {"engineering": (120, "release")}

    def test_a_night_that_is_not_due_yet_is_left_out(self, fed: World) -> None:
        assert told(fed, "10:00") == []
        assert len(told(fed, "10:01")) == 1

    def test_nights_begin_with_the_first_that_the_ledger_knows(self, world: World) -> None:
        assert told(world, datetime(2026, 4, 1, tzinfo=UTC), days=3) == []
        land(world, "eligibility", ELIGIBILITY, "05:30")
        found = told(world, datetime(2026, 4, 1, tzinfo=UTC), days=3)
        assert [night.business_date.day for night in found] == [10, 11, 12, 13]
        assert found[3].feeds[0].here_at is None


class TestTerms:
    def test_a_moved_deadline_is_the_deadline(self, fed: World) -> None:
        fed.now = at("07:00")
        live(fed, {"change": "deadline", "time": "07:00"}, expires_at=at("15:00"))
        build(fed, "07:30")
        sign(fed, "08:00", DELE)
        release(fed, "10:30")
        assert shared(fed).state == "met"

    def test_a_deadline_as_it_was_recorded_outlives_the_override(self, fed: World) -> None:
        row = {"client_id": "tiny_health", "business_date": NIGHT, "deadline": at("11:00"), "met": False,
               "decided_at": at("11:00")}  # fmt: skip
        with fed.warehouse.begin() as connection:
            connection.execute(insert(deadline_outcomes).values(row))
        assert shared(fed, "12:00").delay == 60

    def test_a_file_that_may_be_late_is_due_when_the_waiver_says(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        agree(world, ask(world, "late_until", until="05:00"))
        land(world, "pharmacy_claim", PHARMACY, "09:00")
        build(world, "09:10")
        sign(world, "10:30", DELE)
        release(world, "10:30")
        found = shared(world)
        assert found.parts[0].overrun == timedelta(0)
        assert parts(found) == {"qa": (31, "sign-off")}

    def test_a_file_that_never_came_is_the_clients_until_it_was_excused(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        world.now = at("06:30")
        request = ask(world, "may_be_missing")
        world.now = at("09:30")
        agree(world, request)
        build(world, "09:50")
        sign(world, "10:20", DELE)
        release(world, "10:20")
        found = shared(world)
        assert found.feed == "pharmacy_claim"
        assert parts(found) == {"client": (21, "missing delivery")}

    def test_a_feed_that_was_excused_before_its_time_is_not_needed(self, world: World) -> None:
        world.now = at("03:00")
        live(world, NO_PHARMACY)
        land(world, "eligibility", ELIGIBILITY, "05:30")
        build(world, "05:50")
        sign(world, "10:20", DELE)
        release(world, "10:20")
        (night,) = told(world)
        assert [feed.feed for feed in night.feeds] == ["eligibility"]
        assert parts(shared(world)) == {"qa": (21, "sign-off")}

    def test_a_night_of_which_nothing_came_has_its_terms_too(self, world: World) -> None:
        land(world, "eligibility", ELIGIBILITY, "05:30")
        day = NIGHT + timedelta(days=1)
        world.now = at("07:00")
        live(world, {"change": "deadline", "time": "07:30"}, dates=(day, day))
        nothing = told(world, datetime(2026, 3, 12, 12, 0, tzinfo=UTC), days=1)[1]
        assert nothing.deadline == datetime(2026, 3, 12, 11, 30, tzinfo=UTC)


class TestManyNights:
    def test_more_nights_take_no_more_queries(self, fed: World) -> None:
        with counted(fed) as one:
            told(fed, "12:00")
        other = World(fed.warehouse, fed.landing, make_client(client_id="other_health", landing="other"))
        land(other, "eligibility", ELIGIBILITY, "05:30")
        clients = {client.client_id: client for client in (fed.client, other.client)}
        late = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
        with counted(fed) as many, fed.warehouse.begin() as connection:
            found = read_timelines(connection, clients, NIGHT, NIGHT + timedelta(days=14), fed.roster, late)
        assert len(found) == 30
        assert len(many) == len(one)


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = world.warehouse._engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
