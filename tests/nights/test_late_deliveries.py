"""What comes late, in every state of the night: six states by four kinds of delivery, on a real ledger.

The outcomes are those of the table in docs/deliveries.md, written down here once more and by hand.
"""

from collections.abc import Callable
from typing import Literal

import pytest
from sqlalchemy import func, select

from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.building import ModelResult, open_build
from acme_assets.warehouse.ledger import deliveries, releases
from acme_assets.warehouse.raw_tables import raw_table
from acme_assets.warehouse.reading import SETTLING, read_unsettled
from acme_assets.warehouse.releasing import GateClosed
from acme_assets.warehouse.signing import NotSigned, sign
from client_partitions.feeds import Feed
from tests.world import DELE, INGRID, NIGHT, PHARMACY, World, signer_of

State = Literal["before build", "during build", "after build", "during sign-off", "after sign-off", "after release"]
STATES: tuple[State, ...] = (
    *("before build", "during build", "after build"),
    *("during sign-off", "after sign-off", "after release"),
)
SIGNED = ("during sign-off", "after sign-off", "after release")

Event = tuple[Feed, str]
FIRST_OF_AN_OPTIONAL_FEED: Event = ("lab_result", "id,person,code\n1,p1,x\n")
NEW_CONTENT: Event = ("pharmacy_claim", PHARMACY + "c3,p1,2026-03-03,1.00\n")
SAME_CONTENT: Event = ("pharmacy_claim", PHARMACY)
BROKEN: Event = ("pharmacy_claim", "claim,person,day,paid\nc1,p1,never,x\n")

OLD_ROWS, NEW_ROWS = [12.5], [13.5]


def reach(world: World, state: State, event: Event) -> list[str]:
    """Bring the night to a state, let the files come there, and say what was recorded of them."""
    world.deliver_all()
    if state == "before build":
        return come(world, event)
    if state == "during build":
        with open_build(world.warehouse, world.client, NIGHT, world.models, world.clock, world.roster, by="t") as build:
            world.fill_marts()
            recorded = come(world, event)
            build.finish({model: ModelResult(is_built=True, tests_passed=2) for model in world.models}, world.clock())
        return recorded
    world.build()
    if state == "during sign-off":
        shown = world.present() or ""
        recorded = come(world, event)
        sign_what_was_shown(world, shown)
        return recorded
    if state in SIGNED:
        world.approve()
    if state == "after release":
        world.release()
    return come(world, event)


def come(world: World, event: Event) -> list[str]:
    world.put(*event)
    return [item.outcome for item in world.notice()]


def sign_what_was_shown(world: World, digest: str) -> None:
    sign(
        world.warehouse,
        world.client,
        NIGHT,
        evidence_digest=digest,
        decision="approved",
        signer=signer_of(INGRID),
        roster=world.roster,
        now=world.clock(),
    )


def seen(world: World) -> list[float]:
    return [float(row["paid_amount"]) for row in world.visible()]


def seen_before(state: State) -> list[float]:
    return OLD_ROWS if state == "after release" else []


def of_deliveries(world: World) -> list[str]:
    return [action for action in world.actions() if action.startswith("delivery_")]


def states_of(world: World, feed: Feed) -> list[str]:
    with world.warehouse.begin() as connection:
        return sorted(connection.execute(select(deliveries.c.state).filter_by(feed=feed)).scalars())


def count(world: World, table: object) -> int:
    with world.warehouse.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def is_refused(world: World, why: str = "") -> None:
    with pytest.raises(GateClosed, match=why):
        world.release()


def is_asked_for(world: World, stage: str) -> None:
    """The sensor that requests work finds the night, settled or not, and this stage due in it."""
    with world.warehouse.begin() as connection:
        open_nights = read_unsettled(connection, NIGHT, NIGHT, world.now + SETTLING)
    assert ("tiny_health", NIGHT) in {(facts.client_id, facts.business_date) for facts in open_nights}
    assert [work.stage for work in world.status().work] == [stage]


