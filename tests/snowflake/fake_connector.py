"""A connector connection that records what it is sent, and answers what Snowflake is documented to answer."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from snowflake.connector.errors import ProgrammingError

Answer = tuple[list[str], list[tuple[Any, ...]], int]
"""Column names, rows, and the row count."""

_SET_UP = re.compile(r"SELECT CURRENT_VERSION\(\)|select current_database\(\), current_schema\(\)", re.IGNORECASE)


def refuses(errno: int, text: str) -> Callable[[], Answer]:
    """An answer that is an error."""

    def answer() -> Answer:
        raise ProgrammingError(text, errno=errno)

    return answer


@dataclass
class FakeConnection:
    """One session. `answers` are by the statement's first words; the last of a list stays."""

    answers: dict[str, list[Answer | Callable[[], Answer]]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    """Statements in order, without those by which SQLAlchemy's dialect sets itself up."""
    _interpolate_empty_sequences: bool = False
    _is_set_up: bool = False

    def cursor(self, *_: Any, **__: Any) -> "FakeCursor":
        return FakeCursor(self)

    def autocommit(self, mode: bool) -> None:
        assert not mode

    def commit(self) -> None:
        self.sent.append("COMMIT")

    def rollback(self) -> None:
        if self._is_set_up:
            self.sent.append("ROLLBACK")
        self._is_set_up = True  # the first one ends the dialect's set-up

    def close(self) -> None:
        pass

    def answer(self, statement: str) -> Answer:
        if _SET_UP.match(statement):
            return ["version", "schema"], [("9.30.0", None)], 1
        self.sent.append(statement)
        if statement == "SELECT CURRENT_TRANSACTION()" and statement not in self.answers:
            return ["current_transaction()"], [("1700000000000000000",)], 1
        for start, queue in self.answers.items():
            if statement.startswith(start):
                found = queue.pop(0) if len(queue) > 1 else queue[0]
                return found() if callable(found) else found
        return ["count"], [(1,)], 1

    def starts(self) -> list[str]:
        """The first two words of each statement."""
        return [" ".join(statement.split()[:2]) for statement in self.sent]

    @contextmanager
    def opened(self) -> Iterator["FakeConnection"]:
        """As `SnowflakeResource.get_connection`."""
        yield self


class FakeCursor:
    """As the connector's."""

    arraysize = 1

    def __init__(self, connection: FakeConnection) -> None:
        self._connection = connection
        self.description: list[tuple[Any, ...]] = []
        self.rowcount = -1
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, params: Any = None, **_: Any) -> "FakeCursor":
        names, rows, self.rowcount = self._connection.answer(statement)
        self._rows = list(rows)
        self.description = [(name, 2, None, None, None, None, True) for name in names]
        return self

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        found, self._rows = self._rows[: size or self.arraysize], self._rows[size or self.arraysize :]
        return found

    def close(self) -> None:
        pass
