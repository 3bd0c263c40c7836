"""What dbt compiles for production is SQL that Snowflake's grammar takes, and reads one client night."""

from typing import Any

import sqlglot
from sqlglot import exp

THIS_NIGHT = "client_id = 'acme_north' and business_date = cast('2026-02-10' as date)"


def test_every_model_and_test_parses(compiled: Any) -> None:
    for name, node in compiled.manifest["nodes"].items():
        (statement,) = sqlglot.parse(node["compiled_code"], read="snowflake")
        assert isinstance(statement, exp.Query), name


def test_every_data_test_looks_at_one_client_night(compiled: Any) -> None:
    nodes = {n["name"]: n for n in compiled.manifest["nodes"].values() if n["resource_type"] == "test"}
    for name, node in nodes.items():
        assert THIS_NIGHT in node["compiled_code"], name


def test_every_model_reads_one_client_night_or_delivery(compiled: Any) -> None:
    for name, model in compiled.models().items():
        reads = model["compiled_code"].count("from acme.")
        filters = model["compiled_code"].count(THIS_NIGHT)
        filters += model["compiled_code"].count("where client_id = 'acme_north' and delivery_id = 'north-")
        assert reads == filters > 0, name


def test_models_hold_nothing_that_differs_between_runs(compiled: Any) -> None:
    for name, model in compiled.models().items():
        for word in ("current_timestamp", "current_date", "now(", "getdate", "random", "uuid", "sysdate"):
            assert word not in model["compiled_code"].lower(), name


def test_client_night_is_replaced_in_one_transaction(compiled: Any) -> None:
    statements = [s for s in sqlglot.parse(compiled.strategy, read="snowflake") if s is not None]
    assert [type(s) for s in statements] == [exp.Transaction, exp.Delete, exp.Insert, exp.Commit]
    assert THIS_NIGHT in compiled.strategy
