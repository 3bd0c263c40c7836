"""Backfills and the sensors: which nights are read, in which turn work is asked for, and when a backfill ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunRequest, SensorResult, SkipReason, build_sensor_context
from sqlalchemy import event

from acme_assets.defs.jobs import PAST_TAG, orders_of
from acme_assets.defs.sensors.work import read_due, runs_of, work_sensor
from acme_assets.defs.stages import stage_jobs
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.nights.dispatch import PRIORITY_AT_DEADLINE
from acme_assets.nights.sharing import REST
from acme_assets.warehouse.backfills import SEEN_AFTER, Scope, make_plan, open_backfill, read_backfills
from tests.several_nights import Several
from tests.world import ENZO, NIGHT, World

JOBS = stage_jobs({"nodes": {}})
YESTERDAY = NIGHT - timedelta(days=1)
LONG_AGO = NIGHT - LOOKBACK - timedelta(days=5)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def several(world: World) -> Several:
    return Several(world)


def start(several: Several, scope: Scope) -> str:
    platform, now = several.platform(), several.home.clock()
    with platform.warehouse.begin() as connection:
        made = make_plan(connection, several.clients, platform.roster(), now, scope, LOOKBACK)
    return open_backfill(platform.warehouse, made, "INC-1", ENZO, now)[0]


def requests(several: Several, instance: DagsterInstance) -> list[RunRequest]:
    context = build_sensor_context(instance=instance, resources={"platform": several.platform()})
    result = work_sensor(JOBS, 30)(context)
    assert isinstance(result, SensorResult | SkipReason)
    return list(result.run_requests or []) if isinstance(result, SensorResult) else []


def clients(request: RunRequest) -> list[tuple[str, str]]:
    return [(order["client_id"], order["business_date"]) for order in orders_of(request.run_config)]


def test_a_night_older_than_what_is_read_is_worked_on_while_its_backfill_is_open(
    several: Several, instance: DagsterInstance
) -> None:
    several.put_all("one", LONG_AGO)
    several.notice()
    assert requests(several, instance) == []
    start(several, Scope("one", first=LONG_AGO))
    several.notice()
    (load,) = requests(several, instance)
    assert (load.job_name, clients(load)) == ("load", [("one", LONG_AGO.isoformat())])


def test_past_nights_work_is_asked_for_in_a_turn_of_its_own_beside_tonights(
    several: Several, instance: DagsterInstance
) -> None:
    for client_id, night in (("one", YESTERDAY), ("two", YESTERDAY), ("one", NIGHT), ("two", NIGHT)):
        several.put_all(client_id, night)
    several.notice()
    turn, tonight = requests(several, instance)
    assert clients(turn) == [("one", YESTERDAY.isoformat())]
    assert clients(tonight) == [("one", NIGHT.isoformat()), ("two", NIGHT.isoformat())]
    assert (PAST_TAG in turn.tags, PAST_TAG in tonight.tags) == (True, False)
    assert int(turn.tags["dagster/priority"]) > PRIORITY_AT_DEADLINE > int(tonight.tags["dagster/priority"])


def test_a_turn_that_is_over_is_told_from_its_run(several: Several, instance: DagsterInstance) -> None:
    several.put_all("one", YESTERDAY)
    several.put_all("two", NIGHT)
    several.notice()
    turn = next(request for request in requests(several, instance) if PAST_TAG in request.tags)
    job = next(job for job in JOBS if job.name == turn.job_name)
    config, tags = turn.run_config, dict(turn.tags)
    run = instance.create_run_for_job(job, run_config=config, tags=tags, status=DagsterRunStatus.STARTED)
    assert runs_of(instance, datetime.now(UTC)).past.in_flight == 1
    assert all(PAST_TAG not in request.tags for request in requests(several, instance))
    instance.report_run_failed(run)
    resources = {"platform": several.platform()}
    assert job.execute_in_process(run_config=config, tags=tags, instance=instance, resources=resources).success
    past = runs_of(instance, datetime.now(UTC)).past
    assert past.in_flight == 0
    assert past.began_at is not None
    assert past.ended_at is not None
    assert past.rested_at == past.ended_at + REST * (past.ended_at - past.began_at) > past.ended_at


def test_a_backfill_whose_nights_are_built_is_ended_by_the_sensor(several: Several, instance: DagsterInstance) -> None:
    several.put_all("one", YESTERDAY)
    several.notice()
    start(several, Scope("one", first=YESTERDAY))
    several.build("one", YESTERDAY)
    several.home.now += SEEN_AFTER
    requests(several, instance)
    with several.home.warehouse.begin() as connection:
        (found,) = read_backfills(connection)
    assert (found.state, found.ended_by) == ("done", "acme")


def queries(several: Several) -> int:
    count = 0

    def one(*_: object) -> None:
        nonlocal count
        count += 1

    engine = several.home.warehouse._engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", one)
    try:
        read_due(several.platform(), several.now)
    finally:
        event.remove(engine, "before_cursor_execute", one)
    return count


def test_as_many_queries_read_what_is_due_however_many_nights_a_backfill_has(several: Several) -> None:
    start(several, Scope("one", first=LONG_AGO))
    several.put_all("one", LONG_AGO)
    several.notice()
    before = queries(several)
    start(several, Scope(first=LONG_AGO - timedelta(days=9), last=LONG_AGO))
    for days in range(5):
        several.put_all("two", LONG_AGO - timedelta(days=days))
    several.notice()
    assert len(read_due(several.platform(), several.now).orders) == 6
    assert queries(several) == before
