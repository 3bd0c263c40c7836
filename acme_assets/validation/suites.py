"""The suite of each mart: what must hold of its rows, as pandera schemas, and what is added up while they pass by.

Says what `dbt_project/models/marts` promises, and what held of every client's data when it was declared. Types,
"not null" and "not negative" follow from the list of marts. What does not belong here: checks on several marts
(`agreements.py`) and on several nights (`drift.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

import pandera.polars as pa
import polars as pl

from acme_assets.nights.marts import MARTS, ColumnType, Mart
from acme_assets.validation.tuning import NUMERIC, PAID_AND_ALLOWED, columns_of
from client_partitions.validation import MartTuning

_TYPES: dict[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "date": pl.Date(),
    "count": pl.Int64(),
    "amount": pl.Decimal(18, 4),
    "rate": pl.Decimal(18, 6),
}

WITHIN_BOUNDS = "within bounds"
NO_ROW_TWICE = "no two rows of one grain"

_RATE_TOLERANCE = 1e-6
"""One unit in a rate's last place; a relative 1e-12 beside it is for the double precision of the comparison."""


@dataclass(frozen=True)
class Tally:
    """A column's values by another column's, of which there are few: months, claim types."""

    key: str
    value: str
    how: Literal["sum", "same"]
    """sum: the total per key. same: all rows of a key must have one value, which is kept."""


@dataclass(frozen=True)
class Suite:
    """What is declared of one mart."""

    mart: str
    checks: Mapping[str, tuple[pa.Check, ...]]
    """Column to what each of its values must meet; nulls are left to `nullable`."""
    relations: tuple[pa.Check, ...] = ()
    """What the columns of each row must meet together."""
    nullable: frozenset[str] = frozenset()
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def declared(self) -> Mart:
        """The mart in the list of marts."""
        return MARTS[self.mart]


def _text(pattern: str, name: str) -> pa.Check:
    return pa.Check.str_matches(pattern, name=name, n_failure_cases=1)


def _one_of(*values: str) -> pa.Check:
    return pa.Check.isin(values, name=f"one of {', '.join(values)}", n_failure_cases=1)


def _at_least(lowest: int) -> pa.Check:
    return pa.Check.ge(lowest, name="not negative" if lowest == 0 else f"at least {lowest}", n_failure_cases=1)


def _rows(name: str, condition: pl.Expr) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(condition), name=name, n_failure_cases=1)


def _not_above(lower: str, upper: str) -> pa.Check:
    return _rows(f"{lower} not above {upper}", pl.col(lower) <= pl.col(upper))


def _rate(rate: str, part: str, per: str, times: int = 1) -> tuple[pa.Check, ...]:
    expected = pl.col(part).cast(pl.Float64) * times / pl.col(per)
    off = (pl.col(rate).cast(pl.Float64) - expected).abs()
    return (
        _rows(f"{rate} is null exactly where {per} is 0", pl.col(rate).is_null() == (pl.col(per) == 0)),
        _rows(
            f"{rate} is {part} per {per}",
            (pl.col(per) == 0) | (off <= _RATE_TOLERANCE + expected.abs() * 1e-12),
        ),
    )


_MONTH = _text(r"^[0-9]{4}-(0[1-9]|1[0-2])$", "YYYY-MM")
_MONTH_OR_UNKNOWN = _text(r"^([0-9]{4}-(0[1-9]|1[0-2])|unknown)$", "YYYY-MM or unknown")
_MONTHLY_COVER = Tally("year_month", "member_months", "same")

