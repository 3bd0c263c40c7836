"""Which pulls are due: from some time before a feed is owed until a day after. Pure.

A pull is asked for once in each of its intervals, so that a sensor's ticks repeat nothing; an API's night that is
complete is not asked for again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from client_partitions.calendar import due_at
from client_partitions.client import WEEKDAYS, Client
from client_partitions.pulls import ApiPull, Pull

UNTIL = timedelta(hours=24)
"""How long after a feed was due it is still pulled without anybody's asking."""

_DAYS = 4
"""Business dates that are looked at: all whose pulls can be due at a moment."""

IsComplete = Callable[[Client, str, date], bool]
"""Whether an API's night was pulled whole."""


@dataclass(frozen=True)
class DuePull:
    """A pull that is due."""

    client_id: str
    pull: str
    business_date: date
    key: str
    """The same until the pull's next interval begins."""
    due_at: datetime
    """When the first of its feeds is owed."""


def due_pulls(clients: Iterable[Client], now: datetime, is_complete: IsComplete) -> list[DuePull]:
    """The pulls that are due, the most urgent first."""
    found = [
        due
        for client in clients
        for name, pull in client.pulls.items()
        for due in _of_pull(client, name, pull, now, is_complete)
    ]
    return sorted(found, key=lambda due: (due.due_at, due.client_id, due.pull))


def _of_pull(client: Client, name: str, pull: Pull, now: datetime, is_complete: IsComplete) -> list[DuePull]:
    today = now.astimezone(client.zone).date()
    found = []
    for business_date in (today - timedelta(days=back) for back in range(-1, _DAYS - 1)):
        owed = [
            due_at(client, feed, business_date)
            for feed, policy in client.feeds.items()
            if policy.pull == name and WEEKDAYS[business_date.weekday()] in policy.days
        ]
        if not owed:
            continue
        start = min(owed) - timedelta(minutes=pull.lead_minutes)
        if not start <= now < max(owed) + UNTIL:
            continue
        if isinstance(pull, ApiPull) and is_complete(client, name, business_date):
            continue
        slot = (now - start) // timedelta(minutes=pull.every_minutes)
        key = f"pull/{client.client_id}/{name}/{business_date.isoformat()}/{slot}"
        found.append(DuePull(client.client_id, name, business_date, key, min(owed)))
    return found if isinstance(pull, ApiPull) else found[:1]  # one look at a server is for all nights
