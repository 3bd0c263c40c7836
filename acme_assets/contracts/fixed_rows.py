"""Read fixed-width text into source rows. A line that is not as long as the layout says is never cut or padded
unless the layout says that the sender trims."""

from collections.abc import Iterator

from acme_assets.contracts.csv_columns import CsvColumns
from acme_assets.contracts.opening import open_source
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import BATCH_ROWS, FileError, RowBatch
from acme_assets.contracts.text_lines import MARK, TextLines
from client_partitions.file_format import FixedFormat


def read_fixed(file: SourceFile, form: FixedFormat, batch_rows: int = BATCH_ROWS) -> Iterator[RowBatch]:
    """The file's source rows.

    Raises:
        FileError: the file cannot be read, or not by this layout.
    """
    columns = CsvColumns(list(form.fields), file.layout)
    places = [(first - 1, last) for first, last in form.fields.values()]
    batch: list[list[str]] = []
    number = 0
    try:
        for line in _lines(file, form):
            number += 1
            batch.append([line[start:end] for start, end in places])
            if len(batch) == batch_rows:
                yield columns.batch(batch, number - len(batch) + 1)
                batch = []
    except UnicodeDecodeError:
        raise FileError(
            f"has bytes at row {_undecodable(file, form)} that are not {form.encoding}; "
            f"ask for {form.encoding} or correct the layout's encoding"
        ) from None
    if batch:
        yield columns.batch(batch, number - len(batch) + 1)


def _lines(file: SourceFile, form: FixedFormat, errors: str = "strict") -> Iterator[str]:
    """Each row's text, as long as the layout says."""
    with open_source(file) as raw, TextLines(raw, form, errors) as lines:
        if form.packed:
            while text := lines.characters(form.line_length):
                yield _whole(text, form, lines.number, lines.number)
            return
        number = 0
        for line in lines:
            lines.next_row()
            text = line.rstrip("\r\n")
            if text:
                number += 1
                yield _whole(text, form, number, lines.number)


def _whole(text: str, form: FixedFormat, number: int, line: int) -> str:
    missing = form.line_length - len(text)
    if missing > 0 and form.trimmed:
        return text + " " * missing
    if missing:
        raise FileError(
            f"row {number} (line {line}) has {len(text)} characters for {form.line_length}; "
            "ask for the file again or correct the layout's length"
        )
    return text


def _undecodable(file: SourceFile, form: FixedFormat) -> int:
    """The row of the first bytes that do not decode: looked up only once it is known that there are some."""
    numbered = enumerate(_lines(file, form, "acme.mark"), 1)
    return next((number for number, line in numbered if MARK in line), 0)
