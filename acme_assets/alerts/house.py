"""The engine's House: the escalation policy with the people, the clients and the messages of the moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.engine import Rung
from acme_assets.alerts.incident import Incident, Urgency
from acme_assets.alerts.ladder import Staff, recipients
from acme_assets.alerts.muting import is_muted
from acme_assets.alerts.people import UTC_ZONE, channels_for, group_of, release_time, thresholds
from acme_assets.alerts.urgency import Threshold
from acme_assets.alerts.wording import FOR_CLIENTS, client_mail, notify_text, page_text
from acme_assets.audit.canonical import digest
from client_partitions.client import Client, Person
from client_partitions.escalation import PersonGroup, Policy

BETWEEN_MAILS = timedelta(hours=1)
"""Of one incident: who was written to has the time to answer, however much more urgent it has become for us."""


@dataclass(frozen=True)
class Written:
    """A message that somebody was sent, or will be."""

    message_id: str
    recipient: str
    """E-mail address."""
    incident: Incident
    at: datetime


@dataclass
class PolicyHouse:
    """One turn's House. It counts what it lets through: a client's limit holds within a turn too."""

    policy: Policy
    staff: Staff
    now: datetime
    earlier: Mapping[str, Policy] = field(default_factory=dict)
    """Policies that live incidents began with, by version. An incident of a version that is not here has today's."""
    written: Collection[Written] = ()
    """To whom of the clients, about incidents that are live or recent."""
    site: str = ""
    """What the pages that messages link to are below."""

    version: str = field(init=False)
    thresholds: Mapping[str, Threshold] = field(init=False)
    damping: timedelta = field(init=False)
    flapping_after: int = field(init=False)
    flapping_hold: timedelta = field(init=False)
    reopens_within: timedelta = field(init=False)
    rearm_before: timedelta = field(init=False)

    def __post_init__(self) -> None:
        damping = self.policy.damping
        self.version, self.thresholds = self.policy.version, thresholds(self.policy)
        self.damping, self.flapping_after = timedelta(minutes=damping.minutes), damping.flapping_after
        self.flapping_hold = timedelta(minutes=damping.flapping_minutes)
        self.reopens_within = timedelta(hours=self.policy.reopen_within_hours)
        self.rearm_before = timedelta(minutes=self.policy.rearm_minutes)
        self._written = list(self.written)
        self._not_before: dict[str, datetime] = {}

    def muted(self, cause: Cause) -> str | None:
        """Why nobody is to be told of it now."""
        return is_muted(self.policy, cause, self.staff.clients, self.now)

    def rungs(self, incident: Incident) -> Sequence[Rung]:
        """The ladder, by the policy that the incident began with."""
        policy = self.earlier.get(incident.policy, self.policy)
        return recipients(policy, incident, self.staff, self.now)

    def may_go(self, person: Person, urgency: Urgency, at: datetime) -> datetime:
        """When somebody may be told: at once, or after their quiet hours; a client's contact not sooner than an hour
        after the last mail about the same. The engine asks `may_write` before."""
        at = max(at, self._not_before.pop(person.email, at))
        client = self._client_of(person)
        return release_time(self.policy, self._group(person), urgency, at, client.zone if client else UTC_ZONE)

    def channels(self, person: Person, urgency: Urgency) -> tuple[str, ...]:
        """Names of channels, the first to be tried first."""
        return channels_for(self.policy, person, self._group(person), urgency)

    def words(self, incident: Incident, person: Person, urgency: Urgency) -> tuple[str, str]:
        """Subject and body of what this person is told. A client's contact reads nothing that is ours."""
        if self._group(person) == "client":
            client = self._client_of(person, incident)
            assert client is not None, f"{person.email} is nobody's contact"
            return client_mail(incident, client, self.now)
        text = page_text if urgency == "page" else notify_text
        return text(incident, self.staff.clients, self.now, self.site)

    def may_write(self, person: Person, incident: Incident) -> bool:
        """Whether this person may be told of it: always if they are ours. A client's contact is written to about their
        own files alone, and so often a night."""
        if self._group(person) != "client":
            return True
        if incident.kind not in FOR_CLIENTS or self._client_of(person, incident) is None:
            return False
        mine = [item for item in self._written if item.recipient == person.email]
        this = message_id(incident, person)
        if any(item.message_id == this for item in mine):
            return True  # it is there already, and is not made again
        nights = _nights(incident)
        if sum(bool(nights & _nights(item.incident)) for item in mine) >= self.policy.client_mails_a_night:
            return False
        about_it = [item.at for item in mine if item.incident.incident_id == incident.incident_id]
        self._not_before[person.email] = max(about_it, default=self.now - BETWEEN_MAILS) + BETWEEN_MAILS
        self._written.append(Written(this, person.email, incident, self.now))
        return True

    def _group(self, person: Person) -> PersonGroup:
        return group_of(self.policy, self.staff.roster, person.email)

    def _client_of(self, person: Person, incident: Incident | None = None) -> Client | None:
        """The client whose contact somebody is; of several, one that the incident holds up."""
        held = {item.client_id for item in incident.affected} if incident else None
        mine = (
            client
            for client_id, client in sorted(self.staff.clients.items())
            if client.owners.client.email == person.email and (held is None or client_id in held)
        )
        return next(mine, None)


def message_id(incident: Incident, person: Person) -> str:
    """As the engine makes it."""
    return digest([incident.incident_id, incident.armed_at.isoformat(), person.email])[:24]


def _nights(incident: Incident) -> set[tuple[str, str]]:
    return {(item.client_id, item.business_date.isoformat()) for item in incident.affected}
