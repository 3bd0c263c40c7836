"""What the ledger makes of nights that are over, on a real database."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from acme_assets.sla.night import Desk, Shift
from acme_assets.sla.summary import FeedSummary, NightSummary
from acme_assets.warehouse.ledger import candidates, loads, model_builds
from acme_assets.warehouse.sla_tables import night_summaries
from acme_assets.warehouse.summaries import (
    dates_to_summarise,
    history_version,
    read_history,
    store_summaries,
    summarise,
)
from client_partitions.feeds import Feed
from tests.warehouse import waivers
from tests.world import DELE, ELIGIBILITY, INGRID, MORNING, NIGHT, OTTO, PHARMACY, World, make_client

DUE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
SECOND = 1 / 60


def deliver(world: World, feed: Feed, text: str, landed: float) -> None:
    """A file that landed so many minutes after its due time, noticed when it is three hours old or now."""
    path = world.put(feed, text)
    moment = (DUE + timedelta(minutes=landed)).timestamp()
    os.utime(path, (moment, moment))
    world.notice()
    world.load(feed)


def summaries(world: World, desk: Desk | None = None, now: datetime | None = None) -> list[NightSummary]:
    with world.warehouse.begin() as connection:
        return summarise(connection, world.registry.clients, NIGHT, world.roster, now or world.now, desk or {})


def night(world: World, desk: Desk | None = None) -> NightSummary:
    (found,) = summaries(world, desk)
    return found


def feed(found: NightSummary, name: str) -> FeedSummary:
    return next(item for item in found.feeds if item.feed == name)


def test_the_stages_of_a_night_that_went_well(world: World) -> None:
    world.now = DUE
    deliver(world, "eligibility", ELIGIBILITY, -30)
    deliver(world, "pharmacy_claim", PHARMACY, -2)
    world.now += timedelta(minutes=3)
    world.build()
    world.now += timedelta(minutes=40)
    world.approve()
    world.now += timedelta(minutes=1)
    world.release()
    found = night(world)
    assert (found.client_id, found.business_date) == ("tiny_health", NIGHT)
    assert (feed(found, "eligibility").offset, feed(found, "pharmacy_claim").offset) == (-30, -2)
    for item in found.feeds:
        assert (item.versions, item.quarantined, item.again) == (1, False, None)
        assert item.load_wait is not None
        assert 0 < item.load_wait < 1
        assert item.load_work == pytest.approx(2 * SECOND)  # its clock is asked once between start and end
        assert item.notice is not None
    assert feed(found, "eligibility").notice == pytest.approx(30, abs=0.2)
    assert found.build_wait == pytest.approx(3, abs=0.2)
    assert found.build_work is not None
    assert found.build_work > 0
    assert found.sign_off == found.handling == pytest.approx(40, abs=0.2)
    assert found.release == pytest.approx(1, abs=0.2)
    assert (found.rejected, found.repair, found.is_automatic, found.failed_suites) == (False, None, False, 0)
    assert found.bytes == sum(item.bytes for item in found.feeds) > 0
    release = world.facts().live_release
    assert release is not None
    assert found.past_deadline == (release.released_at - DEADLINE).total_seconds() / 60 < 0


def test_when_work_began_is_on_record(world: World) -> None:
    world.deliver_all()
    world.build()
    with world.warehouse.begin() as connection:
        spans = [
            *connection.execute(select(loads.c.started_at, loads.c.loaded_at)),
            *connection.execute(select(model_builds.c.started_at, model_builds.c.state_at)),
            *connection.execute(select(candidates.c.started_at, candidates.c.built_at)),
        ]
    assert len(spans) > 5
    assert all(begun < done for begun, done in spans)


def test_a_delivery_that_came_again_counts_from_its_first_version(world: World) -> None:
    world.now = DUE
    deliver(world, "eligibility", "wrong,header\n1,2\n", -30)
    world.now += timedelta(minutes=50)
    deliver(world, "eligibility", ELIGIBILITY, 45)
    item = feed(night(world), "eligibility")
    assert (item.offset, item.versions, item.quarantined) == (-30, 2, True)
    assert item.again == pytest.approx(45, abs=0.2)
    assert item.bytes == len(ELIGIBILITY)


def test_a_feed_that_never_came_and_a_night_that_was_never_released(world: World) -> None:
    world.now = DUE
    deliver(world, "eligibility", ELIGIBILITY, -30)
    found = night(world)
    assert feed(found, "pharmacy_claim") == FeedSummary("pharmacy_claim", None, versions=0)
    assert (found.past_deadline, found.sign_off, found.build_work) == (None, None, None)


def test_a_client_that_sent_nothing_is_among_them_from_its_first_night_on(world: World) -> None:
    world.deliver_all()
    tomorrow, yesterday = NIGHT + timedelta(days=1), NIGHT - timedelta(days=1)
    with world.warehouse.begin() as connection:
        terms: Any = (world.roster, world.now, {})
        (found,) = summarise(connection, world.registry.clients, tomorrow, *terms)
        assert [item.versions for item in found.feeds] == [0, 0]
        assert summarise(connection, world.registry.clients, yesterday, *terms) == []


def test_a_rejection_and_its_repair(world: World) -> None:
    world.deliver_all()
    world.build()
    world.reject()
    world.now += timedelta(minutes=25)
    world.paid = "13.0000"
    world.build()
    world.approve()
    world.release()
    found = night(world)
    assert found.rejected
    assert found.repair == pytest.approx(25, abs=0.2)
    assert found.sign_off == pytest.approx(0, abs=0.2)


def test_a_release_that_was_withdrawn_does_not_count(world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    first = world.release()
    candidate = world.present()
    world.say("withdrawal", OTTO, {"release_id": first.release_id, "evidence_digest": candidate})
    world.release()
    assert night(world).past_deadline is None


def test_an_analyst_works_on_one_candidate_after_the_other_and_in_working_hours(world: World) -> None:
    world.deliver_all()
    world.build()
    built = world.now
    world.now += timedelta(minutes=10)
    earlier = world.present()
    world.say("sign_off", INGRID, sign_off_of("another" * 8), dates=(NIGHT - timedelta(days=1),) * 2)
    world.now += timedelta(minutes=20)
    assert earlier == world.present()
    world.approve()
    world.release()
    assert night(world).handling == pytest.approx(20, abs=0.2)
    began_late = {INGRID: (Shift(built + timedelta(minutes=25), built + timedelta(hours=8)),)}
    assert night(world, began_late).handling == pytest.approx(5, abs=0.3)
    assert night(world, {INGRID: ()}).handling is None
    assert night(world, {DELE: ()}).handling == pytest.approx(20, abs=0.2)
    assert night(world).sign_off == pytest.approx(30, abs=0.2)


def sign_off_of(digest: str) -> dict[str, Any]:
    return {"evidence_digest": digest, "decision": "approved", "marts": [], "acknowledged_failures": [], "answers": []}


def test_an_exception_that_the_client_acknowledged(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = waivers.ask(world, "may_be_missing")
    world.now += timedelta(minutes=15)
    waivers.agree(world, request_id)
    assert night(world).acknowledgements == (pytest.approx(15, abs=0.2),)


def test_many_nights_take_no_more_queries_than_one(world: World) -> None:
    def queries() -> int:
        found: list[str] = []

        def note(*said: Any) -> None:
            found.append(said[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            summaries(world)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(found)

    world.deliver_all()
    of_one = queries()
    first, world.client = world.client, make_client(client_id="other_health", landing="other")
    world.deliver_all()
    both = type(world.registry)({"tiny_health": first, "other_health": world.client}, {})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(world), "registry", both)
        assert len(summaries(world)) == 2
        assert queries() == of_one


def test_storing_again_replaces_and_reading_gives_what_was_stored(world: World) -> None:
    world.deliver_all()
    found = summaries(world)
    changed = [replace(item, sign_off=7.5) for item in found]
    for number, stored in enumerate((found, changed)):
        with world.warehouse.begin() as connection:
            store_summaries(world.warehouse, connection, NIGHT, stored, MORNING + timedelta(days=number))
    with world.warehouse.begin() as connection:
        assert [item.sign_off for item in read_history(connection, NIGHT).summaries()] == [7.5]
        assert len(read_history(connection, NIGHT + timedelta(days=1))) == 0
        assert history_version(connection, NIGHT) == (1, MORNING + timedelta(days=1))
        assert connection.execute(select(night_summaries.c.clients)).scalars().all() == [1]


def test_a_date_is_to_be_summarised_until_it_is(world: World) -> None:
    world.deliver_all()
    with world.warehouse.begin() as connection:
        assert dates_to_summarise(connection, NIGHT) == {NIGHT: (1, 0)}
    world.build()
    world.approve()
    world.release()
    with world.warehouse.begin() as connection:
        assert dates_to_summarise(connection, NIGHT) == {NIGHT: (1, 1)}
        store_summaries(world.warehouse, connection, NIGHT, [], MORNING)
        assert dates_to_summarise(connection, NIGHT) == {}
