"""The GraphQL queries that Dagster's UI makes, as its own bundle has them: those of the version that is installed."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LITERAL = re.compile(
    r'"((?:\\n|\s)*(?:fragment|query) (?:[^"\\]|\\.)*)"|' r"'((?:\\n|\s)*(?:fragment|query) (?:[^'\\]|\\.)*)'"
)
"""A string of the minified JavaScript that begins with a GraphQL definition."""
_DEFINITION = re.compile(r"\b(?:fragment|query) (\w+)(?= on \w+ \{|\s*[({])")
_SPREAD = re.compile(r"\.\.\.(\w+)")


def ui_query(name: str) -> str:
    """A query of the UI, with the fragments that it needs.

    Raises:
        KeyError: this version of the UI has no such query or fragment.
    """
    known = _definitions()
    wanted, todo = {name: known[name]}, [name]
    while todo:
        for fragment in _SPREAD.findall(wanted[todo.pop()]):
            if fragment not in wanted and fragment != "on":
                wanted[fragment] = known[fragment]
                todo.append(fragment)
    return "\n".join(wanted.values())


@cache
def _definitions() -> dict[str, str]:
    package = find_spec("dagster_webserver")
    if package is None or package.origin is None:
        raise KeyError("dagster_webserver is not installed")
    scripts = Path(package.origin).parent.joinpath("webapp", "build").rglob("*.js")
    return definitions_in(script.read_text(encoding="utf-8") for script in scripts)


def definitions_in(scripts: Iterable[str]) -> dict[str, str]:
    """Queries and fragments by name."""
    found = {}
    for script in scripts:
        for literal in _LITERAL.finditer(script):
            text = (literal[1] or literal[2]).replace("\\n", "\n").replace('\\"', '"').replace("\\'", "'")
            for definition in _DEFINITION.finditer(text):
                if _depth(text[: definition.start()]) == 0:
                    found[definition[1]] = _whole(text[definition.start() :])
    return found


def _depth(text: str) -> int:
    return text.count("{") - text.count("}")


def _whole(text: str) -> str:
    """The definition at the text's beginning, to its closing brace."""
    end = text.index("{") + 1
    while _depth(text[:end]):
        end = text.index("}", end) + 1
    return text[:end]
