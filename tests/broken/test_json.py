"""JSON that some parser somewhere accepts: held, set aside, or read to the letter."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.broken.conftest import NDJSON
from tools.fuzz_readers.json_oracle import expected

Held = Callable[..., str]

LIST = {"kind": "json"}
BUNDLE = {"kind": "json", "records": "body.entry[].resource"}

BROKEN = [
    '{"id": NaN}', '{"id": Infinity}', '{"id": -Infinity}', '{"id": 01}', '{"id": +1}', '{"id": 1.}', '{"id": .5}',
    '{"id": 0x1F}', '{"id": 1e}', '{"id": --1}', "{'id': 1}", '{id: 1}', '{"id": 1,}', '{"id": [1,]}', '{"id" 1}',
    '{"id": 1 "b": 2}', '{"id": "a\tb"}', '{"id": "a\nb"}', '{"id": "\\x41"}', '{"id": "\\u12"}', '{"id": "\\"}',
    '{"id": True}', '{"id": undefined}', '{"id": None}', '{"id": 1}}', '{"id": 1}]', '[{"id": 1}', '{"id": 1', '{',
    '[', '"', '{"id": 1} // x', '/* x */ {"id": 1}', '{"id": "1"}{"id": "2"}', '{"id": 1}\x00', "\x00",
    '{"id": "\x00"}',
    'nul', "}", "]", ",", ":", '{"a": 1, "a"}', '{1: 2}', '{null: 2}', '{"id": 1;}', "{]", "[}", '{"id": tru}', '﻿﻿{}',
]  # fmt: skip

TWICE = [
    '{"id": 1, "id": 2}',
    '{"id": 1, "x": {"a": 1, "a": 1}}',
    '{"id": 1, "\\u0069d": 2}',
    '{"x": [{"": 1, "": 2}]}',
]


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_json_is_held(text: str, held: Held) -> None:
    assert "has broken JSON at line 2" in held('{"id": "9"}\n' + text + "\n", NDJSON) or "\n" in text
    assert "broken JSON" in held(text, LIST)
    assert "broken JSON" in held('{"body": {"entry": [{"resource": ' + text + "}]}}", BUNDLE) or text in ("﻿﻿{}",)


@pytest.mark.parametrize("text", TWICE)
@pytest.mark.parametrize("form", [NDJSON, LIST], ids=["ndjson", "list"])
def test_a_key_that_comes_twice_is_held(text: str, form: dict[str, Any], held: Held) -> None:
    assert "names a key twice in one object (line 1" in held(text, form)


@pytest.mark.parametrize(
    "where", ['"n": 1, "n": 2, "body": {"entry": []}', '"body": {"entry": []}, "body": {"entry": []}']
)
def test_a_key_twice_around_the_records_is_held(where: str, held: Held) -> None:
    assert "names a key twice" in held("{" + where + "}", BUNDLE)


ODD = [
    '{"id": "1", "name": "\\ud800"}', '{"id": "1", "x": "\\ud800"}', '{"id": "\\ud83d\\ude00"}', '{"id": "a\\u0000"}',
    '{"id": 123456789012345678901234567890}', '{"id": 1.10}', '{"id": 1e400}', '{"id": -0}',
    '{"id": -0.0}', '{"id": true}',
    '{"id": null}', '{"id": ""}', '{"id": " "}', '{"id": {}}', '{"id": []}', '{"id": [1]}',
    '{"id": "1", "sex": 1}', "{}", "[]",
    "[[]]", "null", "1", '"x"', "true", '{"id": "\\u2028"}', '{"ID": 1}',
    '{"id": "1", "born": 19800102}', '{"": 1, "id": "x"}',
]  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_odd_values_are_read_to_the_letter_or_set_aside(text: str, agrees: Callable[..., None]) -> None:
    agrees(text + "\n", expected(text.encode() + b"\n", lines=True), NDJSON)
    agrees(f"[{text}, {text}]", expected(f"[{text}, {text}]".encode(), lines=False), LIST)
    inside = '{"body": {"entry": [{"resource": ' + text + "}, {}, 1, null, []]}}"
    agrees(inside, expected(inside.encode(), lines=False, keys=("body", "entry")), BUNDLE)


@pytest.mark.parametrize("depth", [10, 199, 200, 201, 500, 5_000, 100_000])
@pytest.mark.parametrize("form", [NDJSON, LIST, BUNDLE, {"kind": "json", "records": "body.entry[*].resource"}], ids=str)
def test_depth_is_bounded(depth: int, form: dict[str, Any], outcome: Any) -> None:
    record = '{"id": "1", "x": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    around = 0
    if form.get("records"):
        record, around = '{"body": {"entry": [{"resource": ' + record + "}]}}", 4
    found = outcome(record, form).result
    if depth + around <= 200:
        assert found.held is None
        assert found.rows_loaded == 1
    elif depth > 204:
        assert found.held
        assert "levels deep" in found.held or "broken JSON" in found.held


def test_brackets_in_texts_are_not_depth(outcome: Any) -> None:
    assert outcome('{"id": "' + "[" * 5_000 + '\\"["}', NDJSON).result.rows_loaded == 1


def test_a_row_that_is_set_aside_is_kept_as_it_was(outcome: Any) -> None:
    text = '{"name":  "\\u00e9", "n": 1.50, "s": "\\ud800"}'
    assert outcome(text, NDJSON).set_aside[0]["original"] == text


@pytest.mark.parametrize(
    "text", ['{"body": {"entry": {}}}', '{"body": []}', '{"entry": []}', "[]", "1", '{"body": {"entry": null}}']
)
def test_a_document_without_its_list_is_held(text: str, held: Held) -> None:
    assert "has no list of records at body.entry[].resource" in held(text, BUNDLE)


@pytest.mark.parametrize("form", [NDJSON, LIST, BUNDLE], ids=["ndjson", "list", "bundle"])
@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_json_in_another_encoding_is_held(form: dict[str, Any], codec: str, held: Held) -> None:
    reason = held('{"body": {"entry": [{"resource": {"id": "é"}}]}}'.encode(codec), form)
    assert "not utf-8" in reason or "broken JSON" in reason


def test_a_byte_order_mark_is_read_over_once_at_the_start(outcome: Any, held: Held) -> None:
    assert outcome('\ufeff{"id": "1"}\n', NDJSON).result.rows_loaded == 1
    assert "broken JSON at line 2" in held('{"id": "1"}\n\ufeff{"id": "2"}\n', NDJSON)


def test_records_stream_through_a_small_buffer(outcome: Any) -> None:
    """Longer than what is read at a time, with records that straddle it."""
    records = ", ".join(f'{{"resource": {{"id": "{n}", "name": "{"é" * 200}", "n": {n}}}}}' for n in range(12_000))
    found = outcome('{"a": [1, 2], "body": {"b": 1, "entry": [' + records + ']}, "z": 12}', BUNDLE).result
    assert (found.held, found.rows_loaded) == (None, 12_000)
