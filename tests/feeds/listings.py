"""Listings of a landing zone, and clients that read them otherwise."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from acme_assets.feeds.arrivals import FeedNight, Sorted, sort_listing
from acme_assets.feeds.zones import LandedFile
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.registry import Registry
from tests.world import NIGHT, client_data, make_client

TODAY = NIGHT + timedelta(days=1)
LANDED_AT = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)

ELIGIBILITY = FeedNight("tiny_health", "eligibility", NIGHT)


def client_with(
    files: list[dict[str, Any]], feed: Feed = "eligibility", complete: dict[str, Any] | None = None, **changes: Any
) -> Client:
    """A client with other file patterns for one feed, and another rule of when it is complete."""
    feeds = client_data()["feeds"]
    feeds[feed] |= {"files": files, "complete": complete or {}}
    return make_client(feeds=feeds, **changes)


CLIENT = make_client(ignored_files={"*/manifest-*.txt": "made by their export, of no use"})


def registry(*clients: Client, broken: Iterable[str] = ()) -> Registry:
    return Registry({client.client_id: client for client in clients}, {}, frozenset(broken))


def landed(path: str, size: int = 10, modified_at: datetime = LANDED_AT) -> LandedFile:
    return LandedFile(path, size, modified_at)


def sort(*paths: str, client: Client = CLIENT, today: date = TODAY) -> Sorted:
    return sort_listing(registry(client), [landed(path) for path in paths], today)
