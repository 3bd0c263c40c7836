"""Dagster's state is thrown away, and made again from the ledger: the same partitions, checks and observations."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from dagster import AssetKey, DagsterEventType, DagsterInstance, EventRecordsFilter, SkipReason, build_sensor_context

from acme_assets.defs.rebuilding import NotEmpty, Rebuilt, rebuild
from acme_assets.defs.sensors import ledger_events
from acme_assets.defs.sensors.ledger_events import HANDED_OVER, Cursor, at_work, ledger_events_sensor, project
from acme_assets.gatekeeper.judging import judge_one_release
from acme_assets.sla.outcomes import Outcome
from acme_assets.warehouse.deadlines import record_outcomes
from client_partitions.partitions import partition_key
from tests.world import ELIGIBILITY, NIGHT, PHARMACY, World

KEY = partition_key("tiny_health", NIGHT)


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def fresh() -> Iterator[DagsterInstance]:
    """What is left of Dagster after its database was thrown away."""
    with DagsterInstance.ephemeral() as made:
        yield made


def live(world: World, instance: DagsterInstance) -> None:
    """A night with a redelivery, a quarantined file, two candidates, a release and its deadline, shown as it went."""
    cursor = Cursor.read(None)
    project(world.platform(), instance, cursor)

    def shown() -> None:
        project(world.platform(), instance, cursor)

    world.by = "batch 11111111-1111-1111-1111-111111111111"
    world.deliver("eligibility", ELIGIBILITY)
    shown()
    world.deliver("pharmacy_claim", "wrong,header\n1,2\n")
    shown()
    world.deliver("pharmacy_claim", PHARMACY)
    world.build()
    shown()
    world.deliver("eligibility", ELIGIBILITY + "p3,2026-01-01\n")
    world.build()
    shown()
    world.approve()
    shown()
    world.release()
    judge_one_release(world.platform())
    outcome = Outcome("tiny_health", NIGHT, world.now, True, world.now, None, None, None, None)
    record_outcomes(world.warehouse, [outcome], world.clock())
    shown()


def told(instance: DagsterInstance) -> dict[str, set[Any]]:
    """What Dagster shows: newest metadata of each materialised partition, newest result of each check, observations."""
    found: dict[str, set[Any]] = {"materialised": set(), "checks": set(), "observed": set()}
    newest: dict[tuple[str, Any], Any] = {}
    for key in instance.all_asset_keys():
        for record in instance.fetch_materializations(key, limit=1000, ascending=True).records:
            event = record.asset_materialization
            assert event
            newest[key.to_user_string(), event.partition] = _plain(event.metadata)
        for record in instance.fetch_observations(key, limit=1000).records:
            event = record.asset_observation
            assert event
            found["observed"].add((key.to_user_string(), event.partition, _plain(event.metadata)))
    found["materialised"] = {(*where, metadata) for where, metadata in newest.items()}
    checks: dict[tuple[str, str, Any], Any] = {}
    records = instance.get_event_records(EventRecordsFilter(DagsterEventType.ASSET_CHECK_EVALUATION), ascending=True)
    for item in records:
        check = item.event_log_entry.dagster_event.event_specific_data  # type: ignore[union-attr]
        where = (check.asset_key.to_user_string(), check.check_name, check.partition)
        is_bound = check.target_materialization_data is not None
        checks[where] = (check.passed, check.description, is_bound, _plain(check.metadata))
    found["checks"] = {(*where, *said) for where, said in checks.items()}
    return found


def _plain(metadata: Any) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(item.value)) for name, item in metadata.items()))


def nothing(_: Rebuilt) -> None:
    """Nobody looks."""


def test_what_is_rebuilt_is_what_was_there(world: World, instance: DagsterInstance, fresh: DagsterInstance) -> None:
    live(world, instance)
    before = told(instance)
    assert {name for name, *_ in before["materialised"]} >= {
        *("feeds/eligibility", "raw/eligibility", "staging/stg_eligibility", "marts/pmpm", "published/pmpm"),
        *("dashboards/tiny_health", "deliveries/tiny_health"),
    }
    assert {name for _, name, *_ in before["checks"]} == {
        *("contract", "dbt_tests", "staging_suite", "qa_signed_off", "exceptions_acknowledged"),
        *("production_suite", "deadline_met"),
    }
    rebuild(world.platform(), fresh, nothing)
    assert told(fresh) == before


def test_it_goes_page_by_page_and_tells_how_far_it_is(
    world: World, instance: DagsterInstance, fresh: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(world, instance)
    world.now += timedelta(days=30)
    monkeypatch.setattr(ledger_events, "PAGE", 3)
    pages: list[Rebuilt] = []
    done = rebuild(world.platform(), fresh, lambda so_far: pages.append(Rebuilt(**vars(so_far))))
    assert done.pages == len(pages) > 3
    assert [page.events for page in pages] == sorted(page.events for page in pages)
    assert told(fresh) == told(instance)


def test_what_steps_reported_themselves_comes_back_too(world: World, fresh: DagsterInstance) -> None:
    world.by = "run 22222222-2222-2222-2222-222222222222"
    world.deliver_all()
    world.build()
    rebuild(world.platform(), fresh, nothing)
    shown = {name for name, *_ in told(fresh)["materialised"]}
    assert shown >= {"raw/eligibility", "raw/pharmacy_claim", "staging/stg_eligibility", "marts/pmpm"}


def test_events_are_dated_as_they_happened(world: World, fresh: DagsterInstance) -> None:
    world.deliver_all()
    happened = world.now
    world.now += timedelta(days=30)
    rebuild(world.platform(), fresh, nothing)
    (record,) = fresh.fetch_materializations(AssetKey(["raw", "eligibility"]), limit=9).records
    assert abs(datetime.fromtimestamp(record.timestamp, happened.tzinfo) - happened) < timedelta(minutes=1)


def test_a_dagster_that_shows_assets_is_not_rebuilt_by_mistake(world: World, instance: DagsterInstance) -> None:
    live(world, instance)
    with pytest.raises(NotEmpty, match="shows assets already"):
        rebuild(world.platform(), instance, nothing)
    before = told(instance)
    assert rebuild(world.platform(), instance, nothing, again=True).events > 0
    assert told(instance) == before


def tick(world: World, instance: DagsterInstance, cursor: str | None = None) -> tuple[str, str]:
    context = build_sensor_context(instance=instance, cursor=cursor, resources={"platform": world.platform()})
    result = ledger_events_sensor(30)(context)
    assert isinstance(result, SkipReason)
    return result.skip_message or "", context.cursor or ""


def test_the_sensor_goes_on_from_where_the_rebuild_ended(world: World, fresh: DagsterInstance) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    rebuild(world.platform(), fresh, nothing)
    said, cursor = tick(world, fresh)
    assert said == "nothing happened"
    assert fresh.daemon_cursor_storage.get_cursor_values({HANDED_OVER}).get(HANDED_OVER) == ""
    world.deliver("pharmacy_claim", PHARMACY)
    assert tick(world, fresh, cursor)[0] == "5 events shown"


def test_the_sensor_waits_for_a_rebuild_that_is_alive_and_not_for_a_dead_one(
    world: World, fresh: DagsterInstance
) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    fresh.daemon_cursor_storage.set_cursor_values({HANDED_OVER: at_work(world.now)})
    assert tick(world, fresh) == ("acme ledger rebuild is at work", "")
    world.now += timedelta(minutes=11)
    assert tick(world, fresh)[0] == "4 events shown"


def test_a_sensor_that_lost_its_cursor_with_everything_else_shows_it_all_by_itself(
    world: World, instance: DagsterInstance, fresh: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(world, instance)
    monkeypatch.setattr(ledger_events, "PAGE", 3)
    monkeypatch.setattr(ledger_events, "CATCHING_UP", 0.0)
    cursor: str | None = None
    for _ in range(12):
        _, cursor = tick(world, fresh, cursor)
    assert told(fresh) == told(instance)
    assert not Cursor.read(cursor).is_lost
