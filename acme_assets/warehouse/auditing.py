"""The audit log for an outsider: export it as one folder that verifies by itself, or verify the live tables.

Rows are streamed: a log of any length passes through. Entries are only sealed or statements recorded while this
reads, never changed, so a fixed number of links stands for one state of the log.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from acme_assets.audit import verifier
from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.chain import GENESIS, SignedCheckpoint
from acme_assets.audit.signing import PublicKey, SigningKey
from acme_assets.audit.verifier import Keys, Line, Report, keys_of, line_of
from acme_assets.warehouse.audit_tables import audit_checkpoints, audit_links
from acme_assets.warehouse.checkpoint_store import CheckpointStore
from acme_assets.warehouse.key_list import keys_document
from acme_assets.warehouse.ledger import audit_entries, statements
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.sealing import recorded_fault, seal, service_keys, unsealed_entries
from client_partitions.people import Roster

PROGRESS_EVERY = 10_000

_README = (
    "The audit log of AcmeHealth's nights, exported {made_at}.\n"
    "To verify it: pip install cryptography; python verify.py --trust FINGERPRINT\n"
    "FINGERPRINT is the service key's, as AcmeHealth tells you over another channel; verify.py names what is wrong.\n"
)


class NotExported(Exception):
    """No export was made. The text says why and what to do."""


@dataclass(frozen=True)
class Exported:
    """What an export holds."""

    entries: int
    checkpoints: int
    statements: int
    head: str
    """The last link's hash."""
    fingerprint: str
    """Of the service key that signed it."""


