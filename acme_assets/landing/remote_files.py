"""Which files of a client's server are fetched: new ones, settled, with names that a zone can take. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.feeds.names import alike, is_hidden, is_unfinished, readable, trouble
from acme_assets.feeds.patterns import fits
from acme_assets.landing.outcome import Refusal
from client_partitions.client import Client

EARLIER = LOOKBACK + timedelta(days=2)
"""Files that were last touched before that are of nights that are long closed."""

_LINK = "is a symbolic link; have the file itself sent"
_NO_FILE = "is neither file nor folder; ask the client what it is"
_LARGE = "is larger than this pull's max_file_gb; ask the client, then raise it"
_CLASH = "has a name that a file system may take for another file's (upper and lower case); have one renamed"
_LONG = "its name is too long for a file system or a bucket; have the sender shorten it"
_LONGEST_PATH, _LONGEST_NAME = 900, 240
"""Bytes: S3 takes keys of 1,024, and file systems names of 255."""


@dataclass(frozen=True)
class RemoteFile:
    """An entry of a server's listing that is no folder."""

    path: str
    """Relative to the pull's folder, as the server says."""
    size: int
    modified: int
    """Seconds since 1970, UTC."""
    kind: str = "file"
    """file, link or other."""

    @property
    def version(self) -> tuple[int, int]:
        """What changes with the content, as far as a listing can tell."""
        return self.size, self.modified

    @property
    def modified_at(self) -> datetime:
        """Aware, UTC."""
        return datetime.fromtimestamp(min(max(self.modified, 0), 2**32), UTC)


@dataclass
class Plan:
    """A server's listing, sorted out."""

    fetch: list[RemoteFile] = field(default_factory=list)
    known: int = 0
    waiting: int = 0
    refused: list[Refusal] = field(default_factory=list)


def plan(
    client: Client,
    listed: Iterable[RemoteFile],
    before: Iterable[RemoteFile],
    pulled: Mapping[str, tuple[int, int]],
    largest: int,
    now: datetime,
) -> Plan:
    """Sort out a listing.

    Args:
        listed: what the server shows now.
        before: what it showed some seconds ago: what differs is still being written.
        pulled: path to version of what was landed before.
        largest: bytes of a file at most.
    """
    made, settled, cases = Plan(), {file.path: file.version for file in before}, dict[str, str]()
    for file in sorted(listed, key=lambda item: item.path):
        if _is_left(client, file, now):
            continue
        reason = _why_refused(file, largest)
        if reason is None and cases.setdefault(alike(file.path), file.path) != file.path:
            reason = _CLASH
        if reason:
            path = f"{client.landing}/{readable(file.path)}"
            made.refused.append(Refusal(path, file.size, file.modified_at, reason))
        elif pulled.get(file.path) == file.version:
            made.known += 1
        elif _is_unfinished(client, file.path) or settled.get(file.path) != file.version:
            made.waiting += 1
        else:
            made.fetch.append(file)
    # As they were written, so that what announces a delivery lands after it; of one second's, the largest first.
    made.fetch.sort(key=lambda item: (item.modified, -item.size, item.path))
    return made


def _is_left(client: Client, file: RemoteFile, now: datetime) -> bool:
    """Of nights that are long closed, hidden, or said in the client's file to be nobody's."""
    if is_hidden(file.path) or now - file.modified_at > EARLIER:
        return True
    return any(fits(pattern, file.path) for pattern in client.ignored_files)


def _is_unfinished(client: Client, path: str) -> bool:
    return is_unfinished(path) or any(fits(pattern, path) for pattern in client.unfinished_files)


def _why_refused(file: RemoteFile, largest: int) -> str | None:
    if wrong := trouble(file.path):
        return wrong
    if len(file.path.encode()) > _LONGEST_PATH or any(len(p.encode()) > _LONGEST_NAME for p in file.path.split("/")):
        return _LONG
    if file.kind != "file":
        return _LINK if file.kind == "link" else _NO_FILE
    return _LARGE if file.size > largest else None
