"""A file cut off at any byte: what is whole is read right, and the rest held; packed files are held whole."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.broken.conftest import CSV, GOOD, NDJSON
from tools.fuzz_readers import delimited_oracle, json_oracle

PLAIN = GOOD.encode()
DOCUMENTS = [{"id": "1", "name": "Zoë", "sex": "F"}, {"id": 2, "born": "1980-01-02", "x": [1.5, {"y": None}]}]
LINES = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in DOCUMENTS).encode()
BUNDLE = json.dumps({"n": 1, "entry": [{"resource": item} for item in DOCUMENTS], "end": {}}, indent=1).encode()


def zipped(content: bytes, **options: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:
        archive.writestr("rows.csv", content)
    return out.getvalue()


@pytest.mark.parametrize("length", range(len(PLAIN)))
def test_delimited_text(length: int, agrees: Callable[..., None]) -> None:
    agrees(PLAIN[:length], delimited_oracle.expected(PLAIN[:length]))


@pytest.mark.parametrize("length", range(1, len(PLAIN)))
def test_delimited_text_whose_last_line_must_end(length: int, held: Callable[..., str], outcome: Any) -> None:
    form = CSV | {"final_line_end": True}
    cut = PLAIN[:length]
    if cut.endswith(b"\n"):
        assert not outcome(cut, form).result.held or "a ''b''" in str(cut) or cut.count(b"\n") in (1, 4)
    else:
        held(cut, form)


@pytest.mark.parametrize("length", range(len(LINES)))
def test_ndjson(length: int, agrees: Callable[..., None]) -> None:
    agrees(LINES[:length], json_oracle.expected(LINES[:length], lines=True), NDJSON)


@pytest.mark.parametrize("length", range(1, len(BUNDLE)))
def test_a_bundle(length: int, held: Callable[..., str]) -> None:
    reason = held(BUNDLE[:length], {"kind": "json", "records": "entry[].resource"})
    assert "broken JSON" in reason or "not utf-8" in reason


@pytest.mark.parametrize("packed", [gzip.compress(PLAIN, mtime=0)], ids=["gzip"])
def test_gzip_at_every_byte(packed: bytes, held: Callable[..., str]) -> None:
    form = CSV | {"gzip": True}
    for length in range(len(packed)):
        reason = held(packed[:length], form)
        assert "cut off or damaged" in reason or "is empty" in reason or "not compressed" in reason


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_zip_at_every_byte(method: int, held: Callable[..., str]) -> None:
    packed = zipped(PLAIN, compression=method)
    for length in range(len(packed)):
        reason = held(packed[:length], CSV | {"zip": True})
        assert "cut off or damaged" in reason or (length < 2 and "no zip archive" in reason)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_a_flipped_bit_in_a_zip_never_changes_a_row(method: int, outcome: Any) -> None:
    packed = zipped(PLAIN, compression=method)
    form = CSV | {"zip": True}
    whole = outcome(packed, form).loaded
    assert len(whole) == 3
    for at in range(len(packed)):
        found = outcome(packed[:at] + bytes([packed[at] ^ 0x10]) + packed[at + 1 :], form)
        assert found.result.held or found.loaded == whole, f"byte {at}"


def test_a_flipped_bit_in_gzip_never_changes_a_row(outcome: Any) -> None:
    packed = gzip.compress(PLAIN, mtime=0)
    form = CSV | {"gzip": True}
    whole = outcome(packed, form).loaded
    assert len(whole) == 3
    for at in range(len(packed)):
        found = outcome(packed[:at] + bytes([packed[at] ^ 0x10]) + packed[at + 1 :], form)
        assert found.result.held or found.loaded == whole, f"byte {at}"
