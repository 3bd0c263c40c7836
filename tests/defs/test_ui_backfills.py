"""Backfills from Dagster's UI: the same client nights by the assets' steps and by the work sensor's jobs end alike.

The UI starts a run for each partition of the selection, as the test does; a run over a range of them is refused.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance, Definitions, ExecuteInProcessResult, PartitionKeyRange

from acme_assets.defs.assemble import assemble
from acme_assets.defs.dbt import MANIFEST
from acme_assets.defs.jobs import config_of
from acme_assets.defs.stages import stage_jobs
from acme_assets.nights.facts import Stage
from acme_assets.nights.models import layer_of, models_of
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.partitions import client_night, client_nights, partition_key
from tests.several_nights import Several
from tests.world import ELIGIBILITY, INGRID, NIGHT, World

BEFORE, LAST = NIGHT - timedelta(days=2), NIGHT - timedelta(days=1)
RAW = ("raw/eligibility", "raw/pharmacy_claim")
MARTS = tuple(f"marts/{name}" for name in ("member_months", "pmpm", "pharmacy_spend", "lab_volume"))
NIGHTS = [(client_id, day) for client_id in ("one", "two") for day in (BEFORE, LAST)]

RANGES = {
    "over clients": (("one", BEFORE), ("two", BEFORE)),
    "over dates": (("one", BEFORE), ("one", LAST)),
    "over both": (("one", BEFORE), ("two", LAST)),
}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    if not MANIFEST.is_file():
        from acme_assets.stack.prepare import dbt

        dbt(["parse"], {})
    return dict(json.loads(MANIFEST.read_text()))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture(params=RANGES)
def keys(request: pytest.FixtureRequest) -> list[str]:
    """The partitions of a range, as Dagster has them."""
    first, last = (partition_key(*night) for night in RANGES[request.param])
    partitions = client_nights(["one", "two"], NIGHT)
    return list(partitions.get_partition_keys_in_range(PartitionKeyRange(first, last)))


def several_of(warehouse: PostgresWarehouse, folder: Path) -> Several:
    """Four client nights, of which one lacks a file and one has a broken one."""
    several = Several(World(warehouse, folder))
    for night in NIGHTS:
        several.put_all(*night)
    (several.at("two", BEFORE).put("eligibility", ELIGIBILITY).with_name("pharmacy_claim.csv")).unlink()
    several.at("two", LAST).put("eligibility", "wrong,header\n1,2\n")
    several.notice()
    return several


def by_hand(monkeypatch: pytest.MonkeyPatch, several: Several, manifest: Mapping[str, Any]) -> None:
    """Marts by hand in place of dbt's."""
    nodes = {node["name"]: key for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}

    def run_dbt(arguments: Sequence[str]) -> list[dict[str, Any]]:
        variables = json.loads(arguments[-1])
        several.at(variables["client_id"], date.fromisoformat(variables["business_date"])).fill_marts()
        selected = arguments[arguments.index("--select") + 1].split()
        return [{"unique_id": nodes[name], "status": "success", "failures": None} for name in selected]

    monkeypatch.setattr("acme_assets.defs.marts.run_dbt", run_dbt)


def definitions_of(several: Several, manifest: dict[str, Any]) -> Definitions:
    return assemble(several.registry, manifest, {"platform": several.platform()}, today=NIGHT + timedelta(days=1))


def materialize(
    definitions: Definitions, instance: DagsterInstance, assets: Sequence[str], key: str | None, **tags: str
) -> ExecuteInProcessResult:
    selection = [AssetKey(asset.split("/")) for asset in assets]
    job = definitions.get_repository_def().get_implicit_job_def_for_assets(selection)
    assert job is not None
    return job.execute_in_process(
        partition_key=key, instance=instance, raise_on_error=False, asset_selection=selection, tags=tags
    )


def models_of_a_client(several: Several) -> tuple[str, ...]:
    """What somebody selects who wants whole nights built; one of them is another client's."""
    return tuple(f"{layer_of(name)}/{name}" for name in (*models_of(several.clients["one"].feeds), "utilization"))


