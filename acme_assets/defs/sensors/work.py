"""Request the work that the ledger shows to be due. A lost run, or one that failed, is requested again."""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterInstance,
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

from acme_assets.defs.jobs import STAGE_TAG, STAGES, config_of, orders_of
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.decision import assess_night
from acme_assets.nights.dispatch import (
    LARGE,
    MAX_ATTEMPTS,
    Attempt,
    Batch,
    Dispatch,
    Order,
    batches,
    dispatch,
    lane_of,
    orders,
)
from acme_assets.nights.facts import Stage
from acme_assets.nights.status import NightStatus, Work
from acme_assets.runner import sizes
from acme_assets.warehouse.entries import Revision, revision
from acme_assets.warehouse.reading import SETTLING, read_unsettled
from acme_assets.warehouse.stuck import record_stuck

LEFT_TO_THE_GATEKEEPER = timedelta(seconds=15)
"""How long after its gate opened a release is left to the gatekeeper, which acts at once where it is alive."""

REMEMBERED = timedelta(hours=6)
"""How far back runs are looked for: what failed three times is noted in the ledger long before."""

UNASKED = timedelta(minutes=2)
"""How long nothing is read while the ledger has no new entry: by then a time may have come (an expiry, a pause)."""


@dataclass(frozen=True)
class Cursor:
    """When all open nights were read last, and the ledger's revision then; `is_idle` where nothing was due."""

    asked_at: datetime
    revision: Revision
    is_idle: bool

    @classmethod
    def read(cls, text: str | None) -> "Cursor | None":
        """From a sensor cursor."""
        if not text:
            return None
        data = json.loads(text)
        return cls(datetime.fromisoformat(data["asked_at"]), Revision.read(data["revision"]), data["is_idle"])

    def write(self) -> str:
        """The sensor cursor."""
        return json.dumps(
            {"asked_at": self.asked_at.isoformat(), "revision": self.revision.write(), "is_idle": self.is_idle}
        )


def work_sensor(jobs: Sequence[JobDefinition], interval_seconds: int) -> SensorDefinition:
    """The work sensor."""

    @sensor(
        name="work",
        jobs=jobs,
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Requests loads, builds and releases that the ledger shows to be due, in a few runs.",
    )
    def work(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SensorResult | SkipReason:
        now, before = platform.clock(), Cursor.read(context.cursor)
        found = revision_of(platform, before, now)
        if before and before.is_idle and found == before.revision and now < before.asked_at + UNASKED:
            return SkipReason("nothing happened")
        due = due_orders(platform, now)
        cursor = Cursor(now, found, is_idle=not due).write()
        if not due:
            context.update_cursor(cursor)
            return SkipReason("no work is due")
        attempts, in_flight = attempts_of(context.instance, now)
        decided = dispatch(due, attempts, now)
        give_up(context, platform, decided, now)
        return SensorResult(
            run_requests=[_request(batch) for batch in batches(decided.request, in_flight, now, large_slots())],
            cursor=cursor,
        )

    return work


def large_slots() -> int:
    """How many runs of large files go at once, where ECS takes them (docs/production.md)."""
    return int(os.environ.get("ACME_LARGE_RUNS", "12")) if os.environ.get("ACME_ECS_LAUNCHER") else 0


def revision_of(platform: Platform, before: Cursor | None, now: datetime) -> Revision:
    """The ledger's revision since a moment that stays the same until the nights are read again."""
    since = before.revision.since if before and now < before.asked_at + UNASKED else now - UNASKED - SETTLING
    with platform.warehouse.begin() as connection:
        return revision(connection, since)


def due_orders(platform: Platform, now: datetime) -> list[Order]:
    """The work of all open client nights."""
    roster = platform.roster()
    with platform.warehouse.begin() as connection:
        nights = read_unsettled(connection, now.date() - LOOKBACK, now.date(), now - SETTLING)
    found = [
        assess_night(platform.registry.client(facts.client_id), facts, roster, now)
        for facts in nights
        if facts.client_id in platform.registry.clients
    ]
    return orders((work, status.deadline) for status in found for work in _due(status, now))


def _due(status: NightStatus, now: datetime) -> list[Work]:
    release = next(step for step in status.steps if step.name == "release")
    is_fresh = release.since is not None and now < release.since + LEFT_TO_THE_GATEKEEPER
    return [work for work in status.work if work.stage != "release" or not is_fresh]


def attempts_of(instance: DagsterInstance, now: datetime) -> tuple[dict[str, list[Attempt]], Counter[str]]:
    """The runs that were requested lately, by lane, and how many of each stage are not over: one query."""
    found, in_flight, apart = defaultdict(list), Counter[str](), large_slots() > 0
    wanted = RunsFilter(tags={STAGE_TAG: list(STAGES)}, created_after=now - REMEMBERED)
    for record in instance.get_run_records(wanted):
        run = record.dagster_run
        stage: Stage = next(stage for stage in STAGES if stage == run.tags[STAGE_TAG])
        ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
        in_flight[LARGE if apart and sizes.SIZE_TAG in run.tags else stage] += not run.is_finished
        for order in orders_of(run.run_config):
            attempt = Attempt(run.run_id, order["key"], ended if run.is_finished else None)
            found[lane_of(stage, order["client_id"], order["business_date"])].append(attempt)
    return found, in_flight


def give_up(context: SensorEvaluationContext, platform: Platform, decided: Dispatch, now: datetime) -> None:
    """Note in the ledger what was tried as often as it may be: it is a person's now."""
    for order, last in decided.give_up:
        reason = (
            f"the {order.stage} failed {MAX_ATTEMPTS} times, last in run {last.run_id[:8]}; "
            "mend the cause, then materialise it again"
        )
        record_stuck(platform.warehouse, order.works, reason, now)
        context.log.error(f"{order.key}: {reason}")


def _request(batch: Batch) -> RunRequest:
    nights = [
        {
            "client_id": order.client_id,
            "business_date": order.business_date.isoformat(),
            "key": order.key,
            "feeds": list(order.feeds),
        }
        for order in batch.orders
    ]
    return RunRequest(
        run_key=batch.key,
        job_name=batch.stage,
        run_config=config_of(batch.stage, nights),
        tags={
            STAGE_TAG: batch.stage,
            **({sizes.SIZE_TAG: sizes.LARGE} if batch.is_large else {}),
            "dagster/priority": str(batch.priority),
            "acme/nights": f"{len(nights)}, most urgent {batch.orders[0].client_id} {batch.orders[0].business_date}",
        },
    )
