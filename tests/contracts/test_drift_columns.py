"""What a file's columns are, and how they differ from the last good delivery's: no value is kept, changes are told."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from acme_assets.contracts.columns import Columns, columns_json, columns_of, read_columns
from acme_assets.contracts.drift_columns import column_drift
from acme_assets.contracts.results import SourceFile
from client_partitions.drift import DriftPolicy
from client_partitions.layout import Layout

LAYOUT = Layout.model_validate({"format": {"kind": "csv"}, "columns": {"claim_id": "claim", "paid_amount": "paid"}})
GOOD = {
    "claim": [f"C{number:04}" for number in range(30)],
    "paid": [f"{number}.50" for number in range(30)],
    "day": [f"2026-03-{1 + number % 28:02}" for number in range(30)],
    "note": ["" if number % 3 else "x" for number in range(30)],
}


def csv_of(columns: dict[str, list[str]]) -> str:
    return "\n".join([",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]) + "\n"


def seen(folder: Path, content: str | bytes, layout: Layout = LAYOUT) -> Columns:
    path = folder / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return columns_of([SourceFile("tiny/file.csv", path, layout)], ["claims"])


def drift(folder: Path, before: dict[str, list[str]], now: dict[str, list[str]], layout: Layout = LAYOUT) -> list[str]:
    old, new = (seen(folder, csv_of(columns), layout) for columns in (before, now))
    found = column_drift(old, new, {"claims": layout}, DriftPolicy())
    return [f"{item.act} {item.kind} {item.said}" for item in found]


def without(name: str) -> dict[str, list[str]]:
    return {column: values for column, values in GOOD.items() if column != name}


def test_the_kinds_of_columns_are_told_by_what_is_in_them(tmp_path: Path) -> None:
    (columns,) = seen(tmp_path, csv_of(GOOD)).values()
    assert [(column.name, column.kind, column.filled) for column in columns] == [
        ("claim", "text", 1.0),
        ("paid", "number", 1.0),
        ("day", "yyyy-dd-dd", 1.0),
        ("note", "text", 0.333),
    ]


def test_columns_come_back_from_the_ledger_as_they_were(tmp_path: Path) -> None:
    columns = seen(tmp_path, csv_of(GOOD))
    assert read_columns(columns_json(columns)) == columns
    assert "C0001" not in columns_json(columns)


def test_nothing_changed_is_nothing_said(tmp_path: Path) -> None:
    assert drift(tmp_path, GOOD, GOOD) == []


def test_a_new_column_is_warned_of_wherever_it_stands(tmp_path: Path) -> None:
    assert drift(tmp_path, GOOD, {"new": ["1"] * 30, **GOOD}) == ["warn added claims: column new is new"]


def test_a_missing_column_holds(tmp_path: Path) -> None:
    assert drift(tmp_path, GOOD, without("day")) == ["hold missing claims: column day is missing"]


def test_another_name_in_the_same_place_over_the_like_is_a_renaming(tmp_path: Path) -> None:
    renamed = {"paid_amt" if name == "paid" else name: values for name, values in GOOD.items()}
    assert drift(tmp_path, GOOD, renamed) == ["hold renamed claims: column paid is named paid_amt now"]


def test_another_name_over_something_else_is_no_renaming(tmp_path: Path) -> None:
    other = {"member" if name == "paid" else name: values for name, values in GOOD.items()}
    other["member"] = ["somebody"] * 30
    assert drift(tmp_path, GOOD, other) == [
        "hold missing claims: column paid is missing",
        "warn added claims: column member is new",
    ]


def test_another_order_holds(tmp_path: Path) -> None:
    moved = {name: GOOD[name] for name in ("claim", "day", "paid", "note")}
    assert drift(tmp_path, GOOD, moved) == ["hold reordered claims: its columns come in another order, from paid on"]


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("paid", ["ten"] * 30, "column paid held number and holds text now"),
        ("day", ["03/01/2026"] * 30, "column day held yyyy-dd-dd and holds dd/dd/yyyy now"),
    ],
)
def test_another_kind_of_content_holds(tmp_path: Path, column: str, values: list[str], told: str) -> None:
    assert drift(tmp_path, GOOD, {**GOOD, column: values}) == [f"hold retyped claims: {told}"]


def test_a_column_of_codes_that_are_mostly_digits_may_be_either(tmp_path: Path) -> None:
    codes = {**GOOD, "note": [f"G{number}" if number % 10 == 0 else str(99000 + number) for number in range(30)]}
    digits = {**GOOD, "note": [str(99000 + number) for number in range(30)]}
    assert drift(tmp_path, codes, digits) == drift(tmp_path, digits, codes) == []


def test_a_column_that_is_empty_for_once_is_of_no_other_kind(tmp_path: Path) -> None:
    assert drift(tmp_path, GOOD, {**GOOD, "day": [""] * 30}) == []


def test_columns_that_only_some_files_have_come_and_go(tmp_path: Path) -> None:
    layout = LAYOUT.model_copy(update={"optional": ("day",)})
    assert drift(tmp_path, GOOD, without("day"), layout) == drift(tmp_path, without("day"), GOOD, layout) == []


def test_a_first_row_of_data_is_never_taken_for_names(tmp_path: Path) -> None:
    assert seen(tmp_path, csv_of(GOOD).partition("\n")[2]) == {}


def test_a_file_that_lacks_a_column_of_the_layout_is_looked_at_all_the_same(tmp_path: Path) -> None:
    (columns,) = seen(tmp_path, csv_of(without("paid"))).values()
    assert [column.name for column in columns] == ["claim", "day", "note"]


def test_a_file_that_cannot_be_read_has_no_columns(tmp_path: Path) -> None:
    packed = LAYOUT.model_copy(update={"format": LAYOUT.format.model_copy(update={"gzip": True})})
    assert seen(tmp_path, csv_of(GOOD), packed) == {}
    assert list(seen(tmp_path, gzip.compress(csv_of(GOOD).encode()), packed)) == ["claims"]


def test_names_in_json_count_where_half_of_the_records_have_them(tmp_path: Path) -> None:
    layout = Layout.model_validate({"format": {"kind": "json", "lines": True}, "columns": {"claim_id": "record.id"}})
    records: list[dict[str, Any]] = [{"id": str(number), "status": "paid"} for number in range(20)]
    records[3]["p4711"] = 1
    (columns,) = seen(tmp_path, "\n".join(map(json.dumps, records)), layout).values()
    assert [column.name for column in columns] == ["id", "status"]
