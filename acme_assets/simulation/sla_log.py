"""What happens to the client nights of a simulated world: one log of events for each, and the truth that it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto

from acme_assets.simulation.sla_habits import Habits
from acme_assets.sla.night import Desk
from client_partitions.feeds import Feed


class Kind(Enum):
    """What can happen to a client night."""

    SEEN = auto()
    LOAD_BEGAN = auto()
    LOADED = auto()
    QUARANTINED = auto()
    ASKED = auto()
    ACKNOWLEDGED = auto()
    BUILD_BEGAN = auto()
    BUILD_FAILED = auto()
    BUILT = auto()
    SIGNED = auto()
    REJECTED = auto()
    GATE_OPENED = auto()
    RELEASED = auto()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as the ledger records it: nothing of what will come of it."""

    at: float
    """Minutes from the night's start."""
    kind: Kind
    feed: Feed | None = None
    who: str | None = None
    landed: float = 0.0
    """Of a delivery that was seen: when it had landed."""
    bytes: int = 0
    failed_suites: int = 0


@dataclass(frozen=True)
class SimulatedNight:
    """One business date of all clients."""

    business_date: date
    start: datetime
    habits: tuple[Habits, ...]
    desk: Desk
    """The shifts in which its candidates are signed."""
    logs: Mapping[str, tuple[Event, ...]]
    """By client id, in order of time."""

    def released_at(self, client_id: str) -> datetime | None:
        """The truth: when the client's dashboard was released; None: never."""
        for event in self.logs[client_id]:
            if event.kind is Kind.RELEASED:
                return self.start + timedelta(minutes=event.at)
        return None
