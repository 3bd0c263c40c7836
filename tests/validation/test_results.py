"""What a result says, and what it never says."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets.audit.canonical import canonical_json
from acme_assets.nights.marts import MARTS, ColumnType
from acme_assets.validation.results import CheckResult, SuiteResult
from tests.validation.night import CLIENT, NIGHT, Rows, good, judged


def test_a_body_is_plain_values_with_every_field() -> None:
    checks = (
        CheckResult("claims: not null", False, failed_rows=2),
        CheckResult("rows", True, measured=Decimal(5), allowed="at least 1"),
    )
    result = SuiteResult("pmpm", "staging", checks, {"rows": Decimal(5), "paid_amount": Decimal("1.50")}, None)
    assert json.loads(canonical_json(result.body())) == {
        "suite": "pmpm/staging",
        "mart": "pmpm",
        "stage": "staging",
        "passed": False,
        "checks": [
            {
                "name": "claims: not null",
                "passed": False,
                "failed_rows": 2,
                "measured": None,
                "allowed": None,
                "reason": None,
            },
            {
                "name": "rows",
                "passed": True,
                "failed_rows": None,
                "measured": "5",
                "allowed": "at least 1",
                "reason": None,
            },
        ],
        "metrics": {"rows": "5", "paid_amount": "1.50"},
        "drift": None,
    }
    assert result.failed_checks == checks[:1]


def test_a_suite_without_checks_has_not_passed() -> None:
    assert not SuiteResult("pmpm", "staging", (), {}, None).passed


def test_the_same_rows_give_the_same_body() -> None:
    once, again = (
        [canonical_json(result.body()) for result in judged(good(), size=size).values()] for size in (None, 1)
    )
    assert once == again


def test_reading_results_takes_no_pandera() -> None:
    script = "import sys, acme_assets.warehouse.validating; print('pandera' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


TEXTS = st.text("ΑΒΓΔΕΖΗΘΛΞ", min_size=6, max_size=12)
COUNTS = st.integers(-(10**14), 10**14).filter(lambda value: abs(value) > 10**9)
VALUES: dict[ColumnType, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "date": st.just(NIGHT),
    "count": COUNTS,
    "amount": COUNTS.map(lambda value: Decimal(value) / 10_000),
    "rate": COUNTS.map(lambda value: Decimal(value) / 1_000_000),
}


@st.composite
def nights(draw: st.DrawFn) -> Rows:
    """Two rows a mart of whatever their types hold; one of two is a value too few for a total to be it."""
    night: Rows = {}
    for mart in MARTS.values():
        night[mart.name] = [
            {"client_id": draw(st.sampled_from([CLIENT.client_id, "ΩΩΩΩΩΩ"])), "business_date": NIGHT}
            | {name: draw(st.none() | VALUES[kind]) for name, kind in mart.columns.items()}
            for _ in range(2)
        ]
    return night


def _values(rows: Rows) -> set[str]:
    """Each value of a row as a number's digits or as text, unless it is the column's only one: that is its total."""
    found = {"ΩΩΩΩΩΩ"}
    for mart in MARTS.values():
        for name, kind in mart.columns.items():
            given = [row[name] for row in rows[mart.name] if row[name] is not None]
            if kind in ("count", "amount") and (len(given) < 2 or 0 in (sum(given), *given)):
                continue
            found |= {f"{value:f}" if isinstance(value, Decimal) else str(value) for value in given}
    return found


@given(nights())
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_result_holds_a_value_of_a_row(rows: Rows) -> None:
    said = canonical_json([result.body() for result in judged(rows).values()])
    numbers = {_plain(number) for number in re.findall(r"-?\d+(?:\.\d+)?", said)}
    for value in _values(rows):
        assert value not in said or value.lstrip("-")[0].isdigit()
        assert _plain(value) not in numbers


def _plain(value: str) -> str:
    return value.rstrip("0").rstrip(".") if "." in value else value
