"""A feed's pandera schema as Polars expressions, for one pass over rows of which most are good.

The expressions are pandera's own: each check is asked for the one that it would evaluate. What a check makes of null
is applied as pandera does.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import pandera.backends.polars.builtin_checks  # noqa: F401 - pandera itself registers them at its first validation
import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.errors import SchemaErrors

from acme_assets.contracts.schemas import schema

REQUIRED = "required"
IS_REQUIRED = "is empty, and the contract requires it"


@dataclass(frozen=True)
class Rule:
    """One rule on one column."""

    name: str
    column: str
    reason: str
    """What is said of a row that breaks it, after the column's name."""
    broken: pl.Expr
    """True on rows that break it, never null."""


@cache
def compiled(feed: str) -> tuple[Rule, ...]:
    """The rules of a feed's contract, column by column, as pandera applies them.

    Raises:
        NotImplementedError: a check is of a kind that has no expression.
    """
    return tuple(rule for name, column in schema(feed).columns.items() for rule in _rules(name, column))


def _rules(name: str, column: pa.Column) -> list[Rule]:
    rules = [] if column.nullable else [Rule(REQUIRED, name, IS_REQUIRED, pl.col(name).is_null())]
    for check in column.checks:
        broken = _expression(name, check).not_().fill_null(not check.ignore_na)
        rules.append(Rule(str(check.name), name, f"is not: {check.name}", broken))
    return rules


class _Recorder:
    """Stands in for the frame that a check selects from, and gives back what it selects."""

    def select(self, expression: pl.Expr) -> pl.Expr:
        return expression


def _expression(name: str, check: pa.Check) -> pl.Expr:
    kwargs: dict[str, Any] = check._check_kwargs
    recorded = None if check.element_wise else check._check_fn(PolarsData(_Recorder(), name), **kwargs)  # type: ignore[arg-type]
    if not isinstance(recorded, pl.Expr):
        raise NotImplementedError(f"{name}: the check {check.name!r} is no single expression; write it as one")
    return recorded


def judged_by_pandera(feed: str, canonical: pl.DataFrame) -> set[tuple[int, str, str]]:
    """The place, column and rule of each failure that pandera itself finds in rows with the contract's columns.

    Raises:
        AssertionError: a column does not come as the contract's type.
    """
    contract = schema(feed)
    try:
        contract.validate(canonical, lazy=True)
    except SchemaErrors as errors:
        found = set()
        for case in errors.failure_cases.drop("failure_case").iter_rows(named=True):
            column, place = case["column"], case["index"]
            if place is None:
                raise AssertionError(f"{feed}: {column} does not come as the contract's type") from None
            required = case["check"] == "not_nullable"
            found.add(
                (
                    place,
                    column,
                    REQUIRED if required else str(contract.columns[column].checks[case["check_number"]].name),
                )
            )
        return found
    return set()
