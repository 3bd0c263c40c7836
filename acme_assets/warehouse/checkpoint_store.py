"""Copies of the checkpoints outside the warehouse, where whoever can rewrite the warehouse cannot rewrite them.

One object per checkpoint, written once: in a folder (file:///…, for one machine) or in S3 with Object Lock
(s3://bucket/prefix). They are written in their order, so that all that are older than one that is there are there
as well: what is still to copy is found by going back from the newest, after a crash too.
"""

import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import select

from acme_assets.audit.chain import SignedCheckpoint
from acme_assets.audit.signing import PublicKey, SigningKey
from acme_assets.warehouse.audit_tables import audit_checkpoints
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.sealing import ChainBroken, Sealed, seal

KEPT_YEARS = 6
"""45 CFR 164.316(b)(2)(i)."""

_NAME = re.compile(r"(?:.*/)?checkpoint-(\d{12})\.json")
_PAGE = 100


class StoreUnavailable(Exception):
    """The copies cannot be listed, read or written now. The text says what to check."""


class CheckpointStore(Protocol):
    """Where copies are kept. Every method raises StoreUnavailable where the store does not answer."""

    def seqs(self, after: int = 0) -> Iterator[int]:
        """The checkpoints that it has of more than `after` links, ascending."""
        ...

    def read(self, seq: int) -> str | None:
        """A copy; None where there is none."""
        ...

    def write(self, seq: int, document: str, until: datetime) -> bool:
        """Write a copy that is kept until then; False where there is one already."""
        ...


def open_checkpoint_store(url: str | None) -> CheckpointStore | None:
    """The store at a URL (ACME_CHECKPOINT_URL); None for none.

    Raises:
        ValueError: the URL is neither file:///folder nor s3://bucket/prefix.
    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path.strip("/"):
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        from acme_assets.warehouse.s3_store import S3Store

        return S3Store.connect(parts.netloc, parts.path.strip("/"))
    raise ValueError(f"ACME_CHECKPOINT_URL is {url!r}; give file:///folder or s3://bucket/prefix")


def seal_and_copy(
    warehouse: Warehouse,
    store: CheckpointStore | None,
    key: SigningKey,
    now: datetime,
    former: Iterable[PublicKey] = (),
    *,
    everything: bool = False,
) -> tuple[Sealed, int]:
    """Seal the log, and copy its checkpoints; returns also how many were copied.

    The ledger is held against the store first: nothing is sealed on top of a log that was cut or made anew.

    Raises:
        ChainBroken, StoreUnavailable: see `seal` and `copy_checkpoints`.
    """
    before = copy_checkpoints(warehouse, store, now) if store else 0
    sealed = seal(warehouse, key, now, former, everything=everything)
    after = copy_checkpoints(warehouse, store, now) if store and sealed.entries else 0
    return sealed, before + after


def copy_checkpoints(warehouse: Warehouse, store: CheckpointStore, now: datetime) -> int:
    """Copy the checkpoints that have no copy yet; returns how many.

    Raises:
        ChainBroken: the store has another checkpoint of so many links, or one of more links than the ledger has.
        StoreUnavailable: it cannot be asked or written to now; the next call goes on from there.
    """
    waiting: list[tuple[int, str]] = []
    newest = 0
    for seq, document in _newest_first(warehouse):
        newest = max(newest, seq)
        copy = store.read(seq)
        if copy is not None:
            _require_same(seq, copy, document)
            break
        waiting.append((seq, document))
    beyond = next(store.seqs(after=newest), None)
    if beyond is not None and not any(seq == beyond for seq, _ in _newest_first(warehouse, down_to=beyond)):
        raise ChainBroken(f"the store has a checkpoint of {beyond} links and the ledger has not: the log was cut")
    for seq, document in reversed(waiting):
        if not store.write(seq, document, _years_after(now, KEPT_YEARS)):
            _require_same(seq, store.read(seq), document)
    return len(waiting)


def _newest_first(warehouse: Warehouse, down_to: int = 0) -> Iterator[tuple[int, str]]:
    """(seq, document) of the ledger's checkpoints; no transaction is open while the store is asked."""
    table = audit_checkpoints
    page = select(table.c.seq, table.c.checkpoint, table.c.signature).where(table.c.seq >= down_to)
    below: int | None = None
    while True:
        with warehouse.begin() as connection:
            older = page if below is None else page.where(table.c.seq < below)
            rows = connection.execute(older.order_by(table.c.seq.desc()).limit(_PAGE)).all()
        for row in rows:
            below = row.seq
            yield row.seq, SignedCheckpoint(row.checkpoint, row.signature).document()
        if len(rows) < _PAGE:
            return


def _require_same(seq: int, copy: str | None, document: str) -> None:
    if copy != document:
        raise ChainBroken(
            f"checkpoint seq {seq} of the ledger is not the one that was copied to the store: the log was made anew; "
            "see: acme audit verify"
        )


def _years_after(moment: datetime, years: int) -> datetime:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, month=3, day=1)


def copy_name(seq: int) -> str:
    """The name of a checkpoint's copy; names are in the order of their numbers."""
    return f"checkpoint-{seq:012d}.json"


def seqs_in(names: Iterable[str], after: int) -> Iterator[int]:
    """The numbers of the copies among these names or paths, those above `after`."""
    found = (int(match[1]) for name in names if (match := _NAME.fullmatch(name)))
    return (seq for seq in found if seq > after)


class FolderStore:
    """A folder of this machine. Its files are read-only; nothing keeps their owner from deleting them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seqs(self, after: int = 0) -> Iterator[int]:
        with self._errors():
            return seqs_in(sorted(path.name for path in self._folder.iterdir()), after)

    def read(self, seq: int) -> str | None:
        with self._errors():
            path = self._folder / copy_name(seq)
            return path.read_text(encoding="utf-8") if path.exists() else None

    def write(self, seq: int, document: str, until: datetime) -> bool:
        with self._errors(), tempfile.NamedTemporaryFile(dir=self._folder, prefix=".") as whole:
            whole.write(document.encode())
            whole.flush()
            os.fchmod(whole.fileno(), 0o400)
            os.fsync(whole.fileno())
            try:
                os.link(whole.name, self._folder / copy_name(seq))
            except FileExistsError:
                return False
            return True

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnavailable(
                f"the checkpoints' folder {self._folder} cannot be used ({error.strerror}); create or mount it, "
                "check its permissions, or set ACME_CHECKPOINT_URL"
            ) from error
