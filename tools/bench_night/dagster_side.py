"""What Dagster's own database says of the night: runs, events, waits, sizes; and whether it has caught up."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text

from tools.bench_night.asking import ask

if TYPE_CHECKING:  # Dagster's daemon imports it; this program only where it asks
    from acme_assets.defs.sensors.ledger_events import Cursor

_UNFINISHED = text(
    "SELECT count(*) FROM runs WHERE status IN ('QUEUED', 'NOT_STARTED', 'MANAGED', 'STARTING', 'STARTED', 'CANCELING')"
)
_LAUNCHED = text("SELECT count(*) FROM runs")
_RUNS = text("SELECT pipeline_name, status, count(*) FROM runs GROUP BY 1, 2 ORDER BY 1, 2")
_EVENTS = text("SELECT coalesce(dagster_event_type, 'log'), count(*) FROM event_logs GROUP BY 1 ORDER BY 2 DESC")
_QUEUE_WAITS = text(
    "SELECT pipeline_name, start_time - extract(epoch FROM create_timestamp) FROM runs WHERE start_time IS NOT NULL"
)
_STEPS = text(
    """
    SELECT run.pipeline_name, run.run_id, began.step_key,
           extract(epoch FROM min(ended.timestamp) - min(began.timestamp))
    FROM event_logs began
    JOIN event_logs ended USING (run_id, step_key)
    JOIN runs run USING (run_id)
    WHERE began.dagster_event_type = 'STEP_START' AND ended.dagster_event_type IN ('STEP_SUCCESS', 'STEP_FAILURE')
    GROUP BY 1, 2, 3 ORDER BY 4 DESC
    """
)
_SIZES = text(
    """
    SELECT relname, n_live_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables
    WHERE pg_total_relation_size(relid) > 65536 ORDER BY 3 DESC LIMIT 6
    """
)
_TICKS = text("SELECT tick_body FROM job_ticks WHERE timestamp >= :since")
_CURSOR = """
{ sensorOrError(sensorSelector: {
    repositoryLocationName: "acme", repositoryName: "__repository__", sensorName: "ledger_events"
  }) { ... on Sensor { sensorState { typeSpecificData { ... on SensorData { lastCursor } } } } } }
"""


@dataclass(frozen=True)
class Step:
    """One step of one run."""

    job: str
    run_id: str
    key: str
    seconds: float


@dataclass(frozen=True)
class Size:
    """One table."""

    name: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class DagsterFigures:
    """The database at the night's end."""

    runs: Mapping[tuple[str, str], int]
    """Job and status to how many."""
    events: Mapping[str, int]
    """Type to rows of the event log; `log` for lines that are no event."""
    queue_waits: Mapping[str, Sequence[float]]
    """Job to seconds from the request of each run to its start."""
    steps: Sequence[Step]
    """The slowest first."""
    sizes: Sequence[Size]
    """The largest first."""
    ticks: Mapping[str, Sequence[float]]
    """Sensor to seconds of each of its ticks."""


class DagsterSide:
    """Dagster's database, and its web server where the database does not say it."""

    def __init__(self, url: str, address: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._address = address

    def unfinished(self) -> int:
        """Runs that are queued or under way."""
        with self._engine.connect() as connection:
            return int(connection.execute(_UNFINISHED).scalar_one())

    def launched(self) -> int:
        """Runs that were ever asked for."""
        with self._engine.connect() as connection:
            return int(connection.execute(_LAUNCHED).scalar_one())

    def shows(self, newest: datetime | None) -> bool:
        """Whether the projection has shown the ledger up to its newest entry, the gates too."""
        cursor = self.projection()
        return newest is None or (cursor.read_to >= newest and not cursor.gates)

    def projection(self) -> "Cursor":
        """Where the projection stands."""
        from acme_assets.defs.sensors.ledger_events import Cursor

        state = ask(self._address, _CURSOR)["sensorOrError"]["sensorState"]["typeSpecificData"]
        return Cursor.read(state and state["lastCursor"])

    def figures(self, since: datetime) -> DagsterFigures:
        """All figures; of ticks, those since the night began."""
        with self._engine.connect() as connection:
            waits = defaultdict(list)
            for job, seconds in connection.execute(_QUEUE_WAITS):
                waits[job].append(max(0.0, float(seconds)))
            bodies = connection.execute(_TICKS, {"since": since.replace(tzinfo=None)}).scalars()
            return DagsterFigures(
                {(job, status): count for job, status, count in connection.execute(_RUNS)},
                dict(connection.execute(_EVENTS).tuples().all()),
                dict(waits),
                [Step(job, run, key, float(seconds)) for job, run, key, seconds in connection.execute(_STEPS)],
                [Size(*row) for row in connection.execute(_SIZES)],
                tick_seconds(bodies),
            )


def tick_seconds(bodies: Iterable[str]) -> dict[str, list[float]]:
    """By sensor, how long each tick took, from what Dagster stores of it: a `TickData`, in its older names."""
    found = defaultdict(list)
    for body in bodies:
        tick = json.loads(body)
        if tick.get("end_timestamp"):
            found[tick["job_name"]].append(tick["end_timestamp"] - tick["timestamp"])
    return dict(found)
