"""Rows, their order, the strip of stages and the counts: from the ledger as it stands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert

from acme_assets.board.building import _by_risk, board_of, counts_of
from acme_assets.board.look import Look, look
from acme_assets.board.model import Board, NightRow
from acme_assets.environment import Platform
from acme_assets.warehouse.ledger import stray_files
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.registry import Registry
from tests.board.made_up import Away, Stopped, platform_of, store_forecast, store_incident
from tests.world import ELIGIBILITY, MORNING, NIGHT, PHARMACY, World, make_client

DEADLINE = MORNING + timedelta(hours=2)
"""06:00 in New York."""


def shown(world: World, **changes: object) -> tuple[Look, Board]:
    clock = Stopped(max(world.now, MORNING))
    seen = replace(look(platform_of(world, world.warehouse, clock)), **changes)  # type: ignore[arg-type]
    return seen, board_of(seen)


def only(world: World) -> NightRow:
    (row,) = shown(world)[1].nights
    return row


def marks(row: NightRow) -> dict[str, str]:
    return {mark.name: mark.state for mark in row.stages}


class TestTheStrip:
    def test_of_a_night_of_which_nothing_came(self, world: World) -> None:
        row = only(world)
        assert marks(row) == {
            "feeds": "held", "load": "waiting", "marts": "waiting", "suites": "waiting", "sign-off": "waiting",
            "release": "waiting",
        }  # fmt: skip
        assert row.stages[0].text == "0 of 2 here; held: eligibility, pharmacy_claim"
        assert row.feeds_late == ("eligibility", "pharmacy_claim")

    def test_of_a_file_that_is_being_loaded(self, world: World) -> None:
        world.put("eligibility", ELIGIBILITY)
        world.put("pharmacy_claim", PHARMACY)
        world.notice()
        row = only(world)
        assert (marks(row)["feeds"], marks(row)["load"]) == ("done", "running")
        assert row.stages[1].text == "0 of 2 loaded; running: eligibility, pharmacy_claim"

    def test_of_a_night_half_of_which_is_loaded(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        row = only(world)
        assert (marks(row)["feeds"], marks(row)["load"]) == ("held", "waiting")
        assert row.stages[1].text == "1 of 2 loaded"

    def test_of_a_candidate(self, world: World) -> None:
        world.deliver_all()
        world.build()
        assert marks(only(world)) == {
            "feeds": "done", "load": "done", "marts": "done", "suites": "done", "sign-off": "held",
            "release": "waiting",
        }  # fmt: skip

    def test_of_a_released_night(self, world: World) -> None:
        world.deliver_all()
        world.build()
        world.approve()
        world.release()
        row = only(world)
        assert set(marks(row).values()) == {"done"}
        assert (row.blocked_by, row.owner, row.owner_group, row.since) == (None, "", None, None)


class TestRisk:
    def test_is_the_newest_stored_forecast(self, world: World) -> None:
        store_forecast(world, 0.2, DEADLINE, MORNING - timedelta(minutes=20))
        store_forecast(world, 0.6, DEADLINE, MORNING - timedelta(minutes=5))
        row = only(world)
        assert (row.p_miss, row.driver, row.driver_group) == (0.6, "feeds/pharmacy_claim", "client")
        assert row.drop_dead == DEADLINE - timedelta(minutes=90)
        assert row.is_at_risk

    def test_of_another_deadline_says_nothing(self, world: World) -> None:
        store_forecast(world, 0.6, DEADLINE - timedelta(hours=1))
        assert only(world).p_miss is None

    def test_of_a_released_night_is_none(self, world: World) -> None:
        store_forecast(world, 0.6, DEADLINE)
        world.deliver_all()
        world.build()
        world.approve()
        world.release()
        assert only(world).p_miss is None

    def test_is_certain_once_the_deadline_has_passed(self, world: World) -> None:
        world.now = DEADLINE + timedelta(minutes=1)
        row = only(world)
        assert (row.missed, row.p_miss, row.is_at_risk) == (True, 1.0, False)

    def test_what_was_released_in_time_and_withdrawn_later_is_not_missed(self, world: World) -> None:
        world.deliver_all()
        world.build()
        world.approve()
        release = world.release()
        world.now = DEADLINE + timedelta(hours=1)
        world.say("withdrawal", "otto@acme.example",
                  {"release_id": release.release_id, "evidence_digest": world.present()})  # fmt: skip
        row = only(world)
        assert (row.state != "released", row.missed) == (True, False)


class TestOrderAndCounts:
    def test_highest_risk_first_then_deadline_and_released_last(self, world: World) -> None:
        base = only(world)
        rows = [
            replace(base, client_id="released", state="released", p_miss=None),
            replace(base, client_id="unknown", p_miss=None),
            replace(base, client_id="later", p_miss=0.4, deadline=base.deadline + timedelta(hours=1)),
            replace(base, client_id="sooner", p_miss=0.4),
            replace(base, client_id="missed", p_miss=1.0, missed=True),
        ]
        assert [row.client_id for row in sorted(rows, key=_by_risk)] == [
            "missed", "sooner", "later", "unknown", "released",
        ]  # fmt: skip

    def test_the_states_add_up_to_the_nights(self, world: World) -> None:
        base = only(world)
        states = ("released", "awaiting sign-off", "running", "waiting", "held", "held")
        rows = [replace(base, state=state) for state in states]  # type: ignore[arg-type]
        counts = counts_of(rows, 1, 2, 3)
        assert counts.nights == 6
        assert (counts.released, counts.awaiting_sign_off, counts.running, counts.waiting, counts.held) == (
            1,
            1,
            1,
            1,
            2,
        )
        assert (counts.registry_errors, counts.incidents, counts.earlier_open) == (1, 2, 3)

    def test_an_incident_is_with_its_night_and_is_found_by_its_words(self, world: World) -> None:
        incident = store_incident(world, DEADLINE)
        _, board = shown(world)
        assert board.counts.incidents == 1
        assert board.nights[0].incidents == (incident.incident_id,)
        assert "pharmacy_claim of tiny_health is late" in board.nights[0].search

    def test_an_open_night_of_an_earlier_date_is_counted_and_not_listed(self, world: World) -> None:
        world.deliver_all()
        world.now = MORNING + timedelta(days=1)
        seen, board = shown(world)
        assert [row.business_date for row in board.nights] == [NIGHT + timedelta(days=1)]
        assert board.counts.earlier_open == 1
        assert ("tiny_health", NIGHT) in seen.nights


class TestProblems:
    def test_a_client_whose_file_is_broken_is_a_problem(self, world: World) -> None:
        registry = Registry(world.registry.clients, {"odd": "odd.yaml: feeds: is missing; add it"})
        _, board = shown(world, registry=registry)
        assert [(item.kind, item.name) for item in board.problems] == [("registry", "odd")]
        assert board.counts.registry_errors == 1

    def test_a_stray_file_is_shown_without_its_name(self, world: World) -> None:
        row = {"path": "tiny/mary_smith_1951.csv", "reason": "fits no feed", "owner_group": "client"}
        with world.warehouse.begin() as connection:
            connection.execute(
                insert(stray_files).values(**row, client_id="tiny_health", bytes=1, first_seen_at=MORNING)
            )
        (problem,) = shown(world)[1].problems
        assert "mary" not in repr(problem)
        assert (problem.kind, problem.name) == ("stray file", "tiny_health")


def test_a_client_that_owes_nothing_that_day_misses_nothing(world: World) -> None:
    days = ["sun"]
    data = make_client().model_dump()
    for feed in data["feeds"].values():
        feed["days"] = days
    world.client = type(world.client).model_validate(data)
    world.now = DEADLINE + timedelta(hours=1)
    row = only(world)
    assert (row.state, row.missed, row.stages[0].text) == ("waiting", False, "nothing is owed")


@pytest.mark.parametrize("clients", [1, 12])
def test_as_many_queries_however_many_clients(warehouse: PostgresWarehouse, world: World, clients: int) -> None:
    world.deliver_all()
    away = Away(warehouse)
    known = platform_of(world, away, Stopped(world.now))
    names = [f"tiny_{number}" for number in range(clients - 1)]
    every = {"tiny_health": world.client} | {name: make_client(client_id=name, landing=name) for name in names}
    look(Platform(Registry(every, {}), known.warehouse, known.zone, known.clock, known.roster, known.service))
    assert len(away.statements) <= 16
