"""Show the ledger's events in Dagster: deliveries, dashboards and the QA gate. A projection, nothing more.

Each audit entry is projected once. Its time orders it, and a transaction may commit later than one with a
later time, so every tick reads some minutes back and skips what it has seen.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetRecordsFilter,
    DagsterInstance,
    DefaultSensorStatus,
    ResourceParam,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)
from dagster._core.definitions.asset_checks.asset_check_evaluation import (  # not public; nowhere else
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.events import DagsterEvent, DagsterEventType

from acme_assets.defs.gates import verdicts
from acme_assets.defs.jobs import JOB_OF
from acme_assets.defs.marts import CANDIDATE
from acme_assets.defs.names import dashboard_key, deliveries_key, feed_key, mart_key, published_key
from acme_assets.defs.published import PRODUCTION_CHECK
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gatekeeper.duties import BY as GATEKEEPER
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.marts import marts_of
from acme_assets.warehouse.entries import StoredEntry, entries_since
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client
from client_partitions.partitions import partition_key

OVERLAP = timedelta(minutes=15)
"""Longer than a transaction that writes an entry takes; a build's may be minutes."""

GIVE_UP = timedelta(hours=2)
"""How long a gate waits for the materialisation of its candidate to show up in Dagster."""

RELEASE = "release"
"""Metadata of a production suite's result: the release that it is about."""

RUNLESS = "reported-by-hand"
"""Stands for the run of a mart that somebody reported as materialised in the UI."""

Event = AssetMaterialization | AssetObservation


@dataclass
class Cursor:
    """Where the projection stands."""

    read_to: datetime
    seen: dict[str, str] = field(default_factory=dict)
    """Entry id to its time, of entries within the overlap."""
    gates: dict[str, str] = field(default_factory=dict)
    """`client|date` whose gate is to be shown again, to the time it was asked for."""

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """From a sensor cursor; from the beginning of time where there is none."""
        if not text:
            return cls(datetime(2000, 1, 1, tzinfo=UTC))
        data = json.loads(text)
        return cls(datetime.fromisoformat(data["read_to"]), data["seen"], data["gates"])

    def write(self) -> str:
        """The sensor cursor."""
        return json.dumps({"read_to": self.read_to.isoformat(), "seen": self.seen, "gates": self.gates})


