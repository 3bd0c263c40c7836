"""`acme ledger` as a person runs it, on a real database."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from acme_assets.cli import ledger
from acme_assets.cli.main import app
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.world import KEYS, SERVICE, World

RUN = CliRunner()
FINGERPRINT = KEYS[SERVICE].public.fingerprint


@pytest.fixture(autouse=True)
def lived(environment: Path, world: World) -> World:
    world.deliver_all()
    return world


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "export")


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ("ledger", *arguments))
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def elsewhere(postgres: Any, migrated: str, monkeypatch: pytest.MonkeyPatch) -> PostgresWarehouse:
    """From now on the commands find an empty warehouse."""
    url = postgres.fresh_database(migrated)
    monkeypatch.setenv("ACME_PG_DATABASE", urlsplit(url).path.strip("/"))
    return PostgresWarehouse(url)


def test_out_and_in_again(
    lived: World, folder: str, postgres: Any, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FINGERPRINT in acme("export", folder)
    assert "is whole: " in acme("restore", folder, "--dry-run")
    assert "restored into an empty warehouse only" in acme("restore", folder, "--yes", code=1)
    empty = elsewhere(postgres, migrated, monkeypatch)
    acme("restore", folder, code=1)  # nobody said yes
    told = json.loads(acme("restore", folder, "--yes", "--json"))
    assert (told["restored"], told["clean"], told["tables"]["deliveries"]) == (True, True, 2)
    lived.warehouse = empty
    assert lived.facts().deliveries["eligibility"].is_loaded


def test_where_people_yaml_is_gone_the_fingerprint_is_enough(
    folder: str, people: Path, postgres: Any, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme("export", folder)
    people.write_text("people: []\n")
    assert "is no key of the service's" in acme("restore", folder, "--dry-run", code=1)
    assert "is whole" in acme("restore", folder, "--dry-run", "--trust", FINGERPRINT)


def test_an_edited_folder_is_refused_before_anything_is_touched(folder: str) -> None:
    told = json.loads(acme("export", folder, "--json"))
    assert told["tables"]["deliveries"] == 2
    file = Path(folder) / "deliveries.csv"
    file.write_text(file.read_text().replace("loaded", "ignored", 1))
    assert "deliveries.csv is not the file that was exported" in acme("restore", folder, "--dry-run", code=1)
    assert "is not empty" in acme("export", folder, code=1)


def test_a_rebuild_tells_what_its_program_told(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [
        '{"events": 3, "read_to": "2026-03-10T00:00", "pages": 1}',
        "noise",
        '{"events": 7, "read_to": "x", "pages": 2}',
    ]
    monkeypatch.setattr(ledger, "REBUILDING", ["-c", f"print({chr(10).join(said)!r})"])
    assert "7 events shown" in acme("rebuild")
    assert json.loads(acme("rebuild", "--json"))["pages"] == 2
    monkeypatch.setattr(ledger, "REBUILDING", ["-c", """print('{"error": "not empty"}'); raise SystemExit(1)"""])
    assert acme("rebuild", code=1) == "error: not empty"
