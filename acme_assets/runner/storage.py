"""Dagster's PostgreSQL storage on the pool of its process.

dagster-postgres opens a connection for every event and every read, and PostgreSQL starts a process for each. Here the
run, event and schedule storages of all instances of a process share a pool (pool.py), and several events go into one
statement (event_log.py). Everything else is dagster-postgres.
"""

from collections.abc import Mapping
from typing import Any, Self

from dagster import Field, IntSource
from dagster._config import StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log import EventLogStorage
from dagster._core.storage.runs import RunStorage
from dagster._core.storage.schedules import ScheduleStorage
from dagster._serdes import ConfigurableClass, ConfigurableClassData
from dagster_postgres import PostgresRunStorage, PostgresScheduleStorage
from sqlalchemy import Connection, Engine

from acme_assets.runner.event_log import BatchingEventLogStorage
from acme_assets.runner.pool import POOLS, PoolSettings
from acme_assets.runner.remembered import remember, remember_queries

_OF_WEB_SERVER = 4
"""Connections that its threads keep: a page asks for its parts at once, and would open and close one for each."""

_with_tables: set[str] = set()
"""Databases that this process has seen with Dagster's tables: each new instance would look three times."""


class _Pooled:
    """A storage whose engine is the process's, asked for anew each time: after a fork it is another."""

    postgres_url: str

    def __init__(self, postgres_url: str, pool: PoolSettings, *, create_tables: bool) -> None:
        self.pool = pool
        super().__init__(postgres_url, create_tables)  # type: ignore[call-arg]

    @property
    def _engine(self) -> Engine:
        return POOLS.engine(self.postgres_url, self.pool)

    @_engine.setter
    def _engine(self, engine: Engine) -> None:
        """The parent's own, which has opened no connection yet, is left aside."""

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        remember_queries()
        POOLS.close(self.postgres_url, self.pool)
        size = max(self.pool.size, _OF_WEB_SERVER)
        self.pool = PoolSettings(size, max_overflow, pool_recycle, statement_timeout)


class _Runs(_Pooled, PostgresRunStorage):
    _has_times = False

    def has_run_stats_index_cols(self) -> bool:
        """Dagster reads the table's columns from the catalog with every read of a run: five times in a small run."""
        self._has_times = self._has_times or super().has_run_stats_index_cols()
        return self._has_times


class _Events(_Pooled, BatchingEventLogStorage):
    pass


class _Schedules(_Pooled, PostgresScheduleStorage):
    """Dagster reads the names of all tables from the catalog for each tick and its state: a third of its daemon's work.

    Tables and migrations that are there stay there; others are looked for again.
    """

    _has_instigators = False
    _has_indexes = False

    def __init__(self, postgres_url: str, pool: PoolSettings, *, create_tables: bool) -> None:
        self._built: set[str] = set()
        super().__init__(postgres_url, pool, create_tables=create_tables)

    def _has_instigators_table(self, conn: Connection) -> bool:
        self._has_instigators = self._has_instigators or super()._has_instigators_table(conn)
        return self._has_instigators

    def has_secondary_index_table(self) -> bool:
        self._has_indexes = self._has_indexes or super().has_secondary_index_table()
        return self._has_indexes

    def has_built_index(self, migration_name: str) -> bool:
        if migration_name not in self._built and super().has_built_index(migration_name):
            self._built.add(migration_name)
        return migration_name in self._built


class PooledPostgresStorage(DagsterStorage, ConfigurableClass):
    """For `storage: custom:` of dagster.yaml."""

    def __init__(self, postgres_url: str, pool: PoolSettings, inst_data: ConfigurableClassData | None = None) -> None:
        remember()  # here, because daemon and web server run nothing else of ours before they unpack assets
        self._inst_data = inst_data
        create = postgres_url not in _with_tables
        self._runs = _Runs(postgres_url, pool, create_tables=create)
        self._events = _Events(postgres_url, pool, create_tables=create)
        self._schedules = _Schedules(postgres_url, pool, create_tables=create)
        _with_tables.add(postgres_url)
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        usual = PoolSettings()
        return {
            "postgres_url": StringSource,
            "pool_size": Field(IntSource, is_required=False, default_value=usual.size),
            "max_overflow": Field(IntSource, is_required=False, default_value=usual.overflow),
            "pool_recycle": Field(IntSource, is_required=False, default_value=usual.recycle_seconds),
        }

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        pool = PoolSettings(config_value["pool_size"], config_value["max_overflow"], config_value["pool_recycle"])
        return cls(config_value["postgres_url"], pool, inst_data)

    @property
    def run_storage(self) -> RunStorage:
        return self._runs

    @property
    def event_log_storage(self) -> EventLogStorage:
        return self._events

    @property
    def schedule_storage(self) -> ScheduleStorage:
        return self._schedules
