"""Read JSON, NDJSON and Bundles into source rows by JMESPath.

NDJSON streams line by line. A JSON document is read whole. Numbers with a fraction stay the text that the
file has, so that none is rounded on its way to a decimal.
"""

import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import polars as pl
from jmespath.exceptions import JMESPathError

from acme_assets.contracts.results import OUT_OF_SCOPE, SourceFile
from acme_assets.contracts.rows import BATCH_DOCUMENTS, FileError, RowBatch, RowFailure, open_bytes, unreadable
from client_partitions.layout import LINE, PLACES, ROW, JsonFormat, Layout, compile_path


class _NoSingleValueError(Exception):
    """A path leads to something that is no text, number or truth value."""


def read_json(file: SourceFile, form: JsonFormat, batch_rows: int = BATCH_DOCUMENTS) -> Iterator[RowBatch]:
    """The file's source rows.

    Raises:
        FileError: the file cannot be read, or not by this layout.
    """
    paths = _Paths(file.layout, form)
    records = _ndjson(file, form) if form.lines else _document(file, form)
    first = 1
    while chunk := list(itertools.islice(records, batch_rows)):
        yield paths.batch(chunk, first)
        first += len(chunk)


_Record = tuple[Any, Callable[[], str]]
"""A record and how to write it out again."""


def _ndjson(file: SourceFile, form: JsonFormat) -> Iterator[_Record]:
    try:
        with open_bytes(file.path, form.gzip) as lines:
            for number, line in enumerate(lines, 1):
                text = _decode(line, number).strip()
                if text:
                    yield _parse(text, number), text.__str__
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(error) from None


def _document(file: SourceFile, form: JsonFormat) -> Iterator[_Record]:
    try:
        with open_bytes(file.path, form.gzip) as stream:
            content = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(error) from None
    text = _decode(content, 1)
    if not text.strip():
        return
    document = _parse(text, 1)
    try:
        found = compile_path(form.records).search(document) if form.records else document
    except JMESPathError:
        found = None
    if form.records is None and isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        path = form.records or "the document"
        raise FileError(f"has no list of records at {path}; ask for the agreed document or correct the layout")
    for record in found:
        yield record, lambda record=record: _written(record)  # type: ignore[misc]


def _decode(content: bytes, line: int) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = line + content.count(b"\n", 0, error.start)
        raise FileError(f"has bytes at line {at} that are not utf-8; ask for the file again in utf-8") from None


def _parse(text: str, line: int) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        line += error.lineno - 1
    except (ValueError, RecursionError):
        pass
    raise FileError(f"has broken JSON at line {line}; ask for the file again") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _written(record: Any) -> str:
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


class _Paths:
    """A layout's paths, compiled."""

    def __init__(self, layout: Layout, form: JsonFormat) -> None:
        self._columns = {
            name: [column for column, mapping in layout.columns.items() if name in mapping.names]
            for name in layout.source_names
        }
        compiled = {name: compile_path(name) for name in layout.source_names}
        self._of_record = {name: path for name, path in compiled.items() if "line" not in name}
        self._of_line = {name: path for name, path in compiled.items() if "line" in name}
        self._where = [(name, compile_path(name), frozenset(allowed)) for name, allowed in layout.where.items()]
        self._explode = compile_path(form.explode) if form.explode else None

    def batch(self, records: list[_Record], first: int) -> RowBatch:
        """Records that start at number `first`, as a batch."""
        failures: list[RowFailure] = []
        lines: dict[str, list[Any]] = {name: [] for name in (ROW, LINE, *self._of_record, *self._of_line)}
        for number, (record, _) in enumerate(records, first):
            if (outside := self._outside(record)) is not None:
                failures.append(RowFailure(number, OUT_OF_SCOPE, outside, "is none of this feed's values"))
                continue
            exploded = self._lines(record)
            if not exploded:
                failures.append(RowFailure(number, "no lines", "", "the record has no lines at the layout's explode"))
                continue
            of_record = self._texts(self._of_record, {"record": record, "line": None}, number, failures)
            for at, line in enumerate(exploded, 1):
                of_line = self._texts(self._of_line, {"record": record, "line": line}, number, failures)
                for name, value in ((ROW, number), (LINE, at), *of_record.items(), *of_line.items()):
                    lines[name].append(value)
        return RowBatch(
            rows=len(records),
            lines=pl.DataFrame(lines, schema={n: pl.Int64 if n in PLACES else pl.String for n in lines}),
            failures=tuple(failures),
            original=lambda number: records[number - first][1](),
        )

    def _outside(self, record: Any) -> str | None:
        for name, path, allowed in self._where:
            try:
                value = _text(path.search({"record": record, "line": None}))
            except (_NoSingleValueError, JMESPathError):
                return name
            if (value or "").strip() not in allowed:
                return name
        return None

    def _lines(self, record: Any) -> list[Any]:
        if self._explode is None:
            return [None]
        try:
            found = self._explode.search(record)
        except JMESPathError:
            return []
        return found if isinstance(found, list) else []

    def _texts(
        self, paths: dict[str, Any], values: dict[str, Any], number: int, failures: list[RowFailure]
    ) -> dict[str, str | None]:
        texts: dict[str, str | None] = {}
        for name, path in paths.items():
            texts[name] = None
            try:
                texts[name] = _text(path.search(values))
            except (_NoSingleValueError, JMESPathError):
                reason = "is no single value that a text column takes"
                failures.extend(RowFailure(number, "type", column, reason) for column in self._columns[name])
        return texts


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError:
                raise _NoSingleValueError from None
        return value
    raise _NoSingleValueError
