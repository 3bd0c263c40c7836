"""A layout backwards: from one canonical row to the cells of the client's file.

What `from`, `map`, `extract`, dates and `join` read is written so that the contract reads it back. `value`
and `business_date` are not in the file at all: they choose the rows that go into it. `hash`, `row_number`
and `line_number` give ids of their own making; only their source columns are filled. Where several canonical
columns read one source column, the first of them (ids, then keys, then the rest) says what is in it.
"""

import re
import zlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property, lru_cache
from typing import Any

import polars as pl

from acme_assets.contracts.schemas import MONEY, TIMESTAMP, key_columns, schema
from acme_assets.simulation.errors import LayoutNotInvertible
from acme_assets.simulation.paths import steps_of
from acme_assets.simulation.people import Row, Value
from client_partitions.feeds import Feed
from client_partitions.file_format import JsonFormat
from client_partitions.layout import PLACES, ColumnMapping, Layout

Cells = dict[str, str | None]
"""Source column (or JMESPath) to its text."""

_LINKS = ("person_id", "claim_id", "practitioner_id")
"""Columns that other files and feeds refer to: they must read back exactly."""


class Inverse:
    """Writes the canonical rows of one feed as the source rows of one layout."""

    def __init__(self, feed: Feed, layout: Layout, business_date: date, where: str) -> None:
        self.feed = feed
        self.layout = layout
        self.where = where
        """Names the client and layout in errors."""
        self.keys = key_columns(feed)
        contract = schema(feed).columns
        self._types = {name: column.dtype.type for name, column in contract.items()}
        self.required = frozenset(name for name, column in contract.items() if not column.nullable)
        first = dict.fromkeys((*_LINKS, *self.keys, *sorted(self.required)))
        rank = {name: position for position, name in enumerate(first)}
        self._columns = sorted(layout.columns.items(), key=lambda item: rank.get(item[0], len(rank)))
        self.fixed = {
            name: mapping.value or business_date.strftime(mapping.business_date or "")
            for name, mapping in layout.columns.items()
            if mapping.value is not None or mapping.business_date is not None
        }
        """Canonical columns that are the same in every row of such a file."""
        if unknown := [name for name in layout.columns if name not in contract]:
            raise self._impossible(unknown[0], f"the feed {feed} has no such column; see its contract")
        if isinstance(layout.format, JsonFormat):
            self._check_paths()

    def _check_paths(self) -> None:
        try:
            for path in (*self.layout.source_names, *self.layout.where):
                steps_of(path)
        except LayoutNotInvertible as error:
            raise LayoutNotInvertible(f"{self.where}: {error}") from None

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Source columns of numbers: a JSON file has them without quotes."""
        return frozenset(
            mapping.from_[0]
            for name, mapping in self.layout.columns.items()
            if mapping.from_ and mapping.map is None and mapping.extract is None
            if self._types[name] in (MONEY, pl.Int64)
        )

    def is_typed(self, column: str) -> bool:
        """Whether the contract reads the column as something other than text."""
        return bool(self._types[column] != pl.String)

    def cells(self, row: Row) -> Cells | None:
        """One source row; None if the layout's `where` leaves such a row out.

        Raises:
            LayoutNotInvertible: if no source row reads as this canonical row.
        """
        cells: Cells = {}
        for column, mapping in self._columns:
            if mapping.from_ is not None and mapping.from_[0] not in PLACES:
                self._fill(cells, column, mapping, row.get(column))
        for column, mapping in self._columns:
            if mapping.join is not None:
                self._split(cells, column, mapping, row.get(column))
        for column, mapping in self._columns:
            names = [name for name in mapping.hash or () if name not in PLACES]
            if names and all(cells.get(name) is None for name in names):
                cells[names[0]] = str(row.get(column))
        for name, allowed in self.layout.where.items():
            if cells.get(name) is None:
                cells[name] = allowed[0] or None
            elif cells[name] not in allowed:
                return None
        return cells

    def identity(self, cells: Cells) -> tuple[Any, ...] | None:
        """What makes the row unique under the contract; None where its place in the file does."""
        parts: list[Any] = []
        for column in self.keys:
            mapping = self.layout.columns.get(column)
            if mapping is None:
                continue
            if mapping.row_number or mapping.line_number or PLACES & set(mapping.names):
                return None
            parts.append([cells.get(name) for name in mapping.names])
        return tuple(map(str, parts))

    def _fill(self, cells: Cells, column: str, mapping: ColumnMapping, value: Value) -> None:
        source = (mapping.from_ or ("",))[0]
        text = self._written(column, mapping, value)
        there = cells.get(source)
        if there is None:
            cells[source] = text
        elif text is not None and text != there and not self._reads(column, mapping, there):
            raise self._impossible(column, f"another column fills {source!r} with what this one cannot read")

    def _written(self, column: str, mapping: ColumnMapping, value: Value) -> str | None:
        text = self._as_text(column, mapping, value)
        if mapping.map is not None:
            text = self._unmapped(column, mapping.map, mapping.default, text)
        if mapping.zero_pad is not None and column in _LINKS and len(text or "") < mapping.zero_pad:
            raise self._impossible(column, f"zero_pad {mapping.zero_pad} would make another id of it")
        if mapping.extract is None or text is None:
            return text
        before, after = _around(mapping.extract) or (None, "")
        whole = f"{before}{text}{after}"
        found = re.search(mapping.extract, whole) if before is not None else None
        if found is None or found[1] != text:
            raise self._impossible(column, f"extract {mapping.extract!r} cannot be written backwards for such a value")
        return whole

    def _as_text(self, column: str, mapping: ColumnMapping, value: Value) -> str | None:
        if isinstance(value, datetime) or (isinstance(value, date) and self._types[column] == TIMESTAMP):
            return _stamp(value, (mapping.format or self.layout.timestamp_formats)[0], self.layout.time_zone)
        if isinstance(value, date):
            value = value.replace(day=1) if mapping.month_end else value
            return _stamp(value, (mapping.format or self.layout.date_formats)[0], None)
        return None if value is None else str(value)

    def _unmapped(self, column: str, words: dict[str, str | None], default: str | None, text: str | None) -> str | None:
        """The client's word for a canonical value; where it has none, one of those it has."""
        if text is None and words.get("") is None:
            return None
        for word, meaning in words.items():
            if meaning == text:
                return word or None
        if text is not None and text == default and text not in words:
            return text
        stand_ins = [word for word, meaning in words.items() if word and meaning is not None]
        if column in (*_LINKS, "record_type") or not stand_ins:
            raise self._impossible(column, f"its map has no source value for {text!r}; add one")
        return stand_ins[zlib.crc32((text or "").encode()) % len(stand_ins)]

    def _reads(self, column: str, mapping: ColumnMapping, text: str) -> bool:
        """Whether what another column wrote does as this column's value too."""
        read: str | None = text
        if mapping.extract is not None:
            found = re.search(mapping.extract, text)
            read = found[1] if found else None
        if mapping.map is not None:
            if read is not None and read not in mapping.map and mapping.default is None:
                return False
            read = mapping.map.get(read or "", mapping.default if read is not None else None)
        read = read or mapping.default
        if read is None:
            return column not in self.required
        return self._parses(self._types[column], mapping, read)

    def _parses(self, dtype: Any, mapping: ColumnMapping, text: str) -> bool:
        if dtype == pl.String:
            return True
        if dtype in (MONEY, pl.Int64):
            try:
                return (dtype == MONEY and Decimal(text).is_finite()) or str(int(text)) == text
            except (InvalidOperation, ValueError):
                return False
        formats = self.layout.timestamp_formats if dtype == TIMESTAMP else self.layout.date_formats
        return any(_parsed(text, form) for form in mapping.format or formats)

    def _split(self, cells: Cells, column: str, mapping: ColumnMapping, value: Value) -> None:
        """Fill the columns that a `join` is made of; its parts `=text` are in no column."""
        free = [name for name in mapping.names if name not in PLACES and cells.get(name) is None]
        text = self._as_text(column, mapping, value)
        if text is None or not free:
            return
        parts = _parts(text, mapping.with_, len(mapping.join or ()))
        pieces = dict(zip(mapping.join or (), parts or [], strict=False))
        there = {name: name[1:] if name.startswith("=") else cells.get(name) for name in pieces}
        if pieces and not PLACES & pieces.keys() and all(there[name] in (None, pieces[name]) for name in pieces):
            cells |= {name: pieces[name] for name in free}
        elif column in _LINKS or self.is_typed(column):
            names = " and ".join(mapping.join or ())
            raise self._impossible(column, f"a value of it cannot be cut into {names}; use from or hash")
        else:
            # An id of its own making: unique as long as one of its parts is.
            cells |= dict.fromkeys(free, text)

    def _impossible(self, column: str, reason: str) -> LayoutNotInvertible:
        return LayoutNotInvertible(f"{self.where}, columns.{column}: {reason}")


