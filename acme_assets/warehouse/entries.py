"""Write audit entries, in the transaction of what they record; read them since a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select

from acme_assets.audit.entry import Entry
from acme_assets.warehouse.ledger import audit_entries


def write_entry(connection: Connection, entry: Entry) -> None:
    """Record what happened. Commit it with what made it happen."""
    connection.execute(
        insert(audit_entries).values(
            entry_id=entry.entry_id(),
            recorded_at=entry.recorded_at,
            actor=entry.actor,
            action=entry.action,
            client_id=entry.client_id,
            business_date=entry.business_date,
            statement_id=entry.details.get("statement_id"),
            entry=entry.canonical(),
        )
    )


@dataclass(frozen=True)
class StoredEntry:
    """An entry as the ledger holds it."""

    entry_id: str
    recorded_at: datetime
    action: str
    client_id: str | None
    business_date: date | None
    entry: str


def entries_since(connection: Connection, moment: datetime) -> Sequence[StoredEntry]:
    """Entries recorded from `moment` on, oldest first."""
    columns: list[Any] = [audit_entries.c[name] for name in StoredEntry.__dataclass_fields__]
    statement = (
        select(*columns)
        .where(audit_entries.c.recorded_at >= moment)
        .order_by(audit_entries.c.recorded_at, audit_entries.c.entry_id)
    )
    return [StoredEntry(*row) for row in connection.execute(statement)]


def entries_page(connection: Connection, after: tuple[datetime, str], limit: int) -> Sequence[StoredEntry]:
    """At most so many entries after a moment and an id, oldest first; those of one moment in order of their ids."""
    moment, entry_id = after
    columns: list[Any] = [audit_entries.c[name] for name in StoredEntry.__dataclass_fields__]
    same_moment = and_(audit_entries.c.recorded_at == moment, audit_entries.c.entry_id > entry_id)
    statement = (
        select(*columns)
        .where(audit_entries.c.recorded_at >= moment, or_(audit_entries.c.recorded_at > moment, same_moment))
        .order_by(audit_entries.c.recorded_at, audit_entries.c.entry_id)
        .limit(limit)
    )
    return [StoredEntry(*row) for row in connection.execute(statement)]


@dataclass(frozen=True)
class Revision:
    """What the audit log's end looks like: equal while no entry was added since `since`."""

    since: datetime
    entries: int
    newest: datetime | None

    def write(self) -> list[Any]:
        """As JSON values."""
        return [self.since.isoformat(), self.entries, self.newest.isoformat() if self.newest else None]

    @classmethod
    def read(cls, data: Sequence[Any]) -> "Revision":
        """From `write`."""
        since, entries, newest = data
        return cls(datetime.fromisoformat(since), entries, datetime.fromisoformat(newest) if newest else None)


def revision(connection: Connection, since: datetime) -> Revision:
    """The revision of the audit log from a moment on: one small query. Entries are only ever added."""
    recorded = audit_entries.c.recorded_at
    count, newest = connection.execute(select(func.count(), func.max(recorded)).where(recorded >= since)).one()
    return Revision(since, count, newest)
