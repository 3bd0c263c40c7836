"""Good files of every kind, mutated at random: bytes, and what an independent reading expects of them."""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.fuzz_readers import delimited_oracle, json_oracle
from tools.fuzz_readers.verdict import FIELDS, Verdict

_TOKENS = [
    b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b'"', b'""', b",", b"|", b"\t", b" ", b"\xef\xbb\xbf", b"\xff", b"\xc3",
    b"\xed\xa0\x80", b"=1+1", b"@SUM(A1)", b"\xc2\xa0", b"\xe2\x80\xa8", b"\x1c", b"\x0b", b"'", b"\\", b"\\u0000",
    b"\\ud800", b"NaN", b"Infinity", b"-0", b"1e999", b"1" * 40, b"{", b"}", b"[", b"]", b":", b"null", b"true",
    b'"id":1,', b"[" * 250, b"1980-02-30", b"0999-01-01", b"F", b"X", b"#", b"\x1a", b"\xf0\x9f\x98\x80",
]  # fmt: skip
_NAMES = ["Ada", "Zoë", "O'Neil", 'Ann "Nan"', "Smith, J", "李", "", " Eve ", "a\nb", "=1+1", "x" * 40, "😀"]


@dataclass(frozen=True)
class Case:
    """One file."""

    kind: str
    form: dict[str, Any]
    content: bytes
    verdict: Verdict
    damaged: bool
    """Its packing was mutated: it may be held for that, and never read as anything else than the verdict."""


def case(random_: random.Random) -> Case:
    """A case of this seed."""
    kind = random_.choice(list(_KINDS))
    form, make, expect = _KINDS[kind]
    content = make(_records(random_))
    if random_.random() < 0.95:
        content = _mutated(content, random_)
    verdict = expect(content)
    packing = random_.choice(["", "", "gzip", "zip"])
    if packing:
        content = gzip.compress(content, mtime=0) if packing == "gzip" else _zipped(content)
        form = {**form, packing: True}
    damaged = bool(packing) and random_.random() < 0.5
    if damaged:
        content = _mutated(content, random_)
    return Case(f"{kind} {packing}".strip(), form, content, verdict, damaged)


def _records(random_: random.Random) -> list[dict[str, str]]:
    return [
        {
            "id": str(random_.randrange(40)),
            "name": random_.choice(_NAMES),
            "sex": random_.choice(["F", "M", "", "F", "M", "x"]),
            "born": random_.choice(["1980-01-02", "2001-12-31", "", "1999-1-2", "soon", "2026-02-29"]),
        }
        for _ in range(random_.randrange(12))
    ]


def _mutated(content: bytes, random_: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(random_.choice([1, 1, 1, 2, 3, 8])):
        at = random_.randrange(len(data) + 1)
        end = min(len(data), at + random_.choice([1, 1, 2, 5, 30]))
        how = random_.randrange(7)
        if how == 0:
            data[at:end] = b""
        elif how == 1:
            data[at:at] = random_.choice(_TOKENS)
        elif how == 2:
            data[at:end] = random_.choice(_TOKENS)
        elif how == 3 and at < len(data):
            data[at] ^= 1 << random_.randrange(8)
        elif how == 4:
            data[at:at] = data[at:end]
        elif how == 5:
            other = random_.randrange(len(data) + 1)
            data[other:other] = data[at:end]
        elif random_.random() < 0.3:
            del data[at:]
    return bytes(data)


def _delimited(delimiter: str, quote: str | None, encoding: str, end: str) -> Callable[[list[dict[str, str]]], bytes]:
    def value(text: str) -> str:
        if quote is None:
            return text.replace(delimiter, " ").replace("\n", " ")
        special = {delimiter, quote, "\r", "\n"} & set(text)
        return f"{quote}{text.replace(quote, quote * 2)}{quote}" if special else text

    def make(records: list[dict[str, str]]) -> bytes:
        lines = [delimiter.join(FIELDS), *(delimiter.join(value(r[name]) for name in FIELDS) for r in records)]
        return (end.join(lines) + end).encode(encoding, "replace")

    return make


def _list(records: list[dict[str, str]]) -> bytes:
    return json.dumps(records, ensure_ascii=False, indent=1).encode()


def _ndjson(records: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def _bundle(records: list[dict[str, str]]) -> bytes:
    entries = [{"fullUrl": "urn:x", "resource": record} for record in records]
    bundle = {"resourceType": "Bundle", "link": [{"url": "x", "n": 1.50}], "body": {"entry": entries}, "total": 1}
    return json.dumps(bundle).encode()


def _zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("rows.txt"), content)
    return out.getvalue()


def _csv(**form: Any) -> dict[str, Any]:
    return {"kind": "csv", **form}


_Kind = tuple[dict[str, Any], Callable[[list[dict[str, str]]], bytes], Callable[[bytes], Verdict]]

_KINDS: dict[str, _Kind] = {
    "comma": (_csv(), _delimited(",", '"', "utf-8", "\n"), delimited_oracle.expected),
    "comma CRLF": (_csv(), _delimited(",", '"', "utf-8", "\r\n"), delimited_oracle.expected),
    "comma CR": (_csv(), _delimited(",", '"', "utf-8", "\r"), delimited_oracle.expected),
    "pipe": (
        _csv(delimiter="|", quote=None),
        _delimited("|", None, "utf-8", "\n"),
        lambda content: delimited_oracle.expected(content, delimiter="|", quote=None),
    ),
    "tab windows-1252": (
        _csv(delimiter="\t", encoding="windows-1252"),
        _delimited("\t", '"', "cp1252", "\r\n"),
        lambda content: delimited_oracle.expected(content, "cp1252", "\t"),
    ),
    "semicolon utf-16-le": (
        _csv(delimiter=";", encoding="utf-16-le"),
        _delimited(";", '"', "utf-16-le", "\r\n"),
        lambda content: delimited_oracle.expected(content, "utf-16-le", ";"),
    ),
    "list": ({"kind": "json"}, _list, lambda content: json_oracle.expected(content, lines=False)),
    "ndjson": ({"kind": "json", "lines": True}, _ndjson, lambda content: json_oracle.expected(content, lines=True)),
    "bundle": (
        {"kind": "json", "records": "body.entry[].resource"},
        _bundle,
        lambda content: json_oracle.expected(content, lines=False, keys=("body", "entry")),
    ),
}
