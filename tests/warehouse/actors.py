"""What each process of a race does: real processes, each with a session of its own, that act at the same moment."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import NightBusy
from acme_assets.warehouse.releasing import GateClosed
from acme_assets.warehouse.signing import NotSigned
from acme_assets.warehouse.withdrawing import sign_withdrawal
from tests.world import DELE, INGRID, NIGHT, OTTO, World, signer_of

EXPECTED = (GateClosed, NotSigned, NightBusy, Unmet)


@dataclass(frozen=True)
class Scene:
    """What a process needs to find the world of a test."""

    url: str
    landing: Path
    now: datetime
    payload: str = ""

    @classmethod
    def of(cls, world: World, url: str, payload: str = "") -> "Scene":
        """The scene of a world."""
        return cls(url, world.landing, world.clock(), payload)

    def world(self) -> World:
        """The same world, in this process."""
        return World(PostgresWarehouse(self.url), self.landing, now=self.now)


def _withdraw(world: World, _: str) -> None:
    sign_withdrawal(
        world.warehouse,
        world.client,
        NIGHT,
        signer=signer_of(OTTO),
        role="on_call",
        reason="wrong totals",
        roster=world.roster,
        now=world.clock(),
    )


def _rebuild(world: World, paid: str) -> None:
    world.paid = paid
    world.build()


def _revoke(world: World, statement_id: str) -> None:
    world.say("revocation", OTTO, {"statement_id": statement_id, "of_kind": "sign_off"})


ACTS: dict[str, Callable[[World, str], object]] = {
    "ingrid approves": lambda world, _: world.approve(INGRID, answers=()),
    "dele approves": lambda world, _: world.approve(DELE, answers=()),
    "dele rejects": lambda world, _: world.reject(DELE),
    "a run loads eligibility": lambda world, _: world.load("eligibility"),
    "a run releases": lambda world, _: world.release(),
    "a gatekeeper looks": lambda world, _: Gatekeeper(world.platform()).look(),
    "otto withdraws": _withdraw,
    "otto revokes": _revoke,
    "another candidate is built": _rebuild,
}


def perform(scene: Scene, act: str, at: float) -> str:
    """Do it at a moment (epoch seconds); "done", or which refusal it met."""
    world = scene.world()
    while time.time() < at:
        time.sleep(0.0005)
    try:
        ACTS[act](world, scene.payload)
    except EXPECTED as refusal:
        return type(refusal).__name__
    return "done"


def hang_in(scene: Scene, act: str, module: str, marker: Path) -> None:
    """Do it, and hang for ever where it would write its audit entry, just before its commit."""
    import importlib

    def hang(*_: object) -> None:
        marker.touch()
        time.sleep(600)

    vars(importlib.import_module(module))["write_entry"] = hang
    perform(scene, act, 0.0)
