"""`acme exception` as a person runs it, on a real database."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.cli.output import console
from acme_assets.keystore import key_file
from tests.warehouse.waivers import DAY_BEFORE, THIRTY_PERCENT_BAD, deliver_before, states
from tests.world import (
    CORA,
    ELIGIBILITY,
    INGRID,
    KEYS,
    NIGHT,
    NOOR,
    OTTO,
    PHARMACY,
    ROLES,
    SERVICE,
    World,
    client_data,
)

RUN = CliRunner()
DATE = NIGHT.isoformat()
MISSING = ("tiny_health", "pharmacy_claim", "--kind", "may_be_missing", "--date", DATE)
SECRET = "0123456789abcdef" * 2


pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def environment(database: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ACME_* for the world's database, its people with their keys, and its clock; the folder of it all."""
    clients, keys, people = tmp_path / "clients", tmp_path / "keys", tmp_path / "people.yaml"
    clients.mkdir()
    (clients / "tiny_health.yaml").write_text(yaml.safe_dump(client_data()))
    keys.mkdir()
    for email, key in KEYS.items():
        key_file(keys, email).write_bytes(key.to_pem())
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
        "SERVICE_KEY": key_file(keys, SERVICE),
        "SERVICE_EMAIL": SERVICE,
        "LINK_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(f"ACME_{name}", str(value))
    monkeypatch.delenv("ACME_USER", raising=False)
    monkeypatch.setattr("acme_assets.environment.utc_now", world.clock)
    monkeypatch.setattr(console, "width", 200)
    return tmp_path


def acme(*arguments: str, code: int = 0, says: str | None = None) -> str:
    result = RUN.invoke(app, ["exception", *arguments], input=says)
    assert result.exit_code == code, result.output
    return result.output


def requested(*more: str) -> str:
    """A request by OTTO; returns its id."""
    found = json.loads(acme("request", *MISSING, "--reason", "INC-1", "--as", OTTO, "--yes", "--json", *more))
    return str(found["request_id"])


