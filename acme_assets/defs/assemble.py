"""Put the definitions together. One function, so that tests can hand in their own registry and resources."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import Definitions, in_process_executor

from acme_assets.defs.external import external_specs
from acme_assets.defs.gates import gate_checks
from acme_assets.defs.marts import mart_assets
from acme_assets.defs.published import published_assets
from acme_assets.defs.pulls import pull_job
from acme_assets.defs.raw import raw_assets
from acme_assets.defs.retention import retention, retention_job, retention_schedule
from acme_assets.defs.sensors.alerts import alerts_sensor
from acme_assets.defs.sensors.arrivals import arrivals_sensor
from acme_assets.defs.sensors.deadlines import deadlines_sensor
from acme_assets.defs.sensors.ledger_events import ledger_events_sensor
from acme_assets.defs.sensors.pulls import pulls_sensor
from acme_assets.defs.sensors.work import work_sensor
from acme_assets.defs.stages import stage_jobs
from acme_assets.defs.upkeep import upkeep, upkeep_schedule
from acme_assets.warehouse.learned import Learned
from client_partitions.partitions import client_nights
from client_partitions.registry import Registry


def assemble(
    registry: Registry,
    manifest: Mapping[str, Any],
    resources: Mapping[str, Any],
    *,
    today: date,
    interval_seconds: int = 30,
) -> Definitions:
    """All definitions.

    Args:
        manifest: dbt's manifest.json.
        resources: `platform` (a Platform).
        today: the UTC date, on which the partition window ends.
        interval_seconds: least time between two ticks of a sensor.
    """
    partitions = client_nights(registry.client_ids, today)
    learned = Learned()
    jobs, pulling, removing = stage_jobs(manifest), pull_job(), retention_job()
    return Definitions(
        assets=[
            *external_specs(registry.clients, partitions),
            *raw_assets(partitions),
            mart_assets(manifest, partitions),
            published_assets(partitions),
            retention,
        ],
        asset_checks=[gate_checks(partitions)],
        jobs=[*jobs, pulling, upkeep, removing],
        schedules=[upkeep_schedule(), retention_schedule(removing)],
        sensors=[
            arrivals_sensor(interval_seconds),
            pulls_sensor(pulling, interval_seconds),
            work_sensor(jobs, interval_seconds),
            ledger_events_sensor(interval_seconds),
            deadlines_sensor(learned, interval_seconds),
            alerts_sensor(learned, interval_seconds),
        ],
        resources=dict(resources),
        executor=in_process_executor,
    )
