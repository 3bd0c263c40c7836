"""The event log is pruned by policy, and the assets show what they showed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterInstance, OpExecutionContext, in_process_executor, job, op

from acme_assets.defs.upkeep import prune, upkeep

KEY = AssetKey(["raw", "eligibility"])
LATER = datetime.now(UTC) + timedelta(hours=1)
EARLIER = LATER - timedelta(days=400)


@op
def load(context: OpExecutionContext) -> None:
    context.log_event(AssetMaterialization(KEY, partition="tiny_health|2026-03-10"))


@job(executor_def=in_process_executor)
def loads() -> None:
    load()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        assert loads.execute_in_process(instance=made).success
        yield made


def rows(instance: DagsterInstance) -> int:
    (run,) = instance.get_runs()
    return len(instance.all_logs(run.run_id))


def test_run_logs_go_and_what_shows_on_assets_stays(instance: DagsterInstance) -> None:
    before = rows(instance)
    assert prune(instance, LATER, EARLIER, at_once=2) == before - 1
    assert instance.get_materialized_partitions(KEY) == {"tiny_health|2026-03-10"}
    assert rows(instance) == 1


def test_young_run_logs_stay(instance: DagsterInstance) -> None:
    before = rows(instance)
    assert prune(instance, EARLIER, EARLIER) == 0
    assert rows(instance) == before


def test_events_of_partitions_that_left_the_window_go_too(instance: DagsterInstance) -> None:
    prune(instance, LATER, LATER)
    assert rows(instance) == 0


def test_the_job_prunes_by_the_days_that_the_environment_says(
    instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = instance.get_runs()
    monkeypatch.setenv("ACME_RUN_LOG_DAYS", "-1")
    assert upkeep.execute_in_process(instance=instance).success
    assert [log.dagster_event_type for log in instance.all_logs(first.run_id) if log.is_dagster_event][0:1]
    assert len(instance.all_logs(first.run_id)) == 1
