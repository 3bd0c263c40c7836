"""What of an escalation policy does not fit the people and the clients: found in review, not in the night."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import Staff, recipients
from client_partitions.client import Client, OwnerGroup
from client_partitions.escalation import Policy
from client_partitions.people import Role, Roster

HOUR = timedelta(hours=1)
WEEK_OF_HOURS = 7 * 24

OWNER_GROUPS: tuple[OwnerGroup, ...] = ("client", "qa", "engineering")

_ROLES: Mapping[str, Role] = {
    "rotations.engineering.people": "on_call",
    "rotations.qa.people": "qa",
    "rotations.client_success.people": "client_success",
    "leads.qa_lead": "qa",
    "leads.client_success": "client_success",
}


def policy_problems(
    policy: Policy, roster: Roster, clients: Mapping[str, Client], now: datetime, file: str = "escalation.yaml"
) -> list[str]:
    """Everything that does not fit, one line each: file, field and remedy."""
    found = [f"{file}: {problem}" for problem in (*_unknown_people(policy, roster, now), *_strangers(policy, clients))]
    found += _misplaced_clients(policy, roster, clients)
    return found or [f"{file}: {problem}" for problem in _dead_ends(policy, roster, clients, now)]


def _unknown_people(policy: Policy, roster: Roster, now: datetime) -> Iterator[str]:
    if roster.problem:
        yield roster.problem
        return
    for field, emails in policy.named().items():
        for email in dict.fromkeys(emails):
            person, role = roster.people.get(email), _ROLES.get(field)
            if person is None:
                yield f"{field}: {email} is not in people.yaml; add them there, or correct the address"
            elif not person.is_active(now):
                yield f"{field}: {email} is retired since {person.retired}; name somebody else"
            elif role and role not in person.roles:
                yield f"{field}: {email} is not {role} in people.yaml; add the role there, or name somebody else"


def _strangers(policy: Policy, clients: Mapping[str, Client]) -> Iterator[str]:
    """Clients and hosts that are named and are not there: such a window or holiday would be silently without effect."""
    hosts = {client.host for client in clients.values()}
    for number, window in enumerate(policy.maintenance):
        if window.client and window.client not in clients:
            yield f"maintenance.{number}.client: there is no client {window.client!r}; correct it"
        if window.host and window.host not in hosts:
            yield f"maintenance.{number}.host: no client's file has the host {window.host!r}; correct it there or here"
    for name in policy.client_holidays:
        if name not in clients:
            yield f"client_holidays: there is no client {name!r}; correct it"


def _misplaced_clients(policy: Policy, roster: Roster, clients: Mapping[str, Client]) -> Iterator[str]:
    for client in clients.values():
        if client.tier not in policy.tiers:
            known = ", ".join(policy.tiers)
            yield f"{client.client_id}.yaml: tier: the policy has no tier {client.tier!r}; use one of {known}"
        ours = [("owners.client_success", client.owners.client_success)]
        ours += [(f"owners.qa.{number}", person) for number, person in enumerate(client.owners.qa)]
        for field, person in () if roster.problem else ours:
            if person.email not in roster.people:
                yield f"{client.client_id}.yaml: {field}: {person.email} is not in people.yaml; add them there"


def _dead_ends(policy: Policy, roster: Roster, clients: Mapping[str, Client], now: datetime) -> Iterator[str]:
    """Ladders on which, at some hour of the week to come, no step finds anybody of ours."""
    staff = Staff(roster, clients)
    alike = {(client.owners.qa, client.owners.client_success): client for client in clients.values()}
    for client in alike.values():
        for group in OWNER_GROUPS:
            for hour in range(WEEK_OF_HOURS):
                at = now + hour * HOUR
                steps = {rung.step for rung in recipients(policy, _made_up(client, group, at), staff, at)}
                if not steps - {"client_contact", None}:
                    yield (
                        f"ladders.{group}: reaches nobody of ours for {client.client_id} at {at:%a %H:%M} UTC; "
                        "add a step that does, such as on_call"
                    )
                    break


def _made_up(client: Client, group: OwnerGroup, at: datetime) -> Incident:
    night = Affected(client.client_id, date(2026, 1, 1), at + 4 * HOUR, client.tier, drop_dead=at + 3 * HOUR)
    return Incident(
        "", "", "delivery", group, client.owners.of(group), "", (night,), "", "", "", "open", "page", at, "", at, at,
        night.drop_dead,
    )  # fmt: skip
