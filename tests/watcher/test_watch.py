"""The dead man's switch with real processes: killed, out of reach, back again. One page for each silence."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from acme_assets.alerts.services import ALERTER, ALERTS, DEADLINES, GATEKEEPER, LANDING_ZONE, WATCHER
from acme_assets.cli.main import app
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.warehouse.alert_tables import messages
from acme_assets.warehouse.heartbeats import beat, read_heartbeats
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.watcher.memory import Memory
from acme_assets.watcher.watch import Watcher
from client_partitions.escalation import load_policy
from tests.notify.servers import HttpServer, http_server
from tests.world import World, make_roster, roster_person

MINUTE = timedelta(minutes=1)
OTHERS = (ALERTS, DEADLINES, LANDING_ZONE, GATEKEEPER)
NOWHERE = PostgresWarehouse("postgresql+psycopg2://postgres:@/acme?host=/nowhere")


@pytest.fixture
def pager() -> Iterator[HttpServer]:
    with http_server() as server:
        yield server


@pytest.fixture
def watcher(world: World, tmp_path: Path, pager: HttpServer) -> Watcher:
    people = [f"{who}@acmehealth.example.com" for who in ("priya.raman", "tomas.vidal", "hana.sato")]
    world.roster = make_roster(*(roster_person(email, roles=("on_call",)) for email in people))
    channels = {"pagerduty": Channel("pagerduty", f"pagerduty+http://KEY@{pager.address}")}
    return Watcher(world.platform(), load_policy(), channels, tmp_path / "watcher.json")


def live(world: World, *services: str) -> None:
    with world.warehouse.begin() as connection:
        for service in services:
            beat(world.warehouse, connection, service, world.now)


def looks(watcher: Watcher, world: World, minutes: int, *alive: str) -> list[str]:
    """So many looks, a minute each, while these services live. Returns who was paged about."""
    paged = []
    for _ in range(minutes):
        world.now += MINUTE
        live(world, *alive)
        paged += watcher.look().paged
    return paged


def test_a_killed_alerter_is_paged_once_and_its_return_is_only_told(
    watcher: Watcher, world: World, environment: Path, pager: HttpServer
) -> None:
    """A real process that beats, and SIGKILL."""
    command = [sys.executable, "-m", "acme_assets.alerter"]
    with subprocess.Popen(command, env=dict(os.environ), stderr=subprocess.PIPE) as process:
        try:
            _until_it_beats(world, process)
        finally:
            process.send_signal(signal.SIGKILL)
    with world.warehouse.begin() as connection:
        world.now = read_heartbeats(connection)[ALERTER].beat_at
    assert looks(watcher, world, 2, *OTHERS) == []
    assert looks(watcher, world, 60, *OTHERS) == [ALERTER]
    (event,) = [request.body for request in pager.got]
    assert "alerter" in event["payload"]["summary"]
    assert "1 deadline unwatched" in event["payload"]["summary"]
    assert looks(watcher, world, 5, ALERTER, *OTHERS) == []
    assert len(pager.got) == 1
    with world.warehouse.begin() as connection:
        (told,) = connection.execute(select(messages)).mappings()
    assert (told["urgency"], told["state"]) == ("notify", "due")
    assert "alerter: signs of life again" in told["subject"]


def _until_it_beats(world: World, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        with world.warehouse.begin() as connection:
            if ALERTER in read_heartbeats(connection):
                return
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        time.sleep(0.1)
    raise AssertionError("the alerter gave no sign of life")


def test_a_dead_daemon_is_one_page_and_says_which_deadlines_are_unwatched(
    watcher: Watcher, world: World, pager: HttpServer
) -> None:
    looks(watcher, world, 3, ALERTER, *OTHERS)
    assert looks(watcher, world, 60, ALERTER, GATEKEEPER) == ["daemon"]
    (page,) = [str(request.body["payload"]) for request in pager.got]
    assert "Tiny Health 2026-03-10" in page
    assert "America/New_York" in page


def test_without_the_ledger_it_pages_all_the_same_and_once(watcher: Watcher, world: World, pager: HttpServer) -> None:
    looks(watcher, world, 3, ALERTER, *OTHERS)
    there, watcher.platform = watcher.platform, world.platform()
    object.__setattr__(watcher.platform, "warehouse", NOWHERE)
    paged = []
    for _ in range(20):
        world.now += MINUTE
        paged += watcher.look().paged
    assert paged == ["warehouse"]
    assert len(pager.got) == 1
    watcher.platform = there
    assert looks(watcher, world, 1) == []  # nobody could leave a sign of life meanwhile
    assert looks(watcher, world, 5, ALERTER, *OTHERS) == []
    assert Memory.read(watcher.memory).told == {}


def test_whom_the_alerts_sensor_tells_of_the_watcher_does_not(
    watcher: Watcher, world: World, pager: HttpServer
) -> None:
    looks(watcher, world, 3, ALERTER, *OTHERS)
    paged = looks(watcher, world, 30, ALERTER, ALERTS, DEADLINES, LANDING_ZONE)
    assert (paged, pager.got) == ([], [])
    assert [item.service for item in watcher.look().silent] == [GATEKEEPER]


def test_a_channel_that_is_down_is_tried_again_and_the_next_one_at_once(watcher: Watcher, world: World) -> None:
    tried: list[str] = []

    def send(channel: Channel, *_: object) -> Outcome:
        tried.append(channel.name)
        return Outcome("delivered" if len(tried) == 4 else "again", "as it was", is_down=True)

    watcher.channels = {name: Channel(name, "webhook+https://x.example") for name in ("pagerduty", "slack_nights")}
    watcher.send = send
    looks(watcher, world, 3, *OTHERS)
    assert looks(watcher, world, 10, *OTHERS) == [ALERTER]
    assert tried == ["pagerduty", "slack_nights"] * 2


def test_it_remembers_over_its_own_end(watcher: Watcher, world: World, pager: HttpServer) -> None:
    looks(watcher, world, 10, *OTHERS)
    again = Watcher(watcher.platform, watcher.policy, watcher.channels, watcher.memory)
    assert looks(again, world, 10, *OTHERS) == []
    assert len(pager.got) == 1


def test_a_broken_memory_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "watcher.json").write_text("{")
    assert Memory.read(tmp_path / "watcher.json") == Memory()


def test_it_gives_a_sign_of_life_itself(watcher: Watcher, world: World) -> None:
    looks(watcher, world, 1)
    with world.warehouse.begin() as connection:
        assert WATCHER in read_heartbeats(connection)


def test_acme_watch_once_exits_with_1_and_a_line_for_each_silence(
    world: World, environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_WATCH_MEMORY", str(tmp_path / "memory.json"))
    live(world, ALERTER, *OTHERS)
    assert CliRunner().invoke(app, ["watch", "--once"]).exit_code == 0
    for _ in range(6):
        world.now += MINUTE
        live(world, *OTHERS)
        result = CliRunner().invoke(app, ["watch", "--once"])
    assert result.exit_code == 1
    assert "alerter: silent since 2026-03-11" in result.stdout
    assert "nobody" in result.output
