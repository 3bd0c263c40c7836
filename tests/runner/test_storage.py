"""Pooled storage on a real PostgreSQL: what is stored, on how many connections, and what a fork does to them."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
import psycopg2
import pytest
import sqlalchemy
from dagster import AssetKey, DagsterEventType, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationPlanned,
    AssetCheckEvaluationTargetMaterializationData,
)
from dagster._core.definitions.partitions.subset import DefaultPartitionsSubset
from dagster._core.events import (
    AssetMaterializationPlannedData,
    AssetObservationData,
    DagsterEvent,
    StepMaterializationData,
)
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._core.utils import make_new_run_id
from dagster_postgres import PostgresEventLogStorage
from sqlalchemy import Table, create_engine, select, text

from acme_assets.runner.pool import _RESTED, POOLS, PoolSettings
from acme_assets.runner.storage import PooledPostgresStorage
from acme_assets.stack.postgres import TemporaryServer

RUN, OTHER_RUN = make_new_run_id(), make_new_run_id()
NAMES = ("claims", "labs", "members")


@pytest.fixture
def url(postgres: TemporaryServer) -> Iterator[str]:
    """A database for Dagster alone; the pool's connections to it are closed after the test."""
    made = postgres.fresh_database().replace("+psycopg2", "")
    yield made
    for settings in [settings for at, settings in POOLS._engines if at == made]:
        POOLS.close(made, settings)


def pooled(url: str, settings: PoolSettings | None = None) -> PooledPostgresStorage:
    return PooledPostgresStorage(url, settings or PoolSettings())


def entry(kind: DagsterEventType, data: Any, moment: float, run: str = RUN) -> EventLogEntry:
    event = DagsterEvent(event_type_value=kind.value, job_name="night", event_specific_data=data)
    return EventLogEntry(
        error_info=None, level=10, user_message="", run_id=run, timestamp=moment, job_name="night", dagster_event=event
    )


def planned(name: str, partition: str | None, moment: float, run: str = RUN) -> EventLogEntry:
    data = AssetMaterializationPlannedData(AssetKey(["raw", name]), partition)
    return entry(DagsterEventType.ASSET_MATERIALIZATION_PLANNED, data, moment, run)


def check_planned(name: str, moment: float, partitions: set[str] | None = None) -> EventLogEntry:
    subset = DefaultPartitionsSubset(partitions) if partitions else None
    data = AssetCheckEvaluationPlanned(
        asset_key=AssetKey(["raw", name]), check_name="contract", partitions_subset=subset
    )
    return entry(DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED, data, moment)


def materialized(name: str, partition: str, moment: float) -> EventLogEntry:
    what = dg.AssetMaterialization(
        AssetKey(["raw", name]),
        partition=partition,
        tags={"dagster/data_version": f"v{moment}", "unseen": "not_indexed"},
        metadata={"rows": 7},
    )
    return entry(DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(what), moment)


def observed(name: str, moment: float) -> EventLogEntry:
    what = dg.AssetObservation(AssetKey(["raw", name]), tags={"dagster/data_version": "seen"})
    return entry(DagsterEventType.ASSET_OBSERVATION, AssetObservationData(what), moment)


def evaluated(
    name: str, moment: float, *, passed: bool, partition: str | None = None, run: str = RUN, about: int | None = None
) -> EventLogEntry:
    of = about and AssetCheckEvaluationTargetMaterializationData(storage_id=about, run_id=RUN, timestamp=moment)
    what = dg.AssetCheckEvaluation(
        asset_key=AssetKey(["raw", name]),
        check_name="contract",
        passed=passed,
        metadata={},
        partition=partition,
        target_materialization_data=of or None,
    )
    return entry(DagsterEventType.ASSET_CHECK_EVALUATION, what, moment, run)


