"""Request the work that the ledger shows to be due. A lost run, or one that failed, is requested again."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from dagster import (
    AssetCheckKey,
    AssetKey,
    DagsterInstance,
    DefaultSensorStatus,
    ResourceParam,
    RunRequest,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from acme_assets.defs.jobs import JOB_OF, LANE_TAG, WORK_TAG
from acme_assets.defs.marts import SUITE_CHECK, TESTS_CHECK
from acme_assets.defs.names import model_key, published_key, raw_key
from acme_assets.defs.raw import CONTRACT_CHECK
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.decision import assess_night
from acme_assets.nights.dispatch import MAX_ATTEMPTS, Attempt, Order, dispatch, orders
from acme_assets.nights.facts import Stage
from acme_assets.nights.marts import MARTS, marts_of
from acme_assets.nights.models import layer_of, models_of
from acme_assets.nights.status import NightStatus, Work
from acme_assets.warehouse.reading import SETTLING, read_unsettled
from acme_assets.warehouse.stuck import record_stuck
from client_partitions.client import Client
from client_partitions.partitions import partition_key

_OWN_CHECKS: dict[Stage, tuple[str, ...]] = {"load": (CONTRACT_CHECK,), "build": (TESTS_CHECK, SUITE_CHECK)}
"""The checks that a stage's own step yields. The gate's are shown as the ledger changes, without a run."""

LEFT_TO_THE_GATEKEEPER = timedelta(seconds=15)
"""How long after its gate opened a release is left to the gatekeeper, which acts at once where it is alive."""


def work_sensor(jobs: Sequence[UnresolvedAssetJobDefinition], interval_seconds: int) -> SensorDefinition:
    """The work sensor."""

    @sensor(
        name="work",
        jobs=jobs,
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Requests loads, builds and releases that the ledger shows to be due, one run per client night.",
    )
    def work(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SensorResult | SkipReason:
        now = platform.clock()
        due = due_orders(platform, now)
        if not due:
            return SkipReason("no work is due")
        decided = dispatch(due, attempts_of(context.instance, [order.lane for order in due]), now)
        for order, last in decided.give_up:
            reason = (
                f"the {order.stage} failed {MAX_ATTEMPTS} times, last in run {last.run_id[:8]}; "
                "mend the cause, then materialise it again"
            )
            record_stuck(platform.warehouse, order.works, reason, now)
            context.log.error(f"{order.key}: {reason}")
        return SensorResult(
            run_requests=[
                _request(platform.registry.client(order.client_id), order, attempt)
                for order, attempt in decided.request
            ]
        )

    return work


def due_orders(platform: Platform, now: datetime) -> list[Order]:
    """The work of all open client nights."""
    roster = platform.roster()
    with platform.warehouse.begin() as connection:
        nights = read_unsettled(connection, now.date() - LOOKBACK, now.date(), now - SETTLING)
    return orders(
        work
        for facts in nights
        if facts.client_id in platform.registry.clients
        for work in _due(assess_night(platform.registry.client(facts.client_id), facts, roster, now), now)
    )


def _due(status: NightStatus, now: datetime) -> list[Work]:
    release = next(step for step in status.steps if step.name == "release")
    is_fresh = release.since is not None and now < release.since + LEFT_TO_THE_GATEKEEPER
    return [work for work in status.work if work.stage != "release" or not is_fresh]


def attempts_of(instance: DagsterInstance, lanes: Sequence[str]) -> dict[str, list[Attempt]]:
    """The runs that were requested in these lanes: one query."""
    found = defaultdict(list)
    for record in instance.get_run_records(RunsFilter(tags={LANE_TAG: list(lanes)})):
        run = record.dagster_run
        ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
        attempt = Attempt(run.run_id, run.tags[WORK_TAG], ended if run.is_finished else None)
        found[run.tags[LANE_TAG]].append(attempt)
    return found


def _request(client: Client, order: Order, attempt: int) -> RunRequest:
    return RunRequest(
        run_key=f"{order.key}#{attempt}",
        job_name=JOB_OF[order.stage],
        partition_key=partition_key(order.client_id, order.business_date),
        asset_selection=(assets := _assets(client, order)),
        asset_check_keys=[
            AssetCheckKey(key, name)
            for key in assets
            for name in _OWN_CHECKS.get(order.stage, ())
            if name != SUITE_CHECK or key.path[-1] in MARTS
        ],
        tags={WORK_TAG: order.key, LANE_TAG: order.lane},
    )


def _assets(client: Client, order: Order) -> list[AssetKey]:
    if order.stage == "load":
        return [raw_key(feed) for feed in order.feeds]
    if order.stage == "build":
        return [model_key(layer_of(model), model) for model in models_of(client.feeds)]
    return [published_key(mart.name) for mart in marts_of(client.feeds)]
