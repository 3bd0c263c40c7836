"""A path that is followed through many values at once leads where JMESPath's search of each value leads."""

import json
from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from acme_assets.contracts.json_paths import Path, as_texts

KEYS = st.sampled_from(["a", "b", "line", "record", "a b"])
SINGLE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", " x ", "1.50", "é", "\ud800", "a\udfffb", "\0", "😀"])
)
VALUES = st.recursive(SINGLE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
STEPS = [".a", ".b", ".line", '."a b"', "[0]", "[1]", "[-1]", "[-2]"]
OTHERS = ["length(@)", "a || b", "a[].b", "a[?b].a", "a | b", "@.a", "to_string(a)", "`1`", "join('-', a)", "*"]
PATHS = st.lists(st.sampled_from(STEPS), min_size=1, max_size=4).map(lambda steps: "record" + "".join(steps))


def searched(path: str, value: Any) -> tuple[str | None, bool]:
    """The text by JMESPath alone, and whether there is no single one."""
    try:
        found = jmespath.search(path, value)
    except JMESPathError:
        return None, True
    if found is None or isinstance(found, str):
        try:
            (found or "").encode()
        except UnicodeEncodeError:
            return None, True
        return found, False
    if isinstance(found, bool):
        return str(found).lower(), False
    return (str(found), False) if isinstance(found, int | float) else (None, True)


@given(path=PATHS | st.sampled_from(OTHERS), values=st.lists(VALUES, max_size=4), keyed=st.booleans())
@settings(max_examples=400, deadline=None)
def test_texts_are_those_that_jmespath_finds(path: str, values: list[Any], keyed: bool) -> None:
    roots = [{"record": value} for value in values] if keyed else values
    expected = [searched(path, root) for root in roots]
    texts, wrong = as_texts(Path.read(path).follow(roots))
    assert texts.to_list() == [text for text, _ in expected]
    assert wrong == [at for at, (_, is_wrong) in enumerate(expected) if is_wrong]
    if below := Path.read(path).below("record"):
        again, still_wrong = as_texts(below.follow(values))
        if keyed:
            assert (again.to_list(), still_wrong) == (texts.to_list(), wrong)


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("record.a.b", ("record", "a", "b")),
        ('record."a b"[0].c[-1]', ("record", "a b", 0, "c", -1)),
        ("record.a[]", None),
        ("record.a || record.b", None),
        ("length(record.a)", None),
    ],
)
def test_keys_and_places_in_lists_are_followed_without_jmespath(path: str, steps: tuple[str | int, ...] | None) -> None:
    """Else the test above would compare JMESPath with itself."""
    assert Path.read(path).steps == steps


def test_numbers_and_truth_values_are_texts_and_objects_are_none() -> None:
    values = json.loads('[1, true, "x", null, {"a": 1}, [], 12345678901234567890123]')
    texts, wrong = as_texts(values)
    assert texts.to_list() == ["1", "true", "x", None, None, None, "12345678901234567890123"]
    assert wrong == [4, 5]
