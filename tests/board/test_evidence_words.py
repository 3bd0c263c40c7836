"""An evidence packet in words."""

import json
from decimal import Decimal
from typing import Any

import pytest

from acme_assets.audit.canonical import canonical_json
from acme_assets.board import evidence_words as words
from acme_assets.validation.drift import drift_checks
from acme_assets.validation.results import CheckResult, SuiteResult


def evidence(*checks: CheckResult, rows: int = 150, past: tuple[int, ...] = (), **changed: Any) -> dict[str, Any]:
    """Evidence as it is stored, of one mart with `rows` rows after nights of `past` rows."""
    metrics = {"paid_amount": Decimal("1234567.8900"), "rows": Decimal(rows)}
    drifts, drift = drift_checks(
        metrics, [{"rows": Decimal(night), "paid_amount": Decimal(1)} for night in past], Decimal("0.2")
    )
    suite = SuiteResult("pmpm", "staging", (*checks, *drifts), metrics, drift)
    stored: dict[str, Any] = json.loads(canonical_json({"suites": [suite.body()], **changed}))
    return stored


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (1234567, "1,234,567"), ("12.5000", "12.5"), ("100.0000", "100"), ("-3.20", "-3.2")],
)
def test_numbers_are_grouped_and_short(value: Any, text: str) -> None:
    assert words.number(value) == text


def test_a_total_stands_beside_its_trailing_nights() -> None:
    rows, paid = words.trends(evidence(past=(100, 90, 120)))
    assert (rows.metric, rows.value, rows.deviation, rows.passed) == ("rows", "150", "50 %", False)
    assert rows.beside == "the median of 3 nights is 100"
    assert (paid.metric, paid.value) == ("paid_amount", "1,234,567.89")


def test_without_enough_nights_it_says_so() -> None:
    rows, _ = words.trends(evidence(past=(100,)))
    assert (rows.deviation, rows.passed) == ("", True)
    assert rows.beside == "not enough history: 1 of 3 nights"


def test_what_failed_comes_first_with_what_was_found_and_allowed() -> None:
    good = CheckResult("year_month: not null", True, failed_rows=0)
    bad = CheckResult("paid_amount: within bounds", False, failed_rows=3, allowed="at least 0")
    lines = words.checks(evidence(good, bad, past=(100, 100, 100)))
    assert [(line.name, line.found, line.allowed) for line in lines[:3]] == [
        ("paid_amount: within bounds", "3 rows fail", "at least 0"),
        ("drift of paid_amount", "123,456,689 %", "at most 20 %"),
        ("drift of rows", "50 %", "at most 20 %"),
    ]
    assert [line.passed for line in lines] == [False, False, False, True]


def test_a_suite_that_could_not_run_says_why() -> None:
    broken = SuiteResult("pmpm", "staging", (CheckResult("the suite runs", False, reason="no such table"),), {}, None)
    stored = json.loads(canonical_json({"suites": [broken.body()]}))
    (line,) = words.checks(stored)
    assert (line.name, line.passed, line.reason) == ("the suite runs", False, "no such table")
    assert list(words.trends(stored)) == []


def test_changes_are_sentences() -> None:
    marts = {
        "pmpm": {"rows_before": 10, "rows_now": 12},
        "utilization": {"rows_before": 5, "rows_now": 5},
        "lab_volume": {"rows_before": None, "rows_now": 3},
    }
    changed = {"changes": {"since": "ab" * 32, "feeds": ["lab_result"], "marts": marts}}
    since = "since the candidate abababababab, which was signed last."
    assert words.changes(changed) == [
        f"lab_result was delivered anew {since}",
        f"pmpm had 10 rows and has 12 {since}",
        f"utilization has as many rows, 5, and other values {since}",
        f"lab_volume had no rows and has 3 {since}",
    ]
    assert words.changes({"changes": {"since": None, "feeds": [], "marts": {}}}) == [
        "No candidate of this client night was signed before."
    ]
    unchanged = {"changes": {"since": "ab" * 32, "feeds": [], "marts": {}}}
    assert "the waivers, overrides or suites did" in words.changes(unchanged)[0]
