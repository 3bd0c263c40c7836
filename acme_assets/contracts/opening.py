"""A delivered file's bytes: opened without following links, unpacked within bounds, an archive member by member.

What does not belong here: what the bytes say (text_lines, json_documents). Nothing is ever written to a disk, so a
name inside an archive leads nowhere; an unsafe one is refused all the same, with the whole file.
"""

import gzip
import io
import lzma
import os
import stat
import zipfile
import zlib
from codecs import lookup
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError
from acme_assets.feeds.patterns import fits
from client_partitions.file_format import CsvFormat, FixedFormat, Format, ZipMembers


@dataclass(frozen=True)
class Bounds:
    """How far a packed file may unpack. More is a bomb, or a mistake that only a person should let in."""

    ratio: int = 250
    """Bytes out to bytes in. Exports of claims pack 5 to 40 times, one row over and over at most 1,000."""
    ratio_from: int = 32 * 1024**2
    """Bytes out before the ratio counts: a small file of one repeated row is no bomb."""
    size: int = 256 * 1024**3
    """Bytes out in all."""


BOUNDS = Bounds()
MAX_MEMBERS = 10_000
_MAX_DIRECTORY = 32 * 1024**2
"""Bytes of an archive's directory, which is read whole."""
_CHUNK = 1024**2
_ENCRYPTED = 1
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, gzip.BadGzipFile)


@contextmanager
def open_source(file: SourceFile, bounds: Bounds = BOUNDS) -> Iterator[IO[bytes]]:
    """The file's bytes, unpacked; of a zip archive those of `file.member`.

    Raises:
        FileError: it cannot be opened or unpacked; while reading too.
    """
    form = file.layout.format
    with _regular(file) as raw:
        if form.gzip:
            with gzip.GzipFile(fileobj=raw, mode="rb") as packed:
                yield _watched(cast(IO[bytes], packed), file, form, bounds)
        elif form.zip is not None:
            with _archive(raw) as archive, _member(archive, file.member) as (packed, size):
                yield _watched(packed, file, form, bounds, size)
        else:
            yield _watched(raw, file, form, bounds)


def zip_members(file: SourceFile, wanted: ZipMembers) -> list[str]:
    """Names of the members that hold rows, in the order in which they are read.

    Raises:
        FileError: it is no archive that can be read, or holds a member that it should not. Members are told by
            their number in it, for a name may be anything.
    """
    with _regular(file) as raw, _archive(raw) as archive:
        # Not is_dir(): on Python 3.11 it stumbles over a name that is empty.
        entries = [(n, entry) for n, entry in enumerate(archive.infolist(), 1) if not entry.filename.endswith("/")]
    twice = {name for name, count in Counter(entry.filename for _, entry in entries).items() if count > 1}
    found: list[str] = []
    for number, entry in entries:
        if (problem := _unsafe(entry)) or (
            problem := "has a name that another has too" if entry.filename in twice else ""
        ):
            raise FileError(f"member {number} of the zip archive {problem}; nothing of it is read, ask for a clean one")
        if fits(wanted.members, entry.filename):
            found.append(entry.filename)
        elif not any(fits(pattern, entry.filename) for pattern in wanted.ignored):
            raise FileError(
                f"member {number} of the zip archive is none that the layout's zip names; "
                "ask what it is, and add it to members or ignored"
            )
    if not found:
        raise FileError("is a zip archive without a member that the layout's zip names; ask for the agreed file")
    return sorted(found)


