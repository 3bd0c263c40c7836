"""Seal the audit log: link the entries that are not linked yet, and sign the chain's new head.

Writers of entries never wait for this: it locks nothing that they use. An entry that is committed after others
that were recorded later is linked when it is seen. Of two that seal at once, the first link decides: its seq can be
inserted once, and the other one then writes nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, select, true

from acme_assets.audit.chain import (
    GENESIS,
    Checkpoint,
    NoCheckpoint,
    SignedCheckpoint,
    link_hash,
    read_checkpoint,
    sign_checkpoint,
)
from acme_assets.audit.signing import PublicKey, SigningKey
from acme_assets.audit.verifier import entry_fault
from acme_assets.warehouse.audit_tables import audit_checkpoints, audit_links
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.people import Roster

BATCH = 4_000
"""Links go in one INSERT, and Snowflake wants a statement below 1 MB."""

LOOKBACK = timedelta(days=1)
"""How long before the last linked entry one that is not linked is looked for: it may have committed later."""

_REMEDY = "nothing more is sealed until that is cleared up: acme audit verify, then docs/audit.md"


class ChainBroken(Exception):
    """The audit log is not what was sealed or recorded. The text names the place."""


@dataclass(frozen=True)
class Sealed:
    """What a call of `seal` did."""

    entries: int
    """How many it linked."""
    head: int
    """How many are linked now."""
    is_complete: bool = True
    """False where another process was sealing meanwhile, and may have left something."""


@dataclass(frozen=True)
class _Head:
    seq: int
    link_hash: str
    since: datetime | None = None
    """From when on there may be entries to link; None for always."""


def service_keys(roster: Roster) -> list[PublicKey]:
    """Every key that the service ever signed with, as people.yaml lists them."""
    return [
        PublicKey(key.public) for person in roster.people.values() if "service" in person.roles for key in person.keys
    ]


def seal(
    warehouse: Warehouse,
    key: SigningKey,
    now: datetime,
    former: Iterable[PublicKey] = (),
    *,
    everything: bool = False,
) -> Sealed:
    """Link and sign what is not sealed yet, in transactions of at most 4,000 entries.

    Args:
        key: the service's.
        former: other keys whose checkpoints are accepted as the service's: see `service_keys`.
        everything: look at the whole log, not only from a day before the last linked entry on.

    Raises:
        ChainBroken: the last checkpoint did not sign the present head, or an entry is not what was recorded.
    """
    known = {item.key_id: item for item in (*former, key.public)}
    entries = 0
    while True:
        with warehouse.begin() as connection:
            head = _head(connection, known)
            waiting = unsealed_entries()
            if head.since and not everything:
                waiting = waiting.where(audit_entries.c.recorded_at >= head.since)
            rows = connection.execute(waiting.limit(BATCH)).all()
            if not rows or not _append(warehouse, connection, key, head, rows, now):
                return Sealed(entries, head.seq, is_complete=not rows)
        entries += len(rows)
        if len(rows) < BATCH:
            return Sealed(entries, head.seq + len(rows))


def unsealed_entries(up_to: int | None = None) -> Select[Any]:
    """The entries without a link (or without one of the first `up_to`), in the order in which they are sealed."""
    linked = audit_links.c.entry_id == audit_entries.c.entry_id
    if up_to is not None:
        linked = and_(linked, audit_links.c.seq <= up_to)
    return (
        select(*audit_entries.c)
        .outerjoin(audit_links, linked)
        .where(audit_links.c.seq.is_(None))
        .order_by(audit_entries.c.recorded_at, audit_entries.c.entry_id)
    )


def recorded_fault(row: Row[Any] | Mapping[str, Any]) -> str | None:
    """Why a row of ops.audit_entries is not what was recorded; None where it is."""
    columns = row if isinstance(row, Mapping) else row._mapping
    if fault := entry_fault(columns["entry"], columns["entry_id"]):
        return fault
    try:
        said = _said(json.loads(columns["entry"]))
    except (TypeError, ValueError):
        return "its text has no time or date where one belongs"
    wrong = [name for name, value in said.items() if columns[name] != value]
    return f"its column {wrong[0]} is not what its text says" if wrong else None


def _said(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a text stands for."""
    return {
        "recorded_at": datetime.fromisoformat(entry["recorded_at"]),
        "actor": entry["actor"],
        "action": entry["action"],
        "client_id": entry["client_id"],
        "business_date": date.fromisoformat(entry["business_date"]) if entry["business_date"] is not None else None,
        "statement_id": entry["details"].get("statement_id"),
    }


