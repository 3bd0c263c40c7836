"""The JSON API: the board's own numbers, refusals that say what to do, and nothing that writes."""

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from acme_assets.board.api import PREFIX, api_routes
from acme_assets.board.as_json import row_json, status_json
from acme_assets.board.reading import Reader
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.board.made_up import GONE, Away, Stopped, platform_of, store_forecast, store_incident
from tests.world import ELIGIBILITY, NIGHT, World

NIGHT_PATH = f"/nights/tiny_health/{NIGHT}"


class Shown:
    """A board of the world, asked over HTTP."""

    def __init__(self, world: World, warehouse: PostgresWarehouse) -> None:
        self.world, self.away, self.clock = world, Away(warehouse), Stopped()
        self.reader = Reader(platform_of(world, self.away, self.clock))
        self.client = TestClient(Starlette(routes=[Mount(PREFIX, routes=api_routes(self.reader))]))

    def turn(self) -> None:
        self.clock.now = max(self.world.now, self.clock.now)
        self.clock.pass_by(minutes=2)
        self.reader.turn()

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(PREFIX + path)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        return json.loads(answer.text)


@pytest.fixture
def shown(world: World, warehouse: PostgresWarehouse) -> Shown:
    return Shown(world, warehouse)


def test_tonight_is_the_board(shown: Shown) -> None:
    shown.world.deliver("eligibility", ELIGIBILITY)
    shown.turn()
    found, board = shown.get("/tonight"), shown.reader.current()
    assert found["nights"] == [row_json(row) for row in board.nights]
    assert found["counts"] | {"held": 1, "nights": 1} == found["counts"]
    assert found["as_of"] == board.as_of.isoformat()


def test_a_night_says_what_its_status_says_and_more(shown: Shown) -> None:
    shown.world.deliver("eligibility", ELIGIBILITY)
    deadline = shown.world.status().deadline
    store_forecast(shown.world, 0.7, deadline)
    incident = store_incident(shown.world, deadline)
    shown.turn()
    found = shown.get(NIGHT_PATH)
    said = status_json(shown.world.status())
    assert {name: found[name] for name in said} == said
    assert (found["p_miss"], found["save_by"] is not None) == (0.7, True)
    assert [item["incident_id"] for item in found["incidents"]] == [incident.incident_id]
    assert {"from": "sign-off", "to": "release", "is_required": True} in found["edges"]
    assert {node["name"] for node in found["nodes"]} >= {"feeds/eligibility", "marts/pmpm", "sign-off", "release"}


def test_the_queues_are_those_of_the_groups(shown: Shown) -> None:
    shown.world.deliver_all()
    shown.world.build()
    shown.turn()
    (row,) = shown.get("/queues/qa")["rows"]
    assert row["slack_minutes"] == (shown.world.status().deadline - shown.clock.now).total_seconds() // 60
    assert row["evidence"]["digest"] == shown.world.present()
    assert shown.get("/queues/client-success")["rows"] == shown.get("/queues/engineering")["rows"] == []
    assert "there are qa, client-success, engineering" in shown.get("/queues/finance", 404)["error"]


def test_incidents_and_trends_are_json(shown: Shown) -> None:
    incident = store_incident(shown.world, shown.world.status().deadline)
    shown.world.deliver_all()
    shown.world.build()
    shown.world.approve()
    shown.world.release()
    shown.turn()
    assert [item["incident_id"] for item in shown.get("/incidents")["incidents"]] == [incident.incident_id]
    assert shown.get("/trends")["total"]["due"] == 0
    shown.clock.pass_by(hours=20)
    fresh = Shown(shown.world, shown.away.real)
    fresh.clock.now = shown.clock.now
    fresh.turn()
    total = fresh.get("/trends")["total"]
    assert (total["due"], total["met"], total["share_met"]) == (1, 1, 1.0)


def test_while_the_warehouse_is_away_it_answers_and_says_so(shown: Shown) -> None:
    shown.turn()
    assert shown.get("/health")["status"] == "ok"
    nights = shown.get("/tonight")["nights"]
    shown.away.is_away = True
    shown.turn()
    found = shown.get("/tonight")
    assert found["nights"] == nights
    assert GONE in found["outage"]["reason"]
    assert shown.get("/health") | {"status": "stale", "outage": found["outage"]} == shown.get("/health")
    assert GONE in shown.get("/nights/tiny_health/2026-01-01", 503)["error"]


@pytest.mark.parametrize("path", ["/nights/nobody/2026-03-10", "/nights/tiny_health/yesterday"])
def test_what_is_not_there_is_refused_in_words(shown: Shown, path: str) -> None:
    shown.turn()
    assert "there is no" in shown.get(path, 404)["error"]


@pytest.mark.parametrize("path", ["/tonight", NIGHT_PATH, "/queues/qa", "/trends", "/incidents", "/health"])
def test_nothing_can_be_written(shown: Shown, path: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert shown.client.request(method, PREFIX + path).status_code == 405
