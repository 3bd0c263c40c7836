"""Judge one delivery against its feed's contract, file by file in batches, and spool what may be loaded and
what is set aside.

The unit of counting and of quarantine is the source row: if any canonical row that it gives fails, all of it
is set aside. Reads local files and writes the spool; knows no Dagster and no database. Messages name files,
columns, rules, rows and counts, never a value: deliveries hold members' health data. Only the `original`
column of the quarantine spool has those.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl

from acme_assets.contracts.judging import JUDGED_AGAIN, Judge
from acme_assets.contracts.mapping import Mapper
from acme_assets.contracts.readers import read_rows
from acme_assets.contracts.repeated_keys import KeyHashes, RepeatedKeys
from acme_assets.contracts.results import OUT_OF_SCOPE, OVER_LIMIT, ContractResult, FileCounts, RuleFailures, SourceFile
from acme_assets.contracts.rows import FileError, RowBatch
from acme_assets.contracts.schemas import key_columns, schema
from acme_assets.contracts.set_aside import Kind, SetAside, set_aside
from acme_assets.contracts.spool import SpoolFile
from client_partitions.feeds import Feed
from client_partitions.layout import ROW

__all__ = ["ContractResult", "FileCounts", "RuleFailures", "SourceFile", "check_delivery"]

DUPLICATE_KEY = "duplicate key"

QUARANTINE_COLUMNS = ("rule", "column_name", "reason", "original")


def check_delivery(
    feed: Feed,
    files: Sequence[SourceFile],
    *,
    business_date: date,
    quarantine_limit: float,
    constants: Mapping[str, str],
    spool: Path,
) -> ContractResult:
    """Judge the files of one delivery together, in their order.

    Args:
        quarantine_limit: largest share of the rows in scope that may fail the contract.
        constants: columns that start every spooled row (delivery_id, client_id, business_date …).
        spool: folder for the spool files, `<feed>.accepted.csv` and `<feed>.quarantined.csv`.

    Raises:
        ValueError: no files, or constants that clash with the contract's columns.
        OSError: the spool cannot be written.
    """
    if not files:
        raise ValueError(f"{feed}: a delivery has at least one file")
    spool.mkdir(parents=True, exist_ok=True)
    with (
        SpoolFile(spool / f"{feed}.accepted.csv", constants, list(schema(feed).columns)) as accepted,
        SpoolFile(spool / f"{feed}.quarantined.csv", constants, QUARANTINE_COLUMNS) as quarantined,
        KeyHashes(feed, spool / f"{feed}.keys") as keys,
    ):
        check = _Check(feed, business_date, accepted, quarantined, keys)
        held = None
        try:
            for file in files:
                check.file(file)
            check.set_repeated_keys_aside(files)
        except FileError as problem:
            held = f"{check.reading}: {problem}"
        result = check.result(held or check.over_limit(quarantine_limit))
        if result.held:
            accepted.clear()
    return result


class _Check:
    """The state of one check: what was counted so far."""

    def __init__(
        self, feed: Feed, business_date: date, accepted: SpoolFile, quarantined: SpoolFile, keys: KeyHashes
    ) -> None:
        self._feed = feed
        self._business_date = business_date
        self._accepted = accepted
        self._quarantined = quarantined
        self._keys = keys
        self._counts: list[FileCounts] = []
        self._rules: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], tuple[str, int]] = {}
        self.reading = ""
        """The file that is or was last read."""

    def file(self, file: SourceFile) -> None:
        """Judge and spool one file.

        Raises:
            FileError: it cannot be read by its layout, or has no rows; what was read is counted.
        """
        counts = FileCounts(file.name, 0, 0, 0, 0, 0)
        try:
            for batch, good, bad in self._judged(file):
                self._keys.add(good)
                self._accepted.write(good.rename({ROW: "source_row"}), file.name)
                if bad:
                    self._quarantine(file, batch, bad)
                failed = bad.rows.height if bad else 0
                counts = FileCounts(
                    name=file.name,
                    rows_in=counts.rows_in + batch.rows,
                    rows_loaded=counts.rows_loaded + batch.rows - failed,
                    rows_quarantined=counts.rows_quarantined + failed,
                    rows_out_of_scope=counts.rows_out_of_scope + (bad.out_of_scope if bad else 0),
                    lines_loaded=counts.lines_loaded + good.height,
                )
            if counts.rows_in == 0:
                raise FileError("is empty: it has no rows; ask for the file again")
        finally:
            self._counts.append(counts)

    def set_repeated_keys_aside(self, files: Sequence[SourceFile]) -> None:
        """Read and spool again without the rows whose key an earlier one has; nothing where every key is unique.

        Raises:
            FileError: a file is not what it was.
        """
        shared = self._keys.shared()
        if not len(shared):
            return
        keys = RepeatedKeys(self._feed, shared)
        read = [counts.lines_loaded for counts in self._counts]
        self._accepted.clear()
        for at, file in enumerate(files):
            lines = 0
            for batch, good, _ in self._judged(file, judge_again=0):
                lines += good.height
                rows = keys.repeated(good)
                kept = good.filter(~pl.col(ROW).is_in(rows)) if rows else good
                self._accepted.write(kept.rename({ROW: "source_row"}), file.name)
                if rows:
                    self._quarantine(file, batch, self._repeats(rows))
                    self._counts[at] = _less(self._counts[at], rows=len(rows), lines=good.height - kept.height)
            if lines != read[at]:
                raise FileError("has changed while it was checked; deliver it again when it is complete")

    def _judged(
        self, file: SourceFile, judge_again: int = JUDGED_AGAIN
    ) -> Iterator[tuple[RowBatch, pl.DataFrame, SetAside | None]]:
        self.reading = file.name
        judge = Judge(self._feed, Mapper(self._feed, file.layout, file.name, self._business_date), judge_again)
        for batch in read_rows(file):
            judged = judge.judged(batch)
            yield batch, judged.good, judged.bad

    def _repeats(self, rows: Sequence[int]) -> SetAside:
        kind = Kind(-1, DUPLICATE_KEY, ", ".join(key_columns(self._feed)), "an earlier row has the same key")
        return set_aside(pl.Series([], dtype=pl.Int64), {}, {kind: pl.Series(rows, dtype=pl.Int64)})

    def _quarantine(self, file: SourceFile, batch: RowBatch, bad: SetAside) -> None:
        for rule, column, rows, first in bad.found:
            self._rules[rule, column] += rows
            self._first.setdefault((rule, column), (file.name, first))
        originals = batch.written(bad.rows["source_row"]).alias("original")
        self._quarantined.write(bad.rows.with_columns(originals), file.name)

    def over_limit(self, limit: float) -> str | None:
        """Why the delivery as a whole is held, if it is."""
        result = self.result(None)
        in_scope = result.rows_in - result.rows_out_of_scope
        others = len(result.files) - 1
        names = result.files[0].name + (f" and {others} more of this delivery" if others else "")
        if in_scope == 0:
            return (
                f"{names}: none of the {result.rows_in} rows belongs to {self._feed}; "
                f"check that this is the agreed file and the layout's where still names its values"
            )
        if result.rows_failed <= Fraction(str(limit)) * in_scope:
            return None
        worst = next(failures for failures in result.rules if failures.rule != OUT_OF_SCOPE)
        name, row = self._first[worst.rule, worst.column]
        return (
            f"{names}: {result.rows_failed} of {in_scope} {OVER_LIMIT} {limit:.2%}; "
            f"most by the rule {worst.rule!r} on {worst.column or 'the row'} "
            f"({worst.rows} rows, first in {name} row {row}); ask for a corrected file or review the layout"
        )

    def result(self, held: str | None) -> ContractResult:
        """What was found so far."""
        counted = sorted(self._rules.items(), key=lambda item: (-item[1], item[0]))
        return ContractResult(
            feed=self._feed,
            files=tuple(self._counts),
            rules=tuple(RuleFailures(rule, column, rows) for (rule, column), rows in counted),
            held=held,
            accepted=self._accepted.path,
            quarantined=self._quarantined.path,
        )


def _less(counts: FileCounts, *, rows: int, lines: int) -> FileCounts:
    return replace(
        counts,
        rows_loaded=counts.rows_loaded - rows,
        rows_quarantined=counts.rows_quarantined + rows,
        lines_loaded=counts.lines_loaded - lines,
    )