SUITES: dict[str, Suite] = {
    suite.mart: suite
    for suite in (
        Suite(
            "member_months",
            checks={"year_month": (_MONTH,), "member_months": (_at_least(1),)},
            relations=(
                _rows(
                    "year_month not after the business date",
                    pl.col("year_month") <= pl.col("business_date").dt.strftime("%Y-%m"),
                ),
            ),
            tallies={"cover": Tally("year_month", "member_months", "sum")},
        ),
        Suite(
            "pmpm",
            checks={
                "year_month": (_MONTH_OR_UNKNOWN,),
                "claim_type": (_one_of("professional", "institutional", "undetermined", "pharmacy", "unknown"),),
            },
            relations=_rate("paid_pmpm", "paid_amount", per="member_months"),
            nullable=frozenset({"paid_pmpm"}),
            tallies={
                "cover": _MONTHLY_COVER,
                "paid": Tally("claim_type", "paid_amount", "sum"),
                "allowed": Tally("claim_type", "allowed_amount", "sum"),
            },
        ),
        Suite(
            "utilization",
            checks={
                "year_month": (_MONTH_OR_UNKNOWN,),
                "service_category": (
                    _one_of(
                        *("inpatient", "hospice", "skilled_nursing", "home_health", "emergency"),
                        *("outpatient", "office", "other", "unknown"),
                    ),
                ),
            },
            relations=_rate("claims_per_1000_member_months", "claims", per="member_months", times=1000),
            nullable=frozenset({"claims_per_1000_member_months"}),
            tallies={"cover": _MONTHLY_COVER},
        ),
        Suite(
            "pharmacy_spend",
            checks={
                "year_month": (_MONTH,),
                "drug_code_type": (_one_of("ndc", "rxnorm", "source", "unknown"),),
                "claims": (_at_least(1),),
                "members": (_at_least(1),),
            },
            relations=(_not_above("members", "claims"),),
        ),
        Suite(
            "lab_volume",
            checks={
                "year_month": (_MONTH_OR_UNKNOWN,),
                "component_type": (_one_of("loinc", "snomed-ct", "unknown"),),
                "results": (_at_least(1),),
                "members": (_at_least(1),),
            },
            relations=(_not_above("members", "results"),),
        ),
        Suite("provider_panel", checks={}, nullable=frozenset({"npi", "specialty", "practice_affiliation"})),
    )
}


def frame_types(mart: Mart) -> dict[str, pl.DataType]:
    """The columns of the frames that a suite is run on: client_id, business_date and the mart's own, with types."""
    return {"client_id": pl.String(), "business_date": pl.Date()} | {
        name: _TYPES[kind] for name, kind in mart.columns.items()
    }


def bounds_of(mart: Mart, tuning: MartTuning) -> dict[str, tuple[Decimal | None, Decimal | None]]:
    """Column to the lowest and highest value that a row may have: amounts and rates from 0, but for the tuning."""
    from_zero: dict[str, tuple[Decimal | None, Decimal | None]] = {
        name: (Decimal(0), None) for name in columns_of(mart, ("amount", "rate"))
    }
    return from_zero | tuning.bounds


def _within(lowest: Decimal | None, highest: Decimal | None) -> pa.Check:
    def check(data: pa.PolarsData) -> pl.LazyFrame:
        value = pl.col(data.key).cast(pl.Decimal(38, 6))
        low = pl.lit(True) if lowest is None else value >= pl.lit(lowest, pl.Decimal(38, 6))
        high = pl.lit(True) if highest is None else value <= pl.lit(highest, pl.Decimal(38, 6))
        return data.lazyframe.select(low & high)

    return pa.Check(check, name=WITHIN_BOUNDS, n_failure_cases=1)


def row_schema(suite: Suite, client_id: str, business_date: date, tuning: MartTuning) -> pa.DataFrameSchema:
    """What each row of the mart must meet, on one client night. It checks; it changes nothing."""
    mart, bounds = suite.declared, bounds_of(suite.declared, tuning)
    checks = {name: list(suite.checks.get(name, ())) for name in mart.columns}
    checks["client_id"] = [pa.Check.eq(client_id, name="is this client", n_failure_cases=1)]
    checks["business_date"] = [pa.Check.eq(business_date, name="is this night", n_failure_cases=1)]
    for name in columns_of(mart, ("count",)):
        if not checks[name]:
            checks[name] = [_at_least(0)]
    for name in columns_of(mart, NUMERIC):
        if name in bounds:
            checks[name].append(_within(*bounds[name]))
    relations = list(suite.relations)
    if tuning.paid_within_allowed and mart.columns.keys() >= PAID_AND_ALLOWED:
        relations.append(
            _rows(
                "paid_amount not above allowed_amount where that is given",
                (pl.col("allowed_amount") == 0) | (pl.col("paid_amount") <= pl.col("allowed_amount")),
            )
        )
    return pa.DataFrameSchema(
        {
            name: pa.Column(dtype, checks[name], nullable=name in suite.nullable)
            for name, dtype in frame_types(mart).items()
        },
        checks=relations,
        name=suite.mart,
        strict=True,
        ordered=True,
    )
