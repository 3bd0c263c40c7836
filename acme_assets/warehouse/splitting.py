"""Cut a large CSV into compressed parts that Snowflake loads side by side.

Snowflake reads one file with one thread; it recommends files of 100 to 250 MB, compressed. A part ends where a row
does: a line end inside quotes is none.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import IO

PART_BYTES = 1_000_000_000
"""Of a part before it is compressed: claims shrink to a seventh or so."""

_BLOCK = 8 << 20
_LEVEL = 3


def split(file: Path, folder: Path, part_bytes: int = PART_BYTES) -> list[Path]:
    """Write the file's rows into `part-00001.csv.gz` and so on below a folder, each with the header line.

    `file` is a spool file: comma, header of one line, quotes doubled. Every part but the last has at least
    `part_bytes`, uncompressed, and no more than a row and a block above that.

    Raises:
        ValueError: the file ends inside quotes.
        OSError: a part cannot be written.
    """
    parts: list[Path] = []
    with file.open("rb") as source:
        header = source.readline()
        pieces = _whole_rows(source)
        piece = next(pieces, None)
        while piece is not None:
            path = folder / f"part-{len(parts) + 1:05}.csv.gz"
            with gzip.open(path, "wb", compresslevel=_LEVEL) as part:
                part.write(header)
                size = 0
                while piece is not None and size < part_bytes:
                    part.write(piece)
                    size += len(piece)
                    piece = next(pieces, None)
            parts.append(path)
    return parts


def _whole_rows(source: IO[bytes]) -> Iterator[bytes]:
    """The rest of a CSV in pieces that end where a row does."""
    rest = b""
    while block := source.read(_BLOCK):
        block = rest + block
        end = _last_row_end(block)
        if end:
            yield block[:end]
        rest = block[end:]
    if rest.count(b'"') % 2:
        raise ValueError("the file ends inside quotes: it is no whole CSV")
    if rest:
        yield rest


def _last_row_end(block: bytes) -> int:
    """Just after the last line end that is outside quotes; 0 where there is none. The block starts with a row."""
    quotes = block.count(b'"')
    end = len(block)
    while (at := block.rfind(b"\n", 0, end)) >= 0:
        quotes -= block.count(b'"', at, end)
        if quotes % 2 == 0:
            return at + 1
        end = at
    return 0
