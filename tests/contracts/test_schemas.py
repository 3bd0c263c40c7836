"""The contracts keep to the Tuva input layer: its columns, types and keys, and a list of what differs."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from acme_assets.contracts.schemas import EXTENSIONS, MONEY, TIMESTAMP, key_columns, schema
from client_partitions.feeds import FEEDS, Feed

TYPES: dict[str | None, set[pl.DataType]] = {
    None: {pl.String()},
    "varchar": {pl.String()},
    "date": {pl.Date()},
    "timestamp": {TIMESTAMP},
    "integer": {pl.Int64(), MONEY},  # quantities: Tuva rounds them, real files have fractions
    "float": {MONEY},  # exact here
    "number": {MONEY},
}

NO_PART_OF_OUR_KEY = {"provider_attribution": {"payer", "plan"}}
"""Stricter than Tuva: one attribution per member and month. (`data_source` is one per client here.)"""


@pytest.fixture(scope="module")
def tuva(shared_data: Path) -> dict[str, Any]:
    tables: dict[str, Any] = json.loads((shared_data / "contracts" / "tuva_input_layer.json").read_text())
    return tables


@pytest.mark.parametrize("feed", FEEDS)
def test_every_column_is_tuvas_or_a_declared_extension(feed: Feed, tuva: dict[str, Any]) -> None:
    known = {column["name"] for column in tuva[feed]["columns"]}
    ours = set(schema(feed).columns)
    extensions = EXTENSIONS.get(feed, frozenset())
    assert ours - known == extensions, "a column that is neither Tuva's nor listed, or listed and unused"


@pytest.mark.parametrize("feed", FEEDS)
def test_types_are_tuvas(feed: Feed, tuva: dict[str, Any]) -> None:
    theirs = {column["name"]: column["type"] for column in tuva[feed]["columns"]}
    for name, column in schema(feed).columns.items():
        if name in theirs:
            assert column.dtype.type in TYPES[theirs[name]], name


@pytest.mark.parametrize("feed", FEEDS)
def test_keys_are_tuvas(feed: Feed, tuva: dict[str, Any]) -> None:
    theirs = {column["name"] for column in tuva[feed]["columns"] if column["pk"]}
    ours = set(key_columns(feed)) - EXTENSIONS.get(feed, frozenset())
    assert theirs - ours == {"data_source"} | NO_PART_OF_OUR_KEY.get(feed, set())
    assert ours <= theirs


@pytest.mark.parametrize("feed", FEEDS)
def test_what_tuva_requires_is_required(feed: Feed, tuva: dict[str, Any]) -> None:
    theirs = {column["name"] for column in tuva[feed]["columns"] if column["not_null"] == "error"}
    ours = {name for name, column in schema(feed).columns.items() if not column.nullable}
    assert theirs <= ours
