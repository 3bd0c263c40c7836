"""JMESPath backwards: put a value into a document where the path will find it.

Only paths that name one place can be written: keys, indexes, `list[?key=='text'].key | [0]`, and of
alternatives (`a || b`) the first. Anything else raises, naming the path.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

from acme_assets.simulation.errors import LayoutNotInvertible
from client_partitions.file_format import compile_path


@dataclass(frozen=True)
class Step:
    """One move into a document: by key, or to the list element at an index or with certain values."""

    key: str | None = None
    index: int = 0
    conditions: tuple[tuple["Steps", Any], ...] = field(default=())


Steps = tuple[Step, ...]


@cache
def steps_of(path: str) -> Steps:
    """The moves that a path stands for.

    Raises:
        LayoutNotInvertible: if the path does not name one place.
    """
    try:
        steps, _ = _flatten(compile_path(path).parsed)
    except _NoPlaceError as error:
        raise LayoutNotInvertible(
            f"the JMESPath {path!r} cannot be written backwards ({error}); simulate this client from files it "
            "sent, or read one place, such as record.a.b or record.a[?type=='x'].b | [0]"
        ) from None
    return steps


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Put a value where `path` finds it, making the objects and lists on the way.

    Raises:
        LayoutNotInvertible: if something else is there already.
    """
    if not _put(document, steps_of(path), value):
        raise LayoutNotInvertible(
            f"the JMESPath {path!r} leads to a place that another column of the layout fills; "
            "let each path end in a value of its own"
        )


class _NoPlaceError(Exception):
    pass


def _flatten(node: dict[str, Any]) -> tuple[Steps, bool]:
    """The steps of a syntax node, and whether it gives a list of matches rather than one value."""
    kind, children = node["type"], node.get("children", [])
    match kind:
        case "identity" | "current":
            return (), False
        case "field":
            return (Step(key=node["value"]),), False
        case "index" if node["value"] >= 0:
            return (Step(index=node["value"]),), False
        case "subexpression" | "index_expression":
            parts = [_flatten(child) for child in children]
            return tuple(step for steps, _ in parts for step in steps), any(many for _, many in parts)
        case "flatten":
            return _flatten(children[0])
        case "projection":
            (left, _), (right, _) = _flatten(children[0]), _flatten(children[1])
            return (*left, Step(), *right), True
        case "filter_projection":
            (left, _), (right, _) = _flatten(children[0]), _flatten(children[1])
            return (*left, Step(conditions=_conditions(children[2])), *right), True
        case "pipe":
            (left, many), (right, _) = _flatten(children[0]), _flatten(children[1])
            if not many:
                return left + right, False
            if right[:1] != (Step(index=0),):
                raise _NoPlaceError("it keeps a whole list; end it in | [0]")
            return left + right[1:], False
        case "or_expression":
            return _flatten(children[0])
    raise _NoPlaceError(f"it uses {kind.replace('_', ' ')}")


def _conditions(node: dict[str, Any]) -> tuple[tuple[Steps, Any], ...]:
    if node["type"] == "and_expression":
        return _conditions(node["children"][0]) + _conditions(node["children"][1])
    if node["type"] == "comparator" and node["value"] == "eq" and node["children"][1]["type"] == "literal":
        steps, _ = _flatten(node["children"][0])
        return ((steps, node["children"][1]["value"]),)
    raise _NoPlaceError("its filter is no == with a text")


def _put(document: Any, steps: Steps, value: Any) -> bool:
    place = document
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        empty: Any = None if following is None else {} if following.key is not None else []
        if step.key is not None:
            if not isinstance(place, dict):
                return False
            if following is None:
                return bool(place.setdefault(step.key, value) == value)
            place = place.setdefault(step.key, empty)
        else:
            if not isinstance(place, list):
                return False
            place = _element(place, step, value if following is None else empty)
    return True


def _element(items: list[Any], step: Step, empty: Any) -> Any:
    if not step.conditions:
        while len(items) <= step.index:
            items.append({} if isinstance(empty, dict) else empty)
        return items[step.index]
    for item in items:
        if isinstance(item, dict) and all(_get(item, steps) == wanted for steps, wanted in step.conditions):
            return item
    item = {}
    for steps, wanted in step.conditions:
        _put(item, steps, wanted)
    items.append(item)
    return item


def _get(document: Any, steps: Steps) -> Any:
    for step in steps:
        if step.key is None or not isinstance(document, dict):
            return None
        document = document.get(step.key)
    return document
