"""The records of a JSON page, cut out of its text as they stand: no number, escape or order of keys changes. Pure."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

_BLANK = re.compile(r"[ \t\r\n]*")
_BREAKS = re.compile(r"[\r\n]+")


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_once)


class NoRecords(ValueError):
    """The page has no list of records where the pull says. The text holds keys and positions, never values."""


def parse(text: str) -> Any:
    """A whole JSON document.

    Raises:
        ValueError: it is none, has NaN or Infinity, or a key twice. The text holds no value.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON ({error.msg} at character {error.pos})") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def records_of(text: str, records: Sequence[str], record: Sequence[str] = ()) -> list[str]:
    """Each record as one line.

    Args:
        text: a document that `parse` takes.
        records: keys that lead to the list of records; where the last one is absent or null there are none.
        record: keys that lead from an item of the list to the record.

    Raises:
        NoRecords: there is no such list, or an item has no record.
    """
    start = _start(text, 0)
    for number, key in enumerate(records):
        below = _member(text, start, key)
        if below is None and number < len(records) - 1:
            raise NoRecords(f"has no {'.'.join(records[: number + 1])}")
        if below is None:
            return []
        start = below
    if text.startswith("null", start) and records:
        return []
    if text[start] != "[":
        raise NoRecords(f"has no list at {'.'.join(records) or 'its top'}")
    return [_line(text, begin, end, number, record) for number, (begin, end) in enumerate(_items(text, start), 1)]


def _line(text: str, start: int, end: int, number: int, record: Sequence[str]) -> str:
    for key in record:
        below = _member(text, start, key)
        if below is None:
            raise NoRecords(f"has no {'.'.join(record)} in record {number}")
        start = below
        end = _end(text, start)
    if text[start] != "{":
        raise NoRecords(f"has something else than an object for record {number}")
    return _BREAKS.sub(" ", text[start:end])  # a line break in JSON is white space: in strings it stands escaped


def _start(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _end(text: str, at: int) -> int:
    return _DECODER.raw_decode(text, at)[1]


def _member(text: str, at: int, key: str) -> int | None:
    """Where the value of an object's key begins."""
    if text[at] != "{":
        raise NoRecords(f"has no object that could have {key}")
    at = _start(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _start(text, _start(text, at) + 1)
        if name == key:
            return at
        at = _start(text, _end(text, at))
        if text[at] == ",":
            at = _start(text, at + 1)
    return None


def _items(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Where each item of a list begins and ends."""
    at = _start(text, at + 1)
    while text[at] != "]":
        end = _end(text, at)
        yield at, end
        at = _start(text, end)
        if text[at] == ",":
            at = _start(text, at + 1)
