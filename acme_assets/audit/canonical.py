"""The one canonical serialisation of everything that is hashed or signed.

JSON with sorted keys, no spaces, no floats, UTF-8: the subset of RFC 8785 (JCS) for objects whose
numbers are integers. Text of dates and times is ISO 8601; a decimal is text.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any


class NotCanonical(TypeError):
    """The value has a type that has no canonical form here."""


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _utf8(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise NotCanonical("a time without a zone has no canonical form")
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise NotCanonical(f"a decimal that is {value} has no canonical form")
        return format(value, "f")
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical("an object's keys are text")
        in_order = sorted(value) if all(map(str.isascii, value)) else sorted(value, key=_utf16)
        return {key: _plain(value[key]) for key in in_order}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise NotCanonical(f"a {type(value).__name__} has no canonical form")


def _utf16(text: str) -> bytes:
    return _utf8(text).encode("utf-16-be")


def _utf8(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("text that is not Unicode (half a surrogate pair) has no canonical form") from None
    return text


def canonical_json(value: Any) -> str:
    """The canonical text of a value.

    Raises:
        NotCanonical: for floats, naive times and anything that JSON does not know.
    """
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text, 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
