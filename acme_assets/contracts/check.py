"""Judge one delivery against its feed's contract, file by file in batches, and spool what may be loaded and
what is set aside.

The unit of counting and of quarantine is the source row: if any canonical row that it gives fails, all of it
is set aside. Reads local files and writes the spool; knows no Dagster and no database. Messages name files,
columns, rules, rows and counts, never a value: deliveries hold members' health data. Only the `original`
column of the quarantine spool has those.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import polars as pl
from pandera.errors import SchemaErrors

from acme_assets.contracts.csv_rows import read_csv
from acme_assets.contracts.json_rows import read_json
from acme_assets.contracts.mapping import to_canonical
from acme_assets.contracts.results import OUT_OF_SCOPE, OVER_LIMIT, ContractResult, FileCounts, RuleFailures, SourceFile
from acme_assets.contracts.rows import FileError, RowBatch, RowFailure
from acme_assets.contracts.schemas import key_columns, schema
from acme_assets.contracts.spool import SpoolFile
from client_partitions.feeds import Feed
from client_partitions.layout import ROW, CsvFormat

__all__ = ["ContractResult", "FileCounts", "RuleFailures", "SourceFile", "check_delivery"]

DUPLICATE_KEY = "duplicate key"
REQUIRED = "required"

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
    ):
        check = _Check(feed, business_date, accepted, quarantined)
        held = None
        try:
            for file in files:
                check.file(file)
        except FileError as problem:
            held = f"{file.name}: {problem}"
        result = check.result(held or check.over_limit(quarantine_limit))
        if result.held:
            accepted.clear()
    return result


class _Check:
    """The state of one check: what was counted, and the keys seen in every file so far."""

    def __init__(self, feed: Feed, business_date: date, accepted: SpoolFile, quarantined: SpoolFile) -> None:
        self._feed = feed
        self._business_date = business_date
        self._accepted = accepted
        self._quarantined = quarantined
        self._counts: list[FileCounts] = []
        self._rules: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], tuple[str, int]] = {}
        self._keys: set[bytes] = set()
        self._order = {name: at for at, name in enumerate(schema(feed).columns)}

    def file(self, file: SourceFile) -> None:
        """Judge and spool one file.

        Raises:
            FileError: it cannot be read by its layout, or has no rows; what was read is counted.
        """
        counts = FileCounts(file.name, 0, 0, 0, 0, 0)
        try:
            for batch in _batches(file):
                good, bad = self._judged(file, batch)
                self._accepted.write(good.rename({ROW: "source_row"}), file.name)
                self._quarantine(file, batch, bad)
                counts = FileCounts(
                    name=file.name,
                    rows_in=counts.rows_in + batch.rows,
                    rows_loaded=counts.rows_loaded + good[ROW].n_unique(),
                    rows_quarantined=counts.rows_quarantined + len(bad),
                    rows_out_of_scope=counts.rows_out_of_scope
                    + sum(failures[0].rule == OUT_OF_SCOPE for failures in bad.values()),
                    lines_loaded=counts.lines_loaded + good.height,
                )
            if counts.rows_in == 0:
                raise FileError("is empty: it has no rows; ask for the file again")
        finally:
            self._counts.append(counts)

    def _judged(self, file: SourceFile, batch: RowBatch) -> tuple[pl.DataFrame, dict[int, list[RowFailure]]]:
        """The canonical rows to load, and the failures of the source rows to set aside."""
        canonical, unmapped = to_canonical(batch.lines, self._feed, file.layout, file.name, self._business_date)
        failures = [*batch.failures, *unmapped]
        known = {(failure.row, failure.column) for failure in failures}
        failures += [item for item in self._contract_failures(canonical) if (item.row, item.column) not in known]
        passed = canonical.filter(~pl.col(ROW).is_in(list({failure.row for failure in failures})))
        repeated = self._repeated(passed)
        failures += repeated
        bad: dict[int, list[RowFailure]] = defaultdict(list)
        for failure in sorted(set(failures), key=lambda item: (item.row, self._order.get(item.column, -1), item.rule)):
            bad[failure.row].append(failure)
        good = passed.filter(~pl.col(ROW).is_in([failure.row for failure in repeated])) if repeated else passed
        return good, bad

    def _contract_failures(self, canonical: pl.DataFrame) -> Iterator[RowFailure]:
        contract = schema(self._feed)
        try:
            contract.validate(canonical.drop(ROW), lazy=True)
        except SchemaErrors as errors:
            rows = canonical[ROW]
            for case in errors.failure_cases.drop("failure_case").iter_rows(named=True):
                column = case["column"]
                if case["index"] is None:
                    raise AssertionError(f"{self._feed}: {column} does not come as the contract's type") from None
                if case["check"] == "not_nullable":
                    yield RowFailure(rows[case["index"]], REQUIRED, column, "is empty, and the contract requires it")
                else:
                    rule = str(contract.columns[column].checks[case["check_number"]].name)
                    yield RowFailure(rows[case["index"]], rule, column, f"is not: {rule}")

    def _repeated(self, canonical: pl.DataFrame) -> list[RowFailure]:
        """Source rows with a key that an earlier one has, or twice in themselves."""
        names = key_columns(self._feed)
        keys = canonical.select(ROW, key=pl.struct(names).struct.json_encode())
        column = ", ".join(names)
        repeated: list[RowFailure] = []
        for row, lines in groupby(keys.iter_rows(), key=itemgetter(0)):
            digests = [hashlib.blake2b(key.encode(), digest_size=16).digest() for _, key in lines]
            if len(set(digests)) < len(digests) or not self._keys.isdisjoint(digests):
                repeated.append(RowFailure(row, DUPLICATE_KEY, column, "an earlier row has the same key"))
            else:
                self._keys.update(digests)
        return repeated

    def _quarantine(self, file: SourceFile, batch: RowBatch, bad: Mapping[int, Sequence[RowFailure]]) -> None:
        for failures in bad.values():
            for rule, column in dict.fromkeys((failure.rule, failure.column) for failure in failures):
                self._rules[rule, column] += 1
                self._first.setdefault((rule, column), (file.name, failures[0].row))
        rows = {
            "source_row": list(bad),
            "rule": [failures[0].rule for failures in bad.values()],
            "column_name": [failures[0].column or None for failures in bad.values()],
            "reason": ["; ".join(_sentence(item) for item in failures) for failures in bad.values()],
            "original": [batch.original(row) for row in bad],
        }
        types = {name: pl.Int64 if name == "source_row" else pl.String for name in rows}
        self._quarantined.write(pl.DataFrame(rows, schema=types), file.name)

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


def _sentence(failure: RowFailure) -> str:
    return f"{failure.column} {failure.reason}".strip()


def _batches(file: SourceFile) -> Iterator[RowBatch]:
    form = file.layout.format
    return read_csv(file, form) if isinstance(form, CsvFormat) else read_json(file, form)
