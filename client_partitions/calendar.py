"""Business dates, due times and deadlines: wall-clock times in the client's own zone.

A time that a spring change skips counts from the moment the clocks jump (02:30 is read as 03:30); a time
that an autumn change repeats means its first occurrence. Both are PEP 495's fold=0.
"""

from datetime import UTC, date, datetime, time, timedelta

from client_partitions.client import Client
from client_partitions.feeds import Feed

TURN = time(12, 0)
"""Local time at which the night in hand becomes the next: before it, yesterday's data is due."""


def _morning_after(client: Client, business_date: date, wall_clock: time) -> datetime:
    local = datetime.combine(business_date + timedelta(days=1), wall_clock, tzinfo=client.zone)
    return local.astimezone(UTC)


def deadline_at(client: Client, business_date: date) -> datetime:
    """When the client's dashboard is due: aware, UTC."""
    return _morning_after(client, business_date, client.deadline)


def due_at(client: Client, feed: Feed, business_date: date) -> datetime:
    """When a feed's delivery is due, without grace: aware, UTC."""
    return _morning_after(client, business_date, client.feeds[feed].due)


def late_at(client: Client, feed: Feed, business_date: date) -> datetime:
    """From when on a missing delivery is late: due time plus grace; aware, UTC."""
    return due_at(client, feed, business_date) + timedelta(minutes=client.feeds[feed].grace_minutes)


def business_date_in_hand(client: Client, now: datetime) -> date:
    """The business date whose night is on: yesterday until local noon, then today."""
    local = now.astimezone(client.zone)
    return local.date() - timedelta(days=1) if local.time() < TURN else local.date()
