"""Decode a text file into lines, each and all of bounded length, without those that the layout says are no rows."""

import codecs
import io
from types import TracebackType
from typing import IO, Self

from acme_assets.contracts.rows import FileError
from client_partitions.file_format import CsvFormat, FixedFormat

MAX_ROW = 16 * 1024**2
"""Characters of one source row, and of one line. Rows of 100,000 columns have a tenth of that."""

MARK = "\udcff"
"""What undecodable bytes become where they are looked for: no strict decoder gives a lone surrogate."""

codecs.register_error("acme.mark", lambda error: (MARK, error.end))  # type: ignore[attr-defined]

_BYTE_ORDER_MARKS = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}


class TextLines:
    """The lines of a text file, one by one, with their ends. Call `next_row` where a row begins.

    Raises, while it is opened or read:
        FileError: a line or row is longer than `MAX_ROW`, or utf-16 has no byte order mark.
        UnicodeDecodeError: bytes are not of the encoding.
    """

    def __init__(self, raw: IO[bytes], form: CsvFormat | FixedFormat, errors: str = "strict") -> None:
        self.number = 0
        """The line that was read last, from 1."""
        self._comment = form.comment
        self._left = form.skip_lines
        self._starts = True
        self._row = 0
        check_byte_order(raw, form.encoding)
        name = codecs.lookup(form.encoding).name
        self._text = io.TextIOWrapper(raw, "utf-8" if name == "utf-8-sig" else name, errors=errors, newline="")
        self._unicode = name.startswith("utf-")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._text.detach()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while True:
            line = self._text.readline(MAX_ROW + 1)
            if not line:
                raise StopIteration
            self.number += 1
            self._row += len(line)
            if self._row > MAX_ROW:
                raise FileError(
                    f"line {self.number} is in a row of over {MAX_ROW:,} characters; "
                    "ask for the file again with its line ends and quotes in order"
                )
            if self.number == 1 and self._unicode:
                line = line.removeprefix("\ufeff")
            if self._left:
                self._left -= 1
                self._row = 0
            elif self._starts and self._comment is not None and line.startswith(self._comment):
                self._row = 0
            else:
                self._starts = False
                return line

    def next_row(self) -> None:
        """The row before is whole: the next line begins another."""
        self._starts = True
        self._row = 0

    def characters(self, size: int) -> str:
        """So many characters, whatever they are; fewer at the end."""
        text = self._text.read(size)
        if self.number == 0 and self._unicode and text.startswith("\ufeff"):
            text = text[1:] + self._text.read(1)
        self.number += 1
        return text


def check_byte_order(raw: IO[bytes], encoding: str) -> None:
    """Raises FileError where an encoding of either byte order comes without the mark that tells which."""
    name = codecs.lookup(encoding).name
    if name not in _BYTE_ORDER_MARKS:
        return
    start = raw.peek(4)[:4] if isinstance(raw, io.BufferedReader) else b""
    if start and not start.startswith(_BYTE_ORDER_MARKS[name]):
        raise FileError(f"has no byte order mark, which {name} needs; write {name}-le or {name}-be in the layout")
