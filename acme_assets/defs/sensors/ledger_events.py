"""Show the ledger's events in Dagster: deliveries, loads, builds, the QA gate, releases. A projection, nothing more.

Each audit entry is projected once. Its time orders it, and a transaction may commit later than one with a
later time, so every tick reads some minutes back and skips what it has seen. A tick that is far behind, because nobody
ran it or Dagster's state was thrown away, goes on page by page; `acme_assets.defs.rebuilding` does that at once.
"""

import base64
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import monotonic

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
from sqlalchemy import Connection

from acme_assets.audit.canonical import digest
from acme_assets.defs.gates import Verdict, verdicts
from acme_assets.defs.marts import CANDIDATE
from acme_assets.defs.names import mart_key
from acme_assets.defs.projection import Shown, events_of, nights_of
from acme_assets.defs.showing import Materialized, newest, show, show_checks
from acme_assets.environment import Platform
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.marts import MARTS, marts_of
from acme_assets.warehouse.entries import Revision, StoredEntry, entries_page, entries_since, revision
from acme_assets.warehouse.reading import read_nights
from client_partitions.partitions import WINDOW, client_night, partition_key

OVERLAP = timedelta(minutes=15)
"""Longer than a transaction that writes an entry takes; a build's may be minutes."""

GIVE_UP = timedelta(hours=2)
"""How long a gate waits for the materialisation of its candidate to show up in Dagster."""

KEPT = timedelta(days=40)
"""How long it is remembered what a night's gate showed last: longer than nights are open."""

BEHIND = timedelta(days=1)
"""So far back entries are read page by page."""

PAGE = 2_000
"""Entries in one page."""

CATCHING_UP = 20.0
"""Seconds of a tick in which it takes page after page."""

HANDED_OVER = "acme/ledger_events"
"""Where a rebuild leaves, in Dagster's storage, the cursor from which the sensor goes on."""

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
    page: tuple[str, str] | None = None
    """Time and id of the last entry of the last page, while it is behind."""
    is_lost: bool = False
    """Whether Dagster's own record of what its steps did is gone, up to where this has caught up."""

    @classmethod
    def read(cls, text: str | None) -> "Cursor":
        """From a sensor cursor; from the beginning of time, with nothing in Dagster, where there is none."""
        if not text:
            return cls(datetime(2000, 1, 1, tzinfo=UTC), is_lost=True)
        data = json.loads(zlib.decompress(base64.b64decode(text)))
        known = Revision.read(data["revision"]) if data["revision"] else None
        page = tuple(data["page"]) if data.get("page") else None
        told = {name: data[name] for name in ("seen", "gates", "shown")}
        is_lost = data.get("is_lost", False)
        return cls(datetime.fromisoformat(data["read_to"]), **told, revision=known, page=page, is_lost=is_lost)

    def is_behind(self, now: datetime) -> bool:
        """Whether so much is to be read that it goes page by page."""
        return self.read_to < now - BEHIND

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
        handed = context.instance.daemon_cursor_storage.get_cursor_values({HANDED_OVER}).get(HANDED_OVER)
        if handed and is_at_work(handed, platform.clock()):
            return SkipReason("acme ledger rebuild is at work")
        cursor, until = Cursor.read(taken_over(handed) or context.cursor), monotonic() + CATCHING_UP
        count = project(platform, context.instance, cursor)
        while cursor.is_behind(platform.clock()) and monotonic() < until:
            count += project(platform, context.instance, cursor)
        context.update_cursor(cursor.write())
        if handed:
            context.instance.daemon_cursor_storage.set_cursor_values({HANDED_OVER: ""})
        return SkipReason(f"{count} events shown" if count else "nothing happened")

    return ledger_events


def at_work(now: datetime) -> str:
    """What stands in HANDED_OVER while a rebuild is at work."""
    return f"at work {now.isoformat()}"


def is_at_work(handed: str, now: datetime) -> bool:
    """Whether a rebuild gave a sign of life within ten minutes."""
    began = handed.removeprefix("at work ")
    return began != handed and now - datetime.fromisoformat(began) < timedelta(minutes=10)


def taken_over(handed: str | None) -> str | None:
    """The cursor that a rebuild left; None where there is none, or it died."""
    return handed if handed and not handed.startswith("at work ") else None


