"""Everything that causes are found from, read from a real ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert
from sqlalchemy.engine import Engine

from acme_assets.alerts.causes import causes
from acme_assets.alerts.known import Known, KnownNight
from acme_assets.audit.canonical import digest
from acme_assets.nights.status import load_key
from acme_assets.warehouse.alert_tables import heartbeats
from acme_assets.warehouse.known import read_known
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.ledger import stray_files, stuck_work
from acme_assets.warehouse.sla_tables import forecasts
from client_partitions.client import Client
from client_partitions.registry import Registry
from tests.warehouse import overriding
from tests.warehouse.by_hand import unguarded
from tests.world import ELIGIBILITY, INGRID, NIGHT, PHARMACY, World, make_client

DUE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def known(world: World, now: datetime | None = None, registry: Registry | None = None, **more: Any) -> Known:
    return read_known(world.warehouse, registry or world.registry, world.roster, now or world.now, Learned(), **more)


def tonight(found: Known) -> KnownNight:
    return next(item for item in found.nights if item.key == ("tiny_health", NIGHT))


def keys(found: Known) -> list[str]:
    return [item.key for item in causes(found)]


def test_a_night_with_a_late_file_is_known_with_its_forecast(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    found = known(world)
    item = tonight(found)
    assert item.forecast is not None
    assert {node.name for node in item.forecast.nodes} == {"feeds/pharmacy_claim", "marts", "sign-off", "release"}
    assert found.last_landed.keys() == {"tiny_health"}
    cause = next(cause for cause in causes(found) if cause.kind == "delivery")
    assert cause.key == f"delivery/tiny_health/{NIGHT}"
    assert (cause.affected[0].deadline, cause.affected[0].p_miss) == (DEADLINE, item.forecast.p_miss)
    assert cause.affected[0].p_miss_if_done is not None
    assert cause.affected[0].drop_dead == item.forecast.nodes[0].drop_dead


def test_a_client_owes_nothing_before_its_first_night(world: World) -> None:
    assert known(world).nights == ()
    world.deliver("eligibility", ELIGIBILITY)
    assert [item.key for item in known(world).nights] == [("tiny_health", NIGHT)]


def test_a_night_of_which_nothing_came_is_under_its_overrides_too(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    following = NIGHT + timedelta(days=1)
    overriding.live(world, overriding.NO_PHARMACY, dates=(following, following))
    found = known(world, DUE + timedelta(hours=25))
    late = next(cause for cause in causes(found) if cause.key == f"delivery/tiny_health/{following}")
    assert "eligibility not delivered" in late.text
    assert "pharmacy_claim" not in late.text


def test_a_released_night_is_known_and_has_no_cause(world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    world.release()
    found = known(world)
    assert tonight(found).forecast is None
    assert keys(found) == []
    assert found.last_signature is not None
    assert known(world, world.now + timedelta(days=3)).last_signature is None


def test_the_rule_that_most_rows_fail_is_known_and_no_value_of_a_row(world: World) -> None:
    bad = "claim,person,day,paid\n" + "c1,p1,not-a-day,12.50\n" * 3 + "c2,p2,2026-03-02,7.25\n"
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", bad)
    found = known(world)
    (rule,) = found.leading_rules.values()
    cause = next(cause for cause in causes(found) if cause.kind == "contract")
    assert rule in cause.text
    assert "dispensing_date" in rule or "claim_id" in rule
    assert "not-a-day" not in repr(causes(found))


def test_a_file_that_cannot_be_read_has_no_leading_rule(world: World) -> None:
    world.deliver("eligibility", "wrong,header\n1,2\n")
    found = known(world)
    assert found.leading_rules == {}
    assert "cannot be read" in next(cause.text for cause in causes(found) if cause.kind == "contract")


def test_work_that_is_given_up_is_known(world: World) -> None:
    world.deliver("pharmacy_claim", PHARMACY)
    world.put("eligibility", ELIGIBILITY)
    world.notice()
    key = load_key(world.facts().deliveries["eligibility"])
    night = {"client_id": "tiny_health", "business_date": NIGHT}
    row = {"work_key": key, **night, "stage": "load", "reason": "the load failed 3 times", "since": world.now}
    with world.warehouse.begin() as connection:
        connection.execute(insert(stuck_work), [row])
    assert keys(known(world)) == [f"load/tiny_health/{NIGHT}"]


def test_risk_is_known_since_the_last_forecast_that_saw_none(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)

    def store(*said: tuple[int, float]) -> None:
        night = {"client_id": "tiny_health", "business_date": NIGHT, "deadline": DEADLINE}
        rows = [
            night
            | {"forecast_id": digest([minute]), "made_at": DUE + minute * MINUTE, "p_miss": p_miss, "p_raw": p_miss}
            for minute, p_miss in said
        ]
        with world.warehouse.begin() as connection:
            connection.execute(insert(forecasts), rows)

    assert tonight(known(world)).risk_since is None
    store((1, 0.5), (2, 0.1))
    assert tonight(known(world)).risk_since is None
    store((3, 0.3), (4, 0.6), (5, 0.25))
    assert tonight(known(world)).risk_since == DUE + 3 * MINUTE


def test_services_that_never_beat_are_silent_and_others_are_when_they_stop(world: World) -> None:
    row = {"service": "arrivals", "beat_at": world.now - 2 * MINUTE, "detail": ""}
    with world.warehouse.begin() as connection:
        connection.execute(insert(heartbeats), [row])
    services = {"arrivals": 5 * MINUTE, "gatekeeper": MINUTE}
    assert keys(known(world, services=services)) == ["silence/gatekeeper"]
    assert keys(known(world, world.now + 4 * MINUTE, services=services)) == ["silence/arrivals", "silence/gatekeeper"]


def test_files_that_belong_to_nobody_are_told_of_while_they_are_new(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    row = {"path": "tiny/x.csv", "reason": "fits no pattern", "owner_group": "client", "client_id": "tiny_health",
           "bytes": 1, "first_seen_at": world.now}  # fmt: skip
    with world.warehouse.begin() as connection:
        connection.execute(insert(stray_files), [row])
    assert "is of no delivery" in next(cause.text for cause in causes(known(world)) if cause.kind == "delivery")
    assert known(world, world.now + timedelta(days=3)).strays == ()


def test_a_statement_that_was_changed_by_hand_is_a_forgery_since_it_was_recorded(world: World) -> None:
    world.deliver_all()
    world.build()
    statement = world.approve(INGRID)
    with unguarded(world.warehouse, "ops.statements") as connection:
        connection.exec_driver_sql("UPDATE ops.statements SET signature = 'x'")
    found = known(world)
    assert found.recorded.keys() == {statement}
    cause = next(cause for cause in causes(found) if cause.kind == "forgery")
    assert (cause.key, cause.since) == (f"forgery/tiny_health/{INGRID}", found.recorded[statement])
    assert [item.client_id for item in cause.affected] == ["tiny_health"]


@pytest.mark.parametrize("begun", [False, True])
def test_as_many_queries_for_many_clients_as_for_one(world: World, begun: bool) -> None:
    def queries(clients: dict[str, Client]) -> int:
        found: list[str] = []

        def note(*said: Any) -> None:
            found.append(said[2])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            known(world, registry=Registry(clients, {}))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(found)

    world.deliver("eligibility", ELIGIBILITY)
    one = {world.client.client_id: world.client}
    many = {f"client_{n}": make_client(client_id=f"client_{n}", landing=f"c{n}") for n in range(20)}
    if begun:
        first = world.client
        for item in list(many.values())[:4]:
            world.client = item
            world.deliver("eligibility", ELIGIBILITY)
        world.client = first
    assert queries(one | many) == queries(one)


def test_two_looks_at_the_same_ledger_find_the_same(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    first, second = known(world), known(world)
    assert causes(first) == causes(second)
