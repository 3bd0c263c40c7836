"""Which services are silent, and which deadlines nobody watches meanwhile. Pure: signs of life and a clock in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from acme_assets.alerts.services import ALERTER, ALERTS, ALLOWED, LANDING_ZONE, SENSORS, WATCHER
from client_partitions.calendar import business_date_in_hand, deadline_at
from client_partitions.client import Client

DAEMON, WAREHOUSE = "daemon", "warehouse"

AHEAD = timedelta(hours=24)
"""How far ahead deadlines are that are said to be unwatched."""

ALLOWED_WAREHOUSE = timedelta(minutes=3)
"""How long the warehouse may be out of reach: a restart takes seconds, a fail-over a minute or two."""


SENSORS_QUIET = timedelta(minutes=2)
"""Without a tick of the landing zone's sensor either, which come twice a minute, a silent alerts sensor is the daemon:
else one that died would be two pages, a minute apart."""

CLOCKS_DIFFER_BY = timedelta(minutes=1)
"""A sign of life from later than that says nothing."""


@dataclass(frozen=True)
class Silence:
    """A service that gives no sign of life."""

    service: str
    since: datetime
    """Its last one; where it never gave one, when that was first looked for."""
    is_alone: bool
    """Whether nobody else would tell of it: whoever else could is silent too."""

    @property
    def what(self) -> str:
        """In words."""
        names = {DAEMON: "Dagster's daemon", WAREHOUSE: "the warehouse", ALERTS: "the alerts sensor"}
        return names.get(self.service, f"the {self.service}")


@dataclass(frozen=True)
class Unwatched:
    """A deadline that is to come."""

    client: Client
    business_date: date
    deadline: datetime


def silences(
    beats: Mapping[str, datetime] | None, reached: datetime, awake_since: datetime, now: datetime
) -> list[Silence]:
    """The services that are silent, the daemon in place of its sensors where several are.

    Args:
        beats: service to its last sign of life; None where the warehouse cannot be asked, and nothing else be known.
        reached: when it could be asked last.
        awake_since: since when the watcher itself looks without a break: before, it may have missed anything.
    """
    if beats is None:
        since = max(reached, awake_since)
        return [Silence(WAREHOUSE, since, is_alone=True)] if now - since > ALLOWED_WAREHOUSE else []
    beats = {service: at for service, at in beats.items() if at <= now + CLOCKS_DIFFER_BY}  # else it was set back since
    found = {
        service: beats.get(service, awake_since)
        for service, allowed in ALLOWED.items()
        if service != WATCHER and now - max(beats.get(service, awake_since), awake_since) > allowed
    }
    if ALERTS in found and now - beats.get(LANDING_ZONE, awake_since) > SENSORS_QUIET:
        last = max((beats[sensor] for sensor in SENSORS if sensor in beats), default=awake_since)
        found = {DAEMON: last, **{service: since for service, since in found.items() if service not in SENSORS}}
    nobody_tells = bool(found.keys() & {DAEMON, ALERTS, ALERTER})
    return [Silence(service, since, is_alone=nobody_tells) for service, since in sorted(found.items())]


def is_back(service: str, since: datetime, beats: Mapping[str, datetime]) -> bool:
    """Whether a service has given a sign of life after a silence that began then. That the warehouse has, shows in
    there being beats."""
    if service == WAREHOUSE:
        return True
    names = SENSORS if service == DAEMON else (service,)
    return any(name in beats and beats[name] > since for name in names)


def unwatched(clients: Mapping[str, Client], now: datetime) -> list[Unwatched]:
    """The deadlines of the next day, the nearest first: by the clients' files alone, which know no override."""
    found = []
    for client in clients.values():
        in_hand = business_date_in_hand(client, now)
        for day in (in_hand + timedelta(days=number) for number in range(-1, 2)):
            deadline = deadline_at(client, day)
            if now < deadline <= now + AHEAD and client.feeds_owed(day):
                found.append(Unwatched(client, day, deadline))
    return sorted(found, key=lambda item: (item.deadline, item.client.client_id))
