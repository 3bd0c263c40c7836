"""The runs of the work sensor: several client nights in one, each by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dagster import DagsterInstance, ExecuteInProcessResult

from acme_assets.defs.jobs import config_of
from acme_assets.defs.stages import stage_jobs
from acme_assets.environment import Platform
from acme_assets.feeds.zones import ZoneUnavailable
from acme_assets.nights.facts import Stage
from client_partitions.registry import Registry
from tests.world import ELIGIBILITY, NIGHT, PHARMACY, World, make_client

MEMBER = "member 123-45-6789"
JOBS = {job.name: job for job in stage_jobs({"nodes": {}})}


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def order(client_id: str = "tiny_health", feeds: Sequence[str] = ()) -> dict[str, Any]:
    return {"client_id": client_id, "business_date": NIGHT.isoformat(), "key": "k", "feeds": list(feeds)}


def run(stage: Stage, platform: Platform, instance: DagsterInstance, *orders: dict[str, Any]) -> ExecuteInProcessResult:
    return JOBS[stage].execute_in_process(
        run_config=config_of(stage, orders),
        instance=instance,
        resources={"platform": platform},
        raise_on_error=False,
    )


def why(result: ExecuteInProcessResult) -> str:
    return " ".join(str(event.event_specific_data) for event in result.all_events if event.is_step_failure)


def said(instance: DagsterInstance, result: ExecuteInProcessResult) -> str:
    return "\n".join(
        record.event_log_entry.user_message for record in instance.get_records_for_run(result.run_id).records
    )


def test_a_run_loads_several_feeds_and_a_broken_one_stops_none_of_them(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", "wrong,header\n1,2\n")
    world.put("pharmacy_claim", PHARMACY)
    world.notice()
    result = run("load", world.platform(), instance, order(feeds=["eligibility", "pharmacy_claim"]))
    assert result.success
    states = {feed: delivery.state for feed, delivery in world.facts().deliveries.items()}
    assert states == {"eligibility": "quarantined", "pharmacy_claim": "loaded"}


def test_what_is_not_there_to_load_is_refused_and_the_next_is_done(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.notice()
    result = run("load", world.platform(), instance, order(feeds=["pharmacy_claim"]), order(feeds=["eligibility"]))
    assert result.success
    assert "pharmacy_claim: refused: pharmacy_claim of tiny_health 2026-03-10 is not delivered" in said(
        instance, result
    )
    assert world.facts().deliveries["eligibility"].state == "loaded"


def test_a_crash_over_one_night_fails_the_run_after_the_others_were_done_and_tells_no_value(
    world: World, instance: DagsterInstance
) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.put("pharmacy_claim", PHARMACY)
    world.notice()
    platform = world.platform()

    class Zone:
        """A zone that crashes over one file."""

        def listing(self) -> Any:
            return platform.zone.listing()

        def fetch(self, path: str, folder: Any) -> Any:
            if "eligibility" in path:
                raise RuntimeError(MEMBER)
            return platform.zone.fetch(path, folder)

    orders = order(feeds=["eligibility", "pharmacy_claim"])
    result = run("load", replace(platform, zone=Zone()), instance, orders)
    assert not result.success
    assert "1 of 2 failed: tiny_health 2026-03-10 eligibility: RuntimeError" in why(result)
    assert MEMBER not in said(instance, result) + why(result)
    assert world.facts().deliveries["pharmacy_claim"].state == "loaded"


def test_what_may_work_later_fails_the_run_with_its_reason(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.notice()
    platform = world.platform()

    class Zone:
        """A zone that is away."""

        def listing(self) -> Any:
            raise ZoneUnavailable("away")

        def fetch(self, path: str, folder: Any) -> Any:
            raise ZoneUnavailable(f"{path} cannot be read: away")

    result = run("load", replace(platform, zone=Zone()), instance, order(feeds=["eligibility"]))
    assert "eligibility.csv cannot be read: away" in why(result)


def test_a_client_that_is_gone_from_the_registry_stops_nobody_else(world: World, instance: DagsterInstance) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.notice()
    registry = Registry({"tiny_health": make_client()}, {"broken": "broken.yaml: name: Field required"})
    platform = replace(world.platform(), registry=registry)
    result = run("load", platform, instance, order("broken", ["eligibility"]), order(feeds=["eligibility"]))
    assert result.success
    assert "broken 2026-03-10 eligibility: refused: broken.yaml: name: Field required" in said(instance, result)
    assert world.facts().deliveries["eligibility"].state == "loaded"


def test_a_run_releases_what_was_signed_and_names_itself(world: World, instance: DagsterInstance) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    result = run("release", world.platform(), instance, order())
    assert result.success
    assert len(world.visible()) == 1
    assert f"batch {result.run_id}" in world.entry("released")


def test_rows_that_are_not_those_that_were_signed_fail_the_run(world: World, instance: DagsterInstance) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    world.paid = "99.0000"
    world.fill_marts()
    result = run("release", world.platform(), instance, order())
    assert not result.success
    assert "build the night again and have it reviewed" in why(result)
    assert world.visible() == []


def test_a_withdrawn_release_is_taken_back(world: World, instance: DagsterInstance) -> None:
    from tests.world import OTTO

    world.deliver_all()
    world.build()
    world.approve()
    release = world.release().release_id
    world.say("withdrawal", OTTO, {"release_id": release, "evidence_digest": world.present()})
    world.now += timedelta(seconds=1)
    assert run("release", world.platform(), instance, order()).success
    assert world.visible() == []
