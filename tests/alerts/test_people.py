"""Who is there, through what and when they may be told, what is kept silent; and whether a policy fits."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.checking import policy_problems
from acme_assets.alerts.incident import URGENCIES
from acme_assets.alerts.muting import is_muted
from acme_assets.alerts.people import channels_for, group_of, on_call, release_time, second, thresholds
from client_partitions.escalation import Policy
from client_partitions.people import Roster, RosterPerson
from tests.alerts.made_up_policy import (
    ANNE,
    ARMED,
    BERT,
    CLEO,
    MAX,
    NIGHT,
    NOOR,
    POLICY,
    QUENTIN,
    affected,
    left,
    mail,
    owned,
    person,
    policy,
    roster,
    with_rotation,
)


def test_on_call_and_second_skip_who_has_left() -> None:
    def emails(people: Roster) -> list[str | None]:
        found = (on_call(policy(), people, ARMED), second(policy(), people, ARMED))
        return [who.email if who else None for who in found]

    assert emails(roster()) == [BERT, CLEO]
    assert emails(roster(left(CLEO))) == [BERT, ANNE]
    assert emails(roster(left(BERT))) == [CLEO, ANNE]
    assert emails(roster(left(ANNE), left(CLEO))) == [BERT, None]
    assert emails(roster(*map(left, (ANNE, BERT, CLEO)))) == [None, None]


class TestHoursAndChannels:
    def test_pages_go_through_quiet_hours_and_nothing_else_does(self) -> None:
        morning = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
        for urgency in URGENCIES:
            goes = release_time(policy(), "engineering", urgency, ARMED)
            assert goes == (ARMED if urgency == "page" else morning)
        assert release_time(policy(), "qa", "notify", ARMED) == ARMED, "a group without quiet hours has none"

    def test_a_clients_hours_are_by_its_own_clock(self) -> None:
        kolkata = ZoneInfo("Asia/Kolkata")
        assert release_time(policy(), "client", "notify", ARMED, kolkata) == ARMED
        late = datetime(2026, 3, 11, 19, 0, tzinfo=UTC)
        assert release_time(policy(), "client", "notify", late, kolkata) == datetime(2026, 3, 12, 0, 30, tzinfo=UTC)

    def test_a_persons_own_channels_come_before_the_groups_and_the_default(self) -> None:
        people = roster().people
        assert channels_for(policy(), people[ANNE], "engineering", "page") == ("pager", "email")
        assert channels_for(policy(), people[QUENTIN], "qa", "page") == ("room", "pager")
        assert channels_for(policy(), people[CLEO], "engineering", "page") == ("email",)

    def test_a_clients_contact_never_has_channels_of_ours(self) -> None:
        cora = owned().owners.client
        group = group_of(policy(), roster(), cora.email)
        assert group == "client"
        assert channels_for(policy(), cora, group, "page") == ("email",)

    @pytest.mark.parametrize("people", [roster(), Roster(problem="unreadable")])
    def test_our_people_are_never_taken_for_a_clients(self, people: Roster) -> None:
        groups = {email: group_of(policy(), people, email) for email in (ANNE, MAX, QUENTIN, NOOR)}
        assert groups == {ANNE: "engineering", MAX: "engineering", QUENTIN: "qa", NOOR: "client_success"}

    def test_an_unknown_tier_wakes_somebody_as_soon_as_any(self) -> None:
        assert thresholds(policy())["standard"].page_above == 0.5
        assert thresholds(policy())["platinum"].page_above == 0.25


SPAN = {"from": "2026-03-11T00:00:00Z", "until": "2026-03-11T12:00:00Z", "what": "a move"}


class TestMuting:
    def cause(self, **changes: Any) -> Cause:
        values: dict[str, Any] = {"kind": "delivery", "owner_group": "client", "affected": (affected(),)}
        values |= changes
        return Cause(key="k", owner=owned().owners.client, text="late", since=ARMED, fix="", **values)

    def why(self, rules: dict[str, Any], at: datetime = ARMED, **changes: Any) -> str | None:
        other = owned(client_id="other", landing="other", host="sftp.other.example")
        clients = {"tiny_health": owned(host="sftp.tiny.example"), "other": other}
        return is_muted(policy(**rules), self.cause(**changes), clients, at)

    @pytest.mark.parametrize(
        ("covers", "changes", "is_kept_silent"),
        [
            ({"everything": True}, {}, True),
            ({"everything": True}, {"kind": "silence", "affected": ()}, True),
            ({"everything": True}, {"kind": "forgery"}, False),
            ({"everything": True}, {"kind": "audit chain", "affected": ()}, False),
            ({"owner_group": "client"}, {}, True),
            ({"owner_group": "engineering"}, {}, False),
            ({"owner_group": "engineering"}, {"kind": "load", "owner_group": "engineering", "affected": ()}, True),
            ({"client": "tiny_health"}, {}, True),
            ({"client": "tiny_health"}, {"kind": "load", "owner_group": "engineering"}, True),
            ({"client": "other"}, {}, False),
            ({"client": "tiny_health"}, {"affected": ()}, False),
            ({"host": "sftp.tiny.example"}, {}, True),
            ({"host": "sftp.tiny.example"}, {"kind": "contract"}, False),
            ({"host": "sftp.other.example"}, {}, False),
        ],
    )
    def test_a_window_keeps_silent_what_it_covers(
        self, covers: dict[str, Any], changes: dict[str, Any], is_kept_silent: bool
    ) -> None:
        said = self.why({"maintenance": [SPAN | covers]}, **changes)
        assert (said is not None) == is_kept_silent
        assert said is None or "a move" in said

    def test_a_window_ends_on_time(self) -> None:
        rules = {"maintenance": [SPAN | {"everything": True}]}
        end = datetime(2026, 3, 11, 12, tzinfo=UTC)
        assert self.why(rules, end - timedelta(seconds=1))
        assert self.why(rules, end) is None

    def test_one_night_that_is_not_covered_is_enough_to_be_told(self) -> None:
        both = (affected(), replace(affected(), client_id="other"))
        one = {"maintenance": [SPAN | {"client": "tiny_health"}]}
        assert self.why(one, affected=both) is None
        assert self.why({"maintenance": [*one["maintenance"], SPAN | {"client": "other"}]}, affected=both)

    def test_on_its_holiday_a_client_is_not_chased_but_our_own_faults_are_told(self) -> None:
        rules = {"client_holidays": {"tiny_health": [NIGHT]}}
        assert self.why(rules) == "tiny_health has a holiday on 2026-03-10"
        assert self.why(rules, kind="load", owner_group="engineering") is None
        assert self.why({"client_holidays": {"tiny_health": [date(2026, 3, 11)]}}) is None


class TestChecking:
    def problems(self, made: Policy | None = None, *changed: RosterPerson, **client: Any) -> list[str]:
        clients = {"tiny_health": owned(**client)}
        return policy_problems(made or policy(), roster(*changed), clients, ARMED)

    def test_what_fits_has_none(self) -> None:
        assert self.problems() == []

    @pytest.mark.parametrize(
        ("made", "changed", "client", "said"),
        [
            (with_rotation(people=[mail("gus")]), (), {}, "rotations.engineering.people: gus@acme.example is not in"),
            (policy(), (left(CLEO),), {}, "rotations.engineering.people: cleo@acme.example is retired since 2026-0"),
            (policy(), (person(CLEO, "qa"),), {}, "rotations.engineering.people: cleo@acme.example is not on_call"),
            (policy(), (), {"tier": "platinum"}, "tiny_health.yaml: tier: the policy has no tier 'platinum'; use one"),
            (policy(client_holidays={"nobody": []}), (), {}, "client_holidays: there is no client 'nobody'"),
            (policy(maintenance=[SPAN | {"host": "sftp.x"}]), (), {}, "maintenance.0.host: no client's file has"),
            (policy(maintenance=[SPAN | {"client": "nobody"}]), (), {}, "maintenance.0.client: there is no client"),
        ],
    )
    def test_what_does_not_fit_is_said_by_file_field_and_remedy(
        self, made: Policy, changed: tuple[RosterPerson, ...], client: dict[str, Any], said: str
    ) -> None:
        found, *_ = self.problems(made, *changed, **client)
        assert said in found
        assert found.partition(":")[0] in ("escalation.yaml", "tiny_health.yaml")

    def test_a_ladder_that_reaches_nobody_at_some_hour_is_found(self) -> None:
        """Without anybody on call, and nobody on shift at noon."""
        only = policy(ladders=POLICY["ladders"] | {"qa": [{"who": "on_shift", "at": 0}]})
        (found,) = self.problems(only)
        assert found.startswith("escalation.yaml: ladders.qa: reaches nobody of ours for tiny_health at Wed 14:00 UTC")


@given(
    st.sampled_from(["engineering", "client"]),
    st.sampled_from(URGENCIES),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_quiet_hours_hold_except_for_pages(group: Any, urgency: Any, moment: datetime) -> None:
    at, chicago = moment.replace(tzinfo=UTC), ZoneInfo("America/Chicago")
    goes = release_time(policy(), group, urgency, at, chicago)
    if urgency == "page":
        assert goes == at
        return
    assert goes >= at
    begins, until = (20, 7) if group == "engineering" else (22, 6)
    assert until <= goes.astimezone(chicago).hour < begins
