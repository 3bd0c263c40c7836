"""The files of deploy/ecs, and what dagster-aws makes of them: the requests to ECS, as boto checks them. No network."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from dagster import DagsterInstance, DagsterRun, job, op
from dagster._core.code_pointer import CodePointer
from dagster._core.instance import InstanceRef
from dagster._core.launcher import LaunchRunContext, WorkerStatus
from dagster._core.origin import DEFAULT_DAGSTER_ENTRY_POINT, JobPythonOrigin, RepositoryPythonOrigin
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import deserialize_value

from acme_assets.environment import snowflake_settings
from acme_assets.runner.ecs import EcsUnready, read_config
from acme_assets.runner.sizes import LARGE, LAUNCHED_BY_TAG, SIZE_TAG
from acme_assets.stack.settings import REPOSITORY
from tests.deploy.fake_ecs import CLUSTER, FILES, PLACEHOLDERS, TASK, FakeEcs, fake_ecs, read, text_of

GIB = 1024
FARGATE: dict[int, list[int]] = {
    256: [512, GIB, 2 * GIB],
    512: [n * GIB for n in range(1, 5)],
    1024: [n * GIB for n in range(2, 9)],
    2048: [n * GIB for n in range(4, 17)],
    4096: [n * GIB for n in range(8, 31)],
    8192: [n * GIB for n in range(16, 61, 4)],
    16384: [n * GIB for n in range(32, 121, 8)],
}
"""CPU units to the MiB of memory that go with them: "Invalid CPU or memory value" in the ECS developer guide."""

LONGEST_OVERRIDES = 8192
"""Characters, with all the JSON around: API_RunTask in the ECS API reference."""

DAGSTER_YAML = """
run_launcher:
  module: acme_assets.runner.routing
  class: RoutedRunLauncher
  config:
    socket:
      env: ACME_RUNNER_SOCKET
    ecs:
      env: ACME_ECS_LAUNCHER
"""


@op
def load_nights() -> None:
    """Stands for the op of a stage."""


@job
def load() -> None:
    load_nights()


@pytest.fixture
def ecs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeEcs]:
    with fake_ecs(monkeypatch, tmp_path) as fake:
        yield fake


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DagsterInstance]:
    """As production has it: the launcher's config is deploy/ecs/launcher.json."""
    monkeypatch.setenv("ACME_RUNNER_SOCKET", str(tmp_path / "runner.sock"))
    monkeypatch.setenv("ACME_ECS_LAUNCHER", text_of("launcher.json"))
    (tmp_path / "dagster.yaml").write_text(DAGSTER_YAML)
    with DagsterInstance.from_config(str(tmp_path)) as made:
        yield made


def large_run(instance: DagsterInstance, **tags: str) -> DagsterRun:
    """With the origin that our code server gives: its own interpreter and folder, and `dagster` to be called."""
    pointer = CodePointer.from_module("acme_assets.definitions", "defs", "/srv/elsewhere")
    repository = RepositoryPythonOrigin("/srv/elsewhere/python", pointer, None, DEFAULT_DAGSTER_ENTRY_POINT, {})
    origin = JobPythonOrigin("load", repository)
    named = {name.replace("__", "/"): value for name, value in tags.items()}
    return instance.create_run_for_job(load, tags={SIZE_TAG: LARGE, **named}, job_code_origin=origin)


def launch(instance: DagsterInstance, run: DagsterRun) -> DagsterRun:
    """The run as it is afterwards."""
    instance.run_launcher.launch_run(LaunchRunContext(run, None))
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found