def _unsafe(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        return "has a name that leads out of the archive"
    if not name.isprintable():
        return "has a name with control characters"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "is a link or a device"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    return ""


@contextmanager
def _regular(file: SourceFile) -> Iterator[IO[bytes]]:
    """The file itself: no link is followed, and a pipe or a device is not waited for."""
    try:
        opened = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        link = os.path.islink(file.path)  # noqa: PTH114 - Path.is_symlink raises where the name is too long
        raise FileError(
            "is a symbolic link, which is not followed; ask for the file itself"
            if link
            else f"cannot be read ({error.strerror or 'read error'}); check that it is there and readable"
        ) from None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise FileError("is no regular file; ask for the file itself")
    with os.fdopen(opened, "rb", buffering=_CHUNK) as raw:
        yield raw


class _Directory(io.BufferedIOBase):
    """What zipfile reads an archive by: one read of it is bounded, and so is its directory."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw

    def read(self, size: int | None = -1, /) -> bytes:
        bounded = _MAX_DIRECTORY + 1 if size is None or size < 0 else size
        if bounded > _MAX_DIRECTORY + 1:
            raise FileError("is a zip archive with a directory of over 32 MB; ask for fewer files in one archive")
        return self._raw.read(bounded)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


@contextmanager
def _archive(raw: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    start = raw.read(2)
    raw.seek(0)
    try:
        archive = zipfile.ZipFile(cast(IO[bytes], _Directory(raw)))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        if start == b"PK":
            raise FileError("is cut off or damaged inside its zip archive; ask for the file again") from None
        raise FileError("is no zip archive, which its layout says; ask for the file again or correct zip") from None
    with archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise FileError(f"is a zip archive of over {MAX_MEMBERS:,} members; ask for fewer files in one archive")
        yield archive


@contextmanager
def _member(archive: zipfile.ZipFile, name: str | None) -> Iterator[tuple[IO[bytes], int]]:
    """A member, and the size that the directory says it has."""
    if name is None:
        raise ValueError("a zip archive is read member by member: give the member's name")
    try:
        opened = archive.open(name)
    except (zipfile.BadZipFile, OSError, ValueError, KeyError):
        raise FileError("is cut off or damaged inside its zip archive; ask for the file again") from None
    except (NotImplementedError, RuntimeError):
        raise FileError("is packed in a way that is not read here; ask for zip with deflate, no password") from None
    with opened:
        yield opened, archive.getinfo(name).file_size


def _watched(inner: IO[bytes], file: SourceFile, form: Format, bounds: Bounds, claimed: int | None = None) -> IO[bytes]:
    ends = _line_ends(form.encoding) if isinstance(form, CsvFormat | FixedFormat) and form.final_line_end else ()
    size = file.path.stat().st_size if form.gzip or form.zip else None
    packing = "gzip compression" if form.gzip else "zip archive"
    return io.BufferedReader(_Watched(inner, size, claimed, packing, bounds, ends), _CHUNK)


class _Watched(io.RawIOBase):
    """Bytes on their way, counted against the bounds; the last of them looked at."""

    def __init__(
        self,
        inner: IO[bytes],
        packed_size: int | None,
        claimed: int | None,
        packing: str,
        bounds: Bounds,
        ends: tuple[bytes, ...],
    ) -> None:
        self._inner = cast(io.BufferedIOBase, inner)
        self._packed_size = packed_size
        self._claimed = claimed
        self._packing = packing
        self._bounds = bounds
        self._ends = ends
        self._seen = 0
        self._tail = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        size = self._read(buffer)
        self._seen += size
        self._check_bomb()
        if not size and self._claimed is not None and self._seen != self._claimed:
            raise self._damaged()
        if not size and self._seen and self._ends and not self._tail.endswith(self._ends):
            raise FileError("does not end with a line end, so that it may be cut off; ask for the file again")
        if size:
            self._tail = bytes(buffer[max(size - 8, 0) : size])
        return size

    def _read(self, buffer: "memoryview | bytearray") -> int:
        try:
            return self._inner.readinto(buffer)
        except gzip.BadGzipFile:
            if self._seen == 0:
                raise FileError(
                    "is not compressed by gzip, which its layout says; ask for the file again or correct gzip"
                ) from None
            raise self._damaged() from None
        except OSError as error:
            if self._packed_size is not None and error.errno is None:
                raise self._damaged() from None
            raise FileError(
                f"cannot be read ({error.strerror or 'read error'}); check that it is there and readable"
            ) from None
        except _DAMAGE:
            raise self._damaged() from None

    def _damaged(self) -> FileError:
        return FileError(f"is cut off or damaged inside its {self._packing}; ask for the file again")

    def _check_bomb(self) -> None:
        if self._packed_size is None:
            return
        bounds = self._bounds
        if self._seen > bounds.size:
            raise FileError(f"unpacks to over {bounds.size:,} bytes; ask for several files")
        if self._seen > bounds.ratio_from and self._seen > bounds.ratio * self._packed_size:
            raise FileError(f"unpacks to over {bounds.ratio} times its size, as bombs do; ask for it unpacked")


def _line_ends(encoding: str) -> tuple[bytes, ...]:
    name = lookup(encoding).name
    orders = [f"{name}-le", f"{name}-be"] if name in ("utf-16", "utf-32") else [encoding]
    return tuple(end.encode(order) for end in "\r\n" for order in orders)
