"""Each degraded mode with its real fault: the night holds, says so, and goes on when the fault ends.

Whole services that die are `tests/stack/test_keeping.py` and `test_chaos.py`; the dead daemon is `tests/watcher`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance, SensorResult, build_sensor_context
from sqlalchemy import create_engine, make_url, select, text
from typer.testing import CliRunner

from acme_assets.alerts.services import ALERTER, ALERTS, DEADLINES, GATEKEEPER, LANDING_ZONE
from acme_assets.cli.main import app
from acme_assets.defs.sensors.arrivals import arrivals_sensor
from acme_assets.defs.sensors.work import work_sensor
from acme_assets.defs.stages import stage_jobs
from acme_assets.feeds.zones import LocalZone, ZoneUnavailable
from acme_assets.notify.channel import Channel
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse.alert_tables import heartbeats
from acme_assets.warehouse.heartbeats import beat
from acme_assets.warehouse.ledger import stuck_work
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.pulse import Pulse
from acme_assets.watcher.watch import Watcher
from client_partitions.escalation import load_policy
from tests.notify.servers import http_server
from tests.world import DELE, ELIGIBILITY, PHARMACY, World, make_roster, roster_person

JOBS = stage_jobs({"nodes": {}})


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def asked_for(world: World, instance: DagsterInstance) -> list[str]:
    context = build_sensor_context(instance=instance, resources={"platform": world.platform()})
    result = work_sensor(JOBS, 30)(context)
    return [request.job_name or "" for request in result.run_requests or []] if isinstance(result, SensorResult) else []


def look(world: World, instance: DagsterInstance, cursor: str | None) -> str | None:
    context = build_sensor_context(instance=instance, cursor=cursor, resources={"platform": world.platform()})
    arrivals_sensor(30)(context)
    return context.cursor


class TestLandingZoneOutOfReach:
    def test_loads_wait_and_go_on_when_it_is_back(self, world: World, instance: DagsterInstance) -> None:
        world.put("eligibility", ELIGIBILITY)
        cursor = look(world, instance, look(world, instance, None))
        assert asked_for(world, instance) == ["load"]
        away = world.landing.with_name("away")
        world.landing.rename(away)
        asked = []
        for _ in range(60):
            world.now += timedelta(minutes=1)
            with pytest.raises(ZoneUnavailable):
                look(world, instance, cursor)
            asked.append(asked_for(world, instance))
        assert [jobs for jobs in asked[2:] if jobs] == [], "after the two minutes in which nobody can know"
        with world.warehouse.begin() as connection:
            assert connection.execute(select(stuck_work)).all() == []
        away.rename(world.landing)
        look(world, instance, cursor)
        assert asked_for(world, instance) == ["load"]

    def test_what_needs_no_file_goes_on_meanwhile(self, world: World, instance: DagsterInstance) -> None:
        look(world, instance, None)
        world.deliver_all()
        world.landing.rename(world.landing.with_name("away"))
        world.now += timedelta(hours=1)
        assert asked_for(world, instance) == ["build"]

    def test_a_look_that_reads_large_files_is_not_taken_for_it(
        self, world: World, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was recorded before the look came to the next large file is loaded meanwhile."""
        asked = []
        fetch = type(world.zone).fetch

        def slow(zone: LocalZone, path: str, folder: Path) -> Path:
            asked.append(asked_for(world, instance))
            world.now += timedelta(seconds=100)
            return fetch(zone, path, folder)

        world.put("eligibility", ELIGIBILITY)
        world.put("pharmacy_claim", PHARMACY)
        cursor = look(world, instance, None)
        monkeypatch.setattr(type(world.zone), "fetch", slow)
        look(world, instance, cursor)
        assert asked == [[], ["load"]]

    @pytest.mark.usefixtures("environment")
    def test_status_says_so_until_it_is_back(self, world: World, instance: DagsterInstance) -> None:
        def status() -> tuple[str, dict[str, str]]:
            said = [CliRunner().invoke(app, ["status", *options]) for options in ([], ["--json"])]
            assert [result.exit_code for result in said] == [0, 0]
            return said[0].output, json.loads(said[1].output)["silent"]

        cursor = look(world, instance, None)
        assert status()[1] == {}
        world.landing.rename(world.landing.with_name("away"))
        world.now += timedelta(minutes=10)
        text, silent = status()
        assert "no sign of life of the landing zone" in text
        assert list(silent) == [LANDING_ZONE]
        world.landing.with_name("away").rename(world.landing)
        look(world, instance, cursor)
        assert status()[1] == {}


