"""Show the ledger's events in Dagster: deliveries, loads, builds, the QA gate, releases. A projection, nothing more.

Each audit entry is projected once. Its time orders it, and a transaction may commit later than one with a
later time, so every tick reads some minutes back and skips what it has seen.
"""

import base64
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    DagsterInstance,
    DefaultSensorStatus,
    ResourceParam,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from acme_assets.audit.canonical import digest
from acme_assets.defs.gates import Verdict, verdicts
from acme_assets.defs.marts import CANDIDATE
from acme_assets.defs.names import mart_key
from acme_assets.defs.projection import Shown, events_of, nights_of
from acme_assets.defs.showing import Materialized, newest, show, show_checks
from acme_assets.environment import Platform
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.marts import MARTS, marts_of
from acme_assets.warehouse.entries import Revision, entries_since, revision
from acme_assets.warehouse.reading import read_nights
from client_partitions.partitions import client_night, partition_key

OVERLAP = timedelta(minutes=15)
"""Longer than a transaction that writes an entry takes; a build's may be minutes."""

GIVE_UP = timedelta(hours=2)
"""How long a gate waits for the materialisation of its candidate to show up in Dagster."""

KEPT = timedelta(days=40)
"""How long it is remembered what a night's gate showed last: longer than nights are open."""

_ID = 16  # hex digits of an entry's id that the cursor keeps


@dataclass
class Cursor:
    """Where the projection stands."""

    read_to: datetime
    seen: dict[str, int] = field(default_factory=dict)
    """Beginning of an entry's id to its time in seconds, of entries within the overlap."""
    gates: dict[str, str] = field(default_factory=dict)
    """`client|date` whose gate is to be shown again, to the time it was asked for."""
    shown: dict[str, str] = field(default_factory=dict)
    """`client|date` to the digest of what its gate showed last."""
    revision: Revision | None = None
    """The ledger's revision at the last tick."""

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """From a sensor cursor; from the beginning of time where there is none."""
        if not text:
            return cls(datetime(2000, 1, 1, tzinfo=UTC))
        data = json.loads(zlib.decompress(base64.b64decode(text)))
        known = Revision.read(data["revision"]) if data["revision"] else None
        return cls(datetime.fromisoformat(data["read_to"]), data["seen"], data["gates"], data["shown"], known)

    def write(self) -> str:
        """The sensor cursor: packed, because a busy quarter of an hour has thousands of entries."""
        known = self.revision.write() if self.revision else None
        data = {**vars(self), "read_to": self.read_to.isoformat(), "revision": known}
        return base64.b64encode(zlib.compress(json.dumps(data).encode())).decode()


def ledger_events_sensor(interval_seconds: int) -> SensorDefinition:
    """The projection sensor."""

    @sensor(
        name="ledger_events",
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Shows deliveries, loads, builds, the QA gate and releases in Dagster as the ledger records them.",
    )
    def ledger_events(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SkipReason:
        cursor = Cursor.read(context.cursor)
        count = project(platform, context.instance, cursor)
        context.update_cursor(cursor.write())
        return SkipReason(f"{count} events shown" if count else "nothing happened")

    return ledger_events


def project(platform: Platform, instance: DagsterInstance, cursor: Cursor) -> int:
    """Show what happened since the cursor, which is moved on; how many events that were.

    A process that dies in between shows some of them again: the ledger has them once.
    """
    now = platform.clock()
    with platform.warehouse.begin() as connection:
        known = revision(connection, cursor.read_to - OVERLAP)
        if known == cursor.revision and not cursor.gates:
            return 0
        found = entries_since(connection, cursor.read_to - OVERLAP)
        entries = [entry for entry in found if entry.entry_id[:_ID] not in cursor.seen]
        asked = {night for entry in entries for night in nights_of(entry, now.date())}
        clients = platform.registry.clients
        facts = read_nights(connection, {night for night in asked | _waiting(cursor) if night[0] in clients})
    events: list[Shown] = []
    for entry in entries:
        if entry.client_id and entry.business_date and (entry.client_id, entry.business_date) in facts:
            client = clients[entry.client_id]
            events += events_of(client, facts[entry.client_id, entry.business_date], entry)
    show(instance, events)
    cursor.gates |= {partition_key(*night): now.isoformat() for night in asked}
    roster = platform.roster()
    nights = {str(partition_key(*key)): night_of(clients[key[0]], item, roster, now) for key, item in facts.items()}
    count = len(events) + _show_gates(instance, nights, cursor, now)
    _move_on(cursor, {entry.entry_id: entry.recorded_at for entry in found}, now)
    cursor.revision = known if cursor.read_to - OVERLAP == known.since else None
    return count


def _waiting(cursor: Cursor) -> set[tuple[str, date]]:
    return {client_night(key) for key in cursor.gates}


def _move_on(cursor: Cursor, entries: Mapping[str, datetime], now: datetime) -> None:
    cursor.read_to = max([cursor.read_to, *entries.values()])
    horizon = (cursor.read_to - OVERLAP).timestamp()
    cursor.seen |= {entry_id[:_ID]: int(at.timestamp()) for entry_id, at in entries.items()}
    cursor.seen = {entry_id: at for entry_id, at in cursor.seen.items() if at >= int(horizon)}
    oldest = (now - KEPT).date()
    cursor.shown = {key: said for key, said in cursor.shown.items() if client_night(key)[1] >= oldest}


def _show_gates(instance: DagsterInstance, nights: Mapping[str, Night], cursor: Cursor, now: datetime) -> int:
    """Show each gate that was asked for and whose marts are shown; those that say what they said stay as they are."""
    made = {mart: newest(instance, mart_key(mart), cursor.gates) for mart in MARTS} if cursor.gates else {}
    checks: dict[str, list[tuple[AssetCheckEvaluation, str, Materialized | None]]] = {}
    for key, asked_at in list(cursor.gates.items()):
        night = nights.get(key)
        is_shown = night is not None and _is_shown(night, key, made)
        if night is not None and is_shown and night.facts.candidate:
            found = verdicts(night)
            said = digest([night.facts.candidate.evidence_digest, *(vars(verdict) for verdict in found.values())])
            if cursor.shown.get(key) != said:
                for mart in marts_of(night.client.feeds):
                    of_mart = _gate_checks(mart.name, key, found)
                    checks.setdefault(mart.name, []).extend((check, "", made[mart.name][key]) for check in of_mart)
                cursor.shown[key] = said
        if is_shown or now - datetime.fromisoformat(asked_at) > GIVE_UP:
            del cursor.gates[key]
    for of_mart_checks in checks.values():
        show_checks(instance, of_mart_checks)
    return sum(map(len, checks.values()))


def _is_shown(night: Night, key: str, made: Mapping[str, Mapping[str, Materialized]]) -> bool:
    """Whether Dagster shows the present candidate's marts; there is nothing to wait for where there is no candidate."""
    candidate = night.facts.candidate
    if candidate is None:
        return True
    return all(
        (item := made[mart.name].get(key)) is not None
        and CANDIDATE in item.metadata
        and item.metadata[CANDIDATE].value == candidate.evidence_digest
        for mart in marts_of(night.client.feeds)
    )


def _gate_checks(mart: str, partition: str, found: Mapping[str, Verdict]) -> Collection[AssetCheckEvaluation]:
    return [
        AssetCheckEvaluation(
            asset_key=mart_key(mart),
            check_name=name,
            passed=verdict.passed,
            description=verdict.reason,
            severity=AssetCheckSeverity.ERROR,
            metadata=verdict.metadata,
            partition=partition,
        )
        for name, verdict in found.items()
    ]
