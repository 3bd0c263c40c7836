"""A ledger with a fleet's history, written as rows: hundreds of thousands, so PostgreSQL makes them itself."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, insert, text, update

from acme_assets.environment import Platform
from acme_assets.nights.models import models_of
from acme_assets.sla.summary import NightSummary
from acme_assets.warehouse.ledger import client_nights, deliveries, loads, releases
from acme_assets.warehouse.summaries import store_summaries
from client_partitions.calendar import due_at
from client_partitions.client import Client
from tools.bench_history import night as made_up_night
from tools.bench_ticks import build_half

_ID = "encode(sha256(convert_to({}, 'UTF8')), 'hex')"
_NIGHT = "n.client_id || n.day"

# Every night of the history: who, when its deadline was, how likely it was to be late, when it was built and released;
# one in twenty is late, and its forecasts were right.
_NIGHTS = """
create temporary table n on commit drop as
select client_id, day, deadline, risk, deadline - interval '1 minute' * (100 + 60 * random()) as built_at,
       deadline - interval '1 minute' * (case when random() < risk then -45 else 60 end * random()) as released_at
from (select c.client_id, d::date as day, ((d::date + 1) + c.deadline) at time zone c.zone as deadline,
             power(random(), 19) as risk
      from c cross join generate_series(cast(:first as date), cast(:last as date), interval '1 day') as d) as planned
"""

_CLIENTS = "create temporary table c (client_id text, zone text, deadline time) on commit drop"
_FEEDS = "create temporary table f (client_id text, feed text) on commit drop"
_MODELS = "create temporary table m (client_id text, model text) on commit drop"

_ROWS = f"""
insert into ops.client_nights (client_id, business_date, candidate, live_release, settled_at)
select client_id, day, {_ID.format(f"'c' || {_NIGHT}")}, {_ID.format(f"'r' || {_NIGHT}")}, released_at from n;

insert into ops.deliveries (delivery_id, client_id, business_date, feed, content_hash, bytes, landed_at, observed_at,
                            state, state_at)
select {_ID.format(f"{_NIGHT} || feed")}, client_id, day, feed, {_ID.format(f"{_NIGHT} || feed")}, 1000000,
       built_at - interval '50 minutes', built_at - interval '49 minutes', 'loaded', built_at - interval '40 minutes'
from n join f using (client_id);

insert into ops.loads (delivery_id, client_id, business_date, feed, rows_in, rows_loaded, rows_quarantined,
                       lines_loaded, loaded_at)
select {_ID.format(f"{_NIGHT} || feed")}, client_id, day, feed, 1000, 1000, 0, 1000, built_at - interval '40 minutes'
from n join f using (client_id);

insert into ops.model_builds (client_id, business_date, model, inputs_key, state, tests_passed, tests_failed, state_at)
select client_id, day, model, {_ID.format(_NIGHT)}, 'built', 5, 0, built_at from n join m using (client_id);

insert into ops.candidates (evidence_digest, client_id, business_date, inputs_key, evidence, marts, failed_suites,
                            built_at)
select {_ID.format(f"'c' || {_NIGHT}")}, client_id, day, {_ID.format(_NIGHT)},
       '{{"deliveries":[],"rows":"' || repeat('x', 4000) || '"}}', '["pmpm"]', '[]', built_at
from n;

insert into ops.statements (statement_id, kind, client_id, first_date, last_date, signer, role, key_id, statement,
                            signature, login, recorded_at)
select {_ID.format(f"'s' || {_NIGHT}")}, 'sign_off', client_id, day, day, 'ingrid', 'qa', 'k', repeat('x', 900), 'x',
       'bench', released_at - interval '1 second'
from n;

insert into ops.releases (release_id, client_id, business_date, evidence_digest, sign_off_ids, rows_released,
                          released_at)
select {_ID.format(f"'r' || {_NIGHT}")}, client_id, day, {_ID.format(f"'c' || {_NIGHT}")},
       '["' || {_ID.format(f"'s' || {_NIGHT}")} || '"]', 1000, released_at
from n;

insert into ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, statement_id, entry)
select {_ID.format(f"'a' || {_NIGHT} || k")}, built_at + interval '1 second' * k, 'service', 'bench', client_id, day,
       case when k = 1 then {_ID.format(f"'s' || {_NIGHT}")} end,
       '{{"details":{{"first_date":"' || day || '","last_date":"' || day || '"}}}}' || repeat('x', 400)
from n cross join generate_series(1, 6) as k;

insert into ops.deadline_outcomes (client_id, business_date, deadline, met, released_at, p_miss, decided_at)
select client_id, day, deadline, released_at <= deadline, released_at, risk, deadline from n;

insert into ops.forecasts (forecast_id, client_id, business_date, made_at, deadline, p_miss, p_raw, p50, p90, driver,
                           driver_group, drop_dead_at)
select {_ID.format(f"'f' || {_NIGHT} || k")}, client_id, day, deadline - interval '30 minutes' * k, deadline,
       risk, risk, released_at, released_at, 'sign-off', 'qa', deadline
