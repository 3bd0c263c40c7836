"""`acme backfill` as a person runs it, on a real database."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from acme_assets.cli.main import app
from tests.world import ELIGIBILITY, ENZO, INGRID, NIGHT, PHARMACY, World

RUN = CliRunner()
YESTERDAY = NIGHT - timedelta(days=1)
DATES = ("--from", (NIGHT - timedelta(days=3)).isoformat(), "--to", YESTERDAY.isoformat())
START = ("backfill", "run", "--reason", "INC-1", "--as", ENZO)


@pytest.fixture(autouse=True)
def late(environment: Path, world: World) -> World:
    """Yesterday's files, which came today."""
    world.night = YESTERDAY
    world.put("eligibility", ELIGIBILITY)
    world.put("pharmacy_claim", PHARMACY)
    world.notice()
    return world


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, arguments)
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def acme_json(*arguments: str) -> Any:
    return json.loads(RUN.invoke(app, [*arguments, "--json"]).stdout)


def test_plan_says_which_nights_why_and_at_what_cost() -> None:
    told = acme("backfill", "plan")
    assert "tiny_health 2026-03-09 member_months, pmpm, pharmacy_spend first sees nothing yet" in told
    assert "1 client night: 2 to 2 runs" in told
    found = acme_json("backfill", "plan")
    (night,) = found["nights"]
    assert (night["client_id"], night["business_date"], night["feeds"]) == (
        "tiny_health",
        "2026-03-09",
        ["eligibility", "pharmacy_claim"],
    )
    assert (found["sign_again"], found["clients_that_see_a_change"]) == (0, [])
    assert len(acme_json("backfill", "plan", *DATES)["nights"]) == 3


def test_run_asks_first_and_a_dry_run_starts_nothing() -> None:
    assert "Rebuild 1 client nights?" in acme(*START, code=1)
    assert "member_months" in acme(*START, "--dry-run")
    assert acme_json(*START, "--dry-run")["backfill_id"] is None
    assert acme_json("backfill", "list") == []


def test_a_backfill_is_started_once_followed_and_cancelled(late: World) -> None:
    started = acme_json(*START, "--yes")
    assert started["is_new"] is True
    again = acme(*START, "--yes")
    short = started["backfill_id"][:8]
    assert f"1 nights are in backfill {short}, which is open" in again
    assert "Nothing to rebuild" in again
    (listed,) = acme_json("backfill", "list", "--open")
    assert (listed["backfill_id"], listed["done"], listed["nights"]) == (started["backfill_id"], 0, 1)
    assert "INC-1" in acme("backfill", "list")
    assert "0 of 1 nights built" in acme("backfill", "show", short)
    for feed in ("eligibility", "pharmacy_claim"):
        late.load(feed)  # type: ignore[arg-type]
    late.build()
    told = acme("backfill", "show", short)
    assert "1 of 1 nights built" in told
    assert "awaiting sign-off" in told
    assert "Cancel backfill" in acme("backfill", "cancel", short, "--reason", "no", "--as", ENZO, code=1)
    cancelled = acme_json("backfill", "cancel", short, "--reason", "wrong file", "--as", ENZO, "--yes")
    assert (cancelled["state"], cancelled["ended_by"]) == ("cancelled", ENZO)
    assert "cancelled because: wrong file" in acme("backfill", "show", short)
    assert late.actions()[-1] == "backfill_cancelled"
    assert acme_json("backfill", "list", "--open") == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "--reason", "x", "--as", INGRID, "--yes"), "ingrid@acme.example is qa; a backfill needs engineering"),
        (("run", "--reason", "x", "--as", "who@x", "--yes"), "who@x is not in people.yaml"),
        (("run", "--reason", " ", "--as", ENZO, "--yes"), "a backfill needs a reason"),
        (("plan", "--client", "nobody"), "nobody"),
        (("plan", "--feed", "claims"), "claims is no feed; give one of"),
        (("plan", "--to", "2026-03-01"), "--to needs --from"),
        (("plan", "--from", "2026-03-02", "--to", "2026-03-01"), "is before --from"),
        (("plan", "--from", "2026-03-02", "--since", "2026-03-01"), "give --from and --to"),
        (("show", "ffff"), "there is no backfill ffff; see: acme backfill list"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(arguments: tuple[str, ...], told: str) -> None:
    assert told in acme("backfill", *arguments, code=1)