def a_night() -> list[list[EventLogEntry]]:
    """Batches as Dagster makes them, and some that it does not: of several assets, kinds and times of one asset."""
    moment = 1_790_000_000.0
    return [
        [entry(DagsterEventType.PIPELINE_START, None, moment)],
        [planned(name, "acme|2026-11-24", moment + 1 + i) for i, name in enumerate(NAMES)]
        + [check_planned(name, moment + 5) for name in NAMES],
        [planned("labs", None, moment + 6, OTHER_RUN)],
        [materialized("claims", "acme|2026-11-24", moment + 7)],
        [materialized(name, "acme|2026-11-25", moment + 8 + i) for i, name in enumerate(reversed(NAMES))],
        [observed("members", moment + 20), observed("feeds", moment + 21)],
        [materialized("claims", f"acme|2026-12-{day:02}", moment + 30 + day) for day in range(1, 6)],
        [evaluated("claims", moment + 40, passed=True)],
        [evaluated("labs", moment + 41, passed=False)],
        [planned("claims", "acme|2026-11-26", moment + 50, OTHER_RUN), materialized("labs", "x", moment + 51)],
        [check_planned("feeds", moment + 60, {"acme|2026-11-26", "acme|2026-11-27"})],
        [  # of a plan and of none, again in the same batch, of another run, of no partition, of no run
            evaluated("feeds", moment + 61, passed=True, partition="acme|2026-11-26", about=3),
            evaluated("labs", moment + 62, passed=True, partition="x"),
            evaluated("labs", moment + 63, passed=False, partition="x", about=4),
            evaluated("labs", moment + 64, passed=True, partition="x", run=OTHER_RUN),
            evaluated("members", moment + 65, passed=False),
            evaluated("members", moment + 66, passed=True, run=""),
        ],
        [evaluated("feeds", moment + 70, passed=False, partition="acme|2026-11-26", about=5)],
    ]


def one_by_one(storage: EventLogStorage[Any], batches: Sequence[Sequence[EventLogEntry]]) -> None:
    for batch in batches:
        for event in batch:
            storage.store_event(event)


def by_batches(storage: EventLogStorage[Any], batches: Sequence[Sequence[EventLogEntry]]) -> None:
    for batch in batches:
        storage.store_event(batch[0]) if len(batch) == 1 else storage.store_event_batch(batch)


DRAWN_ANEW: dict[Table, set[str]] = {
    SqlEventLogStorageTable: set(),  # not even its ids: they tell the order
    AssetKeyTable: {"id", "create_timestamp"},
    AssetEventTagsTable: {"id"},
    AssetCheckExecutionsTable: {"id", "create_timestamp"},
}


