"""Retention as an asset: each day the oldest client nights that are past their years go, a small batch of each kind.

Materialise it by hand and it only says what would go: its config has `remove: false`. The schedule's has `true`.
"""

from typing import Any

from dagster import (
    AssetExecutionContext,
    Config,
    DefaultScheduleStatus,
    MaterializeResult,
    ResourceParam,
    RunConfig,
    ScheduleDefinition,
    asset,
    define_asset_job,
    in_process_executor,
)
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from pydantic import Field

from acme_assets.defs.names import ENGINEERING_TEAM, LANDING_ZONE
from acme_assets.environment import Platform

NAME = "retention"


class RetentionConfig(Config):
    """What a run may do."""

    remove: bool = Field(default=False, description="Remove what is past its years; false: say what would go.")
    limit: int = Field(default=500, description="At most so many client nights of each kind.")


@asset(
    name=NAME,
    key_prefix="upkeep",
    group_name="upkeep",
    owners=[ENGINEERING_TEAM],
    kinds={"ledger"},
    pool=LANDING_ZONE,
    description="What is past its years goes: landed files, RAW, QUARANTINE and staging after one, MARTS and PUBLISHED "
    "after three. By hand a dry run, unless its config says `remove: true`.",
)
def retention(
    context: AssetExecutionContext, config: RetentionConfig, platform: ResourceParam[Platform]
) -> MaterializeResult[None]:
    from acme_assets.warehouse import retaining  # polars and pandera: only where it is done
    from acme_assets.warehouse.landed_files import remove_files

    if not config.remove:
        tallies, kept = retaining.plan(platform.warehouse, platform.clock())
        return MaterializeResult(metadata={"dry run": True, "kept": len(kept), **_shown(tallies)})
    by = f"run {context.run.run_id}"
    tallies = retaining.remove_due(platform.warehouse, platform.clock, by=by, limit=config.limit)
    gone = remove_files(platform.warehouse, platform.zone, platform.clock, by=by)
    files = {f"landed files: {name}": count for name, count in vars(gone).items()}
    return MaterializeResult(metadata={"dry run": False, **_shown(tallies), **files})


def _shown(tallies: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for kind, tally in tallies.items():
        shown |= {f"{kind}: {name}": getattr(tally, name) for name in ("nights", "rows", "files", "bytes")}
        shown[f"{kind}: oldest"] = str(tally.oldest or "nothing")
        shown |= {f"{kind}: kept for {why}": count for why, count in tally.kept.items()}
    return shown


def retention_job() -> UnresolvedAssetJobDefinition:
    return define_asset_job(
        NAME, [retention], executor_def=in_process_executor, description="Removes what is past its years."
    )


def retention_schedule(job: UnresolvedAssetJobDefinition) -> ScheduleDefinition:
    """An hour after noon UTC, when no client's night is under way."""
    return ScheduleDefinition(
        name=NAME,
        job=job,
        cron_schedule="0 13 * * *",
        run_config=RunConfig(ops={f"upkeep__{NAME}": RetentionConfig(remove=True)}),
        default_status=DefaultScheduleStatus.RUNNING,
    )
