"""The sensors tick by tick, on an ephemeral instance and a real database."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetMaterialization,
    AssetObservation,
    DagsterInstance,
    RunRequest,
    SensorResult,
    SkipReason,
    build_sensor_context,
)

from acme_assets.defs.gates import EXCEPTIONS_CHECK, SIGNED_OFF_CHECK
from acme_assets.defs.jobs import LANE_TAG, WORK_TAG, jobs
from acme_assets.defs.marts import CANDIDATE
from acme_assets.defs.names import mart_key
from acme_assets.defs.sensors.arrivals import arrivals_sensor, read_cursor
from acme_assets.defs.sensors.ledger_events import Cursor, nights_of, project
from acme_assets.defs.sensors.work import LEFT_TO_THE_GATEKEEPER, attempts_of, due_orders, work_sensor
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.feeds.zones import ZoneUnavailable
from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.nights.marts import marts_of
from acme_assets.warehouse.entries import entries_since
from client_partitions.partitions import partition_key
from tests.world import ELIGIBILITY, MORNING, NIGHT, NOOR, OTTO, PHARMACY, World

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
    assert read_cursor(cursor)[1] == {"nobody/x.csv", "tiny/notes.txt"}


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


def requests(world: World, instance: DagsterInstance) -> list[RunRequest]:
    context = build_sensor_context(instance=instance, resources={"platform": world.platform()})
    result = work_sensor(jobs(), 30)(context)
    return list(result.run_requests or []) if isinstance(result, SensorResult) else []


def test_what_arrived_is_asked_to_be_loaded_in_one_run(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.put("pharmacy_claim", PHARMACY)
    world.notice()
    (request,) = requests(world, instance)
    assert (request.job_name, request.partition_key) == ("load", KEY)
    assert sorted(key.to_user_string() for key in request.asset_selection or []) == [
        "raw/eligibility",
        "raw/pharmacy_claim",
    ]


def test_each_stage_is_asked_for_in_its_turn(world: World, instance: DagsterInstance) -> None:
    assert requests(world, instance) == []
    world.deliver_all()
    (build,) = requests(world, instance)
    assert build.job_name == "build"
    assert {key.path[-1] for key in build.asset_selection or []} == set(world.models)
    assert {key.name for key in build.asset_check_keys or []} == {"dbt_tests", "staging_suite"}
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
    assert due_orders(world.platform(), world.now) == []
    world.deliver("pharmacy_claim", PHARMACY + "c3,p1,2026-03-03,1\n")
    assert [order.stage for order in due_orders(world.platform(), world.now)] == ["build"]


def run_of(instance: DagsterInstance, request: RunRequest, status: str) -> None:
    from dagster import DagsterRunStatus, job, op

    @op
    def nothing() -> None: ...

    @job
    def stand_in() -> None:
        nothing()

    instance.create_run_for_job(stand_in, tags=dict(request.tags), status=DagsterRunStatus(status))


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


def test_attempts_are_read_by_lane(world: World, instance: DagsterInstance) -> None:
    world.deliver_all()
    (request,) = requests(world, instance)
    run_of(instance, request, "FAILURE")
    found = attempts_of(instance, [request.tags[LANE_TAG], "build/other/2026-03-10"])
    assert [attempt.key for attempt in found[request.tags[LANE_TAG]]] == [request.tags[WORK_TAG]]


# --- ledger events


def show_marts(world: World, instance: DagsterInstance) -> None:
    """What the build's run reports."""
    candidate = world.facts().candidate
    assert candidate is not None
    for mart in marts_of(world.client.feeds):
        instance.report_runless_asset_event(
            AssetMaterialization(mart_key(mart.name), partition=KEY, metadata={CANDIDATE: candidate.evidence_digest})
        )


def projected(
    world: World, instance: DagsterInstance, cursor: Cursor
) -> tuple[list[AssetMaterialization | AssetObservation], list[AssetCheckEvaluation]]:
    cursor.__dict__.update(Cursor.read(cursor.write()).__dict__)
    return project(world.platform(), instance, cursor)


def test_each_delivery_is_observed_once(world: World, instance: DagsterInstance) -> None:
    cursor = Cursor.read(None)
    world.deliver("eligibility", ELIGIBILITY)
    events, _ = projected(world, instance, cursor)
    assert [(type(event), event.asset_key.to_user_string(), event.partition) for event in events] == [
        (AssetObservation, "feeds/eligibility", KEY),
        (AssetMaterialization, "feeds/eligibility", KEY),
    ]
    assert projected(world, instance, cursor) == ([], [])
    world.deliver("pharmacy_claim", PHARMACY)
    events, _ = projected(world, instance, cursor)
    assert [event.asset_key.to_user_string() for event in events][-1] == "deliveries/tiny_health"


