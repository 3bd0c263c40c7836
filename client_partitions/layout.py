"""How a client's file becomes the canonical columns of its feed: layout as data, never code per client.

A layout says how to read a file into source rows (its format) and, per canonical column, where its value
comes from. The engine that applies it is `acme_assets.contracts`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BeforeValidator, Field, field_validator, model_validator

from client_partitions.file_format import FixedFormat, Format, JsonFormat, Strict, compile_path

FILE, ROW, LINE = "$file", "$row", "$line"
PLACES = frozenset({FILE, ROW, LINE})
"""Names that stand beside the source columns in `from`, `join` and `hash`: the file's path in the landing
zone, the source row's number in it (from 1) and the line's number in its row (1 where nothing explodes)."""

_SAMPLE = datetime(2021, 3, 24, 15, 16, 17, tzinfo=UTC)


class ColumnMapping(Strict):
    """Where one canonical column's value comes from. Exactly one source; then extract, zero_pad, map, default.

    In a JSON layout the names are JMESPaths against `{"record": …, "line": …}`. `join` and `hash` also
    take `$file`, `$row` and `$line`. White space around a value is dropped, and empty text is null. In
    YAML a plain string or list `x` is short for `{from: x}`.
    """

    from_: tuple[str, ...] | None = Field(None, alias="from", min_length=1)
    """Source column; of several, the first that is not empty."""
    value: str | None = Field(None, min_length=1)
    """A constant."""
    join: tuple[str, ...] | None = Field(None, min_length=1)
    """Source columns joined by `with`; null if any is empty. A name that starts with `=` is the text after it."""
    with_: str = Field("-", alias="with")
    hash: tuple[str, ...] | None = Field(None, min_length=1)
    """A stable id: 32 hex digits of the SHA-256 of the source columns, each after its length."""
    row_number: bool = False
    """The source row's number in its file, from 1."""
    line_number: bool = False
    """The line's number in its record (JSON `explode`), from 1."""
    business_date: str | None = Field(None, min_length=1)
    """The client night's business date, by this strftime format."""
    extract: str | None = None
    """A regular expression (https://docs.rs/regex) with one group: what it captures, null where it does
    not match."""
    zero_pad: int | None = Field(None, ge=1, le=20)
    """Leading zeros up to this length: those that a spreadsheet or a number column took from a code."""
    map: dict[str, str | None] | None = None
    """Source value to canonical value, `""` standing for null; a value not listed becomes `default`, or
    fails the contract by the rule "unlisted value". Null stays null where `""` is not listed."""
    default: str | None = Field(None, min_length=1)
    """What an unlisted value becomes under `map`, and what null becomes without one."""
    format: tuple[str, ...] | None = Field(None, min_length=1)
    """Date or time formats to try in order, instead of the layout's."""
    month_end: bool = False
    """For a date: the last day of its month, where the source tells only the month that a span ends in."""

    @model_validator(mode="before")
    @classmethod
    def _lists(cls, data: Any) -> Any:
        if isinstance(data, dict):
            data = {
                name: (item,) if name in ("from", "format") and isinstance(item, str) else item
                for name, item in data.items()
            }
        return data

    @field_validator("extract")
    @classmethod
    def _has_one_group(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            pl.Series([""]).str.extract(pattern, 1)
            groups = re.compile(pattern).groups
        except (pl.exceptions.ComputeError, re.error) as error:
            reason = str(error).split("error: ")[-1].splitlines()[0]
            raise ValueError(f"{pattern!r} is no regular expression that can be used here: {reason}") from None
        if groups != 1:
            raise ValueError(f"{pattern!r} has {groups} groups; mark what to keep with exactly one ( )")
        return pattern

    @field_validator("format")
    @classmethod
    def _are_formats(cls, formats: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return formats and tuple(_check_format(item) for item in formats)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = [
            self.from_ is not None,
            self.value is not None,
            self.join is not None,
            self.hash is not None,
            self.row_number,
            self.line_number,
            self.business_date is not None,
        ]
        if sum(sources) != 1:
            raise ValueError("give exactly one of from, value, join, hash, row_number, line_number, business_date")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every source column (or path) and place that the value is made of."""
        names = self.from_ or self.join or self.hash or ()
        return tuple(name for name in names if self.join is None or not name.startswith("="))


def _short_form(data: Any) -> Any:
    return {"from": data} if isinstance(data, str | list) else data


class Layout(Strict):
    """One kind of file of one client's feed."""

    format: Format
    columns: dict[str, Annotated[ColumnMapping, BeforeValidator(_short_form)]]
    """Canonical column to its source; a column that is not listed is null."""
    optional: tuple[str, ...] = ()
    """Source columns that only some of these files have; they are null in the others. Every other column
    that the layout names must be in the header, or the file is held. (JSON has no header: a path that
    leads nowhere is null.)"""
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Rows that belong to this feed: source column (or path from `record`) to its allowed values; `""`
    allows null.

    The other rows of the file are set aside as out of scope: counted and kept, no contract failure.
    """
    date_formats: tuple[str, ...] = Field(("%Y-%m-%d",), min_length=1)
    """Formats of dates, tried in order (https://docs.rs/chrono, `format::strftime`). A time of day that a
    format reads is left out of the date."""
    timestamp_formats: tuple[str, ...] = Field(("%Y-%m-%dT%H:%M:%SZ",), min_length=1)
    """The same for timestamps. A format that ends in a literal `Z` reads UTC."""
    time_zone: str = "UTC"
    """IANA zone of timestamps that carry none. A time that the zone skips fails the contract; of one that
    it has twice, the earlier is meant."""
    zone_names: dict[str, str] = Field(default_factory=dict)
    """Zone abbreviations that timestamps may end in, to their offsets (PST: "-0800"). They are no IANA
    names; a format with `%z` reads the offset in their place."""

    @field_validator("date_formats", "timestamp_formats")
    @classmethod
    def _are_formats(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_check_format(item) for item in formats)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no IANA time zone; write one such as America/Chicago") from None
        return name

    @field_validator("zone_names")
    @classmethod
    def _are_offsets(cls, names: dict[str, str]) -> dict[str, str]:
        for name, offset in names.items():
            if not re.fullmatch("[A-Z]{1,5}", name) or not re.fullmatch("[+-][0-2][0-9][0-5][0-9]", offset):
                raise ValueError(f'{name}: {offset}: write an abbreviation and its offset, such as PST: "-0800"')
        return names

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        named = {name for mapping in self.columns.values() for name in mapping.names} - PLACES
        if isinstance(self.format, JsonFormat):
            for where, path in self._paths():
                try:
                    compile_path(path)
                except ValueError as error:
                    raise ValueError(f"{where}: {error}") from None
            if self.optional:
                raise ValueError("optional: a JSON path that leads nowhere is null anyway; leave it out")
        elif isinstance(self.format, FixedFormat):
            if absent := [name for name in (*named, *self.where) if name not in self.format.fields]:
                raise ValueError(f"format.fields: lacks {', '.join(sorted(absent))}, which the layout names; add them")
            if self.optional:
                raise ValueError("optional: a fixed-width line has every field; leave it out")
        elif unused := [name for name in self.optional if name not in named and name not in self.where]:
            raise ValueError(f"optional: no column of the layout uses {', '.join(unused)}; leave it out")
        return self

    def _paths(self) -> Iterator[tuple[str, str]]:
        for column, mapping in self.columns.items():
            yield from ((f"columns.{column}", name) for name in mapping.names if name not in PLACES)
        yield from (("where", name) for name in self.where)

    @property
    def source_names(self) -> tuple[str, ...]:
        """Every source column (or path) that the canonical columns are made of, once, in order of use."""
        names = (name for mapping in self.columns.values() for name in mapping.names if name not in PLACES)
        return tuple(dict.fromkeys(names))


def _check_format(text: str) -> str:
    sample = pl.Series([_SAMPLE])
    try:
        written = sample.dt.strftime(text.replace("%#z", "%z"))
        read = written.str.to_datetime(text, strict=False, time_unit="us")
    except pl.exceptions.PolarsError:
        read = pl.Series([None], dtype=pl.Datetime("us"))
    if "%" not in text or read.dt.date().to_list() != [_SAMPLE.date()]:
        raise ValueError(f"{text!r} is no format that a whole date can be read by; write one such as %Y-%m-%d")
    return text
