"""A delivery of small files, checked in one call; and the real files, where they are."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from acme_assets.contracts.check import ContractResult, SourceFile, check_delivery
from client_partitions.feeds import Feed
from client_partitions.layout import Layout

BUSINESS_DATE = date(2026, 3, 10)
CONSTANTS = {"delivery_id": "d-1", "client_id": "client_x", "business_date": "2026-03-10"}

PATIENTS: dict[str, Any] = {
    "format": {"kind": "csv"},
    "columns": {
        "person_id": "id",
        "patient_id": "id",
        "first_name": "name",
        "sex": {"from": "sex", "map": {"F": "female", "M": "male"}},
        "birth_date": "born",
        "data_source": {"value": "test"},
    },
}


@dataclass(frozen=True)
class Checked:
    """A result and what its spool files hold; empty fields are None."""

    result: ContractResult
    accepted: list[dict[str, str | None]]
    quarantined: list[dict[str, str | None]]


CheckFiles = Callable[..., Checked]


def read_spool(path: Path) -> list[dict[str, str | None]]:
    """A spool file by the rules of COPY: an empty field is null."""
    with path.open(encoding="utf-8", newline="") as text:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(text, strict=True)]


@pytest.fixture
def patients() -> dict[str, Any]:
    """The layout that `check` takes where none is given: columns id, name, sex, born."""
    return PATIENTS


@pytest.fixture
def check(tmp_path: Path) -> CheckFiles:
    """Write contents to files (a Path is one already) and check them as one delivery."""

    def checked(
        *contents: str | bytes | Path,
        layout: dict[str, Any] | list[dict[str, Any]] = PATIENTS,
        feed: Feed = "patient",
        limit: float = 1.0,
        spool: str = "spool",
    ) -> Checked:
        files = []
        for number, content in enumerate(contents):
            path = content if isinstance(content, Path) else tmp_path / f"file{number}"
            if isinstance(content, str | bytes):
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            chosen = layout[number] if isinstance(layout, list) else layout
            files.append(SourceFile(f"client_x/2026-03-10/file{number}", path, Layout.model_validate(chosen)))
        result = check_delivery(
            feed,
            files,
            business_date=BUSINESS_DATE,
            quarantine_limit=limit,
            constants=CONSTANTS,
            spool=tmp_path / spool,
        )
        return Checked(result, read_spool(result.accepted), read_spool(result.quarantined))

    return checked
