"""`acme override` as a person runs it, on a real database."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.cli.output import console
from acme_assets.keystore import key_file
from tests.world import DELE, ELIGIBILITY, ENZO, INGRID, KEYS, NIGHT, NOOR, OTTO, ROLES, World, client_data

RUN = CliRunner()
DATE = NIGHT.isoformat()
NO_PHARMACY = ("tiny_health", "--optional-feed", "pharmacy_claim", "--from", DATE)
BECAUSE = ("--reason", "INC-1042")


@pytest.fixture(autouse=True)
def environment(database: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """ACME_* for the world's database, its people with their keys, and its clock; the keys' folder."""
    clients, keys, people = tmp_path / "clients", tmp_path / "keys", tmp_path / "people.yaml"
    clients.mkdir()
    (clients / "tiny_health.yaml").write_text(yaml.safe_dump(client_data()))
    keys.mkdir()
    for email in (ENZO, OTTO, NOOR, DELE):
        key_file(keys, email).write_bytes(KEYS[email].to_pem())
        key_file(keys, email).chmod(0o600)
    listed = [
        {"email": email, "name": email, "roles": list(roles), "keys": [{"public": KEYS[email].public.text}]}
        for email, roles in ROLES.items()
    ]
    people.write_text(yaml.safe_dump({"people": listed}))
    parts = urlsplit(database)
    settings = parse_qs(parts.query)
    for name, value in {
        "PG_HOST": settings["host"][0],
        "PG_PORT": settings.get("port", ["5432"])[0],
        "PG_DATABASE": parts.path.strip("/"),
        "CLIENTS": clients,
        "LANDING_URL": world.landing.as_uri(),
        "KEYS": keys,
        "PEOPLE": people,
    }.items():
        monkeypatch.setenv(f"ACME_{name}", str(value))
    monkeypatch.delenv("ACME_USER", raising=False)
    monkeypatch.setattr("acme_assets.environment.utc_now", world.clock)
    monkeypatch.setattr(console, "width", 200)
    return keys


def acme(*arguments: str, code: int = 0, typed: str | None = None) -> str:
    result = RUN.invoke(app, ["override", *arguments], input=typed)
    assert result.exit_code == code, result.output
    return result.output


def as_json(*arguments: str) -> Any:
    return json.loads(acme(*arguments, "--json"))


def proposed(*arguments: str) -> str:
    """The id of an override that Enzo signs, as it is printed."""
    text = acme("add", *arguments, *BECAUSE, "--as", ENZO, "--yes")
    found = re.search("proposed: override ([0-9a-f]{12})", text)
    assert found, text
    return found[1]


def test_a_dry_run_shows_what_would_change_and_needs_neither_key_nor_reason(world: World, environment: Path) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    for key in environment.iterdir():
        key.unlink()
    text = acme("add", *NO_PHARMACY, "--dry-run")
    assert "Tiny Health, business date 2026-03-10: pharmacy_claim is optional" in text
    assert "ends Thu 2026-03-12 06:00 EDT" in text
    assert "- feeds/pharmacy_claim  required; due Wed 02:00 EDT, late from 02:30" in text
    assert "+ feeds/pharmacy_claim  optional; due Wed 02:00 EDT, late from 02:30" in text
    assert "  feeds/eligibility     required; due Wed 02:00 EDT, late from 02:30" in text
    assert re.search(r"2026-03-10 +held +feeds/pharmacy_claim: not delivered.* +running +marts: being built", text)
    assert "Nothing was signed." in text
    assert world.status().state == "held"
    assert "override_signed" not in world.actions()


def test_a_dry_run_as_json_has_both_graphs_and_the_nights(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    shown = as_json("add", *NO_PHARMACY, "--dry-run")
    assert shown["subject"] == {"change": "optional_feed", "feed": "pharmacy_claim"}
    before, after = ({node["name"]: node for node in shown[name]["nodes"]} for name in ("before", "after"))
    assert (before["feeds/pharmacy_claim"]["is_required"], after["feeds/pharmacy_claim"]["is_required"]) == (
        True,
        False,
    )
    (night,) = shown["nights"]
    assert (night["now"]["state"], night["would_be"]["state"]) == ("held", "running")


def test_it_is_signed_by_one_and_counts_once_another_approves(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    text = acme("add", *NO_PHARMACY, *BECAUSE, "--as", ENZO, typed="y\n")
    assert "+ feeds/pharmacy_claim  optional" in text
    assert "Sign this as enzo@acme.example?" in text
    assert world.status().state == "held"
    (waiting,) = as_json("list")
    assert (waiting["state"], waiting["author"], waiting["approved_by"]) == ("proposed", ENZO, None)
    text = acme("approve", waiting["override_id"][:8], "--as", OTTO, typed="y\n")
    assert "INC-1042" in text
    assert re.search(r"held .* running", text)
    assert "live: override" in text
    assert world.status().state == "running"
    assert [item["approved_by"] for item in as_json("list")] == [OTTO]


def test_whoever_says_no_signs_nothing(world: World) -> None:
    acme("add", *NO_PHARMACY, *BECAUSE, "--as", ENZO, typed="n\n", code=1)
    override_id = proposed(*NO_PHARMACY)
    acme("approve", override_id, "--as", OTTO, typed="n\n", code=1)
    acme("revoke", override_id, *BECAUSE, "--as", OTTO, typed="n\n", code=1)
    assert world.actions() == ["override_signed"]


def test_who_may_not_is_told_who_may(world: World) -> None:
    assert "an override needs engineering or on_call" in acme("add", *NO_PHARMACY, *BECAUSE, "--as", INGRID, code=1)
    override_id = proposed(*NO_PHARMACY)
    assert "cannot approve it too" in acme("approve", override_id, "--as", ENZO, "--yes", code=1)
    assert "needs engineering or on_call or qa" in acme("approve", override_id, "--as", NOOR, "--yes", code=1)
    assert "there is no key at" in acme("approve", override_id, "--as", INGRID, "--yes", code=1)
    assert "needs engineering or on_call" in acme("revoke", override_id, *BECAUSE, "--as", DELE, "--yes", code=1)
    assert world.actions() == ["override_signed"]


def test_a_revoked_one_counts_no_longer_and_is_in_the_whole_list(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    override_id = proposed(*NO_PHARMACY)
    acme("approve", override_id, "--as", OTTO, "--yes")
    assert "revoked: override" in acme("revoke", override_id, "--reason", "they came", "--as", OTTO, "--yes")
    assert world.status().state == "held"
    assert "No override is live" in acme("list")
    assert "revoked by otto@acme.example: they came" in acme("list", "--all", "--client", "tiny_health")
    assert [item["state"] for item in as_json("list", "--all")] == ["revoked"]


def test_one_is_shown_with_its_signers_and_what_it_changes(world: World) -> None:
    override_id = proposed("tiny_health", "--deadline", "09:15", "--from", DATE, "--to", "2026-03-13")
    waiting = acme("show", override_id)
    assert "proposed" in waiting
    assert "approved by     nobody" in waiting
    assert "of business date 2026-03-10, and of 3 more business dates likewise" in waiting
    acme("approve", override_id, "--as", DELE, "--yes")
    text = acme("show", override_id)
    assert "business dates  2026-03-10 to 2026-03-13" in text
    assert "approved by     dele@acme.example" in text
    assert "+ release               deadline Wed 09:15 EDT" in text
    shown = as_json("show", override_id)
    assert (shown["state"], shown["change"]) == ("live", "the deadline is 09:15")
    assert shown["after"]["nodes"][-1]["deadline"] == "2026-03-11T09:15:00-04:00"


def test_each_kind_of_change_is_signed_as_it_was_given() -> None:
    for options, subject in (
        (["--extra-feed", "lab_result"], {"change": "extra_feed", "feed": "lab_result"}),
        (["--due", "eligibility=04:30"], {"change": "due", "feed": "eligibility", "time": "04:30"}),
        (
            ["--suite", 'pmpm={"max_drift": 0.8, "min_rows": 3}'],
            {"change": "suite", "mart": "pmpm", "tuning": {"max_drift": "0.8", "min_rows": 3}},
        ),
    ):
        override_id = proposed("tiny_health", *options, "--from", DATE)
        assert as_json("show", override_id)["subject"] == subject


def test_it_ends_when_its_author_says_on_the_clients_clock() -> None:
    override_id = proposed(*NO_PHARMACY, "--expires", "2026-03-11 07:00")
    assert as_json("show", override_id)["expires_at"] == "2026-03-11T11:00:00+00:00"


WRONG: list[tuple[list[str], str, int]] = [
    ([], "give one", 2),
    (["--deadline", "07:00", "--extra-feed", "lab_result"], "give one", 2),
    (["--to", "tomorrow", "--deadline", "07:00"], "write it as YYYY-MM-DD", 2),
    (["--suite", "pmpm=loose"], "is no JSON", 2),
    (["--deadline", "07:00", "--expires", "soon"], "write --expires 'YYYY-MM-DD HH:MM'", 2),
    (["--due", "eligibility"], "'' is no time of day; write HH:MM", 1),
    (["--optional-feed", "patient"], "has no feed patient; it has eligibility", 1),
    (["--deadline", "07:00", "--as", ENZO, "--yes"], "needs a reason: --reason TEXT", 1),
]


def test_what_is_wrong_is_said_with_its_remedy() -> None:
    for arguments, said, code in WRONG:
        text = acme("add", "tiny_health", "--from", DATE, *arguments, code=code)
        assert said in re.sub(r"[\s│]+", " ", text)


def test_an_unknown_client_or_id_is_one_clear_line() -> None:
    assert "there is no client 'nobody'" in acme("add", "nobody", "--from", DATE, "--deadline", "07:00", code=1)
    assert "there is no override 00000000" in acme("show", "00000000", code=1)
    assert "there is no client 'nobody'" in acme("list", "--client", "nobody", code=1)


def test_every_command_has_an_example() -> None:
    for command in ("add", "approve", "list", "show", "revoke"):
        assert f"acme override {command}" in acme(command, "--help")
