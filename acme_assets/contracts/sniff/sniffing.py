"""Sniff one file: a format by which the strict reader reads all of it, and samples of its columns.

The samples stay in memory; of them only shapes are told (shapes).
"""

import codecs
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from acme_assets.contracts.json_documents import MAX_DOCUMENT
from acme_assets.contracts.opening import open_source, zip_members
from acme_assets.contracts.readers import read_rows
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError
from acme_assets.contracts.sniff.delimited import delimited, fixed_places, header
from acme_assets.contracts.sniff.encodings import GZIP, ZIP, Encoded, encoding_of, foreign
from acme_assets.contracts.sniff.json_shape import explode_path, is_ndjson, records_path, scalar_paths
from client_partitions.file_format import CsvFormat, FixedFormat, Format, JsonFormat, ZipMembers, compile_path
from client_partitions.layout import PLACES, ColumnMapping, Layout

SAMPLE_BYTES = 2 * 1024**2
_ROWS = 2_000


@dataclass(frozen=True)
class Sniffed:
    """What a file seems to be."""

    name: str
    format: Format
    columns: Mapping[str, Sequence[str | None]] = field(repr=False)
    """Source column (or JMESPath) to its values in the sampled rows."""
    rows: int
    """Source rows of the whole file, as the strict reader counts them by this format."""
    refused: str | None
    """Why the strict reader does not read it by this format, if so."""
    facts: tuple[str, ...]
    unsure: tuple[str, ...]
    resource_type: str | None = None
    """Of FHIR: what most records are."""
    records: Sequence[Any] = field(default=(), repr=False)


class NoLayoutError(ValueError):
    """No layout can read the file; the text says what it seems to be."""


def sniff_file(path: Path, has_header: bool | None = None) -> Sniffed:
    """What the file seems to be.

    Args:
        has_header: whether a delimited file's first line names its columns; None to tell from it.

    Raises:
        NoLayoutError: it is of a kind that no layout reads.
        FileError: it cannot be opened or unpacked.
    """
    packing, member = _packing(path)
    sample, whole = _sample(path, packing, member, SAMPLE_BYTES)
    if not sample.strip():
        raise NoLayoutError("is empty; ask for a file with rows")
    if (kind := foreign(sample)) is not None:
        raise NoLayoutError(f"is {kind} inside its packing; ask for text")
    encoded = encoding_of(sample, whole)
    text = codecs.getincrementaldecoder(encoded.encoding)().decode(sample, final=whole).removeprefix("\ufeff")
    facts = [f"encoding: {encoded.said}", *_line_ends(text)]
    unsure = [f"encoding: {encoded.unsure}"] if encoded.unsure else []
    if text.lstrip()[:1] in ("{", "["):
        return _json(path, packing, member, text, whole, facts)
    lines = text if whole else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    return _table(path, packing, encoded, lines, has_header, facts, unsure, whole)


def _packing(path: Path) -> tuple[dict[str, Any], str | None]:
    """The format's fields of packing, and the member of an archive to look at."""
    with open_source(_bare(path, _csv())) as raw:
        start = raw.read(16)
    if start.startswith(GZIP):
        return {"gzip": True}, None
    if not start.startswith(ZIP):
        if (kind := foreign(start)) is not None:
            raise NoLayoutError(f"is {kind}, which no layout reads; ask for delimited text, fixed width or JSON")
        return {}, None
    every = ZipMembers(members="**")
    names = zip_members(_bare(path, _csv(zip=every)), every)
    if any(name.startswith(("xl/", "word/", "ppt/")) for name in names):
        raise NoLayoutError("is an Office file (.xlsx or its kin), which no layout reads; ask for its sheet as CSV")
    suffixes = Counter(PurePosixPath(name).suffix for name in names)
    suffix = suffixes.most_common(1)[0][0]
    chosen = [name for name in names if PurePosixPath(name).suffix == suffix]
    members = f"**{suffix}" if suffix else "**"
    ignored = tuple(sorted(f"**{other}" for other in suffixes if other != suffix))
    return {"zip": ZipMembers(members=members, ignored=ignored)}, chosen[0]


def _csv(**form: Any) -> CsvFormat:
    return CsvFormat.model_validate({"kind": "csv", **form})


def _bare(path: Path, form: Format, columns: Sequence[str] = (), member: str | None = None) -> SourceFile:
    asked = {f"column_{at}": ColumnMapping.model_validate({"from": [name]}) for at, name in enumerate(columns)}
    return SourceFile(path.name, path, Layout.model_validate({"format": form, "columns": asked}), member)


def _sample(path: Path, packing: dict[str, Any], member: str | None, size: int) -> tuple[bytes, bool]:
    with open_source(_bare(path, _csv(**packing), member=member)) as raw:
        sample = raw.read(size + 1)
    return sample[:size], len(sample) <= size


def _line_ends(text: str) -> list[str]:
    pairs = text.count("\r\n")
    counts = {"CRLF": pairs, "LF": text.count("\n") - pairs, "CR": text.count("\r") - pairs}
    found = [name for name, count in counts.items() if count]
    return [f"line ends: {' and '.join(found)}"] if found else []


