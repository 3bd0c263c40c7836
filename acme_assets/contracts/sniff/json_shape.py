"""Where a JSON file's records and their lines are, and which paths lead to single values."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

Document = dict[str, Any]

_KEY_DEPTH = 4
_RECORDS = 200


def is_ndjson(text: str) -> bool:
    """Whether each of the first lines is a document of its own."""
    lines = [line for line in text.splitlines()[:3] if line.strip()]
    return bool(lines) and all(_loads(line) is not None for line in lines) and (len(lines) > 1 or lines[0][:1] == "{")


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def records_path(document: Any) -> str | None:
    """JMESPath of the longest list of objects in a document, `[]` for each list on the way; None for the document."""
    if not isinstance(document, dict):
        return None
    found = Counter[str]()
    for path, element in _lists(document, ""):
        found[path] += isinstance(element, dict)
    if not found:
        return None
    best = max(found, key=lambda path: (found[path], -len(path)))
    inner = [element for path, element in _lists(document, "") if path == best]
    if inner and all(isinstance(element.get("resource"), dict) for element in inner if isinstance(element, dict)):
        best += ".resource"
    return best


def _lists(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if depth > _KEY_DEPTH or not isinstance(value, dict):
        return
    for key, inside in value.items():
        if not key.isidentifier():
            continue
        here = f"{path}.{key}" if path else key
        if isinstance(inside, list):
            for element in inside:
                yield f"{here}[]", element
                # Records of records are the lines of each; a Bundle in a parameter is where the records are.
                if isinstance(element, dict) and isinstance(resource := element.get("resource"), dict):
                    yield from _lists(resource, f"{here}[].resource", depth + 1) if "entry" in resource else ()
        elif isinstance(inside, dict):
            yield from _lists(inside, here, depth + 1)


def explode_path(records: Sequence[Any]) -> str | None:
    """Path of the lines that a record explodes into: the list of objects that most records have, if it is long."""
    counts, lengths = Counter[str](), Counter[str]()
    for record in records:
        for key, value in record.items() if isinstance(record, dict) else ():
            if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
                counts[key] += 1
                lengths[key] += len(value)
    likely = [key for key in ("item", "lines", "line_items", "claim_lines", "services") if counts[key]]
    return likely[0] if likely else None


def scalar_paths(records: Sequence[Any], root: str) -> dict[str, list[str | None]]:
    """Each JMESPath below `root` that leads to single values, with the values of the first records."""
    found: dict[str, list[str | None]] = {}
    sample = records[:_RECORDS]
    for number, record in enumerate(sample):
        for path, value in _scalars(record, root):
            found.setdefault(path, [None] * len(sample))[number] = value
    return found


def _scalars(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and depth < _KEY_DEPTH:
        for key, inside in value.items():
            yield from _scalars(
                inside, f"{path}.{key}" if key.isidentifier() else f"{path}.{json.dumps(key)}", depth + 1
            )
    elif isinstance(value, list) and value and depth < _KEY_DEPTH:
        yield from _scalars(value[0], f"{path}[0]", depth + 1)
    elif isinstance(value, str | int | float):
        yield path, str(value)
