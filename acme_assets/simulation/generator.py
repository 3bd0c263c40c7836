"""A client's files for one business date, made up by its own layouts: canonical rows first, then backwards
through the layout into the client's columns, formats and paths.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from acme_assets.simulation import care, people
from acme_assets.simulation.encode import encode
from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.faults import Fault, FaultKind, broken, corrected, with_bad_rows, with_wrong_header
from acme_assets.simulation.inverse import Inverse
from acme_assets.simulation.patterns import render
from acme_assets.simulation.people import Population, Row, populate, random_for
from acme_assets.simulation.sheets import Sheet, header_of, share_out
from client_partitions.client import WEEKDAYS, Client, FeedPolicy
from client_partitions.feeds import Feed

ROWS: Mapping[Feed, Callable[[Population], Iterator[Row]]] = {
    "medical_claim": care.medical_claims,
    "pharmacy_claim": care.pharmacy_claims,
    "eligibility": people.eligibility,
    "lab_result": care.lab_results,
    "practitioner": people.practitioners,
    "provider_attribution": people.attribution,
    "patient": people.patients,
}
"""The canonical rows of each feed."""


@dataclass(frozen=True)
class Source:
    """What one feed has in one file."""

    feed: Feed
    layout: str
    rows: int
    """Source rows (of a JSON file, records), before BROKEN_FILE or EMPTY_FILE took them away."""
    bad_rows: int
    """Of these, rows made to fail the contract."""


@dataclass(frozen=True)
class GeneratedFile:
    """One made-up file."""

    path: str
    """Below the client's landing folder."""
    content: bytes
    sources: tuple[Source, ...]
    """More than one where feeds share a file. For tests and demos: the file itself says no such thing."""


def generate(
    client: Client,
    business_date: date,
    seed: int = 0,
    fault: Fault | Sequence[Fault] | None = None,
    *,
    scale: float = 1.0,
) -> list[GeneratedFile]:
    """The files that a client sends for one business date, in order of path.

    The same arguments give the same bytes. A feed that is not owed on that weekday has none.

    Args:
        fault: what is wrong with the delivery, if anything; several faults may hit different feeds.
        scale: 1 is about 200 members and 1,500 claim lines.

    Raises:
        LayoutNotInvertible: if a layout cannot be written backwards; the text names client, layout and column.
        SimulationError: if a fault cannot be had with this client, or there are too few rows at this scale.
    """
    faults = _by_feed(client, [] if fault is None else [fault] if isinstance(fault, Fault) else fault)
    population = populate(client, business_date, seed, scale)
    by_path: dict[str, list[Sheet]] = {}
    for feed, policy in client.feeds.items():
        if WEEKDAYS[business_date.weekday()] in policy.days:
            for sheet in _sheets(feed, policy, population, faults.get(feed)):
                by_path.setdefault(sheet.path, []).append(sheet)
    files = [_file(path, sheets) for path, sheets in sorted(by_path.items())]
    for feed, hit in faults.items():
        if hit.kind in (FaultKind.BROKEN_FILE, FaultKind.EMPTY_FILE):
            files = _with_damage(files, feed, hit.kind, client)
    return files


def _by_feed(client: Client, faults: Sequence[Fault]) -> dict[Feed, Fault]:
    by_feed = {fault.feed: fault for fault in faults}
    if len(by_feed) < len(faults):
        raise SimulationError(f"{client.client_id}: one feed has two faults; give each feed one")
    if unknown := [feed for feed in by_feed if feed not in client.feeds]:
        raise SimulationError(f"{client.client_id} does not owe {', '.join(unknown)}; choose one of its feeds")
    return by_feed


def _sheets(feed: Feed, policy: FeedPolicy, population: Population, fault: Fault | None) -> list[Sheet]:
    """The sheets of one feed, with the faults that lie in rows and columns."""
    if fault is not None and fault.kind is FaultKind.MISSING:
        return []
    client, business_date = population.client, population.business_date
    random = random_for(population.seed, client.client_id, business_date, feed, "fault")
    inverses = [
        Inverse(feed, client.layouts[file.layout], business_date, f"{client.client_id}, layout {file.layout}")
        for file in policy.files
    ]
    rows = list(ROWS[feed](population))
    if fault is not None and fault.kind is FaultKind.REDELIVER:
        rows = corrected(feed, rows, [inverse.layout for inverse in inverses], random)
    sheets = []
    for file, inverse, written in zip(policy.files, inverses, share_out(rows, inverses), strict=True):
        path = render(file.pattern, business_date)
        if written:
            sheets.append(Sheet(feed, path, file.layout, inverse, header_of(inverse), written))
        elif file.required:
            raise SimulationError(f"{client.client_id}: {path} would have no {feed} rows; use a larger scale")
    if fault is not None and fault.kind is FaultKind.BAD_ROWS:
        return [with_bad_rows(sheet, fault.share, random) for sheet in sheets]
    if fault is not None and fault.kind is FaultKind.WRONG_HEADER:
        largest = max(sheets, key=lambda sheet: len(sheet.rows))
        return [with_wrong_header(sheet) if sheet is largest else sheet for sheet in sheets]
    return sheets


def _file(path: str, sheets: list[Sheet]) -> GeneratedFile:
    sources = tuple(Source(sheet.feed, sheet.layout, len(sheet.source_rows()), sheet.bad_rows) for sheet in sheets)
    return GeneratedFile(path, encode(sheets), sources)


def _with_damage(files: list[GeneratedFile], feed: Feed, kind: FaultKind, client: Client) -> list[GeneratedFile]:
    """The files, with the feed's largest one broken or empty."""
    of_feed = [file for file in files if any(source.feed == feed for source in file.sources)]
    largest = max(of_feed, key=lambda file: len(file.content), default=None)
    if largest is None:
        return files
    layout = client.layouts[largest.sources[0].layout]
    content = b"" if kind is FaultKind.EMPTY_FILE else broken(largest.content, layout)
    return [replace(file, content=content) if file is largest else file for file in files]
