"""A text file as UTF-8 in pieces that end with a line, however it is encoded, in bounded memory.

What does not belong here: what a row is (csv_rows).
"""

import codecs
import io
import re
from typing import IO, cast

from acme_assets.contracts.rows import FileError

LINE_LIMIT = 64 << 20
"""Bytes. A longer line is none of a table: it is refused before it is in memory."""

_LEAST_READ = 1 << 16
_LINE_END = re.compile(rb"\r\n?|\n")


class TextPieces:
    """Reads from the start to the end. What was looked at stays until it is skipped."""

    def __init__(self, raw: IO[bytes], encoding: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._is_utf8 = codecs.lookup(encoding).name == "utf-8"
        # One buffer for all pieces: fresh memory of this size costs more than what is read into it.
        self._held = bytearray()
        self._at = 0
        self._end = 0
        self._ended = False
        self._started = False
        self.position = 0
        """Bytes of UTF-8 skipped so far."""

    def piece(self, size: int) -> bytes:
        """Some `size` bytes from here, up to the end of a line; longer if one line is, empty at the end.

        Raises:
            FileError: a line is longer than LINE_LIMIT.
            UnicodeDecodeError: the bytes are not of the encoding.
        """
        while True:
            self._fill(size)
            end = min(self._at + size, self._end)
            if self._ended and end == self._end:
                return self._text(end)
            # A carriage return that comes last may be the first half of a line's end.
            cut = self._held.rfind(b"\n", self._at, end) + 1 or self._held.rfind(b"\r", self._at, end - 1) + 1
            if cut:
                return self._text(cut)
            if size >= LINE_LIMIT:
                raise FileError(
                    f"has a line of more than {LINE_LIMIT >> 20} MB; ask for the file again with its line ends in order"
                )
            size = min(size * 4, LINE_LIMIT)

    def skip(self, size: int) -> None:
        """Go on after the next `size` bytes."""
        self._at += size
        self.position += size

    def line(self) -> str:
        """The next line, with its end, and go on after it; empty at the end of the file."""
        piece = self.piece(1 << 16)
        end = _LINE_END.search(piece)
        line = piece[: end.end()] if end else piece
        self.skip(len(line))
        return line.decode()

    def _text(self, end: int) -> bytes:
        with memoryview(self._held) as held, held[self._at : end] as part:
            text = bytes(part)
        if self._is_utf8 and not text.isascii():
            text.decode()
        return text

    def _fill(self, size: int) -> None:
        if self._ended or self._end - self._at >= size:
            return
        left = self._held[self._at : self._end]
        self._held[: len(left)] = left
        self._at, self._end = 0, len(left)
        self._held.extend(bytes(max(size - len(self._held), 0)))
        while self._end < size and not self._ended:
            self._read(size)

    def _read(self, size: int) -> None:
        """Some more, up to `size` bytes in all; of another encoding there may be more."""
        if self._is_utf8:
            with memoryview(self._held) as held, held[self._end : size] as free:
                count = cast(io.BufferedIOBase, self._raw).readinto(free)
            self._ended = not count
        else:
            block = self._raw.read(max(size - self._end, _LEAST_READ))
            self._ended = not block
            text = self._decoder.decode(block, final=self._ended).encode()
            count = len(text)
            self._held[self._end : self._end + count] = text
        self._end += count
        if not self._started and self._end >= len(codecs.BOM_UTF8):
            self._started = True
            self._at = len(codecs.BOM_UTF8) if self._held.startswith(codecs.BOM_UTF8) else 0
