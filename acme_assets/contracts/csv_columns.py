"""A header matched with what a layout asks of it, and its rows as batches."""

import json
from collections import Counter
from collections.abc import Sequence

import polars as pl

from acme_assets.contracts.plain_text import AT, PlainTable, PlainText
from acme_assets.contracts.results import OUT_OF_SCOPE
from acme_assets.contracts.rows import FileError, RowBatch, RowFailure
from client_partitions.layout import LINE, ROW, Layout

NOT_OF_THIS_FEED = "is none of this feed's values"

WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""As Unicode has it and Polars strips it: without the separators U+001C to U+001F that Python adds."""


class CsvColumns:
    """The columns of one file."""

    def __init__(self, header: Sequence[str], layout: Layout) -> None:
        """Raises FileError where the header lacks a column or has it twice."""
        asked = (*layout.source_names, *layout.where)
        if missing := [name for name in dict.fromkeys(asked) if name not in header and name not in layout.optional]:
            hint = " (one column in all: is the delimiter right?)" if len(header) == 1 else ""
            raise FileError(
                f"has a wrong header{hint}: it lacks {', '.join(missing)}; ask for these columns or correct the layout"
            )
        counts = Counter(header)
        if twice := [name for name in dict.fromkeys(asked) if counts[name] > 1]:
            raise FileError(f"has a wrong header: it names {', '.join(twice)} more than once; ask for each column once")
        self.header = [name if counts[name] == 1 else f"{name} #{at}" for at, name in enumerate(header, 1)]
        self._places = {name: header.index(name) if name in header else None for name in layout.source_names}
        self._where = [
            (header.index(name) if name in header else None, name, frozenset(allowed))
            for name, allowed in layout.where.items()
        ]

    def batch(self, rows: list[list[str]], first: int) -> RowBatch:
        """Rows that start at number `first`, as a batch."""
        inside, outside = self._scoped(rows, first) if self._where else (range(len(rows)), ())
        lines: dict[str, pl.Series] = {
            ROW: pl.Series([first + at for at in inside], dtype=pl.Int64),
            LINE: pl.repeat(1, len(inside), dtype=pl.Int64, eager=True),
        }
        for name, place in self._places.items():
            values = [] if place is None else [rows[at][place] for at in inside]
            lines[name] = pl.Series(values or [None] * len(inside), dtype=pl.String)
        return RowBatch(
            rows=len(rows),
            lines=pl.DataFrame(lines),
            failures=tuple(outside),
            original=lambda number: json.dumps(
                dict(zip(self.header, rows[number - first], strict=True)), ensure_ascii=False
            ),
        )

    def plain_batch(self, table: PlainTable, first: int, reader: PlainText) -> RowBatch:
        """The same of rows that were read the fast way, by `reader`."""
        numbered = table.values.with_columns(
            (pl.col(AT).cast(pl.Int64) + first).alias(ROW), pl.lit(1, pl.Int64).alias(LINE)
        )
        outside = None
        if self._where:
            numbered = numbered.with_columns(column=pl.coalesce(*self._out_of_scope()))
            outside = numbered.filter(pl.col("column").is_not_null()).select(ROW, "column")
            numbered = numbered.filter(pl.col("column").is_null())
        lines = numbered.select(
            ROW,
            LINE,
            *(
                pl.lit(None, pl.String).alias(name) if place is None else pl.col(str(place)).alias(name)
                for name, place in self._places.items()
            ),
        )
        return RowBatch(
            rows=table.rows,
            lines=lines,
            failures=(),
            original=lambda number: str(reader.originals(table, pl.Series([number - first]))[0]),
            originals=lambda numbers: reader.originals(table, numbers - first),
            outside=outside,
            tidy=table.tidy,
            exponents=table.exponents,
        )

    def _scoped(self, rows: list[list[str]], first: int) -> tuple[list[int], list[RowFailure]]:
        inside: list[int] = []
        outside: list[RowFailure] = []
        for at, row in enumerate(rows):
            for place, name, allowed in self._where:
                if (row[place].strip(WHITE_SPACE) if place is not None else "") not in allowed:
                    outside.append(RowFailure(first + at, OUT_OF_SCOPE, name, NOT_OF_THIS_FEED))
                    break
            else:
                inside.append(at)
        return inside, outside

    def _out_of_scope(self) -> list[pl.Expr]:
        """Per column of `where`: its name on rows that are out of scope by it."""
        found: list[pl.Expr] = []
        for place, name, allowed in self._where:
            text = pl.lit("") if place is None else pl.col(str(place)).fill_null("").str.strip_chars()
            found.append(pl.when(~text.is_in(list(allowed))).then(pl.lit(name)))
        return found
