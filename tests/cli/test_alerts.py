"""`acme alerts` as a person runs it, on a real database: what it shows, changes and puts on the record."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select
from typer.testing import CliRunner

from acme_assets.alerts.causes import causes
from acme_assets.alerts.engine import acknowledged
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import Staff
from acme_assets.cli import alerts as command
from acme_assets.cli.main import app
from acme_assets.warehouse.alert_tables import incidents, message_attempts, messages
from acme_assets.warehouse.incidents import read_recent, store
from acme_assets.warehouse.known import read_known
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.messages import read_messages
from acme_assets.warehouse.turning import Policies, take_turn
from client_partitions.escalation import ESCALATION_FILE, load_policy
from client_partitions.registry import read_yaml
from tests.notify.servers import HttpServer, http_server, mail_server
from tests.world import CORA, DELE, ELIGIBILITY, ENZO, INGRID, KEYS, NIGHT, NOOR, OTTO, SERVICE, World, roster_person

RUN = CliRunner()
LATE = datetime.fromisoformat("2026-03-11T06:31:00+00:00")
"""02:31 in New York: pharmacy claims are late since a minute."""
MINUTE = timedelta(minutes=1)


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ["alerts", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def as_json(*arguments: str) -> Any:
    return json.loads(acme(*arguments, "--json"))


@pytest.fixture(autouse=True)
def policy(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The deployed policy with the people of this world; no channel is set up."""
    data = read_yaml(ESCALATION_FILE)
    turns = {"engineering": data["rotations"]["engineering"] | {"people": [OTTO, ENZO]}}
    leads = {"qa_lead": [DELE], "manager": [ENZO], "client_success": [NOOR]}
    file = environment.parent / "escalation.yaml"
    file.write_text(yaml.safe_dump(data | {"rotations": turns, "leads": leads}, sort_keys=False))
    monkeypatch.setenv("ACME_ESCALATION", str(file))
    monkeypatch.delenv("ACME_HOME", raising=False)
    for channel in load_policy(file).channels.values():
        monkeypatch.delenv(channel.variable, raising=False)
    return file


class Night:
    """A night that somebody watches: the sensor's turn, by hand."""

    def __init__(self, world: World, policy: Path) -> None:
        self.world, self.policy, self.policies = world, load_policy(policy), Policies()
        world.now = LATE - 61 * MINUTE
        world.deliver("eligibility", ELIGIBILITY)
        self.look(LATE + 3 * MINUTE)

    def look(self, at: datetime) -> None:
        self.world.now = at
        known = read_known(self.world.warehouse, self.world.registry, self.world.roster, at, Learned())
        staff = Staff(self.world.roster, self.world.registry.clients)
        take_turn(self.world.warehouse, self.policy, staff, causes(known), at, self.policies)

    @property
    def incident(self) -> Incident:
        with self.world.warehouse.begin() as connection:
            found = read_recent(connection, LATE - timedelta(days=1))
        (late,) = [item for item in found if item.key == f"delivery/tiny_health/{NIGHT}"]
        return late

    @property
    def id(self) -> str:
        return self.incident.incident_id[:6]

    def said(self) -> list[tuple[str, str]]:
        with self.world.warehouse.begin() as connection:
            return [(item.message.recipient.email, item.state) for item in read_messages(connection)]

    def also(self, **changes: Any) -> Incident:
        """Another incident like it."""
        other = replace(self.incident, **changes)
        with self.world.warehouse.begin() as connection:
            store(self.world.warehouse, connection, [other], self.world.now)
        return other


@pytest.fixture
def night(world: World, policy: Path) -> Night:
    return Night(world, policy)


def counts(world: World) -> list[int]:
    """Rows of everything that alerts could leave."""
    tables = (incidents, messages, message_attempts, audit_entries)
    with world.warehouse.begin() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


