"""Messages in the ledger: what is to be said, and each try to say it.

A try is claimed and committed before anything leaves the house, so what a killed process leaves is known: a message in
state `sending`, which whoever comes after `STALE` tries again under the same message id. It may have been said; the
channels that know a dedupe key say it once all the same.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, and_, case, or_, select, update

from acme_assets.alerts.incident import Message
from acme_assets.audit.canonical import canonical_json
from acme_assets.warehouse.alert_tables import message_attempts, messages
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.client import Person

STALE = timedelta(minutes=2)
"""A claim older than that is a killed process's: no try takes so long."""

MessageState = Literal["due", "sending", "sent", "failed", "dropped"]

_OPEN = ("due", "sending")


@dataclass(frozen=True)
class Try:
    """One try to send a message; `outcome` is None where its process was killed."""

    channel: str
    outcome: str | None
    detail: str | None


@dataclass(frozen=True)
class DueMessage:
    """A message that is to be sent now."""

    message: Message
    html: str | None
    attempts: int
    is_resumed: bool
    """A try of it was under way when its process was killed."""
    tries: tuple[Try, ...]
    """In order."""


@dataclass(frozen=True)
class StoredMessage:
    """A message and what became of it."""

    message: Message
    state: MessageState
    attempts: int
    sent_at: datetime | None
    sent_by: str | None
    last_error: str | None


def enqueue(
    warehouse: Warehouse,
    connection: Connection,
    made: Sequence[Message],
    html: Mapping[str, str] | None = None,
) -> int:
    """Note messages that are to be sent, those whose id is there already left as they are; how many were new.

    Args:
        html: message id to the same as HTML, for channels that show it; pictures as data URIs.
    """
    if not made:
        return 0
    ids = messages.c.message_id
    known = set(connection.execute(select(ids).where(ids.in_([item.message_id for item in made]))).scalars())
    fresh = {item.message_id: item for item in reversed(made) if item.message_id not in known}
    return sum(warehouse.insert_new(connection, messages, _row(item, html or {})) for item in fresh.values())


def _row(message: Message, html: Mapping[str, str]) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "incident_id": message.incident_id,
        "recipient": message.recipient.email,
        "recipient_name": message.recipient.name,
        "urgency": message.urgency,
        "channels": canonical_json(message.channels),
        "due_at": message.due_at,
        "subject": message.subject,
        "body": message.body,
        "html": html.get(message.message_id),
        "rung": message.rung,
        "state": "due",
        "attempts": 0,
        "next_at": message.due_at,
    }


def drop(connection: Connection, incident_ids: Sequence[str], reason: str) -> int:
    """What is not sent of these incidents is not to be sent any more; how many messages.

    A try that is under way is not stopped. Where it succeeds the message is sent, and where it does not, it is dropped.
    """
    which = and_(messages.c.incident_id.in_(incident_ids), messages.c.state.in_(_OPEN))
    return _changes(connection, update(messages).where(which).values(state="dropped", last_error=reason))


def due_messages(connection: Connection, now: datetime, limit: int) -> list[DueMessage]:
    """Messages to be sent now, pages first, then those that have waited longest. Two queries."""
    table = messages.c
    which = or_(
        and_(table.state == "due", table.next_at <= now),
        and_(table.state == "sending", table.claimed_at <= now - STALE),
    )
    pages_first = case((table.urgency == "page", 0), else_=1)
    rows = connection.execute(
        select(messages).where(which).order_by(pages_first, table.due_at, table.message_id).limit(limit)
    ).mappings()
    found = list(rows)
    tries = _tries(connection, [row["message_id"] for row in found if row["attempts"]])
    return [
        DueMessage(
            _message(row),
            row["html"],
            row["attempts"],
            row["state"] == "sending",
            tuple(tries.get(row["message_id"], ())),
        )
        for row in found
    ]


def _tries(connection: Connection, message_ids: Sequence[str]) -> Mapping[str, list[Try]]:
    found = defaultdict(list)
    if message_ids:
        table = message_attempts.c
        columns = (table.message_id, table.channel, table.outcome, table.detail)
        rows = connection.execute(
            select(*columns).where(table.message_id.in_(message_ids)).order_by(table.message_id, table.number)
        )
        for message_id, channel, outcome, detail in rows:
            found[message_id].append(Try(channel, outcome, detail))
    return found


def _message(row: RowMapping) -> Message:
    return Message(
        row["message_id"],
        row["incident_id"],
        Person(name=row["recipient_name"], email=row["recipient"]),
        row["urgency"],
        tuple(json.loads(row["channels"])),
        row["due_at"],
        row["subject"],
        row["body"],
        row["rung"],
    )


