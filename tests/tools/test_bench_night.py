"""The arithmetic of the night's bench: whose CPU it was, percentiles, and what counts as a wrong end."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickData, TickStatus
from dagster._serdes import serialize_value

from acme_assets.simulation.night_plan import FleetExpected
from acme_assets.warehouse.protocol import RowsDigest
from tools.bench_night.cpu import (
    DAGSTER,
    OTHER,
    POSTMASTER,
    WAREHOUSE,
    WORKERS,
    Account,
    Seen,
    Sessions,
    Tree,
    component_of,
    divided,
    orchestration,
    readings,
    with_unseen,
)
from tools.bench_night.dagster_side import tick_seconds
from tools.bench_night.figures import percentile, spread
from tools.bench_night.ledger import BUILT, LOADED, Wait, by_kind
from tools.bench_night.night import Settings
from tools.bench_night.pages import pages
from tools.bench_night.ui_queries import definitions_in, ui_query
from tools.bench_night.verdict import Found, wrongs

DATABASES = {"acme": WAREHOUSE, "dagster": DAGSTER}


def process(pid: int, own: float, reaped: float = 0.0, title: str = "") -> Seen:
    return Seen(pid, 1000.0 + pid, own, reaped, title)


def backend(pid: int, own: float, database: str) -> Seen:
    return process(pid, own, title=f"postgres: postgres {database} [local] idle")


def account(*samples: list[Tree]) -> Account:
    found = Account()
    for trees in samples:
        found.take(readings(trees, DATABASES))
    return found


@pytest.mark.parametrize(
    ("title", "component"),
    [
        ("postgres: postgres acme [local] idle in transaction", WAREHOUSE),
        ("postgres: postgres dagster [local] INSERT", DAGSTER),
        ("postgres: postgres postgres [local] idle", OTHER),
        ("postgres: autovacuum worker dagster", DAGSTER),
        ("postgres: autovacuum launcher", OTHER),
        ("postgres: checkpointer", OTHER),
        ("postgres: io worker 1", OTHER),
        ("postgres: background writer", OTHER),
        ("postgres: autovacuum worker", None),
        ("postgres: postgres [local] startup", None),
        ("postgres: parallel worker for PID 12", None),
        ("/usr/lib/postgres -D data", None),
        ("", None),
    ],
)
def test_a_title_names_the_component(title: str, component: str | None) -> None:
    assert component_of(title, DATABASES) == component


def test_counting_starts_at_the_first_sample() -> None:
    found = account([Tree("daemon", process(1, 5.0), ())], [Tree("daemon", process(1, 7.5), ())])
    assert found.seconds() == {"daemon": 2.5}


def test_a_worker_that_ended_between_samples_is_in_its_parents_counters() -> None:
    before = Tree("runner", process(1, 2.0, reaped=1.0), [process(2, 3.0)])
    after = Tree("runner", process(1, 2.5, reaped=1.0 + 3.75 + 4.0), [process(4, 0.5, reaped=0.25)])
    assert account([before], [after]).seconds() == {"runner": 0.5, WORKERS: 3.75 + 4.0 + 0.75 - 3.0}


def test_workers_of_the_code_server_are_workers_too() -> None:
    trees = [Tree("code", process(1, 2.0), [process(2, 3.0)])]
    assert account([], trees).seconds() == {"code server": 2.0, WORKERS: 3.0}


def test_a_service_that_was_started_again_counts_twice() -> None:
    first, second = [Tree("code", process(1, 2.0), ())], [Tree("code", process(9, 1.0), ())]
    assert account(first, [Tree("code", process(1, 2.5), ())], second).seconds()["code server"] == 1.5


def test_a_session_that_ended_keeps_what_was_seen_of_it() -> None:
    first = [Tree(POSTMASTER, process(1, 1.0), [backend(2, 1.0, "acme")])]
    then = [Tree(POSTMASTER, process(1, 1.0), [backend(2, 4.0, "acme"), backend(3, 0.5, "dagster")])]
    last = [Tree(POSTMASTER, process(1, 1.25, reaped=6.0), [])]
    found = account(first, then, last)
    assert found.seconds() == {WAREHOUSE: 3.0, DAGSTER: 0.5, OTHER: 0.25, POSTMASTER: 1.25 + 6.0 - 2.0}
    assert (found.sessions(WAREHOUSE), found.sessions(DAGSTER)) == (1, 1)


def test_a_session_whose_title_comes_later_is_counted_once() -> None:
    opening = process(2, 0.5, title="postgres: postgres [local] startup")
    trees = [[Tree(POSTMASTER, process(1, 0.0), below)] for below in ([opening], [backend(2, 2.0, "acme")])]
    assert account([], *trees).seconds() == {WAREHOUSE: 2.0, OTHER: 0.0, POSTMASTER: 2.0}


def test_unseen_sessions_take_what_opening_costs_and_then_by_active_time() -> None:
    seconds = {POSTMASTER: 20.0, WAREHOUSE: 6.0, DAGSTER: 3.0, OTHER: 1.0, "daemon": 7.0}
    said = {WAREHOUSE: Sessions(30, 8.0), DAGSTER: Sessions(110, 9.0)}
    found, unseen = with_unseen(seconds, {WAREHOUSE: 10, DAGSTER: 10}, said, 0.05)
    assert unseen == 10.0
    # 20 and 100 unseen sessions open for 1 and 5 s; the 4 s left divide by 8 - 6 and 9 - 3 active seconds.
    assert found == pytest.approx({WAREHOUSE: 6 + 1 + 1, DAGSTER: 3 + 5 + 3, OTHER: 1.0, "daemon": 7.0})
    assert sum(found.values()) == pytest.approx(20.0 + 7.0)


def test_no_more_than_was_unseen_is_given_to_openings() -> None:
    said = {WAREHOUSE: Sessions(100, 50.0), DAGSTER: Sessions(300, 0.0)}
    found, unseen = with_unseen({POSTMASTER: 4.0}, {}, said, 1.0)
    assert (found, unseen) == ({WAREHOUSE: 1.0, DAGSTER: 3.0}, 4.0)


def test_rounded_counters_make_nothing_negative() -> None:
    said = {WAREHOUSE: Sessions(1, 0.0), DAGSTER: Sessions(1, 0.0)}
    found, unseen = with_unseen({POSTMASTER: 1.0, WAREHOUSE: 1.01}, {WAREHOUSE: 5}, said, 0.01)
    assert (found, unseen) == ({WAREHOUSE: 1.01, DAGSTER: 0.0}, 0.0)


def test_dividing_without_weights_is_even() -> None:
    assert divided(3.0, {"a": 0.0, "b": 0.0}) == {"a": 1.5, "b": 1.5}


def test_orchestration_is_all_but_the_warehouses_sessions() -> None:
    assert orchestration({WAREHOUSE: 100.0, DAGSTER: 2.0, OTHER: 1.0, WORKERS: 4.0}) == 7.0


@pytest.mark.parametrize(("share", "value"), [(50, 10), (95, 19), (96, 20), (100, 20), (1, 1)])
def test_a_percentile_is_one_of_the_values(share: int, value: int) -> None:
    assert percentile([float(number) for number in range(20, 0, -1)], share) == value


def test_a_spread_needs_values() -> None:
    assert spread([]) is None
    found = spread([3.0, 1.0, 2.0])
    assert found is not None
    assert (found.count, found.p50, found.p95, found.largest) == (3, 2.0, 3.0, 3.0)


def test_waits_are_grouped_by_kind() -> None:
    found = by_kind([Wait(LOADED, "a", 1.0), Wait(BUILT, "a", 5.0), Wait(LOADED, "b", 2.0)])
    assert found == {LOADED: [1.0, 2.0], BUILT: [5.0]}


RELEASED = FleetExpected(released=True, blocked_by=None, hindered=(), signed=True)
HELD = FleetExpected(released=False, blocked_by="client", hindered=("eligibility",), signed=False)
SENT = {"eligibility": frozenset({"e1"}), "medical_claim": frozenset({"m1", "m2"})}
ROWS = {"pmpm": RowsDigest(3, "aa"), "quality": RowsDigest(1, "bb")}
GOOD = Found("released", None, (), SENT, ROWS, ROWS)
HELD_BACK = Found("held", "client", ("eligibility",))


def test_ends_as_expected_are_not_wrong() -> None:
    assert wrongs(RELEASED, SENT, GOOD) == []
    assert wrongs(HELD, SENT, HELD_BACK) == []


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (replace(GOOD, state="running"), "is running, to be released"),
        (replace(GOOD, blocked_by="qa"), "is blocked by qa, not by None"),
        (replace(GOOD, hindered=("patient",)), "is hindered by patient, not by nothing"),
        (
            replace(GOOD, released=SENT | {"medical_claim": frozenset({"m1", "older"})}),
            "sees a release of other files than were sent last: medical_claim",
        ),
        (
            replace(GOOD, released={"eligibility": frozenset({"e1"})}),
            "sees a release of other files than were sent last: medical_claim",
        ),
        (replace(GOOD, seen=ROWS | {"pmpm": RowsDigest(3, "ab")}), "does not see the rows of MARTS: pmpm"),
        (replace(GOOD, seen={"pmpm": ROWS["pmpm"]}), "does not see the rows of MARTS: quality"),
        (replace(GOOD, seen={}, marts={}), "does not see the rows of MARTS: there are none"),
    ],
)
def test_each_difference_of_a_released_client_is_wrong(found: Found, problem: str) -> None:
    assert wrongs(RELEASED, SENT, found) == [problem]


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (replace(HELD_BACK, state="released"), "is released, not to be released"),
        (replace(HELD_BACK, blocked_by="engineering"), "is blocked by engineering, not by client"),
        (replace(HELD_BACK, hindered=()), "is hindered by nothing, not by eligibility"),
        (replace(HELD_BACK, seen=ROWS), "sees rows that were not to be released"),
    ],
)
def test_each_difference_of_a_held_client_is_wrong(found: Found, problem: str) -> None:
    assert wrongs(HELD, SENT, found) == [problem]


def test_a_tick_is_read_as_dagster_stores_it() -> None:
    def stored(sensor: str, began: float, ended: float | None) -> str:
        tick = TickData("origin", sensor, InstigatorType.SENSOR, TickStatus.SKIPPED, began, end_timestamp=ended)
        return serialize_value(tick)

    assert tick_seconds([stored("work", 100.0, 101.5), stored("arrivals", 100.0, None)]) == {"work": [1.5]}


def test_fewer_clients_take_less_time() -> None:
    whole, short = Settings.read({}), Settings.read({"CLIENTS": "20", "KEEP": "0"})
    assert (whole.clients, whole.minutes, whole.keep) == (180, 15.0, False)
    assert (short.clients, round(short.minutes, 1), short.keep) == (20, 1.7, False)
    assert Settings.read({"MINUTES": "4", "KEEP": "1"}) == Settings(180, 0, 4.0, 49.0, True)


def test_queries_are_found_in_minified_scripts() -> None:
    script = (
        r"""x(["\n  query Top($a: Int) { b { ...Part } }\n\n  fragment Part on B {\n c(d: \"e\") }"]);'query of what'"""
    )
    found = definitions_in([script])
    assert found == {"Top": "query Top($a: Int) { b { ...Part } }", "Part": 'fragment Part on B {\n c(d: "e") }'}


def test_the_installed_ui_has_every_query_that_is_asked() -> None:
    day = datetime(2026, 1, 15, tzinfo=UTC).date()
    names = {name for page in pages("fleet_001", day).values() for wave in page for name, _ in wave}
    for name in names:
        assert ui_query(name).startswith(f"query {name}")
    assert "fragment AssetNodeLiveFragment" in ui_query("AssetGraphLiveQuery")
    with pytest.raises(KeyError):
        ui_query("NoSuchQuery")