class TestList:
    def test_a_calm_night_says_so(self) -> None:
        assert "Nothing is wrong" in acme("list")
        assert as_json("list")["incidents"] == []

    def test_an_incident_is_a_line_with_whose_it_is_and_since_when(self, night: Night) -> None:
        text = acme("list")
        assert night.id in text
        assert "Cora Client (client)" in text
        assert "pharmacy_claim not delivered" in text
        (found,) = as_json("list")["incidents"]
        assert (found["kind"], found["state"], found["owner"]["email"]) == ("delivery", "open", CORA)
        assert [item["client_id"] for item in found["affected"]] == ["tiny_health"]

    def test_pages_come_first_and_what_is_over_only_where_it_is_asked_for(self, night: Night) -> None:
        over = {"state": "resolved", "resolved_at": night.world.now}
        night.also(incident_id="a" * 16, key="a", urgency="page", text="the warehouse is down")
        night.also(incident_id="b" * 16, key="b", text="over and done", **over)
        assert as_json("list")["incidents"][0]["incident_id"][0] == "a"
        assert "over and done" not in acme("list")
        text = acme("list", "--all")
        assert text.index("the warehouse is down") < text.index("not delivered") < text.index("over and done")

    def test_who_took_it_on_and_until_when_it_is_put_off_is_said(self, night: Night) -> None:
        acme("ack", night.id, "--as", OTTO)
        assert f"acknowledged by {OTTO}" in acme("list")
        acme("snooze", night.id, "--for", "20m", "--as", OTTO)
        assert "snoozed until 06:5" in acme("list")


class TestShow:
    def test_it_has_what_to_do_and_what_was_said_to_whom(self, night: Night) -> None:
        text = acme("show", night.id)
        assert "acme exception request tiny_health pharmacy_claim" in text
        assert "Wed 06:00 EDT" in text
        assert "Cora Client" in text
        assert "pharmacy claims for Tuesday 10 March 2026 not received" in text
        (said,) = as_json("show", night.id)["messages"]
        assert (said["recipient"], said["state"], said["attempts"]) == (CORA, "due", 0)
        assert "member" not in said["body"].lower()

    def test_an_id_that_names_none_or_several_or_is_too_short_is_said(self, night: Night) -> None:
        assert "there is no incident 0000; see: acme alerts list --all" in acme("show", "0000", code=1)
        assert "too short; give 4 digits" in acme("show", "abc", code=1)
        for letter in "xy":
            night.also(incident_id="abcd" + letter * 12, key=letter)
        assert "abcd begins 2 incidents' ids; give more of it" in acme("show", "abcd", code=1)
        assert "abcdx" in acme("show", "abcdx")


