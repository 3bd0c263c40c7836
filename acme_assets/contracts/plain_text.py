"""Pieces of delimited text in which no row can be in doubt, read by Polars' fast reader.

That reader pads short rows and forgives quotes, so a piece is counted first: every row ends with a line feed, all
separators together are as many as the rows need, and Polars refuses a row that is too long. Then none is too short.
A piece of which this cannot be said is not read here: the csv module has the word (strict_rows).
"""

import io
import json
from codecs import BOM_UTF8
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

_LONGEST = 1 << 16
"""Bytes. Each block of so many ends a line, or a piece does not go this way: the csv module refuses values of more than
twice as many."""

AT = "at"
"""Counted by the reader: a column that is added later comes in other chunks, and costs a copy of all the others."""

_RARE_SPACE = (b"\xc2\x85", b"\xc2\xa0", b"\xe1\x9a\x80", b"\xe2\x80", b"\xe2\x81\x9f", b"\xe3\x80\x80")
"""White space beyond ASCII, as UTF-8; the fourth with its neighbours."""


@dataclass(frozen=True)
class PlainTable:
    """The rows of one piece."""

    rows: int
    values: pl.DataFrame
    """Text columns named for their place in the header, and `AT`, the row's place; empty text may be null."""
    tidy: bool
    """No value has white space around it, and what is empty is null."""
    exponents: bool
    """The letter e may come after a digit or point."""


class PlainText:
    """Reads pieces of one file."""

    def __init__(self, header: Sequence[str], delimiter: str, quote: str | None) -> None:
        self._width = len(header)
        self._delimiter = delimiter
        self._quote = quote
        self._names = [json.dumps(name, ensure_ascii=False) for name in header]
        marks = delimiter + (quote or "")
        self._is_able = (
            self._width > 1
            and marks.isascii()
            and len(delimiter) == 1
            and delimiter != quote
            and not set(marks) & set("\r\n\0 ")
        )

    def table(self, piece: bytes) -> PlainTable | None:
        """The rows of this piece of whole lines; None where one may be in doubt."""
        if not self._is_able:
            return None
        if b"\r" in piece[:_LONGEST]:
            piece = piece.replace(b"\r\n", b"\n")
        if not piece.endswith(b"\n"):
            piece += b"\n"
        text = np.frombuffer(piece, np.uint8)
        looked = _look(text, ord(self._delimiter), b" " in piece)
        controls = looked.controls - looked.ends - (looked.delimiters if self._delimiter < " " else 0)
        if controls and (b"\0" in piece or b"\r" in piece):
            return None
        quote = self._quote if self._quote is not None and self._quote.encode() in piece else None
        separators = looked.delimiters
        if quote is not None:
            inside = _inside_quotes(text, ord(self._delimiter), ord(quote))
            if inside is None:
                return None
            separators -= inside
        if separators != looked.ends * (self._width - 1) or not looked.lines_are_short:
            return None
        values = self._read(piece, quote)
        if values is None or values.height != looked.ends:
            return None
        tidy = quote is None and not controls and not looked.spaces_at_bounds and not _has_rare_space(piece)
        return PlainTable(looked.ends, values, tidy, looked.exponents)

    def originals(self, table: PlainTable, at: pl.Series) -> pl.Series:
        """The rows at these places of the table, all their columns as JSON text, as `json.dumps` writes it."""
        rows = table.values.drop(AT)[at].select(pl.all().fill_null(""))
        unsafe = any(rows.select(pl.all().str.contains(r'["\\\x00-\x1f]').any()).row(0))
        quoted = [
            pl.col(name).map_elements(lambda text: json.dumps(text, ensure_ascii=False), return_dtype=pl.String)
            if unsafe
            else pl.format('"{}"', pl.col(name))
            for name in rows.columns
        ]
        marks = ["{", *[", "] * (self._width - 1)]
        parts = (
            (pl.lit(f"{mark}{name}: "), value) for mark, name, value in zip(marks, self._names, quoted, strict=True)
        )
        return rows.select(pl.concat_str(*chain.from_iterable(parts), pl.lit("}"))).to_series()

    def _read(self, piece: bytes, quote: str | None) -> pl.DataFrame | None:
        if piece.startswith(BOM_UTF8):  # Polars would take it for the file's own, and drop it from the first value
            return None
        # Every column, whatever the layout asks for: else Polars accepts rows that are too long.
        try:
            return pl.read_csv(
                io.BytesIO(piece),
                has_header=False,
                schema={str(at): pl.String for at in range(self._width)},
                separator=self._delimiter,
                quote_char=quote,
                row_index_name=AT,
            )
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            return None


@dataclass
class _Look:
    """What a piece holds."""

    ends: int = 0
    delimiters: int = 0
    controls: int = 0
    """Characters below the space: line ends, and a delimiter that is one, among them."""
    lines_are_short: bool = True
    exponents: bool = False
    spaces_at_bounds: bool = False


def _look(text: NDArray[np.uint8], delimiter: int, has_spaces: bool) -> _Look:
    """Count and look, block by block: masks of a whole piece would not stay in the processor's cache."""
    found = _Look()
    for at in range(0, len(text), _LONGEST):
        block = text[max(at - 1, 0) : at + _LONGEST]  # with the byte before, which was counted
        new = block[min(at, 1) :]
        count = int(np.count_nonzero(new == ord("\n")))
        found.ends += count
        found.delimiters += int(np.count_nonzero(new == delimiter))
        found.controls += int(np.count_nonzero(new < ord(" ")))
        found.lines_are_short &= count > 0 or len(new) < _LONGEST
        if not found.exponents:
            numeric = (block - np.uint8(ord("."))) <= ord("9") - ord(".")  # and the slash between them
            found.exponents = bool((((block | 32) == ord("e"))[1:] & numeric[:-1]).any())
        if has_spaces and not found.spaces_at_bounds:
            bounds, spaces = (block == ord("\n")) | (block == delimiter), block == ord(" ")
            touching = (spaces[1:] & bounds[:-1]).any() or (spaces[:-1] & bounds[1:]).any()
            found.spaces_at_bounds = bool(touching or (at == 0 and spaces[0]))
    return found


def _inside_quotes(text: NDArray[np.uint8], delimiter: int, quote: int) -> int | None:
    """How many delimiters are inside quotes; None where a quote does not open or close a whole value, or a line
    ends inside."""
    quotes = np.flatnonzero(text == quote)
    if len(quotes) % 2 or quotes[-1] == len(text) - 1:
        return None
    ends, delimiters = text == ord("\n"), text == delimiter
    bounds = ends | delimiters
    opening, closing = quotes[::2], quotes[1::2]
    before = opening[1:] if opening[0] == 0 else opening
    if not bounds[before - 1].all() or not bounds[closing + 1].all():
        return None
    if np.add.reduceat(ends, quotes, dtype=np.int64)[::2].any():
        return None
    return int(np.add.reduceat(delimiters, quotes, dtype=np.int64)[::2].sum())


def _has_rare_space(piece: bytes) -> bool:
    """White space beyond ASCII, wherever it is."""
    return not piece.isascii() and any(space in piece for space in _RARE_SPACE)
