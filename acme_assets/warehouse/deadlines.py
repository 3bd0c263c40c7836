"""Deadlines in the ledger: what the sensor reads to decide, the outcomes, and the forecasts that it stores."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Connection, and_, func, insert, select

from acme_assets.audit.canonical import digest
from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.nights.facts import NightFacts, StatementFact
from acme_assets.sla.outcomes import Outcome, Said
from acme_assets.sla.result import NightForecast
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.forecasts import newest
from acme_assets.warehouse.ledger import client_nights, statements
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import Night, read_nights
from acme_assets.warehouse.sla_tables import deadline_outcomes, forecasts


@dataclass(frozen=True)
class Watched:
    """The nights that are to be looked at, as the ledger has them."""

    facts: Mapping[Night, NightFacts]
    """Those that are not over: undecided, or not settled."""
    decided: frozenset[Night]
    """Nights whose deadline has its outcome."""
    said: Mapping[Night, Said]
    """The last forecast that is stored of each."""
    first: Mapping[str, date]
    """Client id to the first business date that the ledger has of it."""


def read_watched(connection: Connection, nights: Iterable[Night]) -> Watched:
    """As many queries however many nights there are, up to 500 in one."""
    wanted = set(nights)
    days = [day for _, day in wanted]
    if not wanted:
        return Watched({}, frozenset(), {}, {})
    span = (min(days), max(days))
    decided = frozenset((row[0], row[1]) for row in connection.execute(
        select(deadline_outcomes.c.client_id, deadline_outcomes.c.business_date)
        .where(deadline_outcomes.c.business_date.between(*span))
    ))  # fmt: skip
    settled = {(row[0], row[1]): row[2] is not None for row in connection.execute(
        select(client_nights.c.client_id, client_nights.c.business_date, client_nights.c.settled_at)
        .where(client_nights.c.business_date.between(*span))
    )}  # fmt: skip
    begun = {night for night in wanted if night in settled and not (settled[night] and night in decided)}
    facts = read_nights(connection, begun)
    for night in _not_begun(connection, wanted - settled.keys(), span):
        facts[night.client_id, night.business_date] = night
    return Watched(facts, decided & wanted, _said(connection, span), first_nights(connection))


def _not_begun(connection: Connection, nights: set[Night], span: tuple[date, date]) -> list[NightFacts]:
    """Nights of which nothing has arrived, with the statements about them: an override may have moved the deadline."""
    names = ("statement_id", "kind", "client_id", "first_date", "last_date", "signer", "statement", "signature")
    rows = connection.execute(
        select(*(statements.c[name] for name in names)).where(
            statements.c.first_date <= span[1], statements.c.last_date >= span[0]
        )
    )
    by_client = defaultdict(list)
    for row in rows:
        by_client[row.client_id].append(StatementFact(*row))
    return [
        NightFacts(
            client_id,
            day,
            statements=tuple(item for item in by_client[client_id] if item.first_date <= day <= item.last_date),
        )
        for client_id, day in sorted(nights)
    ]


def _said(connection: Connection, span: tuple[date, date]) -> dict[Night, Said]:
    rows = connection.execute(newest(span, ("client_id", "business_date", "made_at", "deadline", "p_miss")))
    return {(row.client_id, row.business_date): Said(row.made_at, row.deadline, row.p_miss) for row in rows}


def first_nights(connection: Connection) -> dict[str, date]:
    """Client id to the first business date that the ledger has of it: before, nobody waited for its files."""
    day = func.min(client_nights.c.business_date)
    rows = connection.execute(select(client_nights.c.client_id, day).group_by(client_nights.c.client_id))
    return {row[0]: row[1] for row in rows}


def record_outcomes(warehouse: Warehouse, outcomes: Iterable[Outcome], now: datetime) -> list[Outcome]:
    """Write each outcome with its audit entry, once, all in one transaction; those that were new."""
    with warehouse.begin() as connection:
        return [item for item in outcomes if _record(warehouse, connection, item, now)]


def _record(warehouse: Warehouse, connection: Connection, outcome: Outcome, now: datetime) -> bool:
    if not warehouse.insert_new(connection, deadline_outcomes, {**vars(outcome), "decided_at": now}):
        return False
    p_miss = None if outcome.p_miss is None else Decimal(f"{outcome.p_miss:.4f}")
    said = ("deadline", "released_at", "blocked_by", "owner_group", "owner")
    details = {name: getattr(outcome, name) for name in said} | {"p_miss": p_miss}
    action: Action = "deadline_met" if outcome.met else "deadline_missed"
    write_entry(connection, Entry(now, SYSTEM, action, outcome.client_id, outcome.business_date, details))
    return True


def store_forecasts(connection: Connection, made: Iterable[NightForecast]) -> int:
    """Store forecasts; how many."""
    rows = [_row(item) for item in made]
    if rows:
        connection.execute(insert(forecasts), rows)
    return len(rows)


def _row(made: NightForecast) -> dict[str, object]:
    night = {"client_id": made.client_id, "business_date": made.business_date, "made_at": made.made_at}
    driver = made.driver
    return {
        "forecast_id": digest(night),
        **night,
        "deadline": made.deadline,
        "p_miss": float(made.p_miss),
        "p_raw": float(made.p_miss if made.p_raw is None else made.p_raw),
        "p50": made.p50,
        "p90": made.p90,
        "driver": driver.name if driver else None,
        "driver_group": driver.owner_group if driver else None,
        "drop_dead_at": driver.drop_dead if driver else None,
    }


def past_forecasts(connection: Connection, since: date) -> list[tuple[float, bool, Night]]:
    """Of every forecast of a night whose deadline is decided: what the simulation said, whether it was missed, and of
    which night it was."""
    same = and_(
        forecasts.c.client_id == deadline_outcomes.c.client_id,
        forecasts.c.business_date == deadline_outcomes.c.business_date,
    )
    rows = connection.execute(
        select(forecasts.c.p_raw, deadline_outcomes.c.met, forecasts.c.client_id, forecasts.c.business_date)
        .join(deadline_outcomes, same)
        .where(forecasts.c.business_date >= since, forecasts.c.made_at < deadline_outcomes.c.deadline)
    )
    return [(float(p_raw), not met, (client_id, day)) for p_raw, met, client_id, day in rows]
