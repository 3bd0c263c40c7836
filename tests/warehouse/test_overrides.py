"""Overrides on a real PostgreSQL: what it takes for one to count, and what one does not open."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from acme_assets.warehouse.overrides import find_override, overrides
from acme_assets.warehouse.signing import NotSigned
from tests.warehouse.overriding import LABS, NO_PHARMACY, add, approve, listed, live, revoke, sign_off
from tests.world import DELE, ELIGIBILITY, ENZO, INGRID, NIGHT, NOOR, OTTO, World, make_roster, roster_person


class TestWhatCountsForNothing:
    """Each leaves the night as it was: held, for pharmacy claims that did not come."""

    @pytest.fixture(autouse=True)
    def held(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)

    def is_held(self, world: World) -> bool:
        status = world.status()
        return status.state == "held" and status.blocked_by is not None and "pharmacy" in status.blocked_by.name

    def test_an_override_that_nobody_approved(self, world: World) -> None:
        add(world, NO_PHARMACY)
        assert self.is_held(world)
        assert [item.state for item in listed(world)] == ["proposed"]

    def test_one_that_its_author_approves(self, world: World) -> None:
        override_id = add(world, NO_PHARMACY)
        with pytest.raises(NotSigned, match="enzo@acme.example wrote the override, and cannot approve it too"):
            approve(world, override_id, by=ENZO)
        world.say("override_approval", ENZO, {"override_id": override_id})
        assert self.is_held(world)
        (found,) = listed(world)
        assert (found.state, found.approved_by) == ("proposed", None)
        assert "cannot approve it too" in found.reasons[0]

    def test_one_that_somebody_of_another_role_approves(self, world: World) -> None:
        override_id = add(world, NO_PHARMACY)
        with pytest.raises(NotSigned, match="needs the role engineering or on_call or qa; noor@acme.example signed as"):
            approve(world, override_id, by=NOOR)
        with pytest.raises(NotSigned, match="does not have that role in people.yaml"):
            approve(world, override_id, by=NOOR, role="qa")
        assert self.is_held(world)

    def test_one_whose_author_may_sign_none(self, world: World) -> None:
        with pytest.raises(NotSigned, match="a override needs the role engineering or on_call or client_success"):
            add(world, NO_PHARMACY, by=INGRID)
        assert self.is_held(world)
        assert listed(world) == []

    def test_one_that_expired(self, world: World) -> None:
        live(world, NO_PHARMACY, expires_at=world.now + timedelta(hours=1))
        assert not self.is_held(world)
        world.now += timedelta(hours=1)
        assert self.is_held(world)
        assert [(item.state, item.reasons[0][:10]) for item in listed(world)] == [("expired", "it expired")]

    def test_one_that_was_revoked(self, world: World) -> None:
        override_id = live(world, NO_PHARMACY)
        assert not self.is_held(world)
        revoke(world, override_id)
        assert self.is_held(world)
        assert [item.state for item in listed(world)] == ["revoked"]
        with pytest.raises(NotSigned, match="not to be approved; revoked by otto@acme.example: no longer needed"):
            approve(world, override_id, by=DELE)

    def test_one_whose_approval_was_revoked_until_somebody_approves_it_again(self, world: World) -> None:
        override_id = add(world, NO_PHARMACY)
        revoke(world, approve(world, override_id))
        assert self.is_held(world)
        (found,) = listed(world)
        assert (found.state, found.approved_by) == ("proposed", None)
        assert "revoked by otto@acme.example" in found.reasons[0]
        approve(world, override_id, by=DELE)
        assert not self.is_held(world)

    def test_one_whose_author_has_left(self, world: World) -> None:
        live(world, NO_PHARMACY)
        world.roster = make_roster(roster_person(ENZO, status="retired", retired=date(2026, 3, 1)))
        assert self.is_held(world)
        assert [item.state for item in listed(world)] == ["refused"]

    def test_one_that_says_nothing_we_understand_and_no_other_night_fails_for_it(self, world: World) -> None:
        override_id = world.say("override", ENZO, {"change": "due", "feed": ["pharmacy_claim"]})
        world.say("override_approval", OTTO, {"override_id": override_id})
        assert self.is_held(world)
        (found,) = listed(world)
        assert (found.state, found.reasons) == ("refused", ("a change due says feed and time, and nothing else",))


class TestWhoHadAHandInIt:
    def test_its_approver_may_not_sign_the_night_off(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        approve(world, add(world, NO_PHARMACY), by=INGRID)
        world.build()
        with pytest.raises(NotSigned, match="had a hand in a waiver or an override of this night"):
            sign_off(world, INGRID)
        sign_off(world, DELE)
        assert world.release().release_id

    def test_its_author_may_not_sign_the_night_off(self, world: World) -> None:
        world.roster = make_roster(roster_person(INGRID, roles=("engineering", "qa")))
        world.deliver("eligibility", ELIGIBILITY)
        approve(world, add(world, NO_PHARMACY, by=INGRID, role="engineering"))
        world.build()
        with pytest.raises(NotSigned, match="had a hand"):
            sign_off(world, INGRID)


NO_SENSE: list[tuple[dict[str, Any], str]] = [
    ({"change": "optional_feed", "feed": "patient"}, "tiny_health has no feed patient; it has eligibility, "),
    ({"change": "optional_feed", "feed": "lab_result"}, "it changes nothing: .* lab_result is optional already"),
    ({"change": "extra_feed", "feed": "eligibility"}, "it changes nothing: .* eligibility is required already"),
    ({"change": "due", "feed": "eligibility", "time": "02:00"}, "it changes nothing"),
    ({"change": "due", "feed": "eligibility", "time": "2 am"}, "'2 am' is no time of day; write HH:MM"),
    ({"change": "deadline", "time": "06:00"}, "it changes nothing"),
    ({"change": "suite", "mart": "utilization", "tuning": {}}, "tiny_health has no mart utilization; it has"),
    ({"change": "suite", "mart": "pmpm", "tuning": {"max_drift": "-1"}}, "tuning.max_drift: Input should be"),
    ({"change": "suite", "mart": "pmpm", "tuning": {"bounds": {"shoes": [0, 1]}}}, "validation.pmpm.*shoes"),
]

NOT_TEMPORARY = [
    (NIGHT, NIGHT - timedelta(days=1), "give --from and --to in their order"),
    (NIGHT, NIGHT + timedelta(days=92), "93 business dates are more than 92; a lasting change goes into"),
    (NIGHT - timedelta(days=14), NIGHT, "more than 14 days back; begin on 2026-02-25 or later"),
    (NIGHT - timedelta(days=5), NIGHT - timedelta(days=4), "which is past; give a later --expires"),
]


class TestWhatIsRefusedBeforeItIsSigned:
    def test_a_change_that_makes_no_sense_for_the_client(self, world: World) -> None:
        for subject, said in NO_SENSE:
            with pytest.raises(NotSigned, match=said):
                add(world, subject)
        assert world.actions() == []

    def test_dates_that_are_not_temporary_or_not_ahead(self, world: World) -> None:
        for first, last, said in NOT_TEMPORARY:
            with pytest.raises(NotSigned, match=said):
                add(world, LABS, dates=(first, last))
        assert world.actions() == []

    def test_no_reason(self, world: World) -> None:
        with pytest.raises(NotSigned, match="--reason"):
            add(world, LABS, reason=" ")

    def test_a_second_approval(self, world: World) -> None:
        override_id = live(world, LABS)
        with pytest.raises(NotSigned, match="approved already, by otto@acme.example"):
            approve(world, override_id, by=DELE)

    def test_an_approval_of_what_changes_nothing_any_more(self, world: World) -> None:
        first, second = add(world, LABS), add(world, LABS)
        approve(world, first)
        with pytest.raises(NotSigned, match="it changes nothing"):
            approve(world, second)

    def test_what_is_live_already(self, world: World) -> None:
        live(world, LABS)
        with pytest.raises(NotSigned, match="it changes nothing"):
            add(world, LABS)

    def test_the_dates_of_the_bounds_are_inside_them(self, world: World) -> None:
        first = NIGHT - timedelta(days=13)
        override_id = live(world, LABS, dates=(first, first + timedelta(days=91)))
        assert [item.override_id for item in listed(world)] == [override_id]


class TestTheRecord:
    def test_it_ends_a_day_after_the_deadline_of_its_last_business_date(self, world: World) -> None:
        add(world, LABS, dates=(NIGHT, NIGHT + timedelta(days=2)))
        statement = listed(world)[0].statement
        assert statement is not None
        assert statement.expires_at == datetime(2026, 3, 14, 10, 0, tzinfo=UTC)

    def test_both_signatures_are_in_the_audit_log(self, world: World) -> None:
        live(world, LABS)
        assert world.actions() == ["override_signed", "override_approved"]

    def test_an_id_may_be_shortened_to_eight_digits_and_no_further(self, world: World) -> None:
        override_id = add(world, LABS)
        with pytest.raises(NotSigned, match="is no id"):
            approve(world, override_id[:7])
        with pytest.raises(NotSigned, match="there is no override 00000000"):
            approve(world, "00000000")
        approve(world, override_id[:8])
        with world.warehouse.begin() as connection:
            found = find_override(connection, world.registry.clients, override_id[:8], world.roster, world.now)
        assert (found.override_id, found.state) == (override_id, "live")

    def test_one_of_a_client_without_a_usable_file_counts_for_nothing(self, world: World) -> None:
        live(world, LABS)
        with world.warehouse.begin() as connection:
            (found,) = overrides(connection, {}, world.roster, world.now)
        assert (found.state, found.reasons) == ("refused", ("there is no usable client file of tiny_health",))

    def test_an_approval_of_some_of_its_dates_is_told(self, world: World) -> None:
        override_id = add(world, LABS, dates=(NIGHT, NIGHT + timedelta(days=1)))
        world.say("override_approval", OTTO, {"override_id": override_id})
        assert [(item.state, item.reasons) for item in listed(world)] == [
            ("live", ("it counts on some of its business dates alone",))
        ]