def nothing_is_released_until_it_is_signed_anew(world: World, state: State) -> None:
    """The rest of the night, after another delivery was loaded: built, refused, signed, released, seen."""
    is_asked_for(world, "build")
    is_refused(world)
    assert seen(world) == seen_before(state)
    shown = world.present()
    world.paid = "13.5000"
    assert world.build().is_new
    is_refused(world, "no QA sign-off covers candidate")
    if shown:
        with pytest.raises(NotSigned, match="the candidate of tiny_health 2026-03-10 is no longer"):
            sign_what_was_shown(world, shown)
    assert seen(world) == seen_before(state)
    world.approve(DELE)
    assert not world.release().is_repeat
    assert seen(world) == NEW_ROWS
    assert count(world, releases) == (2 if state == "after release" else 1)


@pytest.mark.parametrize("state", STATES)
def test_a_late_first_delivery_of_an_optional_feed_is_taken_in_and_signed_anew(world: World, state: State) -> None:
    assert reach(world, state, FIRST_OF_AN_OPTIONAL_FEED) == ["new"]
    is_refused(world)
    is_asked_for(world, "load")
    assert seen(world) == seen_before(state)
    assert world.load("lab_result").state == "loaded"
    assert of_deliveries(world)[-2:] == ["delivery_arrived", "delivery_loaded"]
    nothing_is_released_until_it_is_signed_anew(world, state)


@pytest.mark.parametrize("state", STATES)
def test_a_redelivery_with_new_content_supersedes_and_is_signed_anew(world: World, state: State) -> None:
    assert reach(world, state, NEW_CONTENT) == ["new"]
    is_refused(world)
    is_asked_for(world, "load")
    assert states_of(world, "pharmacy_claim") == ["arrived", "superseded"]
    assert world.load("pharmacy_claim").rows_loaded == 3
    assert states_of(world, "pharmacy_claim") == ["loaded", "superseded"]
    assert of_deliveries(world)[-2:] == ["delivery_arrived", "delivery_loaded"]
    assert '"superseded":["' in world.entry("delivery_arrived")
    nothing_is_released_until_it_is_signed_anew(world, state)


@pytest.mark.parametrize("state", STATES)
def test_the_same_content_again_changes_nothing_in_any_state(world: World, state: State) -> None:
    assert reach(world, state, SAME_CONTENT) == ["same"]
    assert of_deliveries(world) == ["delivery_arrived", "delivery_loaded"] * 2
    assert states_of(world, "pharmacy_claim") == ["loaded"]
    assert seen(world) == seen_before(state)
    if state == "before build":
        world.build()
    if state in SIGNED:
        assert world.release().is_repeat == (state == "after release")
    else:
        is_refused(world, "no QA sign-off covers candidate")
        world.approve()
        world.release()
    assert seen(world) == OLD_ROWS
    assert (count(world, releases), count(world, raw_table("pharmacy_claim"))) == (1, 2)


@pytest.mark.parametrize("state", STATES)
def test_a_broken_redelivery_holds_the_night_and_the_good_one_sent_again_lets_it_go_on(
    world: World, state: State
) -> None:
    assert reach(world, state, BROKEN) == ["new"]
    is_refused(world)
    is_asked_for(world, "load")
    assert world.load("pharmacy_claim").state == "quarantined"
    assert of_deliveries(world)[-2:] == ["delivery_arrived", "delivery_quarantined"]
    assert states_of(world, "pharmacy_claim") == ["quarantined", "superseded"]

    blocked = world.status().blocked_by
    assert blocked is not None
    assert (blocked.name, blocked.state, blocked.owner_group) == ("feeds/pharmacy_claim", "held", "client")
    assert world.status().work == ()
    with pytest.raises(Unmet, match="pharmacy_claim"):
        world.build()
    is_refused(world)
    assert seen(world) == seen_before(state)

    assert come(world, SAME_CONTENT) == ["reinstated"]
    is_refused(world)
    assert world.load("pharmacy_claim").is_repeat
    assert of_deliveries(world)[-2:] == ["delivery_reinstated", "delivery_loaded"]
    assert count(world, raw_table("pharmacy_claim")) == 2
    _goes_on_as_it_was(world, state)


def _goes_on_as_it_was(world: World, state: State) -> None:
    """The inputs are those of before: what was built and signed of them holds, and is asked of nobody twice."""
    steps: dict[State, list[Callable[[], object]]] = {
        "before build": [world.build, world.approve],
        "during build": [world.approve],
        "after build": [world.approve],
    }
    for step in steps.get(state, []):
        step()
    assert world.release().is_repeat == (state == "after release")
    assert seen(world) == OLD_ROWS
    assert count(world, releases) == 1
