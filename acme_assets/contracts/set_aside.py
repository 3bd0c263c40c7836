"""What is said of source rows that are set aside: rule, column and reason, from the kinds of failure of each.

Whole numbers stand for the kinds that a row shows, a bit each, so that rows of the same kinds are described once: a
delivery of which every row fails has few such combinations.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

import polars as pl

from acme_assets.contracts.results import OUT_OF_SCOPE

_BITS = 62


class Kind(NamedTuple):
    """A reason to set rows aside."""

    place: int
    """Of the column in the contract; -1 of others. Kinds are told in the order of their fields."""
    rule: str
    column: str
    reason: str
    by_contract: bool = False
    """Found by the contract's rules. They say nothing of a column in which something else is wrong already."""


class Found(NamedTuple):
    """How many source rows one rule on one column sets aside, and the first of them."""

    rule: str
    column: str
    rows: int
    first: int


@dataclass(frozen=True)
class SetAside:
    """Source rows of one batch, in order."""

    rows: pl.DataFrame
    """`source_row`, `rule`, `column_name`, `reason`."""
    found: tuple[Found, ...]
    out_of_scope: int


def set_aside(lines: pl.Series, masks: Mapping[Kind, pl.Series], rows: Mapping[Kind, pl.Series]) -> SetAside:
    """Describe the rows that fail.

    Args:
        lines: the source row of each line.
        masks: per kind, true on each line that shows it.
        rows: per kind, the source rows that show it.
    """
    kinds = sorted({*masks, *rows})
    words = [f"kinds {first}" for first in range(0, len(kinds), _BITS)]
    parts = [_row_bits(kind, numbers, kinds, words) for kind, numbers in rows.items()]
    if masks:
        parts.insert(0, _line_bits(lines, masks, kinds, words))
    bits = pl.concat(parts)
    if bits["source_row"].n_unique() < bits.height:
        bits = bits.group_by("source_row").agg(pl.col(words).bitwise_or())
    bits = bits.sort("source_row")
    combinations = bits.group_by(words).agg(rows=pl.len(), first=pl.col("source_row").min()).sort("first")
    shown = [_told(row[: len(words)], kinds) for row in combinations.iter_rows()]
    texts = combinations.select(words).with_columns(
        pl.Series("rule", [each[0].rule for each in shown], pl.String),
        pl.Series("column_name", [each[0].column or None for each in shown], pl.String),
        pl.Series("reason", ["; ".join(map(_sentence, each)) for each in shown], pl.String),
    )
    described = bits.join(texts, on=words, how="left", maintain_order="left").drop(words)
    counts = list(zip(shown, combinations["rows"], combinations["first"], strict=True))
    return SetAside(
        described,
        tuple(Found(rule, column, many, first) for each, many, first in counts for rule, column in _pairs(each)),
        sum(many for each, many, _ in counts if each[0].rule == OUT_OF_SCOPE),
    )


def _line_bits(
    lines: pl.Series, masks: Mapping[Kind, pl.Series], kinds: Sequence[Kind], words: Sequence[str]
) -> pl.DataFrame:
    failing = reduce(or_, masks.values()).arg_true()
    named = pl.DataFrame({str(kinds.index(kind)): mask.gather(failing) for kind, mask in masks.items()})
    sums = (
        pl.sum_horizontal(
            pl.lit(0, pl.Int64),
            *(
                pl.when(pl.col(name)).then(pl.lit(1 << int(name) % _BITS, pl.Int64)).otherwise(pl.lit(0, pl.Int64))
                for name in named.columns
                if int(name) // _BITS == at
            ),
        ).alias(word)
        for at, word in enumerate(words)
    )
    return named.select(lines.gather(failing).alias("source_row"), *sums)


def _row_bits(kind: Kind, numbers: pl.Series, kinds: Sequence[Kind], words: Sequence[str]) -> pl.DataFrame:
    place = kinds.index(kind)
    values = (1 << place % _BITS if place // _BITS == at else 0 for at in range(len(words)))
    return pl.DataFrame({"source_row": numbers}).with_columns(
        pl.lit(value, pl.Int64).alias(word) for word, value in zip(words, values, strict=True)
    )


def _told(bits: Sequence[int], kinds: Sequence[Kind]) -> list[Kind]:
    """The kinds that these words hold, without what the contract says of values that are wrong already."""
    held = [kind for at, kind in enumerate(kinds) if bits[at // _BITS] >> at % _BITS & 1]
    wrong = {kind.column for kind in held if not kind.by_contract}
    return [kind for kind in held if not (kind.by_contract and kind.column in wrong)]


def _pairs(kinds: Sequence[Kind]) -> Iterator[tuple[str, str]]:
    yield from dict.fromkeys((kind.rule, kind.column) for kind in kinds)


def _sentence(kind: Kind) -> str:
    return f"{kind.column} {kind.reason}".strip()
