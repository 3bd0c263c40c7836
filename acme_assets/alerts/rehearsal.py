"""A night played through the engine: what the ledger and the outbox would keep of it. Pure; nothing is sent.

For dry runs, benchmarks and properties: they see the messages that would have left, and when.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.engine import Happening, House, turn
from acme_assets.alerts.house import Written
from acme_assets.alerts.incident import Incident, IncidentState, Message
from acme_assets.alerts.standing import standing
from client_partitions.client import Client

ByHand = Literal["acknowledged", "snoozed", "resolved by hand"]
_BY_HAND: dict[IncidentState, ByHand] = {
    "acknowledged": "acknowledged",
    "snoozed": "snoozed",
    "resolved": "resolved by hand",
}


@dataclass(frozen=True)
class Said:
    """A message, and what became of it."""

    message: Message
    state: Literal["due", "sent", "dropped"] = "due"
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Happened:
    """What became of an incident at a moment."""

    at: datetime
    happening: Happening | ByHand
    incident: Incident


@dataclass
class Rehearsal:
    """The incidents and messages of a night so far."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    happened: list[Happened] = field(default_factory=list)
    """Without those that only have other figures."""

    @property
    def live(self) -> list[Incident]:
        """Incidents that are not resolved."""
        return [item for item in self.incidents.values() if item.is_live]

    @property
    def sent(self) -> list[Said]:
        """What has left, in order."""
        return sorted((item for item in self.said.values() if item.sent_at), key=_when)

    @property
    def written(self) -> list[Written]:
        """What has left or will, as the house must know it."""
        return [
            Written(one.message_id, one.recipient.email, self.incidents[one.incident_id], one.due_at)
            for one in (item.message for item in self.said.values() if item.state != "dropped")
            if one.incident_id
        ]

    def tick(
        self, causes: Sequence[Cause], house: House, now: datetime, clients: Mapping[str, Client] = MappingProxyType({})
    ) -> None:
        """One turn of the engine, and of the outbox before and after it."""
        self.deliver(now)
        recent = [
            item
            for item in self.incidents.values()
            if item.resolved_at and item.resolved_at >= now - house.reopens_within
        ]
        made = turn(self.live, recent, standing(causes, self.live, clients), house, now)
        for change in made.changes:
            self.incidents[change.incident.incident_id] = change.incident
            if change.happening != "seen":
                self.happened.append(Happened(now, change.happening, change.incident))
        self._drop({*made.silenced})
        for message in made.messages:
            self.said.setdefault(message.message_id, Said(message))
        self.deliver(now)

    def deliver(self, now: datetime) -> None:
        """Everything that is due leaves."""
        for key, item in self.said.items():
            if item.state == "due" and item.message.due_at <= now:
                self.said[key] = replace(item, state="sent", sent_at=item.message.due_at)

    def act(self, incident_id: str, change: Callable[[Incident], Incident], now: datetime) -> None:
        """Somebody acknowledges an incident, snoozes it or says that it is over: its ladder stops."""
        self.deliver(now)
        changed = change(self.incidents[incident_id])
        self.incidents[incident_id] = changed
        self.happened.append(Happened(now, _BY_HAND[changed.state], changed))
        self._drop({incident_id})

    def _drop(self, incident_ids: set[str]) -> None:
        for key, item in self.said.items():
            if item.state == "due" and item.message.incident_id in incident_ids:
                self.said[key] = replace(item, state="dropped")


def _when(item: Said) -> tuple[datetime, str]:
    assert item.sent_at is not None
    return item.sent_at, item.message.message_id
