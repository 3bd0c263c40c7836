"""Find what is wrong, decide who is told, and record both. What leaves the house is the alerter's to send.

Nothing is kept that the ledger does not have: the next tick makes up for one that dies anywhere. What forecasts
(numpy) is imported in the tick alone: a process that forks run workers has these definitions too.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import cast

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    ResourceParam,
    RunsFilter,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)
from dagster._core.definitions.freshness import FreshnessState

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.causes import causes
from acme_assets.alerts.known import AuditCheck, FailedRun, Heartbeat, Known, Outage, StaleAsset
from acme_assets.alerts.ladder import Staff
from acme_assets.alerts.services import (
    ALERTER,
    ALERTS,
    ALLOWED,
    CHAIN_BROKEN,
    GATEKEEPER,
    LANDING_ZONE,
    LEFT_TO_THE_WATCHER,
)
from acme_assets.defs.jobs import STAGE_TAG, STAGES, orders_of
from acme_assets.defs.names import dashboard_key, deliveries_key
from acme_assets.environment import Platform, escalation_file, site_from
from acme_assets.nights.facts import Stage
from acme_assets.notify.outbox import silence_of
from acme_assets.warehouse.heartbeats import beat, read_heartbeats
from acme_assets.warehouse.known import read_known
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.messages import unsaid
from acme_assets.warehouse.turning import Policies, take_turn
from client_partitions.escalation import Policy, load_policy

EVERY = timedelta(minutes=1)
"""How long what was read last will do, whatever happens: time alone makes files late, risks grow and rungs due."""

STARTING = timedelta(minutes=5)
"""After a silence of its own, the sensor takes no other's amiss for so long: the whole stack may just be starting."""

_RUNS_OF = timedelta(hours=24)
_UNSAID_OF = timedelta(hours=2)


@dataclass(frozen=True)
class Cursor:
    """When the nights were read last, and since when this is done without a break."""

    read_at: datetime
    awake_since: datetime

    @classmethod
    def read(cls, text: str | None) -> "Cursor | None":
        """From a sensor cursor."""
        if not text:
            return None
        data = json.loads(text)
        read_at, awake_since = (datetime.fromisoformat(data[name]) for name in ("read_at", "awake_since"))
        return cls(read_at, awake_since)

    def write(self) -> str:
        """The sensor cursor."""
        return json.dumps({"read_at": self.read_at.isoformat(), "awake_since": self.awake_since.isoformat()})


@dataclass
class Memory:
    """What a process keeps between ticks, because learning it takes long: all of it is in the ledger."""

    learned: Learned
    policies: Policies = field(default_factory=Policies)


