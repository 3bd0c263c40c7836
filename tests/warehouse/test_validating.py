"""Suites on a real database: which rows they read, what is recorded, and which nights a night is compared with."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from acme_assets.audit.canonical import canonical_json
from acme_assets.validation.results import CheckResult, Stage, SuiteResult
from acme_assets.warehouse.ledger import client_nights
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.suite_tables import suite_results
from acme_assets.warehouse.validating import record_suites, run_suites, trailing
from client_partitions.validation import MartTuning
from tests.world import MORNING, NIGHT, World, make_client

CLIENT_ID = "tiny_health"

MARTS: dict[str, list[dict[str, Any]]] = {
    "member_months": [
        {"year_month": "2026-02", "payer": "Acme", "member_months": 2},
        {"year_month": "2026-03", "payer": "Acme", "member_months": 2},
    ],
    "pmpm": [
        {
            "year_month": month,
            "claim_type": "pharmacy",
            "member_months": 2,
            "paid_amount": paid,
            "allowed_amount": "40",
            "paid_pmpm": rate,
        }
        for month, paid, rate in (("2026-02", "12.5", "6.25"), ("2026-03", "7.25", "3.625"))
    ],
    "pharmacy_spend": [
        {
            "year_month": month,
            "drug_code_type": "ndc",
            "drug_code": code,
            "claims": 1,
            "members": 1,
            "quantity": "30",
            "days_supply": 30,
            "paid_amount": paid,
            "allowed_amount": "40",
        }
        for month, code, paid in (("2026-02", "0001", "12.5"), ("2026-03", "0002", "7.25"))
    ],
    "lab_volume": [],
}


def fill(world: World, client_id: str = CLIENT_ID, business_date: date = NIGHT, release: str | None = None) -> None:
    """A good night in MARTS or, with a release, in PUBLISHED."""
    night = {"client_id": client_id, "business_date": business_date}
    with world.warehouse.begin() as connection:
        for mart, rows in MARTS.items():
            table = published_table(mart) if release else mart_table(mart)
            more = {"release_id": release} if release else {}
            for row in rows:
                connection.execute(insert(table).values(**night, **row, **more))


def add(world: World, mart: str, row: int = 0, release: str | None = None, **changes: Any) -> None:
    """Another row of a mart, much like one of the good night's."""
    table = published_table(mart) if release else mart_table(mart)
    night = {"client_id": CLIENT_ID, "business_date": NIGHT} | ({"release_id": release} if release else {})
    with world.warehouse.begin() as connection:
        connection.execute(insert(table).values(**{**night, **MARTS[mart][row], **changes}))


def judged(world: World, stage: Stage = "staging", subject: str = "core", **how: Any) -> dict[str, SuiteResult]:
    found = run_suites(world.warehouse, world.client, NIGHT, stage, subject=subject, **how)
    return {result.mart: result for result in found}


def failed(results: dict[str, SuiteResult]) -> list[tuple[str, str]]:
    return [(mart, check.name) for mart, result in results.items() for check in result.failed_checks]


# --- which rows are read


def test_the_candidate_is_judged_as_it_lies_in_marts(world: World) -> None:
    fill(world)
    results = judged(world)
    assert list(results) == list(MARTS)
    assert failed(results) == []
    assert results["pmpm"].suite == "pmpm/staging"
    assert results["pmpm"].metrics == {
        "rows": 2,
        "member_months": 4,
        "paid_amount": Decimal("19.75"),
        "allowed_amount": 80,
    }


def test_other_nights_and_other_clients_do_not_count(world: World) -> None:
    fill(world)
    before = judged(world)
    fill(world, "other_client")
    fill(world, business_date=NIGHT - timedelta(days=1))
    assert judged(world) == before


def test_what_is_wrong_with_a_row_is_found_whatever_the_chunks(world: World) -> None:
    fill(world)
    add(world, "pmpm", claim_type="dental", allowed_amount=1)
    results = judged(world)
    assert failed(results) == [
        ("pmpm", "claim_type: one of professional, institutional, undetermined, pharmacy, unknown"),
        ("pmpm", "paid_amount not above allowed_amount where that is given"),
    ]
    assert judged(world, chunk_rows=1) == judged(world, workers=1) == results


