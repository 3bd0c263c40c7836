"""The compiled contract gives pandera's verdict, row by row, column by column and rule by rule, for every feed."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.contracts import compiled as module
from acme_assets.contracts.compiled import compiled, judged_by_pandera
from acme_assets.contracts.schemas import MONEY, schema
from client_partitions.feeds import FEEDS

Check = Callable[..., Any]

ODD = [
    "",
    " ",
    "line",
    "LINE",
    "male",
    "2026-01",
    "2026-1",
    "x2026-01",
    "2026-01\n",
    "\u0662\u0660\u0662\u0666-01",
    "ndc",
]


def value_of(column: pa.Column) -> st.SearchStrategy[Any]:
    """Good values of a column and bad ones."""
    allowed = [value for check in column.checks for value in check.statistics.get("allowed_values", [])]
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        pl.String(): st.sampled_from([*ODD, *allowed]) | st.text(max_size=6),
        pl.Int64(): st.integers(-2, 2) | st.integers(-(2**63), 2**63 - 1),
        pl.Date(): st.dates(date(1000, 1, 1)),
        MONEY: st.integers(-(10**17), 10**17).map(lambda number: Decimal(number).scaleb(-4)),
    }
    times = st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1)).map(lambda time: time.replace(tzinfo=UTC))
    return st.none() | kinds.get(column.dtype.type, times)


def frames(feed: str) -> st.SearchStrategy[pl.DataFrame]:
    columns = schema(feed).columns
    types = {name: column.dtype.type for name, column in columns.items()}
    row = st.tuples(*(value_of(column) for column in columns.values()))
    return st.lists(row, min_size=1, max_size=5).map(lambda rows: pl.DataFrame(rows, schema=types, orient="row"))


@pytest.mark.parametrize("feed", FEEDS)
def test_the_verdicts_are_the_same(feed: str) -> None:
    @given(frame=frames(feed))
    @settings(max_examples=40, deadline=None, database=None)
    def same(frame: pl.DataFrame) -> None:
        found = {
            (at, rule.column, rule.name)
            for rule in compiled(feed)
            for at, broken in enumerate(frame.select(rule.broken).to_series())
            if broken
        }
        assert found == judged_by_pandera(feed, frame)

    same()


def test_every_rule_of_every_feed_is_compiled() -> None:
    for feed in FEEDS:
        declared = [
            (name, str(check.name)) for name, column in schema(feed).columns.items() for check in column.checks
        ] + [(name, "required") for name, column in schema(feed).columns.items() if not column.nullable]
        assert sorted((rule.column, rule.name) for rule in compiled(feed)) == sorted(declared)


@pytest.mark.parametrize(
    "check",
    [
        pa.Check(lambda value: value > 0, element_wise=True, name="own"),
        pa.Check(lambda data: data.lazyframe.select(pl.col(data.key) > 0).collect().lazy(), name="own"),
    ],
)
def test_a_check_that_is_no_single_expression_is_refused_and_not_left_out(check: pa.Check) -> None:
    with pytest.raises((NotImplementedError, AttributeError)):
        module._expression("x", check)


def test_a_difference_from_pandera_breaks_the_check_off(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acme_assets.contracts.judging.judged_by_pandera", lambda *_: set())
    with pytest.raises(AssertionError, match="patient: pandera judges rows otherwise"):
        check("id,name,sex,born\n,Ada,F,1980-01-02\n")


def test_pandera_is_not_called_where_nothing_fails(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def called(*_: object) -> None:
        raise AssertionError("called")

    monkeypatch.setattr("acme_assets.contracts.judging.judged_by_pandera", called)
    assert check("id,name,sex,born\n1,Ada,F,1980-01-02\n").result.rows_loaded == 1
