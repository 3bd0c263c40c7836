"""The real stack with real definitions, asked through GraphQL as Dagster's UI asks it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml

from acme_assets.environment import SERVICE_EMAIL, Platform, platform_from
from acme_assets.keystore import key_file
from acme_assets.stack import stack
from acme_assets.stack.prepare import prepare
from acme_assets.stack.settings import Home, environment
from tests.world import KEYS, ROLES, roster_person

T = TypeVar("T")

_LAUNCH = """
mutation($assets: [AssetKeyInput!]!, $tags: [ExecutionTag!]!) {
  launchPipelineExecution(executionParams: {
    mode: "default", runConfigData: {}, executionMetadata: {tags: $tags},
    selector: {repositoryLocationName: "acme", repositoryName: "__repository__",
               pipelineName: "__ASSET_JOB", assetSelection: $assets}
  }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}"""
_RUN = """
query($run: ID!) { runOrError(runId: $run) { ... on Run { status
  eventConnection { events { ... on ExecutionStepFailureEvent { error { message errorChain { error { message } } } } } }
} } }"""
_CHECK = """
query($asset: AssetKeyInput!) {
  assetCheckExecutions(assetKey: $asset, checkName: "qa_signed_off", limit: 20) {
    status evaluation { success description partition targetMaterialization { runId } } } }"""
_MATERIALIZATIONS = """
query($asset: AssetKeyInput!) { assetOrError(assetKey: $asset) { ... on Asset {
  assetMaterializations(limit: 20) { partition runId } } } }"""


@dataclass(frozen=True)
class RealStack:
    """A running stack and its platform."""

    home: Home
    address: str
    variables: Mapping[str, str]
    platform: Platform

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        assert "errors" not in answer, answer
        return dict(answer["data"])

    def materialize(self, client_id: str, business_date: date, *assets: str) -> tuple[str, str]:
        """What "Materialize selected" does for one partition. Returns the run's end status and its errors."""
        tags = [
            {"key": "dagster/partition", "value": f"{client_id}|{business_date}"},
            {"key": "dagster/partition/client", "value": client_id},
            {"key": "dagster/partition/date", "value": business_date.isoformat()},
        ]
        keys = [{"path": asset.split("/")} for asset in assets]
        launched = self.graphql(_LAUNCH, assets=keys, tags=tags)["launchPipelineExecution"]
        run_id = launched["run"]["runId"]

        def ended() -> dict[str, Any] | None:
            run = self.graphql(_RUN, run=run_id)["runOrError"]
            return dict(run) if run["status"] in ("SUCCESS", "FAILURE", "CANCELED") else None

        run = wait_for(ended, 120)
        return run["status"], json.dumps([event for event in run["eventConnection"]["events"] if event])

    def gate_shown(self, mart: str, partition: str) -> tuple[bool, str] | None:
        """The newest result of `qa_signed_off` for a partition, as Dagster shows it."""
        found = self.graphql(_CHECK, asset={"path": ["marts", mart]})["assetCheckExecutions"]
        results = [item["evaluation"] for item in found if item["evaluation"]]
        of_partition = [result for result in results if result["partition"] == partition]
        return (of_partition[0]["success"], of_partition[0]["description"]) if of_partition else None

    def materializations(self, asset: str) -> list[str | None]:
        """Partitions of an asset's newest materialisations."""
        found = self.graphql(_MATERIALIZATIONS, asset={"path": asset.split("/")})["assetOrError"]
        return [item["partition"] for item in found["assetMaterializations"]]

    def acme(self, *arguments: str) -> str:
        """Run the CLI; its output."""
        command = [str(Path(sys.executable).parent / "acme"), *arguments]
        ran = subprocess.run(command, env=dict(self.variables), capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


def wait_for(condition: Callable[[], T | None], seconds: float) -> T:
    """What the condition gives, once it is something true."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.5)
    return found


def write_people(home: Home) -> None:
    """The tests' people, with their keys, as people who work on this stack."""
    home.keys.mkdir(parents=True, mode=0o700)
    people = [json.loads(roster_person(email).model_dump_json()) for email in ROLES]
    people += [{"email": SERVICE_EMAIL, "name": "The service", "roles": ["service"]}]
    home.people.write_text(yaml.safe_dump({"people": people}))
    for email, key in KEYS.items():
        path = key_file(home.keys, email)
        path.touch(mode=0o600)
        path.write_bytes(key.to_pem())


@contextmanager
def real_stack(root: Path, clients: Path, port: int) -> Iterator[RealStack]:
    """A stack of its own, with quick sensors; stopped at the end."""
    home = Home(root, port)
    before = dict(os.environ)
    os.environ |= {"ACME_HOME": str(root), "ACME_CLIENTS": str(clients), "ACME_SENSOR_SECONDS": "1"}
    os.environ.pop("ACME_LANDING_URL", None)
    variables = {**os.environ, **environment(home)}
    write_people(home)
    try:
        address = stack.up(home, prepare=prepare)
        yield RealStack(home, address, variables, platform_from(variables))
    finally:
        stack.down(home)
        os.environ.clear()
        os.environ.update(before)
