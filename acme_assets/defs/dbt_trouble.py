"""Whether dbt's nodes failed by the warehouse's own trouble, which passes, or by what they say, which does not.

dbt keeps of a database's error its text alone, which may hold a row and is in words that change. Here the drivers'
errors are seen where dbt asks the database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

_PASSING = ("OperationalError", "InterfaceError")
"""PEP 249: "related to the database's operation and not necessarily under the control of the programmer", such as a
session that was cut off, a full disk, a deadlock or a time limit; and those of the driver itself, such as a connection
that is closed. psycopg2 and Snowflake's connector have both."""


def trouble_of(error: BaseException) -> str | None:
    """The name of the driver's error behind one of dbt's, where it is of the kind that passes."""
    at: BaseException | None = error
    while at is not None:
        if any(kind.__name__ in _PASSING for kind in type(at).__mro__):
            return type(at).__name__
        at = at.__cause__ or at.__context__
    return None


@contextmanager
def noting_trouble() -> Iterator[set[str]]:
    """The names of the errors that pass, of all that dbt meets in this process within the block."""
    from dbt.adapters.base.connections import BaseConnectionManager
    from dbt.adapters.sql.connections import SQLConnectionManager

    found: set[str] = set()

    def noting(asked: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(asked)
        def ask(*args: Any, **more: Any) -> Any:
            try:
                return asked(*args, **more)
            except Exception as error:
                if name := trouble_of(error):
                    found.add(name)
                raise

        return ask

    query, connect = vars(SQLConnectionManager)["add_query"], vars(BaseConnectionManager)["retry_connection"]
    SQLConnectionManager.add_query = noting(query)  # type: ignore[method-assign]
    BaseConnectionManager.retry_connection = classmethod(noting(connect.__func__))  # type: ignore[assignment]
    try:
        yield found
    finally:
        SQLConnectionManager.add_query = query  # type: ignore[method-assign]
        BaseConnectionManager.retry_connection = connect  # type: ignore[method-assign]