def linked(request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(acme("link", request_id, "--as", NOOR, "--json"))
    return found


def test_a_dry_run_shows_what_would_change_needs_no_key_and_signs_nothing(world: World, environment: Path) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    key_file(environment / "keys", OTTO).unlink()
    text = acme("request", *MISSING, "--dry-run")
    assert "pharmacy_claim may be missing: the night is built without it" in text
    assert re.search(r"2026-03-10 +held +feeds/pharmacy_claim: not delivered.* running +marts: being built", text)
    assert "Nothing was signed" in text
    (night,) = json.loads(acme("request", *MISSING, "--dry-run", "--json"))["nights"]
    assert (night["now"]["state"], night["once_acknowledged"]["state"]) == ("held", "running")
    assert states(world) == {}


def test_a_request_is_shown_asked_for_and_signed(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    arguments = ("request", *MISSING, "--reason", "INC-1", "--as", OTTO)
    assert "Sign this as otto@acme.example?" in acme(*arguments, says="n\n", code=1)
    assert states(world) == {}
    text = acme(*arguments, says="y\n")
    (request_id,) = states(world)
    assert f"requested: exception {request_id[:12]}" in text
    assert f"acme exception acknowledge {request_id[:12]}" in text
    assert world.status().state == "held"


def test_client_success_acknowledges_and_the_night_goes_on(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = requested()
    said = ("--contact", CORA, "--reference", "mail of 03:12", "--as", NOOR)
    shown = acme("acknowledge", request_id[:8], *said, says="n\n", code=1)
    assert "I request an exception for Tiny Health" in shown
    assert f"that {CORA} agreed to this for Tiny Health, by mail of 03:12?" in shown
    assert "live: exception" in acme("acknowledge", request_id[:8], *said, "--yes")
    assert states(world) == {request_id: "live"}
    assert world.status().state == "running"
    assert "is acknowledged already" in acme("acknowledge", request_id[:8], *said, "--yes", code=1)


def test_each_kind_is_asked_for_in_its_own_words(world: World) -> None:
    deliver_before(world, "pharmacy_claim", PHARMACY)
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    feed = ("tiny_health", "pharmacy_claim", "--date", DATE, "--dry-run", "--kind")
    assert "may come until 05:15 on the client's clock" in acme("request", *feed, "late_until", "--until", "05:15")
    assert f"pharmacy_claim of {DAY_BEFORE} (2 rows) stands in" in acme("request", *feed, "carry_forward")
    text = acme("request", *feed, "accept_quarantined")
    assert "3 of 10 rows fail the contract" in text
    assert "feeds/pharmacy_claim: delivered; being checked and loaded" in text


def test_dates_and_times_are_on_the_clients_clock() -> None:
    more = ("--to", "2026-03-12", "--expires", "2026-03-13 09:30")
    found = json.loads(acme("request", *MISSING, *more, "--dry-run", "--json"))
    assert (found["first_date"], found["last_date"]) == (DATE, "2026-03-12")
    assert found["expires_at"] == "2026-03-13T13:30:00+00:00"
    assert len(found["nights"]) == 3
    assert "write --expires 'YYYY-MM-DD HH:MM'" in acme("request", *MISSING, "--expires", "soon", code=2)


REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("request", *MISSING, "--as", OTTO, "--yes"), 1, "needs a reason: --reason TEXT"),
    (("request", *MISSING, "--as", INGRID, "--yes", "--reason", "x"), 1, "needs client_success or engineering"),
    (("request", *MISSING, "--as", "me@x.example", "--yes", "--reason", "x"), 1, "is not in people.yaml"),
    (("request", "nobody", *MISSING[1:], "--dry-run"), 1, "there is no client 'nobody'"),
    (("request", "tiny_health", "xray", *MISSING[2:], "--dry-run"), 1, "owes no xray"),
    (("acknowledge",), 2, "give a request with --contact and --reference, or --token with --code"),
    (("acknowledge", "abcdef12", "--contact", CORA), 2, "--token with --code"),
    (("acknowledge", "--token", "x", "--code", "1", "--contact", CORA), 2, "--token with --code"),
    (("acknowledge", "abcdef12", "--contact", CORA, "--reference", "x"), 1, "no exception request abcdef12"),
    (("link", "abc"), 1, "first 8 hex digits"),
    (("revoke", "abcdef12", "--reason", "x"), 1, "no exception request or acknowledgement abcdef12"),
    (("list", "--client", "nobody"), 1, "there is no client 'nobody'"),
]


def test_what_cannot_be_is_one_clear_line() -> None:
    for arguments, code, problem in REFUSED:
        text = acme(*arguments, code=code)
        assert problem in " ".join(text.replace("│", " ").split())
        assert "Traceback" not in text


def test_who_requested_does_not_acknowledge() -> None:
    made = acme("request", *MISSING, "--reason", "INC-1", "--as", NOOR, "--yes", "--json")
    request_id = json.loads(made)["request_id"]
    said = ("--contact", CORA, "--reference", "x", "--yes", "--as", NOOR)
    assert "requested it, and cannot acknowledge it too" in acme("acknowledge", request_id, *said, code=1)
    assert "would hold both halves" in acme("link", request_id, "--as", NOOR, code=1)


def test_the_contact_acknowledges_by_link_and_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_LINK_BASE_URL", "https://board.example/ack")
    request_id = requested()
    text = acme("link", request_id[:12], "--as", NOOR)
    assert f"Send this link to Cora Client <{CORA}>" in text
    assert "by another channel" in text
    url, code = re.search(r"https://board\.example/ack\?token=\S+", text), re.search(r"\d{4} \d{4}", text)
    assert url
    assert code
    shown = acme("acknowledge", "--token", url[0], "--code", code[0], says="n\n", code=1)
    assert f"Acknowledge this as {CORA}, for Tiny Health?" in shown
    assert states(world) == {request_id: "requested"}
    acme("acknowledge", "--token", url[0], "--code", code[0], says="y\n")
    assert states(world) == {request_id: "live"}
    assert "was used" in acme("acknowledge", "--token", url[0], "--code", code[0], "--yes", code=1)


def test_a_wrong_code_says_how_many_tries_are_left(world: World) -> None:
    request_id = requested()
    made = linked(request_id)
    wrong = f"{(int(made['code']) + 1) % 10**8:08}"
    assert "4 tries are left" in acme("acknowledge", "--token", made["url"], "--code", wrong, "--yes", code=1)
    assert "the link is not valid" in acme("acknowledge", "--token", "x.y", "--code", wrong, "--yes", code=1)
    assert states(world) == {request_id: "requested"}


def test_without_a_secret_there_are_no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = requested()
    monkeypatch.setenv("ACME_LINK_SECRET", "short")
    assert "ACME_LINK_SECRET has 5 bytes; give 32 or more" in acme("link", request_id, "--as", NOOR, code=1)


def test_the_list_has_what_is_open_and_with_all_the_rest(world: World) -> None:
    assert "No exception is requested or live" in acme("list")
    request_id = requested()
    assert re.search(rf"{request_id[:12]} +tiny_health +requested +pharmacy_claim may be", acme("list"))
    acme("acknowledge", request_id, "--contact", CORA, "--reference", "mail of 03:12", "--as", NOOR, "--yes")
    (found,) = json.loads(acme("list", "--client", "tiny_health", "--json"))
    assert (found["state"], found["requested_by"], found["acknowledgement"]["contact"]) == ("live", OTTO, CORA)
    assert "mail of 03:12" in acme("list")
    asked = acme("revoke", request_id[:8], "--reason", "it came", "--as", OTTO, says="n\n", code=1)
    assert "Revoke this exception request as otto@acme.example?" in asked
    text = acme("revoke", request_id[:8], "--reason", "it came", "--as", OTTO, "--yes")
    assert f"revoked: exception request {request_id[:12]}" in text
    assert "No exception is requested or live" in acme("list")
    assert "revoked by otto@acme.example: it came" in acme("list", "--all")
    assert states(world) == {request_id: "revoked"}


def test_every_command_has_help_with_an_example() -> None:
    for command in ("request", "acknowledge", "link", "list", "revoke"):
        text = acme(command, "--help")
        assert "Example" in text
        assert f"acme exception {command}" in text
