"""Is a key unique over a whole delivery? In memory that does not grow with its rows, and exactly.

First pass: a hash of 64 bits for each line goes to a file. In the end the hashes are sorted range by range; those that
occur once are of unique keys, which in a good delivery is all of them. Only where some occur twice are the files read
again: then the keys with such a hash are compared by 128 bits of BLAKE2b of the whole key, so that two keys which
happen to share the first hash are told apart.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from acme_assets.contracts.schemas import key_columns
from client_partitions.layout import ROW

_Hashes = NDArray[np.uint64]

AT_ONCE = 4_000_000
"""Hashes sorted at once, about: 32 MB, held three times over."""


class KeyHashes:
    """The hashes of every key, in a file while the delivery is read."""

    def __init__(self, feed: str, path: Path) -> None:
        self._names = key_columns(feed)
        self._path = path
        self._file: IO[bytes] | None = None
        self._count = 0

    def __enter__(self) -> Self:
        self._file = self._path.open("w+b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None, "left without being entered"
        self._file.close()
        self._path.unlink()

    def add(self, lines: pl.DataFrame) -> None:
        """Lines with the key's columns."""
        assert self._file is not None, "used outside its with block"
        hashes = hashes_of(lines, self._names)
        hashes.tofile(self._file)
        self._count += len(hashes)

    def shared(self, at_once: int = AT_ONCE) -> _Hashes:
        """The hashes that more than one line has, sorted."""
        ranges = -(-self._count // at_once) or 1
        return np.concatenate([_twice(self._within(number, ranges, at_once)) for number in range(ranges)])

    def _within(self, number: int, ranges: int, at_once: int) -> _Hashes:
        """The hashes in one of so many ranges of equal width."""
        return np.concatenate([block[_range_of(block, ranges) == number] for block in self._blocks(at_once)] or [_NONE])

    def _blocks(self, at_once: int) -> Iterator[_Hashes]:
        assert self._file is not None, "used outside its with block"
        self._file.seek(0)
        while len(block := np.fromfile(self._file, np.uint64, at_once)):
            yield block


_NONE = np.empty(0, np.uint64)


def hashes_of(lines: pl.DataFrame, names: Sequence[str]) -> _Hashes:
    """A hash of each line's key. Equal keys have equal hashes in one process; null is a value of its own."""
    hashes = pl.struct(names).hash() if len(names) > 1 else pl.col(names[0]).hash()
    return lines.select(hashes).to_series().to_numpy()


def _range_of(hashes: _Hashes, ranges: int) -> _Hashes:
    """By the upper 32 bits."""
    return (hashes >> np.uint64(32)) * np.uint64(ranges) >> np.uint64(32)


def _twice(hashes: _Hashes) -> _Hashes:
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


class RepeatedKeys:
    """Finds, in a second reading in the same order, the rows whose key an earlier row has."""

    def __init__(self, feed: str, shared: _Hashes) -> None:
        """`shared` are the hashes to look at, sorted."""
        self._names = key_columns(feed)
        self._shared = shared
        self._is_seen = np.zeros(len(shared), np.bool_)
        self._digests = np.zeros((len(shared), 2), np.uint64)
        """Of the first key seen with each hash."""
        self._others: set[bytes] = set()
        """Digests of other keys with a hash that another key has too: there are hardly ever any."""

    def repeated(self, lines: pl.DataFrame) -> list[int]:
        """Source rows with a key that an earlier one has, or twice in themselves. Such rows do not take their keys.

        Args:
            lines: the next ones, with `$row` and the key's columns.
        """
        hashes = hashes_of(lines, self._names)
        places = np.searchsorted(self._shared, hashes).clip(max=len(self._shared) - 1)
        suspect = self._shared[places] == hashes
        keys = lines.filter(pl.Series(suspect)).select(ROW, pl.struct(self._names).struct.json_encode())
        found = []
        for row, group in groupby(zip(keys[ROW], keys.to_series(1), places[suspect], strict=True), key=itemgetter(0)):
            digests = [(int(place), hashlib.blake2b(key.encode(), digest_size=16).digest()) for _, key, place in group]
            if len(set(digests)) < len(digests) or any(self._is_taken(*digest) for digest in digests):
                found.append(row)
            else:
                for digest in digests:
                    self._take(*digest)
        return found

    def _is_taken(self, place: int, digest: bytes) -> bool:
        return bool(self._is_seen[place]) and (self._digests[place].tobytes() == digest or digest in self._others)

    def _take(self, place: int, digest: bytes) -> None:
        if self._is_seen[place]:
            self._others.add(digest)
        else:
            self._is_seen[place] = True
            self._digests[place] = np.frombuffer(digest, np.uint64)
