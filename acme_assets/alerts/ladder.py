"""The ladder of an incident: who is told first, who next if nobody takes it on, and when.

The waits are shares of the time to the drop-dead time, so that the last one still hears in time. A step that finds
nobody costs none: the next takes its place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from acme_assets.alerts.engine import Rung
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.people import is_on_shift, on_call, person_of, why_not
from client_partitions.client import Client, Person
from client_partitions.escalation import LadderStep, Policy, Step
from client_partitions.people import Roster

CHANGING: tuple[Step, ...] = ("on_call", "on_shift", "qa_lead", "client_success")
"""Steps whose people take turns: an incident that nobody has taken on is handed on to the next."""


@dataclass(frozen=True)
class LadderRung(Rung):
    """A rung, and which step of the policy it is."""

    step: Step | None
    """None: no step of the ladder found anybody, so whoever is there at all is told."""


@dataclass(frozen=True)
class Staff:
    """The people of the moment."""

    roster: Roster
    clients: Mapping[str, Client]


def recipients(policy: Policy, incident: Incident, staff: Staff, at: datetime) -> tuple[LadderRung, ...]:
    """An incident's ladder, as of a moment. Its rungs rise in time; nobody is on two of them.

    A rung's number is its step's in the policy and stays, whoever is skipped. Its people are those of the moment when
    it is due; where their turn or shift has ended since, who came after them is told as well. What was due at an
    earlier moment is as it was then, so nobody who was told slips from one rung to another.
    """
    climb = _Climb(policy, incident, staff, at)
    waits = policy.ladders[incident.owner_group]
    for number, step in enumerate(waits):
        climb.add(number, step.who, climb.next_due(waits))
    if all(rung.step == "client_contact" for rung in climb.rungs):
        climb.add_anybody(len(waits), climb.next_due(waits))
    climb.hand_on(at)
    return tuple(climb.rungs)


@dataclass
class _Climb:
    """A ladder in the making, in the order of time."""

    policy: Policy
    incident: Incident
    staff: Staff
    at: datetime
    rungs: list[LadderRung] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._changes = _changes(self.policy, self.incident, self.staff, self.at)

    def next_due(self, waits: Sequence[LadderStep]) -> datetime:
        """When the next one is told: a step that finds nobody leaves its wait to the one after it."""
        incident = self.incident
        if not self.rungs:
            return incident.armed_at
        slot, before = waits[min(len(self.rungs), len(waits) - 1)], self.rungs[-1].due_at
        least, most = before + timedelta(minutes=slot.least), before + timedelta(minutes=slot.most)
        if incident.drop_dead is None:
            return most
        share = incident.armed_at + slot.at * (incident.drop_dead - incident.armed_at)
        return min(max(share, least), most)

    def add(self, number: int, step: Step, due: datetime) -> None:
        """The first of a step's people who can be told, and is not on the ladder yet."""
        self.hand_on(min(due, self.at))
        self._first(number, step, due, self._people(step, due))

    def add_anybody(self, number: int, due: datetime) -> None:
        """Whoever the policy knows and is there: better the wrong one than nobody."""
        emails = dict.fromkeys(email for emails in self.policy.named().values() for email in emails)
        self._first(number, None, due, (person_of(self.staff.roster, email) for email in emails))

    def _first(self, number: int, step: Step | None, due: datetime, people: Iterable[Person]) -> None:
        for person in people:
            if self._why_not(step, person, due):
                continue
            if person.email not in self.told:
                self.rungs.append(LadderRung(number, (person,), due, step))
                self.told.add(person.email)
                return
            if step == "on_call":
                return

    def hand_on(self, until: datetime) -> None:
        """Whoever's turn or shift has begun since a rung was due is told with it."""
        while self._changes and self._changes[0] <= until:
            moment = self._changes.pop(0)
            for place, rung in enumerate(self.rungs):
                if rung.step in CHANGING and rung.due_at <= moment:
                    self._hand_on(place, rung, rung.step, moment)

    def _hand_on(self, place: int, rung: LadderRung, step: Step, moment: datetime) -> None:
        there = [who for who in self._people(step, moment) if self._why_not(step, who, moment) is None]
        answering = there if step == "on_shift" else there[:1]
        if not answering or {who.email for who in answering} & {who.email for who in rung.recipients}:
            return
        if answering[0].email not in self.told:
            self.rungs[place] = replace(rung, recipients=(*rung.recipients, answering[0]))
            self.told.add(answering[0].email)

    def _why_not(self, step: Step | None, person: Person, at: datetime) -> str | None:
        return None if step == "client_contact" else why_not(self.staff.roster, person.email, at)

    def _people(self, step: Step, at: datetime) -> Iterable[Person]:
        """Who would be told, best first, whether or not they are still there."""
        policy, roster = self.policy, self.staff.roster
        clients = _by_urgency(self.incident, self.staff.clients)
        if step == "client_contact":  # one, even where several clients wait
            return [self.incident.owner] if self.incident.owner_group == "client" else _contacts(clients)[:1]
        if step == "on_shift":
            return [who for client in clients for who in client.owners.qa if is_on_shift(roster, who.email, at)]
        if step == "second":
            first = on_call(policy, roster, at)
            return [person_of(roster, email) for email in policy.line("on_call", at) if first and email != first.email]
        line = [person_of(roster, email) for email in policy.line(step, at)]
        if step == "client_success":  # whom the client's file names, in their hours; else whose turn it is
            named = [client.owners.client_success for client in clients]
            return [*(who for who in named if is_on_shift(roster, who.email, at)), *line, *named]
        return line


def _changes(policy: Policy, incident: Incident, staff: Staff, until: datetime) -> list[datetime]:
    """The moments since it was armed at which others may have come to answer: hand-overs, swaps, shifts, and midnight
    in UTC, when people who leave are gone."""
    since = incident.armed_at
    found = {moment for rotation in policy.rotations.all().values() for moment in rotation.changes(since, until)}
    days = [since.astimezone(UTC).date() + timedelta(days=n) for n in range(-2, (until - since).days + 3)]
    found.update(datetime.combine(day, time(), tzinfo=UTC) for day in days)
    owners = [client.owners for client in _by_urgency(incident, staff.clients)]
    named = {who.email for one in owners for who in (*one.qa, one.client_success)}
    hours = [person.hours for email in named if (person := staff.roster.people.get(email)) and person.hours]
    found.update(moment for shift in hours for day in days for moment in shift.on(day) or ())
    return sorted(moment for moment in found if since < moment <= until)


def _contacts(clients: Iterable[Client]) -> list[Person]:
    return [client.owners.client for client in clients]


def _by_urgency(incident: Incident, clients: Mapping[str, Client]) -> list[Client]:
    """The clients that it holds up, the one with the least time first."""
    nights = sorted(incident.affected, key=lambda item: (item.drop_dead or item.deadline, item.client_id))
    return [clients[name] for name in dict.fromkeys(item.client_id for item in nights) if name in clients]
