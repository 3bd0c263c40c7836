"""escalation.yaml: read strictly; turns, swaps and quiet hours by the wall clock, on both clock changes too."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from client_partitions.client import WEEKDAYS, Client
from client_partitions.escalation import ESCALATION_FILE, load_policy, policy_from
from client_partitions.registry import RegistryError, read_yaml
from client_partitions.rotation import QuietHours, Rotation
from tests.world import client_data

CHICAGO = ZoneInfo("America/Chicago")
ANNE, BERT, CLEO, DORA = (f"{name}@acme.example" for name in ("anne", "bert", "cleo", "dora"))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rotation(**changes: Any) -> Rotation:
    """Mondays at 10:00 in Chicago, Anne first from 2026-03-02 on."""
    data = {
        "zone": "America/Chicago",
        "hand_over": {"day": "mon", "at": "10:00"},
        "starts": "2026-03-02",
        "people": [ANNE, BERT, CLEO],
    }
    return Rotation.model_validate(data | changes)


class TestTurns:
    def test_the_hand_over_is_exactly_at_the_hour(self) -> None:
        before = utc("2026-03-16 14:59:59.999999")
        assert rotation().line(before)[0] == BERT
        assert rotation().line(utc("2026-03-16 15:00"))[0] == CLEO
        assert rotation().next_hand_over(before) == utc("2026-03-16 15:00")
        assert rotation().next_hand_over(utc("2026-03-16 15:00")) == utc("2026-03-23 15:00")

    @pytest.mark.parametrize(
        ("hand_over", "begins"),
        [
            ({"day": "mon", "at": "10:00"}, "2026-03-09 15:00"),  # the clocks went forward on the day before
            ({"day": "sun", "at": "02:30"}, "2026-03-08 08:30"),  # the clocks skip it: when they jump, 03:30
            ({"day": "sun", "at": "01:30"}, "2026-11-01 06:30"),  # it happens twice: the first
            ({"day": "mon", "at": "10:00"}, "2026-11-02 16:00"),  # the clocks went back on the day before
        ],
    )
    def test_a_hand_over_is_by_the_wall_clock_through_both_changes(
        self, hand_over: dict[str, str], begins: str
    ) -> None:
        turns, moment = rotation(hand_over=hand_over), utc(begins)
        before, after = turns.line(moment - timedelta(seconds=1)), turns.line(moment)
        assert after == (*before[1:], before[0])
        assert turns.next_hand_over(moment - timedelta(seconds=1)) == moment

    def test_the_first_turn_begins_with_the_first_hand_over_from_the_start_on(self) -> None:
        late = rotation(starts="2026-03-04")
        assert late.line(utc("2026-03-09 15:00"))[0] == ANNE
        assert late.line(utc("2026-03-09 14:59"))[0] == CLEO, "before the start, as if it had always gone"

    def test_a_swap_is_from_a_moment_until_another(self) -> None:
        swap = {"from": "2026-03-04T18:00:00-06:00", "until": "2026-03-06T08:00:00-06:00", "person": DORA}
        turns = rotation(swaps=[swap])
        assert turns.line(utc("2026-03-04 23:59"))[0] == ANNE
        assert turns.line(utc("2026-03-05 00:00")) == (DORA, BERT, CLEO, ANNE), "who gave the turn away is last"
        assert turns.line(utc("2026-03-06 14:00"))[0] == ANNE
        assert turns.until(utc("2026-03-04 20:00")) == utc("2026-03-05 00:00")
        assert turns.until(utc("2026-03-05 00:00")) == utc("2026-03-06 14:00")
        assert turns.until(utc("2026-03-06 14:00")) == utc("2026-03-09 15:00")

    def test_the_second_who_takes_the_turn_is_not_his_own_second(self) -> None:
        swap = {"from": "2026-03-04T00:00:00Z", "until": "2026-03-05T00:00:00Z", "person": BERT}
        assert rotation(swaps=[swap]).line(utc("2026-03-04 12:00")) == (BERT, CLEO, ANNE)

    def test_a_swap_that_goes_over_into_ones_own_turn_has_no_break(self) -> None:
        swap = {"from": "2026-03-08T00:00:00Z", "until": "2026-03-09T15:00:00Z", "person": BERT}
        assert rotation(swaps=[swap]).until(utc("2026-03-08 12:00")) == utc("2026-03-16 15:00")

    def test_one_person_alone_always_answers(self) -> None:
        alone = rotation(people=[ANNE])
        assert alone.line(utc("2026-03-16 15:00")) == (ANNE,)
        assert alone.until(utc("2026-03-16 15:00")) is None

    @given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)), st.sampled_from(WEEKDAYS), st.integers(0, 23))
    def test_each_turn_is_a_week_of_the_wall_clock_and_everybody_has_one(
        self, moment: datetime, day: str, hour: int
    ) -> None:
        at = moment.replace(tzinfo=UTC)
        turns = rotation(hand_over={"day": day, "at": f"{hour:02}:00"})
        seen, edge = [turns.line(at)[0]], turns.next_hand_over(at)
        assert at < edge <= at + timedelta(days=7, hours=1)
        for _ in range(2):
            following = turns.next_hand_over(edge)
            local, then = edge.astimezone(CHICAGO), following.astimezone(CHICAGO)
            assert then.date() - local.date() == timedelta(days=7)
            if hour != 2:  # the clocks may skip it
                assert (then.hour, then.minute) == (hour, 0)
            assert turns.line(following - timedelta(microseconds=1)) == turns.line(edge)
            seen.append(turns.line(edge)[0])
            edge = following
        assert sorted(seen) == [ANNE, BERT, CLEO]


class TestQuietHours:
    NIGHTS = QuietHours.model_validate({"zone": "America/Chicago", "from": "20:00", "until": "07:00"})

    @pytest.mark.parametrize(
        ("at", "goes"),
        [
            ("2026-03-05 01:59", "2026-03-05 01:59"),
            ("2026-03-05 02:00", "2026-03-05 13:00"),
            ("2026-03-05 12:59", "2026-03-05 13:00"),
            ("2026-03-05 13:00", "2026-03-05 13:00"),
            ("2026-03-08 03:00", "2026-03-08 12:00"),  # the clocks go forward in the night
            ("2026-11-01 03:00", "2026-11-01 13:00"),  # and back
        ],
    )
    def test_they_hold_back_until_the_morning_of_the_wall_clock(self, at: str, goes: str) -> None:
        assert self.NIGHTS.release(utc(at), CHICAGO) == utc(goes)

    def test_whole_days_join_the_nights_around_them(self) -> None:
        weekend = self.NIGHTS.model_copy(update={"all_day": ("sat", "sun")})
        assert weekend.release(utc("2026-03-07 03:00"), CHICAGO) == utc("2026-03-09 12:00")

    def test_a_whole_day_ends_at_midnight_where_the_clocks_change_on_it(self) -> None:
        hours = {"zone": "America/Chicago", "from": "12:00", "until": "12:30", "all_day": ["sun"]}
        sundays = QuietHours.model_validate(hours)
        assert sundays.release(utc("2026-03-08 18:00"), CHICAGO) == utc("2026-03-09 05:00")  # of 23 hours
        assert sundays.release(utc("2026-11-01 18:00"), CHICAGO) == utc("2026-11-02 06:00")  # of 25

    def test_without_a_zone_they_are_by_the_clock_that_is_given(self) -> None:
        own = QuietHours.model_validate({"from": "22:00", "until": "06:00"})
        assert own.release(utc("2026-03-05 20:00"), ZoneInfo("Asia/Kolkata")) == utc("2026-03-06 00:30")
        assert own.release(utc("2026-03-05 20:00"), CHICAGO) == utc("2026-03-05 20:00")

    @given(
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
        st.times(),
        st.times(),
        st.sets(st.sampled_from(WEEKDAYS), max_size=5),
        st.sampled_from(["America/Chicago", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]),
    )
    def test_what_is_released_is_not_quiet(
        self, moment: datetime, begins: Any, until: Any, all_day: set[str], zone: str
    ) -> None:
        begins, until = begins.replace(microsecond=0), until.replace(microsecond=0)
        if begins == until:
            return
        hours = QuietHours.model_validate({"zone": zone, "from": begins, "until": until, "all_day": sorted(all_day)})
        at = moment.replace(tzinfo=UTC)
        goes = hours.release(at, CHICAGO)
        assert goes >= at
        assert hours.release(goes, CHICAGO) == goes
        local = goes.astimezone(ZoneInfo(zone))
        assert WEEKDAYS[local.weekday()] not in all_day
        if ZoneInfo(zone).utcoffset(local.replace(tzinfo=None)) == ZoneInfo(zone).utcoffset(
            (local - timedelta(days=1)).replace(tzinfo=None)
        ):  # not on a morning after the clocks changed, when two wall-clock times are an hour nearer or further
            wall = local.time()
            quiet = begins <= wall < until if begins < until else wall >= begins or wall < until
            assert not quiet


def broken(change: Callable[[dict[str, Any]], None], folder: Path) -> str:
    """What is said of the policy with one thing changed."""
    data = read_yaml(ESCALATION_FILE)
    change(data)
    file = folder / "escalation.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False))
    with pytest.raises(RegistryError) as caught:
        load_policy(file)
    text = str(caught.value)
    assert all(line.startswith("escalation.yaml: ") for line in text.splitlines())
    return text


ROTATION = ("rotations", "engineering")


def put(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Sets a field, given as its path with the value last."""
    *where, name, value = path

    def change(data: dict[str, Any]) -> None:
        for key in where:
            data = data[key]
        data[name] = value

    return change


