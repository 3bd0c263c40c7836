"""What the ledger's modules execute on PostgreSQL, as Snowflake would get it, by the role that would run it."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from snowflake.sqlalchemy.snowdialect import SnowflakeDialect
from sqlalchemy import Engine, TextClause, event
from sqlalchemy.dialects.postgresql.dml import Insert as InsertOnConflict
from sqlalchemy.sql import ClauseElement, Insert, Select

from acme_assets.warehouse.snowflake import insert_unless_there, lock_statement

DIALECT = SnowflakeDialect()
OF_POSTGRESQL_ALONE = ("SET LOCAL lock_timeout",)


def as_snowflake(clause: ClauseElement, columns: list[str] | None = None) -> str:
    """A statement compiled for Snowflake, its parameters as :name."""
    compiled = clause.compile(dialect=DIALECT, column_keys=columns, compile_kwargs={"render_postcompile": True})
    text = str(compiled)
    for name in compiled.params:
        text = text.replace(f"%({name})s", f":{name}")
    return "\n".join(line.rstrip() for line in text.replace("%%", "%").splitlines())


def _on_snowflake(clause: Any) -> Any:
    """What `SnowflakeWarehouse` runs where `PostgresWarehouse` runs something of its own."""
    if isinstance(clause, InsertOnConflict):
        return insert_unless_there(clause.table, {str(name): bind.value for name, bind in clause._values.items()})
    if isinstance(clause, Select) and clause._for_update_arg is not None:
        return lock_statement(900)
    return clause


class Recorder:
    """Statements by role, once each, in order."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = defaultdict(list)

    @contextmanager
    def role(self, name: str) -> Iterator[None]:
        """Everything that is executed in the block is this role's.

        What other threads execute (suites read several marts at once) comes last, in the order of its text.
        """
        mine, others, here = self.found[name], set[str](), threading.get_ident()

        def note(_: Any, clause: Any, multiparams: Any, params: Any, __: Any) -> None:
            if isinstance(clause, TextClause):
                assert clause.text.startswith(OF_POSTGRESQL_ALONE), clause.text
                return
            columns = list(multiparams[0]) if isinstance(clause, Insert) and multiparams else None
            text = as_snowflake(_on_snowflake(clause), columns)
            if threading.get_ident() != here:
                others.add(text)
            elif text not in mine:
                mine.append(text)

        event.listen(Engine, "before_execute", note)
        try:
            yield
        finally:
            event.remove(Engine, "before_execute", note)
        mine.extend(sorted(others - set(mine)))