def claim(
    warehouse: Warehouse, connection: Connection, message_id: str, attempts: int, channel: str, now: datetime
) -> int | None:
    """Take one try for oneself: its number, or None where somebody else has it. Commit before sending.

    Args:
        attempts: how many tries there were when the message was read.
    """
    number = attempts + 1
    attempt = {"message_id": message_id, "number": number, "channel": channel, "started_at": now}
    if not warehouse.insert_new(connection, message_attempts, attempt):
        return None
    taken = _of(message_id, attempts, messages.c.state.in_(_OPEN)).values(
        state="sending", attempts=number, claimed_at=now
    )
    if _changes(connection, taken):
        return number
    # Dropped since it was read. The attempt stays on record as one that sent nothing.
    _end_attempt(connection, message_id, number, "refused", "dropped before it was sent", now)
    return None


def finish(
    connection: Connection,
    message_id: str,
    number: int,
    now: datetime,
    *,
    outcome: str,
    detail: str,
    state: MessageState,
    next_at: datetime | None = None,
) -> bool:
    """Record how a try ended and what the message is then; False where it was dropped or taken over meanwhile.

    Args:
        state: `sending` where the next channel is tried at once, `due` where it waits until `next_at`.
    """
    channel = _end_attempt(connection, message_id, number, outcome, detail, now)
    values: dict[str, Any] = {"state": state, "last_error": None if state == "sent" else detail}
    if state == "sent":
        values |= {"sent_at": now, "sent_by": channel}
    if next_at:
        values["next_at"] = next_at
    may_be = ("sending", "dropped") if state == "sent" else ("sending",)
    return bool(_changes(connection, _of(message_id, number, messages.c.state.in_(may_be)).values(values)))


def _end_attempt(
    connection: Connection, message_id: str, number: int, outcome: str, detail: str, now: datetime
) -> str | None:
    key = {"message_id": message_id, "number": number}
    ended = {"ended_at": now, "outcome": outcome, "detail": detail}
    connection.execute(update(message_attempts).filter_by(**key).values(ended))
    return connection.execute(select(message_attempts.c.channel).filter_by(**key)).scalar_one_or_none()


def put_off(connection: Connection, message_id: str, attempts: int, until: datetime) -> bool:
    """Not before a later moment, such as when a rate limit has room again."""
    return bool(_changes(connection, _of(message_id, attempts, messages.c.state == "due").values(next_at=until)))


def give_up(connection: Connection, message_id: str, attempts: int, reason: str) -> bool:
    """It is not tried again; False where somebody else is at it."""
    statement = _of(message_id, attempts, messages.c.state.in_(_OPEN)).values(state="failed", last_error=reason)
    return bool(_changes(connection, statement))


def _of(message_id: str, attempts: int, which: Any) -> Any:
    table = messages.c
    return update(messages).where(table.message_id == message_id, table.attempts == attempts, which)


def _changes(connection: Connection, statement: Any) -> int:
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def sent_since(connection: Connection, since: datetime) -> dict[str, list[datetime]]:
    """Recipient to when they were told something that was no page, since a moment, in order."""
    table = messages.c
    rows = connection.execute(
        select(table.recipient, table.sent_at)
        .where(table.state == "sent", table.sent_at > since, table.urgency != "page")
        .order_by(table.sent_at)
    )
    found = defaultdict(list)
    for recipient, sent_at in rows:
        found[recipient].append(sent_at)
    return dict(found)


def read_messages(
    connection: Connection, *, since: datetime | None = None, incident_ids: Sequence[str] | None = None
) -> list[StoredMessage]:
    """Messages and what became of them, in the order in which they were due.

    Args:
        since: those that were due since then, or are not sent yet.
    """
    which = []
    if since is not None:
        which.append(or_(messages.c.due_at >= since, messages.c.state.in_(_OPEN)))
    if incident_ids is not None:
        which.append(messages.c.incident_id.in_(incident_ids))
    return _read(connection, *which)


LATE = timedelta(minutes=5)
"""A page that has not left after this is itself something to tell of."""


def unsaid(connection: Connection, since: datetime, now: datetime) -> list[StoredMessage]:
    """Messages due since a moment that were given up, and pages that should have left minutes ago."""
    table = messages.c
    is_late = and_(table.state.in_(_OPEN), table.urgency == "page", table.due_at <= now - LATE)
    return _read(connection, table.due_at >= since, or_(table.state == "failed", is_late))


def _read(connection: Connection, *which: Any) -> list[StoredMessage]:
    statement = select(messages).where(*which).order_by(messages.c.due_at, messages.c.message_id)
    names = ("state", "attempts", "sent_at", "sent_by", "last_error")
    return [
        StoredMessage(_message(row), *(row[name] for name in names)) for row in connection.execute(statement).mappings()
    ]
