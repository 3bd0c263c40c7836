"""An audit entry: its id covers every field, and its text is what is stored."""

import hashlib
import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from acme_assets.audit.canonical import NotCanonical
from acme_assets.audit.entry import Entry

ENTRY = Entry(
    datetime(2026, 3, 11, 7, 30, tzinfo=UTC),
    "ingrid@acme.example",
    "signed_off",
    "tiny_health",
    date(2026, 3, 10),
    {"sign_off_id": "a" * 64, "rows": 2},
)

OTHER: dict[str, Any] = {
    "recorded_at": ENTRY.recorded_at + timedelta(microseconds=1),
    "actor": "dele@acme.example",
    "action": "rejected",
    "client_id": None,
    "business_date": date(2026, 3, 11),
    "details": {"sign_off_id": "a" * 64, "rows": 3},
}


def test_every_field_is_tried() -> None:
    assert set(OTHER) == {field.name for field in fields(Entry)}


@pytest.mark.parametrize("field", OTHER)
def test_an_entry_that_differs_in_any_field_has_another_id(field: str) -> None:
    assert replace(ENTRY, **{field: OTHER[field]}).entry_id() != ENTRY.entry_id()


def test_the_id_is_the_hash_of_the_text_that_is_stored() -> None:
    assert ENTRY.entry_id() == hashlib.sha256(ENTRY.canonical().encode()).hexdigest()
    assert json.loads(ENTRY.canonical()) == {
        "recorded_at": "2026-03-11T07:30:00.000000+00:00",
        "actor": "ingrid@acme.example",
        "action": "signed_off",
        "client_id": "tiny_health",
        "business_date": "2026-03-10",
        "details": {"sign_off_id": "a" * 64, "rows": 2},
    }


def test_the_order_of_the_details_makes_no_difference() -> None:
    assert replace(ENTRY, details=dict(reversed(ENTRY.details.items()))).entry_id() == ENTRY.entry_id()


@pytest.mark.parametrize("wrong", [{"recorded_at": datetime(2026, 3, 11)}, {"details": {"paid": 12.5}}])
def test_an_entry_with_a_local_time_or_a_float_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical):
        replace(ENTRY, **wrong).entry_id()
