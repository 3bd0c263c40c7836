"""`acme retention` as a person runs it, on a real database."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from acme_assets.cli.main import app
from tests.world import ENZO, NIGHT, NOOR, OTTO, World

RUN = CliRunner()


@pytest.fixture(autouse=True)
def old(environment: Path, world: World) -> World:
    """A released night, a year later."""
    world.deliver_all()
    world.build()
    world.approve()
    world.release()
    world.now = datetime(2027, 3, 10, 12, tzinfo=UTC)
    return world


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ("retention", *arguments))
    assert result.exit_code == code, result.output
    return result.output


def acme_json(*arguments: str) -> Any:
    return json.loads(acme(*arguments, "--json"))


def test_plan_run_and_log_tell_the_same_numbers(old: World) -> None:
    assert "raw" in acme("plan")
    planned = acme_json("plan")
    assert planned["kinds"]["raw"] | {"tables": {}} == {
        **{"nights": 1, "rows": 6, "files": 2, "bytes": 108, "oldest": NIGHT.isoformat()},
        **{"tables": {}, "kept": {}, "busy": 0},
    }
    assert (planned["kept"], planned["files_waiting"]) == ([], 0)
    assert "raw_removed" not in old.actions()
    acme("run", code=1)  # nobody said yes
    assert "raw_removed" not in old.actions()
    done = acme_json("run", "--yes")
    assert done["kinds"]["raw"] == planned["kinds"]["raw"]
    assert done["landed_files"]["files"] == 2
    (logged,) = acme_json("log")
    assert (logged["rows_removed"], logged["files"], logged["files_left"]) == (6, 2, 0)
    assert logged["files_gone_at"]
    assert "raw.eligibility 2" in " ".join(acme("log", "--client", "tiny_health").split())
    assert acme_json("log", "--client", "other") == []


def test_a_hold_is_placed_shown_kept_to_and_lifted(old: World) -> None:
    placed = acme_json("hold", "tiny_health", "--reason", "matter 7", "--as", NOOR)
    assert "matter 7" in acme("holds")
    assert "matter 7" in acme("plan")
    (kept,) = acme_json("plan")["kept"]
    assert (kept["why"], kept["client_id"], kept["kind"]) == ("hold", "tiny_health", "raw")
    assert acme_json("run", "--yes")["kinds"]["raw"]["kept"] == {"hold": 1}
    assert "lifting a hold is for" in acme("unhold", placed["hold_id"][:8], "--reason", "closed", "--as", OTTO, code=1)
    acme("unhold", placed["hold_id"][:8], "--reason", "closed", "--as", ENZO)
    assert acme("holds").strip() == "No hold counts."
    assert f"by {ENZO}" in acme("holds", "--all")
    assert acme_json("run", "--yes")["kinds"]["raw"]["nights"] == 1


def test_a_hold_of_days_of_all_clients_says_so() -> None:
    acme(
        "hold",
        "all",
        "--date",
        "2026-03-01",
        "--to",
        "2026-03-31",
        "--until",
        "2027-12-31",
        "--reason",
        "x",
        "--as",
        NOOR,
    )
    told = " ".join(acme("holds").split())
    assert "all 2026-03-01 to 2026-03-31 noor@acme.example 2027-03-10 2027-12-31" in told


def test_a_hold_on_nobody_is_refused() -> None:
    assert "there is no client tiny_helth" in acme("hold", "tiny_helth", "--reason", "x", "--as", NOOR, code=1)