def project(platform: Platform, instance: DagsterInstance, cursor: Cursor) -> int:
    """Show what happened since the cursor, which is moved on; how many events that were.

    A process that dies in between shows some of them again: the ledger has them once.
    """
    now = platform.clock()
    # It is later than now only where the clock was set back; what is older than the window has no partition.
    cursor.read_to = max(min(cursor.read_to, now), now - WINDOW)
    is_behind = cursor.is_behind(now)
    with platform.warehouse.begin() as connection:
        known = None if is_behind else revision(connection, cursor.read_to - OVERLAP)
        if known and known == cursor.revision and not cursor.gates:
            return 0
        found = _page(connection, cursor) if is_behind else entries_since(connection, cursor.read_to - OVERLAP)
        entries = [entry for entry in found if entry.entry_id[:_ID] not in cursor.seen]
        asked = {night for entry in entries for night in nights_of(entry, now.date())}
        clients = platform.registry.clients
        facts = read_nights(connection, {night for night in asked | _waiting(cursor) if night[0] in clients})
    events: list[Shown] = []
    for entry in entries:
        if entry.client_id and entry.business_date and (entry.client_id, entry.business_date) in facts:
            client = clients[entry.client_id]
            night = facts[entry.client_id, entry.business_date]
            events += events_of(client, night, entry, is_lost=cursor.is_lost)
    show(instance, events)
    cursor.gates |= {partition_key(*night): now.isoformat() for night in asked}
    roster = platform.roster()
    nights = {str(partition_key(*key)): night_of(clients[key[0]], item, roster, now) for key, item in facts.items()}
    count = len(events) + _show_gates(instance, nights, cursor, now)
    _move_on(cursor, {entry.entry_id: entry.recorded_at for entry in found}, now)
    if is_behind and len(found) == PAGE:
        cursor.page = (found[-1].recorded_at.isoformat(), found[-1].entry_id)
    else:
        cursor.page, cursor.read_to = None, max(cursor.read_to, now - BEHIND / 2)
        cursor.is_lost = False
    cursor.revision = known if known and cursor.read_to - OVERLAP == known.since else None
    return count


def _page(connection: Connection, cursor: Cursor) -> Sequence[StoredEntry]:
    after = (datetime.fromisoformat(cursor.page[0]), cursor.page[1]) if cursor.page else (cursor.read_to - OVERLAP, "")
    return entries_page(connection, after, PAGE)


def _waiting(cursor: Cursor) -> set[tuple[str, date]]:
    return {client_night(key) for key in cursor.gates}


def _move_on(cursor: Cursor, entries: Mapping[str, datetime], now: datetime) -> None:
    cursor.read_to = min(max([cursor.read_to, *entries.values()]), now)
    horizon = (cursor.read_to - OVERLAP).timestamp()
    cursor.seen |= {entry_id[:_ID]: int(at.timestamp()) for entry_id, at in entries.items()}
    cursor.seen = {entry_id: at for entry_id, at in cursor.seen.items() if at >= int(horizon)}
    oldest = (now - KEPT).date()
    cursor.shown = {key: said for key, said in cursor.shown.items() if client_night(key)[1] >= oldest}


def _show_gates(instance: DagsterInstance, nights: Mapping[str, Night], cursor: Cursor, now: datetime) -> int:
    """Show each gate that was asked for and whose marts are shown; those that say what they said stay as they are."""
    made = {mart: newest(instance, mart_key(mart), cursor.gates) for mart in MARTS} if cursor.gates else {}
    checks: list[tuple[Shown, Materialized | None]] = []
    for key, asked_at in list(cursor.gates.items()):
        night = nights.get(key)
        is_shown = night is not None and _is_shown(night, key, made)
        if night is not None and is_shown and night.facts.candidate:
            found = verdicts(night)
            said = digest([night.facts.candidate.evidence_digest, *(vars(verdict) for verdict in found.values())])
            if cursor.shown.get(key) != said:
                for mart in marts_of(night.client.feeds):
                    of_mart = _gate_checks(mart.name, key, found)
                    checks += [(Shown(check), made[mart.name][key]) for check in of_mart]
                cursor.shown[key] = said
        if is_shown or now - datetime.fromisoformat(asked_at) > GIVE_UP:
            del cursor.gates[key]
    show_checks(instance, checks)
    return len(checks)


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
