"""The real stack: real processes, a tiny code location. The tests of a class go on from where the one before ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import psutil
import psycopg2
import pytest

from acme_assets.stack import postgres, processes, services, stack
from acme_assets.stack.errors import StackError
from acme_assets.stack.settings import REPOSITORY, Home, child_environment

LAUNCH = """mutation($job: String!) { launchRun(executionParams: {runConfigData: {}, selector: {
    repositoryLocationName: "acme", repositoryName: "__repository__", jobName: $job}})
    { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
STATUS = "query($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"


def graphql(home: Home, query: str, **variables: str) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(
        f"{services.ui_url(home)}/graphql", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        answer: dict[str, Any] = json.load(response)
    assert "errors" not in answer, answer
    return answer["data"]  # type: ignore[no-any-return]


def launch(home: Home, job: str) -> str:
    launched = graphql(home, LAUNCH, job=job)["launchRun"]
    return str(launched["run"]["runId"])


def run_status(home: Home, run: str) -> str:
    return str(graphql(home, STATUS, run=run)["runOrError"]["status"])


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def nothing_runs(home: Home) -> bool:
    return processes.orphans(home) == [] and not postgres.is_running(home)


def pid(home: Home, name: str) -> int:
    process = services.find(home, name)
    assert process is not None, name
    return process.pid


class TestLife:
    def test_up_brings_every_service_to_health_after_preparing(self, home: Home) -> None:
        seen: list[Mapping[str, str]] = []

        def prepare(environment: Mapping[str, str]) -> None:
            seen.append(environment)
            psycopg2.connect(environment["ACME_DAGSTER_PG_URL"]).close()
            assert services.is_well(home, "code").well is False

        begin = time.monotonic()
        assert stack.up(home, prepare=prepare) == f"http://127.0.0.1:{home.ui_port}"
        print(f"up took {time.monotonic() - begin:.1f} s")
        found = stack.status(home)
        assert [(service.name, service.state) for service in found] == [
            (name, "healthy") for name in ("postgres", "runner", "code", "webserver", "daemon")
        ]
        print([(service.name, round((service.memory_bytes or 0) / 1e6)) for service in found])
        assert len(seen) == 1
        assert seen[0]["ACME_HOME"] == str(home.root)
        assert seen[0]["PATH"]

    def test_only_this_machine_can_reach_it(self, home: Home) -> None:
        everything = [
            member
            for name in services.services_of(home)
            for member in processes.family(psutil.Process(pid(home, name)))
        ]
        listening = {
            (connection.laddr.ip, connection.laddr.port)
            for process in everything
            for connection in process.net_connections(kind="tcp")
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {("127.0.0.1", home.ui_port)}

    def test_up_again_changes_nothing(self, home: Home) -> None:
        before = [pid(home, name) for name in services.services_of(home)]
        lines: list[str] = []
        stack.up(home, lines.append, prepare=lambda environment: pytest.fail("nothing to prepare"))
        assert lines[0] == "already running"
        assert [pid(home, name) for name in services.services_of(home)] == before

    def test_up_again_makes_no_empty_landing_zone_where_it_is_away(self, home: Home) -> None:
        away = home.landing.rename(home.landing.with_name("away"))
        stack.up(home)
        assert not home.landing.exists()
        away.rename(home.landing)

    def test_another_port_in_the_environment_does_not_hide_the_running_stack(self, home: Home) -> None:
        assert stack.up(replace(home, ui_port=1)) == f"http://127.0.0.1:{home.ui_port}"

    def test_a_run_that_is_launched_in_the_ui_executes(self, home: Home) -> None:
        run = launch(home, "quick")
        wait_for(lambda: run_status(home, run) == "SUCCESS")
        assert list((home.dagster / "storage").rglob("*.err")), "compute logs belong under DAGSTER_HOME"

    def test_connections_to_postgresql_are_few_and_named_after_their_process(self, home: Home) -> None:
        connection = psycopg2.connect(postgres.server_of(home).url("dagster", "postgresql"))
        with connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT application_name, count(*) FROM pg_stat_activity WHERE datname = %s GROUP BY 1", ("dagster",)
            )
            found = dict(cursor.fetchall())
        connection.close()
        print(found)
        assert found["acme webserver"] == found["acme daemon"] == 1
        assert "acme runner" not in found, "a child could use it too"

    def test_a_worker_that_is_killed_is_a_failed_run_within_seconds(self, home: Home) -> None:
        run = launch(home, "endless")
        wait_for(lambda: run_status(home, run) == "STARTED")
        (worker,) = psutil.Process(pid(home, "runner")).children()
        worker.kill()
        wait_for(lambda: run_status(home, run) == "FAILURE", 5)

    def test_a_run_waits_in_the_queue_while_the_runner_is_down(self, home: Home) -> None:
        os.kill(pid(home, "runner"), signal.SIGKILL)
        wait_for(lambda: services.find(home, "runner") is None, 5)
        run = launch(home, "quick")
        log = processes.log_file(home, "daemon")
        wait_for(lambda: "the runner does not answer" in log.read_text(), 20)
        wait_for(lambda: run_status(home, run) == "QUEUED", 5)
        lines: list[str] = []
        stack.up(home, lines.append)
        assert lines[0] == "starting runner"
        wait_for(lambda: run_status(home, run) == "SUCCESS", 30)

    def test_up_recovers_when_all_but_the_webserver_was_killed_and_ends_the_lost_run(self, home: Home) -> None:
        lost = launch(home, "endless")
        wait_for(lambda: run_status(home, lost) == "STARTED")
        before = {name: pid(home, name) for name in services.services_of(home)}
        killed = ("postgres", "runner", "code", "daemon")
        for name in killed:
            os.kill(before[name], signal.SIGKILL)
        wait_for(lambda: all(services.find(home, name) is None for name in killed), 5)
        lines: list[str] = []
        stack.up(home, lines.append)
        assert lines[0] == "PostgreSQL is gone: stopping what used it"
        assert "ending 1 runs that an earlier stack left unfinished" in lines
        assert run_status(home, lost) == "FAILURE"
        assert not {pid(home, name) for name in services.services_of(home)} & set(before.values())
        run = launch(home, "quick")
        wait_for(lambda: run_status(home, run) == "SUCCESS")

    def test_down_ends_a_run_under_way_and_records_it(self, home: Home) -> None:
        run = launch(home, "endless")
        wait_for(lambda: run_status(home, run) == "STARTED")
        assert stack.down(home) == ["postgres", "runner", "code", "webserver", "daemon"]
        assert nothing_runs(home)
        assert recorded_status(home, run) == "FAILURE"

    def test_down_again_says_that_nothing_ran(self, home: Home) -> None:
        assert stack.down(home) == []
        assert {service.state for service in stack.status(home)} == {"stopped"}

    def test_down_finds_the_worker_of_a_runner_that_was_killed(self, home: Home) -> None:
        stack.up(home)
        run = launch(home, "endless")
        wait_for(lambda: run_status(home, run) == "STARTED")
        for name in ("runner", "daemon"):
            os.kill(pid(home, name), signal.SIGKILL)
        wait_for(lambda: services.find(home, "runner") is None, 5)
        states = {service.name: service.state for service in stack.status(home)}
        assert states == {
            "postgres": "healthy",
            "runner": "stopped",
            "code": "healthy",
            "webserver": "healthy",
            "daemon": "stopped",
        }
        running = [psutil.Process(pid(home, name)) for name in ("code", "webserver")]
        assert processes.orphans(home, keep=running), "the run worker lives on"
        assert stack.down(home) == ["postgres", "code", "webserver"]
        assert nothing_runs(home)
        assert recorded_status(home, run) == "FAILURE"


class TestFailedUp:
    def test_a_taken_port_is_said_before_anything_starts(self, home: Home) -> None:
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            with pytest.raises(StackError, match=rf"Port {port} is taken by process {os.getpid()}"):
                stack.up(replace(home, ui_port=port))
        assert nothing_runs(home)

    def test_definitions_that_do_not_load_stop_everything_and_the_cause_is_shown(self, home: Home) -> None:
        with pytest.raises(StackError, match="(code|runner) ended instead of starting") as failure:
            stack.up(replace(home, definitions_module="broken_definitions"))
        assert "RuntimeError: the feed called lab_reslut is not known" in str(failure.value)
        assert nothing_runs(home)

    def test_a_preparation_that_fails_stops_everything(self, home: Home) -> None:
        def prepare(environment: Mapping[str, str]) -> None:
            raise StackError("the ledger is newer than this program")

        with pytest.raises(StackError, match="the ledger is newer"):
            stack.up(home, prepare=prepare)
        assert nothing_runs(home)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_up_that_is_interrupted_leaves_nothing_behind(self, home: Home, number: signal.Signals) -> None:
        up = start_up_elsewhere(home)
        wait_for(lambda: services.find(home, "daemon") is not None and postgres.is_running(home), 20)
        up.send_signal(number)
        assert up.wait(60) != 0
        assert nothing_runs(home)

    def test_an_up_that_was_killed_is_cleared_by_the_next_command(self, home: Home) -> None:
        up = start_up_elsewhere(home)
        wait_for(lambda: services.find(home, "daemon") is not None and postgres.is_running(home), 20)
        with pytest.raises(StackError, match="Another `acme stack` command is at work"):
            stack.down(home)
        up.kill()
        up.wait()
        assert not nothing_runs(home)
        stack.down(home)
        assert nothing_runs(home)


def recorded_status(home: Home, run: str) -> str:
    """In Dagster's storage, while the stack is down."""
    postgres.start(home)
    connection = psycopg2.connect(postgres.server_of(home).url("dagster", "postgresql"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT status FROM runs WHERE run_id = %s", (run,))
        row = cursor.fetchone()
    connection.close()
    postgres.stop(home)
    assert row
    return str(row[0])


def start_up_elsewhere(home: Home) -> "subprocess.Popen[bytes]":
    """In a process of its own, as from a shell, with a preparation that takes its time."""
    program = (
        "import os, time\n"
        "from acme_assets.stack import stack\n"
        "from acme_assets.stack.settings import Home\n"
        "stack.up(Home.from_environment(os.environ), prepare=lambda environment: time.sleep(60))\n"
    )
    env = child_environment(home)
    del env["ACME_STACK"]  # a shell does not carry the mark
    return subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, env=env, stderr=subprocess.DEVNULL)
