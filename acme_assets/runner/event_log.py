"""Dagster's event log, with several events to a statement.

One event in dagster-postgres is an INSERT, a NOTIFY to which nothing listens any more, then for an event of
an asset a transaction around two more statements; planned events of a run, one or two for each of its assets and
checks, are stored one by one, and so are the results of checks. Here a batch is one statement and one transaction, and
one event is a batch of one. What is stored is the same: tests/runner/test_storage.py compares the tables.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import sqlalchemy
from dagster import AssetKey, DagsterEventType, EventLogEntry
from dagster._core.events import ASSET_EVENTS, BATCH_WRITABLE_EVENTS
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.migration import ASSET_KEY_INDEX_COLS
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetKeyTable,
    SqlEventLogStorageTable,
)
from dagster._serdes import serialize_value
from dagster_postgres import PostgresEventLogStorage
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

_UNIQUE = ("asset_key", "check_name", "run_id", "partition")
"""What Dagster's index lets there be one row of for results of checks."""


class BatchingEventLogStorage(PostgresEventLogStorage):
    """As its parent, but for how events are stored."""

    _tables_seen: ClassVar[set[str]] = set()
    _columns_seen: ClassVar[set[str]] = set()

    def store_event(self, event: EventLogEntry) -> None:
        self._store([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        kinds = {event.get_dagster_event().event_type for event in events}
        if foreign := kinds - BATCH_WRITABLE_EVENTS - {DagsterEventType.ASSET_CHECK_EVALUATION}:
            raise ValueError(f"events of {', '.join(sorted(kind.value for kind in foreign))} are not stored by batches")
        # What Dagster's own batches leave out: only its hosted version shows assets that failed.
        if kept := [event for event in events if not event.get_dagster_event().is_asset_failed_to_materialize]:
            self._store(kept)

    def has_table(self, table_name: str) -> bool:
        """Asked within a transaction for each event with tags, on a second connection: once is enough."""
        if table_name not in self._tables_seen and super().has_table(table_name):
            self._tables_seen.add(table_name)
        return table_name in self._tables_seen

    def has_asset_key_col(self, column_name: str) -> bool:
        """Asked for every asset of a page, by reflecting the table each time: a sixth of what the UI's graph costs."""
        if column_name not in self._columns_seen and super().has_asset_key_col(column_name):
            self._columns_seen.add(column_name)
        return column_name in self._columns_seen

    def _store(self, events: Sequence[EventLogEntry]) -> None:
        """The events commit before what follows from them, as in Dagster: the row of an asset is locked by whichever
        run writes it, and an event that got its number and waited would be passed by readers who go by number."""
        with self._connect() as connection:
            ids = self._insert(connection, events)
        numbered = list(zip(events, ids, strict=True))
        of_assets = [(event, number) for event, number in numbered if _is_of_asset(event)]
        plans = [row for event, number in numbered for row in self._planned_rows(event, number)]
        results = {key: row for event, number in numbered for key, row in self._result_rows(event, number)}
        if of_assets or plans or results:
            with self.index_transaction() as connection:
                if plans:
                    connection.execute(sqlalchemy.insert(AssetCheckExecutionsTable), plans)
                if results:
                    self._store_results(connection, [row for _, row in sorted(results.items())])
                if of_assets:
                    self._store_asset_event_tags(connection, *zip(*of_assets, strict=True))
                    self._update_assets(connection, of_assets)
        for event, number in numbered:
            if _kind(event) == DagsterEventType.ASSET_CHECK_EVALUATION and not self._result_rows(event, number):
                self.store_asset_check_event(event, number)

    def _insert(self, connection: Connection, events: Sequence[EventLogEntry]) -> list[int]:
        column = SqlEventLogStorageTable.c.id
        statement = sqlalchemy.insert(SqlEventLogStorageTable).returning(column, sort_by_parameter_order=True)
        return list(connection.execute(statement, [self._event_to_row(event) for event in events]).scalars())

    def _planned_rows(self, event: EventLogEntry, number: int) -> list[dict[str, Any]]:
        """The rows of a check that a run is going to evaluate: one, or one per partition."""
        if _kind(event) != DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            return []
        planned = event.get_dagster_event().asset_check_planned_data
        subset = planned.partitions_subset
        partitions: list[str | None] = [*subset.get_partition_keys()] if subset else [None]
        timestamp = self._event_insert_timestamp(event)  # type: ignore[no-untyped-call]
        return [
            {
                "asset_key": planned.asset_key.to_string(),
                "check_name": planned.check_name,
                "partition": partition,
                "run_id": event.run_id,
                "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
                "evaluation_event": serialize_value(event),
                "evaluation_event_timestamp": timestamp,
                "evaluation_event_storage_id": number,
            }
            for partition in partitions
        ]

    def _result_rows(self, event: EventLogEntry, number: int) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
        """The row of a check's result and what makes it the only one; none where a part of that is missing, as with
        unpartitioned checks and those of no run: PostgreSQL's index holds nothing for equal then."""
        if _kind(event) != DagsterEventType.ASSET_CHECK_EVALUATION:
            return []
        result = event.get_dagster_event().asset_check_evaluation_data
        if not event.run_id or result.partition is None:
            return []
        status = AssetCheckExecutionRecordStatus
        of = result.target_materialization_data
        unique = (result.asset_key.to_string(), result.check_name, event.run_id, result.partition)
        row = dict(zip(_UNIQUE, unique, strict=True)) | {
            "execution_status": (status.SUCCEEDED if result.passed else status.FAILED).value,
            "evaluation_event": serialize_value(event),
            "evaluation_event_timestamp": self._event_insert_timestamp(event),  # type: ignore[no-untyped-call]
            "evaluation_event_storage_id": number,
            "materialization_event_storage_id": of.storage_id if of else None,
        }
        return [(unique, row)]

    def _store_results(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Dagster updates the row that the plan of a check left, and inserts one where there was none."""
        statement = postgresql.insert(AssetCheckExecutionsTable).values(rows)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in _UNIQUE}
        connection.execute(statement.on_conflict_do_update(index_elements=_UNIQUE, set_=changed))

    def _update_assets(self, connection: Connection, events: Sequence[tuple[EventLogEntry, int]]) -> None:
        """Each asset's row as the events one after the other would leave it.

        Dagster's own batches write the row of the last event's asset only, because theirs are of one asset.
        """
        has_index = self.has_secondary_index(ASSET_KEY_INDEX_COLS)
        after: dict[str, dict[str, Any]] = defaultdict(dict)
        for event, number in events:
            key = cast("AssetKey", event.get_dagster_event().asset_key).to_string()
            after[key] |= self._get_asset_entry_values(event, number, has_index)
        by_columns: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
        # In order of the key: two batches that lock the same rows in different orders would block each other.
        for key, values in sorted(after.items()):
            by_columns[tuple(sorted(values))].append({"asset_key": key, **values})
        for columns, rows in sorted(by_columns.items()):
            statement = postgresql.insert(AssetKeyTable).values(rows)
            target = [AssetKeyTable.c.asset_key]
            if columns:
                changed = {column: statement.excluded[column] for column in columns}
                connection.execute(statement.on_conflict_do_update(index_elements=target, set_=changed))
            else:
                connection.execute(statement.on_conflict_do_nothing())


def _kind(event: EventLogEntry) -> DagsterEventType | None:
    return event.dagster_event_type if event.is_dagster_event else None


def _is_of_asset(event: EventLogEntry) -> bool:
    return bool(_kind(event) in ASSET_EVENTS and event.get_dagster_event().asset_key)
