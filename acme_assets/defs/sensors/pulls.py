"""Ask for the pulls that are due: one at a time for each client, each once in its interval."""

import json
from datetime import date, timedelta

from dagster import (
    DagsterRunStatus,
    DefaultSensorStatus,
    JobDefinition,
    ResourceParam,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from acme_assets.defs.pulls import OP, PULL_TAG
from acme_assets.environment import Platform
from acme_assets.landing.due import DuePull, due_pulls
from acme_assets.landing.outcome import Order
from acme_assets.landing.progress import Notes
from client_partitions.client import Client

UNDER_WAY = (
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
)

LONGEST = timedelta(hours=36)
"""How far back runs are looked for: no pull's limit, tries included, is longer."""


def pulls_sensor(pulling: JobDefinition, interval_seconds: int) -> SensorDefinition:
    """The pulls sensor."""

    @sensor(
        name="pulls",
        job=pulling,
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Requests pulls from clients' servers and APIs while their feeds are owed.",
    )
    def pulls(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SensorResult | SkipReason:
        clients = [client for client in platform.registry.clients.values() if client.pulls]
        if not clients:
            return SkipReason("no client has a pull")
        now = platform.clock()

        def is_complete(client: Client, pull: str, business_date: date) -> bool:
            return Notes(platform.zone, Order(client, pull, business_date)).manifest() is not None

        due = due_pulls(clients, now, is_complete)
        wanted = RunsFilter(job_name=pulling.name, statuses=list(UNDER_WAY), created_after=now - LONGEST)
        busy = {run.tags.get(PULL_TAG) for run in context.instance.get_runs(wanted)} if due else set()
        asked = set(json.loads(context.cursor)) if context.cursor else set()
        chosen: dict[str, DuePull] = {}
        for item in due:
            if item.client_id not in busy and item.key not in asked:
                chosen.setdefault(item.client_id, item)
        keys = {item.key for item in due} & asked | {item.key for item in chosen.values()}
        return SensorResult(
            run_requests=[_request(item) for item in chosen.values()],
            cursor=json.dumps(sorted(keys)),
            skip_reason=None if chosen else "nothing that is due was not asked for",
        )

    return pulls


def _request(due: DuePull) -> RunRequest:
    config = {"client_id": due.client_id, "pull": due.pull, "business_date": due.business_date.isoformat()}
    return RunRequest(run_key=due.key, run_config={"ops": {OP: {"config": config}}}, tags={PULL_TAG: due.client_id})
