"""Decide and record whether deadlines were kept, forecast the nights in hand, and keep what past nights teach.

Each part asks the ledger what is missing: the next tick makes up for one that dies anywhere. What forecasts
(numpy) is imported in the tick alone: a process that forks run workers has these definitions too.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from dagster import (
    DefaultSensorStatus,
    ResourceParam,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from acme_assets.alerts.services import DEADLINES
from acme_assets.environment import Platform
from acme_assets.gates.decision import decide
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.status import NightStatus, assess
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.outcomes import dates_over, is_ahead, is_night, is_worth_storing, nights_to_watch, outcome_of
from acme_assets.sla.result import NightForecast
from acme_assets.warehouse.deadlines import Watched, read_watched, record_outcomes, store_forecasts
from acme_assets.warehouse.entries import Revision, revision
from acme_assets.warehouse.heartbeats import beat
from acme_assets.warehouse.learned import LEARNED_FROM, Learned

EVERY, AT_MOST_EVERY = timedelta(minutes=5), timedelta(minutes=1)
"""How long nothing is read where the ledger has no new entry, and where it has. A deadline that passes is never waited
for: the tick after it reads."""

OVERLAP = timedelta(minutes=15)
"""How far back an entry may be recorded that was not there at the last look."""

MORNING = time(6, tzinfo=UTC)
"""Of the day after a business date: shifts from a day before to three days after hold every signature of its night."""


@dataclass(frozen=True)
class Cursor:
    """When the nights were read last, the ledger's revision then, and the next deadline that passes."""

    read_at: datetime
    revision: Revision
    next_deadline: datetime | None

    @classmethod
    def read(cls, text: str | None) -> "Cursor | None":
        """From a sensor cursor."""
        if not text:
            return None
        data = json.loads(text)
        following = data["next_deadline"]
        return cls(
            datetime.fromisoformat(data["read_at"]),
            Revision.read(data["revision"]),
            datetime.fromisoformat(following) if following else None,
        )

    def write(self) -> str:
        """The sensor cursor."""
        following = self.next_deadline.isoformat() if self.next_deadline else None
        said = {"read_at": self.read_at.isoformat(), "revision": self.revision.write(), "next_deadline": following}
        return json.dumps(said)

    def is_enough(self, found: Revision, now: datetime) -> bool:
        """Whether what was read last will do."""
        if self.next_deadline and now >= self.next_deadline:
            return False
        return now < self.read_at + (EVERY if found == self.revision else AT_MOST_EVERY)


def deadlines_sensor(learned: Learned, interval_seconds: int) -> SensorDefinition:
    """The deadlines sensor. `learned` is shared with the alerts, so that each forecast is made once."""

    @sensor(
        name="deadlines",
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Records whether each client's deadline was kept, and forecasts the nights in hand.",
    )
    def deadlines(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SkipReason:
        said, cursor = watch(platform, Cursor.read(context.cursor), learned)
        if cursor:
            context.update_cursor(cursor.write())
        return SkipReason(said)

    return deadlines


def watch(platform: Platform, before: Cursor | None, learned: Learned) -> tuple[str, Cursor | None]:
    """One tick: what it did, and the next cursor; None where the present one stays."""
    now = platform.clock()
    if before and before.read_at > now:  # the clock was set back
        before = None
    since = before.revision.since if before and now < before.read_at + EVERY else now - OVERLAP
    with platform.warehouse.begin() as connection:
        found = revision(connection, since)
        if before and before.is_enough(found, now):
            return "nothing happened", None
        days = nights_to_watch(platform.registry.clients, now)
        watched = read_watched(connection, ((key, day) for key, dates in days.items() for day in dates))
    nights = _assessed(platform, watched, now)
    recorded = _decide(platform, nights, watched, now)
    forecast = _forecast(platform, nights, watched, learned, now)
    summarised = _summarise(platform, now)
    with platform.warehouse.begin() as connection:  # once all of it went well
        beat(platform.warehouse, connection, DEADLINES, now)
    ahead = [status.deadline for _, status in nights if status.deadline > now]
    said = f"{recorded} deadlines decided, {forecast} forecasts stored, {summarised} business dates summarised"
    return said, Cursor(now, found, min(ahead, default=None))


def _assessed(platform: Platform, watched: Watched, now: datetime) -> list[tuple[Night, NightStatus]]:
    roster, clients = platform.roster(), platform.registry.clients
    nights = [night_of(clients[key], facts, roster, now) for (key, _), facts in sorted(watched.facts.items())]
    return [(night, assess(night.client, night.facts, decide(night), now)) for night in nights if is_night(night)]


def _decide(platform: Platform, nights: list[tuple[Night, NightStatus]], watched: Watched, now: datetime) -> int:
    """Outcomes of deadlines that are past, of nights since the client's first: before it, it owed us nothing."""
    due = []
    for night, status in nights:
        key = (status.client_id, status.business_date)
        first = watched.first.get(status.client_id)
        if key not in watched.decided and first is not None and first <= status.business_date:
            due.append(outcome_of(night, status, watched.said.get(key), now))
    found = [outcome for outcome in due if outcome]
    return len(record_outcomes(platform.warehouse, found, now)) if found else 0


def _forecast(
    platform: Platform, nights: list[tuple[Night, NightStatus]], watched: Watched, learned: Learned, now: datetime
) -> int:
    ahead = [ahead_of(night, status) for night, status in nights if is_ahead(night, status, now)]
    made = learned.forecast(platform.warehouse, ahead, desk_of(platform.roster(), now), now)
    return _store(platform, [*made.values()], watched)


def _store(platform: Platform, made: list[NightForecast], watched: Watched) -> int:
    fresh = [item for item in made if is_worth_storing(item, watched.said.get((item.client_id, item.business_date)))]
    if not fresh:
        return 0
    with platform.warehouse.begin() as connection:
        return store_forecasts(connection, fresh)


def _summarise(platform: Platform, now: datetime) -> int:
    """Summarise the oldest business date that is over and has no summary: one a tick, however many are missing."""
    from acme_assets.warehouse.summaries import dates_to_summarise, store_summaries, summarise

    clients, roster = platform.registry.clients, platform.roster()
    with platform.warehouse.begin() as connection:
        missing = dates_to_summarise(connection, now.date() - LEARNED_FROM)
        days = dates_over(clients.values(), missing, now)
        if days:
            night = datetime.combine(days[0] + timedelta(days=1), MORNING)
            found = summarise(connection, clients, days[0], roster, now, desk_of(roster, night))
            store_summaries(platform.warehouse, connection, days[0], found, now)
    return len(days[:1])
