"""The retention asset: by hand it only tells; the schedule's run removes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from dagster import DagsterInstance, ScheduleDefinition, build_schedule_context, materialize

from acme_assets.defs.retention import RetentionConfig, retention, retention_job, retention_schedule
from tests.world import World


@pytest.fixture
def old(world: World) -> World:
    world.deliver_all()
    world.now = datetime(2027, 3, 10, 12, tzinfo=UTC)
    return world


def run(world: World, config: dict[str, Any]) -> dict[str, Any]:
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            [retention],
            instance=instance,
            resources={"platform": world.platform()},
            run_config={"ops": {"upkeep__retention": {"config": config}}},
        )
    (event,) = result.get_asset_materialization_events()
    return {name: item.value for name, item in event.materialization.metadata.items()}


def test_by_hand_it_says_what_would_go_and_removes_nothing(old: World) -> None:
    told = run(old, {})
    assert (told["dry run"], told["raw: nights"], told["raw: rows"], told["raw: files"]) == (True, 1, 6, 2)
    assert "raw_removed" not in old.actions()


def test_the_schedules_run_removes_and_its_next_one_has_nothing_to_do(old: World) -> None:
    schedule = retention_schedule(retention_job())
    assert isinstance(schedule, ScheduleDefinition)
    (request,) = schedule.evaluate_tick(build_schedule_context()).run_requests or ()
    config = request.run_config["ops"]["upkeep__retention"]["config"]
    assert RetentionConfig(**config).remove
    told = run(old, config)
    assert (told["dry run"], told["raw: nights"], told["landed files: files"]) == (False, 1, 2)
    assert run(old, config)["raw: nights"] == 0
