"""Source text into canonical, typed columns, as a layout says. No value is rounded and none lost silently:
what a type cannot hold comes back as a failure of its row and column.

Each type has one exact rule and, where that is dear, a quick one that never says otherwise but may pass: only what it
passes on is looked at by the exact one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from acme_assets.contracts.rows import RowBatch
from acme_assets.contracts.schemas import MONEY, schema
from client_partitions.feeds import Feed
from client_partitions.layout import FILE, LINE, ROW, ColumnMapping, Layout

TYPE = "type"
UNLISTED = "unlisted value"

_WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
_AMOUNT = r"^[+-]?([0-9]+(\.[0-9]{0,4}0*)?|\.[0-9]{1,4}0*)$"
_PLACES = 4
_FIRST_DAY = date(1000, 1, 1)
"""`%Y` reads the year of 1/2/34 as 34. Such a date is none, so that the next format (`%y`) is tried."""

_REASONS: Mapping[pl.DataType, str] = {
    pl.String(): "holds a NUL character, which no text column takes",
    pl.Date(): "is no date by the layout's formats",
    pl.Int64(): "is no whole number",
    MONEY: "is no number of up to 14 digits and 4 decimal places",
}
_NO_TIME = "is no time by the layout's formats"


@dataclass(frozen=True)
class Lost:
    """Values of one column that could not be had."""

    rule: str
    column: str
    reason: str
    mask: pl.Series
    """True on each line where that is so."""


class Mapper:
    """What a layout makes of one file's lines."""

    def __init__(self, feed: Feed, layout: Layout, source_file: str, business_date: date) -> None:
        self._layout = layout
        self._types = {name: column.dtype.type for name, column in schema(feed).columns.items()}
        self._texts: dict[str, pl.Expr] = {}
        self._unlisted: dict[str, pl.Expr] = {}
        self._own_nul = {name for name, mapping in layout.columns.items() if "\\u0000" in mapping.model_dump_json()}
        for name in self._types:
            mapping = layout.columns.get(name)
            if mapping is None:
                continue
            text = _source(mapping, source_file, business_date)
            if mapping.map is not None:
                if mapping.default is None:
                    self._unlisted[name] = (text.is_not_null() & ~text.is_in(list(mapping.map))).alias(name)
                text = _mapped(text, mapping.map, mapping.default)
            elif mapping.default is not None:
                text = text.fill_null(mapping.default)
            self._texts[name] = text.alias(name)

    def canonical(self, batch: RowBatch) -> tuple[pl.DataFrame, list[Lost]]:
        """`$row` and the feed's columns in order and typed, and the values that could not be had."""
        lines = batch.lines
        if not batch.tidy:
            lines = lines.with_columns(_clean(pl.col(name)) for name in self._layout.source_names)
        texts = lines.select(ROW, *self._texts.values())
        lost = [
            Lost(UNLISTED, mask.name, "is not in the layout's map", mask)
            for mask in lines.select(ROW, *self._unlisted.values()).drop(ROW)
            if mask.any()
        ]
        typed = self._quick(texts, batch)
        nulls, nulls_in_text = (frame.null_count().row(0, named=True) for frame in (typed, texts))
        for name in self._texts:
            if nulls[name] > nulls_in_text[name]:
                text, quick = texts[name], typed[name]
                passed = pl.select(text.is_not_null() & quick.is_null()).to_series()
                exact = self._exact(text, quick, passed)
                if exact is not None:
                    typed = typed.with_columns(exact)
                    passed &= exact.is_null()
                if passed.any():
                    lost.append(Lost(TYPE, name, _REASONS.get(self._types[name], _NO_TIME), passed))
        return typed, lost

    def _quick(self, texts: pl.DataFrame, batch: RowBatch) -> pl.DataFrame:
        """`$row` and every column as its type, or null where a quick rule is not sure."""
        columns: list[pl.Expr] = []
        sure: list[pl.Expr] = []
        for name, dtype in self._types.items():
            text = pl.col(name)
            if name not in self._texts:
                columns.append(pl.lit(None, dtype).alias(name))
            elif dtype == pl.String and batch.tidy and name not in self._own_nul:
                columns.append(text)
            elif dtype == pl.Date:
                mapping = self._layout.columns[name]
                columns.append(_date(text, (mapping.format or self._layout.date_formats)[0], mapping))
            elif dtype == pl.Int64:
                columns.append(text.cast(pl.Int64, strict=False))
            elif dtype == MONEY and not batch.exponents:
                columns.append(text.cast(MONEY, strict=False))
                places = text.str.len_bytes() - text.str.find(".", literal=True)
                sure.append((places <= _PLACES + 1).fill_null(True))
            else:
                columns.append(typed_column(name, dtype, self._layout))
        typed = texts.select(ROW, *columns)
        # Dates before the first, and amounts that were rounded.
        of_dates = (pl.col(name) >= _FIRST_DAY for name, dtype in typed.schema.items() if dtype == pl.Date)
        for is_sure in [*typed.select(*of_dates), *texts.select(*sure)]:
            if not is_sure.all():
                typed = typed.with_columns(pl.when(is_sure).then(pl.col(is_sure.name)).alias(is_sure.name))
        return typed

    def _exact(self, text: pl.Series, quick: pl.Series, passed: pl.Series) -> pl.Series | None:
        """The values, where the quick rule passed on some; None where the exact one has no more."""
        dtype = self._types[text.name]
        rest = text.filter(passed).to_frame().select(typed_column(text.name, dtype, self._layout)).to_series()
        if rest.null_count() == rest.len():
            return None
        aligned = rest.gather((passed.cum_sum().cast(pl.Int64) - 1).clip(0))
        return quick.zip_with(~passed, aligned)