@contextmanager
def out_of_reach(database: str, postgres: TemporaryServer) -> Iterator[None]:
    """The server ends every session of the warehouse and lets nobody in."""
    name = make_url(database).database
    engine = create_engine(postgres.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()


class TestWarehouseOutOfReach:
    def test_nothing_is_asked_for_in_an_hour_and_the_night_goes_on_where_it_was(
        self, world: World, instance: DagsterInstance, database: str, postgres: TemporaryServer
    ) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        cursor = look(world, instance, None)
        with out_of_reach(database, postgres):
            world.put("pharmacy_claim", PHARMACY)
            for _ in range(60):
                world.now += timedelta(minutes=1)
                for ask in (lambda: look(world, instance, cursor), lambda: asked_for(world, instance), world.build):
                    with pytest.raises(WarehouseUnavailable):
                        ask()
        with world.warehouse.begin() as connection:
            assert connection.execute(select(stuck_work)).all() == []
        look(world, instance, look(world, instance, cursor))
        assert asked_for(world, instance) == ["load"]
        world.deliver("pharmacy_claim", PHARMACY)
        assert asked_for(world, instance) == ["build"]
        world.build()
        world.approve(DELE)
        world.release()
        assert world.status().state == "released"

    @pytest.mark.usefixtures("environment")
    def test_status_says_so_in_one_line(self, database: str, postgres: TemporaryServer) -> None:
        with out_of_reach(database, postgres):
            said = CliRunner().invoke(app, ["status"])
        assert said.exit_code == 1
        assert said.output.startswith("error: the embedded PostgreSQL does not answer; see `acme stack status`")
        assert len(said.output.splitlines()) == 1
        assert CliRunner().invoke(app, ["status"]).exit_code == 0


class TestFullDisk:
    """/dev/full answers every write as a full disk does."""

    def test_a_resident_lives_on_and_its_sign_of_life_is_in_the_ledger(self, world: World, tmp_path: Path) -> None:
        file = tmp_path / "gatekeeper.beat"
        pulse = Pulse(GATEKEEPER, world.warehouse, world.clock, file)
        file.with_suffix(".new").symlink_to("/dev/full")
        pulse.beat()
        assert not file.exists()
        with world.warehouse.begin() as connection:
            assert connection.execute(select(heartbeats.c.service)).scalars().all() == [GATEKEEPER]
        file.with_suffix(".new").unlink()
        pulse.beat()
        assert json.loads(file.read_text())["problem"] is None

    def test_the_watcher_pages_once_and_lives_on(self, world: World, tmp_path: Path) -> None:
        people = [f"{who}@acmehealth.example.com" for who in ("priya.raman", "tomas.vidal", "hana.sato")]
        world.roster = make_roster(*(roster_person(email, roles=("on_call",)) for email in people))
        memory = tmp_path / "watcher.json"
        memory.with_name("watcher.json.new").symlink_to("/dev/full")
        with http_server() as pager:
            channels = {"pagerduty": Channel("pagerduty", f"pagerduty+http://KEY@{pager.address}")}
            watcher = Watcher(world.platform(), load_policy(), channels, memory, tmp_path / "watcher.beat")
            paged = []
            for _ in range(30):
                world.now += timedelta(minutes=1)
                with world.warehouse.begin() as connection:
                    for service in (ALERTS, DEADLINES, LANDING_ZONE, GATEKEEPER):
                        beat(world.warehouse, connection, service, world.now)
                paged += watcher.look().paged
            assert paged == [ALERTER]
            assert len(pager.got) == 1
        assert not memory.exists()
