"""Landing zones: where clients' files appear. One small Protocol; a local folder for now.

A listing that fails raises: it is never an empty listing. Paths are POSIX, relative to the zone.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit


class ZoneUnavailable(Exception):
    """The landing zone cannot be listed or read now. The text says what to check."""


class FileChanged(Exception):
    """A file is not what was recorded as delivered: its sender has touched it since. It will be noticed anew."""


@dataclass(frozen=True)
class LandedFile:
    """One file as the listing shows it."""

    path: str
    size: int
    """Bytes."""
    modified_at: datetime
    """Aware, UTC."""


class Zone(Protocol):
    """A landing zone."""

    def listing(self) -> Iterator[LandedFile]:
        """Every file in the zone, in order of path.

        Raises:
            ZoneUnavailable: the zone, or a folder of it, cannot be listed.
        """
        ...

    def fetch(self, path: str, folder: Path) -> Path:
        """A local copy of one file (in `folder` unless the zone is local).

        Raises:
            ZoneUnavailable: the file cannot be read.
        """
        ...


class LocalZone:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def listing(self) -> Iterator[LandedFile]:
        if not self._root.is_dir():
            raise ZoneUnavailable(
                f"the landing zone {self._root} is no folder; create or mount it, or set ACME_LANDING_URL"
            )
        yield from sorted(self._below(self._root), key=lambda file: file.path)

    def _below(self, folder: Path) -> Iterator[LandedFile]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        continue
                    if entry.is_dir():
                        yield from self._below(Path(entry.path))
                    elif entry.is_file() and (status := _status(entry)):
                        yield LandedFile(
                            Path(entry.path).relative_to(self._root).as_posix(),
                            status.st_size,
                            datetime.fromtimestamp(status.st_mtime, UTC),
                        )
        except OSError as error:
            if isinstance(error, FileNotFoundError) and folder != self._root:
                return  # taken back by its sender while we look
            raise ZoneUnavailable(f"{folder} cannot be listed ({error.strerror}); check its permissions") from error

    def fetch(self, path: str, folder: Path) -> Path:
        file = self._root / path
        if file.resolve() != self._root.resolve() / path:
            raise ZoneUnavailable(f"{path} cannot be read: it is or goes through a link; have the file itself sent")
        if not file.is_file() or not os.access(file, os.R_OK):
            raise ZoneUnavailable(f"{path} cannot be read; check that it is there and its permissions")
        return file


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except FileNotFoundError:
        return None  # taken back by its sender while we look


def open_zone(url: str) -> Zone:
    """The zone at a URL: `file:///folder`.

    Raises:
        ValueError: no zone of that kind; the text names those there are.
    """
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise ValueError(f"ACME_LANDING_URL: {parts.scheme or 'no'}:// zones are not known; use file:///folder")
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError(f"ACME_LANDING_URL: {url} names no folder of this machine; use file:///folder, three slashes")
    return LocalZone(Path(unquote(parts.path)))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits.

    Raises:
        ZoneUnavailable: the file cannot be read, or was taken back by its sender.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ZoneUnavailable(f"{path} cannot be read ({error.strerror}); check its permissions") from error
