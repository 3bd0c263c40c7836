"""Source rows into the bytes of a file, by its format: delimited text or JSON, plain or gzipped."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from typing import Any

from acme_assets.simulation.errors import LayoutNotInvertible
from acme_assets.simulation.inverse import Cells
from acme_assets.simulation.paths import Step, Steps, put, steps_of
from acme_assets.simulation.sheets import Sheet
from client_partitions.file_format import CsvFormat, FixedFormat, JsonFormat


def encode(sheets: Sequence[Sheet]) -> bytes:
    """The file that holds these sheets: several where feeds share a file.

    Raises:
        LayoutNotInvertible: if the layouts cannot share one file, or the format cannot hold the rows.
    """
    form = sheets[0].inverse.layout.format
    if isinstance(form, FixedFormat) or form.zip is not None:
        raise LayoutNotInvertible(
            f"{sheets[0].inverse.where}: fixed-width and zipped files are not made up; simulate this client from "
            "files it sent"
        )
    if any(sheet.inverse.layout.format != form for sheet in sheets):
        raise LayoutNotInvertible(
            f"{' and '.join(sheet.inverse.where for sheet in sheets)}: read the same file in different formats; "
            "simulate this client from files it sent"
        )
    _check_apart(sheets)
    if isinstance(form, CsvFormat):
        content = _csv(form, sheets)
    else:
        try:
            content = _json(form, sheets)
        except LayoutNotInvertible as error:
            raise LayoutNotInvertible(f"{sheets[0].inverse.where}: {error}") from None
    return gzip.compress(content, mtime=0) if form.gzip else content


def _check_apart(sheets: Sequence[Sheet]) -> None:
    """Rows of one sheet must not be read as rows of another."""
    for position, sheet in enumerate(sheets):
        for other in sheets[position + 1 :]:
            mine, theirs = sheet.inverse.layout.where, other.inverse.layout.where
            if not any(not set(mine[name]) & set(theirs[name]) for name in mine.keys() & theirs.keys()):
                raise LayoutNotInvertible(
                    f"{sheet.inverse.where} and {other.inverse.where}: both read {sheet.path}, and no `where` tells "
                    "their rows apart; give each a `where` on the same source column, or a file of its own"
                )


def _csv(form: CsvFormat, sheets: Sequence[Sheet]) -> bytes:
    names = tuple(dict.fromkeys(name for sheet in sheets for name in sheet.header))
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=form.delimiter,
        quotechar=form.quote,
        quoting=csv.QUOTE_NONE if form.quote is None else csv.QUOTE_MINIMAL,
        lineterminator="\n",
    )
    if form.header is None:
        writer.writerow(names)
    for sheet in sheets:
        for cells in sheet.rows:
            values = [cells.get(name) or "" for name in names]
            # Without quotes the client's export drops what would split a value.
            writer.writerow(values if form.quote else [value.replace(form.delimiter, " ") for value in values])
    return text.getvalue().encode(form.encoding, errors="replace")


def _json(form: JsonFormat, sheets: Sequence[Sheet]) -> bytes:
    records = [record for sheet in sheets for record in _records(form, sheet)]
    if form.lines:
        return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records).encode()
    return json.dumps(_document(form, records), ensure_ascii=False, indent=1).encode()


def _records(form: JsonFormat, sheet: Sheet) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for lines in sheet.source_rows():
        parts = [_parts(sheet, cells) for cells in lines]
        record = parts[0]["record"]
        if form.explode is not None:
            _put_lines(record, form.explode, [part["line"] for part in parts])
        records.append(record)
    return records


def _parts(sheet: Sheet, cells: Cells) -> dict[str, Any]:
    """A row's record and line, as a JSON layout's paths see them."""
    root: dict[str, Any] = {"record": {}, "line": {}}
    for path, text in cells.items():
        if text is not None:
            put(root, path, _number(text) if path in sheet.inverse.numbers else text)
    return root


def _number(text: str) -> int | float | str:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _put_lines(record: dict[str, Any], explode: str, lines: list[Any]) -> None:
    steps = steps_of(explode)
    keys = [step.key for step in steps if step.key is not None]
    if not keys or steps[: len(keys)] != tuple(Step(key=key) for key in keys) or len(steps) - len(keys) > 1:
        raise LayoutNotInvertible(
            f"explode {explode!r} cannot be written backwards; name one list by its keys, such as item or a.lines[]"
        )
    for key in keys[:-1]:
        record = record.setdefault(key, {})
    record[keys[-1]] = lines


def _document(form: JsonFormat, records: list[dict[str, Any]]) -> Any:
    """The document around its records."""
    if form.records is None:
        return records
    steps = steps_of(form.records)
    cut = next((number for number, step in enumerate(steps) if step.key is None), len(steps))
    keys, element, inner = steps[:cut], steps[cut : cut + 1], steps[cut + 1 :]
    if any(step.key is None for step in inner) or not keys:
        raise LayoutNotInvertible(
            f"records {form.records!r} cannot be written backwards; name one list, such as items or entry[].resource"
        )
    document: Any = [_wrapped(record, element, inner) for record in records]
    for step in reversed(keys):
        document = {step.key: document}
    return document


def _wrapped(record: dict[str, Any], element: Steps, inner: Steps) -> Any:
    whole: Any = record
    for step in reversed(inner):
        whole = {step.key: whole}
    for step in element:
        for condition, value in step.conditions:
            place = whole
            for part in condition[:-1]:
                place = place.setdefault(part.key, {})
            place[condition[-1].key] = value
    return whole
