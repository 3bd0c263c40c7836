"""An object that is read the quick way is what the strict parser reads, and none that it refuses."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.contracts.json_documents import _flat, _parse
from acme_assets.contracts.rows import FileError

TOKENS = [
    '"a"', '"b":', '"a":', '"a" :', '"a"\t:', '"a"\r:', '"\\":"', '":"', "1", "1.50", "NaN", "null", ",", "{", "}",
          "[", "]", " ", '"x:y"', "-0", "1e5", '"\\ud800"', "1" * 30]  # fmt: skip
KEYS = st.sampled_from(["a", "b", "a:b", 'a":', "", "é"])
VALUES = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "12:30", 'x": ', " :", "é", "{", "["])
PAIRS = st.lists(st.tuples(KEYS, VALUES), max_size=5)


def written(pairs: list[tuple[str, Any]], colon: str) -> str:
    """An object with these keys, some of which may come twice."""
    return "{" + ",".join(f"{json.dumps(key)}{colon}{json.dumps(value)}" for key, value in pairs) + "}"


@given(
    st.lists(st.sampled_from(TOKENS), max_size=12).map("".join)
    | st.builds(written, PAIRS, st.sampled_from([":", " :", ": ", "  :", "\t:", "\r:"]))
)
@settings(max_examples=600, deadline=None)
def test_what_is_read_the_quick_way_is_what_the_strict_parser_reads(text: str) -> None:
    quick = _flat(text)
    if quick is not None:
        assert quick == _parse(text, 1)


@pytest.mark.parametrize("colon", [":", " :", "\t:", "\r:", "  :"])
def test_a_key_that_comes_twice_is_not_read_the_quick_way(colon: str) -> None:
    text = written([("a", 1), ("b", "x:y"), ("a", 2)], colon)
    assert _flat(text) is None
    with pytest.raises(FileError, match="names a key twice"):
        _parse(text, 1)


def test_plain_objects_are_read_the_quick_way() -> None:
    """Else the tests above would compare nothing."""
    assert _flat('{"a": "12:30", "b": 1.50}') == {"a": "12:30", "b": "1.50"}
    assert _flat('{"a":null}') == {"a": None}
