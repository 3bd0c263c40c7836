"""Put the definitions together. One function, so that tests can hand in their own registry and resources."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dagster import Definitions, in_process_executor

from acme_assets.defs.external import external_specs
from acme_assets.defs.gates import gate_checks
from acme_assets.defs.marts import mart_assets
from acme_assets.defs.published import published_assets
from acme_assets.defs.raw import raw_assets
from acme_assets.defs.sensors.arrivals import arrivals_sensor
from acme_assets.defs.sensors.ledger_events import ledger_events_sensor
from acme_assets.defs.sensors.work import work_sensor
from acme_assets.defs.stages import stage_jobs
from acme_assets.defs.upkeep import upkeep, upkeep_schedule
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
    jobs = stage_jobs(manifest)
    return Definitions(
        assets=[
            *external_specs(registry.clients, partitions),
            *raw_assets(partitions),
            mart_assets(manifest, partitions),
            published_assets(partitions),
        ],
        asset_checks=[gate_checks(partitions)],
        jobs=[*jobs, upkeep],
        schedules=[upkeep_schedule()],
        sensors=[
            arrivals_sensor(interval_seconds),
            work_sensor(jobs, interval_seconds),
            ledger_events_sensor(interval_seconds),
        ],
        resources=dict(resources),
        executor=in_process_executor,
    )
