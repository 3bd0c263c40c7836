"""A night on the embedded PostgreSQL, and every statement of it as Snowflake would get it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from snowflake.sqlalchemy.snowdialect import SnowflakeDialect
from sqlalchemy import Engine, TextClause, event
from sqlalchemy.dialects.postgresql.dml import Insert as InsertOnConflict
from sqlalchemy.sql import ClauseElement, Insert, Select

from acme_assets.feeds.arrivals import Stray
from acme_assets.feeds.zones import LandedFile
from acme_assets.nights.status import Work
from acme_assets.warehouse.arriving import record_stray
from acme_assets.warehouse.building import ModelResult, open_build
from acme_assets.warehouse.entries import entries_since
from acme_assets.warehouse.reading import read_business_date, read_unsettled
from acme_assets.warehouse.snowflake import insert_unless_there, lock_statement
from acme_assets.warehouse.stuck import record_stuck
from tests.world import ELIGIBILITY, MORNING, NIGHT, World

DIALECT = SnowflakeDialect()
OF_POSTGRESQL_ALONE = ("SET LOCAL TIME ZONE", "SET LOCAL lock_timeout")


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


@contextmanager
def recording() -> Iterator[list[str]]:
    """Every statement that the ledger's modules execute in the block, once each, in order."""
    seen: list[str] = []

    def note(_: Any, clause: Any, multiparams: Any, params: Any, __: Any) -> None:
        if isinstance(clause, TextClause):
            assert clause.text.startswith(OF_POSTGRESQL_ALONE), clause.text
            return
        columns = list(multiparams[0]) if isinstance(clause, Insert) and multiparams else None
        text = as_snowflake(_on_snowflake(clause), columns)
        if text not in seen:
            seen.append(text)

    event.listen(Engine, "before_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_execute", note)


def record_night(world: World) -> dict[str, list[str]]:
    """Role to the statements that its part of a night runs."""
    found: dict[str, list[str]] = {}
    with recording() as found["acme_loader"]:
        first = world.deliver("eligibility", ELIGIBILITY)
        world.deliver("eligibility", ELIGIBILITY + "p3,bad\n")
        world.put("eligibility", ELIGIBILITY)
        world.notice()
        assert world.load("eligibility").delivery_id == first.delivery_id
        world.deliver_all()
        with world.warehouse.begin() as connection:
            stray = Stray(LandedFile("tiny/notes.txt", 3, MORNING), "belongs to no feed", "engineering", "tiny_health")
            record_stray(world.warehouse, connection, stray, MORNING)
            read_unsettled(connection, NIGHT)
            read_business_date(connection, NIGHT)
            entries_since(connection, MORNING - timedelta(days=1))
        record_stuck(world.warehouse, [Work("load", "tiny_health", NIGHT, "load/1")], "failed 3 times", MORNING)
    world.fill_marts()
    good = {model: ModelResult(is_built=True, tests_passed=2) for model in world.models}
    with (
        recording() as found["acme_transformer"],
        open_build(world.warehouse, world.client, NIGHT, world.models, world.clock) as build,
    ):
        build.finish(good, world.clock())
    with recording() as found["acme_qa"]:
        world.reject()
        world.approve()
    with recording() as found["acme_releaser"]:
        world.release()
        world.release()
    return found