def test_an_entry_that_commits_late_is_still_shown(world: World, instance: DagsterInstance) -> None:
    cursor = Cursor.read(None)
    world.deliver("eligibility", ELIGIBILITY)
    projected(world, instance, cursor)
    late, world.now = world.now, world.now - timedelta(minutes=5)
    world.deliver("pharmacy_claim", PHARMACY)
    world.now = late
    events, _ = projected(world, instance, cursor)
    assert "feeds/pharmacy_claim" in {event.asset_key.to_user_string() for event in events}


def test_the_gate_waits_for_its_marts_to_be_shown_and_follows_the_ledger(
    world: World, instance: DagsterInstance
) -> None:
    cursor = Cursor.read(None)
    world.deliver_all()
    world.build()
    _, checks = projected(world, instance, cursor)
    assert checks == []
    show_marts(world, instance)
    _, checks = projected(world, instance, cursor)
    assert {(check.asset_key.path[-1], check.check_name, check.passed, check.partition) for check in checks} == {
        (mart.name, name, name == EXCEPTIONS_CHECK, KEY)
        for mart in marts_of(world.client.feeds)
        for name in (SIGNED_OFF_CHECK, EXCEPTIONS_CHECK)
    }
    assert projected(world, instance, cursor) == ([], [])
    world.approve()
    _, checks = projected(world, instance, cursor)
    assert all(check.passed for check in checks)
    assert all(check.target_materialization_data for check in checks)
    world.release()
    events, _ = projected(world, instance, cursor)
    assert [event.asset_key.to_user_string() for event in events] == ["dashboards/tiny_health"]


def test_a_release_that_the_gatekeeper_made_is_shown_as_materialisations(
    world: World, instance: DagsterInstance
) -> None:
    cursor = Cursor.read(None)
    world.deliver_all()
    world.build()
    world.approve()
    Gatekeeper(world.platform()).look()
    events, _ = projected(world, instance, cursor)
    shown = {event.asset_key.to_user_string() for event in events}
    assert {f"published/{mart.name}" for mart in marts_of(world.client.feeds)} <= shown


def test_a_withdrawal_is_shown_on_the_dashboard(world: World, instance: DagsterInstance) -> None:
    cursor = Cursor.read(None)
    world.deliver_all()
    world.build()
    world.approve()
    release = world.release().release_id
    world.say("withdrawal", OTTO, {"release_id": release, "evidence_digest": world.facts().candidate.evidence_digest})
    world.release()
    events, _ = projected(world, instance, cursor)
    (shown,) = [event for event in events if isinstance(event, AssetObservation) and "withdrawn" in event.metadata]
    assert shown.asset_key.to_user_string() == "dashboards/tiny_health"
    assert shown.metadata["withdrawn"].value == release


def test_a_waiver_for_several_nights_is_about_each_of_them(world: World) -> None:
    subject = {"exception": "may_be_missing", "feed": "pharmacy_claim"}
    world.say("exception_request", NOOR, subject, dates=(NIGHT - timedelta(days=90), NIGHT + timedelta(days=1)))
    with world.warehouse.begin() as connection:
        (entry,) = entries_since(connection, MORNING - timedelta(days=1))
    nights = nights_of(entry, world.now.date())
    assert nights[-2:] == [("tiny_health", NIGHT), ("tiny_health", NIGHT + timedelta(days=1))]
    assert len(nights) == LOOKBACK.days + 1


def test_the_same_check_can_be_shown_again_and_again(world: World) -> None:
    from acme_assets.defs.sensors.ledger_events import show_check

    with DagsterInstance.ephemeral() as instance:
        world.deliver_all()
        world.build()
        show_marts(world, instance)
        cursor = Cursor.read(None)
        _, checks = projected(world, instance, cursor)
        for check in [*checks, *checks]:
            show_check(instance, check)


def test_a_client_whose_file_breaks_while_its_gate_waits_stops_nobody_else(
    world: World, instance: DagsterInstance
) -> None:
    cursor = Cursor.read(None)
    cursor.gates["gone|2026-03-10"] = world.now.isoformat()
    world.deliver("eligibility", ELIGIBILITY)
    events, _ = projected(world, instance, cursor)
    assert "feeds/eligibility" in {event.asset_key.to_user_string() for event in events}
    assert "gone|2026-03-10" in cursor.gates
    world.now += timedelta(hours=3)
    projected(world, instance, cursor)
    assert "gone|2026-03-10" not in cursor.gates


def test_cursors_survive_as_text() -> None:
    cursor = Cursor.read(None)
    cursor.seen["a"] = "2026-03-11T08:00:00+00:00"
    assert json.loads(cursor.write()) == json.loads(Cursor.read(cursor.write()).write())
