"""The hash of one row as SQL, the same on both dialects, and the digest of many.

A row's text gives each value its length before it, so that no two different rows share a text; dates
are ISO, numbers carry their column's full scale. SHA-256 of that text is the row's hash.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Numeric, String, Table, Text, cast, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from acme_assets.warehouse.protocol import RowsDigest


class sha256_hex(FunctionElement[str]):  # noqa: N801 - named as the SQL that it stands for
    """SHA-256 of a text as 64 lower-case hex digits."""

    type = String()
    inherit_cache = True


@compiles(sha256_hex, "postgresql")
def _postgresql(element: sha256_hex, compiler: SQLCompiler, **options: Any) -> str:
    return f"encode(sha256(convert_to({compiler.process(element.clauses, **options)}, 'UTF8')), 'hex') COLLATE \"C\""


@compiles(sha256_hex, "snowflake")
def _snowflake(element: sha256_hex, compiler: SQLCompiler, **options: Any) -> str:
    return f"SHA2({compiler.process(element.clauses, **options)}, 256)"


def _value_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    if isinstance(column.type, Date):
        text: ColumnElement[str] = func.to_char(column, "YYYY-MM-DD")
    elif isinstance(column.type, String | Text | BigInteger | Numeric):
        text = cast(column, Text)
    else:
        raise TypeError(f"a {column.type!r} column has no canonical text; give the mart one of the mart types")
    return func.coalesce(cast(func.length(text), Text).concat(":").concat(text), literal("~"))


def row_hash(table: Table, columns: Sequence[str]) -> ColumnElement[str]:
    """The hash of a row over these columns."""
    text = _value_text(table.c[columns[0]])
    for name in columns[1:]:
        text = text.concat("|").concat(_value_text(table.c[name]))
    return sha256_hex(text)


def digest_of(sorted_row_hashes: Iterable[str]) -> RowsDigest:
    """The digest of rows, from their hashes in ascending order."""
    whole, rows = hashlib.sha256(), 0
    for text in sorted_row_hashes:
        whole.update(text.encode())
        rows += 1
    return RowsDigest(rows, whole.hexdigest())
