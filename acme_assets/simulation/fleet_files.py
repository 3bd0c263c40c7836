"""What one arrival of a planned night puts into the landing zone: the files of its feed, and no others."""

from datetime import date

from acme_assets.simulation.generator import ROWS, GeneratedFile, generate
from acme_assets.simulation.night_plan import Arrival
from acme_assets.simulation.people import populate
from client_partitions.client import Client

LAPTOP = 0.03
"""The scale of a fleet's files: eight members, a few kilobytes a file."""


def files_of(
    client: Client, business_date: date, seed: int, arrival: Arrival, scale: float = LAPTOP
) -> list[GeneratedFile]:
    """The files of the arrival's feed. The same arguments give the same bytes.

    Feeds that share a file are not made for each other's sake: such a client's file has the rows of this feed only.

    Raises:
        SimulationError: if the arrival's fault cannot be had with this client.
        LayoutNotInvertible: if a layout cannot be written backwards.
    """
    alone = client.model_copy(update={"feeds": {arrival.feed: client.feeds[arrival.feed]}})
    return generate(alone, business_date, seed, arrival.fault, scale=_enough(client, business_date, seed, scale))


def _enough(client: Client, business_date: date, seed: int, scale: float) -> float:
    """The scale, doubled until each feed of the client has a row: so few people may have had no lab test."""
    while True:
        people = populate(client, business_date, seed, scale)
        if all(next(ROWS[feed](people), None) for feed in client.feeds):
            return scale
        scale *= 2
