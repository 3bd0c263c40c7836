"""Who is to be told, through what, and when it may be said: the escalation policy read with the people of the moment.

The order in which they are told is in `ladder`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from acme_assets.alerts.incident import Urgency
from acme_assets.alerts.urgency import Threshold
from client_partitions.client import Person
from client_partitions.escalation import PersonGroup, Policy
from client_partitions.people import Role, Roster

UTC_ZONE = ZoneInfo("UTC")


def person_of(roster: Roster, email: str) -> Person:
    """Somebody of ours by address; where people.yaml does not know them, the address is the name."""
    known = roster.people.get(email)
    return Person(name=known.name if known else email, email=email)


def why_not(roster: Roster, email: str, at: datetime) -> str | None:
    """Why somebody of ours cannot be told at this moment. Where people.yaml cannot be read, everybody can: a person
    too many is woken then, rather than nobody."""
    if roster.problem:
        return None
    known = roster.people.get(email)
    if known is None:
        return f"{email} is not in people.yaml"
    return None if known.is_active(at) else f"{known.name} has left"


def first_there(roster: Roster, emails: Iterable[str], at: datetime) -> Person | None:
    """The first who can be told."""
    return next((person_of(roster, email) for email in emails if why_not(roster, email, at) is None), None)


def on_call(policy: Policy, roster: Roster, at: datetime) -> Person | None:
    """Whose turn it is, or who has taken it over; the next of the rotation where they have left."""
    return first_there(roster, policy.rotations.engineering.line(at), at)


def second(policy: Policy, roster: Roster, at: datetime) -> Person | None:
    """The next of the rotation after who is on call; None where there is no other."""
    first = on_call(policy, roster, at)
    line = policy.rotations.engineering.line(at)
    return first_there(roster, (email for email in line if first and email != first.email), at)


def shift_of(roster: Roster, email: str, at: datetime) -> tuple[datetime, datetime] | None:
    """From and until when somebody works around this moment, by their hours in people.yaml; None where they do not."""
    known = roster.people.get(email)
    if known is None or known.hours is None:
        return None
    today = at.astimezone(ZoneInfo(known.hours.zone)).date()
    shifts = [known.hours.on(today + timedelta(days=days)) for days in (-1, 0)]
    return next((shift for shift in shifts if shift and shift[0] <= at < shift[1]), None)


def is_on_shift(roster: Roster, email: str, at: datetime) -> bool:
    """Whether an analyst works at this moment; who has given no hours always does."""
    known = roster.people.get(email)
    return known is None or known.hours is None or shift_of(roster, email, at) is not None


_GROUP_OF_ROLE: Mapping[Role, PersonGroup] = {
    "on_call": "engineering",
    "engineering": "engineering",
    "qa": "qa",
    "client_success": "client_success",
    "service": "engineering",
}


def group_of(policy: Policy, roster: Roster, email: str) -> PersonGroup:
    """Whose hours and channels somebody has. Whom neither people.yaml nor the policy knows is a client's."""
    known = roster.people.get(email)
    if known:
        return next(group for role, group in _GROUP_OF_ROLE.items() if role in known.roles)
    if email in policy.leads.client_success:
        return "client_success"
    if email in policy.leads.qa_lead:
        return "qa"
    ours = {name for names in policy.named().values() for name in names}
    return "engineering" if email in ours else "client"


def channels_for(policy: Policy, person: Person, group: PersonGroup, urgency: Urgency) -> tuple[str, ...]:
    """Names of channels, the first to be tried first."""
    if group == "client":
        return policy.reach.client.of(urgency)
    own = policy.reach.people.get(person.email) or policy.reach.groups.get(group) or policy.reach.default
    return own.of(urgency)


def release_time(
    policy: Policy, group: PersonGroup, urgency: Urgency, at: datetime, zone: ZoneInfo = UTC_ZONE
) -> datetime:
    """When a message may go: pages at once, others after the group's quiet hours.

    Args:
        zone: the client's, whose hours are by its own clock.
    """
    hours = policy.quiet_hours.get(group)
    return at if urgency == "page" or hours is None else hours.release(at, zone)


class _Thresholds(dict[str, Threshold]):
    """Those of a policy's tiers; of a tier that it does not know, whatever wakes somebody soonest."""

    def __init__(self, policy: Policy) -> None:
        super().__init__({name: Threshold(tier.page_above, tier.worth) for name, tier in policy.tiers.items()})
        self._policy = policy

    def __missing__(self, name: str) -> Threshold:
        tier = self._policy.tier(name)
        return Threshold(tier.page_above, tier.worth)


def thresholds(policy: Policy) -> Mapping[str, Threshold]:
    """What wakes somebody, by tier. A tier that the policy does not know costs nobody their page."""
    return _Thresholds(policy)
