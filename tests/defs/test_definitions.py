"""What Dagster is given: every asset, check, sensor and job by name, so that a change shows in review."""

import json
from datetime import date, datetime, time, timedelta

import pytest
from dagster import AssetKey, AssetSpec, Definitions
from dagster._core.definitions.freshness import CronFreshnessPolicy
from dagster._utils.schedules import get_latest_completed_cron_tick

from acme_assets.defs.assemble import assemble
from acme_assets.defs.dbt import MANIFEST
from acme_assets.defs.external import dashboard_spec, delivery_spec
from acme_assets.defs.marts import build_arguments, read_results
from client_partitions.calendar import deadline_at
from client_partitions.client import Client
from client_partitions.feeds import FEEDS
from client_partitions.registry import Registry
from tests.client_partitions.test_calendar import ZONES, client_in
from tests.world import make_client

TODAY = date(2026, 3, 11)


@pytest.fixture(scope="module")
def manifest() -> dict[str, object]:
    if not MANIFEST.is_file():
        from acme_assets.stack.prepare import dbt

        dbt(["parse"], {})
    return dict(json.loads(MANIFEST.read_text()))


@pytest.fixture(scope="module")
def definitions(manifest: dict[str, object]) -> Definitions:
    registry = Registry({"tiny_health": make_client()}, {"broken": "broken.yaml: name: Field required"})
    return assemble(registry, manifest, {"platform": object()}, today=TODAY)


MARTS = ["lab_volume", "member_months", "pharmacy_spend", "pmpm", "provider_panel", "utilization"]


def test_all_definitions_load_and_are_these(definitions: Definitions) -> None:
    Definitions.validate_loadable(definitions)
    keys = sorted(spec.key.to_user_string() for spec in definitions.resolve_all_asset_specs())
    assert keys == sorted(
        [
            "dashboards/tiny_health",
            "deliveries/tiny_health",
            *(f"feeds/{feed}" for feed in FEEDS),
            *(f"raw/{feed}" for feed in FEEDS),
            *(f"staging/stg_{feed}" for feed in FEEDS),
            "intermediate/int_claim_spend",
            "intermediate/int_member_months",
            *(f"marts/{mart}" for mart in MARTS),
            *(f"published/{mart}" for mart in MARTS),
            "upkeep/retention",
        ]
    )
    repository = definitions.get_repository_def()
    assert sorted(sensor.name for sensor in repository.sensor_defs) == [
        "alerts",
        "arrivals",
        "deadlines",
        "ledger_events",
        "pulls",
        "work",
    ]
    assert sorted(schedule.name for schedule in repository.schedule_defs) == ["retention", "upkeep"]
    jobs = {job.name for job in repository.get_all_jobs()}
    assert {"load", "build", "release", "pull", "upkeep", "retention"} <= jobs
    checks = sorted(key.to_user_string() for key in repository.asset_graph.asset_check_keys)
    assert checks == sorted(
        [
            *(f"raw/{feed}:contract" for feed in FEEDS),
            *(f"staging/stg_{feed}:dbt_tests" for feed in FEEDS),
            "intermediate/int_claim_spend:dbt_tests",
            "intermediate/int_member_months:dbt_tests",
            *(f"marts/{mart}:dbt_tests" for mart in MARTS),
            *(f"marts/{mart}:qa_signed_off" for mart in MARTS),
            *(f"marts/{mart}:exceptions_acknowledged" for mart in MARTS),
            *(f"marts/{mart}:staging_suite" for mart in MARTS),
            *(f"published/{mart}:production_suite" for mart in MARTS),
            *(f"published/{mart}:deadline_met" for mart in MARTS),
        ]
    )


