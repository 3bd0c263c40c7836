"""A good night passes; each declared check fails when the one thing that it is about is wrong, and says how often."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pandera.config import ValidationDepth, config_context

from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from acme_assets.validation.measure import measure
from acme_assets.validation.suites import SUITES, frame_types
from acme_assets.validation.tuning import columns_of
from client_partitions.validation import MartTuning
from tests.validation.night import CLIENT, NIGHT, Break, Rows, failed, frame, good, judged

MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "marts"


def _set(mart: str, **values: Any) -> Break:
    """Another value in the first row."""

    def change(rows: Rows) -> None:
        rows[mart][0].update(values)

    return change


def _twice(mart: str) -> Break:
    def change(rows: Rows) -> None:
        rows[mart].append(dict(rows[mart][-1]))

    return change


def _none(mart: str) -> Break:
    def change(rows: Rows) -> None:
        rows[mart].clear()

    return change


def _breaks() -> dict[tuple[str, str], Break]:
    """Mart and check to what breaks it."""
    found: dict[tuple[str, str], Break] = {}
    for mart in MARTS.values():
        name, nullable = mart.name, SUITES[mart.name].nullable
        found |= {
            (name, f"{column}: not null"): _set(name, **{column: None})
            for column in frame_types(mart)
            if column not in nullable
        }
        found[name, "client_id: is this client"] = _set(name, client_id="somebody_else")
        found[name, "business_date: is this night"] = _set(name, business_date=date(2026, 1, 9))
        found |= {
            (name, f"{column}: within bounds"): _set(name, **{column: "-0.0001"})
            for column in columns_of(mart, ("amount", "rate"))
        }
        for column in columns_of(mart, ("count",)):
            lowest = "at least 1" if column in SUITES[name].checks else "not negative"
            found[name, f"{column}: {lowest}"] = _set(name, **{column: -1})
        found[name, "no two rows of one grain"] = _twice(name)
        found[name, "rows"] = _none(name)
    months = {"member_months": "YYYY-MM", "pharmacy_spend": "YYYY-MM"}
    for name in ("member_months", "pmpm", "utilization", "pharmacy_spend", "lab_volume"):
        form = months.get(name, "YYYY-MM or unknown")
        found[name, f"year_month: {form}"] = _set(name, year_month="2025-13")
    categories = "inpatient, hospice, skilled_nursing, home_health, emergency, outpatient, office, other, unknown"
    return found | {
        ("member_months", "year_month not after the business date"): _set("member_months", year_month="2026-02"),
        ("pmpm", "claim_type: one of professional, institutional, undetermined, pharmacy, unknown"): _set(
            "pmpm", claim_type="dental"
        ),
        ("pmpm", "paid_pmpm is null exactly where member_months is 0"): _set("pmpm", paid_pmpm=None),
        ("pmpm", "paid_pmpm is paid_amount per member_months"): _set("pmpm", paid_pmpm="6.666669"),
        ("pmpm", "paid_amount not above allowed_amount where that is given"): _set("pmpm", allowed_amount="19.9999"),
        ("pmpm", "member_months: one value per year_month"): _set("pmpm", member_months=2),
        ("pmpm", "months that member_months does not bear out"): _set("member_months", year_month="2025-11"),
        ("utilization", f"service_category: one of {categories}"): _set("utilization", service_category="spa"),
        ("utilization", "claims_per_1000_member_months is null exactly where member_months is 0"): _set(
            "utilization", claims_per_1000_member_months=None
        ),
        ("utilization", "claims_per_1000_member_months is claims per member_months"): _set("utilization", claims=1),
        ("utilization", "member_months: one value per year_month"): lambda rows: rows["utilization"].insert(
            1, rows["utilization"][0] | {"service_category": "other", "member_months": 2}
        ),
        ("utilization", "months that member_months does not bear out"): _set("utilization", member_months=5),
        ("utilization", "months whose members are not those of pmpm"): _set("utilization", member_months=2),
        ("pharmacy_spend", "drug_code_type: one of ndc, rxnorm, source, unknown"): _set(
            "pharmacy_spend", drug_code_type="gtin"
        ),
        ("pharmacy_spend", "members not above claims"): _set("pharmacy_spend", members=4),
        ("pharmacy_spend", "paid_amount not above allowed_amount where that is given"): _set(
            "pharmacy_spend", paid_amount="25.0001"
        ),
        ("pharmacy_spend", "paid_amount that pmpm lacks"): _set("pharmacy_spend", paid_amount="19.0000"),
        ("pharmacy_spend", "allowed_amount that pmpm lacks"): _set("pharmacy_spend", allowed_amount="26.0000"),
        ("lab_volume", "component_type: one of loinc, snomed-ct, unknown"): _set("lab_volume", component_type="local"),
        ("lab_volume", "members not above results"): _set("lab_volume", members=6),
    }


BREAKS = _breaks()


def test_a_good_night_passes() -> None:
    results = judged(good())
    assert list(results) == list(MARTS)
    assert failed(results) == {}
    assert {name: result.metrics["rows"] for name, result in results.items()} == {
        name: len(rows) for name, rows in good().items()
    }


@pytest.mark.parametrize(("mart", "check"), BREAKS, ids=map(" ".join, BREAKS))
def test_a_check_fails_when_what_it_is_about_is_wrong(mart: str, check: str) -> None:
    rows = good()
    BREAKS[mart, check](rows)
    result = failed(judged(rows))[mart, check]
    assert result.failed_rows in (1, None)
    assert result.failed_rows == 1 or result.measured is not None


def test_every_check_is_broken_by_one_of_these() -> None:
    declared = {
        (mart, check.name)
        for mart, result in judged(good()).items()
        for check in result.checks
        if not check.name.startswith("drift of ")
    }
    assert declared == set(BREAKS)


def test_a_check_counts_every_row_that_fails_it() -> None:
    rows = good()
    for row in rows["pmpm"]:
        row["claim_type"] = "dental"
    assert {check.failed_rows for check in failed(judged(rows)).values() if "one of" in check.name} == {5}


def test_totals_are_exact_and_rates_have_none() -> None:
    assert judged(good())["pmpm"].metrics == {
        "rows": Decimal(5),
        "member_months": Decimal(12),
        "paid_amount": Decimal("328.5"),
        "allowed_amount": Decimal("333"),
    }


def test_totals_past_the_reach_of_an_integer_are_exact() -> None:
    rows = good()
    for row in rows["lab_volume"]:
        row["results"] = 2**63 - 1
    assert judged(rows)["lab_volume"].metrics["results"] == 2 * (2**63 - 1)


ACROSS_ROWS = [
    (mart, check)
    for mart, check in BREAKS
    if check in ("no two rows of one grain", "rows", "months that member_months does not bear out")
    or "one value per" in check
]


def test_the_size_of_the_chunks_changes_nothing_of_a_good_night() -> None:
    assert judged(good(), size=1) == judged(good(), size=2) == judged(good())


@pytest.mark.parametrize(("mart", "check"), ACROSS_ROWS, ids=map(" ".join, ACROSS_ROWS))
def test_the_size_of_the_chunks_changes_nothing_of_what_takes_several_rows(mart: str, check: str) -> None:
    rows = good()
    BREAKS[mart, check](rows)
    assert judged(rows, size=1) == judged(rows)


def test_pandera_switched_off_switches_no_check_off() -> None:
    rows = good()
    rows["lab_volume"][0]["members"] = None
    with config_context(validation_enabled=False, validation_depth=ValidationDepth.SCHEMA_ONLY):
        chunk = frame(MARTS["lab_volume"], rows["lab_volume"])
        found = measure(SUITES["lab_volume"], [chunk], CLIENT.client_id, NIGHT, MartTuning())
    assert found.failed_rows["members: not null"] == 1


# --- the declarations, held against the dbt models


def _model(mart: str) -> dict[str, Any]:
    return yaml.safe_load(next(MODELS.glob(f"*/{mart}.yml")).read_text())["models"][0]


def test_every_mart_has_a_suite() -> None:
    assert list(SUITES) == list(MARTS)


@pytest.mark.parametrize("mart", MARTS)
def test_a_suite_lets_the_columns_be_null_that_the_dbt_model_does(mart: str) -> None:
    nullable = {
        column["name"]
        for column in _model(mart)["columns"]
        if {"type": "not_null"} not in column.get("constraints", [])
    }
    assert SUITES[mart].nullable == nullable
    assert SUITES[mart].checks.keys() <= MARTS[mart].columns.keys()
    assert list(frame_types(MARTS[mart])) == [*GRAIN_OF_EVERY_MART, *MARTS[mart].columns]


@pytest.mark.parametrize("mart", MARTS)
def test_a_suite_takes_the_values_that_the_dbt_model_does(mart: str) -> None:
    accepted = {
        column["name"]: [f"one of {', '.join(values['values'])}"]
        for column in _model(mart)["columns"]
        for test in column.get("data_tests", [])
        if "accepted_values" in test and (values := test["accepted_values"]["arguments"])
    }
    declared = {column: [check.name for check in SUITES[mart].checks[column]] for column in accepted}
    assert declared == accepted
