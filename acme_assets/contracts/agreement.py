"""Whether a delivery is what its sender said of it: the records at its files' ends, and the rows that it announced.

Reads local files. Called before and after the contract check, at the load; messages hold no text of a file.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from acme_assets.contracts.opening import open_source, zip_members
from acme_assets.contracts.results import OVER_LIMIT, ContractResult, FileCounts, SourceFile
from acme_assets.contracts.rows import FileError
from acme_assets.feeds.expectation import Expectation, miscounted
from acme_assets.feeds.patterns import date_in
from client_partitions.client import FeedFile
from client_partitions.completeness import RecordLine
from client_partitions.feeds import Feed

LONGEST = 64 * 1024
"""Bytes of a header or trailer record."""

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class AgreedFile:
    """A file of a delivery, and the entry of the client's file that it fits; None where none does any more."""

    source: SourceFile
    spec: FeedFile | None


def check_agreed(
    feed: Feed,
    files: Sequence[AgreedFile],
    expected: Expectation,
    business_date: date,
    check: Callable[[], ContractResult],
) -> ContractResult:
    """What the contract check says, held where the delivery is not what its sender said it is.

    A delivery that is held before its rows are read has none in its counts.
    """
    try:
        announced = _announced(files, business_date)
        if expected.wrong:
            raise FileError(expected.wrong)
    except FileError as problem:
        counts = tuple(FileCounts(file.source.name, 0, 0, 0, 0, 0) for file in files)
        nowhere = Path(files[0].source.path.parent)
        return ContractResult(feed, counts, (), str(problem), nowhere, nowhere)
    result = check()
    if result.held and OVER_LIMIT not in result.held:
        return result  # not read to its end
    rows_in = {file.name: file.rows_in for file in result.files}
    # In place of the limit's reason, not beside it: what is not what was sent no waiver accepts.
    wrong = miscounted(expected, rows_in) or miscounted(Expectation(announced), rows_in)
    return replace(result, held=wrong) if wrong else result


def _announced(files: Sequence[AgreedFile], business_date: date) -> Mapping[str, int]:
    rows: dict[str, int] = {}
    for file in files:
        header, trailer = (file.spec.header_record, file.spec.trailer_record) if file.spec else (None, None)
        if not header and not trailer:
            continue
        try:
            for part in _parts(file.source):
                said = [_read_record("header", _first_line(part), header, business_date)] if header else []
                said += [_read_record("trailer", _last_line(part), trailer, business_date)] if trailer else []
                known = {count for count in said if count is not None}
                if len(known) > 1:
                    raise FileError("its header and trailer records announce different rows; ask for the file again")
                if known:
                    rows[file.source.name] = rows.get(file.source.name, 0) + known.pop()
        except FileError as problem:
            raise FileError(f"{file.source.name}: {problem}") from None
    return rows


def _parts(source: SourceFile) -> list[SourceFile]:
    """The file, or each member of an archive that holds rows."""
    packed = source.layout.format.zip
    return [replace(source, member=name) for name in zip_members(source, packed)] if packed else [source]


def _read_record(which: str, line: bytes, form: RecordLine, business_date: date) -> int | None:
    """The rows that a record announces, if it does.

    Raises:
        FileError: there is no such record, or it is of another sender, environment or day.
    """
    found = re.fullmatch(form.matches, line.decode("utf-8-sig", "replace"))
    if found is None:
        cut = " (it may be cut off)" if which == "trailer" else ""
        raise FileError(f"has no {which} record as agreed{cut}; ask for the file again")
    groups = found.groupdict()
    for name, text in form.says.items():
        if groups[name] != text:
            raise FileError(
                f"its {which} record says another {name} than {text!r}: it is not for this client or environment; "
                "have the client take it back and send its own"
            )
    if "date" in groups and date_in(groups["date"] or "", form.date_format) != business_date:
        raise FileError(f"its {which} record is not of {business_date}; ask the client which day the file is of")
    if "rows" not in groups:
        return None
    if not re.fullmatch("[0-9]{1,15}", groups["rows"] or ""):
        raise FileError(f"its {which} record has no whole number of rows; ask for the file again")
    return int(groups["rows"])


def _first_line(source: SourceFile) -> bytes:
    with open_source(source) as stream:
        return stream.readline(LONGEST).rstrip(b"\r\n")


def _last_line(source: SourceFile) -> bytes:
    """The last line that is not empty. What is packed is read through: nothing else tells where it ends."""
    form, tail = source.layout.format, b""
    try:
        if form.gzip or form.zip:
            with open_source(source) as stream:
                while chunk := stream.read(_CHUNK):
                    tail = (tail + chunk)[-LONGEST:]
        else:
            with source.path.open("rb") as plain:
                plain.seek(max(source.path.stat().st_size - LONGEST, 0))
                tail = plain.read(LONGEST)
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror or 'read error'}); check its permissions") from None
    return tail.rstrip(b"\r\n").rpartition(b"\n")[2].rstrip(b"\r")
