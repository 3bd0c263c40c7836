"""The whole ledger as a folder of files, and a ledger from such a folder: the last resort where the database is gone.

One CSV per table of OPS, as of one moment, and a signed manifest of how many rows each has, what the file hashes to,
and what the rows add up to in any order: by that a restored table is held against the exported one. No member's data:
RAW, MARTS and PUBLISHED are the database's own backup's to bring back.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Float, MetaData, String, Table, func, select

from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.signing import PublicKey, SigningKey
from acme_assets.warehouse.ledger import OPS, UtcTimestamp
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.tables import LEDGER_TABLES

MANIFEST = "manifest.json"

_TIMESTAMP = "%Y-%m-%dT%H:%M:%S%.6fZ"
_BATCH = 2_000
_TOP = 2**256


class NotExported(Exception):
    """No export was made. The text says why and what to do."""


class NotRestored(Exception):
    """Nothing was restored. The text says why and what to do."""


@dataclass(frozen=True)
class TableExport:
    """What an export has of one table."""

    rows: int
    sum: str
    """Of the SHA-256 of each row, modulo 2^256: the same for the same rows in any order. 64 hex digits."""
    sha256: str
    """Of the file."""


@dataclass(frozen=True)
class LedgerExport:
    """A manifest."""

    made_at: datetime
    revision: str
    """The migration that its tables are of."""
    fingerprint: str
    """Of the service key that signed it."""
    tables: Mapping[str, TableExport]

    @property
    def rows(self) -> int:
        return sum(item.rows for item in self.tables.values())


Progress = Callable[[str, int], None]
"""Told of each table when it is done, with its rows."""


def export_ledger(
    warehouse: Warehouse, folder: Path, key: SigningKey, now: datetime, progress: Progress = lambda name, rows: None
) -> LedgerExport:
    """Write every table of the ledger, as of one moment, into an empty folder; the signed manifest comes last.

    Args:
        key: the service's.

    Raises:
        NotExported: the folder is not empty.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotExported(f"{folder} is not empty; give a folder that is not there yet")
    found = {}
    with warehouse.snapshot() as rows_of:
        (revision,) = [str(row[0]) for row in rows_of(_VERSION)]
        for exported in LEDGER_TABLES:
            found[exported.name] = _write(folder / f"{exported.name}.csv", exported, rows_of(exported))
            progress(exported.name, found[exported.name].rows)
    public = key.public
    made = LedgerExport(now.astimezone(UTC), revision, public.fingerprint, found)
    tables = {name: vars(item) for name, item in found.items()}
    text = canonical_json({**vars(made), "tables": tables, "version": 1})
    signed = {"manifest": text, "signature": key.sign("ledger", text), "key": public.text}
    (folder / MANIFEST).write_text(json.dumps(signed) + "\n", encoding="utf-8")
    return made


_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)), schema=OPS)
"""Alembic's own: in no metadata that we migrate."""


def _write(file: Path, exported: Table, rows: Iterable[Sequence[Any]]) -> TableExport:
    schema = {item.name: _polars_type(item.type) for item in exported.columns}
    adding = _Sum()
    with file.open("xb") as stream:
        stream.write((",".join(schema) + "\n").encode())
        counted = adding.through(rows)
        while some := list(islice(counted, _BATCH)):
            frame = pl.DataFrame([tuple(row) for row in some], schema=schema, orient="row")
            frame.write_csv(stream, include_header=False, datetime_format=_TIMESTAMP)
    return TableExport(adding.rows, adding.hexdigest(), _sha256(file))


def _polars_type(sql_type: object) -> Any:
    kinds: list[tuple[type, Any]] = [
        (UtcTimestamp, pl.Datetime("us", "UTC")),
        (BigInteger, pl.Int64),
        (Date, pl.Date),
        (Boolean, pl.Boolean),
        (Float, pl.Float64),
    ]
    return next((polars_type for kind, polars_type in kinds if isinstance(sql_type, kind)), pl.String)