class TestFiles:
    def test_ecs_would_take_the_task_definition(self) -> None:
        request = get_session().get_service_model("ecs").shape_for("RegisterTaskDefinitionRequest")
        assert ParamValidator().validate(read("run-task-definition.json"), request).generate_report() == ""

    def test_the_launcher_is_for_this_task_definition_and_its_container(self) -> None:
        config = read_config(text_of("launcher.json"))
        definition = read("run-task-definition.json")
        assert config
        assert config["task_definition"] == definition["family"]
        assert [config["container_name"]] == [each["name"] for each in definition["containerDefinitions"]]

    def test_limits_are_such_as_fargate_has_and_the_same_in_both(self) -> None:
        definition, limits = read("run-task-definition.json"), read("launcher.json")["run_resources"]
        assert int(definition["memory"]) in FARGATE[int(definition["cpu"])]
        assert 21 <= definition["ephemeralStorage"]["sizeInGiB"] <= 200
        assert definition["containerDefinitions"][0]["stopTimeout"] <= 120
        assert limits == {
            "cpu": definition["cpu"],
            "memory": definition["memory"],
            "ephemeral_storage": definition["ephemeralStorage"]["sizeInGiB"],
        }

    def test_a_worker_has_every_variable_that_it_reads(self) -> None:
        container = read("run-task-definition.json")["containerDefinitions"][0]
        plain = {entry["name"]: entry["value"] for entry in container["environment"]}
        secret = {entry["name"] for entry in container["secrets"]}
        assert not plain.keys() & secret
        wanted = set(re.findall(r"env: (\w+)", (REPOSITORY / "dagster.yaml").read_text() + DAGSTER_YAML))
        assert wanted <= plain.keys() | secret
        assert snowflake_settings(plain)["user"] == "acme_dagster"
        assert plain["ACME_LANDING_URL"] == "file://" + container["mountPoints"][0]["containerPath"]

    def test_a_worker_launches_nothing_itself(self) -> None:
        container = read("run-task-definition.json")["containerDefinitions"][0]
        assert {"name": "ACME_ECS_LAUNCHER", "value": ""} in container["environment"]

    def test_the_page_says_what_to_fill_in(self) -> None:
        used = {name for file in FILES.iterdir() for name in re.findall(r"\$\{(\w+)\}", file.read_text())}
        assert used == PLACEHOLDERS.keys()
        page = (REPOSITORY / "docs" / "production.md").read_text()
        assert [name for name in sorted(used) if f"`{name}`" not in page] == []


