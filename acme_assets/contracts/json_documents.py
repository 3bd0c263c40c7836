"""Read JSON text into records, strictly: what two readers could take for different things holds the file.

NDJSON and documents whose records lie in one plain list stream, in memory bounded by the largest record; a document
that only JMESPath can take apart is read whole and may not be large. Numbers with a fraction stay the text that the
file has, so that none is rounded on its way to a decimal.
"""

import io
import json
import re
from collections.abc import Generator, Iterator
from itertools import accumulate
from typing import IO, Any, NamedTuple, NoReturn

from jmespath.exceptions import JMESPathError

from acme_assets.contracts.rows import FileError
from acme_assets.contracts.text_lines import MARK
from client_partitions.file_format import JsonFormat, compile_path

MAX_RECORD = 16 * 1024**2
"""Characters of one record, and bytes of one line of NDJSON."""
MAX_DOCUMENT = 64 * 1024**2
"""Bytes of a document that is read whole; in memory it takes some ten times that."""
MAX_DEPTH = 200
_CHUNK = 1024**2
_SPACE = " \t\r\n"
_PLAIN = re.compile(r"((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)\[\]((?:\.[A-Za-z_]\w*)*)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class Record(NamedTuple):
    """One source record, and the text that the file has for it (None: to be written anew)."""

    value: Any
    text: str | None

    @property
    def original(self) -> str:
        """The record as JSON text."""
        if self.text is not None:
            return self.text
        return json.dumps(self.value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


class _NotJsonError(ValueError):
    """Python's parser would take it, and other readers would not, or take it for something else."""


def read_records(stream: IO[bytes], form: JsonFormat) -> Iterator[Record]:
    """The records of a file.

    Raises:
        FileError: it is no JSON, is not shaped as the layout says, or is too large or too deep.
    """
    if form.lines:
        return _ndjson(stream)
    plain = _PLAIN.fullmatch(form.records) if form.records else None
    if form.records is None or plain:
        return _Scanner(stream).records(plain)
    return _whole(stream, form.records)


def _ndjson(stream: IO[bytes]) -> Iterator[Record]:
    number = 0
    while line := stream.readline(MAX_RECORD + 1):
        number += 1
        if len(line) > MAX_RECORD:
            raise _too_large(number)
        text = _decode(line, number).strip(_SPACE)
        if text:
            value = _flat(text)
            yield Record(_parse(text, number) if value is None else value, text)


def _whole(stream: IO[bytes], records: str) -> Iterator[Record]:
    content = stream.read(MAX_DOCUMENT + 1)
    if len(content) > MAX_DOCUMENT:
        raise FileError(
            f"is a document of over {MAX_DOCUMENT:,} bytes, which the layout's records takes apart only whole; "
            "write records as keys and one [], such as entry[].resource, or ask for NDJSON"
        )
    text = _decode(content, 1)
    if not text.strip(_SPACE):
        return
    try:
        found = compile_path(records).search(_parse(text, 1))
    except JMESPathError:
        found = None
    if not isinstance(found, list):
        raise _no_list(records)
    yield from (Record(value, None) for value in found)


def _decode(content: bytes, line: int) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(line + content.count(b"\n", 0, error.start)) from None
    return text.removeprefix("\ufeff") if line == 1 else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotJsonError("names a key twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_float=str, parse_constant=_no_number, object_pairs_hook=_object)
_SCAN = json.JSONDecoder(parse_float=str, parse_constant=_no_number).scan_once  # type: ignore[attr-defined]
"""Twice as fast, and silent about a key that comes twice."""


def _flat(text: str) -> dict[str, Any] | None:
    """An object that holds no other and no list, with no white space around it; None where that is not sure."""
    if text.count("{") != 1 or "[" in text:
        return None
    try:
        value, end = _SCAN(text, 0)
    except (ValueError, StopIteration):
        return None
    is_whole = end == len(text) and type(value) is dict and _has_each_key_once(text, len(value))
    return value if is_whole else None


def _has_each_key_once(text: str, keys: int) -> bool:
    """Each key that is written has a colon after it: no more colons than keys that were read, and none came twice."""
    if text.count(":") == keys:
        return True
    # Some are in values. Those after a quote are counted, where no other can follow a key.
    return text.count('":') == keys and not (" :" in text or "\t:" in text or "\r:" in text)


def _parse(text: str, line: int) -> Any:
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _broken(line + error.lineno - 1) from None
    except _NotJsonError as error:
        raise FileError(f"{error} (line {line} or after); ask for each key once") from None
    except (ValueError, RecursionError):
        raise _broken(line) from None
    _check_depth(text, line)
    return value


def _check_depth(text: str, line: int) -> None:
    """Deeper than this, no step after can be sure to get to the bottom of it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    steps = (_STEPS[character] for character in _STRING.sub("", text) if character in _STEPS)
    if max(accumulate(steps), default=0) > MAX_DEPTH:
        raise FileError(f"has JSON at line {line} that is over {MAX_DEPTH} levels deep; ask for flatter records")


def _broken(line: int) -> FileError:
    return FileError(f"has broken JSON at line {line}; ask for the file again")


def _too_large(line: int) -> FileError:
    return FileError(f"has a record at line {line} of over {MAX_RECORD:,} characters; ask for smaller records")


def _undecodable(line: int) -> FileError:
    return FileError(f"has bytes at line {line} that are not utf-8; ask for the file again in utf-8")


def _no_list(records: str) -> FileError:
    return FileError(f"has no list of records at {records}; ask for the agreed document or correct the layout")


class _Scanner:
    """A document read piece by piece: what is before and after the list of records, and its elements one by one."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(stream, "utf-8", errors="acme.mark", newline="")
        self._buffer = ""
        self._at = 0
        self._line = 1
        self._ended = False

    def records(self, path: re.Match[str] | None) -> Iterator[Record]:
        """The elements of the list at the path's keys; without a path, the document or its elements."""
        try:
            yield from self._records(path)
        finally:
            self._text.detach()

    def _records(self, path: re.Match[str] | None) -> Iterator[Record]:
        first = self._peek()
        if first == "\ufeff" and self._at == 0:
            self._at = 1
            first = self._peek()
        if not first:
            return
        if path is None:
            if first == "[":
                yield from self._elements([])
            else:
                record = self._value()
                if not isinstance(record.value, dict):
                    raise _no_list("the document")
                yield record
        else:
            keys, after = path[1].split("."), path[2].split(".")[1:]
            found = yield from self._inside(keys, after)
            if not found:
                raise _no_list(path[0])
        if self._peek():
            raise self._broken()

    def _inside(self, keys: list[str], after: list[str]) -> Generator[Record, None, bool]:
        """Walks one object; gives whether the list was in it."""
        if not keys:
            if self._peek() != "[":
                self._value()
                return False
            yield from self._elements(after)
            return True
        if self._peek() != "{":
            self._value()
            return False
        self._at += 1
        found, seen = False, set[str]()
        while self._peek() != "}" or seen:
            key = self._value().value
            if not isinstance(key, str):
                raise self._broken()
            if key in seen:
                raise FileError(f"names a key twice in one object (line {self._line}); ask for each key once")
            seen.add(key)
            self._take(":")
            if key == keys[0]:
                found = yield from self._inside(keys[1:], after)
            else:
                self._value()
            if self._take(",}") == "}":
                return found
        self._at += 1
        return found

    def _elements(self, after: list[str]) -> Iterator[Record]:
        self._take("[")
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            record = self._value()
            if not after:
                yield record
            else:
                value = record.value
                for key in after:
                    value = value.get(key) if isinstance(value, dict) else None
                yield Record(value, None)
            if self._take(",]") == "]":
                return

    def _peek(self) -> str:
        """The next character that is no white space; nothing at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def _take(self, allowed: str) -> str:
        found = self._peek()
        if not found or found not in allowed:
            raise self._broken()
        self._at += 1
        return found

    def _value(self) -> Record:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError:
                value, end = None, None
            except _NotJsonError as error:
                raise FileError(f"{error} (line {self._here()} or after); ask for each key once") from None
            except (ValueError, RecursionError):
                raise self._broken() from None
            if end is not None and (end < len(self._buffer) or self._ended):
                break
            if len(self._buffer) - self._at > MAX_RECORD:
                raise _too_large(self._here())
            if not self._more(max(_CHUNK, len(self._buffer) - self._at)) and end is None:
                raise self._broken()
        text = self._buffer[self._at : end]
        _check_depth(text, self._here())
        self._at = end
        return Record(value, text)

    def _more(self, size: int) -> bool:
        """Reads on, and lets go of what was taken; False at the end."""
        self._line += self._buffer.count("\n", 0, self._at)
        more = self._text.read(size)
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        self._ended = not more
        if (mark := more.find(MARK)) >= 0:
            raise _undecodable(self._line + self._buffer.count("\n", 0, len(self._buffer) - len(more) + mark))
        return bool(more)

    def _here(self) -> int:
        return self._line + self._buffer.count("\n", 0, self._at)

    def _broken(self) -> FileError:
        return _broken(self._here())
