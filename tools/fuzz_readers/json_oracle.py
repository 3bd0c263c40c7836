"""JSON by the letter of RFC 8259, one character at a time: what it does not name is refused, and so are keys that come
twice and what is over 200 levels deep."""

import re
from typing import Any

from tools.fuzz_readers.verdict import FIELDS, Verdict, Wrong, judge

DEEPEST = 200
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class Broken(Exception):
    """It is no JSON; the text is a part of the sentence that is right for it."""


class Number(str):
    """A number, as it is written."""


class Parser:
    """One document."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def document(self) -> Any:
        """The value, with nothing after it."""
        value = self.value(0)
        self.space()
        if self.at < len(self.text):
            raise Broken("broken JSON")
        return value

    def space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1

    def take(self, allowed: str) -> str:
        self.space()
        found = self.text[self.at : self.at + 1]
        if not found or found not in allowed:
            raise Broken("broken JSON")
        self.at += 1
        return found

    def value(self, depth: int) -> Any:
        self.space()
        first = self.text[self.at : self.at + 1]
        if first in ("{", "[") and depth >= DEEPEST:
            raise Broken("levels deep")
        if first == "{":
            return self.object(depth)
        if first == "[":
            return self.list(depth)
        if first == '"':
            return self.string()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        found = _NUMBER.match(self.text, self.at)
        if not found:
            raise Broken("broken JSON")
        self.at = found.end()
        return Number(found[0])

    def object(self, depth: int) -> dict[str, Any]:
        self.take("{")
        found: dict[str, Any] = {}
        self.space()
        if self.text[self.at : self.at + 1] == "}":
            self.at += 1
            return found
        twice = False
        while True:
            self.space()
            key = self.string()
            self.take(":")
            value = self.value(depth + 1)
            twice = twice or key in found
            found[key] = value
            if self.take(",}") == "}":
                break
        if twice:
            raise Broken("names a key twice")
        return found

    def list(self, depth: int) -> list[Any]:
        self.take("[")
        found: list[Any] = []
        self.space()
        if self.text[self.at : self.at + 1] == "]":
            self.at += 1
            return found
        while True:
            found.append(self.value(depth + 1))
            if self.take(",]") == "]":
                return found

    def string(self) -> str:
        self.take('"')
        out: list[str] = []
        while True:
            character = self.text[self.at : self.at + 1]
            self.at += 1
            if character == "" or (character < " " and character):
                raise Broken("broken JSON")
            if character == '"':
                return "".join(out).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
            if character != "\\":
                out.append(character)
                continue
            escape = self.text[self.at : self.at + 1]
            self.at += 1
            if escape == "u":
                digits = self.text[self.at : self.at + 4]
                if not re.fullmatch("[0-9a-fA-F]{4}", digits):
                    raise Broken("broken JSON")
                out.append(chr(int(digits, 16)))
                self.at += 4
            elif escape in _ESCAPES and escape:
                out.append(_ESCAPES[escape])
            else:
                raise Broken("broken JSON")


def expected(content: bytes, lines: bool, keys: "tuple[str, ...] | None" = None) -> Verdict:
    """The verdict on NDJSON, on a list (keys None), or on a document with its list of records at these keys and the
    record below `resource`."""
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return Verdict(held={"not utf-8", "broken JSON", "names a key twice", "levels deep", "no list of records"})
    try:
        if lines:
            found = [Parser(line).document() for line in text.split("\n") if line.strip(" \t\r\n")]
        elif not text.strip(" \t\r\n"):
            found = []
        else:
            found = _records(Parser(text).document(), keys)
    except Broken as problem:
        # What is wrong first is what is told; a broken document may also lack its list.
        return Verdict(held={str(problem), "broken JSON", "names a key twice", "levels deep", "no list of records"})
    return judge([_values(record) for record in found])


def _records(document: Any, keys: "tuple[str, ...] | None") -> list[Any]:
    if keys is None:
        if isinstance(document, dict):
            return [document]
        if not isinstance(document, list):
            raise Broken("no list of records")
        return document
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            raise Broken("no list of records")
        document = document[key]
    if not isinstance(document, list):
        raise Broken("no list of records")
    return [element.get("resource") if isinstance(element, dict) else None for element in document]


def _values(record: Any) -> dict[str, str | None]:
    if not isinstance(record, dict):
        return {}
    return {name: _text(record.get(name)) for name in FIELDS}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return str(int(value)) if re.fullmatch("-?[0-9]+", value) else str(value)
    if isinstance(value, str) and not re.search("[\ud800-\udfff]", value):
        return value
    return Wrong("no single text")
