"""Read delimited text into source rows, so that no row shifts, is padded or vanishes. An empty line is no row.

A file is read in pieces. What cannot be in doubt goes the fast way (plain_text), the rest the strict one
(strict_rows): both give the same rows.
"""

from collections.abc import Iterator

from acme_assets.contracts.csv_columns import CsvColumns
from acme_assets.contracts.opening import open_source
from acme_assets.contracts.plain_text import PlainText
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import BATCH_ROWS, FileError, RowBatch
from acme_assets.contracts.strict_rows import StrictRows, undecodable
from acme_assets.contracts.text_lines import check_byte_order
from acme_assets.contracts.text_pieces import TextPieces
from client_partitions.file_format import CsvFormat

PIECE_BYTES = 16 << 20
"""Rows enough that a call costs nothing, few enough to be held several times over."""

DOUBTFUL_BYTES = 1 << 18
"""Of a piece in doubt, so much goes the strict way before the fast one is tried again."""


def read_csv(
    file: SourceFile, form: CsvFormat, batch_rows: int = BATCH_ROWS, piece_bytes: int = PIECE_BYTES
) -> Iterator[RowBatch]:
    """The file's source rows.

    Raises:
        FileError: the file cannot be read, or not by this layout.
    """
    try:
        with open_source(file) as raw:
            check_byte_order(raw, form.encoding)
            yield from _batches(file, form, TextPieces(raw, form.encoding), batch_rows, piece_bytes)
    except UnicodeDecodeError:
        raise FileError(
            f"has bytes at {undecodable(file, form)} that are not {form.encoding}; "
            f"ask for {form.encoding} or correct the layout's encoding"
        ) from None


def _batches(
    file: SourceFile, form: CsvFormat, pieces: TextPieces, batch_rows: int, piece_bytes: int
) -> Iterator[RowBatch]:
    for _ in range(form.skip_lines):
        pieces.line()
    strict = StrictRows(pieces, form)
    header = list(form.header) if form.header else strict.header()
    if header is None:
        return
    columns = CsvColumns(header, file.layout)
    plain = PlainText(columns.header, form.delimiter, form.quote)
    strict.columns = len(header)
    strict_until = 0
    while piece := pieces.piece(piece_bytes if pieces.position >= strict_until else min(DOUBTFUL_BYTES, piece_bytes)):
        first = strict.rows_read + 1
        if form.comment is None and (table := plain.table(piece)):
            pieces.skip(len(piece))
            strict.pass_by(table.rows)
            yield columns.plain_batch(table, first, plain)
        elif len(piece) > DOUBTFUL_BYTES and pieces.position >= strict_until:
            strict_until = pieces.position + len(piece)
        else:
            for rows in strict.batches(piece, batch_rows):
                yield columns.batch(rows, first)
                first += len(rows)
