"""The gatekeeper releases what is signed, leaves alone what is not its own to do, and signs by policy only."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from acme_assets.environment import EnvironmentProblem, Platform
from acme_assets.gatekeeper import duties
from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.entries import entries_since
from acme_assets.warehouse.ledger import statements
from client_partitions.registry import Registry
from tests.warehouse.by_hand import everything, run, verdict
from tests.world import (
    DELE,
    INGRID,
    MORNING,
    NIGHT,
    OTTO,
    SERVICE,
    World,
    make_client,
    make_roster,
    roster_person,
)

NAME = f"tiny_health {NIGHT}"
AUTOMATIC = {"auto_approve": {"max_drift": 0.1}}


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets the suites say what the test wants."""

    def say(**verdicts: Any) -> None:
        monkeypatch.setattr("acme_assets.warehouse.building.run_suites", lambda *_, **__: verdict(**verdicts))

    say()
    return say


@pytest.fixture
def ready(world: World, judged: Callable[..., None]) -> World:
    """A candidate that waits for its sign-off."""
    world.deliver_all()
    world.build()
    return world


def sign_offs(world: World) -> list[tuple[str, str]]:
    with world.warehouse.begin() as connection:
        query = select(statements.c.signer, statements.c.role).filter_by(kind="sign_off").order_by("recorded_at")
        return [(row.signer, row.role) for row in connection.execute(query)]


# --- releases


def test_what_is_signed_is_released_at_the_next_look_and_the_record_says_by_whom(ready: World) -> None:
    keeper = Gatekeeper(ready.platform())
    assert (keeper.look().released, keeper.look().awaiting) == ([], 1)
    assert ready.visible() == []
    ready.approve()
    done = keeper.look()
    assert (done.released, done.awaiting) == ([NAME], 0)
    assert [row["paid_amount"] for row in ready.visible()] == [12.5]
    with ready.warehouse.begin() as connection:
        last = entries_since(connection, MORNING)[-1]
    assert last.action == "released"
    assert '"by":"gatekeeper"' in last.entry


def test_looking_again_changes_nothing(ready: World) -> None:
    ready.approve()
    keeper = Gatekeeper(ready.platform())
    keeper.look()
    before = everything(ready.warehouse)
    for later in (0, 1, 30):
        ready.now += timedelta(minutes=later)
        assert keeper.look().released == []
    assert everything(ready.warehouse) == before


def test_a_night_that_is_being_built_is_left_alone_and_released_later(ready: World) -> None:
    ready.approve()
    keeper = Gatekeeper(ready.platform())
    with ready.warehouse.begin() as connection:
        ready.warehouse.lock_night(connection, "tiny_health", NIGHT, 5)
        assert keeper.look().released == []
    assert ready.visible() == []
    assert keeper.look().released == [NAME]


