"""What can be wrong with a delivery, on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from random import Random

from acme_assets.contracts.schemas import MONEY, schema
from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.inverse import Cells, Inverse
from acme_assets.simulation.people import Row
from acme_assets.simulation.sheets import Sheet, in_line
from client_partitions.feeds import Feed
from client_partitions.file_format import CsvFormat, JsonFormat
from client_partitions.layout import PLACES, Layout


class FaultKind(StrEnum):
    MISSING = "missing"
    """No file of the feed comes."""
    BROKEN_FILE = "broken_file"
    """The feed's largest file is cut off, and where it has quotes one is left open."""
    BAD_ROWS = "bad_rows"
    """A share of the rows breaks the contract."""
    REDELIVER = "redeliver"
    """The feed's files as the client sends them a second time: same paths, corrected content."""
    EMPTY_FILE = "empty_file"
    """The feed's largest file has no bytes."""
    WRONG_HEADER = "wrong_header"
    """A column (or JSON key) that the layout needs has a new name in the feed's largest file."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with one feed."""

    kind: FaultKind
    feed: Feed
    share: float = 0.05
    """Of BAD_ROWS: the share of each file's rows, at least one row."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise SimulationError(f"a fault's share is {self.share}; give one above 0 and up to 1")


def corrected(feed: Feed, rows: Sequence[Row], layouts: Sequence[Layout], random: Random) -> list[Row]:
    """The feed's rows as a second delivery has them: about one in fifty differs, in a column that is delivered."""
    contract = schema(feed).columns
    sent = [
        name
        for name in contract
        if any(name in layout.columns and layout.columns[name].from_ for layout in layouts)
        if contract[name].nullable and not (contract[name].metadata or {}).get("key")
    ]
    amounts = [name for name in sent if contract[name].dtype.type == MONEY]
    notes = [name for name in ("result", "zip_code", "city", "last_name", "specialty", "plan") if name in sent]
    changed = [dict(row) for row in rows]
    for name in (amounts or notes)[:1]:
        # A header's amounts are totals that its file may leave out.
        possible = [row for row in changed if row.get(name) is not None and row.get("record_type") != "header"]
        for row in random.sample(possible, min(len(possible), max(1, len(possible) // 50))):
            row[name] = _corrected(row[name])
    return changed if amounts or notes else changed[:-1]


def _corrected(value: object) -> Decimal | str:
    if isinstance(value, Decimal):
        return value + Decimal("1.25")
    try:
        return str(Decimal(str(value)) + 1).zfill(len(str(value)))
    except ArithmeticError:
        return f"{value or 'corrected'} II"


def with_bad_rows(sheet: Sheet, share: float, random: Random) -> Sheet:
    """The sheet with a share of its rows broken, each by one column that the contract then cannot accept.

    Raises:
        SimulationError: if nothing in the layout can be made to fail.
    """
    ways = _ways_to_break(sheet.inverse)
    if not ways:
        raise SimulationError(f"{sheet.inverse.where}: no column of it can be made to fail; choose another fault")
    source_rows = sheet.source_rows()
    count = min(len(source_rows), max(1, round(share * len(source_rows))))
    for turn, number in enumerate(sorted(random.sample(range(len(source_rows)), count))):
        name, text = ways[turn % len(ways)]
        lines = source_rows[number]
        position = random.randrange(len(lines))
        lines[position] = lines[position] | {name: text}
    rows: list[Cells] = [cells for lines in source_rows for cells in lines]
    return replace(sheet, rows=rows, bad_rows=count)


def _ways_to_break(inverse: Inverse) -> list[tuple[str, str | None]]:
    """Source columns and what to put there: no date or number, nothing where it is required, no word of the map."""
    form = inverse.layout.format
    exploded = isinstance(form, JsonFormat) and form.explode is not None
    ways: dict[str, tuple[str, str | None]] = {}
    for column, mapping in inverse.layout.columns.items():
        if mapping.from_ is None or len(mapping.from_) != 1 or mapping.default is not None or mapping.extract:
            continue
        source = mapping.from_[0]
        if source in PLACES or source in inverse.layout.where or (exploded and not in_line(source)):
            continue
        if mapping.map is not None:
            if _NO_WORD not in mapping.map:
                ways.setdefault("unlisted", (source, _NO_WORD))
        elif inverse.is_typed(column):
            ways.setdefault("type", (source, _NO_WORD))
        elif column in inverse.required:
            ways.setdefault("required", (source, None))
    return list(ways.values())


_NO_WORD = "not known"


def with_wrong_header(sheet: Sheet) -> Sheet:
    """The sheet with a needed column renamed.

    Raises:
        SimulationError: if the file has no header line or needs no column.
    """
    inverse = sheet.inverse
    form = inverse.layout.format
    if isinstance(form, CsvFormat) and form.header is not None:
        raise SimulationError(f"{inverse.where}: has no header line that could be wrong; choose another fault")
    needed = [
        mapping.from_[0]
        for column, mapping in inverse.layout.columns.items()
        if column in inverse.required and mapping.from_ and len(mapping.from_) == 1 and mapping.default is None
        if mapping.from_[0] not in inverse.layout.optional and mapping.from_[0] not in PLACES
    ]
    if not needed:
        raise SimulationError(f"{inverse.where}: needs no column that could be renamed; choose another fault")
    old = needed[0]
    new = f"{old}_NEW" if isinstance(form, CsvFormat) else f"{'line' if in_line(old) else 'record'}.renamed"
    return replace(
        sheet,
        header=tuple(new if name == old else name for name in sheet.header),
        rows=[{new if name == old else name: text for name, text in cells.items()} for cells in sheet.rows],
    )


def broken(content: bytes, layout: Layout) -> bytes:
    """A file's bytes as a failed transfer leaves them: cut off within a row."""
    form = layout.format
    if not isinstance(form, CsvFormat) or form.gzip or form.zip:
        return content[: max(1, len(content) * 3 // 5)]
    lines = content.splitlines(keepends=True)
    kept = max(1, len(lines) * 3 // 5)
    torn = lines[kept] if kept < len(lines) else lines[-1]
    opening = form.quote.encode() if form.quote else b""
    return b"".join(lines[:kept]) + opening + torn[: torn.find(form.delimiter.encode())]