def export(
    warehouse: Warehouse,
    folder: Path,
    key: SigningKey,
    roster: Roster,
    now: datetime,
    progress: Callable[[int], None] = lambda entries: None,
) -> Exported:
    """Seal the log, and write all of it into an empty folder; the signed manifest comes last.

    Args:
        key: the service's.
        progress: told now and then how many entries are written.

    Raises:
        NotExported: the folder is not empty, or people.yaml cannot be used.
        ChainBroken: the log cannot be sealed.
    """
    if roster.problem:
        raise NotExported(f"the export needs everybody's public keys, and people.yaml cannot be used: {roster.problem}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise NotExported(f"{folder} is not empty; give a folder that is not there yet")
    while not seal(warehouse, key, now, service_keys(roster), everything=True).is_complete:
        pass
    made_at = now.astimezone(UTC)
    files = _Files(folder)
    with warehouse.begin() as connection:
        head = _head(connection)
        named: set[str] = set()
        entries = files.write(verifier.ENTRIES, _entry_lines(connection, head, named, progress))
        checkpoints = files.write(verifier.CHECKPOINTS, _checkpoint_documents(connection, head))
        last = connection.execute(select(audit_links.c.link_hash).filter_by(seq=head)).scalar()
        recorded = files.write(verifier.STATEMENTS, _statement_lines(connection, head, named))
    files.write(verifier.KEYS, [canonical_json(keys_document(roster, key.public))])
    files.write_text(verifier.SCRIPT, Path(verifier.__file__).read_text(encoding="utf-8"))
    files.write_text(verifier.README, _README.format(made_at=f"{made_at:%Y-%m-%d %H:%M} UTC"))
    manifest = canonical_json(
        {
            "version": 1,
            "made_at": made_at,
            "key_id": key.public.key_id,
            "fingerprint": key.public.fingerprint,
            "seq": head,
            "link_hash": last or GENESIS,
            "entries": entries,
            "checkpoints": checkpoints,
            "statements": recorded,
            "people": len(roster.people),
            "files": files.hashes,
        }
    )
    signed = {"manifest": manifest, "signature": key.sign("export", manifest)}
    files.write(verifier.MANIFEST, [canonical_json(signed)])
    return Exported(entries, checkpoints, recorded, last or GENESIS, key.public.fingerprint)


class _Files:
    """The files of an export, and what they hash to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.hashes: dict[str, str] = {}

    def write(self, name: str, lines: Iterable[str]) -> int:
        """Write lines as they come; returns how many."""
        count, digest = 0, hashlib.sha256()
        with (self._folder / name).open("xb") as stream:
            for line in lines:
                raw = line.encode() + b"\n"
                digest.update(raw)
                stream.write(raw)
                count += 1
        self.hashes[name] = digest.hexdigest()
        return count

    def write_text(self, name: str, text: str) -> None:
        self.write(name, text.removesuffix("\n").split("\n"))


def verify_ledger(
    warehouse: Warehouse, roster: Roster, store: CheckpointStore | None = None, service: PublicKey | None = None
) -> Report:
    """The verifier's checks on the live tables: entries that wait to be sealed are counted, and checked by themselves.

    Args:
        store: where copies of the checkpoints are, to compare with.
        service: the service's present key, where people.yaml does not list it.
    """
    report = Report()
    if roster.problem:
        report.add("key", f"nobody's keys are known, people.yaml cannot be used: {roster.problem}")
    keys = keys_of(keys_document(roster, service), report)
    copies = [(f"copy {seq}", store.read(seq) or "") for seq in store.seqs()] if store else []
    with warehouse.begin() as connection:
        links = connection.execute(select(func.max(audit_links.c.seq))).scalar() or 0
        log = verifier.verify_checkpoints(_checkpoint_documents(connection), keys, report)
        _check_columns(connection, report)
        signed = {seq: checkpoint.link_hash for seq, checkpoint in log.items()}
        head = max(signed, default=0)
        named = verifier.verify_chain(lambda: _lines(connection, max(links, head)), signed, head, report)
        _verify_statements(connection, max(links, head), named, keys, report)
    if store:
        verifier.verify_copies(copies, log, keys, report)
    return report


def _check_columns(connection: Connection, report: Report) -> None:
    table = audit_checkpoints
    for row in _stream(connection, select(table.c.seq, table.c.key_id, table.c.checkpoint)):
        said = verifier.parse(row.checkpoint, verifier.CHECKPOINT)
        if said and (said["seq"], said["key_id"]) != (row.seq, row.key_id):
            text = f"checkpoint seq {said['seq']} of key {said['key_id']} stands as seq {row.seq} of key {row.key_id}"
            report.add("checkpoint", text, row.seq)


def _verify_statements(connection: Connection, links: int, named: dict[str, Line], keys: Keys, report: Report) -> None:
    """The ids come first: what is recorded after them may have its entry in none of the two halves of the log."""
    ids = _statement_ids(connection)
    for row in _stream(connection, unsealed_entries(links)):
        report.unsealed += 1
        if fault := recorded_fault(row):
            report.add("altered", f"entry {row.entry_id}, not sealed yet: {fault}", None, row.entry_id)
        if row.statement_id:
            named.setdefault(row.statement_id, Line(0, entry_id=row.entry_id))
    verifier.verify_statements(_statement_rows(connection, ids | named.keys()), named, keys, report)


def _stream(connection: Connection, statement: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execute(statement, execution_options={"stream_results": True, "yield_per": 2_000})


def _head(connection: Connection) -> int:
    return connection.execute(select(func.max(audit_checkpoints.c.seq))).scalar() or 0


def _linked(up_to: int) -> Select[Any]:
    return (
        select(audit_links.c.seq, audit_links.c.entry_id.label("linked_id"), audit_links.c.previous)
        .add_columns(audit_links.c.link_hash, *audit_entries.c)
        .outerjoin(audit_entries, audit_entries.c.entry_id == audit_links.c.entry_id)
        .where(audit_links.c.seq <= up_to)
        .order_by(audit_links.c.seq)
    )


def _lines(connection: Connection, up_to: int) -> Iterator[Line]:
    for place, row in enumerate(_stream(connection, _linked(up_to)), 1):
        line = line_of(place, row.seq, row.linked_id, row.previous, row.link_hash, row.entry)
        yield line if line.fault else replace(line, fault=recorded_fault(row))


def _entry_lines(connection: Connection, head: int, named: set[str], progress: Callable[[int], None]) -> Iterator[str]:
    for count, row in enumerate(_stream(connection, _linked(head)), 1):
        if row.entry is None:
            continue
        if row.statement_id:
            named.add(row.statement_id)
        if count % PROGRESS_EVERY == 0:
            progress(count)
        link = {name: getattr(row, name) for name in ("seq", "previous", "link_hash", "entry")}
        yield canonical_json({**link, "entry_id": row.linked_id})


def _checkpoint_documents(connection: Connection, head: int | None = None) -> Iterator[str]:
    every = select(audit_checkpoints.c.checkpoint, audit_checkpoints.c.signature).order_by(audit_checkpoints.c.seq)
    for row in _stream(connection, every if head is None else every.where(audit_checkpoints.c.seq <= head)):
        yield SignedCheckpoint(row.checkpoint, row.signature).document()


def _statement_ids(connection: Connection) -> set[str]:
    return set(connection.execute(select(statements.c.statement_id)).scalars())


def _statement_rows(connection: Connection, ids: set[str]) -> Iterator[Mapping[str, str]]:
    every = select(*(statements.c[name] for name in verifier.STATEMENT)).order_by(
        statements.c.recorded_at, statements.c.statement_id
    )
    for row in _stream(connection, every):
        if row.statement_id in ids:
            values = row._mapping
            yield {name: _text(values[name]) for name in verifier.STATEMENT}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value.isoformat())


def _statement_lines(connection: Connection, head: int, named: set[str]) -> Iterator[str]:
    """The statements of a log of so many links: not those that only a later entry records."""
    ids = _statement_ids(connection)
    later = {row.statement_id for row in _stream(connection, unsealed_entries(head)) if row.statement_id}
    for row in _statement_rows(connection, ids - (later - named)):
        yield canonical_json(row)
