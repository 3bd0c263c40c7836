"""A client whose files are fetched, and hands that wait for nothing and note how long they would have."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from acme_assets.feeds.zones import LandingZone
from acme_assets.landing.outcome import Hands, Order
from client_partitions.client import Client
from tests.world import client_data

NIGHT = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
"""02:00 in New York, when the feeds are due."""

SECRETS = {"TINY_TOKEN": "s3cret-token", "TINY_ID": "tiny", "TINY_SECRET": "s3cret-client", "TINY_KEY": ""}

API: dict[str, Any] = {
    "kind": "api",
    "url": "http://127.0.0.1:1/records",
    "params": {"day": "{date}"},
    "auth": {"kind": "bearer", "token": "TINY_TOKEN"},
    "pages": {"kind": "next_link", "path": "next"},
    "records": ["data"],
    "total": "total",
    "file": "{date}/eligibility.ndjson",
}

SFTP: dict[str, Any] = {
    "kind": "sftp",
    "host": "127.0.0.1",
    "user": "tiny",
    "key": "TINY_KEY",
    "host_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFake"],
    "settle_seconds": 0,
}


def pulling_client(pull: dict[str, Any], **changes: Any) -> Client:
    """The tests' client, with one pull (`source`) for its eligibility and pharmacy claims."""
    data = client_data(pulls={"source": pull}, **changes)
    for feed in ("eligibility", "pharmacy_claim"):
        data["feeds"][feed]["pull"] = "source"
    return Client.model_validate(data)


@dataclass
class Waits:
    """A clock that moves only by waiting, which takes no time."""

    now: datetime = NOW
    waited: list[float] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=lambda: dict(SECRETS))

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        return self.now.timestamp()

    def hands(self, zone: LandingZone, me: str = "here/1") -> Hands:
        return Hands(zone, self.secrets.__getitem__, lambda: self.now, self.sleep, self.monotonic, me)


def order(client: Client, **more: Any) -> Order:
    return Order(client, "source", NIGHT, **more)
