"""Request the work that the ledger shows to be due. A lost run, or one that failed, is requested again."""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
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

from acme_assets.alerts.services import LANDING_ZONE
from acme_assets.defs.jobs import PAST_TAG, STAGE_TAG, STAGES, config_of, orders_of
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.decision import assess_night
from acme_assets.nights.dispatch import (
    LARGE,
    MAX_ATTEMPTS,
    PAUSES,
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
from acme_assets.nights.sharing import PastRuns
from acme_assets.nights.status import NightStatus, Work
from acme_assets.runner import sizes
from acme_assets.warehouse.backfills import end_done
from acme_assets.warehouse.entries import Revision, revision
from acme_assets.warehouse.heartbeats import read_heartbeats
from acme_assets.warehouse.reading import SETTLING, read_unsettled
from acme_assets.warehouse.stuck import record_stuck
from client_partitions.calendar import business_date_in_hand

LEFT_TO_THE_GATEKEEPER = timedelta(seconds=15)
"""How long after its gate opened a release is left to the gatekeeper, which acts at once where it is alive."""

REMEMBERED = timedelta(hours=6)
"""How far back runs are looked for: what failed three times is noted in the ledger long before."""

CLOCKS_DIFFER_BY = timedelta(minutes=1)
"""Dagster's database has a clock of its own."""

UNLISTED = timedelta(minutes=1)
"""How long the landing zone has not been listed before loads wait for it: less than the pauses between three tries."""

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
    interval = timedelta(seconds=interval_seconds)

    @sensor(
        name="work",
        jobs=jobs,
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Requests loads, builds and releases that the ledger shows to be due, in a few runs.",
    )
    def work(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SensorResult | SkipReason:
        now, before = platform.clock(), Cursor.read(context.cursor)
        if before and before.asked_at > now:  # the clock was set back: what is new would seem old
            before = None
        found = revision_of(platform, before, now)
        if before and before.is_idle and found == before.revision and now < before.asked_at + UNASKED:
            return SkipReason("nothing happened")
        for backfill in end_done(platform.warehouse, platform.registry.clients, platform.roster(), now):
            context.log.info(f"backfill {backfill[:8]} is done")
        read = read_due(platform, now)
        due = read.orders
        cursor = Cursor(now, found, is_idle=not due).write()
        since = out_of_reach_since(platform, now, interval) if any(order.stage == "load" for order in due) else None
        if since:
            context.log.warning(f"loads wait: the landing zone could not be listed since {since:%Y-%m-%d %H:%M:%S} UTC")
            due = [order for order in due if order.stage != "load"]
        if not due:
            context.update_cursor(cursor)
            return SkipReason("no work is due but loads, and they wait" if since else "no work is due")
        runs = runs_of(context.instance, now)
        decided = dispatch(due, runs.attempts, now)
        give_up(context, platform, decided, now)
        found_batches = batches(
            decided.request, runs.in_flight, now, large_slots(), runs.past, night_is_on=read.night_is_on
        )
        return SensorResult(run_requests=[_request(batch) for batch in found_batches], cursor=cursor)

    return work


def large_slots() -> int:
    """How many runs of large files go at once, where ECS takes them (docs/production.md)."""
    return int(os.environ.get("ACME_LARGE_RUNS", "12")) if os.environ.get("ACME_ECS_LAUNCHER") else 0


def revision_of(platform: Platform, before: Cursor | None, now: datetime) -> Revision:
    """The ledger's revision since a moment that stays the same until the nights are read again."""
    since = before.revision.since if before and now < before.asked_at + UNASKED else now - UNASKED - SETTLING
    with platform.warehouse.begin() as connection:
        return revision(connection, since)


@dataclass(frozen=True)
class Due:
    """What is due, and whether it competes."""

    orders: list[Order]
    night_is_on: bool
    """Whether a client night in hand is open to us: it has begun, and waits for more than its sign-off."""


def read_due(platform: Platform, now: datetime) -> Due:
    """The work of all open client nights."""
    roster, clients = platform.roster(), platform.registry.clients
    with platform.warehouse.begin() as connection:
        nights = read_unsettled(connection, now.date() - LOOKBACK, now.date(), now - SETTLING)
    found = [
        assess_night(clients[facts.client_id], facts, roster, now) for facts in nights if facts.client_id in clients
    ]
    in_hand = {client_id: business_date_in_hand(client, now) for client_id, client in clients.items()}
    return Due(
        orders(((work, status.deadline) for status in found for work in _due(status, now)), in_hand),
        any(
            status.business_date >= in_hand[status.client_id] and status.state not in ("released", "awaiting sign-off")
            for status in found
        ),
    )


def out_of_reach_since(platform: Platform, now: datetime, interval: timedelta) -> datetime | None:
    """Since when the arrivals sensor could not list the landing zone; None where it could lately.

    A load that is asked for meanwhile fails, and three of them would leave to a person what ends by itself.
    """
    with platform.warehouse.begin() as connection:
        listed = read_heartbeats(connection).get(LANDING_ZONE)
    return listed.beat_at if listed and now - listed.beat_at > max(3 * interval, UNLISTED) else None


def _due(status: NightStatus, now: datetime) -> list[Work]:
    release = next(step for step in status.steps if step.name == "release")
    is_fresh = release.since is not None and now < release.since + LEFT_TO_THE_GATEKEEPER
    return [work for work in status.work if work.stage != "release" or not is_fresh]


@dataclass(frozen=True)
class Runs:
    """The runs that were requested lately."""

    attempts: Mapping[str, Sequence[Attempt]]
    """By lane."""
    in_flight: Mapping[str, int]
    """How many of each stage are not over."""
    past: PastRuns
    """Those of past nights' work."""


def runs_of(instance: DagsterInstance, now: datetime) -> Runs:
    """The runs that were requested lately: one query."""
    found, in_flight, past, apart = defaultdict(list), Counter[str](), Counter[str](), large_slots() > 0
    turns: list[tuple[datetime, timedelta]] = []
    wanted = RunsFilter(tags={STAGE_TAG: list(STAGES)}, created_after=now - REMEMBERED)
    for record in instance.get_run_records(wanted):
        run = record.dagster_run
        stage: Stage = next(stage for stage in STAGES if stage == run.tags[STAGE_TAG])
        ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
        is_apart = apart and sizes.SIZE_TAG in run.tags
        in_flight[LARGE if is_apart else stage] += not run.is_finished
        if PAST_TAG in run.tags:
            past[LARGE if is_apart else "turns"] += not run.is_finished
            if run.is_finished and record.start_time and not is_apart:
                turns.append((now - ago(ended), ended - datetime.fromtimestamp(record.start_time, UTC)))
        for order in orders_of(run.run_config):
            attempt = Attempt(run.run_id, order["key"], now - ago(ended) if run.is_finished else None)
            found[lane_of(stage, order["client_id"], order["business_date"])].append(attempt)
    last = max(turns, default=None)
    times = (last[0] - last[1], last[0]) if last else ()
    return Runs(found, in_flight, PastRuns(past["turns"], past[LARGE], *times))


def ago(ended: datetime) -> timedelta:
    """How long ago a run ended, by the clock that Dagster took its time from: ours may be another.

    Where that clock was set back since, nobody can tell; its pauses are over then, or it would wait as long as that.
    """
    past = datetime.now(UTC) - ended
    return past if past > -CLOCKS_DIFFER_BY else max(PAUSES)


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
            **({PAST_TAG: "true"} if batch.is_past else {}),
            "dagster/priority": str(batch.priority),
            "acme/nights": f"{len(nights)}, most urgent {batch.orders[0].client_id} {batch.orders[0].business_date}",
        },
    )
