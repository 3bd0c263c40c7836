"""The sensors tick by tick, on an ephemeral instance and a real database."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dagster import (
    AssetCheckKey,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    RunRequest,
    SensorResult,
    SkipReason,
    build_sensor_context,
)

from acme_assets.defs.gates import EXCEPTIONS_CHECK, SIGNED_OFF_CHECK
from acme_assets.defs.jobs import orders_of
from acme_assets.defs.marts import CANDIDATE
from acme_assets.defs.names import mart_key
from acme_assets.defs.projection import nights_of
from acme_assets.defs.sensors.arrivals import arrivals_sensor, read_cursor
from acme_assets.defs.sensors.ledger_events import Cursor, project
from acme_assets.defs.sensors.work import LEFT_TO_THE_GATEKEEPER, UNASKED, read_due, runs_of, work_sensor
from acme_assets.defs.stages import stage_jobs
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.feeds.zones import ZoneUnavailable
from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.nights.marts import marts_of
from acme_assets.warehouse.building import ModelResult
from acme_assets.warehouse.entries import entries_since
from acme_assets.warehouse.tonight import read_strays
from client_partitions.partitions import partition_key
from tests.world import ELIGIBILITY, MORNING, NIGHT, NOOR, OTTO, PHARMACY, World

JOBS = stage_jobs({"nodes": {}})
KEY = partition_key("tiny_health", NIGHT)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


# --- arrivals


def look(world: World, instance: DagsterInstance, cursor: str | None) -> tuple[str, str]:
    context = build_sensor_context(instance=instance, cursor=cursor, resources={"platform": world.platform()})
    result = arrivals_sensor(30)(context)
    assert isinstance(result, SkipReason)
    assert context.cursor is not None
    return result.skip_message or "", context.cursor


def test_a_file_is_recorded_once_at_the_second_look(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    said, cursor = look(world, instance, None)
    assert said == "nothing new"
    assert world.facts().deliveries == {}
    said, cursor = look(world, instance, cursor)
    assert said == "1 new deliveries"
    assert world.facts().deliveries["eligibility"].state == "arrived"
    said, _ = look(world, instance, cursor)
    assert said == "nothing new"
    assert world.actions() == ["delivery_arrived"]


def test_a_lost_cursor_costs_a_look_and_nothing_else(world: World, instance: DagsterInstance) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    actions = world.actions()
    _, cursor = look(world, instance, None)
    said, _ = look(world, instance, cursor)
    assert said == "nothing new"
    assert world.actions() == actions


def test_a_stray_file_is_said_once(world: World, instance: DagsterInstance) -> None:
    from sqlalchemy import select

    from acme_assets.warehouse.ledger import stray_files

    (world.landing / "nobody").mkdir()
    (world.landing / "nobody" / "x.csv").write_text("x")
    (world.landing / "tiny").mkdir()
    (world.landing / "tiny" / "notes.txt").write_text("x")
    _, cursor = look(world, instance, None)
    look(world, instance, cursor)
    with world.warehouse.begin() as connection:
        found = {row["path"]: row for row in connection.execute(select(stray_files)).mappings()}
    assert found["nobody/x.csv"]["owner_group"] == "engineering"
    assert "no client has the landing folder 'nobody'" in found["nobody/x.csv"]["reason"]
    assert found["tiny/notes.txt"]["client_id"] == "tiny_health"
    assert (read_cursor(cursor)[1] or {}).keys() == {"nobody/x.csv", "tiny/notes.txt"}


def test_a_stray_that_is_mended_is_shown_no_more_also_where_the_cursor_was_lost(
    world: World, instance: DagsterInstance
) -> None:
    world.put("eligibility", ELIGIBILITY)
    path = world.landing / "tiny" / "notes.txt"
    path.write_text("x")
    _, cursor = look(world, instance, None)
    assert shown_strays(world) == ["tiny/notes.txt"]
    path.unlink()
    for lost in (None, '{"seen": {}, "recorded": {}, "strays": ["tiny/notes.txt"]}'):
        look(world, instance, lost)
        assert shown_strays(world) == []
    look(world, instance, cursor)
    assert shown_strays(world) == []


def shown_strays(world: World) -> list[str]:
    with world.warehouse.begin() as connection:
        return [stray.path for stray in read_strays(connection)]


def test_a_landing_zone_that_is_gone_is_no_empty_listing(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    _, cursor = look(world, instance, None)
    world.landing.rename(world.landing.with_name("away"))
    with pytest.raises(ZoneUnavailable, match="is no folder"):
        look(world, instance, cursor)
    world.landing.with_name("away").rename(world.landing)
    said, _ = look(world, instance, cursor)
    assert said == "1 new deliveries"


# --- work


def requests(world: World, instance: DagsterInstance, cursor: str | None = None) -> list[RunRequest]:
    context = build_sensor_context(instance=instance, cursor=cursor, resources={"platform": world.platform()})
    result = work_sensor(JOBS, 30)(context)
    return list(result.run_requests or []) if isinstance(result, SensorResult) else []


def nights_in(request: RunRequest) -> list[tuple[str, str, list[str]]]:
    return [(item["client_id"], item["business_date"], item["feeds"]) for item in orders_of(request.run_config)]


def test_what_arrived_is_asked_to_be_loaded_in_one_run(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.put("pharmacy_claim", PHARMACY)
    world.notice()
    (request,) = requests(world, instance)
    assert request.job_name == "load"
    assert nights_in(request) == [("tiny_health", NIGHT.isoformat(), ["eligibility", "pharmacy_claim"])]


def test_each_stage_is_asked_for_in_its_turn(world: World, instance: DagsterInstance) -> None:
    assert requests(world, instance) == []
    world.deliver_all()
    (build,) = requests(world, instance)
    assert build.job_name == "build"
    assert nights_in(build) == [("tiny_health", NIGHT.isoformat(), [])]
    world.build()
    assert requests(world, instance) == []
    world.approve()
    assert requests(world, instance) == []
    world.now += LEFT_TO_THE_GATEKEEPER
    (release,) = requests(world, instance)
    assert release.job_name == "release"
    world.release()
    assert requests(world, instance) == []


def test_a_night_that_is_settled_is_not_read_again(world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    world.release()
    assert read_due(world.platform(), world.now).orders == []
    world.deliver("pharmacy_claim", PHARMACY + "c3,p1,2026-03-03,1\n")
    assert [order.stage for order in read_due(world.platform(), world.now).orders] == ["build"]


def tick(world: World, instance: DagsterInstance, cursor: str | None) -> tuple[str, str | None]:
    """What the sensor said or asked for, and its next cursor."""
    context = build_sensor_context(instance=instance, cursor=cursor, resources={"platform": world.platform()})
    result = work_sensor(JOBS, 30)(context)
    if isinstance(result, SkipReason):
        return result.skip_message or "", context.cursor
    return ", ".join(request.job_name or "" for request in result.run_requests or []), result.cursor


def test_nights_are_read_again_only_where_something_happened_or_time_went_by(
    world: World, instance: DagsterInstance
) -> None:
    said, cursor = tick(world, instance, None)
    assert said == "no work is due"
    assert tick(world, instance, cursor) == ("nothing happened", cursor)
    world.deliver_all()
    said, cursor = tick(world, instance, cursor)
    assert said == "build"
    world.build()
    said, cursor = tick(world, instance, cursor)
    assert said == "no work is due"
    assert tick(world, instance, cursor)[0] == "nothing happened"
    world.approve()
    world.now += LEFT_TO_THE_GATEKEEPER
    assert tick(world, instance, cursor)[0] == "release"
    world.release()
    said, cursor = tick(world, instance, cursor)
    assert tick(world, instance, cursor)[0] == "nothing happened"
    world.now += UNASKED
    assert tick(world, instance, cursor)[0] == "no work is due"


def run_of(instance: DagsterInstance, request: RunRequest, status: str) -> None:
    from dagster import DagsterRunStatus

    job = next(job for job in JOBS if job.name == request.job_name)
    instance.create_run_for_job(
        job, run_config=request.run_config, tags=dict(request.tags), status=DagsterRunStatus(status)
    )


def test_a_run_in_flight_is_not_asked_for_again(world: World, instance: DagsterInstance) -> None:
    world.deliver_all()
    (request,) = requests(world, instance)
    run_of(instance, request, "STARTED")
    assert requests(world, instance) == []


def test_work_that_failed_just_now_waits_and_that_failed_three_times_is_a_persons(
    world: World, instance: DagsterInstance
) -> None:
    world.deliver_all()
    (request,) = requests(world, instance)
    for _ in range(3):
        assert world.status().blocked_by is not None
        run_of(instance, request, "FAILURE")
        assert requests(world, instance) == []
    step = world.status().blocked_by
    assert step is not None
    assert (step.name, step.state, step.owner_group) == ("marts", "held", "engineering")
    assert "failed 3 times" in step.reason


def test_attempts_are_read_by_lane_from_the_runs_themselves(world: World, instance: DagsterInstance) -> None:
    world.deliver_all()
    (request,) = requests(world, instance)
    run_of(instance, request, "FAILURE")
    run_of(instance, request, "STARTED")
    runs = runs_of(instance, datetime.now(UTC))
    found = runs.attempts
    (lane,) = found
    assert lane == f"build/tiny_health/{NIGHT}"
    (order,) = orders_of(request.run_config)
    assert [(attempt.key, attempt.ended_at is None) for attempt in found[lane]] in (
        [(order["key"], True), (order["key"], False)],
        [(order["key"], False), (order["key"], True)],
    )
    assert runs.in_flight == {"build": 1}


# --- ledger events


@dataclass
class Projection:
    """The ledger-events sensor, tick by tick, and what Dagster shows."""

    world: World
    instance: DagsterInstance
    cursor: Cursor = field(default_factory=lambda: Cursor.read(None))

    def tick(self) -> int:
        """One tick, with a cursor that went through its text."""
        self.cursor = Cursor.read(self.cursor.write())
        return project(self.world.platform(), self.instance, self.cursor)

    def materialized(self, asset: str) -> list[tuple[str | None, dict[str, Any]]]:
        """Partition and metadata of an asset's materialisations, oldest first."""
        found = self.instance.fetch_materializations(AssetKey(asset.split("/")), limit=100, ascending=True).records
        events = [record.asset_materialization for record in found]
        return [
            (event.partition, {name: item.value for name, item in event.metadata.items()}) for event in events if event
        ]

    def check(self, asset: str, name: str) -> list[tuple[bool, bool]]:
        """Of each result of a check: whether it passed, and whether it is bound to a materialisation."""
        key = AssetCheckKey(AssetKey(asset.split("/")), name)
        found = self.instance.event_log_storage.get_asset_check_execution_history(key, limit=100)
        evaluations = [item.event.dagster_event.event_specific_data for item in found if item.event]
        return [(item.passed, item.target_materialization_data is not None) for item in evaluations]


