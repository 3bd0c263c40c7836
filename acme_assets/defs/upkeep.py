"""Keep Dagster's event log small: run logs go after some months, what shows on assets stays while its partition does.

Dagster prunes its ticks (dagster.yaml) and never its event log. Deleting runs, its own remedy, would take the
materialisations along, and old partitions would show as missing. So rows that belong to no asset are deleted, and rows
of assets once their partition has left the window. Nothing is lost for the record: that is the ledger.
"""

import os
from datetime import UTC, datetime, timedelta

from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    OpExecutionContext,
    ScheduleDefinition,
    in_process_executor,
    job,
    op,
)
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from sqlalchemy import and_, delete, or_, select

from client_partitions.partitions import WINDOW

AT_ONCE = 10_000
"""Rows per statement: a long delete would hold up the night's writers."""

DAYS_VARIABLE, DAYS = "ACME_RUN_LOG_DAYS", 90
"""How long run logs are kept."""


def prune(instance: DagsterInstance, logs_before: datetime, assets_before: datetime, at_once: int = AT_ONCE) -> int:
    """Delete run logs and events of assets from before these moments; how many rows.

    Raises:
        TypeError: the instance keeps its event log elsewhere than in a SQL database.
    """
    storage, events = instance.event_log_storage, SqlEventLogStorageTable.c
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError(f"the event log is a {type(storage).__name__}: only one in SQL is pruned")
    old = or_(
        and_(events.asset_key.is_(None), events.timestamp < logs_before.replace(tzinfo=None)),
        events.timestamp < assets_before.replace(tzinfo=None),
    )
    some = select(events.id).where(old).order_by(events.id).limit(at_once)
    gone = 0
    while True:
        with storage.index_connection() as connection:
            count = connection.execute(delete(SqlEventLogStorageTable).where(events.id.in_(some))).rowcount
        gone += count
        if count < at_once:
            return gone


@op(description=f"Deletes run logs older than {DAYS_VARIABLE} ({DAYS}) days, and events of partitions that are gone.")
def prune_event_log(context: OpExecutionContext) -> None:
    now = datetime.now(UTC)
    days = int(os.environ.get(DAYS_VARIABLE, DAYS))
    gone = prune(context.instance, now - timedelta(days=days), now - WINDOW)
    context.log.info(f"{gone:,} rows of the event log deleted")


@job(executor_def=in_process_executor, description="Keeps Dagster's own database small.")
def upkeep() -> None:
    prune_event_log()


def upkeep_schedule() -> ScheduleDefinition:
    """At noon UTC, when no client's night is under way."""
    return ScheduleDefinition(
        name="upkeep", job=upkeep, cron_schedule="0 12 * * *", default_status=DefaultScheduleStatus.RUNNING
    )
