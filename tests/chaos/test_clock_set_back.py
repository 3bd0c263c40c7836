"""The clock is set back by hours: nothing waits until it has caught up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetKey, DagsterInstance, SensorResult, SkipReason, build_sensor_context

from acme_assets.alerts.services import ALERTER, ALERTS, DEADLINES, GATEKEEPER, LANDING_ZONE
from acme_assets.defs.sensors import deadlines
from acme_assets.defs.sensors.ledger_events import Cursor, project
from acme_assets.defs.sensors.work import ago, work_sensor
from acme_assets.defs.stages import stage_jobs
from acme_assets.nights.dispatch import PAUSES
from acme_assets.warehouse.learned import Learned
from acme_assets.watcher.judging import silences
from tests.world import ELIGIBILITY, MORNING, PHARMACY, World

BACK = timedelta(hours=3)
JOBS = stage_jobs({"nodes": {}})


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def tick(world: World, instance: DagsterInstance, cursor: str | None) -> tuple[str, str | None]:
    context = build_sensor_context(instance=instance, cursor=cursor, resources={"platform": world.platform()})
    result = work_sensor(JOBS, 30)(context)
    if isinstance(result, SkipReason):
        return result.skip_message or "", context.cursor
    assert isinstance(result, SensorResult)
    return ", ".join(request.job_name or "" for request in result.run_requests or []), result.cursor


def test_work_is_asked_for(world: World, instance: DagsterInstance) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    _, cursor = tick(world, instance, None)
    world.now -= BACK
    world.deliver("pharmacy_claim", PHARMACY)
    assert tick(world, instance, cursor)[0] == "build"


def test_a_run_that_ended_later_than_now_holds_nothing_up() -> None:
    assert ago(datetime.now(UTC) + BACK) == max(PAUSES)
    assert ago(datetime.now(UTC) - timedelta(hours=1)) >= timedelta(hours=1)
    assert ago(datetime.now(UTC) + timedelta(seconds=2)) < timedelta(0), "clocks differ: it has only just ended"


def test_what_happens_is_shown_once(world: World, instance: DagsterInstance) -> None:
    def show() -> None:
        nonlocal cursor
        cursor = Cursor.read(cursor.write())
        project(world.platform(), instance, cursor)

    def shown(feed: str) -> int:
        return len(instance.fetch_materializations(AssetKey(["feeds", feed]), limit=9).records)

    cursor = Cursor.read(None)
    world.deliver("eligibility", ELIGIBILITY)
    show()
    world.now -= BACK
    world.deliver("pharmacy_claim", PHARMACY)
    for _ in range(3):
        show()
        world.now += timedelta(minutes=1)
    assert (shown("eligibility"), shown("pharmacy_claim")) == (1, 1)


def test_deadlines_are_judged(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    learned = Learned()
    world.now = MORNING + timedelta(hours=4)  # past the deadline
    _, cursor = deadlines.watch(world.platform(), None, learned)
    world.now -= BACK
    said, after = deadlines.watch(world.platform(), cursor, learned)
    assert said != "nothing happened"
    assert after is not None
    assert after.read_at <= world.now


def test_signs_of_life_from_the_future_are_none() -> None:
    now = MORNING
    beats = dict.fromkeys((ALERTER, ALERTS, DEADLINES, GATEKEEPER, LANDING_ZONE), now + BACK)
    awake = now - timedelta(minutes=30)
    assert {item.service for item in silences(beats, now, awake, now)} == {"daemon", ALERTER, GATEKEEPER}
    fresh = dict.fromkeys(beats, now + timedelta(seconds=5))
    assert silences(fresh, now, awake, now) == []
