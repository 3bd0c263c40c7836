"""Run the contract check on one file, and tell how it differs from what is expected of it."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from acme_assets.contracts.check import SourceFile, check_delivery
from acme_assets.contracts.results import ContractResult
from client_partitions.layout import Layout
from tools.fuzz_readers.verdict import PATIENTS, Verdict

csv.field_size_limit(2**31 - 1)


@dataclass(frozen=True)
class Outcome:
    """What the check made of a file."""

    result: ContractResult
    loaded: list[dict[str, str | None]]
    set_aside: list[dict[str, str | None]]


def layout(form: dict[str, Any]) -> Layout:
    """The little contract's layout on files of this format."""
    below = (lambda text: f"record.{text}") if form["kind"] == "json" else (lambda text: text)
    columns: dict[str, Any] = {}
    for name, source in PATIENTS.items():
        if isinstance(source, str):
            columns[name] = below(source)
        else:
            columns[name] = {**source, "from": below(source["from"])} if "from" in source else source
    return Layout.model_validate({"format": form, "columns": columns})


def checked(path: Path, form: dict[str, Any], spool: Path) -> Outcome:
    """The outcome of a delivery of this one file. Whatever it raises is a fault."""
    limit = csv.field_size_limit(131_072)
    try:
        result = check_delivery(
            "patient",
            [SourceFile("file", path, layout(form))],
            business_date=date(2026, 3, 10),
            quarantine_limit=1.0,
            constants={},
            spool=spool,
        )
    finally:
        csv.field_size_limit(limit)
    return Outcome(result, _read(result.accepted), _read(result.quarantined))


def _read(path: Path) -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8", newline="") as text:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(text, strict=True)]


def differs(outcome: Outcome, verdict: Verdict) -> str | None:
    """How the outcome is not what is expected, without a value; None where it is."""
    result = outcome.result
    if result.held is not None:
        if outcome.loaded:
            return "is held, and rows would be loaded"
        if "\n" in result.held:
            return "is held for a reason of several lines"
        if not verdict.held and "none of the" not in result.held:
            return f"is held, and should not be: {result.held}"
        if verdict.held and not any(part in result.held for part in verdict.held):
            return f"is held for another reason than {sorted(verdict.held)}: {result.held}"
        return None
    if verdict.held:
        return f"should be held for {sorted(verdict.held)}"
    if result.rows_in != verdict.rows:
        return f"has {result.rows_in} rows instead of {verdict.rows}"
    if result.rows_in != result.rows_loaded + result.rows_quarantined:
        return "loses rows"
    return _rows_differ(outcome, verdict)


def _rows_differ(outcome: Outcome, verdict: Verdict) -> str | None:
    loaded = {int(str(row["source_row"])): row for row in outcome.loaded}
    aside = {int(str(row["source_row"])): row for row in outcome.set_aside}
    if len(loaded) != len(outcome.loaded) or len(aside) != len(outcome.set_aside) or loaded.keys() & aside.keys():
        return "has a row twice"
    wanted = {row[0]: row[1:] for row in verdict.loaded}
    doubtful = set(verdict.either)
    if doubtful:
        # Whether such a row counts decides which later one repeats its key: only what stands by itself is compared.
        ids = {wanted[row][0] for row in doubtful if row in wanted}
        doubtful |= {row for row, values in wanted.items() if values[0] in ids}
        doubtful |= {row for row, rule in verdict.set_aside.items() if rule == "duplicate key"}
    for number, values in wanted.items():
        if number not in loaded:
            if number not in doubtful:
                return (
                    f"sets row {number} aside by {aside[number]['rule'] if number in aside else 'nothing'}; it is good"
                )
            continue
        row = loaded[number]
        if (row["person_id"], row["first_name"], row["sex"]) != values[:3] or row["patient_id"] != values[0]:
            return f"loads row {number} with other values"
        if number in verdict.either:
            if not _same_day(str(row["birth_date"]), str(values[3])):
                return f"loads row {number} with another day"
        elif row["birth_date"] != values[3]:
            return f"loads row {number} with another day"
    for number, rule in verdict.set_aside.items():
        if number in doubtful:
            continue
        if number not in aside:
            return f"loads row {number}, which breaks {rule!r}"
        if aside[number]["rule"] != rule:
            return f"sets row {number} aside by {aside[number]['rule']!r} instead of {rule!r}"
    return None


def _same_day(loaded: str, written: str) -> bool:
    """Whether the numbers that are written are those of the day that was loaded, in their order."""
    return [int(part) for part in re.findall(r"\d+", loaded)] == [int(part) for part in re.findall(r"\d+", written)][:3]
