"""Delimiter, quote, header and lines to skip of delimited text; the places of fixed-width text.

Not by statistics: each delimiter and quote is tried by the strict reader, and one that gives every row the same
number of values is right. Considered: csv.Sniffer, which takes the first delimiter that seems regular and gives up on
quoted files; clevercsv, which scores well on messy files and has no notion of a row that must not shift.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from acme_assets.contracts.sniff.shapes import shape
from acme_assets.contracts.sniff.vocabulary import known_names, squeezed

_DELIMITERS = (",", "|", "\t", ";", "^", "~", "\x01", "\x1f", "||", "~|~", "^|^", "::", ":")
_COMMENTS = ("#", "//", "--")
_TAGS = frozenset({
    "trl", "trailer", "tlr", "eof", "ftr", "footer", "tr", "hdr", "header",
    "fhs", "bhs", "fts", "bts", "t", "h", "z", "99", "9", "00", "01",
})  # fmt: skip
"""By which senders mark the lines around the rows."""
_MAX_SKIPPED = 20
_NAME = re.compile(r"[A-Za-z_#][\w .#/()%:&'-]{0,120}")


@dataclass(frozen=True)
class Delimited:
    """How a sample's rows are told apart."""

    delimiter: str
    quote: str | None
    skip_lines: int
    comment: str | None
    rows: list[list[str]]
    """With the header, if there is one."""


def delimited(text: str) -> Delimited | None:
    """The reading of a sample by which every row has the same values; None where there is none."""
    comment = next((mark for mark in _COMMENTS if re.match(re.escape(mark), text)), None)
    found: list[tuple[tuple[int, int, int], Delimited]] = []
    for rank, delimiter in enumerate(_DELIMITERS):
        if delimiter not in text or _is_part_of_another(delimiter, text):
            continue
        for order, quote in enumerate(('"', "'", None) if len(delimiter) == 1 else (None,)):
            rows = _rows(text, delimiter, quote, comment)
            shaped = rows and _regular(rows, delimiter)
            if not rows or not shaped or (quote == "'" and not _quoted_by(text, delimiter)):
                continue
            skipped, tag = shaped
            width = len(rows[skipped])
            kept = [row for row in rows[skipped:] if tag is None or row[0] != tag]
            reading = Delimited(delimiter, quote, skipped, comment or (tag and tag + delimiter), kept)
            found.append(((width - 2 * skipped, -order, -rank), reading))
    return max(found, key=lambda item: item[0])[1] if found else None


def _is_part_of_another(delimiter: str, text: str) -> bool:
    """Whether it only ever stands inside a longer delimiter."""
    longer = [item for item in _DELIMITERS if len(item) > len(delimiter) and delimiter in item]
    return any(text.count(delimiter) == item.count(delimiter) * text.count(item) for item in longer)


def _rows(text: str, delimiter: str, quote: str | None, comment: str | None) -> list[list[str]] | None:
    lines = [line for line in io.StringIO(text, newline="") if comment is None or not line.startswith(comment)]
    if len(delimiter) > 1:
        return [line.rstrip("\r\n").split(delimiter) for line in lines if line.strip()]
    try:
        if quote is None:
            reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
        else:
            reader = csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True)
        return [row for row in reader if row]
    except csv.Error:
        return None


def _regular(rows: Sequence[Sequence[str]], delimiter: str) -> tuple[int, str | None] | None:
    """Lines to skip before rows of one width, and the tag of a trailer after them; None where widths differ."""
    widths = [len(row) for row in rows]
    tag = None
    if len(rows) > 2 and widths[-1] != widths[-2] and squeezed(rows[-1][0]) in _TAGS:
        tag = rows[-1][0]
        widths = widths[:-1]
    skipped = next((at + 1 for at in range(len(widths) - 2, -1, -1) if widths[at] != widths[-1]), 0)
    if widths[-1] < 2 or skipped > _MAX_SKIPPED or (skipped and len(widths) - skipped < 2):
        return None
    if any(squeezed(row[0]) == squeezed(tag or "") for row in rows[skipped:-1]) and tag is not None:
        return None
    return skipped, tag


def _quoted_by(text: str, delimiter: str) -> bool:
    """Whether values stand in single quotes."""
    mark = re.escape(delimiter)
    return '"' not in text and len(re.findall(rf"(?:^|{mark})'[^'\n]*'(?={mark}|\r?$)", text, re.MULTILINE)) > 1


@dataclass(frozen=True)
class Header:
    """Whether the first row names the columns."""

    is_one: bool
    unsure: str = ""


def header(rows: Sequence[Sequence[str]]) -> Header:
    """Told so that a row of data is not taken for names: names are words, and known, or unlike what is below."""
    first, below = rows[0], rows[1:]
    if not all(_NAME.fullmatch(cell.strip()) for cell in first) or len({*first}) < len(first) - len(first) // 4:
        return Header(False)
    known = sum(squeezed(cell) in known_names() for cell in first)
    if known >= max(1, min(3, len(first) / 8)):
        return Header(True)
    columns = [[row[at] for row in below if at < len(row)] for at in range(len(first))]
    unlike = sum(shape(column).kind not in ("empty", "text", "sex") for column in columns)
    repeats = sum(first[at] in columns[at] for at in range(len(first)))
    if unlike and not repeats and not any(any(c.isdigit() for c in cell) for cell in first):
        return Header(True, "the first line is taken for the header, for it is unlike the rows below")
    return Header(
        False, "the first line is taken for data, for it has no name that is known; if it is the header: --header"
    )


def fixed_places(lines: Sequence[str]) -> dict[str, tuple[int, int]] | None:
    """Places between the blanks that all lines share; None where lines differ in length or have no such blanks."""
    lengths = {len(line) for line in lines}
    if len(lines) < 2 or len(lengths) != 1 or (length := lengths.pop()) < 10:
        return None
    blank = [all(line[at] == " " for line in lines) for at in range(length)]
    starts = [at for at in range(length) if not blank[at] and (at == 0 or blank[at - 1])]
    ends = [*starts[1:], length]
    if len(starts) < 2:
        return {"field_1": (1, length)}
    return {
        f"field_{number}": (start + 1, end) for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1)
    }
