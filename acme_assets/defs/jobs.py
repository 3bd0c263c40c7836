"""The jobs that sensors request, and the tags by which their runs are known."""

from dagster import AssetSelection, define_asset_job, in_process_executor
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from acme_assets.nights.facts import Stage

WORK_TAG = "acme/work"
"""Tag of a run that was requested for a piece of work: the work's key."""

LANE_TAG = "acme/lane"
"""Tag of the same runs: stage, client and business date, of which one run goes at a time."""

JOB_OF: dict[Stage, str] = {"load": "load", "build": "build", "release": "release"}


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """One job per stage; a request narrows it to the assets of its client night."""
    selections = {
        "load": AssetSelection.groups("raw"),
        "build": AssetSelection.groups("staging", "intermediate", "marts"),
        "release": AssetSelection.groups("published"),
    }
    return [
        define_asset_job(
            name, selection, executor_def=in_process_executor, description=f"The {name} of a client night."
        )
        for name, selection in selections.items()
    ]
