"""One turn of the alerts, committed: incidents, their audit entries and the messages about them, or none of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from acme_assets.alerts.engine import Turn
from acme_assets.alerts.incident import Incident
from acme_assets.warehouse.incidents import Stored, store
from acme_assets.warehouse.messages import drop, enqueue
from acme_assets.warehouse.protocol import Warehouse


@dataclass(frozen=True)
class Committed:
    """What a turn left in the ledger."""

    stored: Stored
    messages: int
    """How many are new."""


def commit_turn(
    warehouse: Warehouse,
    made: Turn,
    was: Iterable[Incident],
    now: datetime,
    html: Mapping[str, str] | None = None,
) -> Committed:
    """Store what a turn decided, in one transaction. Of an incident that somebody changed meanwhile nothing is said.

    An incident of which something is said without a change is stored as it was, which holds its row: whoever
    acknowledges it at the same moment waits, and drops what was just enqueued.

    Args:
        was: the live and the recent incidents that the turn was given.
        html: as of `messages.enqueue`.
    """
    before = {incident.incident_id: incident for incident in was}
    changed = [change.incident for change in made.changes]
    spoken_of = {item.incident_id for item in made.messages} - {incident.incident_id for incident in changed}
    with warehouse.begin() as connection:
        as_they_were = [before[item] for item in sorted(spoken_of & before.keys(), key=str) if item]
        stored = store(warehouse, connection, [*changed, *as_they_were], now, before.values())
        if made.silenced:
            drop(connection, [item for item in made.silenced if item not in stored.overtaken], "silenced")
        said = [item for item in made.messages if item.incident_id not in stored.overtaken]
        return Committed(stored, enqueue(warehouse, connection, said, html))
