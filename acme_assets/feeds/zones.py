"""Landing zones: where clients' files appear. One small Protocol, and the local folder; the others are in `landing`.

A listing that fails raises: it is never an empty listing. Paths are POSIX, relative to the zone.
"""

import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

OWN = ".acme"
"""Folder of a zone that no listing shows: what pulls note there, and files that are not whole yet."""

ABANDONED_SECONDS = 24 * 3600
"""How old a folder for files that are not whole is when whoever made it is surely gone."""


DEEPEST = 32
"""Folders below each other that a listing goes into."""

_YEAR_2200 = 7_258_118_400
"""A file may bear any time; one that no calendar holds is taken for this."""

_NO_FILE = "is a link, a pipe or a device, which is never followed or read; have the file itself sent"
_TOO_DEEP = f"is a folder more than {DEEPEST} deep, which nobody looks into; have the sender put its files higher up"


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
    problem: str | None = None
    """Why it can be no file of a delivery, whatever its name, and what to do."""


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


class LandingZone(Zone, Protocol):
    """A zone that pulls land files in. Every method raises ZoneUnavailable where the zone does not answer."""

    def put(self, path: str, content: Path) -> None:
        """Land a file: whole, or not at all; what is at `path` is replaced. `content` may be moved away."""
        ...

    def scratch(self) -> AbstractContextManager[Path]:
        """A folder for files that are not whole yet, near the zone; gone afterwards."""
        ...

    def note(self, name: str) -> bytes | None:
        """What is noted under a name; None for nothing. Notes are no files of the zone: no listing shows them."""
        ...

    def write_note(self, name: str, content: bytes) -> None:
        """Note something, whole; replaces what is noted there."""
        ...

    def drop_notes(self, folder: str) -> None:
        """Delete every note whose name begins with `folder/`."""
        ...

    def look_up(self, path: str) -> LandedFile | None:
        """One file as a listing would show it; None where there is none."""
        ...

    def remove(self, file: LandedFile) -> bool:
        """Delete a file that is still as it was looked up; True where it is gone, False where another is there."""
        ...


class LocalZone:
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def listing(self) -> Iterator[LandedFile]:
        self._require_root()
        yield from sorted(self._below(self._root, ()), key=lambda file: file.path)

    def _require_root(self) -> None:
        if not self._root.is_dir():
            raise ZoneUnavailable(
                f"the landing zone {self._root} is no folder; create or mount it, or set ACME_LANDING_URL"
            )

    def _below(self, folder: Path, parts: tuple[str, ...]) -> Iterator[LandedFile]:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name == OWN and not parts:
                        continue
                    path = (*parts, entry.name)
                    if entry.is_dir(follow_symlinks=False) and len(path) < DEEPEST:
                        yield from self._below(Path(entry.path), path)
                    elif status := _status(entry):
                        yield _landed("/".join(path), status)
        except OSError as error:
            if isinstance(error, FileNotFoundError) and parts:
                return  # taken back by its sender while we look
            raise ZoneUnavailable(f"{folder} cannot be listed ({error.strerror}); check its permissions") from error

    def fetch(self, path: str, folder: Path) -> Path:
        file = self._root / path
        if file.resolve() != self._root.resolve() / path:
            raise ZoneUnavailable(f"{path} cannot be read: it is or goes through a link; have the file itself sent")
        if not file.is_file() or not os.access(file, os.R_OK):
            raise ZoneUnavailable(f"{path} cannot be read; check that it is there and its permissions")
        return file

    def put(self, path: str, content: Path) -> None:
        target = self._root / path
        with self._writing(path):
            self._require_root()
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.parent.resolve() != (self._root.resolve() / path).parent:
                raise ZoneUnavailable(f"{path} cannot be written: it goes through a link; remove the link")
            with self.scratch() as folder:
                whole = folder / "whole"
                shutil.move(content, whole)  # a rename, where both are on one disk
                _to_disk(whole)
                whole.replace(target)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with self._writing(OWN):
            self._require_root()
            above = self._root / OWN / "scratch"
            above.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sweep(above)
            made = tempfile.TemporaryDirectory(dir=above)
        with made as folder:
            yield Path(folder)

    def note(self, name: str) -> bytes | None:
        with self._writing(name):
            file = self._root / OWN / name
            return file.read_bytes() if file.is_file() else None

    def write_note(self, name: str, content: bytes) -> None:
        with self._writing(name), self.scratch() as folder:
            file = self._root / OWN / name
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / "note").write_bytes(content)
            _to_disk(folder / "note")
            (folder / "note").replace(file)

    def drop_notes(self, folder: str) -> None:
        with self._writing(folder):
            if (self._root / OWN / folder).is_dir():
                shutil.rmtree(self._root / OWN / folder)

    def look_up(self, path: str) -> LandedFile | None:
        self._require_root()
        with self._writing(path):
            file = self._root / path
            if file.parent.resolve() != (self._root.resolve() / path).parent:
                raise ZoneUnavailable(f"{path} cannot be read: it goes through a link; remove the link")
            try:
                status = file.lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            return _landed(path, status)

    def remove(self, file: LandedFile) -> bool:
        found = self.look_up(file.path)
        if found is None:
            return True
        if found != file:
            return False
        with self._writing(file.path):
            (self._root / file.path).unlink(missing_ok=True)
        return True

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ZoneUnavailable(
                f"the landing zone {self._root} cannot be written or read at {what} ({error.strerror}); "
                "check its space and permissions"
            ) from error


def _landed(path: str, status: os.stat_result) -> LandedFile:
    is_file = stat.S_ISREG(status.st_mode)
    problem = None if is_file else _TOO_DEEP if stat.S_ISDIR(status.st_mode) else _NO_FILE
    modified_at = datetime.fromtimestamp(min(max(status.st_mtime, 0), _YEAR_2200), UTC)
    return LandedFile(path, status.st_size if is_file else 0, modified_at, problem)


def _to_disk(file: Path) -> None:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _sweep(above: Path) -> None:
    """Remove what pulls that were killed left behind: members' data."""
    for folder in above.iterdir():
        with suppress(FileNotFoundError):  # somebody else sweeps too
            if time.time() - folder.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # taken back by its sender while we look


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
