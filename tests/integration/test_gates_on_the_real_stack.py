"""The gates on the real stack, whoever launches what: sensors, the UI's Materialize, the CLI.

Three clients, one night: tiny_health is complete and gets signed, quiet_health is complete and nobody signs it,
slow_health has not sent its pharmacy claims.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, select

from acme_assets.cli.nights import assess_all
from acme_assets.nights.marts import MARTS
from acme_assets.warehouse.mart_tables import dashboard_view, mart_table, published_table
from acme_assets.warehouse.raw_tables import raw_table
from tests.integration.real_stack import RealStack, real_stack, wait_for
from tests.ports import free_port
from tests.world import ELIGIBILITY, INGRID, PHARMACY, client_data

NIGHT = datetime.now(UTC).date() - timedelta(days=1)
CLIENTS = ("tiny_health", "quiet_health", "slow_health")
MARTS_OF_ALL = ("member_months", "pmpm", "pharmacy_spend", "lab_volume")
MODELS = (
    *(f"staging/stg_{feed}" for feed in ("eligibility", "pharmacy_claim", "lab_result")),
    "intermediate/int_member_months",
    "intermediate/int_claim_spend",
    *(f"marts/{mart}" for mart in MARTS_OF_ALL),
)


def put(stack: RealStack, client_id: str, feed: str, text: str) -> None:
    path = stack.home.landing / client_id / NIGHT.isoformat() / f"{feed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module")
def stack() -> Iterator[RealStack]:
    with tempfile.TemporaryDirectory(prefix="acme-gates-", dir="/tmp") as folder:
        clients = Path(folder) / "clients"
        clients.mkdir()
        for client_id in CLIENTS:
            data = client_data(client_id=client_id, landing=client_id)
            (clients / f"{client_id}.yaml").write_text(yaml.safe_dump(data))
        with real_stack(Path(folder) / "home", clients, free_port()) as running:
            for client_id in CLIENTS:
                put(running, client_id, "eligibility", ELIGIBILITY)
                if client_id != "slow_health":
                    put(running, client_id, "pharmacy_claim", PHARMACY)
            wait_for(lambda: states(running)["tiny_health"] == "awaiting sign-off", 240)
            wait_for(lambda: states(running)["quiet_health"] == "awaiting sign-off", 240)
            yield running


def states(stack: RealStack) -> dict[str, str]:
    return {night.client_id: night.state for night in assess_all(stack.platform, NIGHT, stack.platform.clock())}


def rows(stack: RealStack, client_id: str, *tables: Any) -> dict[str, int]:
    with stack.platform.warehouse.begin() as connection:
        return {
            table.fullname: connection.execute(
                select(func.count()).select_from(table).where(table.c.client_id == client_id)
            ).scalar_one()
            for table in tables
        }


PUBLISHED = [published_table(mart) for mart in MARTS]


@pytest.mark.parametrize("assets", [["published/pmpm"], ["published/pmpm", "marts/pmpm"]])
def test_publishing_an_unsigned_night_fails_and_changes_nothing(stack: RealStack, assets: list[str]) -> None:
    before = rows(stack, "quiet_health", *PUBLISHED)
    status, errors = stack.materialize("quiet_health", NIGHT, *assets)
    assert status == "FAILURE"
    assert "quiet_health" in errors
    assert "no QA sign-off covers candidate" in errors
    assert rows(stack, "quiet_health", *PUBLISHED) == before == dict.fromkeys(before, 0)


def test_loading_an_undelivered_feed_fails_and_changes_nothing(stack: RealStack) -> None:
    status, errors = stack.materialize("slow_health", NIGHT, "raw/pharmacy_claim")
    assert status == "FAILURE"
    assert f"pharmacy_claim of slow_health {NIGHT} is not delivered" in errors
    assert rows(stack, "slow_health", raw_table("pharmacy_claim")) == {"raw.pharmacy_claim": 0}


@pytest.mark.parametrize("assets", [MODELS, ("marts/pmpm",), ("staging/stg_eligibility",)])
def test_building_a_night_with_a_missing_feed_fails_and_changes_nothing(
    stack: RealStack, assets: tuple[str, ...]
) -> None:
    status, errors = stack.materialize("slow_health", NIGHT, *assets)
    assert status == "FAILURE"
    assert "waits for pharmacy_claim (not delivered)" in errors
    tables = [mart_table(mart) for mart in MARTS]
    assert set(rows(stack, "slow_health", *tables).values()) == {0}


def test_an_unsigned_night_shows_its_gate_shut(stack: RealStack) -> None:
    shown = wait_for(lambda: stack.gate_shown("pmpm", f"quiet_health|{NIGHT}"), 30)
    assert shown[0] is False
    assert "no QA sign-off" in shown[1]


def test_a_signed_night_is_released_shown_and_shut_again_by_a_redelivery(stack: RealStack) -> None:
    partition = f"tiny_health|{NIGHT}"
    stack.acme("qa", "approve", "tiny_health", NIGHT.isoformat(), "--yes", "--as", INGRID)
    wait_for(lambda: states(stack)["tiny_health"] == "released", 60)
    for mart in MARTS_OF_ALL:
        wait_for(lambda mart=mart: partition in stack.materializations(f"published/{mart}"), 30)
        wait_for(lambda mart=mart: (stack.gate_shown(mart, partition) or [False])[0], 30)
    wait_for(lambda: stack.materializations("dashboards/tiny_health"), 30)
    assert stack.materializations("deliveries/tiny_health") != []
    assert stack.materializations("dashboards/quiet_health") == []
    seen = visible(stack)
    assert seen["pharmacy"] == 2

    put(stack, "tiny_health", "pharmacy_claim", PHARMACY + "c3,p1,2026-03-03,100\n")
    wait_for(lambda: states(stack)["tiny_health"] == "awaiting sign-off", 120)
    wait_for(lambda: "an earlier candidate was signed" in shown_reason(stack, partition), 30)
    assert stack.gate_shown("pmpm", partition) == (False, shown_reason(stack, partition))
    assert visible(stack) == seen
    status, errors = stack.materialize("tiny_health", NIGHT, "published/pmpm")
    assert status == "FAILURE"
    assert "an earlier candidate was signed" in errors
    assert visible(stack) == seen


def shown_reason(stack: RealStack, partition: str) -> str:
    gate = stack.gate_shown("pmpm", partition)
    return gate[1] if gate else ""


def visible(stack: RealStack) -> dict[str, int]:
    """Claims that the client sees, all months together."""
    view = dashboard_view("pharmacy_spend")
    with stack.platform.warehouse.begin() as connection:
        claims = connection.execute(select(func.sum(view.c.claims)).filter_by(client_id="tiny_health")).scalar_one()
    return {"pharmacy": int(claims)}


def test_status_and_explain_say_who_is_waited_for(stack: RealStack) -> None:
    text = stack.acme("explain", "slow_health", NIGHT.isoformat())
    assert "Cora Client" in text
    assert "feeds/pharmacy_claim" in text
