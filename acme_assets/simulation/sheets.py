"""The source rows of each file of a feed, before they become bytes.

A feed that comes as several files is shared out among them: by the constants of their layouts (headers here,
lines there; institutional here, professional there) and, among equals, by claim or person, so that a claim
stays in one file.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from acme_assets.simulation.errors import LayoutNotInvertible
from acme_assets.simulation.inverse import Cells, Inverse, unique
from acme_assets.simulation.paths import steps_of
from acme_assets.simulation.people import Row
from client_partitions.feeds import Feed
from client_partitions.file_format import JsonFormat


@dataclass(frozen=True)
class Sheet:
    """The rows of one feed in one file."""

    feed: Feed
    path: str
    layout: str
    inverse: Inverse
    header: tuple[str, ...]
    """Source columns in the file's order."""
    rows: list[Cells]
    """One canonical row each."""
    bad_rows: int = 0
    """Source rows that the contract must quarantine."""

    def source_rows(self) -> list[list[Cells]]:
        """The rows as the file has them: of a record that holds lines, all its lines together."""
        form = self.inverse.layout.format
        if not isinstance(form, JsonFormat) or form.explode is None:
            return [[cells] for cells in self.rows]
        of_record = [name for name in self.header if not in_line(name)]
        return [list(lines) for _, lines in groupby(self.rows, lambda cells: [cells.get(name) for name in of_record])]


def in_line(path: str) -> bool:
    """Whether a JSON layout's path leads into a line, not its record."""
    return steps_of(path)[0].key == "line"


def header_of(inverse: Inverse) -> tuple[str, ...]:
    """The source columns that a layout asks for; of a file without a header line, all that it says there are."""
    layout = inverse.layout
    named = tuple(dict.fromkeys((*layout.source_names, *layout.where)))
    stated = getattr(layout.format, "header", None)
    if stated and (unknown := [name for name in named if name not in stated and name not in layout.optional]):
        raise LayoutNotInvertible(f"{inverse.where}: format.header lacks {', '.join(unknown)}; add it there")
    return stated or named


def share_out(rows: Sequence[Row], inverses: Sequence[Inverse]) -> list[list[Cells]]:
    """The source rows for each of a feed's files, in the order of `inverses`.

    Raises:
        LayoutNotInvertible: if a row cannot be written, or no file takes any.
    """
    wanted = [_fitting(rows, inverse) for inverse in inverses]
    written: list[list[Cells]] = [[] for _ in inverses]
    for number, row in enumerate(rows):
        takers = [position for position, numbers in enumerate(wanted) if number in numbers]
        if takers:
            best = _best(row, takers, inverses)
            cells = inverses[best].cells(row)
            if cells is not None:
                written[best].append(cells)
    if rows and not any(written):
        raise LayoutNotInvertible(
            f"{inverses[0].where}: the constants and `where` of the feed's layouts leave out every row; "
            "check them against the contract's values"
        )
    return [unique(inverse, cells) for inverse, cells in zip(inverses, written, strict=True)]


def _fitting(rows: Sequence[Row], inverse: Inverse) -> set[int]:
    """The rows that agree with the file's constants in the key; a constant that no row has, any row may take."""
    numbers = list(range(len(rows)))
    for column in inverse.keys:
        constant = inverse.fixed.get(column)
        if constant is None:
            continue
        agreeing = [number for number in numbers if str(rows[number].get(column)) == constant]
        if agreeing or column == "record_type":
            numbers = agreeing
    return set(numbers)


def _best(row: Row, takers: Sequence[int], inverses: Sequence[Inverse]) -> int:
    agreement = {
        taker: sum(str(row.get(column)) == constant for column, constant in inverses[taker].fixed.items())
        for taker in takers
    }
    best = [taker for taker in takers if agreement[taker] == max(agreement.values())]
    together = row.get("claim_id") or row.get("person_id") or row.get("practitioner_id")
    return best[zlib.crc32(str(together).encode()) % len(best)]
