"""The steps themselves, launched in one process on an ephemeral instance: what they refuse and what they report."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, Definitions, ExecuteInProcessResult

from acme_assets.defs.assemble import assemble
from acme_assets.defs.dbt import MANIFEST
from client_partitions.partitions import partition_key
from tests.world import ELIGIBILITY, NIGHT, PHARMACY, World

KEY = partition_key("tiny_health", NIGHT)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    if not MANIFEST.is_file():
        from acme_assets.stack.prepare import dbt

        dbt(["parse"], {})
    return dict(json.loads(MANIFEST.read_text()))


@pytest.fixture
def definitions(world: World, manifest: dict[str, Any]) -> Definitions:
    return assemble(world.registry, manifest, {"platform": world.platform()}, today=NIGHT + timedelta(days=1))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def materialize(definitions: Definitions, instance: DagsterInstance, *assets: str) -> ExecuteInProcessResult:
    keys = [AssetKey(asset.split("/")) for asset in assets]
    job = definitions.get_repository_def().get_implicit_job_def_for_assets(keys)
    assert job is not None
    return job.execute_in_process(partition_key=KEY, instance=instance, raise_on_error=False, asset_selection=keys)


def why(result: ExecuteInProcessResult) -> str:
    return " ".join(str(event.event_specific_data) for event in result.all_events if event.is_step_failure)


def test_a_load_reports_counts_and_a_passed_contract(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.notice()
    result = materialize(definitions, instance, "raw/eligibility")
    assert result.success
    (event,) = result.asset_materializations_for_node("raw__eligibility")
    assert (event.partition, event.metadata["rows_loaded"].value) == (KEY, 2)
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.partition) == (True, KEY)


def test_a_broken_delivery_fails_its_check_and_is_not_shown_as_loaded(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.put("eligibility", "wrong,header\n1,2\n")
    world.notice()
    result = materialize(definitions, instance, "raw/eligibility")
    assert not result.success
    assert result.asset_materializations_for_node("raw__eligibility") == []
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert "person" in (check.description or "")
    assert "quarantined, nothing was loaded" in why(result)


def test_loading_what_is_not_delivered_is_refused_by_name(definitions: Definitions, instance: DagsterInstance) -> None:
    result = materialize(definitions, instance, "raw/eligibility")
    assert not result.success
    assert "eligibility of tiny_health 2026-03-10 is not delivered" in why(result)


@pytest.mark.parametrize("assets", [["marts/pmpm"], ["staging/stg_eligibility", "marts/member_months"]])
def test_building_on_a_missing_feed_is_refused_by_name(
    world: World, definitions: Definitions, instance: DagsterInstance, assets: list[str]
) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    result = materialize(definitions, instance, *assets)
    assert not result.success
    assert "waits for pharmacy_claim (not delivered)" in why(result)


def test_a_mart_that_the_client_does_not_have_is_refused_by_name(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.deliver_all()
    result = materialize(definitions, instance, "marts/utilization")
    assert not result.success
    assert "tiny_health has no utilization" in why(result)


def test_publishing_without_a_sign_off_is_refused_by_name(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.deliver_all()
    world.build()
    result = materialize(definitions, instance, "published/pmpm")
    assert not result.success
    assert "no QA sign-off covers candidate" in why(result)
    assert world.visible() == []


def test_publishing_one_mart_releases_and_shows_the_whole_night(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    assert materialize(definitions, instance, "published/pmpm").success
    assert len(world.visible("member_months")) == 1
    for mart in ("pmpm", "member_months", "pharmacy_spend", "lab_volume"):
        shown = instance.get_materialized_partitions(AssetKey(["published", mart]))
        assert shown == {KEY}, mart
    assert instance.get_materialized_partitions(AssetKey(["published", "utilization"])) == set()


def test_publishing_again_changes_nothing_and_says_so(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    materialize(definitions, instance, "published/pmpm")
    actions = world.actions()
    result = materialize(definitions, instance, "published/pmpm")
    (event,) = result.asset_materializations_for_node("publish")
    assert event.metadata["already released"].value is True
    assert world.actions() == actions


def test_a_client_whose_file_is_broken_is_refused_with_what_is_wrong(
    world: World, manifest: dict[str, Any], instance: DagsterInstance
) -> None:
    from dataclasses import replace

    from client_partitions.registry import Registry

    registry = Registry({}, {"tiny_health": "tiny_health.yaml: time_zone: is no IANA time zone"})
    platform = replace(world.platform(), registry=registry)
    definitions = assemble(registry, manifest, {"platform": platform}, today=NIGHT + timedelta(days=1))
    result = materialize(definitions, instance, "raw/eligibility")
    assert "tiny_health.yaml: time_zone" in why(result)


def test_deliveries_of_pharmacy_claims_hold_no_member_in_events(
    world: World, definitions: Definitions, instance: DagsterInstance
) -> None:
    world.put("pharmacy_claim", PHARMACY.replace("p1", "member-4711") + "c9,member-4712,not a day,1\n")
    world.notice()
    result = materialize(definitions, instance, "raw/pharmacy_claim")
    assert "471" not in str(result.all_events)
