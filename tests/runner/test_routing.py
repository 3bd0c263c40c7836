"""Which launcher a run goes to, and that all that concerns it later goes there too."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, job, op
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.launcher import (
    CheckRunHealthResult,
    LaunchRunContext,
    ResumeRunContext,
    RunLauncher,
    WorkerStatus,
)

from acme_assets.runner import ecs, routing
from acme_assets.runner.ecs import EcsUnready
from acme_assets.runner.routing import RoutedRunLauncher
from acme_assets.runner.sizes import LARGE, LAUNCHED_BY_TAG, SIZE_TAG
from acme_assets.stack.settings import REPOSITORY
from tests.deploy.fake_ecs import fake_ecs, read, text_of

ON_ECS = json.dumps({"task_definition": "acme-run"})


@op
def work() -> None:
    """Never executed here."""


@job
def load() -> None:
    work()


class FakeLauncher(RunLauncher[DagsterInstance]):
    """Notes what it is asked. It uses the instance each time, as the real ones do."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[tuple[str, str]] = []
        self.tags_at_launch: dict[str, str] = {}
        super().__init__()

    def _note(self, what: str, run_id: str) -> None:
        run = self._instance.get_run_by_id(run_id)
        assert run
        self.asked.append((what, run_id))

    def launch_run(self, context: LaunchRunContext) -> None:
        run = self._instance.get_run_by_id(context.dagster_run.run_id)
        assert run
        self.tags_at_launch = dict(run.tags)
        self._note("launch", run.run_id)

    def terminate(self, run_id: str) -> bool:
        self._note("terminate", run_id)
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        self._note("health", run.run_id)
        return CheckRunHealthResult(WorkerStatus.RUNNING, self.name)

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        self._note("debug", run.run_id)
        return f"{self.name} {include_container_logs}"

    def resume_run(self, context: ResumeRunContext) -> None:
        self._note("resume", context.dagster_run.run_id)

    def dispose(self) -> None:
        self.asked.append(("dispose", ""))


class Routed:
    """The launcher under test between two fakes."""

    def __init__(self, instance: DagsterInstance, ecs_config: str, patch: pytest.MonkeyPatch) -> None:
        self.instance = instance
        self.warm, self.ecs = FakeLauncher("warm"), FakeLauncher("ecs")
        self.opened = 0
        patch.setattr(routing, "WarmRunLauncher", lambda socket: self.warm)
        patch.setattr(ecs, "open_launcher", self._open)
        self.launcher = RoutedRunLauncher("/run/acme/runner.sock", ecs_config)
        self.launcher.register_instance(instance)

    def _open(self, config: object) -> FakeLauncher:
        self.opened += 1
        return self.ecs

    def run(self, **tags: str) -> DagsterRun:
        return self.instance.create_run_for_job(load, tags={name.replace("__", "/"): tags[name] for name in tags})

    def launch(self, run: DagsterRun) -> DagsterRun:
        """The run as it is afterwards."""
        self.launcher.launch_run(LaunchRunContext(run, None))
        found = self.instance.get_run_by_id(run.run_id)
        assert found
        return found


