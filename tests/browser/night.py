"""A night of 180 made-up clients in the middle, as the ledger would have it, with some weeks of history behind it.

Each client's night is simulated whole, and what would have happened by now is written: so no two times contradict.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, update

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident, Message
from acme_assets.board.look import look
from acme_assets.environment import Platform
from acme_assets.gates.evidence import Core, Evidence, MartEvidence, changes_since
from acme_assets.gates.statement import Signer
from acme_assets.nights.marts import marts_of
from acme_assets.nights.models import models_of
from acme_assets.simulation.fleet import write_fleet
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.forecast import forecast
from acme_assets.sla.outcomes import is_night
from acme_assets.sla.summary import NightSummary
from acme_assets.warehouse.alert_tables import messages
from acme_assets.warehouse.deadlines import store_forecasts
from acme_assets.warehouse.incidents import store
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.ledger import (
    candidates,
    client_nights,
    deliveries,
    loads,
    model_builds,
    releases,
    stray_files,
)
from acme_assets.warehouse.messages import enqueue
from acme_assets.warehouse.reading import read_nights
from acme_assets.warehouse.signing import record, sign
from client_partitions.calendar import deadline_at, due_at
from client_partitions.client import Client, Person
from client_partitions.feeds import Feed
from tests.browser.people import INGRID, NOOR, PRIYA, keys
from tools.bench_board.ledger import fill_history
from tools.bench_history import night as past_night
from tools.bench_ticks import NIGHT, NOW

CLIENTS, NIGHTS = 180, 28
FEW = 40
"""Clients of a night that a test changes."""

_NEVER, _BROKEN, _RED = 0.02, 0.015, 0.1
"""Of the feeds, how many do not come and how many break their contract; of the candidates, how many fail a suite."""

_LATE_AGAIN = {"fleet_011": 0.8, "fleet_042": 0.55, "fleet_077": 0.4, "fleet_120": 0.3}
"""Clients whose first feed is late on so many nights."""


def write_registry(folder: Path, count: int = CLIENTS, seed: int = 0) -> None:
    """The files of the fleet, and one that cannot be used."""
    write_fleet(folder, count, seed)
    (folder / "willow_health.yaml").write_text("client_id: willow_health\nname: Willow Health\n")


@dataclass(frozen=True)
class _Arrival:
    feed: Feed
    landed: datetime
    loaded: datetime
    is_broken: bool


def write_night(platform: Platform, now: datetime = NOW, seed: int = 5, nights: int = NIGHTS) -> None:
    """So many nights of history, tonight as it is now, and what is known and said of it."""
    clients = list(platform.registry.clients.values())
    chance = random.Random(seed)
    with platform.warehouse.begin() as connection:
        arrived = {client.client_id: _deliver(connection, client, now, chance) for client in clients}
    with platform.warehouse.begin() as connection:
        built = dict(_build(connection, clients, arrived, now, chance))
    for client in clients:
        if client.client_id in built:
            _sign_and_release(platform, client, *built[client.client_id], now, chance)
    fill_history(platform, clients, nights, NIGHT, NOW, _summary)
    for client in late_clients(platform)[:2]:
        request_exception(platform, client, missing_feed(platform, client), 25)
    _forecast(platform, now)
    _tell(platform, now)
    with platform.warehouse.begin() as connection:
        stray = {"path": "fleet_009/readme.txt", "reason": "matches no pattern of fleet_009", "owner_group": "client"}
        seen_at = now - timedelta(hours=3)
        connection.execute(insert(stray_files).values(**stray, client_id="fleet_009", bytes=120, first_seen_at=seen_at))


def _deliver(connection: Connection, client: Client, now: datetime, chance: random.Random) -> list[_Arrival]:
    """What has landed by now; all of it, where nothing is missing."""
    night = {"client_id": client.client_id, "business_date": NIGHT}
    connection.execute(insert(client_nights).values(**night))
    found = []
    for feed in client.feeds:
        landed = due_at(client, feed, NIGHT) + timedelta(minutes=chance.gauss(-35, 22))
        is_broken, never = chance.random() < _BROKEN, chance.random() < _NEVER
        arrival = _Arrival(feed, landed, landed + timedelta(minutes=chance.uniform(2, 7)), is_broken)
        if never or landed > now:
            continue
        found.append(arrival)
        is_over = arrival.loaded <= now
        state = "arrived" if not is_over else "quarantined" if is_broken else "loaded"
        delivery_id = f"{client.client_id} {feed} {NIGHT}".ljust(64, "0")[:64]
        reason = "31% of its rows fail the contract, 20% may" if state == "quarantined" else None
        row = {**night, "delivery_id": delivery_id, "feed": feed}
        seen = {"landed_at": landed, "observed_at": landed, "state_at": arrival.loaded if is_over else landed}
        connection.execute(
            insert(deliveries).values(**row, content_hash=delivery_id, bytes=10**6, state=state, reason=reason, **seen)
        )
        if state == "loaded":
            rows = chance.randrange(2_000, 90_000)
            counts = {"rows_in": rows, "rows_loaded": rows, "rows_quarantined": 0, "lines_loaded": rows}
            connection.execute(insert(loads).values(**row, **counts, loaded_at=arrival.loaded))
    return found


def _build(
    connection: Connection,
    clients: Sequence[Client],
    arrived: dict[str, list[_Arrival]],
    now: datetime,
    chance: random.Random,
) -> Iterator[tuple[str, tuple[str, datetime, bool]]]:
    """Client id to the digest of its candidate, when it was there, and whether a suite failed."""
    facts = read_nights(connection, {(client.client_id, NIGHT) for client in clients})
    for client in clients:
        found = arrived[client.client_id]
        if len(found) < len(client.feeds) or any(it.is_broken for it in found):
            continue
        built_at = max(it.loaded for it in found) + timedelta(minutes=chance.uniform(5, 12))
        if built_at > now:
            continue
        night = {"client_id": client.client_id, "business_date": NIGHT}
        marts = {mart.name: MartEvidence(chance.randrange(900), "0" * 64) for mart in marts_of(client.feeds)}
        core = Core(client.client_id, NIGHT, (), (), (), 41, marts)
        evidence = Evidence(core, (), changes_since(None, core))
        failed = ["pmpm/staging"] if chance.random() < _RED else []
        key = facts[client.client_id, NIGHT].inputs_key
        connection.execute(
            insert(candidates).values(
                **night, evidence_digest=evidence.digest(), evidence=evidence.canonical(), inputs_key=key,
                marts=json.dumps(sorted(marts)), failed_suites=json.dumps(failed), built_at=built_at,
            )
        )  # fmt: skip
        connection.execute(update(client_nights).filter_by(**night).values(candidate=evidence.digest()))
        done = {"inputs_key": key, "state": "built", "tests_passed": 4, "tests_failed": 0, "state_at": built_at}
        rows = [{**night, "model": model, **done} for model in models_of(client.feeds)]
        connection.execute(insert(model_builds), rows)
        yield client.client_id, (evidence.digest(), built_at, bool(failed))


def _sign_and_release(
    platform: Platform,
    client: Client,
    digest: str,
    built_at: datetime,
    is_red: bool,
    now: datetime,
    chance: random.Random,
) -> None:
    signed_at = built_at + timedelta(minutes=chance.uniform(6, 75))
    if is_red or signed_at > now:
        return
    signer, roster = Signer(INGRID, keys[INGRID]), platform.roster()
    said = sign(
        platform.warehouse, client, NIGHT, evidence_digest=digest, decision="approved", signer=signer, roster=roster,
        now=signed_at,
    )  # fmt: skip
    released_at = signed_at + timedelta(seconds=2)
    night, release_id = {"client_id": client.client_id, "business_date": NIGHT}, digest[::-1]
    what = {"evidence_digest": digest, "sign_off_ids": json.dumps([said]), "rows_released": 1}
    with platform.warehouse.begin() as connection:
        connection.execute(insert(releases).values(**night, **what, release_id=release_id, released_at=released_at))
        values = {"live_release": release_id, "settled_at": released_at}
        connection.execute(update(client_nights).filter_by(**night).values(values))


def _summary(number: int, day: date, chance: random.Random) -> NightSummary:
    """A past night: most senders are in time, a few late again and again; an analyst needs some minutes for each."""
    made = replace(past_night(number, day, chance), sign_off=chance.uniform(4, 40), handling=chance.uniform(0.5, 4))
    if chance.random() < _LATE_AGAIN.get(f"fleet_{number:03d}", 0.0):
        first, *others = made.feeds
        made = replace(made, feeds=(replace(first, offset=chance.uniform(40, 120)), *others))
    return made


def late_clients(platform: Platform) -> list[Client]:
    """Whose files are late, by the ledger."""
    seen = look(platform)
    held = (item for _, item in sorted(seen.nights.items()) if item.status.state == "held" and item.status.blocked_by)
    return [it.client for it in held if it.status.blocked_by and "not delivered" in it.status.blocked_by.reason]


def request_exception(platform: Platform, client: Client, feed: Feed, minutes: int) -> str:
    """On-call asked the client, so many minutes ago, to do without a feed; the statement's id."""
    asked_at = platform.clock() - timedelta(minutes=minutes)
    signed = Signer(PRIYA, keys[PRIYA]).sign(
        "exception_request", "on_call", client.client_id, (NIGHT, NIGHT), {"feed": feed, "exception": "may_be_missing"},
        meaning=f"{feed} of {client.client_id} may be missing for {NIGHT}; its dashboards are built without it.",
        reason="INC-2210: the sender's export failed, and comes tomorrow", made_at=asked_at,
        expires_at=asked_at + timedelta(days=1),
    )  # fmt: skip
    with platform.warehouse.begin() as connection:
        return record(connection, signed, platform.roster(), asked_at)