def _head(connection: Connection, known: Mapping[str, PublicKey]) -> _Head:
    """The last link, as the last checkpoint signed it.

    One statement, so that both are read at one moment while another process may be sealing.
    """
    last = select(func.max(audit_links.c.seq).label("seq")).subquery("last_link")
    signed = select(func.max(audit_checkpoints.c.seq).label("seq")).subquery("last_checkpoint")
    row = connection.execute(
        select(
            *(audit_links.c[name].label(name) for name in ("seq", "previous", "entry_id", "link_hash")),
            audit_checkpoints.c.seq.label("covers"),
            *(audit_checkpoints.c[name] for name in ("checkpoint", "key_id", "signature")),
            audit_entries.c.recorded_at,
        )
        .select_from(last)
        .outerjoin(audit_links, audit_links.c.seq == last.c.seq)
        .outerjoin(audit_entries, audit_entries.c.entry_id == audit_links.c.entry_id)
        .join(signed, true())
        .outerjoin(audit_checkpoints, audit_checkpoints.c.seq == signed.c.seq)
    ).one()
    if row.seq is None and row.covers is None:
        return _Head(0, GENESIS)
    if row.seq != row.covers:
        raise ChainBroken(f"the chain ends at seq {row.seq}, and the last checkpoint covers {row.covers}; {_REMEDY}")
    signer = known.get(row.key_id)
    if signer is None:
        raise ChainBroken(
            f"checkpoint seq {row.covers} names key {row.key_id}, which is no key of the service; "
            "list the service's former keys in people.yaml"
        )
    checkpoint = _signed(row, signer)
    if checkpoint is None or link_hash(row.seq, row.previous, row.entry_id) != row.link_hash:
        raise ChainBroken(f"link seq {row.seq} is not the one that its checkpoint signed; {_REMEDY}")
    if row.recorded_at is None:
        raise ChainBroken(f"entry {row.entry_id} of link seq {row.seq} is gone; {_REMEDY}")
    return _Head(row.seq, row.link_hash, min(row.recorded_at, checkpoint.made_at) - LOOKBACK)


def _signed(row: Row[Any], signer: PublicKey) -> Checkpoint | None:
    """The checkpoint of a link, where the signer signed that it is the head."""
    try:
        checkpoint = read_checkpoint(row.checkpoint)
    except NoCheckpoint:
        return None
    is_of_link = (checkpoint.seq, checkpoint.link_hash, checkpoint.key_id) == (row.seq, row.link_hash, signer.key_id)
    return checkpoint if is_of_link and SignedCheckpoint(row.checkpoint, row.signature).is_signed_by(signer) else None


def _append(
    warehouse: Warehouse,
    connection: Connection,
    key: SigningKey,
    head: _Head,
    rows: Sequence[Row[Any]],
    now: datetime,
) -> bool:
    """Write links and a checkpoint; False, and nothing written, where another process has sealed meanwhile."""
    first, *others = _links(head, rows)
    if not warehouse.insert_new(connection, audit_links, first):
        return False
    if others:
        connection.execute(insert(audit_links), others)
    last = [first, *others][-1]
    checkpoint = sign_checkpoint(key, last["seq"], last["link_hash"], now)
    connection.execute(
        insert(audit_checkpoints).values(
            seq=last["seq"],
            checkpoint=checkpoint.text,
            key_id=key.public.key_id,
            signature=checkpoint.signature,
        )
    )
    return True


def _links(head: _Head, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    previous = head.link_hash
    for seq, row in enumerate(rows, head.seq + 1):
        if fault := recorded_fault(row):
            raise ChainBroken(f"entry {row.entry_id} is not what was recorded: {fault}; {_REMEDY}")
        made = link_hash(seq, previous, row.entry_id)
        links.append({"seq": seq, "entry_id": row.entry_id, "previous": previous, "link_hash": made})
        previous = made
    return links
