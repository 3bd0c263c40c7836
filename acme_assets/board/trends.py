"""Some weeks of nights in figures: attainment, late senders, sign-offs by hour, and whether forecasts were right."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, case, func, select

from acme_assets.board.trends_model import Calibration, CalibrationBin, HourLatency, LateFeed, Trends
from acme_assets.environment import Platform
from acme_assets.sla.attainment import report
from acme_assets.sla.attribution import attribute
from acme_assets.warehouse.ledger import candidates, releases, statements
from acme_assets.warehouse.sla_tables import deadline_outcomes, forecasts
from acme_assets.warehouse.timelines import read_timelines
from client_partitions.calendar import business_date_in_hand, deadline_at
from client_partitions.client import Client
from client_partitions.feeds import FEEDS

if TYPE_CHECKING:
    from acme_assets.sla.columns import Columns

WEEKS = timedelta(weeks=4)
CHRONIC, LEAST_NIGHTS = 0.2, 5
"""A sender that is late on so large a share of at least so many nights is late again and again."""
BINS = 10


def read_trends(platform: Platform, now: datetime) -> Trends:
    """The four weeks up to the last business date of which a deadline has passed.

    Raises:
        WarehouseUnavailable: the ledger cannot be read.
    """
    from acme_assets.warehouse.summaries import read_history  # numpy

    clients, roster = platform.registry.clients, platform.roster()
    last = max((_last_due(client, now) for client in clients.values()), default=now.date())
    first = last - WEEKS + timedelta(days=1)
    with platform.warehouse.begin() as connection:
        nights = read_timelines(connection, clients, first, last, roster, now)
        past = read_history(connection, first)
        return Trends(
            now,
            report([attribute(night, now) for night in nights], first, last, now),
            late_feeds(past, clients),
            sign_off_by_hour(connection, first, last),
            calibration(connection, first, last),
        )


def _last_due(client: Client, now: datetime) -> date:
    in_hand = business_date_in_hand(client, now)
    return in_hand if deadline_at(client, in_hand) < now else in_hand - timedelta(days=1)


def late_feeds(past: "Columns", clients: Mapping[str, Client]) -> tuple[LateFeed, ...]:
    """The senders that are late again and again, the most often first; of clients and feeds that are still owed."""
    offsets: dict[tuple[str, str], list[float]] = defaultdict(list)
    rows = zip(past.client[past.feed_night].tolist(), past.feed.tolist(), past.feeds["offset"].tolist(), strict=True)
    for client, feed, offset in rows:
        offsets[past.client_ids[client], FEEDS[feed]].append(offset)
    found = []
    for (client_id, feed), minutes in offsets.items():
        policy = next((it for name, it in clients[client_id].feeds.items() if name == feed), None) \
            if client_id in clients else None  # fmt: skip
        if policy is None:
            continue
        came_late = [offset for offset in minutes if offset > policy.grace_minutes]
        never = sum(offset != offset for offset in minutes)
        late = len(came_late) + never
        if len(minutes) >= LEAST_NIGHTS and late >= CHRONIC * len(minutes):
            found.append(LateFeed(client_id, feed, len(minutes), late, never, median(came_late) if came_late else None))
    return tuple(sorted(found, key=lambda item: (-item.late / item.nights, -item.late, item.client_id, item.feed)))


def sign_off_by_hour(connection: Connection, first: date, last: date) -> tuple[HourLatency, ...]:
    """From the candidate to the last approval that its first release rests on: of those that people signed."""
    made = (
        select(candidates.c.evidence_digest, candidates.c.built_at, releases.c.sign_off_ids)
        .join(releases, releases.c.evidence_digest == candidates.c.evidence_digest)
        .where(releases.c.business_date.between(first, last))
        .order_by(releases.c.released_at)
    )
    said = select(statements.c.statement_id, statements.c.recorded_at).where(
        statements.c.kind == "sign_off", statements.c.role == "qa", statements.c.last_date.between(first, last)
    )
    signed = {row[0]: row[1] for row in connection.execute(said)}
    minutes: dict[int, list[float]] = defaultdict(list)
    seen = set[str]()
    for digest, built_at, ids in connection.execute(made):
        at = [signed[one] for one in _listed(ids) if one in signed]
        if digest not in seen and at:
            minutes[built_at.hour].append((max(at) - built_at).total_seconds() / 60)
        seen.add(digest)
    return tuple(
        HourLatency(hour, len(found), _quantile(found, 50), _quantile(found, 90))
        for hour, found in sorted(minutes.items())
    )


def _listed(text: str) -> list[str]:
    """Ids of approvals; none where the row was made something else by hand."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []


def _quantile(values: list[float], percent: int) -> float:
    """The least value that so many percent of them do not exceed."""
    return sorted(values)[max(-(-percent * len(values) // 100), 1) - 1]


def calibration(connection: Connection, first: date, last: date) -> Calibration:
    """Every stored forecast that was made before its deadline, beside what became of it. Summed up in the warehouse."""
    p, missed = forecasts.c.p_miss, case((deadline_outcomes.c.met, 0.0), else_=1.0)
    bucket = case((p >= 1, BINS - 1), else_=func.floor(p * BINS)).label("bucket")
    same = and_(
        *(forecasts.c[name] == deadline_outcomes.c[name] for name in ("client_id", "business_date", "deadline"))
    )
    rows = connection.execute(
        select(bucket, func.count(), func.avg(p), func.avg(missed), func.sum((p - missed) * (p - missed)))
        .join(deadline_outcomes, same)
        .where(deadline_outcomes.c.business_date.between(first, last), forecasts.c.made_at < forecasts.c.deadline)
        .group_by(bucket)
        .order_by(bucket)
    ).all()
    nights = select(func.count()).where(
        deadline_outcomes.c.business_date.between(first, last), deadline_outcomes.c.p_miss.is_not(None)
    )
    cases = sum(row[1] for row in rows)
    return Calibration(
        tuple(
            CalibrationBin(int(row[0]) / BINS, (int(row[0]) + 1) / BINS, row[1], float(row[2]), float(row[3]))
            for row in rows
        ),
        cases,
        connection.execute(nights).scalar_one(),
        sum(float(row[4]) for row in rows) / cases if cases else None,
    )