class _Sum:
    """What rows add up to, in any order."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def through(self, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        for row in rows:
            text = json.dumps([_plain(value) for value in row], ensure_ascii=False)
            self._sum = (self._sum + int.from_bytes(hashlib.sha256(text.encode()).digest())) % _TOP
            self.rows += 1
            yield row

    def hexdigest(self) -> str:
        return f"{self._sum:064x}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def read_export(folder: Path, trusted: Iterable[PublicKey], fingerprint: str | None = None) -> LedgerExport:
    """Check an exported folder as a whole: whose it is, and that every file is the one that was written.

    Args:
        trusted: the service's keys, as people.yaml lists them.
        fingerprint: of a service key that is known from elsewhere, where people.yaml is gone too.

    Raises:
        NotRestored: it is not, or nobody that is trusted signed it.
    """
    made = _manifest(folder, trusted, fingerprint)
    lacking = sorted({item.name for item in LEDGER_TABLES} ^ set(made.tables))
    if lacking:
        raise NotRestored(f"{folder} and this release differ in the tables {', '.join(lacking)}; {_SAME_RELEASE}")
    for name, item in made.tables.items():
        file = folder / f"{name}.csv"
        if not file.is_file():
            raise NotRestored(f"{file} is not there, and the manifest names it; take another copy of the export")
        if _sha256(file) != item.sha256:
            raise NotRestored(f"{file} is not the file that was exported; take another copy of the export")
    return made


_SAME_RELEASE = "restore with the release that made the export, then `acme prepare` with this one"


def _manifest(folder: Path, trusted: Iterable[PublicKey], fingerprint: str | None) -> LedgerExport:
    try:
        signed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        text, signature, key = (str(signed[name]) for name in ("manifest", "signature", "key"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotRestored(f"{folder / MANIFEST} is no manifest of an exported ledger; check the folder") from error
    public = PublicKey(key)
    known = public in list(trusted) if fingerprint is None else public.fingerprint == fingerprint
    if not known:
        raise NotRestored(
            f"{folder / MANIFEST} is signed by key {public.key_id}, which is no key of the service's that is trusted "
            "here; list it in people.yaml, or give its fingerprint, as you know it from elsewhere, with --trust"
        )
    if not public.verifies("ledger", text, signature):
        raise NotRestored(f"{folder / MANIFEST} was changed: its signature is of another text; take another copy")
    data = json.loads(text)
    if data["version"] != 1:
        raise NotRestored(f"{folder} is an export of version {data['version']}; {_SAME_RELEASE}")
    tables = {name: TableExport(**item) for name, item in data["tables"].items()}
    return LedgerExport(datetime.fromisoformat(data["made_at"]), data["revision"], data["fingerprint"], tables)


def restore_ledger(
    warehouse: Warehouse, folder: Path, made: LedgerExport, progress: Progress = lambda name, rows: None
) -> None:
    """Fill an empty ledger from a folder that `read_export` has checked, in one transaction: whole, or not at all.

    Raises:
        NotRestored: the ledger is not empty, is of another release, or holds other rows afterwards than were exported.
    """
    with warehouse.begin() as connection:
        _require_empty(connection, made)
        for restored in LEDGER_TABLES:
            name, expected = restored.name, made.tables[restored.name]
            if expected.rows:
                warehouse.copy(connection, restored, folder / f"{name}.csv")
            adding = _Sum()
            statement = select(*restored.c)
            streamed = connection.execute(statement, execution_options={"stream_results": True, "yield_per": _BATCH})
            for _ in adding.through(streamed):
                pass
            if (adding.rows, adding.hexdigest()) != (expected.rows, expected.sum):
                raise NotRestored(
                    f"ops.{name} has {adding.rows:,} rows after it was filled, which are not the "
                    f"{expected.rows:,} that were exported; nothing was restored"
                )
            progress(name, adding.rows)


def _require_empty(connection: Connection, made: LedgerExport) -> None:
    revision = connection.execute(select(_VERSION.c.version_num)).scalar()
    if revision != made.revision:
        raise NotRestored(f"the ledger is at migration {revision}, the export at {made.revision}; {_SAME_RELEASE}")
    for filled in LEDGER_TABLES:
        if rows := connection.execute(select(func.count()).select_from(filled)).scalar_one():
            raise NotRestored(
                f"ops.{filled.name} has {rows:,} rows: a ledger is restored into an empty warehouse only, while "
                "nothing runs; make one with `acme prepare`"
            )


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