def ledger_events_sensor(interval_seconds: int) -> SensorDefinition:
    """The projection sensor."""

    @sensor(
        name="ledger_events",
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Shows deliveries, releases and the QA gate in Dagster as the ledger records them.",
    )
    def ledger_events(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SensorResult | SkipReason:
        cursor = Cursor.read(context.cursor)
        events, checks = project(platform, context.instance, cursor)
        for check in checks:
            show_check(context.instance, check)
        if not events:
            context.update_cursor(cursor.write())
            return SkipReason(f"{len(checks)} gate checks shown" if checks else "nothing happened")
        return SensorResult(asset_events=events, cursor=cursor.write())

    return ledger_events


def show_check(instance: DagsterInstance, check: AssetCheckEvaluation) -> None:
    """Record a check's result under the run that made the mart: a later result of the same mart replaces it.

    One of what was published is recorded under the release, which a run may not have made.

    `report_runless_asset_event` fails from the second result of a partition on: its empty run id, the check
    and the partition are together unique in Dagster's storage (1.13.27).
    """
    target = check.target_materialization_data
    release = check.metadata.get(RELEASE)
    instance.report_dagster_event(
        DagsterEvent(
            event_type_value=DagsterEventType.ASSET_CHECK_EVALUATION.value,
            event_specific_data=check,
            job_name=JOB_OF["build"],
        ),
        run_id=(target.run_id if target else str(release.value) if release else None) or RUNLESS,
    )


def project(
    platform: Platform, instance: DagsterInstance, cursor: Cursor
) -> tuple[list[Event], list[AssetCheckEvaluation]]:
    """The Dagster events and gate checks of what happened since the cursor, which is moved on."""
    now, roster = platform.clock(), platform.roster()
    with platform.warehouse.begin() as connection:
        entries = [
            entry for entry in entries_since(connection, cursor.read_to - OVERLAP) if entry.entry_id not in cursor.seen
        ]
        nights = {night for entry in entries for night in nights_of(entry, now.date())}
        nights |= {_night(key) for key in cursor.gates}
        known = platform.registry.clients
        facts = {night: read_night(connection, *night) for night in nights if night[0] in known}
    events: list[Event] = []
    checks: list[AssetCheckEvaluation] = []
    for entry in entries:
        cursor.seen[entry.entry_id] = entry.recorded_at.isoformat()
        if entry.client_id and entry.business_date and (entry.client_id, entry.business_date) in facts:
            client = platform.registry.client(entry.client_id)
            events += _of_entry(client, facts[client.client_id, entry.business_date], entry)
            checks += _production_checks(client, entry)
        cursor.gates |= {f"{client_id}|{day}": now.isoformat() for client_id, day in nights_of(entry, now.date())}
    for key, asked_at in list(cursor.gates.items()):
        night = _night(key)
        terms = night_of(known[night[0]], facts[night], roster, now) if night in facts else None
        shown = _gate_checks(instance, terms) if terms else None
        if shown is not None or now - datetime.fromisoformat(asked_at) > GIVE_UP:
            checks += shown or []
            del cursor.gates[key]
    cursor.read_to = max([cursor.read_to, *(entry.recorded_at for entry in entries)])
    horizon = (cursor.read_to - OVERLAP).isoformat()
    cursor.seen = {entry_id: at for entry_id, at in cursor.seen.items() if _at(at) >= _at(horizon)}
    return events, checks


def nights_of(entry: StoredEntry, today: date) -> list[tuple[str, date]]:
    """The client nights that an entry is about: of a statement about a span, those that may be under way."""
    if entry.client_id is None or entry.business_date is None:
        return []
    details = json.loads(entry.entry)["details"]
    if "statement_id" not in details:
        return [(entry.client_id, entry.business_date)]
    first = max(date.fromisoformat(details["first_date"]), today - LOOKBACK)
    last = min(entry.business_date, today + timedelta(days=1))
    span = [(entry.client_id, first + timedelta(days=n)) for n in range((last - first).days + 1)]
    return span or [(entry.client_id, entry.business_date)]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _night(key: str) -> tuple[str, date]:
    client_id, _, business_date = key.partition("|")
    return client_id, date.fromisoformat(business_date)


def _of_entry(client: Client, facts: NightFacts, entry: StoredEntry) -> Iterable[Event]:
    partition = partition_key(client.client_id, facts.business_date)
    details: Mapping[str, Any] = json.loads(entry.entry)["details"]
    if entry.action in ("delivery_arrived", "delivery_reinstated"):
        key = feed_key(details["feed"])
        metadata = {
            "delivery": details["delivery_id"],
            "content_hash": details["content_hash"],
            "bytes": details["bytes"],
            "files": details["files"],
            "client": client.name,
        }
        yield AssetObservation(key, partition=partition, metadata=metadata)
        yield AssetMaterialization(key, partition=partition, metadata=metadata)
        if all(feed in facts.deliveries for feed in client.feeds_owed(facts.business_date)):
            yield _client_event(deliveries_key(client.client_id), facts, entry)
    elif entry.action == "released":
        yield _client_event(dashboard_key(client.client_id), facts, entry)
        if details["by"] == GATEKEEPER:
            yield from _released(partition, details)
    elif entry.action == "release_withdrawn":
        metadata = {"withdrawn": details["release_id"], "the client sees": details["back_to"] or "nothing"}
        yield AssetObservation(dashboard_key(client.client_id), metadata=metadata)


def _released(partition: str, details: Mapping[str, Any]) -> Iterable[AssetMaterialization]:
    """What a run of `published/*` would have reported, had one made the release."""
    for mart, rows in details["rows"].items():
        metadata = {"rows": rows, "release": details["release_id"], "released by": GATEKEEPER}
        yield AssetMaterialization(published_key(mart), partition=partition, metadata=metadata)


def _production_checks(client: Client, entry: StoredEntry) -> Iterable[AssetCheckEvaluation]:
    if entry.action not in ("production_suites_passed", "production_suites_failed"):
        return
    assert entry.business_date is not None
    details = json.loads(entry.entry)["details"]
    for mart in marts_of(client.feeds):
        failed = f"{mart.name}/production" in details["failed"]
        yield AssetCheckEvaluation(
            asset_key=published_key(mart.name),
            check_name=PRODUCTION_CHECK,
            passed=not failed,
            description="the production suite failed on what the client sees" if failed else None,
            severity=AssetCheckSeverity.ERROR,
            metadata={RELEASE: details["release_id"]},
            partition=partition_key(client.client_id, entry.business_date),
        )


def _client_event(key: AssetKey, facts: NightFacts, entry: StoredEntry) -> AssetMaterialization:
    return AssetMaterialization(
        key,
        metadata={"business_date": facts.business_date.isoformat(), "recorded_at": entry.recorded_at.isoformat()},
    )


def _gate_checks(instance: DagsterInstance, night: Night) -> list[AssetCheckEvaluation] | None:
    """The gate's checks; None while Dagster does not show the present candidate's marts yet."""
    client, facts = night.client, night.facts
    if facts.candidate is None:
        return []
    partition = partition_key(client.client_id, facts.business_date)
    found_verdicts = verdicts(night)
    checks: list[AssetCheckEvaluation] = []
    for mart in marts_of(client.feeds):
        found = instance.fetch_materializations(
            AssetRecordsFilter(mart_key(mart.name), asset_partitions=[partition]), limit=1
        ).records
        materialization = found[0].asset_materialization if found else None
        if materialization is None or CANDIDATE not in materialization.metadata:
            return None
        if materialization.metadata[CANDIDATE].value != facts.candidate.evidence_digest:
            return None
        checks.extend(
            AssetCheckEvaluation(
                asset_key=mart_key(mart.name),
                check_name=name,
                passed=verdict.passed,
                description=verdict.reason,
                severity=AssetCheckSeverity.ERROR,
                metadata=verdict.metadata,
                partition=partition,
                target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                    storage_id=found[0].storage_id, run_id=found[0].run_id, timestamp=found[0].timestamp
                ),
            )
            for name, verdict in found_verdicts.items()
        )
    return checks
