"""Incidents, messages and channels in a line each."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident, Message
from acme_assets.notify.channel import Channel
from acme_assets.notify.outbox import HOUR, Patience
from client_partitions.client import Person
from tests.world import NIGHT

NOW = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
"""03:00 in New York: two hours before the deadline of `NIGHT` in UTC, three by the client's file."""

PATIENCE = Patience(messages_an_hour=6, page=2 * HOUR, other=12 * HOUR)

PRIYA = Person(name="Priya Raman", email="priya@acme.example")
CORA = Person(name="Cora Client", email="cora@tiny.example")

SLACK = Channel("slack", "slack://T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")

HELD = Affected("tiny_health", NIGHT, NOW + timedelta(hours=2), "standard", 0.64, 0.125, NOW + timedelta(minutes=41))

_INCIDENT = Incident(
    "i1",
    f"delivery/tiny_health/{NIGHT}",
    "delivery",
    "client",
    CORA,
    f"tiny_health {NIGHT}: eligibility, pharmacy_claim not delivered, due Wed 02:00",
    (HELD,),
    f"write to Cora Client; acme exception request tiny_health eligibility --kind may_be_missing --date {NIGHT}",
    "",
    "assets/feeds/eligibility",
    "open",
    "page",
    NOW - timedelta(minutes=30),
    "p1",
    NOW - timedelta(minutes=30),
    NOW,
    HELD.drop_dead,
)


def incident(incident_id: str = "i1", **changes: Any) -> Incident:
    """One late delivery of one client."""
    return replace(_INCIDENT, incident_id=incident_id, **changes)


def message(message_id: str = "m1", incident_id: str | None = "i1", **changes: Any) -> Message:
    """A page to Priya that is due now, by Slack alone."""
    made = Message(
        message_id, incident_id, PRIYA, "page", ("slack",), NOW, "eligibility is late", "Do: write to Cora\n"
    )
    return replace(made, **changes)