def stored(url: str) -> dict[str, list[str]]:
    """All rows of the event log's tables, but for what two databases cannot have in common."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted(
                repr({name: value for name, value in row.items() if name not in unlike})
                for row in connection.execute(select(table)).mappings()
            )
            for table, unlike in DRAWN_ANEW.items()
        }
    engine.dispose()
    return found


class TestWhatIsStored:
    @pytest.mark.parametrize("store", [one_by_one, by_batches])
    def test_is_what_dagster_stores_one_by_one(
        self, postgres: TemporaryServer, url: str, store: Callable[..., None]
    ) -> None:
        usual_url = postgres.fresh_database()
        one_by_one(PostgresEventLogStorage(usual_url), a_night())
        store(pooled(url).event_log_storage, a_night())
        usual, ours = stored(usual_url), stored(url)
        assert {name: len(rows) for name, rows in usual.items()} == {
            "event_logs": 31,
            "asset_keys": 4,
            "asset_event_tags": 12,
            "asset_check_executions": 8,
        }
        for name in usual:
            assert ours[name] == usual[name], name

    def test_answers_questions_about_partitions_and_checks(self, url: str) -> None:
        storage = pooled(url).event_log_storage
        by_batches(storage, a_night())
        claims = AssetKey(["raw", "claims"])
        assert "acme|2026-12-05" in storage.get_materialized_partitions(claims)
        assert storage.get_latest_planned_materialization_info(claims, "acme|2026-11-26")
        (record,) = storage.get_asset_records([AssetKey(["raw", "members"])])
        assert record.asset_entry.last_run_id == RUN
        assert record.asset_entry.last_materialization.get_dagster_event().partition == "acme|2026-11-25"

    def test_other_kinds_that_dagster_does_not_batch_are_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="PIPELINE_START are not stored by batches"):
            pooled(url).event_log_storage.store_event_batch([entry(DagsterEventType.PIPELINE_START, None, 1.0)] * 2)

    def test_results_of_checks_are_one_statement(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        storage = pooled(url).event_log_storage
        alone: list[EventLogEntry] = []
        monkeypatch.setattr(storage, "store_asset_check_event", lambda event, number: alone.append(event))
        storage.store_event_batch([evaluated("labs", 1.0, passed=True, partition=f"n{i}") for i in range(100)])
        assert alone == []
        assert len(stored(url)["asset_check_executions"]) == 100

    def test_many_batches_of_the_same_assets_at_once_do_not_block_each_other(self, url: str) -> None:
        storage = pooled(url).event_log_storage
        failures: list[BaseException] = []

        def store(number: int) -> None:
            names = NAMES if number % 2 else NAMES[::-1]
            try:
                for i in range(10):
                    storage.store_event_batch([planned(name, f"n{number}", 1000.0 + i) for name in names])
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=store, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(stored(url)["event_logs"]) == 8 * 10 * len(NAMES)


class TestSchedules:
    def test_the_catalog_is_asked_once_for_tables_that_are_there(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        schedules = pooled(url).schedule_storage
        assert schedules.supports_batch_queries
        asked: list[str] = []
        look = sqlalchemy.inspect

        def noting(*args: Any) -> Any:
            asked.append("the catalog")
            return look(*args)

        monkeypatch.setattr("sqlalchemy.inspect", noting)
        assert schedules.supports_batch_queries
        assert schedules.has_built_index("schedule_jobs_selector_id")
        assert asked == []

    def test_what_is_not_there_is_looked_for_again(self, url: str) -> None:
        pooled(url)
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE instigators RENAME TO elsewhere")
        schedules = pooled(url).schedule_storage
        assert not schedules.supports_batch_queries
        assert not schedules.has_built_index("a migration of tomorrow")
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO instigators")
            cursor.execute("INSERT INTO secondary_indexes VALUES (99, 'a migration of tomorrow', now(), now())")
        assert schedules.supports_batch_queries
        assert schedules.has_built_index("a migration of tomorrow")


class TestConnections:
    def test_many_instances_share_one(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGAPPNAME", "acme of this test")
        for _ in range(20):
            storage = pooled(url)
            storage.run_storage.get_runs()
            storage.schedule_storage.all_instigator_state()
            storage.event_log_storage.store_event(planned("claims", None, 1.0))
        assert sessions(url) == ["acme of this test"]

    def test_those_of_many_threads_close_again(self, url: str) -> None:
        storage = pooled(url)
        threads = [threading.Thread(target=storage.run_storage.get_runs) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sessions(url)) == 1

    def test_one_that_the_server_ended_is_replaced_unseen(self, url: str) -> None:
        storage = pooled(url)
        storage.run_storage.get_runs()
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        time.sleep(2 * _RESTED)
        storage.event_log_storage.store_event(planned("claims", None, 1.0))

    def test_one_that_was_just_used_is_not_tried_first(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        storage = pooled(url)
        storage.run_storage.get_runs()
        tried = []
        dialect = storage.run_storage._engine.dialect  # type: ignore[attr-defined]
        monkeypatch.setattr(dialect, "do_ping", tried.append)
        for _ in range(3):
            storage.run_storage.get_runs()
        assert tried == []
        time.sleep(2 * _RESTED)
        storage.run_storage.get_runs()
        assert len(tried) == 1

    def test_a_forked_child_opens_its_own_and_leaves_the_parents_alone(self, url: str) -> None:
        storage = pooled(url)
        mine = backend(storage)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, str(backend(storage)).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        theirs = int(os.read(reader, 100))
        assert theirs != mine
        assert backend(storage) == mine

    def test_the_web_servers_have_its_timeout(self, url: str) -> None:
        storage = pooled(url)
        for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
            part.optimize_for_webserver(statement_timeout=4321, pool_recycle=60, max_overflow=20)
        with storage.run_storage._engine.connect() as connection:  # type: ignore[attr-defined]
            assert connection.execute(text("SHOW statement_timeout")).scalar() == "4321ms"
        assert len(sessions(url)) == 1
        assert storage.run_storage._engine is storage.schedule_storage._engine  # type: ignore[attr-defined]

    def test_the_url_brings_tls(self) -> None:
        url = "postgresql://somebody@127.0.0.1:1/dagster?sslmode=verify-full&sslrootcert=/nowhere.pem"
        engine = POOLS.engine(url, PoolSettings())
        assert engine.dialect.create_connect_args(engine.url)[1]["sslmode"] == "verify-full"


def sessions(url: str) -> list[str]:
    """Names of those connected to a database, but for who asks. A session that was closed takes a moment to go."""
    time.sleep(0.2)
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return [row[0] for row in cursor.fetchall()]


def backend(storage: PooledPostgresStorage) -> int:
    with storage.run_storage._engine.connect() as connection:  # type: ignore[attr-defined]
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