def _clean(text: pl.Expr) -> pl.Expr:
    stripped = text.str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _source(mapping: ColumnMapping, source_file: str, business_date: date) -> pl.Expr:
    if mapping.value is not None:
        text = pl.lit(mapping.value)
    elif mapping.business_date is not None:
        text = pl.lit(business_date.strftime(mapping.business_date))
    elif mapping.row_number:
        text = _named(ROW, source_file)
    elif mapping.line_number:
        text = _named(LINE, source_file)
    else:
        columns = [_named(name, source_file) for name in mapping.names]
        if mapping.join:
            parts = [pl.lit(part[1:]) if part.startswith("=") else _named(part, source_file) for part in mapping.join]
            text = pl.concat_str(parts, separator=mapping.with_)
        elif mapping.hash:
            framed = pl.concat_str([_framed(column) for column in columns])
            text = framed.map_batches(_digests, return_dtype=pl.String, is_elementwise=True)
        else:
            text = columns[0] if len(columns) == 1 else pl.coalesce(columns)
    if mapping.extract is not None:
        text = _clean(text.str.extract(mapping.extract, 1))
    return text if mapping.zero_pad is None else text.str.zfill(mapping.zero_pad)


def _named(name: str, source_file: str) -> pl.Expr:
    if name == FILE:
        return pl.lit(source_file)
    return pl.col(name).cast(pl.String) if name in (ROW, LINE) else pl.col(name)


def _framed(text: pl.Expr) -> pl.Expr:
    """A value after its length, so that ("ab", "c") and ("a", "bc") differ; null as a dash."""
    return pl.concat_str([text.str.len_bytes().cast(pl.String), pl.lit(":"), text]).fill_null("-")


def _digests(texts: pl.Series) -> pl.Series:
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    return pl.Series(texts.name, digests, dtype=pl.String)


def _mapped(text: pl.Expr, values: Mapping[str, str | None], default: str | None) -> pl.Expr:
    listed = {old: new for old, new in values.items() if old != ""}
    mapped = text.replace_strict(list(listed), list(listed.values()), default=default, return_dtype=pl.String)
    return pl.when(text.is_null()).then(pl.lit(values.get(""), pl.String)).otherwise(mapped)


def typed_column(name: str, dtype: pl.DataType, layout: Layout) -> pl.Expr:
    """The text column of this name as its type; null where the text does not come as that."""
    text = pl.col(name)
    mapping = layout.columns.get(name)
    formats = mapping.format if mapping else None
    if dtype == pl.String:
        return pl.when(~text.str.contains("\0", literal=True)).then(text).alias(name)
    if dtype == pl.Date:
        dates = [_date(text, form, mapping) for form in formats or layout.date_formats]
        return pl.coalesce(pl.when(day >= _FIRST_DAY).then(day) for day in dates).alias(name)
    if dtype == pl.Int64:
        whole = pl.when(text.str.contains(_WHOLE)).then(text.str.extract(r"^([+-]?[0-9]+)", 1))
        return whole.cast(pl.Int64, strict=False).alias(name)
    if dtype == MONEY:
        return pl.when(text.str.contains(_AMOUNT)).then(text).cast(MONEY, strict=False).alias(name)
    for zone, offset in layout.zone_names.items():
        text = text.str.replace(rf"\s*\b{zone}$", offset)
    forms = formats or layout.timestamp_formats
    times = [_timestamp(text, form, layout.time_zone) for form in forms]
    return pl.coalesce(pl.when(time.dt.year() >= _FIRST_DAY.year).then(time) for time in times).alias(name)


def _date(text: pl.Expr, form: str, mapping: ColumnMapping | None) -> pl.Expr:
    found = text.str.to_date(form, strict=False, cache=False)
    return found.dt.month_end() if mapping and mapping.month_end else found


def _timestamp(text: pl.Expr, form: str, time_zone: str) -> pl.Expr:
    if any(directive in form for directive in ("%z", "%:z", "%#z", "%+")):
        return text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    local = text.str.to_datetime(form, strict=False, time_unit="us")
    if form.endswith("Z"):
        return local.dt.replace_time_zone("UTC")
    zoned = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
