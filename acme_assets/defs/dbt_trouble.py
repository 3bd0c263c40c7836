"""Whether nodes of dbt failed by trouble of warehouse or host, which passes, or by what they say, which does not.

dbt keeps of an error its text alone, which may hold a row and is in words that change. Here the errors are seen where
dbt turns a node's into text.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from acme_assets.defs.instead import instead

_PASSING = ("OperationalError", "InterfaceError")
"""PEP 249: "related to the database's operation and not necessarily under the control of the programmer", such as a
session that was cut off, a full disk, a deadlock or a time limit; and those of the driver itself, such as a connection
that is closed. psycopg2 and Snowflake's connector have both."""


def trouble_of(error: BaseException | None) -> str | None:
    """The name of the error behind one of dbt's, where it is of the kind that passes; the host's own among them."""
    while error is not None:
        if isinstance(error, OSError | MemoryError) or any(kind.__name__ in _PASSING for kind in type(error).__mro__):
            return type(error).__name__
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


@contextmanager
def noting_trouble() -> Iterator[set[str]]:
    """The names of the errors that pass, of all by which nodes of dbt fail in this process within the block."""
    from dbt.task.base import BaseRunner

    found: set[str] = set()
    handle, release = BaseRunner.handle_exception, BaseRunner._safe_release_connection

    @wraps(handle)
    def noting(runner: BaseRunner, error: Exception, *args: Any) -> str:
        if name := trouble_of(error):
            found.add(name)
        return handle(runner, error, *args)

    @wraps(release)
    def releasing(runner: BaseRunner) -> str | None:
        problem: str | None = release(runner)  # type: ignore[no-untyped-call]
        if problem is not None:  # the node did its work, and its session was cut off then
            found.add("a connection that was cut off")
        return problem

    with instead((BaseRunner, "handle_exception", noting), (BaseRunner, "_safe_release_connection", releasing)):
        yield found