class TestRequests:
    def test_a_large_run_becomes_one_task(self, ecs: FakeEcs, instance: DagsterInstance) -> None:
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        run = launch(instance, large_run(instance, acme__stage="load"))
        ecs.all_was_asked()
        asked = ecs.run_task
        assert asked["cluster"] == "acme"
        assert asked["launchType"] == "FARGATE"
        assert asked["taskDefinition"].endswith(":task-definition/acme-run:7")
        network = asked["networkConfiguration"]["awsvpcConfiguration"]
        assert network["subnets"] == [PLACEHOLDERS["SUBNET_A"], PLACEHOLDERS["SUBNET_B"]]
        assert network["assignPublicIp"] == "DISABLED"
        assert (asked["overrides"]["cpu"], asked["overrides"]["memory"]) == ("2048", "8192")
        assert asked["overrides"]["ephemeralStorage"] == {"sizeInGiB": 100}
        assert {"key": "dagster/run_id", "value": run.run_id} in asked["tags"]
        assert {"key": "acme/stage", "value": "load"} in asked["tags"]
        assert run.tags[LAUNCHED_BY_TAG] == "ecs"
        assert (run.tags["ecs/task_arn"], run.tags["ecs/cluster"]) == (TASK, CLUSTER)

    def test_its_command_executes_the_run(self, ecs: FakeEcs, instance: DagsterInstance) -> None:
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        run = launch(instance, large_run(instance))
        assert ecs.container["name"] == "run"
        *call, said = ecs.container["command"]
        assert call == ["dagster", "api", "execute_run"]
        assert deserialize_value(said, ExecuteRunArgs).run_id == run.run_id

    def test_tags_of_a_run_change_its_limits(self, ecs: FakeEcs, instance: DagsterInstance) -> None:
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        launch(instance, large_run(instance, ecs__cpu="4096", ecs__memory="30720", ecs__ephemeral_storage="200"))
        overrides = ecs.run_task["overrides"]
        assert (overrides["cpu"], overrides["memory"]) == ("4096", "30720")
        assert (ecs.container["cpu"], ecs.container["memory"]) == (4096, 30720)
        assert overrides["ephemeralStorage"] == {"sizeInGiB": 200}

    def test_the_overrides_are_as_short_as_ecs_wants_them(
        self, ecs: FakeEcs, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The command carries the instance, which is what our dagster.yaml says, references in place of secrets."""
        monkeypatch.setenv("ACME_DAGSTER_PG_URL", "postgresql://acme:do-not-tell@db/dagster")
        ours = InstanceRef.from_dir("/var/lib/acme/dagster", config_dir=str(REPOSITORY), config_filename="dagster.yaml")
        monkeypatch.setattr(instance, "get_ref", lambda: ours)
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        launch(instance, large_run(instance))
        overrides = json.dumps(ecs.run_task["overrides"])
        assert len(overrides) <= LONGEST_OVERRIDES - 1000, "too near to the limit"
        assert "do-not-tell" not in overrides

    def test_a_run_is_watched_where_it_is(self, ecs: FakeEcs, instance: DagsterInstance) -> None:
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        run = launch(instance, large_run(instance))
        ecs.shows_the_task(lastStatus="RUNNING")
        assert instance.run_launcher.check_run_worker_health(run).status == WorkerStatus.RUNNING
        ecs.shows_the_task(lastStatus="STOPPED", containers=[{"name": "run", "exitCode": 0}])
        assert instance.run_launcher.check_run_worker_health(run).status == WorkerStatus.SUCCESS

    def test_a_worker_out_of_memory_is_a_failed_run_that_says_so(
        self, ecs: FakeEcs, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dagster_aws.ecs.launcher.get_task_logs", lambda *_, **__: ["loading labs"])
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        run = launch(instance, large_run(instance))
        ecs.shows_the_task(
            lastStatus="STOPPED", stoppedReason="OutOfMemoryError", containers=[{"name": "run", "exitCode": 137}]
        )
        found = instance.run_launcher.check_run_worker_health(run)
        assert found.status == WorkerStatus.FAILED
        assert "OutOfMemoryError" in str(found.msg)
        assert "loading labs" in str(found.msg)

    def test_terminate_stops_the_task(self, ecs: FakeEcs, instance: DagsterInstance) -> None:
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        run = launch(instance, large_run(instance))
        ecs.shows_the_task(lastStatus="RUNNING")
        ecs.stops_the_task()
        assert instance.run_launcher.terminate(run.run_id)
        ecs.all_was_asked()

    def test_no_capacity_is_a_launch_that_failed(self, ecs: FakeEcs, instance: DagsterInstance) -> None:
        ecs.knows_the_task_definition()
        ecs.has_no_capacity()
        with pytest.raises(Exception, match="RESOURCE:MEMORY"):
            launch(instance, large_run(instance))

    def test_ecs_that_cannot_be_asked_sends_the_run_back_to_the_queue(
        self, ecs: FakeEcs, instance: DagsterInstance
    ) -> None:
        ecs.refuses_to_describe()
        run = large_run(instance)
        with pytest.raises(EcsUnready, match=r"not authorized.*ACME_ECS_LAUNCHER\.task_definition \(acme-run\)"):
            launch(instance, run)
        ecs.knows_the_task_definition()
        ecs.starts_a_task()
        assert launch(instance, run).tags[LAUNCHED_BY_TAG] == "ecs"

    def test_a_container_that_is_not_there_is_named(
        self, ecs: FakeEcs, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_ECS_LAUNCHER", json.dumps(read("launcher.json") | {"container_name": "worker"}))
        ecs.knows_the_task_definition()
        with pytest.raises(EcsUnready, match="container 'worker'"):
            launch(instance, large_run(instance))
