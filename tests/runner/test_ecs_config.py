"""ACME_ECS_LAUNCHER: what it may say, and how it reaches the launcher."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, job, op
from dagster._core.launcher import LaunchRunContext

from acme_assets.runner.ecs import EcsConfigWrong, read_config
from acme_assets.runner.launcher import RunnerDown
from acme_assets.runner.routing import RoutedRunLauncher
from acme_assets.stack.settings import REPOSITORY

ON_ECS = json.dumps({"task_definition": "acme-run"})


@op
def work() -> None:
    """Never executed here."""


@job
def load() -> None:
    work()


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_said_is_no_ecs(text: str) -> None:
    assert read_config(text) is None


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("{'task_definition': 'acme-run'}", "is not JSON (Expecting property name"),
        ('["acme-run"]', "is list, and must be a JSON object"),
        ("{}", ".task_definition must name a task definition"),
        ({"task_definition": {"log_group": "x"}}, ".task_definition must name a task definition"),
        ({"clster": "acme"}, '"clster"'),
        ({"run_resources": {"cpu": 2048}}, "run_resources:cpu"),
        ({"run_task_kwargs": {"clster": "acme"}}, '.run_task_kwargs: Unknown parameter in input: "clster"'),
        ({"run_task_kwargs": {"networkConfiguration": {"awsvpcConfiguration": {}}}}, '"subnets"'),
        ({"run_task_kwargs": {"overrides": {}}}, "overrides is the launcher's to set"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(said: str | dict[str, Any], names: str) -> None:
    text = said if isinstance(said, str) else json.dumps({"task_definition": "acme-run"} | said)
    with pytest.raises(EcsConfigWrong) as caught:
        RoutedRunLauncher("/run/acme/runner.sock", text)
    message = str(caught.value)
    assert message.startswith("ACME_ECS_LAUNCHER")
    assert names in message
    assert "deploy/ecs/launcher.json" in message
    assert len(message) < 500


def test_a_value_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_CLUSTER", "acme-2")
    kwargs = {"cluster": {"env": "ACME_CLUSTER"}}
    config = read_config(json.dumps({"task_definition": "acme-run", "run_task_kwargs": kwargs}))
    assert config
    assert config["run_task_kwargs"]["cluster"] == "acme-2"


@pytest.mark.parametrize("text", ["", ON_ECS])
def test_an_instance_loads_it_either_way(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is at the socket, and no AWS: both are asked when a run needs them."""
    monkeypatch.setenv("ACME_ECS_LAUNCHER", text)
    config = {"socket": str(tmp_path / "runner.sock"), "ecs": {"env": "ACME_ECS_LAUNCHER"}}
    section = {"module": "acme_assets.runner.routing", "class": "RoutedRunLauncher", "config": config}
    (tmp_path / "dagster.yaml").write_text(json.dumps({"run_launcher": section}))
    with DagsterInstance.from_config(str(tmp_path)) as made:
        with DagsterInstance.from_ref(made.get_ref()) as again:
            assert isinstance(again.run_launcher, RoutedRunLauncher)
        with pytest.raises(RunnerDown):
            made.run_launcher.launch_run(LaunchRunContext(made.create_run_for_job(load), None))


def test_dagster_aws_is_imported_only_where_ecs_is_set_up() -> None:
    code = (
        "import sys; from acme_assets.runner.routing import RoutedRunLauncher; RoutedRunLauncher('/s'); "
        "assert not {'dagster_aws', 'boto3', 'botocore'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)
