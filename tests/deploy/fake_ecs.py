"""ECS without a network: boto's own client, whose answers are put in beforehand and whose requests are kept."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from acme_assets.stack.settings import REPOSITORY

FILES = REPOSITORY / "deploy" / "ecs"
TASK = "arn:aws:ecs:eu-west-1:111122223333:task/acme/0123456789abcdef"
CLUSTER = "arn:aws:ecs:eu-west-1:111122223333:cluster/acme"

PLACEHOLDERS = {
    "ACCOUNT": "111122223333",
    "REGION": "eu-west-1",
    "IMAGE_TAG": "3f2a1b0",
    "FILE_SYSTEM": "fs-0a1b2c3d",
    "SNOWFLAKE_ACCOUNT": "acmehealth-prod",
    "PG_URL_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme/pg-AbCdEf",
    "SNOWFLAKE_KEY_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme/key-AbCdEf",
    "SUBNET_A": "subnet-0a0a0a0a",
    "SUBNET_B": "subnet-0b0b0b0b",
    "RUN_SECURITY_GROUP": "sg-0c0c0c0c",
}


def text_of(name: str) -> str:
    """A file of deploy/ecs as `envsubst` fills it in."""
    return Template((FILES / name).read_text()).substitute(PLACEHOLDERS)


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text_of(name))
    return found


class FakeEcs:
    """What ECS is going to answer, in order; what it was asked."""

    def __init__(self, stubber: Stubber, asked: list[Mapping[str, Any]]) -> None:
        self._stubber = stubber
        self._asked = asked

    def knows_the_task_definition(self) -> None:
        definition = read("run-task-definition.json") | {
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/acme-run:7"
        }
        self._stubber.add_response(
            "describe_task_definition", {"taskDefinition": definition}, {"taskDefinition": "acme-run"}
        )

    def refuses_to_describe(self) -> None:
        self._stubber.add_client_error("describe_task_definition", "AccessDeniedException", "not authorized")

    def starts_a_task(self) -> None:
        self._stubber.add_response("run_task", {"tasks": [{"taskArn": TASK, "clusterArn": CLUSTER}], "failures": []})

    def has_no_capacity(self) -> None:
        self._stubber.add_response("run_task", {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]})

    def shows_the_task(self, **task: Any) -> None:
        shown = {"taskArn": TASK, "clusterArn": CLUSTER, **task}
        self._stubber.add_response("describe_tasks", {"tasks": [shown]}, {"tasks": [TASK], "cluster": CLUSTER})

    def stops_the_task(self) -> None:
        self._stubber.add_response("stop_task", {}, {"task": TASK, "cluster": CLUSTER})

    @property
    def run_task(self) -> Mapping[str, Any]:
        """The arguments of the one request for a task."""
        (one,) = self._asked
        return one

    @property
    def container(self) -> Mapping[str, Any]:
        (one,) = self.run_task["overrides"]["containerOverrides"]
        found: Mapping[str, Any] = one
        return found

    def all_was_asked(self) -> None:
        self._stubber.assert_no_pending_responses()


@contextmanager
def fake_ecs(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[FakeEcs]:
    """boto3 gives this client for ECS. `folder` is where no AWS configuration is."""
    for name, value in {
        "AWS_DEFAULT_REGION": PLACEHOLDERS["REGION"],
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_CONFIG_FILE": str(folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
    }.items():
        patch.setenv(name, value)
    client, usual = boto3.client("ecs"), boto3.client
    asked: list[Mapping[str, Any]] = []
    client.meta.events.register("provide-client-params.ecs.RunTask", lambda params, **_: asked.append(dict(params)))
    patch.setattr(boto3, "client", lambda name, **given: client if name == "ecs" else usual(name, **given))
    with Stubber(client) as stubber:
        yield FakeEcs(stubber, asked)
