"""A runner of its own, on a database of its own, with the project's dagster.yaml."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from dagster import DagsterEventType, DagsterInstance, DagsterRun
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.events import DagsterEvent
from dagster._core.launcher import LaunchRunContext

from acme_assets.runner.client import RunnerSilent, RunnerUnreachable, ask
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.stack.settings import REPOSITORY

DEFINITIONS = Path(__file__).parent / "definitions"


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """What the condition gives, once it is something true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


def start_runner(env: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "acme_assets.runner"],
        env=dict(env),
        cwd=REPOSITORY,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@dataclass
class Runner:
    """A runner, and Dagster's instance as the daemon would have it."""

    env: Mapping[str, str]
    instance: DagsterInstance
    socket: Path
    process: "subprocess.Popen[str]" = field(init=False)

    def start(self) -> None:
        self.process = start_runner(self.env)
        wait_for(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.process.stdout and self.process.stdout.read()
        try:
            return bool(ask(self.socket, {"op": "ping"})["ok"])
        except (RunnerUnreachable, RunnerSilent):
            return False

    def launch(self, job: str, partition: str | None = None) -> str:
        """What the run queue does with a queued run."""
        run = self.create(job, partition)
        starting = DagsterEvent(event_type_value=DagsterEventType.PIPELINE_STARTING.value, job_name=job)
        self.instance.report_dagster_event(starting, run_id=run.run_id)
        self.instance.run_launcher.launch_run(LaunchRunContext(self.run(run.run_id), None))
        return run.run_id

    def create(self, job: str, partition: str | None = None) -> DagsterRun:
        repository = ReconstructableRepository.for_module("warm_definitions", "defs", str(REPOSITORY))
        known = repository.get_reconstructable_job(job)
        tags = {"dagster/partition": partition} if partition else None
        return self.instance.create_run_for_job(
            known.get_definition(), job_code_origin=known.get_python_origin(), tags=tags
        )

    def run(self, run_id: str) -> DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run
        return run

    def status(self, run_id: str) -> str:
        return self.run(run_id).status.value

    def wait_for_status(self, run_id: str, status: str, seconds: float = 30) -> None:
        wait_for(lambda: self.status(run_id) == status, seconds)

    def worker(self, run_id: str) -> psutil.Process:
        """The worker of a run whose step has begun."""
        wait_for(lambda: DagsterEventType.STEP_START in self.events(run_id))
        return psutil.Process(int(ask(self.socket, {"op": "status", "run_id": run_id})["pid"]))

    def program(self, run_id: str) -> psutil.Process:
        """What the step of `waiting` has started."""
        worker = self.worker(run_id)
        found: psutil.Process = wait_for(
            lambda: next((child for child in worker.children() if child.name() == "sleep"), None)
        )
        return found

    def events(self, run_id: str) -> list[DagsterEventType]:
        logs = self.instance.all_logs(run_id)
        return [entry.dagster_event.event_type for entry in logs if entry.dagster_event]

    def messages(self, run_id: str) -> str:
        return "\n".join(entry.message for entry in self.instance.all_logs(run_id))

    def stop(self) -> None:
        """As `acme stack down` does."""
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="module")
def dagster_home(postgres: TemporaryServer) -> Iterator[Path]:
    """A DAGSTER_HOME with the project's dagster.yaml; what that reads from the environment is set."""
    with tempfile.TemporaryDirectory(prefix="acme-runner-", dir="/tmp") as name, pytest.MonkeyPatch.context() as patch:
        home = Path(name)
        shutil.copy(REPOSITORY / "dagster.yaml", home)
        for variable, value in {
            "DAGSTER_HOME": name,
            "ACME_DAGSTER_PG_URL": postgres.fresh_database().replace("+psycopg2", ""),
            "ACME_DAGSTER_POOL_SIZE": "1",
            "ACME_DAGSTER_POOL_OVERFLOW": "10",
            "ACME_ECS_LAUNCHER": "",
            "ACME_MAX_CONCURRENT_RUNS": "4",
            "ACME_RUNNER_SOCKET": f"{name}/sockets/runner.sock",
            "ACME_DEFINITIONS_MODULE": "warm_definitions",
            "PYTHONPATH": str(DEFINITIONS),
        }.items():
            patch.setenv(variable, value)
        patch.setattr(sys, "path", [*sys.path, str(DEFINITIONS)])  # last: Dagster takes the first for the script's
        yield home


@pytest.fixture(scope="module")
def instance(dagster_home: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.from_config(str(dagster_home)) as made:
        yield made


@pytest.fixture(scope="module")
def runner(dagster_home: Path, instance: DagsterInstance) -> Iterator[Runner]:
    made = Runner(dict(os.environ), instance, Path(os.environ["ACME_RUNNER_SOCKET"]))
    made.start()
    workers: list[psutil.Process] = []
    try:
        yield made
    finally:
        workers = psutil.Process(made.process.pid).children(recursive=True) if made.process.poll() is None else []
        made.stop()
        left = [worker for worker in workers if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]
        for worker in left:
            worker.kill()
        assert left == []