def missing_feed(platform: Platform, client: Client) -> Feed:
    """The first that the client owes and has not sent."""
    with platform.warehouse.begin() as connection:
        facts = read_nights(connection, {(client.client_id, NIGHT)})[client.client_id, NIGHT]
    return next(feed for feed in client.feeds if feed not in facts.deliveries)


def _forecast(platform: Platform, now: datetime) -> None:
    """What the deadlines sensor stores."""
    seen = look(platform)
    nights = [item for item in seen.nights.values() if item.status.state != "released" and is_night(item.night)]
    history = Learned().history(platform.warehouse, now.date())
    ahead = [ahead_of(item.night, item.status) for item in nights]
    made = forecast(ahead, history, now, desk=desk_of(seen.roster, seen.now))
    with platform.warehouse.begin() as connection:
        store_forecasts(connection, made)


def _tell(platform: Platform, now: datetime) -> None:
    """Incidents and what was written to clients."""
    late, seen = late_clients(platform), look(platform)
    waiting = [item.client for _, item in sorted(seen.nights.items()) if item.status.state == "awaiting sign-off"]
    priya, ingrid = (Person(name=platform.roster().people[email].name, email=email) for email in (PRIYA, INGRID))
    risk = {key[0]: said.p_miss for key, said in seen.forecasts.items()}

    def incident(name: str, kind: str, group: str, who: Person, text: str, fix: str, of: Sequence[Client]) -> Incident:
        affected = tuple(
            Affected(it.client_id, NIGHT, deadline_at(it, NIGHT), it.tier, risk.get(it.client_id), 0.1,
                     deadline_at(it, NIGHT) - timedelta(minutes=50))
            for it in of
        )  # fmt: skip
        opened = now - timedelta(minutes=35)
        return Incident(
            name, f"{kind}/{name}", kind, group, who, text, affected, fix, "a mail to each contact at 04:20 UTC", "",  # type: ignore[arg-type]
            "open", "page" if kind == "host" else "notify", opened, "v1", opened, now,
            min(it.drop_dead for it in affected if it.drop_dead),
        )  # fmt: skip

    found = [
        incident("1f0c77a2", "host", "engineering", priya, f"nothing has come from one sender's host since 04:10 UTC: "
                 f"{len(late[:5])} clients' files", "acme explain the first of them, then call the sender", late[:5]),
        incident("8b2e9d10", "queue", "qa", ingrid, f"{len(waiting)} candidates wait for a signature",
                 "acme qa queue", waiting[:4]),
    ]  # fmt: skip
    last = late[-1]
    acknowledged = replace(
        incident("c0ffee12", "delivery", "client", last.owners.client, f"a file of {last.client_id} is late",
                 f"write to {last.owners.client.name}", [last]),
        state="acknowledged", acknowledged_by=NOOR, acknowledged_at=now - timedelta(minutes=10),
    )  # fmt: skip
    with platform.warehouse.begin() as connection:
        store(platform.warehouse, connection, [*found, acknowledged], now)
        told = [
            Message(f"m{number}", "c0ffee12" if number == 0 else None, it.owners.client, "notify", ("email",),
                    now - timedelta(minutes=30), f"Tonight's file of {it.name} is late", "It was due, and is not here.")
            for number, it in enumerate(late[-3:])
        ]  # fmt: skip
        enqueue(platform.warehouse, connection, told)
        sent = {"state": "sent", "sent_at": now - timedelta(minutes=29), "sent_by": "email"}
        connection.execute(update(messages).where(messages.c.message_id.in_(["m0", "m1"])).values(sent))
