"""The ladder: who is told first, who next, and when; and that it holds whatever the policy."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import Staff, recipients
from client_partitions.client import OwnerGroup
from client_partitions.escalation import Policy
from client_partitions.people import Roster
from tests.alerts.any_policy import incidents, policies, staffs
from tests.alerts.made_up_policy import (
    ANNE,
    ARMED,
    BERT,
    CLEO,
    CORA,
    HOUR,
    MAX,
    MINUTE,
    NOOR,
    POLICY,
    QUEENIE,
    QUENTIN,
    affected,
    incident,
    left,
    mail,
    owned,
    person,
    policy,
    roster,
    staff,
    told,
    waits,
)


class TestLadders:
    @pytest.mark.parametrize(
        ("group", "expected"),
        [("client", [CORA, NOOR, BERT]), ("qa", [QUENTIN, QUEENIE, BERT]), ("engineering", [BERT, CLEO, MAX])],
    )
    def test_each_owner_group_has_its_own(self, group: OwnerGroup, expected: list[str]) -> None:
        assert told(recipients(policy(), incident(group), staff(), ARMED)) == [(email,) for email in expected]

    @pytest.mark.parametrize(
        ("drop_dead", "minutes"),
        [
            (ARMED + 2 * HOUR, [0, 30, 60]),  # a quarter, a half
            (ARMED + 10 * HOUR, [0, 60, 120]),  # no more than `most` after the one before
            (ARMED + 20 * MINUTE, [0, 10, 20]),  # no less than `least`
            (ARMED - HOUR, [0, 10, 20]),  # past it
            (None, [0, 60, 120]),  # not known
        ],
    )
    def test_its_waits_are_shares_of_the_time_to_the_drop_dead(
        self, drop_dead: datetime | None, minutes: list[int]
    ) -> None:
        assert waits(recipients(policy(), incident(drop_dead=drop_dead), staff(), ARMED)) == minutes

    def test_who_has_left_is_passed_over(self) -> None:
        rungs = recipients(policy(), incident(), staff(left(BERT), left(MAX)), ARMED)
        assert told(rungs) == [(CLEO,), (ANNE,)], "the manager's stand-ins are all told already, or have left"

    def test_a_lead_who_is_told_already_has_a_stand_in(self) -> None:
        changed = policy(leads=POLICY["leads"] | {"manager": [BERT, ANNE]})
        assert told(recipients(changed, incident(), staff(), ARMED)) == [(BERT,), (CLEO,), (ANNE,)]

    def test_a_step_that_finds_nobody_costs_no_time(self) -> None:
        noon = ARMED + 12 * HOUR  # neither analyst works
        rungs = recipients(policy(), incident("qa", armed_at=noon, drop_dead=noon + 4 * HOUR), staff(), noon)
        assert told(rungs) == [(QUEENIE,), (BERT,)]
        assert [rung.due_at - noon for rung in rungs] == [timedelta(0), HOUR]
        assert [rung.number for rung in rungs] == [1, 2], "a step's number stays"

    def test_people_are_those_of_when_it_is_their_turn(self) -> None:
        armed = datetime(2026, 3, 16, 14, 30, tzinfo=UTC)  # Monday, half an hour before the hand-over to Cleo
        found = incident("client", armed_at=armed, drop_dead=armed + 4 * HOUR)
        assert told(recipients(policy(), found, staff(), armed)) == [(CORA,), (NOOR,), (CLEO,)]

    def test_who_comes_on_call_is_handed_what_nobody_has_taken_on(self) -> None:
        armed = datetime(2026, 3, 16, 14, 55, tzinfo=UTC)
        found, hand_over = incident(armed_at=armed, drop_dead=armed + 4 * HOUR), armed + 5 * MINUTE
        before = recipients(policy(), found, staff(), hand_over - MINUTE)
        after = recipients(policy(), found, staff(), hand_over)
        assert told(before)[0] == (BERT,)
        assert told(after)[0] == (BERT, CLEO)
        assert told(after)[1] == (ANNE,), "second, after Cleo"

    def test_who_was_handed_it_is_not_told_again_as_a_lead(self) -> None:
        armed = datetime(2026, 3, 16, 14, 55, tzinfo=UTC)
        lead = policy(leads=POLICY["leads"] | {"manager": [CLEO, MAX]})
        rungs = recipients(lead, incident(armed_at=armed, drop_dead=armed + 4 * HOUR), staff(), armed + 4 * HOUR)
        assert told(rungs) == [(BERT, CLEO), (ANNE,), (MAX,)]

    def test_who_leaves_while_it_is_open_is_followed_by_the_next(self) -> None:
        """Bert leaves at midnight, in UTC; that he was told stays true."""
        armed = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)
        found, people = incident(armed_at=armed, drop_dead=None), staff(left(BERT, on=date(2026, 3, 12)))
        assert told(recipients(policy(), found, people, armed + HOUR - MINUTE))[0] == (BERT,)
        assert told(recipients(policy(), found, people, armed + HOUR))[0] == (BERT, CLEO)
        assert told(recipients(policy(), found, people, armed + 20 * HOUR))[0] == (BERT, CLEO)

    def test_who_is_on_call_and_told_already_is_not_replaced_by_the_second(self) -> None:
        lead = policy(leads=POLICY["leads"] | {"client_success": [BERT]})
        rungs = recipients(lead, incident("client"), staff(left(NOOR, "client_success")), ARMED)
        assert told(rungs) == [(CORA,), (BERT,)]

    def test_the_analyst_whose_shift_goes_on_is_not_relieved(self) -> None:
        """Quentin until 05:30, Queenie from 02:00: she is told when he goes home, not when she comes."""
        at = datetime(2026, 3, 11, 6, 50, tzinfo=UTC)
        found = incident("qa", armed_at=at, drop_dead=None)
        lead = policy(leads=POLICY["leads"] | {"qa_lead": [MAX]})
        assert told(recipients(lead, found, staff(), at + HOUR))[0] == (QUENTIN,)
        assert told(recipients(lead, found, staff(), at + 4 * HOUR))[0] == (QUENTIN, QUEENIE)

    def test_the_lead_of_qa_is_whose_turn_it_is_and_the_next_is_told_after_the_hand_over(self) -> None:
        """On Wednesday at noon, in UTC: eight hours after it was armed."""
        turns = POLICY["rotations"]["engineering"] | {
            "zone": "UTC", "hand_over": {"day": "wed", "at": "12:00"}, "people": [QUENTIN, QUEENIE],
        }  # fmt: skip
        leads = POLICY["leads"] | {"qa_lead": [MAX]}
        ladder = [{"who": "qa_lead", "at": 0}, {"who": "on_call", "at": 0.5, "least": 10, "most": 60}]
        made = policy(
            rotations=POLICY["rotations"] | {"qa": turns}, leads=leads, ladders=POLICY["ladders"] | {"qa": ladder}
        )
        first, then = made.line("qa_lead", ARMED), made.line("qa_lead", ARMED + 8 * HOUR)
        assert (set(first), first[0] != then[0], first[2]) == ({QUENTIN, QUEENIE, MAX}, True, MAX)
        found = incident("qa", drop_dead=None)
        assert told(recipients(made, found, staff(), ARMED + 7 * HOUR))[0] == (first[0],)
        assert told(recipients(made, found, staff(), ARMED + 8 * HOUR))[0] == (first[0], then[0])
        gone = staff(left(first[0], "qa"))
        assert told(recipients(made, found, gone, ARMED))[0] == (then[0],)

    def test_outside_the_hours_of_a_clients_contact_of_ours_whose_turn_it_is_is_told(self) -> None:
        turns = POLICY["rotations"]["engineering"] | {"people": [mail("iris")]}
        made = policy(rotations=POLICY["rotations"] | {"client_success": turns})
        day = {"zone": "America/Chicago", "from": "08:00", "until": "17:00"}
        people = staff(person(NOOR, "client_success", hours=day), person(mail("iris"), "client_success"))
        assert told(recipients(made, incident("client"), people, ARMED))[1] == (mail("iris"),)
        noon = ARMED + 13 * HOUR
        by_day = incident("client", armed_at=noon, drop_dead=noon + 4 * HOUR)
        assert told(recipients(made, by_day, people, noon))[1] == (NOOR,)

    def test_of_several_clients_the_one_with_the_least_time_names_the_people(self) -> None:
        other = owned(client_id="other", landing="other")
        iris = other.owners.client_success.model_copy(update={"email": mail("iris"), "name": "Iris"})
        other = other.model_copy(update={"owners": other.owners.model_copy(update={"client_success": iris})})
        both = Staff(roster(person(mail("iris"), "client_success")), {"tiny_health": owned(), "other": other})
        sooner = replace(affected(drop_dead=ARMED + HOUR), client_id="other")
        rungs = recipients(policy(), incident("client", affected=(affected(), sooner)), both, ARMED)
        assert told(rungs)[1] == (mail("iris"),)

    def test_a_client_whose_file_is_broken_still_has_our_people(self) -> None:
        nobody = Staff(roster(), {})
        assert told(recipients(policy(), incident("client"), nobody, ARMED)) == [(CORA,), (NOOR,), (BERT,)]
        assert told(recipients(policy(), incident("qa"), nobody, ARMED)) == [(QUEENIE,), (BERT,)]

    def test_where_people_yaml_cannot_be_read_people_are_told_nonetheless(self) -> None:
        unread = Staff(Roster(problem="people.yaml: is not YAML"), {"tiny_health": owned()})
        assert told(recipients(policy(), incident(), unread, ARMED)) == [(BERT,), (CLEO,), (MAX,)]

    def test_where_no_step_finds_anybody_whoever_is_there_is_told(self) -> None:
        only = policy(ladders=POLICY["ladders"] | {"client": POLICY["ladders"]["client"][:2]})
        gone = staff(left(NOOR, "client_success"), left(ANNE))
        assert told(recipients(only, incident("client"), gone, ARMED)) == [(CORA,), (BERT,)]


class TestWhateverThePolicy:
    @given(policies(), incidents(), staffs(), st.integers(0, 2000))
    @settings(deadline=None)
    def test_rungs_rise_within_their_waits_and_nobody_is_on_two(
        self, made: Policy, found: Incident, people: Staff, minutes: int
    ) -> None:
        rungs = recipients(made, found, people, ARMED + minutes * MINUTE)
        everybody = [who.email for rung in rungs for who in rung.recipients]
        assert len(everybody) == len(set(everybody))
        assert all(rung.recipients for rung in rungs)
        assert not rungs or rungs[0].due_at == ARMED
        for earlier, later in pairwise(rungs):
            assert earlier.number < later.number
            assert MINUTE <= later.due_at - earlier.due_at <= 120 * MINUTE

    @given(policies(), incidents(), staffs())
    @settings(deadline=None)
    def test_somebody_of_ours_is_told_wherever_somebody_is_there(
        self, made: Policy, found: Incident, people: Staff
    ) -> None:
        rungs = recipients(made, found, people, ARMED)
        ours = [rung for rung in rungs if rung.step != "client_contact"]
        last = max((rung.due_at for rung in rungs), default=ARMED) + 5 * HOUR
        named = {email for emails in made.named().values() for email in emails}
        if any(person.is_active(last) for email, person in people.roster.people.items() if email in named):
            assert ours
        for rung in ours:
            for who in rung.recipients:
                assert people.roster.people[who.email].is_active(rung.due_at)

    @given(policies(), incidents(), staffs(), st.lists(st.integers(0, 2000), min_size=2, max_size=12))
    @settings(deadline=None)
    def test_as_time_goes_on_nobody_who_was_told_is_told_on_another_rung(
        self, made: Policy, found: Incident, people: Staff, looks: list[int]
    ) -> None:
        places: dict[str, int] = {}
        for minutes in sorted(looks):
            at = ARMED + minutes * MINUTE
            for rung in recipients(made, found, people, at):
                for who in rung.recipients if rung.due_at <= at else ():
                    assert places.setdefault(who.email, rung.number) == rung.number
