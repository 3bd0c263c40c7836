"""What is set aside can be counted by everybody; the rows themselves are for engineers, and each look is on record."""

import json
from datetime import timedelta
from typing import Any

import pytest

from acme_assets.gates.statement import Signer
from acme_assets.warehouse.quarantine import (
    QuarantinedRow,
    SetAside,
    count_set_aside,
    original_rows,
    rows_set_aside,
    set_aside,
    speaking,
)
from acme_assets.warehouse.signing import NotSigned
from tests.warehouse.waivers import THIRTY_PERCENT_BAD
from tests.world import (
    ELIGIBILITY,
    ENZO,
    INGRID,
    KEYS,
    NIGHT,
    PHARMACY,
    SERVICE,
    World,
    make_roster,
    roster_person,
    signer_of,
)

SECRET = "Zebediah"
ONE_BAD = ELIGIBILITY + "p3,2026-01-01\np4,2026-01-01\np5,2026-01-01\n" + f"{SECRET},no date\n"


def listed(world: World, *where: Any, limit: int = 50) -> list[SetAside]:
    with world.warehouse.begin() as connection:
        return set_aside(connection, *where, limit=limit)


def the_one(world: World, feed: str = "eligibility") -> SetAside:
    with world.warehouse.begin() as connection:
        return speaking(connection, "tiny_health", feed, NIGHT)


def look(world: World, viewer: Signer | str = ENZO, **more: Any) -> list[QuarantinedRow]:
    signer = signer_of(viewer) if isinstance(viewer, str) else viewer
    named = {"reason": "INC-1042", "limit": 10, "now": world.clock(), **more}
    return original_rows(world.warehouse, the_one(world), signer, world.roster, **named)


def test_deliveries_are_listed_with_their_rules_and_without_a_value(world: World) -> None:
    world.deliver("eligibility", ONE_BAD)
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    found = {item.feed: item for item in listed(world)}
    assert found["eligibility"].rules == {"type (enrollment_start_date)": 1}
    assert (found["eligibility"].state, found["eligibility"].reason) == ("loaded", None)
    assert found["pharmacy_claim"].rules == {"type (dispensing_date)": 3}
    assert "over the limit" in str(found["pharmacy_claim"].reason)
    assert SECRET not in str(found)


def test_what_is_good_is_not_listed_and_what_is_asked_for_alone_is(world: World) -> None:
    world.deliver("pharmacy_claim", PHARMACY)
    assert listed(world) == []
    world.deliver("eligibility", ONE_BAD)
    assert [item.feed for item in listed(world, "tiny_health", "eligibility", NIGHT)] == ["eligibility"]
    for other in (("other",), (None, "pharmacy_claim"), (None, None, NIGHT - timedelta(days=1))):
        assert listed(world, *other) == []


def test_a_delivery_that_cannot_be_read_is_listed_for_its_reason(world: World) -> None:
    world.deliver("eligibility", "person\np1\n")
    (item,) = listed(world)
    assert (item.state, item.rules, "it lacks start" in str(item.reason)) == ("quarantined", {}, True)


def test_a_superseded_delivery_stays_listed_and_does_not_speak(world: World) -> None:
    world.deliver("eligibility", ONE_BAD)
    world.deliver("eligibility", ELIGIBILITY)
    assert [item.state for item in listed(world)] == ["superseded"]
    with pytest.raises(NotSigned, match="nothing of eligibility of tiny_health 2026-03-10 is set aside"):
        the_one(world)


def test_rows_are_shown_by_number_and_reason_alone(world: World) -> None:
    world.deliver("eligibility", ONE_BAD)
    with world.warehouse.begin() as connection:
        found = rows_set_aside(connection, the_one(world).delivery_id, 10)
        assert count_set_aside(connection, the_one(world).delivery_id) == 1
    (row,) = found
    assert (row.source_file, row.source_row) == ("tiny/2026-03-10/eligibility.csv", 6)
    assert (row.rule, row.column_name, row.original) == ("type", "enrollment_start_date", None)
    assert SECRET not in str(found)
    assert "quarantine_viewed" not in world.actions()


def test_an_engineer_sees_the_original_row_and_the_look_is_on_record(world: World) -> None:
    world.deliver("eligibility", ONE_BAD)
    (row,) = look(world)
    assert json.loads(str(row.original)) == {"person": SECRET, "start": "no date"}
    entry = json.loads(world.entry("quarantine_viewed"))
    assert (entry["actor"], entry["client_id"], entry["details"]["reason"]) == (ENZO, "tiny_health", "INC-1042")
    assert SECRET not in str(entry)
    look(world)
    assert world.actions().count("quarantine_viewed") == 2


def refused(world: World, problem: str, viewer: Signer | str = ENZO, **more: Any) -> None:
    with pytest.raises(NotSigned, match=problem):
        look(world, viewer, **more)
    assert "quarantine_viewed" not in world.actions()


def test_nobody_else_sees_it(world: World) -> None:
    world.deliver("eligibility", ONE_BAD)
    refused(world, "members' rows are for engineering", INGRID)
    refused(world, "members' rows are for engineering", SERVICE)
    refused(world, "nobody in people.yaml with this key", Signer(ENZO, KEYS[INGRID]))
    refused(world, "nobody in people.yaml with this key", Signer("x@acme.example", KEYS[ENZO]))
    refused(world, "needs a reason", reason=" ")


def test_who_left_sees_it_no_longer(world: World) -> None:
    world.deliver("eligibility", ONE_BAD)
    today = world.now.date()
    world.roster = make_roster(roster_person(ENZO, status="retired", retired=today))
    refused(world, "nobody in people.yaml with this key")
    world.roster = make_roster(roster_person(ENZO, keys=[{"public": KEYS[ENZO].public.text, "revoked": today}]))
    refused(world, "nobody in people.yaml with this key")


def test_a_look_that_cannot_be_recorded_shows_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver("eligibility", ONE_BAD)

    def fails(*_: object) -> None:
        raise RuntimeError("no entry")

    monkeypatch.setattr("acme_assets.warehouse.quarantine.write_entry", fails)
    with pytest.raises(RuntimeError, match="no entry"):
        look(world)
