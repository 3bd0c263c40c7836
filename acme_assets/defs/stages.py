"""What the runs of the work sensor do for one client night: the same functions as the assets' own steps."""

from collections.abc import Mapping
from typing import Any

from dagster import JobDefinition

from acme_assets.defs.jobs import Part, Perform, stage_job
from acme_assets.defs.marts import build_night
from acme_assets.environment import Platform
from acme_assets.nights.facts import Stage
from acme_assets.nights.models import models_of
from acme_assets.warehouse.judging import LiveRelease
from acme_assets.warehouse.releasing import release_night


def stage_jobs(manifest: Mapping[str, Any]) -> list[JobDefinition]:
    """The jobs, one per stage. `manifest` is dbt's manifest.json."""

    def build(platform: Platform, part: Part, by: str) -> str:
        client = platform.registry.client(part.client_id)
        models = models_of(client.feeds)
        _, outcome = build_night(platform, client, part.business_date, models, manifest, by=by)
        if outcome.failures:
            return "failed: " + "; ".join(f"{model}: {reason}" for model, reason in outcome.failures.items())
        return f"candidate {(outcome.evidence_digest or 'none')[:12]}{'' if outcome.is_new else ', as before'}"

    performs: dict[Stage, Perform] = {"load": _load, "build": build, "release": _release}
    return [stage_job(stage, perform) for stage, perform in performs.items()]


def _load(platform: Platform, part: Part, by: str) -> str:
    from acme_assets.warehouse.loading import load_delivery  # polars and pandera: 2 s, only in a run

    assert part.feed is not None
    client = platform.registry.client(part.client_id)
    outcome = load_delivery(
        platform.warehouse,
        platform.zone,
        client,
        part.feed,
        part.business_date,
        platform.clock,
        platform.roster(),
        by=by,
    )
    rows = f"{outcome.rows_in:,} rows in, {outcome.rows_loaded:,} loaded, {outcome.rows_quarantined:,} quarantined"
    return f"{outcome.state}: {rows}{f'; {outcome.reason}' if outcome.reason else ''}"


def _release(platform: Platform, part: Part, by: str) -> str:
    from acme_assets.defs.published import judge

    client = platform.registry.client(part.client_id)
    outcome = release_night(platform.warehouse, client, part.business_date, platform.clock(), platform.roster(), by=by)
    if outcome.release_id is None:
        return "withdrawn: the client sees nothing of this business date"
    if outcome.is_repeat:
        return f"release {outcome.release_id[:12]} is live already"
    said = judge(platform, LiveRelease(part.client_id, part.business_date, outcome.release_id))
    return f"release {outcome.release_id[:12]}, {sum(outcome.rows.values()):,} rows; {said}"
