"""A load whose process is killed in the middle of its COPY leaves nothing to see, and the next one finishes."""

import time
from multiprocessing import get_context
from typing import Any

from sqlalchemy import create_engine, func, select, text

from acme_assets.warehouse.ledger import contract_results, loads
from acme_assets.warehouse.profile_tables import delivery_profiles
from acme_assets.warehouse.raw_tables import key_sketches, quarantined_rows, raw_table
from tests.warehouse.actors import Scene, perform
from tests.world import World

_WAITS = 4711
"""An advisory lock on which the COPY waits at row 500: a trigger of this test's own."""

_TRIGGER = f"""
CREATE FUNCTION raw.wait_in_the_middle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock({_WAITS}); RETURN NEW; END $$;
CREATE TRIGGER wait_in_the_middle BEFORE INSERT ON raw.eligibility
FOR EACH ROW WHEN (NEW.source_row = 500) EXECUTE FUNCTION raw.wait_in_the_middle();
"""
_WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND NOT granted")
_COPIED = text("SELECT max(tuples_processed) FROM pg_stat_progress_copy")


def rows_of(world: World, table: Any) -> int:
    with world.warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def wait_until(true: Any, what: str) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def test_a_load_that_is_killed_in_the_middle_of_its_copy_leaves_nothing(world: World, database: str) -> None:
    people = "".join(f"p{number},2026-01-01\n" for number in range(1000)) + "px,no date\n"
    world.put("eligibility", "person,start\n" + people)
    world.notice()
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as beside:
        beside.execute(text(_TRIGGER))
        beside.execute(select(func.pg_advisory_lock(_WAITS)))
        victim = get_context("spawn").Process(
            target=perform, args=(Scene.of(world, database), "a run loads eligibility", 0.0)
        )
        victim.start()
        wait_until(lambda: beside.execute(_WAITING, {"lock": _WAITS}).scalar(), "the COPY never came to row 500")
        assert 0 < int(beside.execute(_COPIED).scalar() or 0) < 1000
        victim.kill()
        victim.join()
        beside.execute(select(func.pg_advisory_unlock(_WAITS)))
    engine.dispose()
    left = (raw_table("eligibility"), quarantined_rows(), loads, contract_results, delivery_profiles, key_sketches)
    assert [rows_of(world, table) for table in left] == [0] * 6
    assert world.actions() == ["delivery_arrived"]
    assert world.facts().deliveries["eligibility"].state == "arrived"
    again = world.load("eligibility")
    assert (again.state, again.rows_loaded, again.is_repeat) == ("loaded", 1000, False)
    assert [rows_of(world, table) for table in left[:3]] == [1000, 1, 1]