def test_a_release_that_failed_is_left_to_the_runs(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.approve()
    run(ready.warehouse, "UPDATE marts.pmpm SET paid_amount = 666")
    tries = []
    really = duties.release_night
    monkeypatch.setattr(duties, "release_night", lambda *args, **more: tries.append(1) or really(*args, **more))
    keeper = Gatekeeper(ready.platform())
    assert keeper.look().released == keeper.look().released == []
    assert len(tries) == 1
    assert [work.stage for work in ready.status().work] == ["release"]
    run(ready.warehouse, "UPDATE marts.pmpm SET paid_amount = 12.5")
    assert keeper.look().released == []
    ready.release()
    assert len(ready.visible()) == 1


def test_what_is_approved_anew_after_a_failure_is_tried_anew(ready: World) -> None:
    ready.approve()
    run(ready.warehouse, "UPDATE marts.pmpm SET paid_amount = 666")
    keeper = Gatekeeper(ready.platform())
    assert keeper.look().released == []
    run(ready.warehouse, "UPDATE marts.pmpm SET paid_amount = 12.5")
    ready.approve(DELE)
    assert keeper.look().released == [NAME]


def test_what_is_withdrawn_is_taken_back(ready: World) -> None:
    ready.approve()
    keeper = Gatekeeper(ready.platform())
    keeper.look()
    live = ready.facts().live_release
    assert live is not None
    ready.say("withdrawal", OTTO, {"release_id": live.release_id, "evidence_digest": live.evidence_digest})
    keeper.look()
    assert ready.visible() == []
    assert keeper.look().released == []


def test_one_clients_broken_night_does_not_hold_another_ones(ready: World, tmp_path: Path) -> None:
    other = World(ready.warehouse, tmp_path / "other", make_client(client_id="able_health", landing="able"))
    other.deliver_all()
    other.build()
    both = Registry({world.client.client_id: world.client for world in (other, ready)}, {})
    platform = replace(ready.platform(), registry=both)
    for world in (ready, other):
        world.approve()
    run(ready.warehouse, "UPDATE marts.pmpm SET paid_amount = 666 WHERE client_id = 'able_health'")
    assert Gatekeeper(platform).look().released == [NAME]


def test_a_client_that_is_not_in_the_registry_is_left_alone(ready: World) -> None:
    ready.approve()
    assert Gatekeeper(replace(ready.platform(), registry=Registry({}, {}))).look().released == []


# --- what the client's policy leaves to the service


def automatic(world: World, **policy: Any) -> Gatekeeper:
    world.client = make_client(qa={**AUTOMATIC, **policy})
    return Gatekeeper(world.platform())


def built(world: World) -> None:
    world.deliver_all()
    world.build()


def test_inside_the_policy_the_service_signs_once_and_the_next_look_releases(
    world: World, judged: Callable[..., None]
) -> None:
    judged(drift=Decimal("0.1"))
    keeper = automatic(world)
    built(world)
    assert (keeper.look().signed, keeper.look().released) == ([NAME], [NAME])
    assert len(world.visible()) == 1
    assert keeper.look().signed == []
    assert sign_offs(world) == [(SERVICE, "service")]


OUTSIDE: dict[str, dict[str, Any]] = {
    "a suite failed": {"failed": ["pmpm/staging"], "drift": Decimal("0.01")},
    "there are too few nights": {"drift": None},
    "the drift is larger": {"drift": Decimal("0.100001")},
}


@pytest.mark.parametrize("why", OUTSIDE)
def test_outside_the_policy_it_waits_for_a_person(world: World, judged: Callable[..., None], why: str) -> None:
    judged(**OUTSIDE[why])
    keeper = automatic(world)
    built(world)
    for _ in range(2):
        done = keeper.look()
        assert (done.signed, done.released, done.awaiting) == ([], [], 1)
    assert sign_offs(world) == []


def test_without_a_policy_it_never_signs(world: World, judged: Callable[..., None]) -> None:
    judged(drift=Decimal("0.01"))
    built(world)
    assert Gatekeeper(world.platform()).look().signed == []
    assert sign_offs(world) == []


def test_marts_that_need_a_person_are_left_to_one(world: World, judged: Callable[..., None]) -> None:
    judged(drift=Decimal("0.01"))
    keeper = automatic(world, marts=["pmpm"])
    built(world)
    assert keeper.look().signed == [NAME]
    assert (keeper.look().released, keeper.look().signed, world.visible()) == ([], [], [])
    world.approve(DELE, marts=["pmpm"])
    assert keeper.look().released == [NAME]
    assert sign_offs(world) == [(SERVICE, "service"), (DELE, "qa")]


def test_where_every_mart_needs_a_person_it_signs_nothing(world: World, judged: Callable[..., None]) -> None:
    judged(drift=Decimal("0.01"))
    keeper = automatic(world, marts=["member_months", "pmpm", "pharmacy_spend", "lab_volume"])
    built(world)
    assert keeper.look().signed == []
    assert sign_offs(world) == []


def _rejected(world: World, keeper: Gatekeeper) -> None:
    world.reject(INGRID)


def _revoked(world: World, keeper: Gatekeeper) -> None:
    keeper.look()
    with world.warehouse.begin() as connection:
        approval = connection.execute(select(statements.c.statement_id)).scalar_one()
    world.say("revocation", DELE, {"statement_id": approval, "of_kind": "sign_off"})


def _withdrawn(world: World, keeper: Gatekeeper) -> None:
    keeper.look()
    keeper.look()
    live = world.facts().live_release
    assert live is not None
    world.say("withdrawal", OTTO, {"release_id": live.release_id, "evidence_digest": live.evidence_digest})
    keeper.look()


@pytest.mark.parametrize("say_no", [_rejected, _revoked, _withdrawn])
def test_where_a_person_said_no_the_service_does_not_sign_until_it_is_another_candidate(
    world: World, judged: Callable[..., None], say_no: Callable[[World, Gatekeeper], None]
) -> None:
    judged(drift=Decimal("0.01"))
    keeper = automatic(world)
    built(world)
    say_no(world, keeper)
    before = sign_offs(world)
    for _ in range(3):
        done = keeper.look()
        assert (done.signed, done.released) == ([], [])
    assert sign_offs(world) == before
    assert world.visible() == []
    world.paid = "14"
    world.build()
    assert keeper.look().signed == [NAME]


def _no_key() -> Signer:
    raise EnvironmentProblem("ACME_SERVICE_KEY is not set")


BROKEN: dict[str, Callable[[World], Platform]] = {
    "there is no key": lambda world: replace(world.platform(), service=_no_key),
    "it is not in people.yaml": lambda world: replace(
        world.platform(),
        roster=lambda: make_roster(roster_person(SERVICE, roles=["engineering"])),
    ),
    "it is retired": lambda world: replace(
        world.platform(),
        roster=lambda: make_roster(roster_person(SERVICE, status="retired", retired="2026-03-01")),
    ),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_service_that_cannot_sign_says_so_and_goes_on(
    world: World, judged: Callable[..., None], caplog: pytest.LogCaptureFixture, why: str
) -> None:
    judged(drift=Decimal("0.01"))
    automatic(world)
    built(world)
    keeper = Gatekeeper(BROKEN[why](world))
    assert (keeper.look().signed, keeper.look().awaiting) == ([], 1)
    assert f"{NAME} is not signed off by the service" in caplog.text
    assert sign_offs(world) == []


def test_a_release_by_a_second_gatekeeper_is_found_done(ready: World) -> None:
    ready.approve()
    first, second = (Gatekeeper(ready.platform()) for _ in range(2))
    assert (first.look().released, second.look().released) == ([NAME], [])
    assert run(ready.warehouse, "SELECT count(*) FROM ops.releases") == 1
