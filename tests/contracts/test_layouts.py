"""A layout that cannot work is refused at load or by `acme clients validate`, in words that say what to do."""

from typing import Any

import pytest
from pydantic import ValidationError

from acme_assets.contracts.layouts import layout_problems
from client_partitions.layout import Layout

CSV = {"format": {"kind": "csv"}, "columns": {}}
JSON = {"format": {"kind": "json"}, "columns": {}}


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (CSV | {"columns": {"a": {"from": "x", "extract": "("}}}, "is no regular expression that can be used here"),
        (CSV | {"columns": {"a": {"from": "x", "extract": "(?=a)(b)"}}}, "look-around"),
        (CSV | {"columns": {"a": {"from": "x", "extract": "a.b"}}}, "has 0 groups; mark what to keep"),
        (CSV | {"columns": {"a": {"from": "x", "value": "y"}}}, "give exactly one of from, value"),
        (CSV | {"columns": {"a": {"from": "x", "format": "%Q"}}}, "is no format that a whole date can be read by"),
        (CSV | {"columns": {"a": {"from": []}}}, "at least 1 item"),
        (CSV | {"date_formats": ["%Y-%m"]}, "is no format that a whole date can be read by"),
        (CSV | {"timestamp_formats": ["YYYY-MM-DD"]}, "is no format that a whole date can be read by"),
        (CSV | {"time_zone": "Chicago"}, "'Chicago' is no IANA time zone; write one such as America/Chicago"),
        (CSV | {"zone_names": {"PST": "-8"}}, "write an abbreviation and its offset"),
        (CSV | {"optional": ["x"]}, "optional: no column of the layout uses x"),
        (JSON | {"columns": {"a": "record.["}}, "columns.a: 'record.[' is no JMESPath"),
        (JSON | {"where": {"record[": ["x"]}}, "where: 'record[' is no JMESPath"),
        (JSON | {"format": {"kind": "json", "explode": "item["}}, "'item[' is no JMESPath"),
        (JSON | {"format": {"kind": "json", "lines": True, "records": "entry"}}, "give lines or records, not both"),
        (JSON | {"optional": ["record.x"]}, "a JSON path that leads nowhere is null anyway"),
    ],
)
def test_a_layout_that_cannot_work_is_refused_at_load(layout: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Layout.model_validate(layout)
    assert message in str(refused.value)


def patient(**columns: Any) -> Layout:
    required = {"person_id": "id", "patient_id": "id", "data_source": {"value": "x"}}
    return Layout.model_validate({"format": {"kind": "csv"}, "columns": required | columns})


def test_a_layout_that_fits_its_feed_has_no_problems() -> None:
    assert layout_problems("patient", patient(sex={"from": "s", "map": {"1": "male", "2": None}})) == []


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"surname": "s"}, "columns.surname: patient has no such column; its columns are person_id, patient_id"),
        ({"sex": {"value": "Male"}}, "columns.sex: 'Male' is not: one of male, female, unknown; correct it"),
        ({"sex": {"from": "s", "map": {"1": "m"}}}, "columns.sex: 'm' is not: one of male, female, unknown"),
        ({"sex": {"from": "s", "default": "other"}}, "columns.sex: 'other' is not: one of"),
        ({"birth_date": {"value": "unknown"}}, "columns.birth_date: 'unknown' does not come as Date; correct it"),
        ({"city": {"from": "s", "format": "%Y-%m-%d"}}, "columns.city.format: city is no date or time"),
    ],
)
def test_a_layout_that_does_not_fit_its_feed_is_reported(columns: dict[str, Any], problem: str) -> None:
    (found,) = layout_problems("patient", patient(**columns))
    assert found.startswith(problem)


def test_a_required_column_that_comes_from_nowhere_is_reported() -> None:
    problems = layout_problems("patient", Layout.model_validate({"format": {"kind": "csv"}, "columns": {}}))
    assert problems == [
        f"columns.{name}: patient requires it; say where it comes from"
        for name in ("person_id", "patient_id", "data_source")
    ]