def _parts(text: str, separator: str, count: int) -> list[str] | None:
    if not separator:
        return [*text[: count - 1], text[count - 1 :]] if len(text) >= count else None
    parts = text.split(separator)
    return parts if len(parts) == count and all(parts) else None


@cache
def _around(pattern: str) -> tuple[str, str] | None:
    """The literal text before and after a pattern's one group; None if there is more than that around it."""
    body = pattern.removeprefix("^").removeprefix(".*").removesuffix("$").removesuffix(".*")
    group = re.search(r"(?<!\\)\((?!\?)", body)
    if group is None:
        return None
    depth, end = 0, len(body)
    for found in re.finditer(r"\\.|[()]", body):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if found[0] == ")" and depth == 0 and found.start() > group.start():
            end = found.start()
            break
    before, after = (re.sub(r"\\([^\w\s])", r"\1", part) for part in (body[: group.start()], body[end + 1 :]))
    return (before, after)


@lru_cache(maxsize=65_536)
def _stamp(value: date, form: str, zone: str | None) -> str:
    """A date or time by a chrono format, in the zone in which the layout's reader will take it."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time(0), UTC)
    series = pl.Series([moment])
    if zone is not None and not form.endswith("Z"):
        series = series.dt.convert_time_zone(zone)
    return str(series.dt.strftime(form.replace("%#z", "%z"))[0])


@lru_cache(maxsize=65_536)
def _parsed(text: str, form: str) -> bool:
    try:
        return pl.Series([text]).str.to_datetime(form, strict=False, time_unit="us")[0] is not None
    except pl.exceptions.PolarsError:
        return False


def unique(inverse: Inverse, sheet: Iterable[Cells]) -> list[Cells]:
    """The source rows without those that the contract would find twice."""
    seen: set[tuple[Any, ...]] = set()
    kept: list[Cells] = []
    for cells in sheet:
        identity = inverse.identity(cells)
        if identity is None or identity not in seen:
            kept.append(cells)
            if identity is not None:
                seen.add(identity)
    return kept
