"""Another value in the place of a class's or module's own, for a time: what dbt has no setting for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

Place = tuple[Any, str, object]
"""A class or module, a name in it, and the value to be found there."""

_ABSENT = object()


@contextmanager
def instead(*places: Place) -> Iterator[None]:
    """Within the block these values are found; afterwards what was there before, if something was."""
    with ExitStack() as stack:
        for owner, name, value in places:
            stack.callback(_put, owner, name, vars(owner).get(name, _ABSENT))
            setattr(owner, name, value)
        yield


def _put(owner: Any, name: str, value: object) -> None:
    if value is _ABSENT:
        delattr(owner, name)
    else:
        setattr(owner, name, value)
