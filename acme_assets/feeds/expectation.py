"""What is expected of a delivery's files by what was said of them: kept with the delivery, compared when it is loaded.

Pure. Sizes and checksums are compared here, at arrival; rows when the contract has counted them
(`acme_assets.contracts.agreement`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from acme_assets.audit.canonical import canonical_json
from acme_assets.feeds.arrivals import FeedNight
from acme_assets.feeds.control_files import Agreed, Said
from acme_assets.feeds.patterns import counted, match
from client_partitions.client import Client, FeedFile


@dataclass(frozen=True)
class Measured:
    """A file as it is."""

    path: str
    bytes: int
    sums: Mapping[str, str]
    """Algorithm to hex digits."""


@dataclass(frozen=True)
class Expectation:
    """What a delivery must be, to be loaded."""

    rows: Mapping[str, int] = field(default_factory=dict)
    """Path of a file to how many rows it must have."""
    total_rows: int | None = None
    wrong: str | None = None
    """Why it cannot be loaded whatever its rows: its control file does not fit it."""

    def written(self) -> str | None:
        """As the ledger keeps it: canonical JSON; None where nothing is expected."""
        if self == NOTHING_EXPECTED:
            return None
        return canonical_json({"rows": dict(self.rows), "total_rows": self.total_rows, "wrong": self.wrong})

    @property
    def summary(self) -> dict[str, object]:
        """For the record of its arrival: how many rows are announced, and whether its control file fits it."""
        rows = self.total_rows if self.total_rows is not None else sum(self.rows.values()) if self.rows else None
        said: dict[str, object] = {} if rows is None else {"rows_announced": rows}
        return {**said, "unlike_its_control": True} if self.wrong else said


NOTHING_EXPECTED = Expectation()


def read_expectation(text: str | None) -> Expectation:
    """What the ledger keeps, read."""
    return Expectation(**json.loads(text)) if text else NOTHING_EXPECTED


def spec_of(client: Client, night: FeedNight, path: str) -> FeedFile | None:
    """The entry of the client's file that a file of the feed night fits. `path` is from the zone's root."""
    below = path.partition("/")[2]
    fitting = (spec for spec in client.feeds[night.feed].files if match(spec.pattern, below) == night.business_date)
    return next(fitting, None)


def algorithms(agreed: Agreed | None, path: str) -> tuple[str, ...]:
    """The checksums that a file must be measured by, beside SHA-256."""
    said = agreed.said.get(path) if agreed else None
    return tuple(sorted(said.sums.keys() - {"sha256"})) if said else ()


def expect(client: Client, night: FeedNight, agreed: Agreed | None, measured: Sequence[Measured]) -> Expectation:
    """What the names of a delivery's files and its control file, where it has one, say of it."""
    rows: dict[str, int] = {}
    wrong = []
    for file in measured:
        spec = spec_of(client, night, file.path)
        by_name = counted(spec.pattern, file.path.partition("/")[2]) if spec else None
        said = agreed.said.get(file.path) if agreed else None
        if said:
            wrong += _unlike(said, file)
        by_control = said.rows if said else None
        if by_name is not None and by_control is not None and by_name != by_control:
            wrong.append(f"{file.path}: its name says {by_name} rows, its control file {by_control}")
        known = by_control if by_control is not None else by_name
        if known is not None:
            rows[file.path] = known
    remedy = "; ask the client for the files again, with a control file made of them"
    return Expectation(rows, agreed.total_rows if agreed else None, "; ".join(wrong[:3]) + remedy if wrong else None)


def _unlike(said: Said, file: Measured) -> list[str]:
    if said.bytes is not None and said.bytes != file.bytes:
        return [f"{file.path}: has {file.bytes} bytes, and its control file says {said.bytes}"]
    differing = [name for name, digits in sorted(said.sums.items()) if file.sums[name] != digits]
    return [f"{file.path}: its {name} is not what its control file says" for name in differing]


def miscounted(expected: Expectation, rows_in: Mapping[str, int]) -> str | None:
    """Why files with so many rows are not what was said; None where they are. `rows_in`: path to rows read."""
    for path, rows in expected.rows.items():
        if rows_in.get(path) != rows:
            return f"{path}: {rows_in.get(path)} rows were read, and {rows} were announced{_COUNT_REMEDY}"
    total = sum(rows_in.values())
    if expected.total_rows is not None and total != expected.total_rows:
        return (
            f"{total} rows were read of {len(rows_in)} files, and {expected.total_rows} were announced{_COUNT_REMEDY}"
        )
    return None


_COUNT_REMEDY = "; ask the client which is right, and for the files or the control file again"
