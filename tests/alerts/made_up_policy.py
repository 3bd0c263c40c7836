"""An escalation policy, its people and an incident, made up in a line each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import LadderRung, Staff
from client_partitions.client import Client, OwnerGroup
from client_partitions.escalation import Policy
from client_partitions.people import Roster, RosterPerson
from tests.world import make_client

GROUPS: tuple[OwnerGroup, ...] = ("client", "qa", "engineering")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = date(2026, 3, 10)
ARMED = datetime(2026, 3, 11, 4, 0, tzinfo=UTC)
"""Wednesday, 23:00 in Chicago; the turn of the week is Bert's."""


def mail(name: str) -> str:
    return f"{name}@acme.example"


ANNE, BERT, CLEO, QUENTIN, QUEENIE, NOOR, MAX = map(mail, ("anne", "bert", "cleo", "quentin", "queenie", "noor", "max"))
CORA = "cora@tiny.example"

POLICY: dict[str, Any] = {
    "rotations": {
        "engineering": {
            "zone": "America/Chicago",
            "hand_over": {"day": "mon", "at": "10:00"},
            "starts": "2026-03-02",
            "people": [ANNE, BERT, CLEO],
        }
    },
    "leads": {"qa_lead": [QUEENIE, QUENTIN], "manager": [MAX, ANNE, BERT, CLEO], "client_success": [NOOR]},
    "ladders": {
        "client": [
            {"who": "client_contact", "at": 0},
            {"who": "client_success", "at": 0.25, "least": 10, "most": 60},
            {"who": "on_call", "at": 0.5, "least": 10, "most": 60},
        ],
        "qa": [
            {"who": "on_shift", "at": 0},
            {"who": "qa_lead", "at": 0.25, "least": 10, "most": 60},
            {"who": "on_call", "at": 0.5, "least": 10, "most": 60},
        ],
        "engineering": [
            {"who": "on_call", "at": 0},
            {"who": "second", "at": 0.25, "least": 10, "most": 60},
            {"who": "manager", "at": 0.5, "least": 10, "most": 60},
        ],
    },
    "tiers": {"standard": {"page_above": 0.5}, "gold": {"page_above": 0.25, "worth": 0.05}},
    "channels": {
        "pager": {"variable": "ACME_CHANNEL_PAGER"},
        "room": {"variable": "ACME_CHANNEL_ROOM"},
        "email": {"variable": "ACME_CHANNEL_EMAIL", "personal": True},
    },
    "reach": {
        "default": {"page": ["pager", "email"], "notify": ["room"], "digest": ["email"]},
        "client": {"page": ["email"], "notify": ["email"], "digest": ["email"]},
        "groups": {"qa": {"page": ["room", "pager"], "notify": ["room"], "digest": ["email"]}},
        "people": {CLEO: {"page": ["email"], "notify": ["email"], "digest": ["email"]}},
    },
    "quiet_hours": {
        "engineering": {"zone": "America/Chicago", "from": "20:00", "until": "07:00"},
        "client": {"from": "22:00", "until": "06:00"},
    },
}


def policy(**changes: Any) -> Policy:
    return Policy.model_validate(POLICY | changes)


def with_rotation(**changes: Any) -> Policy:
    return policy(rotations={"engineering": POLICY["rotations"]["engineering"] | changes})


NIGHT_SHIFT = {"zone": "America/Chicago", "from": "21:00", "until": "05:30"}
MORNING_SHIFT = {"zone": "America/Chicago", "from": "02:00", "until": "09:00"}


def person(email: str, role: str, **changes: Any) -> RosterPerson:
    data = {"email": email, "name": email.partition("@")[0].title(), "roles": [role]}
    return RosterPerson.model_validate(data | changes)


def roster(*changed: RosterPerson) -> Roster:
    people = [
        *(person(email, "on_call") for email in (ANNE, BERT, CLEO)),
        person(MAX, "engineering"),
        person(QUENTIN, "qa", hours=NIGHT_SHIFT),
        person(QUEENIE, "qa", hours=MORNING_SHIFT),
        person(NOOR, "client_success"),
    ]
    return Roster({item.email: item for item in (*people, *changed)})


def left(email: str, role: str = "on_call", on: date = date(2026, 3, 1)) -> RosterPerson:
    return person(email, role, status="retired", retired=on)


def owned(**changes: Any) -> Client:
    named = {name: {"name": name.title(), "email": mail(name)} for name in ("anne", "quentin", "queenie", "noor")}
    owners = {
        "client": {"name": "Cora", "email": CORA},
        "engineering": named["anne"],
        "qa": [named["quentin"], named["queenie"]],
        "client_success": named["noor"],
    }
    return make_client(owners=owners, **changes)


def staff(*changed: RosterPerson) -> Staff:
    return Staff(roster(*changed), {"tiny_health": owned()})


def affected(**changes: Any) -> Affected:
    values: dict[str, Any] = {"deadline": ARMED + 6 * HOUR, "tier": "standard", "drop_dead": ARMED + 4 * HOUR}
    return Affected("tiny_health", NIGHT, **(values | changes))


def incident(group: OwnerGroup = "engineering", **changes: Any) -> Incident:
    """Armed at ARMED, to be gone four hours later."""
    values = {"drop_dead": ARMED + 4 * HOUR, "armed_at": ARMED, "affected": (affected(),)}
    made = Incident(
        "i1", "k1", "delivery", group, owned().owners.of(group), "late", (), "", "", "", "open", "page", ARMED, "v1",
        ARMED, ARMED,
    )  # fmt: skip
    return replace(made, **(values | changes))


def told(rungs: tuple[LadderRung, ...]) -> list[tuple[str, ...]]:
    return [tuple(who.email for who in rung.recipients) for rung in rungs]


def waits(rungs: tuple[LadderRung, ...]) -> list[int]:
    return [round((rung.due_at - ARMED) / MINUTE) for rung in rungs]