def test_a_mart_that_was_written_twice_is_found_whatever_the_order_of_its_rows(world: World) -> None:
    fill(world)
    fill(world)
    results = judged(world, chunk_rows=1)
    twice = {
        check.failed_rows for result in results.values() for check in result.failed_checks if "grain" in check.name
    }
    assert twice == {2}
    assert ("member_months", "no two rows of one grain") in failed(results)


def test_the_release_is_judged_as_it_lies_in_published(world: World) -> None:
    fill(world, release="r1")
    fill(world, release="r2")
    add(world, "pharmacy_spend", release="r2", drug_code="0003", members=9)
    assert failed(judged(world, "production", "r1")) == []
    assert ("pharmacy_spend", "members not above claims") in failed(judged(world, "production", "r2"))
    assert judged(world, "production", "r1")["pmpm"].suite == "pmpm/production"


def test_another_clients_row_in_a_release_fails(world: World) -> None:
    fill(world, release="r1")
    add(world, "member_months", release="r1", client_id="other_client", payer="Beta")
    assert failed(judged(world, "production", "r1")) == [("member_months", "client_id: is this client")]


def test_a_release_that_is_not_there_fails(world: World) -> None:
    assert ("pmpm", "rows") in failed(judged(world, "production", "gone"))


def test_the_clients_tuning_holds(world: World) -> None:
    fill(world)
    world.client = make_client(validation={"pmpm": {"required_totals": {"paid_amount": {"min": 20}}}})
    assert world.client.validation["pmpm"] == MartTuning.model_validate(
        {"required_totals": {"paid_amount": {"min": 20}}}
    )
    assert failed(judged(world)) == [("pmpm", "total of paid_amount")]


# --- what cannot be run


def test_a_mart_that_cannot_be_selected_fails_with_the_reason(world: World) -> None:
    fill(world)
    with world.warehouse.begin() as connection:
        connection.execute(text("DROP TABLE marts.lab_volume"))
    results = judged(world)
    (check,) = results["lab_volume"].checks
    assert (check.name, check.passed) == ("the suite runs", False)
    assert check.reason == "marts.lab_volume could not be read (UndefinedTable)"
    assert results["pmpm"].passed


def test_a_warehouse_that_does_not_answer_judges_nothing(world: World) -> None:
    dead = PostgresWarehouse("postgresql+psycopg2://postgres:@/acme?host=/nowhere")
    with pytest.raises(WarehouseUnavailable):
        run_suites(dead, world.client, NIGHT, "staging", subject="core")


# --- what is recorded


def result(mart: str = "pmpm", stage: Stage = "production", rows: int | None = 10, passed: bool = True) -> SuiteResult:
    metrics = {} if rows is None else {"rows": Decimal(rows), "paid_amount": Decimal(rows) / 4}
    return SuiteResult(mart, stage, (CheckResult("rows", passed),), metrics, None)


def record(
    world: World, results: Sequence[SuiteResult], subject: str, on: date = NIGHT, client: str = CLIENT_ID
) -> None:
    with world.warehouse.begin() as connection:
        record_suites(world.warehouse, connection, client, on, subject, results, MORNING)


def stored(world: World) -> list[dict[str, Any]]:
    with world.warehouse.begin() as connection:
        return [dict(row) for row in connection.execute(select(suite_results)).mappings()]


def test_a_result_is_recorded_with_what_it_was_run_on(world: World) -> None:
    fill(world)
    results = judged(world)
    record(world, list(results.values()), "core")
    rows = {row["mart"]: row for row in stored(world)}
    assert list(rows) == list(MARTS)
    row = rows["pmpm"]
    assert (row["client_id"], row["business_date"], row["stage"], row["subject"]) == (
        CLIENT_ID,
        NIGHT,
        "staging",
        "core",
    )
    assert (row["passed"], row["ran_at"]) == (True, MORNING)
    assert row["result"] == canonical_json(results["pmpm"].body()) == canonical_json(json.loads(row["result"]))


