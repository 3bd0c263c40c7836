"""What a control file says of a delivery: read, and put against the files that are there. Pure.

Names in it are compared with the listing and never opened. What it says of rows is compared once they are counted
(`acme_assets.contracts.agreement`). A control file that cannot be used holds its delivery; it is never passed over.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from acme_assets.feeds.arrivals import ArrivedFile, FeedNight
from acme_assets.feeds.patterns import date_in, fits, match
from client_partitions.client import Client
from client_partitions.completeness import ControlFile

LARGEST = 8 * 1024 * 1024
"""Bytes of a control file."""

_SUM = re.compile(r"\\?([0-9a-fA-F]{32}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})[ \t]+[* ]?(\S.*)")
_ALGORITHMS = {32: "md5", 64: "sha256", 128: "sha512"}


class ControlError(Exception):
    """The control file cannot be used. The text says why and what to do, and holds none of its text."""


@dataclass(frozen=True)
class Said:
    """What a control file says of one file, or of the whole delivery where it names none."""

    name: str | None
    rows: int | None = None
    bytes: int | None = None
    sums: Mapping[str, str] = field(default_factory=dict)
    """Algorithm to hex digits, in small letters."""


@dataclass(frozen=True)
class Control:
    """A control file, read."""

    files: tuple[Said, ...]
    total_rows: int | None = None


def read_control(form: ControlFile, content: bytes, night: FeedNight) -> Control:
    """A control file's content, by its declared form.

    Raises:
        ControlError: it cannot be read, is too large, is of another date, or does not say what it must.
    """
    if len(content) > LARGEST:
        raise ControlError(f"is larger than {LARGEST} bytes; ask the client whether that is the agreed file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ControlError("is not UTF-8; ask for it again in UTF-8") from None
    if not text.strip():
        raise ControlError("is empty; ask for it again")
    if form.format == "sums":
        return Control(tuple(_sums(text)))
    return _csv(form, text, night) if form.format == "csv" else _json(form, text, night)


def _sums(text: str) -> Iterator[Said]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _SUM.fullmatch(line.strip())
        if not found:
            raise ControlError(f"has no checksum and name at line {number}; ask for the output of sha256sum")
        yield Said(found[2], sums={_ALGORITHMS[len(found[1])]: found[1].lower()})


def _csv(form: ControlFile, text: str, night: FeedNight) -> Control:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter, strict=True))
    except csv.Error:
        raise ControlError("cannot be read as delimited text; ask for it again with its quotes in order") from None
    lines = [line for line in lines if any(value.strip() for value in line)]
    if not lines:
        raise ControlError("names no file; ask for it again")
    header = list(form.columns) if form.columns else [name.strip() for name in lines.pop(0)]
    named = [*form.of_a_file.values(), *form.says, *([form.date] if form.date else [])]
    if missing := [name for name in dict.fromkeys(named) if header.count(name) != 1]:
        raise ControlError(f"does not have the column {missing[0]} once; ask for the agreed file or correct `control`")
    if not lines:
        raise ControlError("names no file; ask for it again")
    said = []
    for number, line in enumerate(lines, 1):
        if len(line) != len(header):
            raise ControlError(
                f"has {len(line)} values for {len(header)} columns in its entry {number}; ask for it again"
            )
        entry = {name: value.strip() for name, value in zip(header, line, strict=True)}
        _require_said(form, {name: entry[name] for name in form.says}, entry.get(form.date or ""), night)
        said.append(_said(form, {what: entry[name] for what, name in form.of_a_file.items()}, number))
    return Control(tuple(said))


def _json(form: ControlFile, text: str, night: FeedNight) -> Control:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ControlError("is broken JSON; ask for it again") from None
    date = _found(form.date, document) if form.date else None
    _require_said(form, {path: _text(_found(path, document)) for path in form.says}, _text(date), night)
    entries = _found(form.entries, document) if form.entries else []
    if not isinstance(entries, list) or (form.entries and not entries):
        raise ControlError(f"has no list of files at {form.entries}; ask for the agreed file or correct `control`")
    said = [
        _said(form, {what: _text(_found(path, entry)) for what, path in form.of_a_file.items()}, number)
        for number, entry in enumerate(entries, 1)
    ]
    total = _number("total_rows", _text(_found(form.total_rows, document)), "") if form.total_rows else None
    return Control(tuple(said), total)


def _found(path: str, document: Any) -> Any:
    try:
        return jmespath.search(path, document)
    except JMESPathError:
        return None


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _require_said(form: ControlFile, said: Mapping[str, str], date: str | None, night: FeedNight) -> None:
    for name, value in said.items():
        if value != form.says[name]:
            raise ControlError(
                f"says another {name} than {form.says[name]!r}: it is not for this client or environment; "
                "have the client take it back and send its own"
            )
    if form.date and date_in(date or "", form.date_format) != night.business_date:
        raise ControlError(f"is not for {night.business_date} by its own date; ask the client which day it is of")


def _said(form: ControlFile, entry: Mapping[str, str], number: int) -> Said:
    where = f" of its entry {number}"
    if form.file and not entry["file"]:
        raise ControlError(f"has no name in its entry {number}; ask for it again")
    sums = {}
    for algorithm, digits in (("md5", 32), ("sha256", 64)):
        if algorithm in entry:
            sums[algorithm] = entry[algorithm].lower()
            if not re.fullmatch(f"[0-9a-f]{{{digits}}}", sums[algorithm]):
                raise ControlError(f"has no {algorithm}{where}; ask for it again")
    rows = _number("rows", entry["rows"], where) - form.other_lines if "rows" in entry else None
    size = _number("bytes", entry["bytes"], where) if "bytes" in entry else None
    return Said(entry.get("file"), rows, size, sums)


def _number(what: str, text: str, where: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", text):
        raise ControlError(f"has no whole number for {what}{where}; ask for it again")
    return int(text)


@dataclass(frozen=True)
class Agreed:
    """A delivery as its control file has it."""

    files: tuple[ArrivedFile, ...]
    said: Mapping[str, Said]
    """Path of a file to what is said of it."""
    total_rows: int | None
    missing: tuple[str, ...] = ()
    """Files that are named and are not there."""
    unnamed: tuple[ArrivedFile, ...] = ()
    """Files of the feed night that are not named: of no delivery."""


def agree(
    client: Client, night: FeedNight, files: Sequence[ArrivedFile], control_path: str, control: Control
) -> Agreed:
    """Put a control file against the files of one feed night. It may name other feeds' files too.

    Raises:
        ControlError: a name in it cannot be one of this client's files, or it names two files for one.
    """
    if all(said.name is None for said in control.files):
        return _as_a_whole(files, control)
    folder = control_path.partition("/")[2].rpartition("/")[0]
    here = {item.file.path.partition("/")[2]: item for item in files}
    said: dict[str, Said] = {}
    missing = []
    for entry in control.files:
        path = _path_of(client, night, entry.name or "", folder, here)
        if path is None:
            continue
        if path in said:
            raise ControlError("names a file twice; ask for it again")
        said[path] = entry
        if path not in here:
            missing.append(path)
    return Agreed(
        tuple(item for path, item in here.items() if path in said),
        {here[path].file.path: entry for path, entry in said.items() if path in here},
        control.total_rows,
        tuple(missing),
        tuple(item for path, item in here.items() if path not in said),
    )


def _as_a_whole(files: Sequence[ArrivedFile], control: Control) -> Agreed:
    if len(files) == 1 and len(control.files) == 1:
        return Agreed(tuple(files), {files[0].file.path: control.files[0]}, control.total_rows)
    if any(said.sums or said.bytes is not None for said in control.files):
        raise ControlError("gives sizes or checksums of several files and no names; name the files by `control.file`")
    rows = [said.rows for said in control.files if said.rows is not None]
    return Agreed(tuple(files), {}, sum(rows) if rows else control.total_rows)


def _path_of(client: Client, night: FeedNight, name: str, folder: str, here: Mapping[str, ArrivedFile]) -> str | None:
    """The path below the client's folder that a name stands for; None for one of another feed or night."""
    name = name.removeprefix("./")
    parts = name.split("/")
    if not name.isprintable() or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise ControlError("names a file by a path that is absolute, climbs or cannot be printed; ask for plain names")
    spots = dict.fromkeys((f"{folder}/{name}" if folder else name, name, f"{folder}/{parts[-1]}" if folder else name))
    patterns = [spec.pattern for spec in client.feeds[night.feed].files]
    fitting = [path for path in spots if any(match(pattern, path) == night.business_date for pattern in patterns)]
    if fitting:
        return next((path for path in fitting if path in here), fitting[0])
    if not any(_is_known(client, path) for path in spots):
        raise ControlError("names a file that fits no feed of the client; add it to `files` or `ignored_files`")
    return None


def _is_known(client: Client, path: str) -> bool:
    of_feeds = (spec.pattern for policy in client.feeds.values() for spec in policy.files)
    return any(fits(pattern, path) for pattern in (*of_feeds, *client.ignored_files))
