"""`acme oncall` as a person runs it: with the deployed policy and people, and with those that do not fit."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.cli.output import console
from client_partitions.escalation import ESCALATION_FILE, load_policy
from client_partitions.people import PEOPLE_FILE
from client_partitions.registry import read_yaml

RUN = CliRunner()
ANY = "acmehealth.example.com"


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ["oncall", *arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(autouse=True)
def _deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that are deployed, with the demo's clients; no stack, no channel."""
    for name in ("ACME_PEOPLE", "ACME_ESCALATION", *(c.variable for c in load_policy().channels.values())):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ACME_CLIENTS", "demo")
    monkeypatch.setattr(console, "width", 200)


def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path, variable: str, **fields: Any) -> None:
    """A copy of a file with other values, to be read in its place."""
    copy = tmp_path / file.name
    copy.write_text(yaml.safe_dump(read_yaml(file) | fields, sort_keys=False))
    monkeypatch.setenv(variable, str(copy))


class TestWho:
    def test_it_changes_at_the_hand_over(self) -> None:
        before = json.loads(acme("who", "--at", "2026-01-12T15:59:59", "--json"))
        after = json.loads(acme("who", "--at", "2026-01-12T16:00", "--json"))
        assert (before["on_call"]["name"], before["second"]["name"]) == ("Priya Raman", "Tomás Vidal")
        assert datetime.fromisoformat(before["on_call"]["until"]) == datetime(2026, 1, 12, 16, tzinfo=UTC)
        assert before["next_hand_over"] == {"at": "2026-01-12T16:00:00+00:00", "to": "Tomás Vidal"}
        assert (after["on_call"]["name"], after["second"]["name"]) == ("Tomás Vidal", "Hana Sato")

    def test_an_offset_is_heeded(self) -> None:
        here = json.loads(acme("who", "--at", "2026-01-12T10:00-06:00", "--json"))
        assert here["on_call"]["name"] == "Tomás Vidal"

    @pytest.mark.parametrize(
        ("at", "on_shift"),
        [("04:00", ["Ingrid Mol"]), ("08:00", ["Ingrid Mol", "Dele Adeyemi"]), ("18:00", [])],
    )
    def test_it_knows_who_of_qa_is_on_shift(self, at: str, on_shift: list[str]) -> None:
        found = json.loads(acme("who", "--at", f"2026-01-13T{at}", "--json"))
        assert [person["name"] for person in found["on_shift"]] == on_shift

    def test_the_lead_of_qa_takes_turns(self) -> None:
        before = json.loads(acme("who", "--at", "2026-01-13T01:59", "--json"))["leads"]["qa_lead"]
        after = json.loads(acme("who", "--at", "2026-01-13T02:00", "--json"))["leads"]["qa_lead"]
        assert (before["name"], after["name"]) == ("Ingrid Mol", "Dele Adeyemi")
        assert datetime.fromisoformat(before["until"]) == datetime(2026, 1, 13, 2, tzinfo=UTC)

    def test_the_table_is_by_the_clock_of_the_rotation(self) -> None:
        text = acme("who", "--at", "2026-01-13T18:00")
        assert "Tue 2026-01-13 12:00 (America/Chicago)" in text
        rows = {line.split("  ")[0].strip(): line for line in text.splitlines()}
        assert "Tomás Vidal" in rows["on call"]
        assert "Mon 2026-01-19 10:00" in rows["on call"]
        assert "nobody" in rows["QA on shift"]
        assert "Noor Haddad" in rows["client success"]
        assert "Mon 2026-01-19 10:00, to Hana Sato" in text

    def test_who_has_left_is_not_on_call(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        people = read_yaml(PEOPLE_FILE)["people"]
        for person in people:
            if person["name"] == "Tomás Vidal":
                person |= {"status": "retired", "retired": "2026-01-01"}
        changed(tmp_path, monkeypatch, PEOPLE_FILE, "ACME_PEOPLE", people=people)
        found = json.loads(acme("who", "--at", "2026-01-13T18:00", "--json"))
        assert (found["on_call"]["name"], found["second"]["name"]) == ("Hana Sato", "Priya Raman")

    def test_no_time_is_said(self) -> None:
        assert "'tonight' is no time; write it as" in acme("who", "--at", "tonight", code=2)

    def test_a_policy_that_cannot_be_read_is_one_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        changed(tmp_path, monkeypatch, ESCALATION_FILE, "ACME_ESCALATION", tiers={})
        assert "error: escalation.yaml: tiers: standard is missing" in acme("who", code=1)


class TestCheck:
    @pytest.mark.parametrize("clients", ["demo", "real"])
    def test_the_deployed_policy_fits(self, clients: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_CLIENTS", clients)
        assert "every ladder reaches somebody at any hour" in acme("check")

    def test_a_channel_without_its_variable_is_said_and_the_others_are_not(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_CHANNEL_EMAIL", "smtps://user:secret@mail.example?from=nights@acme.example")
        text = acme("check")
        assert "not set here: ACME_CHANNEL_PAGERDUTY" in text
        assert "ACME_CHANNEL_EMAIL" not in text
        as_json = acme("check", "--json")
        assert json.loads(as_json)["channels"]["email"] == {"variable": "ACME_CHANNEL_EMAIL", "is_set": True}
        assert not json.loads(as_json)["channels"]["teams"]["is_set"]
        assert "secret" not in text + as_json

    def test_what_does_not_fit_is_said_line_by_line(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fields = {
            "client_holidays": {"nobody_health": ["2026-11-26"]},
            "leads": {"qa_lead": [f"gus@{ANY}"], "manager": [f"priya.raman@{ANY}"], "client_success": [f"noor@{ANY}"]},
        }
        changed(tmp_path, monkeypatch, ESCALATION_FILE, "ACME_ESCALATION", **fields)
        text = acme("check", code=1)
        assert f"escalation.yaml: leads.qa_lead: gus@{ANY} is not in people.yaml" in text
        assert "escalation.yaml: client_holidays: there is no client 'nobody_health'" in text
        assert "fits" not in text
        problems = json.loads(acme("check", "--json", code=1))["problems"]
        assert len(problems) == 3

    def test_a_clients_unknown_tier_is_said(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tiers = {"standard": {"page_above": 0.5}}
        changed(tmp_path, monkeypatch, ESCALATION_FILE, "ACME_ESCALATION", tiers=tiers)
        clients = tmp_path / "clients"
        clients.mkdir()
        demo = read_yaml(ESCALATION_FILE.parent / "clients/demo/coastal_labs.yaml")
        (clients / "coastal_labs.yaml").write_text(yaml.safe_dump(demo | {"tier": "gold"}))
        monkeypatch.setenv("ACME_CLIENTS", str(clients))
        assert "coastal_labs.yaml: tier: the policy has no tier 'gold'; use one of standard" in acme("check", code=1)
