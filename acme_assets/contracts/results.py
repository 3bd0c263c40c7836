"""What goes into a contract check and what comes out of it: plain values, no behaviour but counting."""

from dataclasses import dataclass
from pathlib import Path

from client_partitions.feeds import Feed
from client_partitions.layout import Layout

OUT_OF_SCOPE = "out_of_scope"
"""The rule of rows that belong to another feed: quarantined, but no failure of the contract."""

OVER_LIMIT = "rows fail the contract, over the limit of"
"""What the reason says of a delivery that could be read, and of which too many rows fail."""

DRIFTED = "differs from this feed's earlier deliveries"
"""What the reason says of a delivery that meets the contract and is held for its drift."""


@dataclass(frozen=True)
class SourceFile:
    """One file of a delivery."""

    name: str
    """Its path in the landing zone: what `source_file` says of every row."""
    path: Path
    """Where it can be read on this machine."""
    layout: Layout
    member: str | None = None
    """Of a zip archive: the member that is read."""


@dataclass(frozen=True)
class FileCounts:
    """What became of the source rows of one file. Of a file that was held part way: of those read till then."""

    name: str
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    """With the rows out of scope."""
    rows_out_of_scope: int
    lines_loaded: int
    """Canonical rows; more than rows_loaded where source rows explode."""

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_loaded + self.rows_quarantined:
            raise AssertionError(
                f"{self.name}: {self.rows_in} rows in are not {self.rows_loaded} loaded and "
                f"{self.rows_quarantined} quarantined"
            )


@dataclass(frozen=True)
class RuleFailures:
    """How many source rows one rule set aside. A row that breaks several rules counts under each."""

    rule: str
    column: str
    """Canonical column (source column for out_of_scope; the key's columns for duplicate key; or empty)."""
    rows: int


@dataclass(frozen=True)
class ContractResult:
    """The verdict on one delivery of one feed."""

    feed: Feed
    files: tuple[FileCounts, ...]
    rules: tuple[RuleFailures, ...]
    """Most rows first."""
    held: str | None
    """Why nothing of this delivery may be loaded and what to do; None where it passes."""
    accepted: Path
    """CSV of the canonical rows to load. Of a held delivery it has the header alone."""
    quarantined: Path
    """CSV with one row per source row that was set aside."""

    @property
    def rows_in(self) -> int:
        """Source rows read."""
        return sum(file.rows_in for file in self.files)

    @property
    def rows_loaded(self) -> int:
        """Source rows that passed (and are loaded unless the delivery is held)."""
        return sum(file.rows_loaded for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Source rows set aside, those out of scope among them."""
        return sum(file.rows_quarantined for file in self.files)

    @property
    def rows_out_of_scope(self) -> int:
        """Source rows that belong to another feed."""
        return sum(file.rows_out_of_scope for file in self.files)

    @property
    def rows_failed(self) -> int:
        """Source rows that break the contract."""
        return self.rows_quarantined - self.rows_out_of_scope

    @property
    def lines_loaded(self) -> int:
        """Canonical rows."""
        return sum(file.lines_loaded for file in self.files)
