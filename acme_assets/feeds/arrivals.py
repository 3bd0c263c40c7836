"""Which files make up a delivery, and when it is complete. Pure: listings in, decisions out.

A file is settled when two looks in a row show the same size and time; a delivery is complete when all
its files are settled and each required file pattern has one. What fits no client or feed is a stray.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from acme_assets.feeds.patterns import fits, match
from acme_assets.feeds.zones import LandedFile
from client_partitions.client import Client, OwnerGroup
from client_partitions.feeds import Feed
from client_partitions.registry import Registry

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")
"""Endings of files that a sender is still writing: not looked at until renamed."""

LOOKBACK = timedelta(days=35)
"""Files for older business dates are left to a backfill."""


@dataclass(frozen=True)
class FeedNight:
    """One feed of one client night."""

    client_id: str
    feed: Feed
    business_date: date

    def __str__(self) -> str:
        return f"{self.client_id}/{self.feed}/{self.business_date.isoformat()}"


@dataclass(frozen=True)
class ArrivedFile:
    """A file of a delivery and the layout that reads it."""

    file: LandedFile
    layout: str


@dataclass(frozen=True)
class Stray:
    """A file that belongs to no client or feed."""

    file: LandedFile
    reason: str
    owner_group: OwnerGroup
    client_id: str | None


@dataclass(frozen=True)
class Sorted:
    """A listing, sorted out."""

    arrived: Mapping[FeedNight, tuple[ArrivedFile, ...]]
    strays: tuple[Stray, ...]


def sort_listing(registry: Registry, listing: Iterable[LandedFile], today: date) -> Sorted:
    """Give every file of a listing to its feed night, or call it a stray. `today` is the UTC date.

    A file that lies where it was when its night has long closed is neither.
    """
    by_landing = {client.landing: client for client in registry.clients.values()}
    arrived: dict[FeedNight, list[ArrivedFile]] = {}
    strays: list[Stray] = []
    for file in listing:
        landing, _, path = file.path.partition("/")
        if file.path.endswith(UNFINISHED) or file.path.rpartition("/")[2].startswith("."):
            continue
        if landing in registry.broken_landings:
            continue
        client = by_landing.get(landing)
        if not _is_text(file.path):
            owner: OwnerGroup = "client" if client else "engineering"
            known = replace(file, path=_readable(file.path))
            strays.append(Stray(known, _NO_TEXT, owner, client.client_id if client else None))
            continue
        if client is None:
            strays.append(Stray(file, _UNKNOWN_CLIENT.format(landing=landing), "engineering", None))
            continue
        places = _places(client, path)
        if not places and not any(fits(pattern, path) for pattern in client.ignored_files):
            strays.append(Stray(file, _UNKNOWN_FEED.format(client=client.client_id), "client", client.client_id))
        for feed, business_date, layout in places:
            if timedelta(days=-1) <= today - business_date <= LOOKBACK:
                night = FeedNight(client.client_id, feed, business_date)
                arrived.setdefault(night, []).append(ArrivedFile(file, layout))
            elif business_date > today or file.modified_at.date() - business_date > LOOKBACK:
                strays.append(Stray(file, _WRONG_DATE.format(date=business_date), "client", client.client_id))
    return Sorted({night: tuple(files) for night, files in arrived.items()}, tuple(strays))


_UNKNOWN_CLIENT = (
    "no client has the landing folder {landing!r}; add a client with that `landing`, or have the sender corrected"
)
_UNKNOWN_FEED = (
    "fits no file pattern of {client}; add it to a feed's `files` or to `ignored_files`, or ask the client what it is"
)
_WRONG_DATE = "is for {date}, outside the nights that are open; ask the client, or load it by a backfill"
_NO_TEXT = "its name is not UTF-8; have the sender rename it, in plain letters"


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _readable(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()


def _places(client: Client, path: str) -> list[tuple[Feed, date, str]]:
    """Feed, business date and layout of each feed that the file is for: one file may serve several feeds."""
    places = []
    for feed, policy in client.feeds.items():
        fitting = ((match(spec.pattern, path), spec.layout) for spec in policy.files)
        found = next(((business_date, layout) for business_date, layout in fitting if business_date), None)
        if found:
            places.append((feed, *found))
    return places


def missing_files(client: Client, night: FeedNight, files: Iterable[ArrivedFile]) -> tuple[str, ...]:
    """Patterns of required files that the delivery does not have yet."""
    paths = [arrived.file.path.partition("/")[2] for arrived in files]
    return tuple(
        spec.pattern
        for spec in client.feeds[night.feed].files
        if spec.required and not any(match(spec.pattern, path) == night.business_date for path in paths)
    )


def fingerprint(files: Iterable[ArrivedFile]) -> str:
    """What a listing shows of a delivery: equal while no file is added, removed, resized or touched."""
    whole = hashlib.sha256()
    for arrived in sorted(files, key=lambda item: item.file.path):
        whole.update(f"{arrived.file.path}\0{arrived.file.size}\0{arrived.file.modified_at.isoformat()}\n".encode())
    return whole.hexdigest()[:16]


@dataclass(frozen=True)
class Look:
    """What one look at the landing zone leaves for the next: the arrival sensor's cursor."""

    seen: Mapping[str, str]
    """Feed night to its fingerprint at this look."""
    recorded: Mapping[str, str]
    """Feed night to the fingerprint of its delivery in the ledger."""


def complete(
    registry: Registry, arrived: Mapping[FeedNight, tuple[ArrivedFile, ...]], before: Look
) -> tuple[tuple[FeedNight, ...], Look]:
    """The feed nights whose delivery is complete and not yet recorded, and what this look saw.

    The caller records them and then marks them with `Look.recorded`.
    """
    seen = {str(night): fingerprint(files) for night, files in arrived.items()}
    ready = tuple(
        night
        for night, files in arrived.items()
        if seen[str(night)] == before.seen.get(str(night))
        and seen[str(night)] != before.recorded.get(str(night))
        and not missing_files(registry.client(night.client_id), night, files)
    )
    return ready, Look(seen, {key: print_ for key, print_ in before.recorded.items() if key in seen})


def content_hash(file_hashes: Iterable[str]) -> str:
    """A delivery's content hash: SHA-256 over its files' SHA-256s, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(file_hashes)).encode()).hexdigest()


def delivery_id(night: FeedNight, content: str) -> str:
    """A delivery's id: the same content for the same feed night is the same delivery."""
    return hashlib.sha256(f"{night}\n{content}".encode()).hexdigest()[:32]
