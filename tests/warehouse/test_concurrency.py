"""Races between real processes end in one consistent state, and a process that is killed leaves one behind."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import func, select

from acme_assets.warehouse.ledger import audit_entries, client_nights, releases, statements
from acme_assets.warehouse.mart_tables import published_table
from acme_assets.warehouse.releasing import GateClosed
from tests.warehouse.actors import Scene, hang_in, perform
from tests.world import DELE, INGRID, World

ROUNDS = range(4)
HEAD_START = 0.25


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.fixture
def ready(world: World) -> World:
    world.deliver_all()
    world.build()
    return world


def race(pool: ProcessPoolExecutor, scene: Scene, seed: int, *acts: str) -> dict[str, str]:
    """Act to outcome, of acts that begin within some milliseconds of each other."""
    shifts = random.Random(seed)
    at = time.time() + HEAD_START
    begun = [pool.submit(perform, scene, act, at + shifts.uniform(0, 0.03)) for act in acts]
    return {f"{number} {act}": item.result(60) for number, (act, item) in enumerate(zip(acts, begun, strict=True))}


def count(world: World, table: object) -> int:
    with world.warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def consistent(world: World) -> None:
    """Every statement and release has one audit entry; the client sees one whole release of signed rows, or nothing."""
    with world.warehouse.begin() as connection:
        said = sorted(connection.execute(select(statements.c.statement_id)).scalars())
        entries = select(audit_entries.c.statement_id).where(audit_entries.c.statement_id.is_not(None))
        assert sorted(connection.execute(entries).scalars()) == said
        made = connection.execute(select(releases.c.release_id, releases.c.evidence_digest)).all()
        live = connection.execute(select(client_nights.c.live_release)).scalar_one()
        published = set(connection.execute(select(published_table("pmpm").c.release_id).distinct()).scalars())
    assert published == {release_id for release_id, _ in made}
    assert world.actions().count("released") == len(made)
    assert live is None or live in published
    assert len(world.visible()) == (1 if live else 0)
    approved = {item.statement_id for item in world.facts().statements}
    for release_id, _ in made:
        with world.warehouse.begin() as connection:
            ids = connection.execute(select(releases.c.sign_off_ids).filter_by(release_id=release_id)).scalar_one()
        assert any(statement_id in ids for statement_id in approved)


@pytest.mark.parametrize("seed", ROUNDS)
def test_two_analysts_who_approve_at_the_same_moment_are_both_on_record(
    ready: World, database: str, processes: ProcessPoolExecutor, seed: int
) -> None:
    outcomes = race(processes, Scene.of(ready, database), seed, "ingrid approves", "dele approves")
    assert set(outcomes.values()) == {"done"}
    assert {item.signer for item in ready.facts().statements} == {INGRID, DELE}
    ready.now = ready.now.replace(hour=9)
    ready.release()
    assert len(ready.visible()) == 1
    consistent(ready)


@pytest.mark.parametrize("seed", ROUNDS)
def test_one_who_approves_while_another_rejects_leaves_the_gate_shut(
    ready: World, database: str, processes: ProcessPoolExecutor, seed: int
) -> None:
    outcomes = race(processes, Scene.of(ready, database), seed, "ingrid approves", "dele rejects")
    assert outcomes["1 dele rejects"] == "done"
    assert outcomes["0 ingrid approves"] in ("done", "NotSigned"), "refused where the rejection came first"
    ready.now = ready.now.replace(hour=9)
    with pytest.raises(GateClosed, match="rejected by dele"):
        ready.release()
    assert ready.visible() == []
    consistent(ready)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_sign_off_that_races_a_rebuild_releases_nothing_that_was_not_signed(
    ready: World, database: str, processes: ProcessPoolExecutor, seed: int
) -> None:
    scene = Scene.of(ready, database, payload="99.0000")
    outcomes = race(processes, scene, seed, "ingrid approves", "another candidate is built", "a gatekeeper looks")
    assert outcomes["1 another candidate is built"] == "done"
    assert outcomes["0 ingrid approves"] in ("done", "NotSigned")
    ready.now = ready.now.replace(hour=9)
    covered = {item.statement_id for item in ready.facts().statements if scene_digest(ready) in item.text}
    if covered:
        ready.release()
        assert [row["paid_amount"] for row in ready.visible()] == [99]
    else:
        with pytest.raises(GateClosed, match="no QA sign-off covers candidate"):
            ready.release()
        assert [row["paid_amount"] for row in ready.visible()] in ([], [12.5])
    consistent(ready)


def scene_digest(world: World) -> str:
    candidate = world.facts().candidate
    assert candidate is not None
    return candidate.evidence_digest


@pytest.mark.parametrize("seed", ROUNDS)
def test_however_many_release_at_once_there_is_one_release(
    ready: World, database: str, processes: ProcessPoolExecutor, seed: int
) -> None:
    ready.approve()
    race(processes, Scene.of(ready, database), seed, "a gatekeeper looks", "a run releases", "a gatekeeper looks")
    assert count(ready, releases) == count(ready, published_table("pmpm")) == 1
    consistent(ready)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_revocation_that_races_a_release_either_comes_too_late_or_prevents_it(
    ready: World, database: str, processes: ProcessPoolExecutor, seed: int
) -> None:
    scene = Scene.of(ready, database, payload=ready.approve())
    outcomes = race(processes, scene, seed, "otto revokes", "a run releases")
    assert outcomes["0 otto revokes"] == "done"
    assert count(ready, releases) == (1 if outcomes["1 a run releases"] == "done" else 0)
    ready.now = ready.now.replace(hour=9)
    assert ready.status().state == "awaiting sign-off"
    consistent(ready)


@pytest.mark.parametrize("seed", ROUNDS)
def test_a_withdrawal_that_races_releases_leaves_the_client_with_nothing_to_see(
    ready: World, database: str, processes: ProcessPoolExecutor, seed: int
) -> None:
    ready.approve()
    ready.release()
    race(processes, Scene.of(ready, database), seed, "otto withdraws", "a run releases", "a gatekeeper looks")
    ready.now = ready.now.replace(hour=9)
    if ready.facts().live_release:
        assert ready.release().withdrawn
    assert ready.visible() == []
    assert ready.actions().count("release_withdrawn") == 1
    consistent(ready)


@pytest.mark.parametrize(
    ("act", "module", "trace"),
    [
        ("a run releases", "acme_assets.warehouse.releasing", releases),
        ("dele approves", "acme_assets.warehouse.signing", statements),
    ],
)
def test_a_process_that_is_killed_before_its_commit_leaves_nothing_and_the_next_finishes(
    ready: World, database: str, tmp_path: Path, act: str, module: str, trace: object
) -> None:
    if act == "a run releases":
        ready.approve()
    before, marker = count(ready, trace), tmp_path / "hangs"
    victim = get_context("spawn").Process(target=hang_in, args=(Scene.of(ready, database), act, module, marker))
    victim.start()
    until = time.monotonic() + 60
    while not marker.exists():
        assert time.monotonic() < until, "it never came to its commit"
        time.sleep(0.02)
    victim.kill()
    victim.join()
    assert count(ready, trace) == before
    again = Scene.of(ready, database)
    assert perform(again, act, 0.0) == "done"
    assert count(ready, trace) == before + 1
    ready.now = ready.now.replace(hour=9)
    ready.release()
    assert len(ready.visible()) == 1
    consistent(ready)
