"""Read from the ledger everything that causes are found from: as many queries however many nights.

What the ledger does not have (the landing zone, Dagster's runs and assets, the last verification) is put
beside it by who looks at those: `dataclasses.replace`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import exp
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, func, or_, select

from acme_assets.alerts.files import AT_RISK
from acme_assets.alerts.known import Heartbeat, Known, KnownNight, NightKey, StrayFile, Throughput, strangers
from acme_assets.contracts.results import OUT_OF_SCOPE, OVER_LIMIT
from acme_assets.gates.decision import decide
from acme_assets.gates.terms import night_of
from acme_assets.nights.dispatch import MOST, SLOTS
from acme_assets.nights.status import assess
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.outcomes import is_ahead, is_night, nights_to_watch
from acme_assets.warehouse.alert_tables import heartbeats
from acme_assets.warehouse.deadlines import Watched, read_watched
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.ledger import contract_results, deliveries, statements, stray_files
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.sla_tables import forecasts
from client_partitions.people import Roster
from client_partitions.registry import Registry

if TYPE_CHECKING:
    from acme_assets.sla.history import History

RECENT = timedelta(days=2)
"""How long a file that belongs to nobody, or a signature, says something of the present nights."""

Span = tuple[date, date]


def read_known(
    warehouse: Warehouse,
    registry: Registry,
    roster: Roster,
    now: datetime,
    learned: Learned,
    services: Mapping[str, timedelta] = {},
) -> Known:
    """All that the ledger knows, with the forecast of the nights in hand.

    Args:
        services: those that must give a sign of life, and how often; one that never gave any is silent.

    Raises:
        WarehouseUnavailable: nothing is known then; the watcher tells of it.
    """
    days = nights_to_watch(registry.clients, now)
    wanted = [(client_id, day) for client_id, dates in days.items() for day in dates]
    span = (min((day for _, day in wanted), default=now.date()), max((day for _, day in wanted), default=now.date()))
    with warehouse.begin() as connection:
        nights = _nights(read_watched(connection, wanted), registry, roster, now)
        since = _risk_since(connection, span)
        refused = [item.statement_id for night in nights for item in night.night.refused if item.is_forgery]
        known = Known(
            now,
            registry,
            roster,
            desk_of(roster, now),
            leading_rules=_leading_rules(connection, span),
            last_landed=_last_landed(connection, span),
            last_signature=_last_signature(connection, now),
            recorded=_recorded(connection, refused) if refused else {},
            heartbeats=_heartbeats(connection, services),
            strays=_strays(connection, now),
        )
    ahead = [ahead_of(item.night, item.status) for item in nights if is_ahead(item.night, item.status, now)]
    made = learned.forecast(warehouse, ahead, known.desk, now)
    history = learned.history(warehouse, now.date())
    return replace(
        known,
        nights=tuple(
            replace(item, forecast=made.get(item.key), risk_since=since.get(item.key)) for item in nights
        ),
        throughput=_throughput(history),
        strangers=strangers(registry.clients, history),
    )  # fmt: skip


def _nights(watched: Watched, registry: Registry, roster: Roster, now: datetime) -> list[KnownNight]:
    """Those since the client's first: before it, it owed us nothing."""
    found = []
    for (client_id, day), facts in sorted(watched.facts.items()):
        first = watched.first.get(client_id)
        if first is None or day < first:
            continue
        night = night_of(registry.clients[client_id], facts, roster, now)
        if is_night(night):
            found.append(KnownNight(night, assess(night.client, night.facts, decide(night), now)))
    return found


def _throughput(history: "History") -> tuple[Throughput, ...]:
    """Of builds, which the forecast takes to be the ones that wait for a slot."""
    return (Throughput("build", SLOTS["build"] * MOST["build"], exp(history.durations["build"].mean)),)


def _risk_since(connection: Connection, span: Span) -> dict[NightKey, datetime]:
    """Of each night, the first stored forecast that saw a risk after the last one that saw none."""
    night = (forecasts.c.client_id, forecasts.c.business_date)
    in_span = forecasts.c.business_date.between(*span)
    calm = (
        select(*night, func.max(forecasts.c.made_at).label("calm_at"))
        .where(in_span, forecasts.c.p_miss <= AT_RISK)
        .group_by(*night)
        .subquery("calm")
    )
    same = and_(calm.c.client_id == night[0], calm.c.business_date == night[1])
    rows = connection.execute(
        select(*night, func.min(forecasts.c.made_at))
        .outerjoin(calm, same)
        .where(in_span, forecasts.c.p_miss > AT_RISK)
        .where(or_(calm.c.calm_at.is_(None), forecasts.c.made_at > calm.c.calm_at))
        .group_by(*night)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _leading_rules(connection: Connection, span: Span) -> dict[str, str]:
    """Of each quarantined delivery that could be read, the rule that most of its rows fail."""
    names = ("delivery_id", "rule", "column_name", "rows_failed")
    rows = connection.execute(
        select(*(contract_results.c[name] for name in names))
        .join(deliveries, deliveries.c.delivery_id == contract_results.c.delivery_id)
        .where(deliveries.c.state == "quarantined", deliveries.c.business_date.between(*span))
        .where(deliveries.c.reason.contains(OVER_LIMIT), contract_results.c.rule != OUT_OF_SCOPE)
    )
    found: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (-row.rows_failed, row.rule, row.column_name)):
        found.setdefault(row.delivery_id, f"{row.rule} on {row.column_name}" if row.column_name else row.rule)
    return found


def _last_landed(connection: Connection, span: Span) -> dict[str, datetime]:
    newest = func.max(deliveries.c.landed_at)
    rows = connection.execute(
        select(deliveries.c.client_id, newest)
        .where(deliveries.c.business_date.between(*span))
        .group_by(deliveries.c.client_id)
    )
    return {row[0]: row[1] for row in rows}


def _last_signature(connection: Connection, now: datetime) -> datetime | None:
    newest = select(func.max(statements.c.recorded_at)).filter_by(kind="sign_off", role="qa")
    return connection.execute(newest.where(statements.c.recorded_at >= now - RECENT)).scalar()


def _recorded(connection: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    columns = (statements.c.statement_id, statements.c.recorded_at)
    rows = connection.execute(select(*columns).where(statements.c.statement_id.in_(sorted(set(ids))[:500])))
    return {row[0]: row[1] for row in rows}


def _heartbeats(connection: Connection, services: Mapping[str, timedelta]) -> tuple[Heartbeat, ...]:
    rows = connection.execute(select(heartbeats.c.service, heartbeats.c.beat_at))
    beats = {row[0]: row[1] for row in rows}
    return tuple(Heartbeat(name, beats.get(name), allowed) for name, allowed in sorted(services.items()))


def _strays(connection: Connection, now: datetime) -> tuple[StrayFile, ...]:
    columns = (stray_files.c.owner_group, stray_files.c.client_id, stray_files.c.first_seen_at)
    is_recent = stray_files.c.first_seen_at >= now - RECENT
    rows = connection.execute(select(*columns).where(is_recent, stray_files.c.gone_at.is_(None)))
    return tuple(StrayFile(*row) for row in rows)
