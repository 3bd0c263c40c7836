"""A client night on a real database: deliver, load, build, sign, release, and what must not happen."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update

from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.building import ModelResult, open_build
from acme_assets.warehouse.ledger import (
    candidates,
    deliveries,
    delivery_files,
    loads,
    releases,
    statements,
    stuck_work,
)
from acme_assets.warehouse.loading import FileChanged
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
from acme_assets.warehouse.releasing import GateClosed, RowsDiffer
from acme_assets.warehouse.signing import NotSigned
from acme_assets.warehouse.tables import LEDGER_TABLES
from tests.world import DELE, ELIGIBILITY, ENZO, MALLORY, NIGHT, PHARMACY, World, signer_of


def rows_of(world: World, table: Any) -> int:
    with world.warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def everything(world: World) -> dict[str, Any]:
    """All rows of the ledger, RAW and PUBLISHED."""
    tables = [
        *LEDGER_TABLES,
        raw_table("eligibility"),
        raw_table("pharmacy_claim"),
        quarantined_rows(),
        published_table("pmpm"),
    ]
    with world.warehouse.begin() as connection:
        return {table.fullname: sorted(map(str, connection.execute(select(table)))) for table in tables}


def ready(world: World) -> World:
    world.deliver_all()
    world.build()
    return world


# --- deliveries and loads


def test_a_delivery_is_loaded_with_its_counts(world: World) -> None:
    outcome = world.deliver("eligibility", ELIGIBILITY + "p3,not a date\np4,2026-01-01\np5,2026-01-01\np6,2026-01-01\n")
    assert (outcome.state, outcome.rows_in, outcome.rows_loaded, outcome.rows_quarantined) == ("loaded", 6, 5, 1)
    assert rows_of(world, raw_table("eligibility")) == 5
    with world.warehouse.begin() as connection:
        kept = connection.execute(select(quarantined_rows())).mappings().one()
        file = connection.execute(select(delivery_files)).mappings().one()
    assert (kept["source_row"], kept["column_name"], kept["rule"]) == (3, "enrollment_start_date", "type")
    assert file["rows_in"] == file["rows_loaded"] + file["rows_quarantined"] == 6


def test_past_the_limit_nothing_reaches_raw(world: World) -> None:
    outcome = world.deliver("eligibility", ELIGIBILITY + "p3,bad\n")
    assert outcome.state == "quarantined"
    assert rows_of(world, raw_table("eligibility")) == rows_of(world, loads) == 0
    assert world.facts().deliveries["eligibility"].state == "quarantined"
    with pytest.raises(Unmet, match="quarantined"):
        world.load("eligibility")


def test_loading_again_changes_nothing(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    before = everything(world)
    assert world.load("eligibility").is_repeat
    assert everything(world) == before


def test_two_processes_that_load_the_same_delivery_load_it_once(world: World) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.notice()

    def load(_: int) -> str:
        try:
            return "repeat" if world.load("eligibility").is_repeat else "loaded"
        except Unmet:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(load, range(4)))
    assert outcomes.count("loaded") == 1
    assert rows_of(world, raw_table("eligibility")) == 2
    assert world.actions() == ["delivery_arrived", "delivery_loaded"]


def test_a_feed_that_is_not_delivered_cannot_be_loaded(world: World) -> None:
    with pytest.raises(Unmet, match="eligibility of tiny_health 2026-03-10 is not delivered.*Cora Client"):
        world.load("eligibility")


def test_a_feed_that_the_client_does_not_owe_cannot_be_loaded(world: World) -> None:
    with pytest.raises(Unmet, match="owes no medical_claim"):
        world.load("medical_claim")


def test_a_file_that_changes_between_notice_and_load_is_not_loaded(world: World) -> None:
    path = world.put("eligibility", ELIGIBILITY)
    world.notice()
    path.write_text(ELIGIBILITY + "p9,2026-01-01\n")
    with pytest.raises(FileChanged):
        world.load("eligibility")
    assert rows_of(world, raw_table("eligibility")) == 0
    world.notice()
    assert world.load("eligibility").rows_loaded == 3


def test_a_load_that_dies_in_its_transaction_leaves_nothing_and_is_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put("eligibility", ELIGIBILITY)
    world.notice()
    before = everything(world)
    with monkeypatch.context() as patch:
        patch.setattr("acme_assets.warehouse.loading.write_entry", _die)
        with pytest.raises(KeyboardInterrupt):
            world.load("eligibility")
    after = everything(world)
    after.pop("ops.client_nights"), before.pop("ops.client_nights")
    assert after == before
    assert world.load("eligibility").state == "loaded"
    assert rows_of(world, raw_table("eligibility")) == 2


def _die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_members_data_that_a_killed_load_left_on_disk_is_swept(world: World) -> None:
    import subprocess
    import tempfile

    ended = subprocess.Popen(["true"])
    ended.wait()
    left = Path(tempfile.gettempdir()) / f"acme-load-{ended.pid}-x"
    alive = Path(tempfile.gettempdir()) / f"acme-load-{os.getpid()}-x"
    for folder in (left, alive):
        folder.mkdir()
        (folder / "spool.csv").write_text("somebody")
    world.deliver("eligibility", ELIGIBILITY)
    assert not left.exists()
    assert alive.exists()
    shutil.rmtree(alive)


def test_a_redelivery_supersedes_and_the_old_content_sent_again_is_reinstated(world: World) -> None:
    first = world.deliver("eligibility", ELIGIBILITY)
    second = world.deliver("eligibility", ELIGIBILITY + "p3,2026-03-01\n")
    assert world.facts().inputs == {"eligibility": second.delivery_id}
    world.put("eligibility", ELIGIBILITY)
    assert [item.outcome for item in world.notice()] == ["reinstated"]
    assert world.load("eligibility").delivery_id == first.delivery_id
    assert world.facts().inputs == {"eligibility": first.delivery_id}
    assert rows_of(world, raw_table("eligibility")) == 5


def test_the_same_content_again_is_no_new_delivery(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    before = everything(world)
    world.put("eligibility", ELIGIBILITY)
    assert [item.outcome for item in world.notice()] == ["same"]
    assert everything(world) == before


def test_every_delivery_ends_in_one_state(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("eligibility", "person,start\n")
    world.deliver("eligibility", ELIGIBILITY + "p3,2026-03-01\n")
    with world.warehouse.begin() as connection:
        states = sorted(connection.execute(select(deliveries.c.state)).scalars())
    assert states == ["loaded", "superseded", "superseded"]


# --- builds


def test_a_night_with_a_missing_feed_is_not_built(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    with pytest.raises(Unmet, match=r"waits for pharmacy_claim \(not delivered\)"):
        world.build()
    assert rows_of(world, candidates) == rows_of(world, mart_table("pmpm")) == 0


def test_a_night_with_a_delivery_still_to_load_is_not_built(world: World) -> None:
    world.deliver_all()
    world.put("lab_result", "id,person,code\n1,p1,x\n")
    world.notice()
    with pytest.raises(Unmet, match=r"lab_result \(arrived\)"):
        world.build()


def test_the_optional_feed_is_read_once_it_is_there(world: World) -> None:
    world.deliver_all()
    assert world.build().evidence_digest
    world.deliver("lab_result", "id,person,code\n1,p1,x\n")
    assert "lab_result" in world.facts().inputs
    assert world.status().work[0].stage == "build"


def test_building_again_from_the_same_inputs_changes_nothing(world: World) -> None:
    ready(world)
    actions, digest = world.actions(), world.facts().candidate
    outcome = world.build()
    assert not outcome.is_new
    assert world.actions() == actions
    assert world.facts().candidate == digest


def test_a_failed_test_makes_no_candidate_and_holds_the_night(world: World) -> None:
    world.deliver_all()
    results = {model: ModelResult(is_built=True, tests_passed=2) for model in world.models}
    results["pmpm"].failures.append("test pmpm_unique_grain fail, 2 rows")
    outcome = world.build(results)
    assert outcome.evidence_digest is None
    blocked = world.status().blocked_by
    assert blocked is not None
    assert (blocked.name, blocked.state, blocked.owner) == ("marts", "held", "Enzo Engineer")
    assert "pmpm_unique_grain" in blocked.reason
    assert world.status().work == ()


def test_a_build_that_dies_leaves_the_night_to_be_built_again(world: World) -> None:
    world.deliver_all()
    with (
        pytest.raises(KeyboardInterrupt),
        open_build(world.warehouse, world.client, NIGHT, world.models, world.clock, world.roster, by="test"),
    ):
        world.fill_marts()
        raise KeyboardInterrupt
    assert world.facts().candidate is None
    assert [work.stage for work in world.status().work] == ["build"]
    world.build()
    assert world.status().state == "awaiting sign-off"


def test_part_of_a_build_needs_the_rest_from_the_same_deliveries(world: World) -> None:
    ready(world)
    world.deliver("pharmacy_claim", PHARMACY + "c3,p1,2026-03-03,1\n")
    with (
        pytest.raises(Unmet, match="not built from the present deliveries"),
        open_build(world.warehouse, world.client, NIGHT, ["pmpm"], world.clock, world.roster, by="test"),
    ):
        pass


def test_a_mart_that_the_client_does_not_get_is_not_built(world: World) -> None:
    world.deliver_all()
    with (
        pytest.raises(Unmet, match="has no utilization"),
        open_build(world.warehouse, world.client, NIGHT, ["utilization"], world.clock, world.roster, by="test"),
    ):
        pass


# --- sign-off and release


def test_a_signed_night_is_released_and_visible(world: World) -> None:
    ready(world).approve()
    outcome = world.release()
    assert outcome.rows == {"member_months": 1, "pmpm": 1, "pharmacy_spend": 1, "lab_volume": 0}
    assert [row["paid_amount"] for row in world.visible()] == [12.5]
    assert world.status().state == "released"
    assert world.actions()[-3:] == ["candidate_built", "signed_off", "released"]


def test_releasing_again_changes_nothing(world: World) -> None:
    ready(world).approve()
    world.release()
    before = everything(world)
    assert world.release().is_repeat
    assert everything(world) == before


def refused(world: World, match: str, error: type[Exception] = GateClosed) -> None:
    """A release raises, and changes no table."""
    before = everything(world)
    with pytest.raises(error, match=match):
        world.release()
    assert everything(world) == before


def test_an_unsigned_night_is_not_released(world: World) -> None:
    refused(ready(world), "no QA sign-off covers candidate")


def test_a_night_without_a_candidate_is_not_released(world: World) -> None:
    world.deliver_all()
    refused(world, "no candidate")


def test_a_rejected_night_is_not_released_until_it_is_approved_after_all(world: World) -> None:
    ready(world).reject()
    refused(world, "rejected by ingrid@acme.example: totals look wrong")
    world.approve(DELE)
    assert not world.release().is_repeat


def test_a_rejection_after_an_approval_shuts_the_gate(world: World) -> None:
    ready(world).approve()
    world.reject(DELE)
    refused(world, "rejected by dele")


def test_only_the_clients_analysts_may_sign(world: World) -> None:
    ready(world)
    with pytest.raises(NotSigned, match="enzo@acme.example is no QA analyst of tiny_health"):
        world.approve(ENZO)
    with pytest.raises(NotSigned, match="mallory@acme.example is no QA analyst of tiny_health"):
        world.approve(MALLORY)
    assert rows_of(world, statements) == 0


def test_a_redelivery_after_the_sign_off_shuts_the_gate_and_clients_keep_what_they_see(world: World) -> None:
    ready(world).approve()
    world.release()
    seen = world.visible()
    world.put("pharmacy_claim", PHARMACY + "c3,p1,2026-03-03,100\n")
    world.notice()
    refused(world, "deliveries, waivers or overrides changed")
    world.load("pharmacy_claim")
    refused(world, "deliveries, waivers or overrides changed")
    world.paid = "112.5000"
    world.build()
    refused(world, "no QA sign-off covers candidate .*, though an earlier candidate was signed")
    assert world.visible() == seen
    assert world.status().state == "awaiting sign-off"
    world.approve()
    world.release()
    assert [row["paid_amount"] for row in world.visible()] == [112.5]
    assert rows_of(world, releases) == 2
    assert rows_of(world, published_table("pmpm")) == 2


def test_a_sign_off_of_what_is_no_longer_the_candidate_is_not_taken(world: World) -> None:
    from acme_assets.warehouse.signing import evidence_of, sign

    ready(world)
    shown = evidence_of(world.warehouse, world.client, NIGHT).digest
    world.paid = "13"
    world.build()
    with pytest.raises(NotSigned, match="no longer"):
        sign(
            world.warehouse,
            world.client,
            NIGHT,
            evidence_digest=shown,
            decision="approved",
            signer=signer_of(DELE),
            roster=world.roster,
            now=world.clock(),
        )


TAMPERING: dict[str, Callable[[], Any]] = {
    "a value changed": lambda: update(mart_table("pmpm")).values(paid_amount=99),
    "a row removed": lambda: delete(mart_table("pmpm")),
    "a row added": lambda: insert(mart_table("member_months")).values(
        client_id="tiny_health", business_date=NIGHT, year_month="2026-04", payer="x", member_months=1
    ),
    "a row doubled": lambda: text("INSERT INTO marts.pmpm SELECT * FROM marts.pmpm"),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_rows_changed_after_the_sign_off_are_not_released(world: World, how: str) -> None:
    ready(world).approve()
    with world.warehouse.begin() as connection:
        connection.execute(TAMPERING[how]())
    refused(world, "that were signed", RowsDiffer)
    assert world.visible() == []


def test_evidence_changed_after_the_sign_off_is_not_released(world: World) -> None:
    ready(world).approve()
    with world.warehouse.begin() as connection:
        evidence = connection.execute(select(candidates.c.evidence)).scalar_one()
        changed = evidence.replace('"rows":1', '"rows":2', 1)
        assert changed != evidence
        connection.execute(update(candidates).values(evidence=changed))
    refused(world, "not what was signed", RowsDiffer)


def test_a_release_that_dies_in_its_transaction_leaves_nothing_and_is_repeated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(world).approve()
    before = everything(world)
    with monkeypatch.context() as patch:
        patch.setattr("acme_assets.warehouse.releasing.write_entry", _die)
        with pytest.raises(KeyboardInterrupt):
            world.release()
    assert everything(world) == before
    assert world.visible() == []
    world.release()
    assert len(world.visible()) == 1


def test_two_releases_at_once_make_one(world: World) -> None:
    ready(world).approve()
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda _: world.release(), range(3)))
    assert sorted(outcome.is_repeat for outcome in outcomes) == [False, True, True]
    assert rows_of(world, releases) == rows_of(world, published_table("pmpm")) == 1


def test_another_clients_rows_stay_out_of_a_release(world: World) -> None:
    ready(world)
    with world.warehouse.begin() as connection:
        connection.execute(
            insert(mart_table("pmpm")).values(
                client_id="other", business_date=NIGHT, year_month="2026-03", claim_type="pharmacy", paid_amount=1
            )
        )
    world.approve()
    world.release()
    assert {row["client_id"] for row in world.visible()} == {"tiny_health"}


def test_work_that_is_stuck_is_said_to_be_and_not_asked_for_again(world: World) -> None:
    from acme_assets.warehouse.stuck import record_stuck

    world.put("eligibility", ELIGIBILITY)
    world.notice()
    works = world.status().work
    record_stuck(world.warehouse, works, "the load failed 3 times", world.clock())
    record_stuck(world.warehouse, works, "the load failed 3 times", world.clock())
    assert rows_of(world, stuck_work) == 1
    status = world.status()
    assert status.work == ()
    assert status.blocked_by is not None
    assert (status.blocked_by.name, status.blocked_by.owner_group) == ("feeds/eligibility", "engineering")


# --- work keys and half-done rebuilds


def test_content_that_comes_and_goes_is_new_work_each_time(world: World) -> None:
    keys = []
    for content in (ELIGIBILITY, ELIGIBILITY + "p3,2026-03-01\n", ELIGIBILITY, ELIGIBILITY + "p3,2026-03-01\n"):
        world.put("eligibility", content)
        world.notice()
        keys += [work.key for work in world.status().work]
        world.load("eligibility")
    assert len(set(keys)) == 4


def test_a_candidate_that_is_released_again_is_new_work(world: World) -> None:
    keys = []
    for paid in ("1", "2", "1"):
        world.paid = paid
        if not keys:
            world.deliver_all()
        world.build()
        world.approve()
        keys += [work.key for work in world.status().work]
        world.release()
    assert len(set(keys)) == 3
    assert [row["paid_amount"] for row in world.visible()] == [1]


def test_a_rebuild_that_fails_or_dies_is_said_so_though_a_candidate_stands(world: World) -> None:
    ready(world)
    results = {model: ModelResult(is_built=True, tests_passed=2) for model in world.models}
    results["pmpm"].failures.append("test pmpm_unique_grain fail, 2 rows")
    world.build(results)
    assert world.status().state == "held"
    with (
        pytest.raises(KeyboardInterrupt),
        open_build(world.warehouse, world.client, NIGHT, world.models, world.clock, world.roster, by="test"),
    ):
        raise KeyboardInterrupt
    assert [work.stage for work in world.status().work] == ["build"]
    world.build()
    assert world.status().state == "awaiting sign-off"


def test_a_feed_that_the_client_owes_by_now_holds_the_release(world: World) -> None:
    ready(world).approve()
    feeds = dict(world.client.feeds)
    feeds["lab_result"] = feeds["lab_result"].model_copy(update={"required": True})
    world.client = world.client.model_copy(update={"feeds": feeds})
    refused(world, "built without lab_result, which the client owes")
