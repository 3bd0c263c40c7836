"""Where a canonical value comes from, and that no value is rounded, guessed or silently lost."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]


def value(check: Check, column: str, mapping: Any, text: str, **layout: Any) -> str | None:
    """What one cell becomes; "!rule" where it is set aside."""
    claim = {
        "claim_id": {"value": "c"},
        "claim_line_number": {"value": "1"},
        "person_id": {"value": "p"},
        "dispensing_date": {"value": "2026-01-02"},
        "data_source": {"value": "test"},
        column: mapping,
    }
    form = {"kind": "csv", "quote": None, "delimiter": "|"}
    checked = check(f"x|y\n{text}\n", feed="pharmacy_claim", layout={"format": form, "columns": claim} | layout)
    if checked.quarantined:
        assert checked.quarantined[0]["column_name"] == column
        assert not text.split("|")[0] or text.split("|")[0] not in str(checked.quarantined[0]["reason"])
        return f"!{checked.quarantined[0]['rule']}"
    result: str | None = checked.accepted[0][column]
    return result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "1.0000"),
        ("-12.5", "-12.5000"),
        ("+.25", "0.2500"),
        ("99999999999999.9999", "99999999999999.9999"),
        ("1.23450", "1.2345"),  # more places, no more digits
        ("1.23456", "!type"),
        ("100000000000000", "!type"),
        ("1e3", "!type"),
        ("1,5", "!type"),
        ("$1", "!type"),
        ("NaN", "!type"),
        ("\u0661", "!type"),
        (".", "!type"),
        ("  7 ", "7.0000"),
        ("   ", None),
    ],
)
def test_amounts(check: Check, text: str, expected: str | None) -> None:
    assert value(check, "quantity", "x", f"{text}|") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", "30"),
        ("30.0", "30"),
        ("30.5", "!type"),
        ("-1", "!not negative"),
        ("9223372036854775808", "!type"),
        ("ten", "!type"),
    ],
)
def test_whole_numbers(check: Check, text: str, expected: str) -> None:
    assert value(check, "days_supply", "x", f"{text}|") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", "2026-01-31"),
        ("01/31/2026", "2026-01-31"),
        ("1/2/26", "2026-01-02"),
        ("31-JAN-2026", "2026-01-31"),
        ("2026-02-30", "!type"),
        ("2026-01-31T10:00:00", "!type"),
        ("12026-01-31", "!type"),
        ("yesterday", "!type"),
        ("", "!required"),
    ],
)
def test_dates(check: Check, text: str, expected: str) -> None:
    formats = ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%d-%b-%Y"]
    assert value(check, "dispensing_date", "x", f"{text}|", date_formats=formats) == expected


def test_a_columns_format_stands_for_the_layouts(check: Check) -> None:
    mapping = {"from": "x", "format": "%Y%m%d"}
    assert value(check, "dispensing_date", mapping, "20260102|") == "2026-01-02"
    assert value(check, "dispensing_date", mapping, "2026-01-02|") == "!type"


def test_a_month_can_stand_for_its_last_day(check: Check) -> None:
    mapping = {"join": ["x", "=01"], "format": "%Y-%m-%d", "month_end": True}
    assert value(check, "dispensing_date", mapping, "2028-2|") == "2028-02-29"


@pytest.mark.parametrize(
    ("mapping", "text", "expected"),
    [
        ("x", "a|b", "a"),
        (["x", "y"], " |b", "b"),
        ({"from": ["x", "y"]}, "a|b", "a"),
        ({"join": ["x", "y"]}, "a|b", "a-b"),
        ({"join": ["x", "y"], "with": ""}, "a|b", "ab"),
        ({"join": ["x", "y"]}, "a|", None),
        ({"join": ["x", "$row"]}, "a|", "a-1"),
        ({"hash": ["x", "y"]}, "a|b", hashlib.sha256(b"1:a1:b").hexdigest()[:32]),
        ({"row_number": True}, "a|", "1"),
        ({"line_number": True}, "a|", "1"),
        ({"business_date": "%Y-%m"}, "a|", "2026-03"),
        ({"from": "x", "extract": r"^(\d+)mg$"}, "20mg|", "20"),
        ({"from": "x", "extract": r"^(\d+)mg$"}, "20g|", None),
        ({"from": "x", "zero_pad": 5}, "1730|", "01730"),
        ({"from": "x", "zero_pad": 5}, "|", None),
        ({"from": "x", "map": {"a": "b"}}, "a|", "b"),
        ({"from": "x", "map": {"a": None}}, "a|", None),
        ({"from": "x", "map": {"a": "b"}}, "|", None),
        ({"from": "x", "map": {"a": "b"}}, "c|", "!unlisted value"),
        ({"from": "x", "map": {"a": "b"}, "default": "d"}, "c|", "d"),
        ({"from": "x", "map": {"a": "b"}, "default": "d"}, "|", None),
        ({"from": "x", "map": {"a": "b", "": "n"}, "default": "d"}, "|", "n"),
        ({"from": "x", "default": "d"}, "|", "d"),
        ({"from": "x", "default": "d"}, "a|", "a"),
        ("x", "a\0b|", "!type"),
    ],
)
def test_sources_and_changes(check: Check, mapping: Any, text: str, expected: str | None) -> None:
    assert value(check, "plan", mapping, text) == expected


def test_a_hash_tells_apart_what_concatenation_would_not(check: Check) -> None:
    mapping = {"hash": ["x", "y"]}
    hashes = {value(check, "plan", mapping, text) for text in ("ab|c", "a|bc", "abc|", "|abc")}
    assert len(hashes) == 4


def test_a_hash_of_the_place_tells_equal_rows_apart(check: Check, patients: dict[str, Any]) -> None:
    place = {"hash": ["$file", "$row"]}
    layout = patients | {"columns": patients["columns"] | {"person_id": place, "patient_id": place}}
    content = "id,name,sex,born\n" + "1,Ada,F,1980-01-02\n" * 3
    checked = check(content, content, layout=layout)
    assert len({row["person_id"] for row in checked.accepted}) == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3/10/2026 14:00", "2026-03-10T19:00:00.000000Z"),  # daylight saving
        ("12/20/2021 14:00", "2021-12-20T20:00:00.000000Z"),
        ("12/20/2021 14:00 PST", "2021-12-20T22:00:00.000000Z"),
        ("12/20/2021 14:00-0500", "2021-12-20T19:00:00.000000Z"),
        ("2021-12-20T14:00:00Z", "2021-12-20T14:00:00.000000Z"),
        ("2021-12-20T14:00:00.25-06:00", "2021-12-20T20:00:00.250000Z"),
        ("12/20/2021", "2021-12-20T06:00:00.000000Z"),
        ("11/7/2021 1:30", "2021-11-07T06:30:00.000000Z"),  # twice that night: the earlier
        ("3/14/2021 2:30", "!type"),  # skipped that night
        ("12/20/2021 14:00 XYZ", "!type"),
        ("", None),
    ],
)
def test_timestamps(check: Check, text: str, expected: str | None) -> None:
    layout = {
        "format": {"kind": "csv"},
        "timestamp_formats": [
            "%m/%d/%Y %H:%M",
            "%m/%d/%Y %H:%M%z",
            "%m/%d/%Y",
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y-%m-%dT%H:%M:%S%.f%:z",
        ],
        "time_zone": "America/Chicago",
        "zone_names": {"PST": "-0800"},
        "columns": {
            "lab_result_id": {"value": "r"},
            "person_id": {"value": "p"},
            "source_component_code": {"value": "1-8"},
            "result_datetime": "x",
            "data_source": {"value": "test"},
        },
    }
    checked = check(f"x,y\n{text},\n", feed="lab_result", layout=layout)
    rows = checked.quarantined
    assert (f"!{rows[0]['rule']}" if rows else checked.accepted[0]["result_datetime"]) == expected
