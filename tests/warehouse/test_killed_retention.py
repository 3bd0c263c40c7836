"""Retention whose process is killed in the middle of a night, or between two files: the next one finishes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select, text

from acme_assets.feeds.zones import LandedFile, LocalZone
from acme_assets.warehouse.landed_files import remove_files
from acme_assets.warehouse.raw_tables import raw_table
from acme_assets.warehouse.retaining import remove_due
from acme_assets.warehouse.retention_tables import retention_removals
from tests.warehouse.actors import Scene
from tests.world import ELIGIBILITY, PHARMACY, World

YEAR_LATER = datetime(2027, 3, 10, 12, tzinfo=UTC)
_WAITS = 4712
"""An advisory lock on which the removal waits at its second table: a trigger of this test's own."""

_TRIGGER = f"""
CREATE FUNCTION raw.wait_in_the_middle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock({_WAITS}); RETURN OLD; END $$;
CREATE TRIGGER wait_in_the_middle BEFORE DELETE ON raw.pharmacy_claim
FOR EACH ROW EXECUTE FUNCTION raw.wait_in_the_middle();
"""
_WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :lock AND NOT granted")


@pytest.fixture
def aged(world: World) -> World:
    """A released night; a year ago."""
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", PHARMACY)
    world.build()
    world.approve()
    world.release()
    world.now = YEAR_LATER
    return world


class StuckAtTheSecond(LocalZone):
    """Removes a file, and waits for ever at the next."""

    removed = 0

    def remove(self, file: LandedFile) -> bool:
        if self.removed:
            time.sleep(3600)
        self.removed += 1
        return super().remove(file)


def remove_rows(scene: Scene) -> None:
    world = scene.world()
    remove_due(world.warehouse, world.clock, by="killed", limit=100)


def remove_landed(scene: Scene) -> None:
    world = scene.world()
    remove_files(world.warehouse, StuckAtTheSecond(scene.landing), world.clock, by="killed")


def kill_when(target: Callable[[Scene], None], scene: Scene, true: Callable[[], object]) -> None:
    """SIGKILL to a process that does it, at the moment that something is true."""
    victim = get_context("spawn").Process(target=target, args=(scene,))
    victim.start()
    until = time.monotonic() + 60
    while not true():
        assert victim.is_alive(), "it came to its end"
        assert time.monotonic() < until, "it never came so far"
        time.sleep(0.02)
    victim.kill()
    victim.join()


def rows(world: World) -> dict[str, int]:
    tables = {feed: raw_table(feed) for feed in ("eligibility", "pharmacy_claim")} | {"removals": retention_removals}
    with world.warehouse.begin() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in tables.items()
        }


def landed(landing: Path) -> int:
    return sum(file.is_file() for file in landing.rglob("*.csv"))


def test_a_removal_that_is_killed_between_two_tables_leaves_the_night_whole(aged: World, database: str) -> None:
    before, said = rows(aged), aged.actions()
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as beside:
        beside.execute(text(_TRIGGER))
        beside.execute(select(func.pg_advisory_lock(_WAITS)))
        scene = Scene.of(aged, database)
        kill_when(remove_rows, scene, lambda: beside.execute(_WAITING, {"lock": _WAITS}).scalar())
        beside.execute(select(func.pg_advisory_unlock(_WAITS)))
    engine.dispose()
    assert (rows(aged), aged.actions()) == (before, said)
    assert before["eligibility"] > 0
    assert remove_due(aged.warehouse, aged.clock, by="test", limit=100)["raw"].nights == 1
    assert rows(aged) == {"eligibility": 0, "pharmacy_claim": 0, "removals": 1}
    assert aged.actions().count("raw_removed") == 1


def test_files_whose_removal_is_killed_between_two_go_with_the_next_and_are_recorded_once(
    aged: World, database: str
) -> None:
    remove_due(aged.warehouse, aged.clock, by="test", limit=100)
    assert landed(aged.landing) == 2
    kill_when(remove_landed, Scene.of(aged, database), lambda: landed(aged.landing) == 1)
    assert "landed_files_removed" not in aged.actions()
    remove_files(aged.warehouse, aged.zone, aged.clock, by="test")
    remove_files(aged.warehouse, aged.zone, aged.clock, by="test")
    assert landed(aged.landing) == 0
    assert aged.actions().count("landed_files_removed") == 1
