"""Read what the board shows: the nights asked for and those still open, in as many queries however many they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.sql import ColumnElement

from acme_assets.alerts.incident import Incident
from acme_assets.nights.facts import NightFacts, StatementFact
from acme_assets.warehouse.forecasts import StoredForecast, last_forecasts
from acme_assets.warehouse.incidents import read_live
from acme_assets.warehouse.ledger import client_nights, statements, stray_files
from acme_assets.warehouse.messages import StoredMessage, read_messages
from acme_assets.warehouse.reading import Night, read_nights

MAILS_SINCE = timedelta(hours=24)
"""How far back messages are shown."""


@dataclass(frozen=True)
class StrayFile:
    """A file in the landing zone that is of no delivery."""

    path: str
    reason: str
    owner_group: str
    client_id: str | None
    bytes: int
    first_seen_at: datetime


@dataclass(frozen=True)
class Tonight:
    """The ledger at one moment, as far as the board shows it."""

    facts: Mapping[Night, NightFacts]
    """The nights asked for, and those that are not settled."""
    forecasts: Mapping[Night, StoredForecast]
    """The newest of each that was asked for."""
    incidents: tuple[Incident, ...]
    """That are not resolved."""
    strays: tuple[StrayFile, ...]
    messages: tuple[StoredMessage, ...]
    """Of the last day."""


def read_tonight(connection: Connection, nights: Iterable[Night], open_since: date | None, now: datetime) -> Tonight:
    """Everything at once.

    Args:
        open_since: also the nights from this business date on that are not settled.
    """
    asked = set(nights)
    return Tonight(
        read_facts(connection, asked, open_since),
        last_forecasts(connection, asked),
        tuple(read_live(connection)),
        tuple(read_strays(connection)),
        tuple(read_messages(connection, since=now - MAILS_SINCE)),
    )


def read_facts(
    connection: Connection, nights: Iterable[Night], open_since: date | None = None
) -> dict[Night, NightFacts]:
    """The facts of these nights, and of those that are not settled; `open_since` as of `read_tonight`."""
    wanted = set(nights)
    client_id, day, settled_at = (client_nights.c[name] for name in ("client_id", "business_date", "settled_at"))
    chosen: list[ColumnElement[bool]] = [day.in_(sorted({day for _, day in wanted}))]
    if open_since:
        chosen.append(and_(settled_at.is_(None), day >= open_since))
    rows = connection.execute(select(client_id, day, settled_at).where(or_(*chosen)))
    begun = [
        (row[0], row[1])
        for row in rows
        if (row[0], row[1]) in wanted or (open_since and row[2] is None and row[1] >= open_since)
    ]
    found = read_nights(connection, begun)
    return found | _not_begun(connection, wanted - found.keys())


def _not_begun(connection: Connection, nights: set[Night]) -> dict[Night, NightFacts]:
    """Nights of which nothing has arrived, with the statements about them: an override may have moved the deadline."""
    if not nights:
        return {}
    days = [day for _, day in nights]
    names = ("statement_id", "kind", "client_id", "first_date", "last_date", "signer", "statement", "signature")
    about = and_(statements.c.first_date <= max(days), statements.c.last_date >= min(days))
    by_client = defaultdict(list)
    for row in connection.execute(select(*(statements.c[name] for name in names)).where(about)):
        by_client[row.client_id].append(StatementFact(*row))
    return {
        (client_id, day): NightFacts(
            client_id,
            day,
            statements=tuple(item for item in by_client[client_id] if item.first_date <= day <= item.last_date),
        )
        for client_id, day in nights
    }


def read_strays(connection: Connection) -> list[StrayFile]:
    """Files that are of no delivery, by path."""
    columns = [stray_files.c[name] for name in StrayFile.__dataclass_fields__]
    present = select(*columns).where(stray_files.c.gone_at.is_(None)).order_by(stray_files.c.path)
    return [StrayFile(*row) for row in connection.execute(present)]
