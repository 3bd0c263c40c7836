"""Exceptions in a few words: asked for, agreed to, and the rest of the night."""

import json
from datetime import date, timedelta
from typing import Any

from acme_assets.warehouse.exceptions import acknowledge, exceptions, request_exception, revoke_statement
from acme_assets.warehouse.loading import LoadOutcome, load_delivery
from acme_assets.warehouse.signing import evidence_of
from tests.world import CORA, INGRID, NIGHT, NOOR, OTTO, ROLES, World, signer_of

DAY_BEFORE = NIGHT - timedelta(days=1)

GOOD = [f"c{number},p1,2026-03-01,1.50" for number in range(7)]
BAD = [f"x{number},p1,no date,1.50" for number in range(3)]
THIRTY_PERCENT_BAD = "\n".join(["claim,person,day,paid", *GOOD, *BAD]) + "\n"
"""Over the client's limit of 20%."""


def ask(world: World, exception: str, feed: str = "pharmacy_claim", by: str = OTTO, **more: Any) -> str:
    """A request about the night."""
    dates = more.pop("dates", (NIGHT, NIGHT))
    role = more.pop("role", ROLES[by][0])
    named = {"reason": "their exporter is down", "roster": world.roster, "now": world.clock(), **more}
    return request_exception(
        world.warehouse, world.client, feed, exception, dates, signer=signer_of(by), role=role, **named
    )


def agree(world: World, request_id: str, by: str = NOOR, **more: Any) -> str:
    """Client success records that the client agreed."""
    named = {"role": ROLES[by][0], "contact": CORA, "reference": "ticket 4711", **more}
    return acknowledge(
        world.warehouse, world.client, request_id,
        signer=signer_of(by), roster=world.roster, now=world.clock(), **named,
    )  # fmt: skip


def waive(world: World, exception: str, feed: str = "pharmacy_claim", **more: Any) -> str:
    """A request, acknowledged."""
    request_id = ask(world, exception, feed, **more)
    agree(world, request_id)
    return request_id


def revoke(world: World, statement_id: str, by: str = OTTO, **more: Any) -> str:
    named = {"role": ROLES[by][0], "reason": "asked for by mistake", **more}
    return revoke_statement(
        world.warehouse, world.client, statement_id,
        signer=signer_of(by), roster=world.roster, now=world.clock(), **named,
    )  # fmt: skip


def states(world: World) -> dict[str, str]:
    """Request id to its state."""
    with world.warehouse.begin() as connection:
        clients = world.registry.clients
        return {item.request_id: item.state for item in exceptions(connection, clients, world.roster, world.now)}


def put_before(world: World, feed: str, text: str, day: date = DAY_BEFORE) -> None:
    """A file of an earlier night in the landing zone."""
    path = world.landing / world.client.landing / day.isoformat() / f"{feed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def deliver_before(world: World, feed: Any, text: str, day: date = DAY_BEFORE) -> LoadOutcome:
    """A delivery of an earlier night: put, noticed and loaded."""
    put_before(world, feed, text, day)
    world.notice()
    return load_delivery(world.warehouse, world.zone, world.client, feed, day, world.clock, world.roster, by="test")


def approve(world: World, by: str = INGRID) -> str:
    """As a person who has read the evidence: the suites that fail on the made-up marts are named."""
    candidate = world.facts().candidate
    return world.approve(by, acknowledged_failures=candidate.failed_suites if candidate else ())


def evidence(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(evidence_of(world.warehouse, world.client, NIGHT).canonical)
    return found


def finish(world: World) -> dict[str, Any]:
    """Build, sign and release; returns the evidence."""
    assert world.build().evidence_digest
    approve(world)
    assert world.release().release_id
    assert world.status().state == "released"
    return evidence(world)
