"""`acme audit` as a person runs it."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.audit.verifier import ENTRIES
from acme_assets.cli.main import app
from acme_assets.cli.output import console
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.audit.made_up import ANNA, KEY, ROSTER, entry, tamper, write_log
from tests.world import client_data

RUN = CliRunner()


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(autouse=True)
def environment(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ACME_* for a database, made-up people, and the service's key."""
    for folder in ("clients", "landing", "copies"):
        (tmp_path / folder).mkdir()
    (tmp_path / "clients" / "tiny_health.yaml").write_text(yaml.safe_dump(client_data()))
    people = [person.model_dump(mode="json") for person in ROSTER.people.values()]
    (tmp_path / "people.yaml").write_text(yaml.safe_dump({"people": people}))
    (tmp_path / "service.pem").write_bytes(KEY.to_pem())
    (tmp_path / "service.pem").chmod(0o600)
    parts = urlsplit(database)
    settings = {
        "ACME_PG_HOST": parse_qs(parts.query)["host"][0],
        "ACME_PG_PORT": parse_qs(parts.query).get("port", ["5432"])[0],
        "ACME_PG_DATABASE": parts.path.strip("/"),
        "ACME_CLIENTS": str(tmp_path / "clients"),
        "ACME_LANDING_URL": (tmp_path / "landing").as_uri(),
        "ACME_PEOPLE": str(tmp_path / "people.yaml"),
        "ACME_SERVICE_KEY": str(tmp_path / "service.pem"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACME_CHECKPOINT_URL", raising=False)
    monkeypatch.setattr(console, "width", 250)


@pytest.fixture
def log(warehouse: PostgresWarehouse) -> PostgresWarehouse:
    write_log(warehouse, 100)
    return warehouse


class TestShow:
    def test_an_empty_log_says_so(self) -> None:
        assert "No entry fits." in acme("audit", "show")

    def test_the_newest_come_first_and_say_whether_they_are_sealed(self, log: PostgresWarehouse) -> None:
        acme("audit", "seal")
        write_log(log, 1, 101)
        lines = [line.split() for line in acme("audit", "show", "--limit", "2").splitlines() if "2026-03-11" in line]
        assert [(words[1], words[-1]) for words in lines] == [("08:01:41", "yet"), ("08:01:40", "100")]

    def test_a_signed_act_is_shown_in_the_words_that_were_signed(self, log: PostgresWarehouse) -> None:
        text = acme("audit", "show", "--actor", ANNA, "--action", "signed_off")
        assert text.count("I reviewed it and approve its release.") == 2

    def test_an_entry_that_cannot_be_read_is_shown_as_such(self, log: PostgresWarehouse) -> None:
        tamper(log, "UPDATE ops.audit_entries SET entry = 'x' WHERE entry_id = :id", id=entry(99).entry_id())
        assert "THE TEXT CANNOT BE READ; see: acme audit verify" in acme("audit", "show", "--limit", "2")

    def test_filters_narrow_and_json_has_everything(self, log: PostgresWarehouse) -> None:
        def shown(*arguments: str) -> list[int]:
            return [item["details"].get("number") for item in json.loads(acme("audit", "show", "--json", *arguments))]

        assert shown("--limit", "3") == [None, 99, 98]
        assert shown("--since", "2026-03-11T08:01:38") == [None, 99, 98]
        assert shown("--since", "2026-03-11T10:01:38+02:00", "--limit", "2") == [None, 99]
        assert shown("--client", "tiny_health", "--date", "2026-03-10", "--limit", "1") == [None]
        assert shown("--client", "other") == shown("--date", "2026-03-09") == shown("--action", "released") == []
        (item,) = json.loads(acme("audit", "show", "--json", "--limit", "1", "--action", "delivery_loaded"))
        assert item["entry_id"] == entry(99).entry_id()
        assert (item["seq"], item["recorded_at"]) == (None, "2026-03-11T08:01:39+00:00")

    def test_what_is_no_date_or_time_is_one_clear_line(self) -> None:
        assert "write it as YYYY-MM-DD or" in acme("audit", "show", "--since", "monday", code=2)
        assert "is no date" in acme("audit", "show", "--date", "monday", code=2)


class TestSeal:
    def test_it_says_what_it_sealed_and_copied(
        self, log: PostgresWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = acme("audit", "seal")
        assert "100 entries sealed; 100 in all" in text
        assert "ACME_CHECKPOINT_URL is not set" in text
        monkeypatch.setenv("ACME_CHECKPOINT_URL", (tmp_path / "copies").as_uri())
        assert json.loads(acme("audit", "seal", "--json")) == {"entries": 0, "head": 100, "copied": 1}

    def test_without_the_services_key_it_names_the_variable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("ACME_SERVICE_KEY")
        assert "ACME_SERVICE_KEY is not set" in acme("audit", "seal", code=1)

    def test_a_break_is_one_clear_line(self, log: PostgresWarehouse) -> None:
        tamper(log, "UPDATE ops.audit_entries SET actor = 'eve' WHERE entry_id = :id", id=entry(7).entry_id())
        text = acme("audit", "seal", code=1)
        assert f"entry {entry(7).entry_id()} is not what was recorded: its column actor" in text
        assert "Traceback" not in text

    def test_a_store_that_is_not_there_is_one_clear_line(
        self, log: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_CHECKPOINT_URL", "file:///nowhere/at/all")
        assert "create or mount it" in acme("audit", "seal", code=1)
        monkeypatch.setenv("ACME_CHECKPOINT_URL", "ftp://somewhere")
        assert "give file:///folder or s3://bucket/prefix" in acme("audit", "seal", code=1)


class TestVerify:
    def test_the_live_ledger_is_clean_before_and_after_sealing(self, log: PostgresWarehouse) -> None:
        assert "clean: 0 entries, 0 checkpoints, 2 statements; 100 entries not sealed yet" in acme("audit", "verify")
        acme("audit", "seal")
        assert "clean: 100 entries, 1 checkpoint, 2 statements" in acme("audit", "verify")

    def test_an_auditor_without_the_services_key_can_verify(
        self, log: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        acme("audit", "seal")
        monkeypatch.delenv("ACME_SERVICE_KEY")
        assert "clean: 100 entries" in acme("audit", "verify")

    def test_an_alteration_is_named_and_the_command_fails(self, log: PostgresWarehouse) -> None:
        acme("audit", "seal")
        tamper(log, "DELETE FROM ops.audit_entries WHERE entry_id = :id", id=entry(7).entry_id())
        text = acme("audit", "verify", code=1)
        assert f"missing: entry seq 7 ({entry(7).entry_id()}): its link is there, and the entry is gone" in text
        found = json.loads(acme("audit", "verify", "--json", code=1))
        assert found["clean"] is False
        assert [(item["kind"], item["seq"]) for item in found["findings"]] == [("missing", 7)]

    def test_a_log_that_was_cut_is_found_by_the_copies(
        self, log: PostgresWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ACME_CHECKPOINT_URL", (tmp_path / "copies").as_uri())
        acme("audit", "seal")
        tamper(log, "DELETE FROM ops.audit_links", "DELETE FROM ops.audit_checkpoints")
        assert "the log has no such checkpoint: it was cut" in acme("audit", "verify", code=1)
        assert "the store has a checkpoint of 100 links" in acme("audit", "seal", code=1)
        assert "0 checkpoints" in acme("audit", "verify", code=1)

    def test_options_of_a_folder_need_a_folder(self, tmp_path: Path) -> None:
        assert "name it" in acme("audit", "verify", "--trust", "ab", code=2)
        assert "is no folder" in " ".join(
            acme("audit", "verify", str(tmp_path / "gone"), code=2).replace("│", "").split()
        )


class TestExport:
    def test_an_export_verifies_and_says_how(self, log: PostgresWarehouse, tmp_path: Path) -> None:
        folder = str(tmp_path / "export")
        text = acme("audit", "export", folder)
        assert "100 entries, 1 checkpoint, 2 statements" in text
        assert f"python {folder}/verify.py --trust {KEY.public.fingerprint}" in text
        assert "clean: 100 entries" in acme("audit", "verify", folder, "--trust", KEY.public.fingerprint)
        assert "is not the trusted service key" in acme("audit", "verify", folder, "--trust", "ab", code=1)

    def test_a_tampered_export_is_found(self, log: PostgresWarehouse, tmp_path: Path) -> None:
        folder = tmp_path / "export"
        assert json.loads(acme("audit", "export", str(folder), "--json"))["entries"] == 100
        lines = (folder / ENTRIES).read_text().splitlines(keepends=True)
        (folder / ENTRIES).write_text("".join(lines[:6] + lines[7:]))
        assert "missing: entry seq 7 is not there" in acme("audit", "verify", str(folder), code=1)

    def test_a_folder_that_is_not_empty_is_left_alone(self, tmp_path: Path) -> None:
        assert "is not empty; give a folder that is not there yet" in acme("audit", "export", str(tmp_path), code=1)
        assert not (tmp_path / ENTRIES).exists()


@pytest.mark.parametrize("command", [[], ["show"], ["seal"], ["verify"], ["export"]])
def test_every_command_has_help_and_an_example(command: list[str]) -> None:
    text = acme("audit", *command, "--help")
    assert "Usage" in text
    assert not command or "acme audit" in text.partition("Usage")[2].partition("Options")[0]
