"""What ACME_ECS_LAUNCHER says, checked before a run needs it, and the launcher of dagster-aws that is made of it.

The one module that imports dagster_aws (2 s of CPU), and only where the variable is set.
"""

import json
from collections.abc import Mapping
from typing import Any

from dagster._check import CheckError
from dagster._config import process_config
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.instance import DagsterInstance
from dagster._core.launcher import RunLauncher

VARIABLE = "ACME_ECS_LAUNCHER"

_REMEDY = "correct it after deploy/ecs/launcher.json, or set it to nothing to have every run on this machine"


class EcsConfigWrong(Exception):
    """The variable says what cannot be used. The text names the field and the remedy."""


class EcsUnready(DagsterUserCodeUnreachableError):
    """ECS cannot be used now, and nothing was started there. The run queue puts a run back for this kind of error."""


def read_config(text: str) -> dict[str, Any] | None:
    """The config of EcsRunLauncher, checked without a network; None where there is none.

    Raises:
        EcsConfigWrong: it is no JSON object, lacks a field, or has one that dagster-aws or ECS does not know.
    """
    if not text.strip():
        return None
    try:
        said = json.loads(text)
    except ValueError as problem:
        raise EcsConfigWrong(f"{VARIABLE} is not JSON ({problem}): {_REMEDY}") from problem
    if not isinstance(said, dict):
        raise EcsConfigWrong(f"{VARIABLE} is {type(said).__name__}, and must be a JSON object: {_REMEDY}")
    if not isinstance(said.get("task_definition"), str):
        # dagster-aws would register one per job, without our secrets and volumes.
        raise EcsConfigWrong(f"{VARIABLE}.task_definition must name a task definition that is registered: {_REMEDY}")
    return _resolved(said)


def _resolved(said: Mapping[str, Any]) -> dict[str, Any]:
    """With defaults, and with what it takes from the environment."""
    from dagster_aws.ecs import EcsRunLauncher

    result = process_config(EcsRunLauncher.config_type(), said)  # type: ignore[no-untyped-call]
    if not result.success or result.value is None:
        # Dagster ends each message with the whole schema.
        problems = "; ".join(error.message.split(" Expected: ")[0] for error in result.errors or ())
        raise EcsConfigWrong(f"{VARIABLE}: {problems} {_REMEDY}")
    if problems := _run_task_problems(result.value.get("run_task_kwargs", {})):
        raise EcsConfigWrong(f"{VARIABLE}.run_task_kwargs: {problems}. {_REMEDY}")
    return dict(result.value)


def _run_task_problems(kwargs: Mapping[str, Any]) -> str:
    """What the ECS API would refuse: dagster-aws passes these arguments on as they are."""
    from botocore.session import get_session  # type: ignore[import-untyped]
    from botocore.validate import ParamValidator  # type: ignore[import-untyped]

    if ours := sorted({"taskDefinition", "overrides"} & kwargs.keys()):
        return f"{', '.join(ours)} is the launcher's to set"
    request = get_session().get_service_model("ecs").shape_for("RunTaskRequest")
    report = ParamValidator().validate({"taskDefinition": "any", **kwargs}, request)
    return "; ".join(report.generate_report().splitlines())


def open_launcher(config: Mapping[str, Any]) -> RunLauncher[DagsterInstance]:
    """The launcher itself, which asks ECS for its task definition at once.

    Raises:
        EcsUnready: ECS does not answer, refuses, or has no such task definition or container.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    from dagster_aws.ecs import EcsRunLauncher

    try:
        return EcsRunLauncher(**config)
    except (BotoCoreError, ClientError, CheckError) as problem:
        raise EcsUnready(
            f"ECS cannot be used: {problem}. Check {VARIABLE}.task_definition ({config['task_definition']}) and "
            ".container_name, AWS_DEFAULT_REGION, and that this process may call ecs:DescribeTaskDefinition"
        ) from problem
