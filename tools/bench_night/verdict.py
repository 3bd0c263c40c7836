"""How each client's night ended, beside how it was to end."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from sqlalchemy import Connection, Table, select

from acme_assets.environment import Platform
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from acme_assets.nights.status import NightStatus
from acme_assets.simulation.night_plan import FleetExpected
from acme_assets.warehouse.ledger import candidates, client_nights, deliveries, delivery_files, releases
from acme_assets.warehouse.mart_tables import dashboard_view, mart_table
from acme_assets.warehouse.protocol import RowsDigest
from acme_assets.warehouse.row_hash import digest_of, row_hash
from tools.bench_night.night import Content, Night

SPEAKS = ("arrived", "loaded", "quarantined")
"""States of the delivery that speaks for its feed."""


@dataclass(frozen=True)
class Found:
    """How a client's night ended."""

    state: str
    blocked_by: str | None
    hindered: tuple[str, ...]
    """Feeds whose step is held."""
    released: Content = field(default_factory=dict)
    """What the live release was built from."""
    marts: Mapping[str, RowsDigest] = field(default_factory=dict)
    """Rows in MARTS, of marts that have any."""
    seen: Mapping[str, RowsDigest] = field(default_factory=dict)
    """Rows in what the client sees."""


def wrongs(expected: FleetExpected, last: Content, found: Found) -> list[str]:
    """In what a client's end differs from what was expected of it.

    Args:
        last: what the client sent last of each feed.
    """
    problems = []
    if (found.state == "released") != expected.released:
        problems.append(f"is {found.state}, {'' if expected.released else 'not '}to be released")
    if found.blocked_by != expected.blocked_by:
        problems.append(f"is blocked by {found.blocked_by}, not by {expected.blocked_by}")
    if sorted(found.hindered) != sorted(expected.hindered):
        problems.append(f"is hindered by {_names(found.hindered)}, not by {_names(expected.hindered)}")
    if not expected.released:
        return [*problems, "sees rows that were not to be released"] if found.seen else problems
    stale = [feed for feed in sorted({*last, *found.released}) if last.get(feed) != found.released.get(feed)]
    if stale:
        problems.append(f"sees a release of other files than were sent last: {_names(stale)}")
    if found.seen != found.marts or not found.seen:
        differ = [mart for mart in sorted({*found.seen, *found.marts}) if found.seen.get(mart) != found.marts.get(mart)]
        problems.append(f"does not see the rows of MARTS: {_names(differ) if differ else 'there are none'}")
    return problems


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"


def find(work: Platform, business_date: date, statuses: Sequence[NightStatus]) -> dict[str, Found]:
    """How every client's night stands, by client id."""
    with work.warehouse.begin() as connection:
        released = released_content(connection, business_date)
        marts = {mart: _digests(connection, mart_table(mart), mart, business_date) for mart in MARTS}
        seen = {mart: _digests(connection, dashboard_view(mart), mart, business_date) for mart in MARTS}
    return {
        status.client_id: Found(
            status.state,
            status.blocked_by.owner_group if status.blocked_by else None,
            hindered(status),
            released.get(status.client_id, {}),
            {mart: found[status.client_id] for mart, found in marts.items() if status.client_id in found},
            {mart: found[status.client_id] for mart, found in seen.items() if status.client_id in found},
        )
        for status in statuses
    }


def hindered(status: NightStatus) -> tuple[str, ...]:
    """The feeds that hold a client's night."""
    feeds = (step for step in status.steps if step.name.startswith("feeds/"))
    return tuple(step.name.removeprefix("feeds/") for step in feeds if step.state == "held")


def judge(night: Night, found: Mapping[str, Found]) -> dict[str, list[str]]:
    """The clients whose night did not end as it should, with in what."""
    last = night.last_content()
    judged = {
        client_id: wrongs(expected, last.get(client_id, {}), found[client_id])
        if client_id in found
        else ["is not in the registry"]
        for client_id, expected in night.plan.expected.items()
    }
    return {client_id: problems for client_id, problems in judged.items() if problems}


def released_content(connection: Connection, business_date: date) -> dict[str, Content]:
    """By client, which files the live release was built from, as its evidence says."""
    live = (
        select(client_nights.c.client_id, candidates.c.evidence)
        .join(releases, releases.c.release_id == client_nights.c.live_release)
        .join(candidates, candidates.c.evidence_digest == releases.c.evidence_digest)
        .where(client_nights.c.business_date == business_date)
    )
    return {
        client_id: {
            delivery["feed"]: frozenset(file["sha256"] for file in delivery["files"])
            for delivery in json.loads(evidence)["deliveries"]
        }
        for client_id, evidence in connection.execute(live)
    }


def recorded_content(connection: Connection, business_date: date) -> dict[str, Content]:
    """By client, what the delivery that speaks for each feed consists of."""
    query = (
        select(deliveries.c.client_id, deliveries.c.feed, delivery_files.c.sha256)
        .join(delivery_files, delivery_files.c.delivery_id == deliveries.c.delivery_id)
        .where(deliveries.c.business_date == business_date, deliveries.c.state.in_(SPEAKS))
    )
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for client_id, feed, sha256 in connection.execute(query):
        found[client_id][feed].add(sha256)
    return {client_id: {feed: frozenset(files) for feed, files in feeds.items()} for client_id, feeds in found.items()}


def _digests(connection: Connection, table: Table, mart: str, business_date: date) -> dict[str, RowsDigest]:
    """By client, the digest of its rows: one query a table."""
    row = row_hash(table, [*GRAIN_OF_EVERY_MART, *MARTS[mart].columns]).label("row")
    query = select(table.c.client_id, row).where(table.c.business_date == business_date).order_by("client_id", "row")
    rows = connection.execute(query)
    return {
        client_id: digest_of(hashed for _, hashed in of_client)
        for client_id, of_client in groupby(rows, key=lambda item: item[0])
    }
