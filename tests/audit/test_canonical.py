"""The canonical text: one for each value, the same on every machine, and none for what has no one form."""

import hashlib
import json
import math
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.audit.canonical import NotCanonical, canonical_json, digest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-12, "-12"),
        (2**70, "1180591620717411303424"),
        ("", '""'),
        ("caf\u00e9 \u6f22 \U0001f600", '"caf\u00e9 \u6f22 \U0001f600"'),
        ('"\\/\n\t\x01', '"\\"\\\\/\\n\\t\\u0001"'),
        ([1, [2, "3"], {}], '[1,[2,"3"],{}]'),
        ((1, 2), "[1,2]"),
        ({"b": 1, "a": {"d": 2, "c": 3}}, '{"a":{"c":3,"d":2},"b":1}'),
        ({"B": 1, "a": 2, "": 3, "aa": 4}, '{"":3,"B":1,"a":2,"aa":4}'),
        (date(2026, 3, 10), '"2026-03-10"'),
        (datetime(2026, 3, 10, 1, 2, 3, tzinfo=UTC), '"2026-03-10T01:02:03.000000+00:00"'),
        (datetime(2026, 3, 10, 1, 2, 3, 45, tzinfo=UTC), '"2026-03-10T01:02:03.000045+00:00"'),
        (datetime(2026, 3, 10, tzinfo=timezone(timedelta(hours=5.5))), '"2026-03-10T00:00:00.000000+05:30"'),
        (Decimal("12.50"), '"12.50"'),
        (Decimal("1E+3"), '"1000"'),
        (Decimal("-0.0001"), '"-0.0001"'),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert canonical_json(value) == text


class NoOffset(tzinfo):
    """A zone that does not know its offset."""

    def utcoffset(self, when: datetime | None) -> None:
        return None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (0.5, "a float has no canonical form"),
        (1.0, "a float has no canonical form"),
        (math.nan, "a float has no canonical form"),
        (math.inf, "a float has no canonical form"),
        (Decimal("NaN"), "a decimal that is NaN has no canonical form"),
        (Decimal("-Infinity"), "a decimal that is -Infinity"),
        (datetime(2026, 3, 10), "a time without a zone has no canonical form"),
        (datetime(2026, 3, 10, tzinfo=NoOffset()), "a time without a zone"),
        (time(6, 0), "a time has no canonical form"),
        ({1: "a"}, "an object's keys are text"),
        ({None: "a"}, "an object's keys are text"),
        ({"a": 1, 2: "b"}, "an object's keys are text"),
        (b"bytes", "a bytes has no canonical form"),
        ({1, 2}, "a set has no canonical form"),
        (object(), "a object has no canonical form"),
        ("half a pair \ud83d", "text that is not Unicode"),
        ({"\udce9": 1}, "text that is not Unicode"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: {"a": [1, {"b": value}]}])
def test_what_has_no_one_form_is_refused_however_deep_it_lies(wrap: Any, value: Any, problem: str) -> None:
    for function in (canonical_json, digest):
        with pytest.raises(NotCanonical, match=problem):
            function(wrap(value))


def test_keys_are_in_the_order_of_their_utf_16_units_as_rfc_8785_says() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    text = canonical_json(dict.fromkeys(keys))
    assert list(json.loads(text)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


VALUE = {"client": "tiny_health", "rows": 3, "caf\u00e9": [True, None]}
TEXT = '{"caf\u00e9":[true,null],"client":"tiny_health","rows":3}'
SHA256 = "a904f2209b3fce83c177a95138e9858aeb608a2fb803e9f81f0b917efc473d97"


def test_a_digest_is_the_sha_256_of_the_utf_8_text_and_stays_what_it_was() -> None:
    assert canonical_json(VALUE) == TEXT
    assert digest(VALUE) == hashlib.sha256(TEXT.encode("utf-8")).hexdigest() == SHA256
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_a_digest_is_the_same_in_a_process_of_its_own() -> None:
    code = f"from acme_assets.audit.canonical import digest; print(digest({VALUE!r}))"
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1", "TZ": "Asia/Kolkata"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == digest(VALUE)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_the_text_reads_back_as_the_value_and_gives_the_same_text_again(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_the_order_in_which_keys_were_written_makes_no_difference(value: dict[str, Any]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)


@settings(max_examples=100, deadline=None)
@given(VALUES, VALUES)
def test_other_values_have_other_texts(one: Any, other: Any) -> None:
    def marked(value: Any) -> Any:
        """The value with bools told from numbers, which Python takes for equal."""
        if isinstance(value, list):
            return [marked(item) for item in value]
        if isinstance(value, dict):
            return {key: marked(item) for key, item in value.items()}
        return (type(value).__name__, value)

    assert (canonical_json(one) == canonical_json(other)) == (marked(one) == marked(other))
