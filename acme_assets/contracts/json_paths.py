"""Where a layout's paths lead, followed from many JSON values at once.

Nearly all paths are keys and places in lists. Those are followed step by step through all values; a search by JMESPath
for each value costs some ten times as much, and is left for the others. Both mean the same: a property test holds them
against each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType
from typing import Any

import polars as pl
from jmespath.exceptions import JMESPathError

from client_partitions.file_format import compile_path

_BROKEN = object()
"""Stands where a path breaks on a value, as `length()` of a number does."""


@dataclass(frozen=True)
class Path:
    """A path, ready to be followed."""

    steps: tuple[str | int, ...] | None
    """Keys, and places in lists; None where only JMESPath knows the way."""
    search: Callable[[Any], Any]

    @classmethod
    def read(cls, text: str) -> "Path":
        """From its text.

        Raises:
            ValueError: it is no JMESPath.
        """
        compiled = compile_path(text)
        return cls(_steps(compiled.parsed), compiled.search)

    def below(self, key: str) -> "Path | None":
        """The rest of a path of steps that starts with this key; None of any other path."""
        return replace(self, steps=self.steps[1:]) if self.steps and self.steps[0] == key else None

    def follow(self, values: Sequence[Any]) -> Sequence[Any]:
        """Where it leads from each value; None where it leads nowhere."""
        if self.steps is None:
            return [self._searched(value) for value in values]
        for step in self.steps:
            if isinstance(step, str):
                objects = values if set(map(type, values)) == {dict} else map(_object, values)
                values = [value.get(step) for value in objects]
            else:
                values = [_element(value, step) for value in values]
        return values

    def _searched(self, value: Any) -> Any:
        try:
            return self.search(value)
        except JMESPathError:
            return _BROKEN


def _steps(node: Mapping[str, Any]) -> tuple[str | int, ...] | None:
    """Of a parsed path."""
    if node["type"] in ("field", "index"):
        return (node["value"],)
    if node["type"] not in ("subexpression", "index_expression"):
        return None
    steps: tuple[str | int, ...] = ()
    for child in node["children"]:
        found = _steps(child)
        if found is None:
            return None
        steps += found
    return steps


def _object(value: Any) -> dict[str, Any]:
    return value if type(value) is dict else {}


def _element(value: Any, place: int) -> Any:
    return value[place] if type(value) is list and -len(value) <= place < len(value) else None


def as_texts(values: Sequence[Any]) -> tuple[pl.Series, list[int]]:
    """JSON values as a text column, and the places of those that are no single text, number or truth value."""
    kinds = set(map(type, values))
    if kinds <= {int, NoneType}:
        values = [None if value is None else str(value) for value in values]
        kinds = {str, NoneType}
    if kinds <= {str, NoneType}:
        try:
            return pl.Series(values, dtype=pl.String), []
        except UnicodeEncodeError:  # a lone surrogate somewhere
            pass
    wrong = [at for at, value in enumerate(values) if not _is_single(value)]
    texts = [_text(value) if _is_single(value) else None for value in values]
    return pl.Series(texts, dtype=pl.String), wrong


def _is_single(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    return value is None or isinstance(value, bool | int | float)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else str(value)