def swaps(*spans: tuple[str, str]) -> Callable[[dict[str, Any]], None]:
    return put(*ROTATION, "swaps", [{"from": begins, "until": ends, "person": ANNE} for begins, ends in spans])


class TestReading:
    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (put(*ROTATION, "people", []), "rotations.engineering.people: names nobody; list at least one person"),
            (put(*ROTATION, "zone", "Chicago"), "rotations.engineering.zone: 'Chicago' is no IANA time zone"),
            (put(*ROTATION, "hand_over", "at", 600), "rotations.engineering.hand_over.at: 600 is no time of day"),
            (put(*ROTATION, "hand_over", "day", "monday"), "rotations.engineering.hand_over.day: "),
            (swaps(("2026-03-05T00:00", "2026-03-06T00:00Z")), "swaps.0.from: is no moment; write date, time and off"),
            (swaps(("2026-03-06T00:00Z", "2026-03-05T00:00Z")), "swaps.0: until: is not after from"),
            (
                swaps(("2026-03-05T00:00Z", "2026-03-07T00:00Z"), ("2026-03-06T00:00Z", "2026-03-08T00:00Z")),
                "rotations.engineering: swaps: those of anne@acme.example and anne@acme.example overlap",
            ),
            (put("leads", "manager", []), "leads.manager: "),
            (put("ladders", "qa", []), "ladders.qa: is missing; give at least one step"),
            (put("ladders", "qa", [{"who": "on_call", "at": 0.5}]), "ladders.qa.0.at: is 0.5; somebody must be told"),
            (put("ladders", "qa", [{"who": "boss", "at": 0}]), "ladders.qa.0.who: "),
            (put("ladders", "client", [{"who": "client_contact", "at": 0}]), "ladders.client: tells nobody here"),
            (put("ladders", "qa", 1, "least", 99), "ladders.qa.1: least: is 99 minutes, more than most (45)"),
            (put("ladders", "qa", 2, "at", 0.1), "ladders.qa: at falls from one step to the next"),
            (put("ladders", "qa", 2, "who", "qa_lead"), "ladders.qa: names one step twice"),
            (put("tiers", {"gold": {"page_above": 0.2}}), "tiers: standard is missing"),
            (put("tiers", "gold", "page_above", 1.5), "tiers.gold.page_above: "),
            (put("channels", "email", "variable", "smtps://u:p@host"), "channels.email.variable: names an environment"),
            (put("reach", "default", "page", ["pager"]), "reach.default: there is no channel 'pager'; add it under"),
            (put("reach", "default", "page", []), "reach.default.page: "),
            (put("reach", "client", "page", ["slack_nights"]), "reach.client: slack_nights is read by our own people"),
            (put("quiet_hours", "qa", {"from": "22:00", "until": "06:00"}), "quiet_hours.qa.zone: is missing"),
            (put("quiet_hours", "qa", {"from": "22:00", "until": "22:00"}), "quiet_hours.qa: until: is the same as"),
            (
                put("quiet_hours", "qa", {"from": "22:00", "until": "06:00", "all_day": list(WEEKDAYS)}),
                "quiet_hours.qa: all_day: leaves no day",
            ),
            (
                put("maintenance", [{"from": "2026-03-05T00:00Z", "until": "2026-03-06T00:00Z", "what": "a move"}]),
                "maintenance.0: covers: give one of everything: true, client, host and owner_group",
            ),
            (put("client_holidays", {"tiny_health": ["Easter"]}), "client_holidays.tiny_health.0: "),
            (put("mails", 3), "mails: is no field that is known here"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_file_field_and_remedy(
        self, change: Callable[[dict[str, Any]], None], said: str, tmp_path: Path
    ) -> None:
        assert said in broken(change, tmp_path)

    def test_no_file_is_an_error_that_names_it(self, tmp_path: Path) -> None:
        with pytest.raises(RegistryError, match=r"escalation\.yaml: cannot be read"):
            load_policy(tmp_path / "escalation.yaml")
        (tmp_path / "escalation.yaml").write_text("")
        with pytest.raises(RegistryError, match=r"escalation\.yaml: is empty"):
            load_policy(tmp_path / "escalation.yaml")

    def test_the_version_is_of_the_content_and_not_of_how_it_is_written(self, tmp_path: Path) -> None:
        file, shipped = tmp_path / "escalation.yaml", load_policy()
        file.write_text(yaml.safe_dump(read_yaml(ESCALATION_FILE), sort_keys=True))
        assert load_policy(file).version == shipped.version
        changed = shipped.model_copy(update={"rearm_minutes": 31})
        assert changed.version != shipped.version

    def test_an_incident_can_keep_its_policy_as_text(self, tmp_path: Path) -> None:
        data = read_yaml(ESCALATION_FILE)
        swaps(("2026-03-05T00:00Z", "2026-03-06T00:00-05:00"))(data)
        put("client_holidays", {"tiny_health": [date(2026, 11, 26)]})(data)
        (tmp_path / "escalation.yaml").write_text(yaml.safe_dump(data))
        policy = load_policy(tmp_path / "escalation.yaml")
        kept = policy_from(policy.text)
        assert kept == policy
        assert kept.version == policy.version

    def test_an_unknown_tier_wakes_somebody_as_soon_as_any(self) -> None:
        policy = load_policy()
        assert policy.tier("gold").page_above == 0.25
        assert (policy.tier("platinum").page_above, policy.tier("platinum").worth) == (0.25, 0.05)


def test_a_client_has_a_tier_and_may_name_its_host() -> None:
    plain = Client.model_validate(client_data())
    assert (plain.tier, plain.host) == ("standard", None)
    named = Client.model_validate(client_data(tier="gold", host="sftp.tiny.example"))
    assert (named.tier, named.host) == ("gold", "sftp.tiny.example")
