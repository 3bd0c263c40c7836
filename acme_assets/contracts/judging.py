"""Judge the lines of one file, batch by batch: which may be loaded, and what is said of the source rows that may not.

The contract is evaluated as expressions over all lines (compiled); pandera itself judges again the first of those that
fail. Knows no other file and no key (repeated_keys).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

import polars as pl

from acme_assets.contracts.compiled import compiled, judged_by_pandera
from acme_assets.contracts.csv_columns import NOT_OF_THIS_FEED
from acme_assets.contracts.mapping import Mapper
from acme_assets.contracts.results import OUT_OF_SCOPE
from acme_assets.contracts.rows import RowBatch
from acme_assets.contracts.schemas import schema
from acme_assets.contracts.set_aside import Kind, SetAside, set_aside
from client_partitions.feeds import Feed
from client_partitions.layout import ROW

JUDGED_AGAIN = 100
"""Failing lines of a file that pandera itself judges too. Its verdict must be the same, or the check breaks off."""


@dataclass(frozen=True)
class Judged:
    """The verdict on one batch."""

    lines: pl.DataFrame
    """`$row` and the contract's columns, typed."""
    bad: SetAside | None
    """Source rows that may not be loaded; None if there are none."""

    @cached_property
    def good(self) -> pl.DataFrame:
        """The lines of the rows that may be loaded."""
        if self.bad is None:
            return self.lines
        return self.lines.filter(~self.lines[ROW].is_in(self.bad.rows["source_row"].implode()))


class Judge:
    """Judges one file."""

    def __init__(self, feed: Feed, mapper: Mapper, judge_again: int = JUDGED_AGAIN) -> None:
        self._feed = feed
        self._mapper = mapper
        self._rules = compiled(feed)
        self._places = {name: at for at, name in enumerate(schema(feed).columns)}
        self._judge_again = judge_again

    def judged(self, batch: RowBatch) -> Judged:
        """The verdict on one batch.

        Raises:
            AssertionError: pandera's differs. Nothing may be loaded then.
        """
        canonical, lost = self._mapper.canonical(batch)
        masks = {Kind(self._places[item.column], item.rule, item.column, item.reason): item.mask for item in lost}
        masks |= self._broken(canonical)
        rows = self._found_in_reading(batch)
        if not masks and not rows:
            return Judged(canonical, None)
        return Judged(canonical, set_aside(canonical[ROW], masks, rows))

    def _broken(self, canonical: pl.DataFrame) -> dict[Kind, pl.Series]:
        """The rules that some lines break, and which lines."""
        verdicts = canonical.select(ROW, *(rule.broken.alias(str(at)) for at, rule in enumerate(self._rules)))
        is_any = verdicts.select(pl.exclude(ROW).any()).row(0)
        broken = {
            Kind(self._places[rule.column], rule.name, rule.column, rule.reason, by_contract=True): verdicts[str(at)]
            for at, rule in enumerate(self._rules)
            if is_any[at]
        }
        if broken and self._judge_again:
            self._judge_some_again(canonical, broken)
        return broken

    def _judge_some_again(self, canonical: pl.DataFrame, broken: Mapping[Kind, pl.Series]) -> None:
        places = reduce(or_, broken.values()).arg_true().head(self._judge_again)
        self._judge_again -= len(places)
        verdict = {
            (at, kind.column, kind.rule)
            for kind, mask in broken.items()
            for at, is_broken in enumerate(mask.gather(places))
            if is_broken
        }
        if judged_by_pandera(self._feed, canonical[places].drop(ROW)) != verdict:
            raise AssertionError(f"{self._feed}: pandera judges rows otherwise than the compiled contract does")

    def _found_in_reading(self, batch: RowBatch) -> dict[Kind, pl.Series]:
        rows: dict[Kind, list[int]] = defaultdict(list)
        for failure in batch.failures:
            place = self._places.get(failure.column, -1)
            rows[Kind(place, failure.rule, failure.column, failure.reason)].append(failure.row)
        found = {kind: pl.Series(numbers, dtype=pl.Int64) for kind, numbers in rows.items()}
        if batch.outside is not None:
            for (column,), part in batch.outside.group_by("column"):
                found[Kind(-1, OUT_OF_SCOPE, str(column), NOT_OF_THIS_FEED)] = part[ROW]
        return found
