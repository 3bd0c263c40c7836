"""The project says what the rest of the code says: marts, feeds, columns, asset keys."""

from typing import Any

from acme_assets.contracts.schemas import schema
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from client_partitions.feeds import FEEDS

CONTRACT_TYPES = {
    "text": "varchar",
    "date": "date",
    "count": "bigint",
    "amount": "numeric(18,4)",
    "rate": "numeric(18,6)",
}


def _feeds_read(manifest: dict[str, Any], unique_id: str) -> set[str]:
    if unique_id.startswith("source."):
        return {manifest["sources"][unique_id]["name"]}
    parents = manifest["nodes"][unique_id]["depends_on"]["nodes"]
    return set().union(*(_feeds_read(manifest, parent) for parent in parents))


def _tests_of(manifest: dict[str, Any], model: str) -> list[dict[str, Any]]:
    return [n for n in manifest["nodes"].values() if n.get("attached_node") == f"model.acme.{model}"]


def test_contract_of_each_mart_is_the_declared_one(compiled: Any) -> None:
    models = compiled.models()
    assert {name for name, model in models.items() if model["schema"] == "marts"} == set(MARTS)
    for mart in MARTS.values():
        model = models[mart.name]
        declared = {"client_id": "text", "business_date": "date", **mart.columns}
        assert model["config"]["contract"]["enforced"]
        columns = {name: column["data_type"] for name, column in model["columns"].items()}
        assert list(columns.items()) == [(name, CONTRACT_TYPES[dtype]) for name, dtype in declared.items()]


def test_each_mart_reads_the_declared_feeds(compiled: Any) -> None:
    for mart in MARTS.values():
        feeds = _feeds_read(compiled.manifest, f"model.acme.{mart.name}")
        assert feeds == {*mart.needs, *mart.needs_any, *mart.uses}, mart.name


def test_grain_of_every_model_is_tested(compiled: Any) -> None:
    for name in compiled.models():
        (grain,) = [
            test["test_metadata"]["kwargs"]["columns"]
            for test in _tests_of(compiled.manifest, name)
            if test["test_metadata"]["name"] == "unique_grain"
        ]
        assert tuple(grain[:2]) == GRAIN_OF_EVERY_MART
        if name in MARTS:
            assert tuple(grain[2:]) == MARTS[name].grain


def test_grain_columns_of_marts_are_never_null(compiled: Any) -> None:
    for mart in MARTS.values():
        columns = compiled.models()[mart.name]["columns"]
        for name in (*GRAIN_OF_EVERY_MART, *mart.grain):
            assert [constraint["type"] for constraint in columns[name]["constraints"]] == ["not_null"]


def test_staging_has_every_column_of_the_contract(compiled: Any) -> None:
    leading = ["client_id", "business_date", "delivery_id", "source_file", "source_row"]
    for feed in FEEDS:
        columns = list(compiled.models()[f"stg_{feed}"]["columns"])
        # the roster's rows of practices have become a column of the practitioners' rows
        expected = [name for name in schema(feed).columns if (feed, name) != ("practitioner", "record_type")]
        assert columns == leading + expected


def test_every_model_and_column_is_described(compiled: Any) -> None:
    documented = [*compiled.manifest["nodes"].values(), *compiled.manifest["sources"].values()]
    for node in documented:
        if node["resource_type"] in ("model", "source"):
            assert node["description"].strip(), node["unique_id"]
            for column in node["columns"].values():
                assert column["description"].strip(), (node["unique_id"], column["name"])


def test_sources_map_to_dagster_asset_keys(compiled: Any) -> None:
    raw = {s["name"]: s for s in compiled.manifest["sources"].values() if s["source_name"] == "raw"}
    assert set(raw) == set(FEEDS)
    for feed, source in raw.items():
        assert source["schema"] == "raw"
        assert source["meta"]["dagster"]["asset_key"] == ["raw", feed]


def test_models_are_rebuilt_by_client_night_and_never_dropped(compiled: Any) -> None:
    for model in compiled.models().values():
        config = model["config"]
        assert (config["materialized"], config["incremental_strategy"]) == ("incremental", "client_night")
        assert config["full_refresh"] is False
        assert model["schema"] in ("staging", "intermediate", "marts")


def test_number_of_data_tests_stays_moderate(compiled: Any) -> None:
    tests = [n for n in compiled.manifest["nodes"].values() if n["resource_type"] == "test"]
    assert len(tests) <= 45, "each runs for every client, every night"


def test_names_of_data_tests_are_short_enough_to_show(compiled: Any) -> None:
    names = [n["name"] for n in compiled.manifest["nodes"].values() if n["resource_type"] == "test"]
    assert max(map(len, names)) <= 60
