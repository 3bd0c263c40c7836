"""Write what the projection decides into Dagster's event log: in batches, each check bound to its materialisation.

The one module that uses what Dagster does not make public: a check's result for a partition counts as passed only with
the materialisation that it is about, and only a batch of events is cheap to store.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from dagster import (
    AssetCheckEvaluation,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    AssetRecordsFilter,
    DagsterInstance,
    MetadataValue,
)
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from dagster._core.events import (
    AssetObservationData,
    DagsterEvent,
    DagsterEventBatchMetadata,
    DagsterEventType,
    StepMaterializationData,
)
from dagster_shared.record import copy

from acme_assets.defs.projection import RELEASE, Event, Shown

RUNLESS = "reported-by-hand"
"""Stands for the run of a check whose materialisation no run made.

Dagster's empty run id fails from the second result of a partition on: run, check and partition are together unique in
its storage (1.13.27).
"""

_MOST_RECORDS = 1000


@dataclass(frozen=True)
class Materialized:
    """The newest materialisation of one partition of an asset."""

    target: AssetCheckEvaluationTargetMaterializationData
    metadata: Mapping[str, MetadataValue]


def newest(instance: DagsterInstance, key: AssetKey, partitions: Collection[str]) -> dict[str, Materialized]:
    """Partition to its newest materialisation: two queries, however many partitions."""
    storage = instance.event_log_storage
    ids = storage.get_latest_storage_id_by_partition(key, DagsterEventType.ASSET_MATERIALIZATION, set(partitions))
    if not ids:
        return {}
    found = instance.fetch_materializations(
        AssetRecordsFilter(key, storage_ids=sorted(ids.values())), limit=_MOST_RECORDS
    )
    return {
        str(record.partition_key): Materialized(
            AssetCheckEvaluationTargetMaterializationData(
                storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
            ),
            record.asset_materialization.metadata if record.asset_materialization else {},
        )
        for record in found.records
    }


def show(instance: DagsterInstance, shown: Iterable[Shown]) -> None:
    """Store the events; materialisations and observations first, then the checks that may be about them."""
    checks: dict[AssetKey, list[Shown]] = defaultdict(list)
    others: list[Shown] = []
    for item in shown:
        if isinstance(item.event, AssetCheckEvaluation):
            checks[item.event.asset_key].append(item)
        else:
            others.append(item)
    _store(instance, [(_event(item.event), item.run_id, item.at) for item in others])
    bound = []
    for key, items in checks.items():
        made = newest(instance, key, {item.event.partition for item in items if item.event.partition})
        bound += [(item, made.get(item.event.partition or "")) for item in items]
    show_checks(instance, bound)


def show_checks(instance: DagsterInstance, checks: Sequence[tuple[Shown, Materialized | None]]) -> None:
    """Store results of checks, each with the materialisation that it is about.

    A result replaces an earlier one of the same run, check and partition.
    """
    events = []
    for item, made in checks:
        check = item.event
        assert isinstance(check, AssetCheckEvaluation)
        bound = copy(check, target_materialization_data=made.target) if made else check
        release = check.metadata.get(RELEASE)
        of = item.run_id or (str(release.value) if release else "") or (made.target.run_id if made else "")
        events.append((_event(bound), of or RUNLESS, item.at))
    _store(instance, events)


def _event(event: Event) -> DagsterEvent:
    kind, data = _kind(event)
    return DagsterEvent(event_type_value=kind.value, event_specific_data=data, job_name="")


def _kind(
    event: Event,
) -> tuple[DagsterEventType, StepMaterializationData | AssetObservationData | AssetCheckEvaluation]:
    if isinstance(event, AssetMaterialization):
        return DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(event)
    if isinstance(event, AssetObservation):
        return DagsterEventType.ASSET_OBSERVATION, AssetObservationData(event)
    return DagsterEventType.ASSET_CHECK_EVALUATION, event


def _store(instance: DagsterInstance, events: Sequence[tuple[DagsterEvent, str, datetime | None]]) -> None:
    """One batch where DAGSTER_EVENT_BATCH_SIZE allows it; otherwise Dagster stores them one by one."""
    batch_id = uuid4().hex
    for number, (event, run_id, at) in enumerate(events, start=1):
        batch = DagsterEventBatchMetadata(batch_id, is_end=number == len(events))
        moment = at.timestamp() if at else None
        instance.report_dagster_event(event, run_id=run_id, batch_metadata=batch, timestamp=moment)
