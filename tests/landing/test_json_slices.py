"""Records are cut out of a page as they stand; what is no JSON, or says a thing twice, is no page."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.landing.json_slices import NoRecords, parse, records_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=5)


@given(RECORDS, VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_the_records_are_those_that_the_page_holds(records, other, indent, is_ascii) -> None:
    page = {"other": other, "data": {"items": [{"n": 1, "resource": it} for it in records]}, "more": other}
    text = json.dumps(page, indent=indent, ensure_ascii=is_ascii)
    lines = records_of(text, ("data", "items"), ("resource",))
    assert [json.loads(line) for line in lines] == records
    assert not any("\n" in line or "\r" in line for line in lines)


def test_a_record_keeps_its_numbers_escapes_order_and_spaces() -> None:
    record = '{"b" : 1.10, "a":\r\n 100000000000000000000000.0, "t": "caf\\u00e9 \\n", "e": 1E2}'
    assert records_of(f"\n[ {record} ,{{}}]", ()) == [record.replace("\r\n", " "), "{}"]


def test_a_page_without_the_list_has_no_records() -> None:
    for text in ('{"total": 0}', '{"entry": null}', '{"entry": []}'):
        assert records_of(text, ("entry",)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"entry": {}}', "has no list at entry"),
        ('{"entry": "secret"}', "has no list at entry"),
        ("[[1]]", "has no object that could have entry"),
        ('{"entry": [{"resource": {}}, {"other": {}}]}', "has no resource in record 2"),
        ('{"entry": [{"resource": "secret"}]}', "has something else than an object for record 1"),
    ],
)
def test_a_page_of_another_shape_is_refused_without_its_values(text: str, said: str) -> None:
    with pytest.raises(NoRecords, match=said) as caught:
        records_of(text, ("entry",), ("resource",))
    assert "secret" not in str(caught.value)


def test_a_missing_middle_is_another_shape() -> None:
    with pytest.raises(NoRecords, match="has no data$"):
        records_of('{"error": "none"}', ("data", "items"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": -Infinity}', "-Infinity is no JSON number"),
        ('{"a": 1, "a": 2}', "a key twice"),
        ('{"a": 1', "is no JSON"),
        ('{"a": 1} {"b": 2}', "is no JSON"),
        ('{"a": "line\nbreak"}', "is no JSON"),
        ("", "is no JSON"),
        ("[" * 200_000, "is nested too deeply"),
    ],
)
def test_what_is_no_json_is_no_page(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)