def _table(
    path: Path,
    packing: dict[str, Any],
    encoded: Encoded,
    text: str,
    has_header: bool | None,
    facts: list[str],
    unsure: list[str],
    whole: bool,
) -> Sniffed:
    common: dict[str, Any] = {**packing, "encoding": encoded.encoding}
    if whole and text.endswith(("\n", "\r")):
        common["final_line_end"] = True
    form: Format
    if found := delimited(text):
        common |= {"skip_lines": found.skip_lines, "comment": found.comment}
        names, rows, said = _named(found.rows, has_header)
        unsure += [f"header: {said}"] if said else []
        form = _csv(
            delimiter=found.delimiter,
            quote=found.quote,
            header=None if len(rows) < len(found.rows) else tuple(names),
            **common,
        )
        if found.skip_lines:
            unsure.append(f"skip_lines: the first {found.skip_lines} have another number of values than the rest")
        if found.comment and not text.startswith(found.comment):
            unsure.append("comment: the last line is taken for a trailer record")
        columns = _columns(names, rows)
    else:
        lines = [line for line in text.splitlines() if line]
        places = fixed_places(lines)
        if places is None:
            raise NoLayoutError(
                "has no delimiter by which every row has the same number of values, and lines of different lengths; "
                "ask the sender for its record layout"
            )
        fixed = {"kind": "fixed", "fields": places, "length": len(lines[0]), **common}
        form = FixedFormat.model_validate(fixed)
        unsure.append("fields: places between blanks that all lines share; name and correct them by the record layout")
        columns = {name: [line[a - 1 : b] for line in lines[:_ROWS]] for name, (a, b) in places.items()}
    return _read(path, form, columns, facts, unsure)


def _named(rows: list[list[str]], has_header: bool | None) -> tuple[list[str], list[list[str]], str]:
    """Names of the columns, the rows below, and what is unsure of that."""
    told = header(rows)
    if told.is_one if has_header is None else has_header:
        return rows[0], rows[1:], told.unsure if has_header is None else ""
    return [f"column_{at}" for at in range(1, len(rows[0]) + 1)], rows, told.unsure if has_header is None else ""


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str | None]]:
    return {
        name: [row[at] for row in rows[:_ROWS]]
        for at, name in enumerate(names)
        if names.count(name) == 1 and name not in PLACES
    }


def _json(path: Path, packing: dict[str, Any], member: str | None, text: str, whole: bool, facts: list[str]) -> Sniffed:
    unsure: list[str] = []
    if is_ndjson(text):
        lines = text.splitlines()
        records = [_loads(line) for line in (lines if whole else lines[:-1])[:_ROWS] if line.strip()]
        form = JsonFormat.model_validate({"kind": "json", "lines": True, **packing})
    else:
        if not whole:
            content, whole = _sample(path, packing, member, MAX_DOCUMENT)
            text = content.decode("utf-8", "replace")
        if not whole:
            raise NoLayoutError(f"is one JSON document of over {MAX_DOCUMENT:,} bytes; ask for NDJSON")
        document = _loads(text)
        where = records_path(document)
        found = compile_path(where).search(document) if where else document
        records = found if isinstance(found, list) else [found]
        form = JsonFormat.model_validate({"kind": "json", "records": where, **packing})
        if where is not None:
            unsure.append("records: the longest list of objects in the document")
    kinds = Counter(
        r["resourceType"] for r in records if isinstance(r, dict) and isinstance(r.get("resourceType"), str)
    )
    resource = kinds.most_common(1)[0][0] if kinds else None
    if len(kinds) > 1:
        unsure.append("records: of several FHIR types; set the others aside by where: {record.resourceType: [...]}")
    if (explode := explode_path(records)) is not None:
        form = form.model_copy(update={"explode": explode})
        unsure.append("explode: one canonical row for each element of this list; leave it out for one a record")
    columns = scalar_paths(records, "record")
    if explode is not None:
        inside = [line for record in records if isinstance(record, dict) for line in record.get(explode) or ()]
        columns |= scalar_paths(inside, "line")
    return _read(path, form, columns, facts, unsure, resource, records)


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NoLayoutError("begins like JSON and is none; ask for the file again") from None


def _read(
    path: Path,
    form: Format,
    columns: Mapping[str, Sequence[str | None]],
    facts: list[str],
    unsure: list[str],
    resource: str | None = None,
    records: Sequence[Any] = (),
) -> Sniffed:
    """Reads the whole file by the format, as a delivery would be."""
    rows, refused = 0, None
    asked = () if isinstance(form, JsonFormat) else tuple(columns)
    try:
        for batch in read_rows(_bare(path, form, asked)):
            rows += batch.rows
    except FileError as problem:
        refused = str(problem)
    return Sniffed(path.name, form, columns, rows, refused, tuple(facts), tuple(unsure), resource, records)