def standing(several: Several) -> dict[tuple[str, date], tuple[Any, ...]]:
    """What the ledger has of each night, but for when, and by whom."""
    found = {}
    for client_id, day in NIGHTS:
        facts = several.at(client_id, day).facts()
        states = {feed: (item.state, item.rows_loaded) for feed, item in sorted(facts.deliveries.items())}
        live = facts.live_release.evidence_digest if facts.live_release else None
        built = {model.model: model.state for model in facts.models.values()}
        found[client_id, day] = (states, built, facts.candidate and facts.candidate.evidence_digest, live)
    return found


def seen(several: Several) -> list[tuple[str, date]]:
    return sorted({(row["client_id"], row["business_date"]) for row in several.home.visible()})


def sign(several: Several) -> None:
    for night in NIGHTS:
        found = several.at(*night)
        if found.present():
            found.approve(INGRID)


def sensors_way(several: Several, manifest: dict[str, Any], instance: DagsterInstance, keys: Sequence[str]) -> None:
    """The work sensor's jobs for these nights, stage by stage, releases asked for before anybody signed too."""
    jobs = {job.name: job for job in stage_jobs(manifest)}

    def run(stage: Stage, feeds: Sequence[str] = ()) -> None:
        nights = [client_night(key) for key in keys]
        orders = [{"client_id": c, "business_date": d.isoformat(), "key": "k", "feeds": list(feeds)} for c, d in nights]
        jobs[stage].execute_in_process(
            run_config=config_of(stage, orders), instance=instance, resources={"platform": several.platform()}
        )

    run("load", ("eligibility", "pharmacy_claim"))
    run("build")
    run("release")
    sign(several)
    run("release")


def test_a_backfill_of_a_range_loads_builds_and_refuses_as_the_sensors_runs_do(
    warehouse: PostgresWarehouse,
    postgres: Any,
    migrated: str,
    tmp_path: Path,
    manifest: dict[str, Any],
    instance: DagsterInstance,
    keys: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sensors = several_of(PostgresWarehouse(postgres.fresh_database(migrated)), tmp_path / "sensors")
    by_hand(monkeypatch, sensors, manifest)
    sensors_way(sensors, manifest, instance, keys)

    several = several_of(warehouse, tmp_path / "landing")
    by_hand(monkeypatch, several, manifest)
    definitions = definitions_of(several, manifest)
    models = models_of_a_client(several)
    is_whole = {key: client_night(key)[0] == "one" for key in keys}
    assert {key: materialize(definitions, instance, RAW, key).success for key in keys} == is_whole
    assert {key: materialize(definitions, instance, models, key).success for key in keys} == is_whole
    published = [f"published/{name.removeprefix('marts/')}" for name in MARTS]
    assert not materialize(definitions, instance, published, keys[0]).success, "nobody has signed"
    assert seen(several) == []
    sign(several)
    assert {key: materialize(definitions, instance, published, key).success for key in keys} == is_whole
    assert standing(several) == standing(sensors)
    assert seen(several) == seen(sensors) == sorted(client_night(key) for key in keys if is_whole[key])
    shown = instance.get_materialized_partitions(AssetKey(["published", "pmpm"]))
    assert shown == {key for key in keys if is_whole[key]}


def test_the_ui_starts_a_run_for_each_client_night(
    warehouse: PostgresWarehouse, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    definitions = definitions_of(Several(World(warehouse, tmp_path)), manifest)
    graph = definitions.get_repository_def().asset_graph
    ours = [key for key in graph.materializable_asset_keys if key.path[0] in ("raw", "staging", "marts", "published")]
    assert len(ours) > 20
    assert {graph.get(key).backfill_policy for key in ours} == {None}


@pytest.mark.parametrize("assets", [RAW[:1], MARTS[:1], ("published/pmpm",)])
def test_a_run_over_a_range_of_client_nights_is_refused_and_does_nothing(
    warehouse: PostgresWarehouse,
    tmp_path: Path,
    manifest: dict[str, Any],
    instance: DagsterInstance,
    assets: Sequence[str],
) -> None:
    several = several_of(warehouse, tmp_path / "landing")
    before = several.home.actions()
    first, last = (partition_key(*night) for night in RANGES["over both"])
    result = materialize(
        definitions_of(several, manifest),
        instance,
        assets,
        None,
        **{"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
    )
    assert not result.success
    why = " ".join(str(event.event_specific_data) for event in result.all_events if event.is_step_failure)
    assert "a run is for one client night; launch the backfill with a run for each partition" in why
    assert several.home.actions() == before
