"""What an override would change, before anybody signs it. Pure.

The supposed override is signed and approved by two made-up people whose keys last as long as the question, and the
night is assessed by the code that assesses every night: what it does here is what it will do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from acme_assets.audit.signing import SigningKey
from acme_assets.gates.decision import assess_night
from acme_assets.gates.graph import Graph, graph_of
from acme_assets.gates.statement import Signed, Signer
from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.status import NightStatus
from client_partitions.client import Client
from client_partitions.people import Role, Roster, RosterKey, RosterPerson


@dataclass(frozen=True)
class Change:
    """One client night as it is, and as it would be."""

    graphs: tuple[Graph, Graph]
    statuses: tuple[NightStatus, NightStatus]

    @property
    def is_of_the_graph(self) -> bool:
        """Whether its dependencies change."""
        return self.graphs[0] != self.graphs[1]

    @property
    def is_of_the_night(self) -> bool:
        """Whether its state, what blocks it, or its deadline changes."""
        before, after = ((item.state, item.blocked_by, item.deadline) for item in self.statuses)
        return before != after


def change_between(client: Client, facts: NightFacts, supposed: NightFacts, roster: Roster, now: datetime) -> Change:
    """How a client night differs from a supposed one."""
    pair = (facts, supposed)
    before, after = (graph_of(night_of(client, item, roster, now).client, item.business_date) for item in pair)
    is_now, would_be = (assess_night(client, item, roster, now) for item in pair)
    return Change((before, after), (is_now, would_be))


def suppose(
    client_id: str, subject: Mapping[str, Any], dates: tuple[date, date], expires_at: datetime, now: datetime
) -> tuple[tuple[Signed, Signed], Roster]:
    """The override and its approval as if somebody had signed them, and a roster of those two people."""
    author, approver = _made_up("author", "engineering"), _made_up("approver", "on_call")

    def say(person: tuple[Signer, RosterPerson], kind: Any, about: Mapping[str, Any]) -> Signed:
        signer, rights = person
        return signer.sign(kind, rights.roles[0], client_id, dates, about,
                           meaning="supposed", reason=None, made_at=now, expires_at=expires_at)  # fmt: skip

    override = say(author, "override", subject)
    approval = say(approver, "override_approval", {"override_id": override.statement.statement_id})
    return (override, approval), Roster({person.email: person for _, person in (author, approver)})


def _made_up(name: str, role: Role) -> tuple[Signer, RosterPerson]:
    key, email = SigningKey.generate(), f"{name}@what-if.invalid"
    return Signer(email, key), RosterPerson(
        name=name, email=email, roles=(role,), keys=(RosterKey(public=key.public.text),)
    )