def alerts_sensor(learned: Learned, interval_seconds: int) -> SensorDefinition:
    """The alerts sensor. `learned` is shared with the deadlines, so that each forecast is made once."""
    memory = Memory(learned)

    @sensor(
        name="alerts",
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Finds the root causes of what is late or failed, and decides who is told of each, and when.",
    )
    def alerts(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SkipReason:
        policy = load_policy(escalation_file(os.environ))
        said, cursor = watch(platform, policy, Cursor.read(context.cursor), memory, context.instance)
        if cursor:
            context.update_cursor(cursor.write())
        return SkipReason(said)

    return alerts


def watch(
    platform: Platform, policy: Policy, before: Cursor | None, memory: Memory, instance: DagsterInstance
) -> tuple[str, Cursor | None]:
    """One tick: what it did, and the next cursor; None where the present one stays."""
    now = platform.clock()
    if before and before.read_at > now:  # the clock was set back
        before = None
    if before and now < before.read_at + EVERY:
        return "looked a moment ago", None
    awake_since = before.awake_since if before and now - before.read_at <= ALLOWED[ALERTS] else now
    known = look_around(platform, memory, instance, now, is_starting=now < awake_since + STARTING)
    staff = Staff(known.roster, known.registry.clients)
    standing = [*causes(known), *unsaid_of(platform, known)]
    turned = take_turn(platform.warehouse, policy, staff, standing, now, memory.policies, site_from(os.environ))
    with platform.warehouse.begin() as connection:  # once all of it went well
        beat(platform.warehouse, connection, ALERTS, now)
    news = sum(change.happening != "seen" for change in turned.made.changes)
    said = f"{len(standing)} causes stand, {news} incidents changed, {turned.committed.messages} messages"
    return said, Cursor(now, awake_since)


def look_around(
    platform: Platform, memory: Memory, instance: DagsterInstance, now: datetime, *, is_starting: bool = False
) -> Known:
    """All that is known: the ledger's, and what Dagster and the services say."""
    services = (
        {} if is_starting else {name: limit for name, limit in ALLOWED.items() if name not in LEFT_TO_THE_WATCHER}
    )
    known = read_known(platform.warehouse, platform.registry, platform.roster(), now, memory.learned, services)
    with platform.warehouse.begin() as connection:
        details = {name: item.detail for name, item in read_heartbeats(connection).items()}
    return replace(
        known,
        heartbeats=tuple(item for item in known.heartbeats if item.service != LANDING_ZONE),
        zone=next((_unlisted(item, now) for item in known.heartbeats if item.service == LANDING_ZONE), None),
        audit=_audit(details.get(GATEKEEPER, "")),
        failed_runs=failed_runs(instance, now),
        stale_assets=stale_assets(instance, [*platform.registry.clients]),
    )


def unsaid_of(platform: Platform, known: Known) -> tuple[Cause, ...]:
    """What nobody could be told by any channel lately, as a cause. Where the alerter is silent, that is the watcher's
    to tell: no message of ours would leave."""
    with platform.warehouse.begin() as connection:
        found = unsaid(connection, known.now - _UNSAID_OF, known.now)
        alerter = read_heartbeats(connection).get(ALERTER) if found else None
    if alerter is None or known.now - alerter.beat_at > ALLOWED[ALERTER]:
        return ()
    cause = silence_of(found, known.engineering, known.now)
    return (cause,) if cause else ()


def _audit(said: str) -> AuditCheck | None:
    """What the gatekeeper, which seals the audit log, says of it."""
    is_broken, _, since = said.partition(CHAIN_BROKEN)
    return AuditCheck(datetime.fromisoformat(since), ("chain",)) if since and not is_broken else None


def _unlisted(beat_of_zone: Heartbeat, now: datetime) -> Outage | None:
    """The arrivals sensor leaves a sign of life for the landing zone each time that it could list it."""
    at = beat_of_zone.beat_at
    if at is None or now - at <= beat_of_zone.allowed:
        return None
    return Outage(at, "not listed since")


def failed_runs(instance: DagsterInstance, now: datetime) -> tuple[FailedRun, ...]:
    """Runs of the last day that failed: what was tried already."""
    wanted = RunsFilter(
        statuses=[DagsterRunStatus.FAILURE], tags={STAGE_TAG: list(STAGES)}, created_after=now - _RUNS_OF
    )
    found = []
    for record in instance.get_run_records(wanted, limit=500):
        run = record.dagster_run
        ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else record.update_timestamp
        nights = tuple(
            (str(order["client_id"]), date.fromisoformat(order["business_date"])) for order in orders_of(run.run_config)
        )
        found.append(FailedRun(run.run_id, cast(Stage, run.tags[STAGE_TAG]), ended, nights))
    return tuple(found)


def stale_assets(instance: DagsterInstance, client_ids: Sequence[str]) -> tuple[StaleAsset, ...]:
    """Assets of clients whose freshness policy fails now."""
    keys = [key for client_id in client_ids for key in (deliveries_key(client_id), dashboard_key(client_id))]
    records = instance.get_freshness_state_records(keys) if keys else {}
    return tuple(
        StaleAsset(key.to_user_string(), record.updated_at)
        for key, record in sorted(records.items(), key=lambda item: item[0].to_user_string())
        if record.freshness_state is FreshnessState.FAIL
    )
