"""`acme quarantine` and `acme feeds drift` as a person runs them, on a real database."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.warehouse.raw_tables import raw_table
from tests.warehouse.waivers import THIRTY_PERCENT_BAD, agree, ask
from tests.world import ENZO, INGRID, NIGHT, World

RUN = CliRunner()
DATE = NIGHT.isoformat()
NAMED = ("tiny_health", "pharmacy_claim", DATE)
VALUE = "x0"
"""What a bad row of the test holds, and nothing else prints."""


@pytest.fixture(autouse=True)
def held(environment: Path, world: World) -> World:
    """A delivery that is held for three bad rows of ten."""
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    return world


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.output


def acme_json(*arguments: str) -> Any:
    return json.loads(acme(*arguments, "--json"))


def in_raw(world: World) -> int:
    with world.warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(raw_table("pharmacy_claim"))).scalar_one()


def test_list_counts_rows_per_rule() -> None:
    assert "3 type (dispensing_date)" in acme("quarantine", "list")
    (item,) = acme_json("quarantine", "list", "--client", "tiny_health", "--date", DATE)
    assert (item["feed"], item["state"], item["rules"]) == (
        "pharmacy_claim",
        "quarantined",
        {"type (dispensing_date)": 3},
    )
    assert acme_json("quarantine", "list", "--feed", "eligibility") == []


def test_show_tells_rows_and_reasons_without_the_rows(held: World) -> None:
    told = acme("quarantine", "show", *NAMED, "--limit", "2")
    assert "dispensing_date is no date by the layout's formats" in told
    assert "2 of 3 rows" in told
    assert VALUE not in told
    found = acme_json("quarantine", "show", *NAMED)
    assert [row["source_row"] for row in found["rows"]] == [8, 9, 10]
    assert VALUE not in json.dumps(found)
    assert "quarantine_viewed" not in held.actions()


def test_original_rows_are_for_engineers_with_a_reason(held: World) -> None:
    look = ("quarantine", "show", *NAMED, "--original")
    assert "members' rows are for engineering" in acme(*look, "--as", INGRID, "--reason", "INC-1", code=1)
    assert "needs a reason" in acme(*look, "--as", ENZO, code=1)
    assert "quarantine_viewed" not in held.actions()
    found = acme_json(*look, "--as", ENZO, "--reason", "INC-1")
    assert json.loads(found["rows"][0]["original"])["claim"] == VALUE
    assert held.actions()[-1] == "quarantine_viewed"


def test_release_needs_a_signed_acceptance_and_then_loads_once(held: World) -> None:
    release = ("quarantine", "release", *NAMED)
    assert "acme exception request tiny_health pharmacy_claim --kind accept_quarantined" in " ".join(
        acme(*release, "--yes", code=1).split()
    )
    request_id = ask(held, "accept_quarantined")
    assert f"acme exception acknowledge {request_id[:12]}" in " ".join(acme(*release, "--yes", code=1).split())
    assert in_raw(held) == 0
    agree(held, request_id)
    assert acme_json(*release, "--dry-run")["state"] == "would be loaded"
    assert in_raw(held) == 0
    assert acme_json(*release, "--yes", "--as", ENZO)["rows_loaded"] == 7
    assert in_raw(held) == 7
    assert json.loads(held.entry("delivery_loaded"))["details"]["by"] == f"acme quarantine release by {ENZO}"
    assert "is loaded, and not held" in acme(*release, "--yes", code=1)
    assert in_raw(held) == 7


def test_nothing_delivered_is_nothing_to_release() -> None:
    told = acme("quarantine", "release", "tiny_health", "eligibility", DATE, "--yes", code=1)
    assert "is not delivered: there is nothing to release" in told


def test_drift_shows_what_changed(held: World) -> None:
    held.deliver("pharmacy_claim", "claim,person,day,paid,extra\nc1,p1,2026-03-01,1.50,x\n")
    held.deliver("pharmacy_claim", "claim,person,day,paid\nc1,p1,2026-03-01,1.50\n")
    told = acme("feeds", "drift", "tiny_health", "pharmacy_claim")
    assert "hold pharmacy_claim: column extra is missing" in told
    found = acme_json("feeds", "drift", "tiny_health", "pharmacy_claim")
    assert [(item["state"], item["rows"]) for item in found] == [
        ("quarantined", 1),
        ("superseded", 1),
        ("superseded", None),
    ]
    assert found[0]["findings"][0] == {
        "kind": "missing",
        "what": "extra",
        "said": "pharmacy_claim: column extra is missing",
        "act": "hold",
    }
    assert "owes no patient" in acme("feeds", "drift", "tiny_health", "patient", code=1)
    assert "has been checked yet" in acme("feeds", "drift", "tiny_health", "lab_result")