def specs(definitions: Definitions) -> dict[str, AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def test_the_lineage_runs_from_the_feed_to_the_dashboard(definitions: Definitions) -> None:
    graph = definitions.get_repository_def().asset_graph
    upstream = graph.get_ancestor_asset_keys(AssetKey(["dashboards", "tiny_health"]))
    assert {"feeds/pharmacy_claim", "raw/pharmacy_claim", "marts/pmpm", "published/pmpm"} <= {
        key.to_user_string() for key in upstream
    }


def test_every_asset_says_what_it_is_and_whose(definitions: Definitions) -> None:
    for name, spec in specs(definitions).items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.group_name == name.split("/")[0]


def test_a_client_whose_file_is_broken_keeps_its_partitions(definitions: Definitions) -> None:
    partitions = specs(definitions)["marts/pmpm"].partitions_def
    assert partitions is not None
    keys = partitions.get_partition_keys(current_time=None)
    assert "broken|2026-03-10" in keys
    assert "tiny_health|2026-03-10" in keys


def test_freshness_is_in_the_clients_own_zone() -> None:
    client = make_client(time_zone="Asia/Kolkata", deadline="05:30")
    policy = dashboard_spec(client).freshness_policy
    assert policy is not None
    assert (policy.deadline_cron, policy.timezone) == ("30 5 * * *", "Asia/Kolkata")  # type: ignore[attr-defined]


def test_deliveries_are_due_on_the_day_after_the_business_date() -> None:
    client = make_client()
    policies = {
        feed: policy.model_copy(update={"days": ("fri", "sat"), "due": time(1, 15)})
        for feed, policy in client.feeds.items()
    }
    policy = delivery_spec(client.model_copy(update={"feeds": policies})).freshness_policy
    assert policy is not None
    assert policy.deadline_cron == "15 1 * * 0,6"  # type: ignore[attr-defined]


def test_a_dashboard_is_due_on_the_mornings_after_something_was_owed() -> None:
    client = make_client()
    feeds = {
        feed: policy.model_copy(update={"days": ("mon", "fri") if policy.required else ("sun",)})
        for feed, policy in client.feeds.items()
    }
    policy = dashboard_spec(client.model_copy(update={"feeds": feeds})).freshness_policy
    assert policy is not None
    assert policy.deadline_cron == "0 6 * * 2,6"  # type: ignore[attr-defined]


YEAR = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]


def freshness_deadlines(client: Client) -> list[tuple[datetime, datetime]]:
    """Of each night of a year, its deadline and the one that Dagster's freshness judges an hour later."""
    policy = dashboard_spec(client).freshness_policy
    assert isinstance(policy, CronFreshnessPolicy)
    pairs = []
    for day in YEAR:
        deadline = deadline_at(client, day)
        later = (deadline + timedelta(minutes=61)).astimezone(client.zone)
        pairs.append((deadline, get_latest_completed_cron_tick(policy.deadline_cron, later, policy.timezone)))
    return pairs


@pytest.mark.parametrize("zone", ZONES)
def test_freshness_is_judged_at_the_clients_deadline_on_every_morning_of_the_year(zone: str) -> None:
    """Through both clock changes, in zones of half and quarter hours, on both sides of the date line."""
    assert [pair for pair in freshness_deadlines(client_in(zone, time(5, 30))) if pair[0] != pair[1]] == []


def test_freshness_reads_a_time_that_the_clocks_skip_or_repeat_otherwise_than_we_do() -> None:
    """Known, and half an hour or one at most, on two mornings a year: nobody owes a dashboard at that hour."""
    differ = [
        abs(ours - theirs)
        for wall in (time(1, 30), time(2, 30))
        for ours, theirs in freshness_deadlines(client_in("America/New_York", wall))
        if ours != theirs
    ]
    assert differ == [timedelta(hours=1), timedelta(minutes=30)]


def test_build_arguments_name_the_night_and_its_deliveries() -> None:
    arguments = build_arguments("c", "2026-03-10", {"patient": "d1"}, ["stg_patient", "pmpm"])
    assert arguments[arguments.index("--select") + 1] == "stg_patient pmpm"
    variables = json.loads(arguments[arguments.index("--vars") + 1])
    assert variables == {"client_id": "c", "business_date": "2026-03-10", "deliveries": {"patient": "d1"}}


def _node(name: str, kind: str, attached: str | None = None) -> dict[str, object]:
    return {
        "name": name,
        "resource_type": kind,
        "attached_node": attached,
        "depends_on": {"nodes": [attached] if attached else []},
    }


NODES = {
    "model.a": _node("a", "model"),
    "model.b": _node("b", "model"),
    "test.a1": _node("a1", "test", "model.a"),
    "test.a2": _node("a2", "test", "model.a"),
}


def test_results_of_tests_belong_to_their_model_and_hold_no_values() -> None:
    results = read_results(
        [
            {"unique_id": "model.a", "status": "success"},
            {"unique_id": "test.a1", "status": "pass", "failures": 0},
            {"unique_id": "test.a2", "status": "fail", "failures": 3, "message": "member 123-45-6789"},
            {"unique_id": "model.b", "status": "error", "message": "value 123-45-6789 is no date"},
        ],
        {"nodes": NODES},
    )
    assert results["a"].is_built
    assert not results["a"].is_good
    assert results["a"].tests_passed == 1
    assert results["a"].failures == ["test a2 fail, 3 rows"]
    assert results["b"].failures == ["dbt model error"]
    assert "123" not in str(results)


def test_a_skipped_test_or_model_is_a_failure() -> None:
    results = read_results(
        [{"unique_id": "model.b", "status": "skipped"}, {"unique_id": "test.a1", "status": "skipped"}],
        {"nodes": NODES},
    )
    assert not results["b"].is_good
    assert results["a"].failures == ["test a1 skipped"]