def test_recording_again_changes_nothing(world: World) -> None:
    record(world, [result(passed=False)], "r1")
    before = stored(world)
    record(world, [result(passed=True)], "r1")
    assert stored(world) == before
    record(world, [result(passed=True)], "r2")
    assert len(stored(world)) == 2


def test_what_is_recorded_cannot_be_edited(world: World) -> None:
    record(world, [result(passed=False)], "r1")
    with pytest.raises(DBAPIError, match="append-only"), world.warehouse.begin() as connection:
        connection.execute(update(suite_results).values(passed=True))


def test_running_suites_records_nothing(world: World) -> None:
    fill(world)
    judged(world)
    assert stored(world) == []


# --- the trailing nights


def days_ago(number: int) -> date:
    return NIGHT - timedelta(days=number)


def released(world: World, on: date, rows: int | None, release: str | None = None, client: str = CLIENT_ID) -> None:
    """A night whose live release was judged."""
    release = release or f"r-{on}"
    with world.warehouse.begin() as connection:
        connection.execute(insert(client_nights).values(client_id=client, business_date=on, live_release=release))
    record(world, [result(rows=rows)], release, on, client)


def rows_of(world: World, mart: str = "pmpm") -> list[int]:
    with world.warehouse.begin() as connection:
        history = trailing(connection, CLIENT_ID, NIGHT, ["pmpm", "lab_volume"])
    return [int(night["rows"]) for night in history.get(mart, ())]


def test_the_seven_latest_earlier_nights_count_the_latest_first(world: World) -> None:
    for number in range(-1, 10):
        released(world, days_ago(number), rows=100 + number)
    assert rows_of(world) == [101, 102, 103, 104, 105, 106, 107]
    assert rows_of(world, "lab_volume") == []


def test_nights_far_apart_count_as_well(world: World) -> None:
    released(world, days_ago(400), rows=1)
    released(world, days_ago(30), rows=2)
    assert rows_of(world) == [2, 1]


def test_totals_come_back_exact(world: World) -> None:
    released(world, days_ago(1), rows=3)
    with world.warehouse.begin() as connection:
        history = trailing(connection, CLIENT_ID, NIGHT, ["pmpm"])
    assert history["pmpm"] == [{"rows": Decimal(3), "paid_amount": Decimal("0.75")}]


def test_only_what_the_client_sees_now_counts(world: World) -> None:
    released(world, days_ago(1), rows=1, release="second")
    record(world, [result(rows=99)], "first", days_ago(1))
    released(world, days_ago(2), rows=None)
    released(world, days_ago(3), rows=3, client="other_client")
    record(world, [result(rows=99)], "withdrawn", days_ago(4))
    record(world, [result(stage="staging", rows=99)], f"r-{days_ago(5)}", days_ago(5))
    assert rows_of(world) == [1]


def test_a_marts_older_nights_count_where_another_mart_has_newer_ones(world: World) -> None:
    released(world, days_ago(1), rows=1)
    for number in range(2, 12):
        released(world, days_ago(number), rows=number)
        record(world, [result("lab_volume", rows=10 * number)], f"r-{days_ago(number)}", days_ago(number))
    assert rows_of(world, "lab_volume") == [20, 30, 40, 50, 60, 70, 80]


def test_a_night_is_held_against_its_trailing_nights(world: World) -> None:
    fill(world)
    for number in (1, 2, 3):
        released(world, days_ago(number), rows=20)
    results = judged(world)
    assert failed(results) == [("pmpm", "drift of rows"), ("pmpm", "drift of paid_amount")]
    assert results["pmpm"].drift is None  # of the other totals those nights have none
    assert "the median of 3 nights is 20" in [check.reason for check in results["pmpm"].checks]


# --- the night as a whole


def test_a_build_records_how_its_candidate_was_judged(world: World) -> None:
    world.deliver_all()
    outcome = world.build()
    assert {suite.suite for suite in outcome.suites} == {f"{mart}/staging" for mart in MARTS}
    assert {row["mart"]: row["passed"] for row in stored(world)} == {
        suite.mart: suite.passed for suite in outcome.suites
    }
