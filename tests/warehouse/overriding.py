"""Add, approve and revoke overrides of a world's client, as its people would."""

from collections.abc import Mapping
from typing import Any

from acme_assets.warehouse.overrides import RecordedOverride, add_override, approve_override, overrides
from acme_assets.warehouse.revoking import revoke_statement
from acme_assets.warehouse.supposing import Dates, Effect, effect
from client_partitions.people import Role
from tests.world import ENZO, INGRID, NIGHT, OTTO, ROLES, World, signer_of

LAB = "id,person,code\nl1,p1,1234-5\n"
ONE = (NIGHT, NIGHT)
NO_PHARMACY = {"change": "optional_feed", "feed": "pharmacy_claim"}
LABS = {"change": "extra_feed", "feed": "lab_result"}
TOTALS = {"change": "suite", "mart": "pmpm", "tuning": {"required_totals": {"paid_amount": {"min": "1000"}}}}


def add(world: World, subject: Mapping[str, Any], *, by: str = ENZO, dates: Dates = ONE, **more: Any) -> str:
    return add_override(
        world.warehouse,
        world.client,
        subject,
        dates,
        signer=signer_of(by),
        roster=world.roster,
        now=world.clock(),
        **{"role": ROLES[by][0], "reason": "INC-1042", **more},
    )


def approve(world: World, override_id: str, *, by: str = OTTO, role: Role | None = None) -> str:
    return approve_override(
        world.warehouse,
        world.client,
        override_id,
        signer=signer_of(by),
        role=role or ROLES[by][0],
        roster=world.roster,
        now=world.clock(),
    )


def live(world: World, subject: Mapping[str, Any], **more: Any) -> str:
    override_id = add(world, subject, **more)
    approve(world, override_id)
    return override_id


def revoke(world: World, override_id: str, *, by: str = OTTO) -> str:
    return revoke_statement(
        world.warehouse,
        world.client,
        override_id,
        signer=signer_of(by),
        role=ROLES[by][0],
        reason="no longer needed",
        roster=world.roster,
        now=world.clock(),
    )


def listed(world: World) -> list[RecordedOverride]:
    with world.warehouse.begin() as connection:
        return overrides(connection, {world.client.client_id: world.client}, world.roster, world.now)


def sign_off(world: World, analyst: str = INGRID) -> str:
    candidate = world.facts().candidate
    return world.approve(analyst, acknowledged_failures=candidate.failed_suites if candidate else ())


def would_be(world: World, subject: Mapping[str, Any], dates: Dates = ONE, **more: Any) -> Effect:
    return effect(world.warehouse, world.client, subject, dates, world.roster, world.now, **more)
