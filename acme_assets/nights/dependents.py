"""Which client nights, and which marts of each, depend on a delivery. Pure.

A candidate is of its whole night: a night is rebuilt whole, and of its marts those can change that read what came.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from acme_assets.nights.marts import MARTS, marts_of
from client_partitions.client import Client
from client_partitions.feeds import Feed

Night = tuple[str, date]
"""Client id and business date."""

LOOKS_BACK: Mapping[str, int] = {name: mart.looks_back for name, mart in MARTS.items()}


@dataclass(frozen=True, order=True)
class Came:
    """One feed of a client night of which something came, or is to come."""

    client_id: str
    business_date: date
    feed: Feed


@dataclass(frozen=True)
class Dependent:
    """A client night that depends on what came."""

    came: tuple[Came, ...]
    """What it depends on: its own feeds, and those of earlier nights that its marts look back at."""
    marts: tuple[str, ...]
    """Those that can change; none where no mart reads the feed, and only the evidence does."""


def dependents(
    came: Iterable[Came],
    clients: Mapping[str, Client],
    until: Mapping[str, date],
    looks_back: Mapping[str, int] = LOOKS_BACK,
) -> dict[Night, Dependent]:
    """The client nights that depend on what came, by client and date.

    Args:
        until: client id to the last business date to consider.
        looks_back: mart to how many earlier business dates it reads besides its own.

    A feed that its client does not owe has no dependents.
    """
    found: dict[Night, set[Came]] = {}
    marts: dict[Night, set[str]] = {}
    for item in came:
        client = clients.get(item.client_id)
        if client is None or item.feed not in client.feeds:
            continue
        readers = [mart.name for mart in marts_of(client.feeds) if item.feed in mart.inputs(client.feeds)]
        reach = {None: 0} | {name: looks_back[name] for name in readers}  # None: the evidence of the night itself
        for name, days in reach.items():
            for later in range(days + 1):
                day = item.business_date + timedelta(days=later)
                if day > until[item.client_id]:
                    break
                found.setdefault((item.client_id, day), set()).add(item)
                if name:
                    marts.setdefault((item.client_id, day), set()).add(name)
    return {
        night: Dependent(tuple(sorted(items)), tuple(name for name in MARTS if name in marts.get(night, ())))
        for night, items in sorted(found.items())
    }


def in_words(came: Came, night: Night, arrived: Mapping[Came, datetime]) -> str:
    """Why a night depends on what came."""
    at = arrived.get(came)
    what = f"{came.feed} came {at:%Y-%m-%d %H:%M} UTC" if at else f"{came.feed} is not here yet"
    return what if came.business_date == night[1] else f"it looks back at {came.business_date}: {what}"
