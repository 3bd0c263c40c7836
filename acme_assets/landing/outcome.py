"""What a pull does and how it may end; shared by the kinds of pull."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from acme_assets.feeds.zones import LandingZone, ZoneUnavailable
from client_partitions.client import Client, OwnerGroup

Secrets = Callable[[str], str]
"""The secret of a name. Raises PullRefused where there is none."""


class PullFailed(ZoneUnavailable):
    """The server cannot be pulled from now; the next pull goes on from there. The text says what to check."""


class PullRefused(Exception):
    """A pull cannot go on until a person has changed something. The text says who and what."""

    def __init__(self, text: str, owner_group: OwnerGroup) -> None:
        super().__init__(text)
        self.owner_group = owner_group


@dataclass(frozen=True)
class Landed:
    """A file that a pull put into the landing zone, or in a dry run would put there."""

    path: str
    """Relative to the zone."""
    size: int | None
    """Bytes; None where a dry run cannot know."""
    records: int | None = None
    """Of an API's file."""


@dataclass(frozen=True)
class Refusal:
    """A file of the server that is not taken."""

    path: str
    """Relative to the zone, in a form that can be printed."""
    size: int
    modified_at: datetime
    reason: str


@dataclass(frozen=True)
class PullOutcome:
    """What a pull did."""

    landed: tuple[Landed, ...] = ()
    known: int = 0
    """Files that an earlier pull had landed, or the API's file of the night that is complete already."""
    waiting: int = 0
    """Files that their sender is still writing."""
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Order:
    """One pull that somebody asks for."""

    client: Client
    pull: str
    """Its name in the client's `pulls`."""
    business_date: date
    """Of an SFTP pull, which takes every night's files, only for the record."""
    again: bool = False
    """Pull an API's night anew that was pulled already: the client has corrected it."""
    dry_run: bool = False
    """Look, and land nothing."""

    def __str__(self) -> str:
        return f"{self.client.client_id}'s pull {self.pull}"

    @property
    def notes(self) -> str:
        """Where the zone keeps this pull's notes."""
        return f"pulls/{self.client.client_id}/{self.pull}"


@dataclass(frozen=True)
class Hands:
    """What pulls work with; tests hand in their own."""

    zone: LandingZone
    secrets: Secrets
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]
    me: str
    """Which process this is, for others that would pull the same: host/pid."""