@pytest.fixture
def projection(world: World, instance: DagsterInstance) -> Projection:
    made = Projection(world, instance)
    made.tick()  # a sensor that has never run takes Dagster's own record for lost
    return made


def test_each_delivery_and_its_load_are_shown_once(projection: Projection, world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    assert projection.tick() == 4
    assert [partition for partition, _ in projection.materialized("feeds/eligibility")] == [KEY]
    ((partition, metadata),) = projection.materialized("raw/eligibility")
    assert (partition, metadata["rows_loaded"]) == (KEY, 2)
    assert projection.check("raw/eligibility", "contract") == [(True, True)]
    assert projection.materialized("deliveries/tiny_health") == []
    assert projection.tick() == 0
    world.deliver("pharmacy_claim", PHARMACY)
    projection.tick()
    assert len(projection.materialized("deliveries/tiny_health")) == 1


def test_a_quarantined_delivery_fails_its_contract_and_is_not_shown_as_loaded(
    projection: Projection, world: World
) -> None:
    world.deliver("eligibility", "wrong,header\n1,2\n")
    projection.tick()
    assert projection.materialized("raw/eligibility") == []
    assert projection.check("raw/eligibility", "contract") == [(False, False)]


def test_what_a_step_reports_itself_is_not_shown_again(projection: Projection, world: World) -> None:
    world.by = "run 1"
    world.deliver_all()
    world.build()
    projection.tick()
    assert len(projection.materialized("feeds/eligibility")) == 1
    assert projection.materialized("raw/eligibility") == []
    assert projection.materialized("marts/pmpm") == []


def test_what_a_run_of_the_work_sensor_did_is_shown_under_that_run(projection: Projection, world: World) -> None:
    world.by = "batch the-run"
    world.deliver("eligibility", ELIGIBILITY)
    projection.tick()
    (record,) = projection.instance.fetch_materializations(AssetKey(["raw", "eligibility"]), limit=9).records
    assert record.run_id == "the-run"


def test_an_entry_that_commits_late_is_still_shown(projection: Projection, world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    projection.tick()
    late, world.now = world.now, world.now - timedelta(minutes=5)
    world.deliver("pharmacy_claim", PHARMACY)
    world.now = late
    projection.tick()
    assert len(projection.materialized("feeds/pharmacy_claim")) == 1


def test_a_build_shows_its_models_tests_suites_and_gate(projection: Projection, world: World) -> None:
    world.deliver_all()
    world.build()
    projection.tick()
    candidate = world.present()
    for mart in marts_of(world.client.feeds):
        ((partition, metadata),) = projection.materialized(f"marts/{mart.name}")
        assert (partition, metadata[CANDIDATE]) == (KEY, candidate)
        assert projection.check(f"marts/{mart.name}", "dbt_tests") == [(True, True)]
        assert projection.check(f"marts/{mart.name}", "staging_suite") == [(True, True)]
        assert projection.check(f"marts/{mart.name}", SIGNED_OFF_CHECK) == [(False, True)]
        assert projection.check(f"marts/{mart.name}", EXCEPTIONS_CHECK) == [(True, True)]
    assert projection.tick() == 0


def test_a_build_that_failed_shows_what_failed(projection: Projection, world: World) -> None:
    world.deliver_all()
    results = {model: ModelResult(is_built=True, tests_passed=1) for model in world.models}
    results["pmpm"].failures.append("test pmpm_unique_grain fail, 2 rows")
    world.build(results)
    projection.tick()
    assert projection.check("marts/pmpm", "dbt_tests") == [(False, False)]
    assert projection.materialized("marts/pmpm") == []
    assert projection.check("marts/member_months", "dbt_tests") == [(True, True)]


def test_the_gate_follows_the_ledger_and_is_shown_again_only_where_it_says_something_else(
    projection: Projection, world: World
) -> None:
    marts = len(marts_of(world.client.feeds))
    world.deliver_all()
    world.build()
    projection.tick()
    world.approve()
    assert projection.tick() == 2 * marts
    assert projection.check("marts/pmpm", SIGNED_OFF_CHECK) == [(True, True)]
    world.release()
    assert projection.tick() == marts + 1
    assert len(projection.materialized("dashboards/tiny_health")) == 1


def test_a_release_that_the_gatekeeper_made_is_shown_as_materialisations(projection: Projection, world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    Gatekeeper(world.platform()).look()
    projection.tick()
    for mart in marts_of(world.client.feeds):
        assert [partition for partition, _ in projection.materialized(f"published/{mart.name}")] == [KEY]


def test_a_withdrawal_is_shown_on_the_dashboard(projection: Projection, world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    release = world.release().release_id
    world.say("withdrawal", OTTO, {"release_id": release, "evidence_digest": world.present()})
    world.release()
    projection.tick()
    records = projection.instance.fetch_observations(AssetKey(["dashboards", "tiny_health"]), limit=9).records
    (shown,) = [record.asset_observation for record in records]
    assert shown is not None
    assert shown.metadata["withdrawn"].value == release


def test_a_waiver_for_several_nights_is_about_each_of_them(world: World) -> None:
    subject = {"exception": "may_be_missing", "feed": "pharmacy_claim"}
    world.say("exception_request", NOOR, subject, dates=(NIGHT - timedelta(days=90), NIGHT + timedelta(days=1)))
    with world.warehouse.begin() as connection:
        (entry,) = entries_since(connection, MORNING - timedelta(days=1))
    nights = nights_of(entry, world.now.date())
    assert nights[-2:] == [("tiny_health", NIGHT), ("tiny_health", NIGHT + timedelta(days=1))]
    assert len(nights) == LOOKBACK.days + 1


def test_the_gate_waits_for_marts_that_a_step_is_about_to_report(projection: Projection, world: World) -> None:
    world.by = "run 1"
    world.deliver_all()
    world.build()
    projection.tick()
    assert projection.check("marts/pmpm", SIGNED_OFF_CHECK) == []
    for mart in marts_of(world.client.feeds):
        event = AssetMaterialization(mart_key(mart.name), partition=KEY, metadata={CANDIDATE: world.present() or ""})
        projection.instance.report_runless_asset_event(event)
    projection.tick()
    assert projection.check("marts/pmpm", SIGNED_OFF_CHECK) == [(False, True)]
    world.approve()
    projection.tick()
    assert projection.check("marts/pmpm", SIGNED_OFF_CHECK) == [(True, True)]


def test_a_client_whose_file_breaks_while_its_gate_waits_stops_nobody_else(
    projection: Projection, world: World
) -> None:
    projection.cursor.gates["gone|2026-03-10"] = world.now.isoformat()
    world.deliver("eligibility", ELIGIBILITY)
    projection.tick()
    assert len(projection.materialized("feeds/eligibility")) == 1
    assert "gone|2026-03-10" in projection.cursor.gates
    world.now += timedelta(hours=3)
    projection.tick()
    assert "gone|2026-03-10" not in projection.cursor.gates


def test_cursors_survive_as_text(projection: Projection, world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    projection.tick()
    assert projection.cursor.seen
    assert Cursor.read(projection.cursor.write()) == projection.cursor
