"""Read a mart chunk by chunk and keep counts and totals alone: memory is bounded by the chunk, not by the mart."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.constants import CHECK_OUTPUT_KEY
from pandera.errors import SchemaDefinitionError, SchemaError, SchemaErrorReason, SchemaErrors, SchemaInitError
from polars.exceptions import PolarsError

from acme_assets.validation.suites import NO_ROW_TWICE, Suite, Tally, row_schema
from acme_assets.validation.tuning import TOTALLED, columns_of
from client_partitions.validation import MartTuning

_COUNTS_ROWS = (SchemaErrorReason.DATAFRAME_CHECK, SchemaErrorReason.SERIES_CONTAINS_NULLS)


class CannotRun(Exception):
    """A suite could not be run, and so counts as failed. The text says why, without a value of a row."""


@dataclass(frozen=True)
class Measured:
    """What one pass over a mart gave."""

    rows: int
    totals: Mapping[str, Decimal]
    """Column to its total: of counts and amounts. Nulls count as zero."""
    failed_rows: Mapping[str, int]
    """Every check on rows, in order, to the rows that do not meet it."""
    tallies: Mapping[str, Mapping[str, Decimal]]
    """As the suite declares them; of a `same` tally the first value of each key."""

    @property
    def metrics(self) -> dict[str, Decimal]:
        """`rows` and the totals by name."""
        return {"rows": Decimal(self.rows), **self.totals}


def measure(
    suite: Suite, chunks: Iterable[pl.DataFrame], client_id: str, business_date: date, tuning: MartTuning
) -> Measured:
    """Run the suite's checks on rows, and add up.

    Args:
        chunks: the mart's rows of the client night as `frame_types` has them, rows of one grain next to each other.

    Raises:
        CannotRun: rows do not come as the mart's columns, or a check broke on them.
    """
    pass_over = _Pass(suite, row_schema(suite, client_id, business_date, tuning))
    try:
        for chunk in chunks:
            pass_over.add(chunk)
    except (PolarsError, SchemaDefinitionError, SchemaInitError, ArithmeticError, TypeError, ValueError) as error:
        # Its text may quote a value.
        raise CannotRun(f"{suite.mart} could not be read and checked ({type(error).__name__})") from None
    return pass_over.result()


class _Pass:
    """The state of one pass."""

    def __init__(self, suite: Suite, schema: pa.DataFrameSchema) -> None:
        self._suite, self._schema = suite, schema
        self._grain = list(suite.declared.grain)
        self._rows = 0
        self._totals = dict.fromkeys(columns_of(suite.declared, TOTALLED), Decimal(0))
        self._failed = dict.fromkeys(_names(suite, schema), 0)
        self._tallies: dict[str, dict[str, Decimal]] = {name: {} for name in suite.tallies}
        self._last: pl.DataFrame | None = None

    def add(self, chunk: pl.DataFrame) -> None:
        for name, rows in _failures(self._schema, chunk):
            self._failed[name] += rows
        self._failed[NO_ROW_TWICE] += self._repeated(chunk)
        for name in self._totals:
            self._totals[name] += Decimal(chunk.select(_sum(chunk, name)).item())
        for name, tally in self._suite.tallies.items():
            self._count(self._tallies[name], tally, chunk)
        self._rows += chunk.height

    def _repeated(self, chunk: pl.DataFrame) -> int:
        """Rows with the grain of the row before them."""
        if not chunk.height:
            return 0
        keys = chunk.select(self._grain)
        before = keys.head(1).clear() if self._last is None else self._last
        keys = pl.concat([before, keys])
        same = keys.select(pl.all_horizontal(pl.all().eq_missing(pl.all().shift(1)))).to_series()
        self._last = keys.tail(1)
        return int(same[1:].sum())

    def _count(self, kept: dict[str, Decimal], tally: Tally, chunk: pl.DataFrame) -> None:
        if tally.how == "sum":
            for key, total in chunk.group_by(tally.key).agg(_sum(chunk, tally.value)).iter_rows():
                kept[str(key)] = kept.get(str(key), Decimal(0)) + Decimal(total)
            return
        for key, value, rows in chunk.group_by(tally.key, tally.value, maintain_order=True).len().iter_rows():
            found = Decimal(value or 0)
            if kept.setdefault(str(key), found) != found:
                self._failed[_one_value(tally)] += rows

    def result(self) -> Measured:
        return Measured(self._rows, self._totals, self._failed, self._tallies)


def _one_value(tally: Tally) -> str:
    return f"{tally.value}: one value per {tally.key}"


def _names(suite: Suite, schema: pa.DataFrameSchema) -> Iterator[str]:
    for name, column in schema.columns.items():
        if not column.nullable:
            yield f"{name}: not null"
        yield from (f"{name}: {check.name}" for check in column.checks)
    yield from (str(check.name) for check in schema.checks)
    yield NO_ROW_TWICE
    yield from (_one_value(tally) for tally in suite.tallies.values() if tally.how == "same")


def _sum(chunk: pl.DataFrame, column: str) -> pl.Expr:
    """Exact: whole numbers are added up as wide as decimals are."""
    value = pl.col(column)
    return (value if chunk.schema[column].is_decimal() else value.cast(pl.Int128)).sum()


def _failures(schema: pa.DataFrameSchema, chunk: pl.DataFrame) -> Iterator[tuple[str, int]]:
    """Check by name to the rows that do not meet it.

    Raises:
        CannotRun: a column is missing or has another type, or a check broke.
    """
    try:
        # Whatever PANDERA_VALIDATION_ENABLED and _DEPTH are set to: a check that is left out would pass.
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(chunk, lazy=True)
    except SchemaErrors as errors:
        for error in errors.schema_errors:
            yield _name_of(error), _failed_rows(error)


def _name_of(error: SchemaError) -> str:
    column = f"{error.schema.name}: " if isinstance(error.schema, pa.Column) else ""
    return f"{column}not null" if isinstance(error.check, str) else f"{column}{error.check.name}"


def _failed_rows(error: SchemaError) -> int:
    if error.reason_code not in _COUNTS_ROWS or not isinstance(error.check_output, pl.DataFrame):
        reason = error.reason_code.name.lower() if error.reason_code else "unknown"
        raise CannotRun(f"{error.schema.name}: a check could not be made of it ({reason})")
    return int((~error.check_output[CHECK_OUTPUT_KEY]).sum())
