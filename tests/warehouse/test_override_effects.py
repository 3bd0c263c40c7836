"""What each override changes on a real PostgreSQL, and that it is what was shown before."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acme_assets.gatekeeper.judging import judge_one_release, withdraw_failed_releases
from acme_assets.gates.changes import under_override
from acme_assets.nights.requirements import Unmet
from acme_assets.nights.status import NightStatus, Step
from acme_assets.warehouse.releasing import GateClosed
from acme_assets.warehouse.signing import evidence_of
from tests.warehouse.overriding import LAB, LABS, NO_PHARMACY, TOTALS, listed, live, revoke, sign_off, would_be
from tests.world import DELE, ELIGIBILITY, NIGHT, NOOR, OTTO, PHARMACY, World, make_client, make_roster, roster_person


def step(world: World, name: str) -> Step:
    return next(item for item in world.status().steps if item.name == name)


def seen(status: NightStatus) -> tuple[Any, ...]:
    """A night as it stands, but for when it came to that."""
    blocked = status.blocked_by
    return status.state, blocked and (blocked.name, blocked.state, blocked.reason, blocked.owner), status.deadline


class TestWhatEachChanges:
    def test_an_optional_feed_lets_the_night_be_built_and_released_without_it(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        with pytest.raises(Unmet, match="pharmacy_claim"):
            world.build()
        live(world, NO_PHARMACY)
        assert world.build().evidence_digest
        sign_off(world)
        world.release()
        assert world.status().state == "released"

    def test_a_quarantined_delivery_of_an_optional_feed_holds_the_night_no_longer(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        world.deliver("pharmacy_claim", PHARMACY.replace("12.50", "much").replace("7.25", "more"))
        assert world.status().state == "held"
        live(world, NO_PHARMACY)
        assert [work.stage for work in world.status().work] == ["build"]

    def test_an_extra_feed_holds_a_night_that_would_be_built(self, world: World) -> None:
        world.deliver_all()
        assert [work.stage for work in world.status().work] == ["build"]
        live(world, LABS)
        assert step(world, "feeds/lab_result").state == "held"
        assert world.status().work == ()
        with pytest.raises(Unmet, match="lab_result"):
            world.build()
        world.deliver("lab_result", LAB)
        assert world.build().evidence_digest

    def test_an_extra_feed_holds_a_night_that_was_signed_off(self, world: World) -> None:
        world.deliver_all()
        world.build()
        sign_off(world)
        live(world, LABS)
        with pytest.raises(GateClosed):
            world.release()

    def test_another_due_time_moves_when_a_feed_is_late(self, world: World) -> None:
        assert step(world, "feeds/eligibility").state == "held"
        live(world, {"change": "due", "feed": "eligibility", "time": "05:30"})
        assert (step(world, "feeds/eligibility").state, step(world, "feeds/pharmacy_claim").state) == (
            "waiting",
            "held",
        )
        assert step(world, "feeds/eligibility").reason == "not delivered yet; due 05:30 EDT"

    def test_a_moved_deadline_is_the_nights_deadline(self, world: World) -> None:
        assert world.status().deadline == datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
        live(world, {"change": "deadline", "time": "09:15"})
        assert world.status().deadline == datetime(2026, 3, 11, 13, 15, tzinfo=UTC)

    def test_another_suite_judges_the_mart(self, world: World) -> None:
        world.deliver_all()
        before = {suite.suite: suite for suite in world.build().suites}
        live(world, TOTALS)
        after = {suite.suite: suite for suite in world.build().suites}
        name = next(name for name in before if name.startswith("pmpm"))
        assert before[name] != after[name]
        assert not after[name].passed

    def test_another_suite_judges_what_was_released_under_it_too(self, world: World) -> None:
        policy = world.client.qa.model_copy(update={"withdraw_on_failed_production": True})
        world.client = under_override(world.client.model_copy(update={"qa": policy}), TOTALS)
        live(world, {"change": "suite", "mart": "pmpm", "tuning": {}})
        released(world)
        platform = world.platform()
        assert judge_one_release(platform)
        withdraw_failed_releases(platform)
        assert world.status().state == "released"

    def test_only_its_own_business_dates_are_changed(self, world: World) -> None:
        world.deliver_all()
        live(world, LABS, dates=(NIGHT + timedelta(days=1), NIGHT + timedelta(days=3)))
        assert [work.stage for work in world.status().work] == ["build"]

    def test_what_it_changed_is_in_the_evidence(self, world: World) -> None:
        world.deliver_all()
        override_id = live(world, {"change": "deadline", "time": "09:15"})
        world.build()
        evidence = evidence_of(world.warehouse, world.client, NIGHT).canonical
        assert override_id in evidence
        assert f'"approved_by":"{OTTO}"' in evidence

    def test_of_two_overrides_of_one_thing_the_later_counts(self, world: World) -> None:
        live(world, {"change": "deadline", "time": "07:00"})
        live(world, {"change": "deadline", "time": "08:00"})
        assert world.status().deadline == datetime(2026, 3, 11, 12, 0, tzinfo=UTC)


def untouched(world: World) -> None:
    pass


def half_delivered(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)


def delivered(world: World) -> None:
    world.deliver_all()


def signed_off(world: World) -> None:
    world.deliver_all()
    world.build()
    sign_off(world)


def released(world: World) -> None:
    signed_off(world)
    world.release()


def under_a_waiver(world: World) -> None:
    world.deliver("pharmacy_claim", PHARMACY)
    subject = {"exception": "late_until", "feed": "eligibility", "until": "05:45"}
    request_id = world.say("exception_request", NOOR, subject)
    said = {"request_id": request_id, "contact": "cora@tiny.example", "reference": "call", "via": "client_success"}
    world.roster = make_roster(roster_person(DELE, roles=("qa", "client_success")))
    world.say("acknowledgement", DELE, said, role="client_success")


class TestTheEffectIsWhatHappens:
    @pytest.mark.parametrize("night", [untouched, half_delivered, delivered, signed_off, released, under_a_waiver])
    def test_the_night_after_approval_is_as_it_was_shown(self, world: World, night: Any) -> None:
        night(world)
        for subject in (
            LABS,
            NO_PHARMACY,
            {"change": "due", "feed": "pharmacy_claim", "time": "05:30"},
            {"change": "deadline", "time": "07:45"},
            TOTALS,
        ):
            before, shown = world.status(), would_be(world, subject)
            override_id = live(world, subject)
            after = world.status()
            if seen(before) == seen(after):
                assert shown.nights == ()
            else:
                (change,) = shown.nights
                assert tuple(map(seen, change.statuses)) == (seen(before), seen(after))
            revoke(world, override_id)
            assert seen(world.status()) == seen(before)

    def test_a_release_stays_visible_and_is_to_be_signed_off_again(self, world: World) -> None:
        released(world)
        (change,) = would_be(world, LABS).nights
        assert [status.state for status in change.statuses] == ["released", "held"]
        live(world, LABS)
        assert world.visible()
        world.deliver("lab_result", LAB)
        world.build()
        assert world.status().state == "awaiting sign-off"

    def test_a_release_does_not_stay_under_one_that_came_after_it_and_ended(self, world: World) -> None:
        released(world)
        world.now += timedelta(minutes=10)
        live(world, LABS, expires_at=world.now + timedelta(hours=1))
        assert world.status().state == "held"
        world.now += timedelta(hours=1)
        assert world.status().state == "released"

    def test_a_release_stays_one_though_the_override_that_it_was_made_under_has_ended(self, world: World) -> None:
        live(world, LABS, expires_at=world.now + timedelta(hours=1))
        world.deliver("lab_result", LAB)
        released(world)
        world.now += timedelta(hours=2)
        assert world.status().state == "released"
        assert [item.state for item in listed(world)] == ["expired"]

    def test_a_release_whose_override_is_revoked_is_built_again_and_stays_visible(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        world.deliver("pharmacy_claim", PHARMACY)
        override_id = live(world, {"change": "deadline", "time": "09:15"})
        world.build()
        sign_off(world)
        world.release()
        revoke(world, override_id)
        assert [work.stage for work in world.status().work] == ["build"]
        assert world.visible()
        world.build()
        assert world.status().state == "awaiting sign-off"

    def test_asking_writes_nothing(self, world: World) -> None:
        delivered(world)
        before = world.actions()
        would_be(world, LABS)
        assert (world.actions(), listed(world)) == (before, [])

    def test_the_dates_are_those_whose_dependencies_change(self, world: World) -> None:
        data = world.client.feeds["lab_result"].model_copy(update={"required": True, "days": ("mon", "tue")})
        world.client = make_client().model_copy(update={"feeds": {**world.client.feeds, "lab_result": data}})
        found = would_be(world, LABS, (NIGHT, NIGHT + timedelta(days=7)))
        assert found.dates == tuple(NIGHT + timedelta(days=number) for number in (1, 2, 3, 4, 5))
        assert found.before.business_date == NIGHT + timedelta(days=1)

    def test_nights_of_the_future_and_ones_the_ledger_does_not_know_are_not_looked_at(self, world: World) -> None:
        found = would_be(world, LABS, (NIGHT - timedelta(days=13), NIGHT + timedelta(days=20)))
        assert found.looked_at == 1