class TestActing:
    def test_who_takes_it_on_is_on_the_record_and_nobody_else_is_told(self, night: Night) -> None:
        assert acme("ack", night.id, "--as", OTTO).startswith(f"acknowledged: {night.id}")
        assert (night.incident.state, night.incident.acknowledged_by) == ("acknowledged", OTTO)
        assert night.said() == [(CORA, "dropped")]
        entry = json.loads(night.world.entry("incident_acknowledged"))
        assert (entry["actor"], entry["client_id"], entry["business_date"]) == (OTTO, "tiny_health", NIGHT.isoformat())
        night.look(LATE + 90 * MINUTE)
        assert night.said() == [(CORA, "dropped")]

    def test_the_sessions_user_acts_where_nobody_is_named(self, night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_USER", DELE)
        acme("ack", night.id)
        assert night.incident.acknowledged_by == DELE

    @pytest.mark.parametrize("what", [("ack",), ("snooze", "--for", "20m"), ("resolve", "--reason", "it came")])
    def test_who_is_not_of_us_or_has_left_changes_nothing(
        self, night: Night, people: Path, what: tuple[str, ...]
    ) -> None:
        before, rows = night.incident, counts(night.world)
        command, *options = what
        refused = acme(command, night.id, *options, "--as", "eve@elsewhere.example", code=1)
        assert "eve@elsewhere.example is not in people.yaml; give your address with --as" in refused
        gone = roster_person(INGRID, status="retired", retired=date(2026, 3, 1))
        listed = [roster_person(email) for email in KEYS if email != INGRID] + [gone]
        dumped = [person.model_dump(mode="json", exclude_none=True) for person in listed]
        people.write_text(yaml.safe_dump({"people": dumped}))
        assert f"{INGRID} has left, and acts on nothing" in acme(command, night.id, *options, "--as", INGRID, code=1)
        assert f"{SERVICE} is the service" in acme(command, night.id, *options, "--as", SERVICE, code=1)
        assert (night.incident, counts(night.world)) == (before, rows)

    def test_it_is_put_off_until_a_moment_or_for_a_while(self, night: Night) -> None:
        acme("snooze", night.id, "--for", "45m", "--as", OTTO)
        until = night.incident.snoozed_until
        assert until is not None
        assert timedelta(0) <= until - (LATE + 48 * MINUTE) < MINUTE
        acme("snooze", night.id, "--until", "2026-03-11T03:30-04:00", "--as", OTTO)
        assert night.incident.snoozed_until == datetime.fromisoformat("2026-03-11T07:30:00+00:00")
        assert night.world.actions().count("incident_snoozed") == 2
        assert json.loads(night.world.entry("incident_snoozed"))["actor"] == OTTO

    def test_it_is_not_put_off_into_the_past_or_past_what_can_be_saved(self, night: Night) -> None:
        assert "is past; give a later --until" in acme(
            "snooze", night.id, "--until", "2026-03-11T02:00", "--as", OTTO, code=1
        )
        other = night.also(incident_id="d" * 16, key="d", drop_dead=LATE + 30 * MINUTE)
        text = acme("snooze", other.incident_id, "--for", "2h", "--as", OTTO, code=1)
        assert "by 07:01 UTC it must be gone" in text
        assert "incident_snoozed" not in night.world.actions()

    @pytest.mark.parametrize(
        ("options", "why"),
        [
            ((), "give one of --until and --for"),
            (("--for", "20m", "--until", "2026-03-11T09:00"), "give one of --until and --for"),
            (("--for", "soon"), "'soon' is no span of time; write it as 45m or 2h"),
            (("--until", "soon"), "'soon' is no time; write it as"),
        ],
    )
    def test_a_time_that_is_none_is_said(self, night: Night, options: tuple[str, ...], why: str) -> None:
        assert why in acme("snooze", night.id, *options, "--as", OTTO, code=2)

    def test_why_it_is_over_is_on_the_record_and_it_comes_back_if_it_is_not(self, night: Night) -> None:
        acme("resolve", night.id, "--reason", "the vendor sent it", "--as", NOOR)
        assert (night.incident.state, night.incident.resolved_by) == ("resolved", NOOR)
        entry = json.loads(night.world.entry("incident_resolved"))
        assert (entry["actor"], entry["details"]["reason"]) == (NOOR, "the vendor sent it")
        for again in (("ack",), ("resolve", "--reason", "twice")):
            said = acme(again[0], night.id, *again[1:], "--as", NOOR, code=1)
            assert "is resolved; see: acme alerts list" in said
        night.look(night.world.now + 5 * MINUTE)
        assert (night.incident.state, night.incident.came_back) == ("open", 1)

    def test_who_is_overtaken_is_told_and_changes_nothing(self, night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = night.incident
        with night.world.warehouse.begin() as connection:
            taken = acknowledged(seen, DELE, night.world.clock())
            store(night.world.warehouse, connection, [taken], night.world.now, [seen])
        monkeypatch.setattr(command, "_find", lambda *_: seen)
        assert "somebody changed this incident at the same moment" in acme("ack", night.id, "--as", OTTO, code=1)
        assert night.incident.acknowledged_by == DELE
        assert night.world.actions().count("incident_acknowledged") == 1


class TestChannels:
    @pytest.fixture
    def server(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
        with http_server() as found:
            monkeypatch.setenv("ACME_CHANNEL_TEAMS", f"webhook+http://{found.address}/SECRET")
            yield found

    def test_a_channel_that_works_took_it_and_nothing_is_on_the_ledger(self, world: World, server: HttpServer) -> None:
        before = counts(world)
        assert "teams took it" in acme("test", "teams", "--to", OTTO)
        (got,) = server.got
        assert (got.body["to"], got.body["subject"]) == (OTTO, "[acme] test")
        assert counts(world) == before

    def test_one_that_does_not_work_is_said_without_its_secret(self, server: HttpServer) -> None:
        server.status = 500
        text = acme("test", "teams", "--to", OTTO, code=1)
        assert "teams: HTTP 500" in text
        assert "SECRET" not in text

    def test_a_user_without_an_address_is_told_to_give_one(
        self, server: HttpServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_USER", "otto")
        assert "otto is no e-mail address; give one with --to, or set ACME_USER" in acme("test", "teams", code=1)
        assert server.got == []

    def test_one_that_is_not_there_not_set_or_not_usable_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "telex is no channel of escalation.yaml; it has pagerduty, slack_nights" in acme("test", "telex", code=1)
        assert "ACME_CHANNEL_PAGERDUTY is not set" in acme("test", "pagerduty", code=1)
        monkeypatch.setenv("ACME_CHANNEL_EMAIL", "smtp://user:SECRET@mail.example")
        text = acme("test", "email", code=1)
        assert "ACME_CHANNEL_EMAIL: the sender is missing" in text
        assert "SECRET" not in text


class TestDigest:
    def test_each_audience_reads_its_own_and_nothing_is_sent(self, night: Night, tmp_path: Path) -> None:
        before = counts(night.world)
        text = acme("digest", "--audience", "client_success", "--date", NIGHT.isoformat())
        assert "Still open" in text
        assert "pharmacy_claim not delivered" in text
        assert "pharmacy_claim not delivered" not in acme("digest", "--audience", "qa", "--date", NIGHT.isoformat())
        page = tmp_path / "night.html"
        assert str(page) in acme("digest", "--audience", "management", "--date", NIGHT.isoformat(), "--html", str(page))
        assert "data:image/png" in page.read_text() or "<table" in page.read_text()
        assert counts(night.world) == before

    def test_an_audience_that_is_none_is_said(self) -> None:
        assert "'board' is no audience; give one of engineering, qa" in acme("digest", "--audience", "board", code=2)


class TestSimulate:
    def test_a_past_night_is_told_again_and_nothing_is_written_or_sent(
        self, night: Night, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = counts(night.world)
        with mail_server() as mailbox, http_server() as pager:
            monkeypatch.setenv("ACME_CHANNEL_EMAIL", mailbox.url)
            monkeypatch.setenv("ACME_CHANNEL_PAGERDUTY", f"pagerduty+http://KEY@{pager.address}")
            found = as_json("simulate", "--night", NIGHT.isoformat(), "--minutes", "15")
            text = acme("simulate", "--night", NIGHT.isoformat(), "--minutes", "30")
            assert (mailbox.got, pager.got) == ([], [])
        assert counts(night.world) == before
        opened = [item for item in found["incidents"] if item["happening"] == "opened"]
        assert [item["key"] for item in opened] == [f"delivery/tiny_health/{NIGHT}"]
        assert datetime.fromisoformat(opened[0]["at"]) >= LATE
        told = [item["to"] for item in found["messages"]]
        assert told[:3] == [CORA, NOOR, ENZO]
        assert all("eligibility" not in item["subject"] for item in found["messages"]), "that one came in time"
        assert "messages would have been sent" in text
        assert "Cora Client" in text

    def test_a_night_of_which_the_ledger_has_nothing_is_said(self) -> None:
        text = acme("simulate", "--night", "2025-01-01", code=1)
        assert "the ledger has nothing of 2025-01-01; name another night, or make one up with --clients" in text

    def test_a_made_up_night_needs_no_ledger_and_is_always_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_PG_HOST", "/nowhere")
        monkeypatch.setenv("ACME_ESCALATION", str(ESCALATION_FILE))
        asked = ("simulate", "--night", "2026-03-10", "--clients", "6", "--seed", "3", "--minutes", "30")
        first, again = as_json(*asked), as_json(*asked)
        assert first == again
        assert first["business_date"] == "2026-03-10"
        assert {item["urgency"] for item in first["messages"]} <= {"page", "notify"}

    def test_the_night_of_faults_shows_what_is_about_one_client_in_full(self, policy: Path) -> None:
        """fleet_016 is the one that sends nothing."""
        policy.write_text(ESCALATION_FILE.read_text())
        text = acme("simulate", "--faults", "--client", "fleet_016", "--minutes", "30", "--bodies")
        assert f"fleet_016 {NIGHT}: eligibility, lab_result" in text
        assert "Hello " in text
        assert "Do:     write to " in text
        assert "sftp-3.vendor.example" not in text, "that is about others"

    def test_one_night_is_named(self) -> None:
        assert "give one of --night and --faults" in acme("simulate", code=2)
        assert "give one of --night and --faults" in acme("simulate", "--faults", "--night", "2026-03-10", code=2)

    def test_a_date_that_is_none_is_said(self) -> None:
        assert "'tonight' is no date; write it as YYYY-MM-DD" in acme("simulate", "--night", "tonight", code=2)