from n cross join generate_series(1, 10) as k;
"""

_RISK_NOW = f"""
insert into ops.forecasts (forecast_id, client_id, business_date, made_at, deadline, p_miss, p_raw, p50, p90, driver,
                           driver_group, drop_dead_at)
select {_ID.format("'t' || client_id || k")}, client_id, :day, cast(:now as timestamptz) - interval '20 minutes' * k,
       ((cast(:day as date) + 1) + deadline) at time zone zone, random(), random(),
       :now, :now, 'feeds/eligibility', 'client', :now
from c cross join generate_series(1, 8) as k
"""


def fill(platform: Platform, clients: list[Client], nights: int, tonight: date, now: datetime) -> None:
    """The history of so many nights up to tonight, and tonight in its middle."""
    # First: it says of all that is there that it was loaded.
    _tonight(platform, clients, tonight, now, random.Random(7))
    fill_history(platform, clients, nights, tonight, now)
    with platform.warehouse.begin() as connection:
        _name(connection, clients)
        connection.execute(text(_RISK_NOW), {"day": tonight, "now": now})


def fill_history(
    platform: Platform,
    clients: list[Client],
    nights: int,
    tonight: date,
    now: datetime,
    summary: Callable[[int, date, random.Random], NightSummary] = made_up_night,
) -> None:
    """The nights before tonight alone.

    Args:
        summary: what a night taught, by the client's number and the date; its client's name is filled in.
    """
    first, last, chance = tonight - timedelta(days=nights), tonight - timedelta(days=1), random.Random(7)
    with platform.warehouse.begin() as connection:
        _name(connection, clients)
        connection.execute(text(_NIGHTS), {"first": first, "last": last})
        for statement in _ROWS.strip().removesuffix(";").split(";\n"):
            connection.execute(text(statement))
    with platform.warehouse.begin() as connection:
        for day in (first + timedelta(days=number) for number in range(nights)):
            made = [summary(number, day, chance) for number in range(len(clients))]
            named = [replace(it, client_id=client.client_id) for it, client in zip(made, clients, strict=True)]
            store_summaries(platform.warehouse, connection, day, named, now)
    with platform.warehouse.begin() as connection:
        connection.execute(text("analyze"))


def _name(connection: Connection, clients: list[Client]) -> None:
    """Who the clients are, in tables that last as long as the transaction."""
    for statement in (_CLIENTS, _FEEDS, _MODELS):
        connection.execute(text(statement))
    rows = [{"c": it.client_id, "z": it.time_zone, "d": it.deadline} for it in clients]
    connection.execute(text("insert into c values (:c, :z, :d)"), rows)
    feeds = [{"c": it.client_id, "f": feed} for it in clients for feed in it.feeds]
    connection.execute(text("insert into f values (:c, :f)"), feeds)
    models = [{"c": it.client_id, "m": model} for it in clients for model in models_of(it.feeds)]
    connection.execute(text("insert into m values (:c, :m)"), models)


def _tonight(platform: Platform, clients: list[Client], day: date, now: datetime, chance: random.Random) -> None:
    """Half of the clients are signed, a third of these released; of the others, files are late, broken or loading."""
    half = clients[: len(clients) // 2]
    with platform.warehouse.begin() as connection:
        for client in clients:
            connection.execute(insert(client_nights).values(client_id=client.client_id, business_date=day))
            for feed in client.feeds:
                state = (
                    "arrived" if client in half else chance.choice(("arrived", "loaded", "loaded", "quarantined", ""))
                )
                if state:
                    _deliver(connection, client, feed, day, state, now)
    build_half(platform, half)
    with platform.warehouse.begin() as connection:
        for client in half[: len(half) // 3]:
            key = {"client_id": client.client_id, "business_date": day}
            digest = connection.execute(
                client_nights.select().with_only_columns(client_nights.c.candidate).filter_by(**key)
            ).scalar_one()
            row = {"release_id": digest[::-1], "evidence_digest": digest, "sign_off_ids": "[]", "rows_released": 1}
            connection.execute(insert(releases).values(**key, **row, released_at=now))
            connection.execute(update(client_nights).filter_by(**key).values(live_release=digest[::-1], settled_at=now))


def _deliver(connection: Connection, client: Client, feed: str, day: date, state: str, now: datetime) -> None:
    delivery_id = f"{client.client_id} {feed} {day}".ljust(64, "0")[:64]
    landed = min(due_at(client, feed, day), now) - timedelta(minutes=20)  # type: ignore[arg-type]
    row = {"delivery_id": delivery_id, "client_id": client.client_id, "business_date": day, "feed": feed}
    reason = "31% of its rows fail the contract" if state == "quarantined" else None
    moments = {"landed_at": landed, "observed_at": landed, "state_at": landed}
    connection.execute(
        insert(deliveries).values(**row, content_hash=delivery_id, bytes=10**6, state=state, reason=reason, **moments)
    )
    if state == "loaded":
        counts = {"rows_in": 1000, "rows_loaded": 1000, "rows_quarantined": 0, "lines_loaded": 1000}
        connection.execute(insert(loads).values(**row, **counts, loaded_at=landed))
