"""A build replaces one client night, whole, and nothing else."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import psycopg2
import pytest

from acme_assets.nights.marts import MARTS

NIGHT = "2026-02-10"
NEXT_NIGHT = "2026-02-11"

SOUTH = {"eligibility": "south-eligibility-1", "pharmacy_claim": "south-pharmacy-1"}
NEXT_NIGHT_OF_SOUTH = ("acme_south", NEXT_NIGHT, SOUTH)

TABLES = (
    "staging.stg_eligibility",
    "staging.stg_medical_claim",
    "staging.stg_pharmacy_claim",
    "staging.stg_practitioner",
    "intermediate.int_member_months",
    "intermediate.int_claim_spend",
    *(f"marts.{name}" for name in MARTS),
)


@pytest.fixture(scope="module")
def next_night(built: Any) -> Any:
    """One more night of acme south, from the same deliveries; the tests change it, the last one for good."""
    assert built.build(*NEXT_NIGHT_OF_SOUTH) == ""
    return built


def all_rows(warehouse: Any, client_id: str, business_date: str) -> dict[str, list[tuple[Any, ...]]]:
    return {table: warehouse.rows(table, client_id, business_date) for table in TABLES}


def test_same_inputs_give_identical_rows(built: Any, north: Mapping[str, str]) -> None:
    before = all_rows(built, "acme_north", NIGHT)
    assert all(before.values())
    assert built.build("acme_north", NIGHT, north) == ""
    assert all_rows(built, "acme_north", NIGHT) == before


def test_nights_built_at_once_equal_a_night_built_alone(built: Any, next_night: Any) -> None:
    for name in MARTS:
        assert built.mart(name, "acme_south", NIGHT) == built.mart(name, "acme_south", NEXT_NIGHT)


def test_deployment_run_leaves_rows_alone(next_night: Any) -> None:
    before = next_night.mart("member_months", "acme_south", NEXT_NIGHT)
    assert next_night.dbt("run", "--empty", "--select", "member_months", night=NEXT_NIGHT_OF_SOUTH) == ""
    assert next_night.mart("member_months", "acme_south", NEXT_NIGHT) == before


def test_tables_have_the_declared_columns(built: Any) -> None:
    found: dict[str, set[str]] = {}
    for schema, table, column in built.query(
        "select table_schema, table_name, column_name from information_schema.columns"
        " where table_schema in ('staging', 'intermediate', 'marts')"
    ):
        found.setdefault(f"{schema}.{table}", set()).add(column)
    models = [node for node in built.runner.parsed.nodes.values() if node.resource_type == "model"]
    assert found == {f"{model.schema}.{model.name}": set(model.columns) for model in models}


def test_deployment_refuses_a_model_that_makes_a_column_it_does_not_declare(
    built: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = built.runner.parsed.nodes["model.acme.stg_eligibility"].columns
    monkeypatch.delitem(columns, "plan")
    problem = built.dbt("run", "--empty", "--select", "stg_eligibility")
    assert "its query makes the columns" in problem
    assert problem.count("plan") == 1


def test_deployment_refuses_a_mart_whose_types_are_not_those_of_its_contract(
    built: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = built.runner.parsed.nodes["model.acme.member_months"].columns["member_months"]
    monkeypatch.setattr(column, "data_type", "varchar")
    problem = built.dbt("run", "--empty", "--select", "member_months")
    assert "contract" in problem
    assert "member_months" in problem


def test_deployment_adds_a_column_that_a_table_lacks(next_night: Any) -> None:
    before = next_night.rows("staging.stg_eligibility", "acme_south", NEXT_NIGHT)
    next_night.query("alter table staging.stg_eligibility drop column data_source")
    assert "data_source" in next_night.dbt("run", "--select", "stg_eligibility", night=NEXT_NIGHT_OF_SOUTH)
    assert next_night.dbt("run", "--empty", "--select", "stg_eligibility") == ""
    assert next_night.dbt("run", "--select", "stg_eligibility", night=NEXT_NIGHT_OF_SOUTH) == ""
    assert next_night.rows("staging.stg_eligibility", "acme_south", NEXT_NIGHT) == before


def test_build_makes_a_table_that_is_missing(next_night: Any) -> None:
    before = next_night.mart("member_months", "acme_south", NEXT_NIGHT)
    next_night.query("alter table marts.member_months rename to elsewhere")
    try:
        assert next_night.dbt("run", "--select", "member_months", night=NEXT_NIGHT_OF_SOUTH) == ""
        assert next_night.mart("member_months", "acme_south", NEXT_NIGHT) == before
        next_night.query("drop table marts.member_months")
    finally:
        next_night.query("alter table marts.elsewhere rename to member_months")


def test_build_that_fails_halfway_leaves_the_earlier_rows(next_night: Any) -> None:
    before = next_night.mart("member_months", "acme_south", NEXT_NIGHT)
    next_night.query(
        "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;"
        " create trigger refuse before insert on marts.member_months execute function refuse()"
    )
    try:
        problem = next_night.dbt("run", "--select", "member_months", night=NEXT_NIGHT_OF_SOUTH)
    finally:
        next_night.query("drop function refuse cascade")
    assert "refused" in problem
    assert next_night.mart("member_months", "acme_south", NEXT_NIGHT) == before


def test_second_build_of_a_client_night_waits_for_the_first(next_night: Any) -> None:
    before = next_night.mart("member_months", "acme_south", NEXT_NIGHT)
    waited = threading.Event()

    def hold_until_the_second_waits() -> None:
        with psycopg2.connect(next_night.dsn) as first, first.cursor() as cursor:
            cursor.execute(
                "select pg_advisory_xact_lock(hashtext('marts.member_months'), hashtext(%s))",
                (f"acme_south {NEXT_NIGHT}",),
            )
            locked.set()
            for _ in range(600):
                if next_night.query("select 1 from pg_locks where locktype = 'advisory' and not granted"):
                    waited.set()
                    return
                time.sleep(0.1)

    locked = threading.Event()
    holder = threading.Thread(target=hold_until_the_second_waits)
    holder.start()
    assert locked.wait(10)
    assert next_night.dbt("run", "--select", "member_months", night=NEXT_NIGHT_OF_SOUTH) == ""
    holder.join()
    assert waited.is_set()
    assert next_night.mart("member_months", "acme_south", NEXT_NIGHT) == before


def test_data_test_fails_on_a_mart_that_lost_spend(next_night: Any) -> None:
    change = (
        "update marts.pmpm set paid_amount = paid_amount + %s where client_id = 'acme_south' and business_date = %s"
    )
    next_night.query(change, "-0.0001", NEXT_NIGHT)
    problem = next_night.dbt("test", "--select", "pmpm,test_type:data", night=NEXT_NIGHT_OF_SOUTH)
    next_night.query(change, "0.0001", NEXT_NIGHT)
    assert problem.startswith("pmpm_has_all_spend")


def test_feed_that_is_no_longer_delivered_takes_its_rows_with_it(next_night: Any) -> None:
    others = all_rows(next_night, "acme_north", NIGHT), all_rows(next_night, "acme_south", NIGHT)
    assert next_night.mart("pharmacy_spend", "acme_south", NEXT_NIGHT)
    assert next_night.build("acme_south", NEXT_NIGHT, {"eligibility": SOUTH["eligibility"]}) == ""
    assert next_night.rows("staging.stg_pharmacy_claim", "acme_south", NEXT_NIGHT) == []
    assert next_night.rows("intermediate.int_claim_spend", "acme_south", NEXT_NIGHT) == []
    assert next_night.mart("pharmacy_spend", "acme_south", NEXT_NIGHT) == {}
    assert next_night.mart("pmpm", "acme_south", NEXT_NIGHT) == {
        ("2026-02", "unknown"): ("2", "0.0000", "0.0000", "0.000000")
    }
    assert (all_rows(next_night, "acme_north", NIGHT), all_rows(next_night, "acme_south", NIGHT)) == others


def test_unit_tests_of_the_models_pass(warehouse: Any) -> None:
    assert warehouse.dbt("test", "--select", "test_type:unit") == ""


def test_freshness_of_raw_comes_from_the_ledger(warehouse: Any) -> None:
    assert warehouse.dbt("source", "freshness") == ""


def test_misspelt_feed_stops_the_build(warehouse: Any) -> None:
    problem = warehouse.build("acme_north", NIGHT, {"medical_claims": "north-medical-1"})
    assert "there is no feed medical_claims" in problem
