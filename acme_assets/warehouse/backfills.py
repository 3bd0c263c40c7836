"""Backfills in the ledger: planned from it, opened, cancelled and done with their audit entries, and read back."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, select, update

from acme_assets.audit.canonical import digest
from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.gates.decision import decide
from acme_assets.gates.terms import night_of
from acme_assets.nights.backfill import Known, Plan, Progress, Sizes, nights_of, plan, progress, unbuilt
from acme_assets.nights.dependents import Came, Night
from acme_assets.nights.facts import BackfillState, NightFacts
from acme_assets.nights.status import assess
from acme_assets.warehouse.backfill_tables import backfill_nights, backfills
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import candidates, client_nights, deliveries, loads
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_nights, read_unsettled
from client_partitions.calendar import business_date_in_hand
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Roster

SEEN_AFTER = timedelta(minutes=10)
"""How long a backfill stays open at least: by then what lies in the landing zone for its nights has been recorded."""


class NoBackfill(Exception):
    """There is no such backfill, or it cannot be changed any more. The text says how to find one."""


@dataclass(frozen=True)
class Scope:
    """Which deliveries a plan is for."""

    client_id: str | None = None
    feed: Feed | None = None
    first: date | None = None
    last: date | None = None
    """With `first`: deliveries for these business dates, here or to come. Without: what came and is not built."""
    since: datetime | None = None
    """Without dates: what came since then, built or not."""


@dataclass(frozen=True)
class BackfillNight:
    """One client night of a backfill, as it was planned."""

    client_id: str
    business_date: date
    feeds: tuple[str, ...]
    marts: tuple[str, ...]
    why: tuple[str, ...]

    @property
    def night(self) -> Night:
        """Client id and business date."""
        return (self.client_id, self.business_date)


@dataclass(frozen=True)
class Backfill:
    """A backfill as the ledger has it."""

    backfill_id: str
    state: BackfillState
    reason: str
    opened_by: str
    opened_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    ended_reason: str | None
    cost: Mapping[str, int]
    nights: tuple[BackfillNight, ...] = ()


def make_plan(
    connection: Connection,
    clients: Mapping[str, Client],
    roster: Roster,
    now: datetime,
    scope: Scope,
    lookback: timedelta,
) -> Plan:
    """The plan for what came: a constant number of queries for up to 500 nights, and as many again for each 500 more.

    Args:
        lookback: how far back files are taken and nights are looked at by themselves.
    """
    wanted = {name: client for name, client in clients.items() if scope.client_id in (None, name)}
    in_hand = {name: business_date_in_hand(client, now) for name, client in wanted.items()}
    came = [
        item
        for item in _came(connection, wanted, in_hand, now, scope, lookback)
        if item.client_id in wanted and scope.feed in (None, item.feed) and item.business_date < in_hand[item.client_id]
    ]
    nights = nights_of(came, wanted, in_hand)
    known = known_nights(read_nights(connection, nights.keys()), wanted, roster, now)
    opened = [night for night in nights if scope.first and night[1] < now.date() - lookback]
    sizes = _sizes(connection, {name for name, _ in nights}) if nights else Sizes()
    return plan(came, wanted, known, in_hand, sizes, opened=opened)


def _came(
    connection: Connection,
    clients: Mapping[str, Client],
    in_hand: Mapping[str, date],
    now: datetime,
    scope: Scope,
    lookback: timedelta,
) -> Iterable[Came]:
    if scope.first:
        last = min(scope.last or scope.first, max(in_hand.values(), default=scope.first))
        days = [scope.first + timedelta(days=number) for number in range((last - scope.first).days + 1)]
        here = read_nights(connection, {(name, day) for name in clients for day in days})
        return [
            Came(name, day, feed)
            for (name, day), facts in here.items()
            for feed in clients[name].feeds
            if feed == scope.feed or feed in clients[name].feeds_owed(day) or feed in facts.deliveries
        ]
    if scope.since:
        columns = (deliveries.c[name] for name in ("client_id", "business_date", "feed"))
        speaking = deliveries.c.state.in_(("arrived", "loaded"))
        rows = connection.execute(select(*columns).where(deliveries.c.observed_at >= scope.since, speaking))
        return [Came(*row) for row in rows]
    found = read_unsettled(connection, now.date() - lookback, now.date())
    return [item for facts in found for item in unbuilt(facts)]


def known_nights(
    facts: Mapping[Night, NightFacts], clients: Mapping[str, Client], roster: Roster, now: datetime
) -> dict[Night, Known]:
    """Each night under its terms, with its gate and its chain; nights of clients that are gone are left out."""
    found = {}
    for night, item in facts.items():
        if night[0] in clients:
            under = night_of(clients[night[0]], item, roster, now)
            gate = decide(under)
            found[night] = Known(under.facts, gate, assess(under.client, under.facts, gate, now))
    return found


def _sizes(connection: Connection, client_ids: Collection[str]) -> Sizes:
    newest = (
        select(loads.c.client_id, loads.c.feed, func.max(loads.c.loaded_at).label("loaded_at"))
        .where(loads.c.client_id.in_(client_ids))
        .group_by(loads.c.client_id, loads.c.feed)
        .subquery("newest")
    )
    same = (loads.c[name] == newest.c[name] for name in ("client_id", "feed", "loaded_at"))
    feeds = connection.execute(select(loads.c.client_id, loads.c.feed, loads.c.rows_loaded).join(newest, and_(*same)))
    return Sizes({(row[0], row[1]): row[2] for row in feeds}, _candidate_rows(connection, client_ids))


def _candidate_rows(connection: Connection, client_ids: Collection[str]) -> dict[str, int]:
    newest = (
        select(client_nights.c.client_id, func.max(client_nights.c.business_date).label("business_date"))
        .where(client_nights.c.client_id.in_(client_ids), client_nights.c.candidate.is_not(None))
        .group_by(client_nights.c.client_id)
        .subquery("newest")
    )
    same = (client_nights.c[name] == newest.c[name] for name in ("client_id", "business_date"))
    rows = connection.execute(
        select(candidates.c.client_id, candidates.c.evidence)
        .join(client_nights, client_nights.c.candidate == candidates.c.evidence_digest)
        .join(newest, and_(*same))
    )
    return {
        client_id: sum(mart["rows"] for mart in json.loads(evidence)["marts"].values()) for client_id, evidence in rows
    }


def open_backfill(warehouse: Warehouse, made: Plan, reason: str, by: str, now: datetime) -> tuple[str, bool]:
    """Open the backfill of a plan, with its audit entry; its id, and whether it is new. The same plan twice is one.

    Raises:
        ValueError: the plan has no night, or there is no reason.
    """
    if not made.nights:
        raise ValueError("there is nothing to rebuild")
    _require(reason)
    with warehouse.begin() as connection:
        times = 0
        while (known := _state_of(connection, made.backfill_id(times))) not in (None, "open"):
            times += 1
        backfill_id, cost = made.backfill_id(times), asdict(made.cost)
        row = {"backfill_id": backfill_id, "state": "open", "reason": reason, "opened_by": by, "opened_at": now}
        if known or not warehouse.insert_new(connection, backfills, {**row, "cost": json.dumps(cost)}):
            return backfill_id, False
        connection.execute(
            insert(backfill_nights),
            [
                {
                    "backfill_id": backfill_id,
                    "client_id": night.client_id,
                    "business_date": night.business_date,
                    **{name: json.dumps(getattr(night, name)) for name in ("feeds", "marts", "why")},
                }
                for night in made.nights
            ],
        )
        nights = [night.night for night in made.nights]
        _write(connection, "backfill_opened", backfill_id, nights, by, now, {"reason": reason, "cost": cost})
    return backfill_id, True


def _require(reason: str) -> None:
    if not reason.strip():
        raise ValueError("a backfill needs a reason, for the record: --reason")


def _state_of(connection: Connection, backfill_id: str) -> str | None:
    return connection.execute(select(backfills.c.state).filter_by(backfill_id=backfill_id)).scalar()


def cancel_backfill(warehouse: Warehouse, backfill: Backfill, reason: str, by: str, now: datetime) -> None:
    """Cancel it, with its audit entry. Its nights stay as they are until something else comes for them.

    Raises:
        NoBackfill: it is not open any more.
        ValueError: there is no reason.
    """
    _require(reason)
    if not _end(warehouse, backfill, "cancelled", by, now, reason):
        raise NoBackfill(
            f"backfill {backfill.backfill_id[:8]} has ended; see: acme backfill show {backfill.backfill_id[:8]}"
        )


def end_done(warehouse: Warehouse, clients: Mapping[str, Client], roster: Roster, now: datetime) -> list[str]:
    """End the open backfills all of whose nights are built, with their audit entries; their ids."""
    with warehouse.begin() as connection:
        found = [item for item in read_backfills(connection, open_only=True) if now >= item.opened_at + SEEN_AFTER]
        known = known_of(connection, found, clients, roster, now)
    return [
        item.backfill_id
        for item in found
        if progress_of(item, known).is_done and _end(warehouse, item, "done", SYSTEM, now)
    ]


def _end(
    warehouse: Warehouse, backfill: Backfill, state: BackfillState, by: str, now: datetime, reason: str | None = None
) -> bool:
    is_open = update(backfills).filter_by(backfill_id=backfill.backfill_id, state="open")
    ended = is_open.values(state=state, ended_by=by, ended_at=now, ended_reason=reason)
    action: Action = "backfill_done" if state == "done" else "backfill_cancelled"
    nights = [item.night for item in backfill.nights]
    with warehouse.begin() as connection:
        if connection.execute(ended).rowcount != 1:
            return False
        _write(connection, action, backfill.backfill_id, nights, by, now, {"reason": reason} if reason else {})
    return True


def _write(
    connection: Connection,
    action: Action,
    backfill_id: str,
    nights: Sequence[Night],
    by: str,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    clients, days = sorted({night[0] for night in nights}), sorted(night[1] for night in nights)
    said = {
        "backfill_id": backfill_id,
        "clients": clients,
        "nights": len(nights),
        "first_date": days[0],
        "last_date": days[-1],
        "nights_digest": digest(sorted(nights)),
        **details,
    }
    write_entry(connection, Entry(now, by, action, clients[0] if len(clients) == 1 else None, None, said))


def known_of(
    connection: Connection,
    found: Iterable[Backfill],
    clients: Mapping[str, Client],
    roster: Roster,
    now: datetime,
) -> dict[Night, Known]:
    """The nights of these backfills as they are now."""
    nights = {item.night for backfill in found for item in backfill.nights}
    return known_nights(read_nights(connection, nights), clients, roster, now) if nights else {}


def progress_of(backfill: Backfill, known: Mapping[Night, Known]) -> Progress:
    """How far it is. Nights of clients that are gone from the registry count for nothing."""
    return progress([known[item.night] for item in backfill.nights if item.night in known])


def read_backfills(connection: Connection, *, open_only: bool = False, limit: int = 100) -> list[Backfill]:
    """Backfills with their nights, the newest first."""
    chosen = select(backfills).order_by(backfills.c.opened_at.desc(), backfills.c.backfill_id).limit(limit)
    return _with_nights(connection, chosen.filter_by(state="open") if open_only else chosen)


def read_backfill(connection: Connection, start: str) -> Backfill:
    """The backfill whose id begins so.

    Raises:
        NoBackfill: there is none, or there are several.
    """
    if len(start) < 4:
        raise NoBackfill(f"{start!r} is too short; give 4 digits of the backfill's id or more")
    found = _with_nights(
        connection, select(backfills).where(backfills.c.backfill_id.startswith(start, autoescape=True))
    )
    if not found:
        raise NoBackfill(f"there is no backfill {start}; see: acme backfill list")
    if len(found) > 1:
        raise NoBackfill(f"{start} begins {len(found)} backfills' ids; give more of it")
    return found[0]


def _with_nights(connection: Connection, chosen: Select[Any]) -> list[Backfill]:
    rows = connection.execute(chosen).mappings().all()
    nights: dict[str, list[BackfillNight]] = {row["backfill_id"]: [] for row in rows}
    order = (backfill_nights.c.business_date, backfill_nights.c.client_id)
    of_these = select(backfill_nights).where(backfill_nights.c.backfill_id.in_(nights)).order_by(*order)
    for item in connection.execute(of_these).mappings() if rows else ():
        lists = (tuple(json.loads(item[name])) for name in ("feeds", "marts", "why"))
        nights[item["backfill_id"]].append(BackfillNight(item["client_id"], item["business_date"], *lists))
    return [
        Backfill(**{**row, "cost": json.loads(row["cost"]), "nights": tuple(nights[row["backfill_id"]])})
        for row in rows
    ]


def open_nights(connection: Connection, before: date = date.max) -> dict[Night, str]:
    """The nights of open backfills before a business date, each with the backfill's id. One query.

    Files are taken for them however old they are, and nothing of them is removed.
    """
    rows = connection.execute(
        select(backfill_nights.c.client_id, backfill_nights.c.business_date, backfills.c.backfill_id)
        .join(backfills, backfills.c.backfill_id == backfill_nights.c.backfill_id)
        .where(backfills.c.state == "open", backfill_nights.c.business_date < before)
    )
    return {(client_id, day): backfill_id for client_id, day, backfill_id in rows}
