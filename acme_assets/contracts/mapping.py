"""Source text into canonical, typed columns, as a layout says. No value is rounded and none lost silently:
what a type cannot hold comes back as a failure of its row and column.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import polars as pl

from acme_assets.contracts.rows import RowFailure
from acme_assets.contracts.schemas import MONEY, schema
from client_partitions.feeds import Feed
from client_partitions.layout import FILE, LINE, ROW, ColumnMapping, Layout

TYPE = "type"
UNLISTED = "unlisted value"

_WHOLE = r"^[+-]?[0-9]+(\.0*)?$"
_AMOUNT = r"^[+-]?([0-9]+(\.[0-9]{0,4}0*)?|\.[0-9]{1,4}0*)$"
_FIRST_YEAR = 1000
"""`%Y` reads the year of 1/2/34 as 34. Such a date is none, so that the next format (`%y`) is tried."""

_REASONS: Mapping[pl.DataType, str] = {
    pl.Date(): "is no date by the layout's formats",
    pl.Int64(): "is no whole number",
    MONEY: "is no number of up to 14 digits and 4 decimal places",
}


def to_canonical(
    lines: pl.DataFrame, feed: Feed, layout: Layout, source_file: str, business_date: date
) -> tuple[pl.DataFrame, list[RowFailure]]:
    """The feed's columns in order and typed, and the values that could not be had."""
    clean = lines.with_columns(_clean(pl.col(name)) for name in layout.source_names)
    types = {name: column.dtype.type for name, column in schema(feed).columns.items()}
    texts: dict[str, pl.Expr] = {}
    unlisted: dict[str, pl.Expr] = {}
    for name in types:
        mapping = layout.columns.get(name)
        text = pl.lit(None, pl.String) if mapping is None else _source(mapping, source_file, business_date)
        if mapping is not None and mapping.map is not None:
            if mapping.default is None:
                unlisted[name] = text.is_not_null() & ~text.is_in(list(mapping.map))
            text = _mapped(text, mapping.map, mapping.default)
        elif mapping is not None and mapping.default is not None:
            text = text.fill_null(mapping.default)
        texts[name] = text
    as_text = clean.select(ROW).with_columns(clean.with_columns(**texts).select(*texts))
    typed = as_text.with_columns(typed_column(name, dtype, layout) for name, dtype in types.items())
    failures = [
        *_failed(clean.select(ROW, **unlisted), UNLISTED, dict.fromkeys(unlisted, "is not in the layout's map")),
        *_failed(*_lost(as_text, typed, types)),
    ]
    return typed, failures


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
            text = pl.coalesce(columns)
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
        dates = _first(text.str.to_date(form, strict=False) for form in formats or layout.date_formats)
        return (dates.dt.month_end() if mapping and mapping.month_end else dates).alias(name)
    if dtype == pl.Int64:
        whole = pl.when(text.str.contains(_WHOLE)).then(text.str.extract(r"^([+-]?[0-9]+)", 1))
        return whole.cast(pl.Int64, strict=False).alias(name)
    if dtype == MONEY:
        return pl.when(text.str.contains(_AMOUNT)).then(text).cast(MONEY, strict=False).alias(name)
    for zone, offset in layout.zone_names.items():
        text = text.str.replace(rf"\s*\b{zone}$", offset)
    forms = formats or layout.timestamp_formats
    return _first(_timestamp(text, form, layout.time_zone) for form in forms).alias(name)


def _first(times: Iterable[pl.Expr]) -> pl.Expr:
    return pl.coalesce(pl.when(time.dt.year() >= _FIRST_YEAR).then(time) for time in times)


def _timestamp(text: pl.Expr, form: str, time_zone: str) -> pl.Expr:
    if any(directive in form for directive in ("%z", "%:z", "%#z", "%+")):
        return text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    local = text.str.to_datetime(form, strict=False, time_unit="us")
    if form.endswith("Z"):
        return local.dt.replace_time_zone("UTC")
    zoned = local.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")


def _lost(
    texts: pl.DataFrame, typed: pl.DataFrame, types: Mapping[str, pl.DataType]
) -> tuple[pl.DataFrame, str, dict[str, str]]:
    masks = {name: texts[name].is_not_null() & typed[name].is_null() for name in types}
    text_reason = "holds a NUL character, which no text column takes"
    reasons = {
        name: text_reason if dtype == pl.String else _REASONS.get(dtype, "is no time by the layout's formats")
        for name, dtype in types.items()
    }
    return texts.select(ROW).with_columns(**masks), TYPE, reasons


def _failed(masks: pl.DataFrame, rule: str, reasons: Mapping[str, str]) -> Iterator[RowFailure]:
    """A failure per line and column that is true in `masks`."""
    for name, reason in reasons.items():
        if masks[name].any():
            for row in masks.filter(pl.col(name))[ROW]:
                yield RowFailure(row, rule, name, reason)
