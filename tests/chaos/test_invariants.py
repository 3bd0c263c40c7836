"""The checks after a night of chaos: a sound night has no violation, and each kind of damage is one."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from acme_assets.warehouse.ledger import (
    audit_entries,
    deliveries,
    loads,
    model_builds,
    releases,
    statements,
    stuck_work,
)
from acme_assets.warehouse.mart_tables import published_table
from acme_assets.warehouse.raw_tables import raw_table
from tests.world import NIGHT, World
from tools.chaos.invariants import violations
from tools.chaos.listener import Listener


@pytest.fixture
def night(world: World) -> World:
    world.deliver_all()
    world.build()
    world.approve()
    world.release()
    return world


def found(night: World, *signed: str) -> list[str]:
    return violations(night.platform(), NIGHT, signed)


def test_a_sound_night_has_none(night: World) -> None:
    with night.warehouse.begin() as connection:
        signed = connection.execute(select(statements.c.statement_id)).scalars().all()
    assert found(night, *signed) == []


def rows_twice(connection: Connection) -> None:
    table = raw_table("eligibility")
    connection.execute(insert(table).from_select(list(table.c), select(table).limit(1)))


def load_without_rows(connection: Connection) -> None:
    connection.execute(delete(raw_table("eligibility")))


def rows_without_load(connection: Connection) -> None:
    connection.execute(delete(loads).filter_by(feed="eligibility"))


def half_release(connection: Connection) -> None:
    connection.execute(delete(published_table("pmpm")))


def rows_of_no_release(connection: Connection) -> None:
    connection.execute(update(published_table("pmpm")).values(release_id="0" * 32))


def lost_sign_off(connection: Connection) -> None:
    connection.execute(delete(statements))


def release_recorded_twice(connection: Connection) -> None:
    row = dict(connection.execute(select(audit_entries).filter_by(action="released")).mappings().one())
    connection.execute(insert(audit_entries).values({**row, "entry_id": "0" * 64}))


DAMAGES: dict[str, tuple[Callable[[Connection], object], str]] = {
    "double load": (rows_twice, "rows in RAW"),
    "lost rows": (load_without_rows, "rows in RAW"),
    "rows of no load": (rows_without_load, "rows in RAW and 0"),
    "rows in are not rows kept": (lambda c: c.execute(update(loads).values(rows_in=9)), "lost rows"),
    "half release": (half_release, "pmpm is not what was signed"),
    "rows of no release": (rows_of_no_release, "rows of no release"),
    "lost sign-off": (lost_sign_off, "stands on a sign-off that is gone"),
    "entry twice": (release_recorded_twice, "recorded 2 times as released"),
    "stuck": (lambda c: c.execute(update(model_builds).values(state="building")), "stays building"),
    "arrived": (lambda c: c.execute(update(deliveries).values(state="arrived")), "2 deliveries stay arrived"),
    "given up": (
        lambda c: c.execute(
            insert(stuck_work).values(
                work_key="k", client_id="tiny_health", business_date=NIGHT, stage="load", reason="r",
                since=select(releases.c.released_at).scalar_subquery(),
            )
        ),
        "load was given up",
    ),
    "audit": (release_recorded_twice, "audit log, altered"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found(night: World, damage: str) -> None:
    act, said = DAMAGES[damage]
    with night.warehouse.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # past the triggers that refuse it
        act(connection)
    assert any(said in line for line in found(night)), found(night)


def test_a_statement_that_was_acknowledged_and_is_not_there_is_found(night: World) -> None:
    assert found(night, "0" * 64) == [f"statement {'0' * 12} was acknowledged and is gone"]


def test_the_same_message_under_two_ids_is_found() -> None:
    listener = Listener()
    said = {"message_id": "a", "incident_id": "i", "to": "x@acme.example", "subject": "late", "text": ""}
    listener.hear(said)
    listener.hear(said)
    assert (listener.times["a"], listener.twice()) == (2, [])
    listener.hear({**said, "message_id": "b"})
    assert listener.twice() == ["2 messages say the same of incident i to one person"]
    listener.close()
