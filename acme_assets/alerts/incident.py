"""An incident: what became of a root cause since it was first seen. What the ledger keeps of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from acme_assets.alerts.cause import Affected, CauseKind
from client_partitions.client import OwnerGroup, Person

IncidentState = Literal["open", "acknowledged", "snoozed", "resolved"]

Urgency = Literal["page", "notify", "digest"]
"""page: wake somebody now; notify: tell them in their working hours; digest: it is in the morning's summary."""

URGENCIES: tuple[Urgency, ...] = ("digest", "notify", "page")
"""Rising."""


@dataclass(frozen=True)
class Incident:
    """One incident. The cause's fields are as they were last seen."""

    incident_id: str
    key: str
    kind: CauseKind
    owner_group: OwnerGroup
    owner: Person
    text: str
    affected: tuple[Affected, ...]
    fix: str
    tried: str
    evidence: str
    state: IncidentState
    urgency: Urgency
    """The highest that it had since it was armed."""
    opened_at: datetime
    policy: str
    """Version of the escalation policy that it was opened under, and keeps."""
    armed_at: datetime
    """Since when its ladder runs: when it was opened, woke from a snooze, came back, or was armed again."""
    seen_at: datetime
    """When its cause stood last."""
    drop_dead: datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    """An e-mail address; None where the cause went away by itself."""
    came_back: int = 0
    """How often its cause went away and came back."""
    rearmed: bool = False
    """Whether it was armed again, after an acknowledgement, because its cause stood near the deadline."""

    @property
    def is_live(self) -> bool:
        """Whether its cause stands, as far as is known."""
        return self.state != "resolved"


@dataclass(frozen=True)
class Message:
    """Something to be said to one person, once."""

    message_id: str
    """Equal for the same incident, arming and person: it is sent once however often it is asked for. It is the
    dedupe key of the channels that know one."""
    incident_id: str | None
    """None: a digest."""
    recipient: Person
    urgency: Urgency
    channels: tuple[str, ...]
    """Names of channels of the policy, the first to be tried first; the next where it is down."""
    due_at: datetime
    """Not before then: quiet hours, a rate limit or the ladder's wait."""
    subject: str
    body: str
    rung: int = 0
    """Of the ladder, from 0."""