@pytest.fixture
def ephemeral() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def both(ephemeral: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Routed:
    return Routed(ephemeral, ON_ECS, monkeypatch)


@pytest.fixture
def only_warm(ephemeral: DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> Routed:
    return Routed(ephemeral, "", monkeypatch)


class TestLaunch:
    @pytest.mark.parametrize(
        ("tags", "where"),
        [
            ({}, "warm"),
            ({"acme__size": "small"}, "warm"),
            ({"acme__stage": LARGE}, "warm"),
            ({"acme__size": LARGE}, "ecs"),
        ],
    )
    def test_the_size_decides(self, both: Routed, tags: dict[str, str], where: str) -> None:
        run = both.launch(both.run(**tags))
        chosen, other = (both.ecs, both.warm) if where == "ecs" else (both.warm, both.ecs)
        assert chosen.asked == [("launch", run.run_id)]
        assert other.asked == []
        assert run.tags[LAUNCHED_BY_TAG] == where

    def test_without_ecs_all_runs_are_the_runners(self, only_warm: Routed) -> None:
        run = only_warm.launch(only_warm.run(acme__size=LARGE))
        assert only_warm.warm.asked == [("launch", run.run_id)]
        assert run.tags[LAUNCHED_BY_TAG] == "warm"
        assert only_warm.opened == 0

    @pytest.mark.parametrize("size", [LARGE, "small"])
    def test_the_choice_is_written_before_the_worker_begins(self, both: Routed, size: str) -> None:
        both.launch(both.run(acme__size=size))
        seen = both.ecs.tags_at_launch | both.warm.tags_at_launch
        assert seen[LAUNCHED_BY_TAG] == ("ecs" if size == LARGE else "warm")

    def test_a_run_asked_for_again_forgets_where_the_one_before_went(self, only_warm: Routed) -> None:
        again = only_warm.launch(only_warm.run(acme__size=LARGE, acme__launched_by="ecs"))
        assert again.tags[LAUNCHED_BY_TAG] == "warm"

    def test_ecs_is_opened_once_and_not_before_a_run_needs_it(self, both: Routed) -> None:
        both.launch(both.run())
        assert both.opened == 0
        both.launch(both.run(acme__size=LARGE))
        both.launch(both.run(acme__size=LARGE))
        assert both.opened == 1

    def test_ecs_that_cannot_be_opened_keeps_no_other_run_from_starting(
        self, both: Routed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(config: object) -> FakeLauncher:
            raise EcsUnready("no route to ECS")

        monkeypatch.setattr(ecs, "open_launcher", fail)
        large = both.run(acme__size=LARGE)
        with pytest.raises(EcsUnready):
            both.launch(large)
        found = both.instance.get_run_by_id(large.run_id)
        assert found
        assert LAUNCHED_BY_TAG not in found.tags
        both.launch(both.run())
        assert len(both.warm.asked) == 1


class TestAfterwards:
    @pytest.mark.parametrize(("size", "where"), [(LARGE, "ecs"), ("small", "warm")])
    def test_all_goes_to_the_launcher_that_launched_it(self, both: Routed, size: str, where: str) -> None:
        run = both.launch(both.run(acme__size=size))
        assert both.launcher.check_run_worker_health(run) == CheckRunHealthResult(WorkerStatus.RUNNING, where)
        assert both.launcher.get_run_worker_debug_info(run, include_container_logs=False) == f"{where} False"
        both.launcher.resume_run(ResumeRunContext(run, None, 1))
        assert both.launcher.terminate(run.run_id)
        chosen, other = (both.ecs, both.warm) if where == "ecs" else (both.warm, both.ecs)
        assert [what for what, _ in chosen.asked] == ["launch", "health", "debug", "resume", "terminate"]
        assert other.asked == []

    def test_another_process_finds_it_too(self, both: Routed, monkeypatch: pytest.MonkeyPatch) -> None:
        """The daemon launches, the web server terminates."""
        run = both.launch(both.run(acme__size=LARGE))
        elsewhere = Routed(both.instance, ON_ECS, monkeypatch)
        assert elsewhere.launcher.terminate(run.run_id)
        assert elsewhere.ecs.asked == [("terminate", run.run_id)]

    def test_a_run_that_nobody_knows_is_not_terminated(self, both: Routed) -> None:
        assert not both.launcher.terminate("00000000-0000-0000-0000-000000000000")

    def test_a_run_on_ecs_is_not_given_up_because_the_variable_is_gone(
        self, both: Routed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = both.launch(both.run(acme__size=LARGE))
        later = Routed(both.instance, "", monkeypatch)
        with pytest.raises(EcsUnready, match=f"{run.run_id} was launched on ECS, and ACME_ECS_LAUNCHER is empty: set"):
            later.launcher.check_run_worker_health(run)
        assert later.warm.asked == []

    def test_dagster_is_told_that_runs_are_watched_and_not_resumed(self, both: Routed) -> None:
        assert both.launcher.supports_check_run_worker_health
        assert not both.launcher.supports_resume_run

    def test_both_are_disposed_of(self, both: Routed) -> None:
        both.launch(both.run(acme__size=LARGE))
        both.launcher.dispose()
        assert both.warm.asked[-1] == both.ecs.asked[-1] == ("dispose", "")


def test_the_task_would_execute_the_run(instance: DagsterInstance, tmp_path: Path) -> None:
    """What the container is told, told to a process here that has the task definition's variables and no others."""
    origin = ReconstructableRepository.for_module("warm_definitions", "defs", str(REPOSITORY)).get_reconstructable_job(
        "quick"
    )
    run = instance.create_run_for_job(
        origin.get_definition(), job_code_origin=origin.get_python_origin(), tags={SIZE_TAG: LARGE}
    )
    launcher = RoutedRunLauncher(str(tmp_path / "runner.sock"), text_of("launcher.json"))
    launcher.register_instance(instance)
    with pytest.MonkeyPatch.context() as patch, fake_ecs(patch, tmp_path) as fake:
        fake.knows_the_task_definition()
        fake.starts_a_task()
        launcher.launch_run(LaunchRunContext(run, None))
    container = read("run-task-definition.json")["containerDefinitions"][0]
    given = {entry["name"]: entry["value"] for entry in container["environment"]}
    given["ACME_DAGSTER_PG_URL"] = os.environ["ACME_DAGSTER_PG_URL"]  # as from Secrets Manager
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACME_", "DAGSTER_", "AWS_"))}
    scripts = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    subprocess.run(fake.container["command"], env=kept | scripts | given, cwd=tmp_path, check=True)
    found = instance.get_run_by_id(run.run_id)
    assert found
    assert found.status.value == "SUCCESS"
    assert found.tags[LAUNCHED_BY_TAG] == "ecs"
