"""The night in hand, and the three days before it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.generator import GeneratedFile
from acme_assets.simulation.night_plan import plan_night
from client_partitions.calendar import business_date_in_hand
from client_partitions.client import Client
from client_partitions.feeds import Feed

DAYS = 3
_STEP, _LONG_ENOUGH = timedelta(minutes=15), timedelta(minutes=45)


@dataclass(frozen=True)
class LateFiles:
    """All files of one client's earlier days."""

    client: Client
    feeds: Mapping[date, frozenset[Feed]]
    files: tuple[GeneratedFile, ...]


def in_hand_of_all(clients: Sequence[Client], business_date: date) -> datetime:
    """The first moment from which on, for so long as this takes, every client's night in hand is this one.

    Raises:
        ValueError: the clients' zones leave no such moment.
    """
    begin = datetime.combine(business_date, time(), UTC)
    for number in range(4 * 48):
        moments = (begin + number * _STEP, begin + number * _STEP + _LONG_ENOUGH)
        if all(business_date_in_hand(client, moment) == business_date for client in clients for moment in moments):
            return moments[0]
    raise ValueError("there is no moment at which the same night is in hand for all these clients")


def late_files(client: Client, before: date, seed: int) -> LateFiles:
    """Of the last days before a night on which the client owed files: each file as it should have come."""
    owed = (day for day in (before - timedelta(days=back) for back in range(1, 30)) if client.feeds_owed(day))
    days = [next(owed) for _ in range(DAYS)]
    feeds: dict[date, frozenset[Feed]] = {}
    files: list[GeneratedFile] = []
    for day in days:
        plan = plan_night([client], day, seed)
        arrivals = [arrival for arrival in plan.arrivals if arrival.version == 0 and arrival.fault is None]
        feeds[day] = frozenset(arrival.feed for arrival in arrivals)
        files += [file for arrival in arrivals for file in files_of(client, day, seed, arrival)]
    return LateFiles(client, feeds, tuple(files))
