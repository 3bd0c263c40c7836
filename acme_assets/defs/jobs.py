"""The jobs that the work sensor requests: one per stage, each run for the client nights that are due together.

They do what the assets' own steps do and share their code. They are ops and not runs of the assets, because a run of
assets takes one partition, or a range of them: the nights that are due are no range, and Dagster writes a planned event
per asset and partition before the run starts. What they did is shown on the assets from the ledger (`projection`),
under the run that did it.
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dagster import Array, Failure, JobDefinition, OpExecutionContext, ResourceParam, in_process_executor, job, op

from acme_assets.defs.names import LANDING_ZONE, WAREHOUSE
from acme_assets.defs.refusal import FINAL, TRANSIENT
from acme_assets.environment import Platform
from acme_assets.nights.facts import Stage
from acme_assets.warehouse.releasing import RowsDiffer
from client_partitions.feeds import Feed

STAGE_TAG = "acme/stage"
"""Tag of a run that the work sensor asked for: its stage."""

PAST_TAG = "acme/past"
"""Tag of such a run for nights before the one in hand."""

STAGES: tuple[Stage, ...] = ("load", "build", "release")

POOLS: Mapping[Stage, str] = {"load": LANDING_ZONE, "build": WAREHOUSE, "release": WAREHOUSE}
"""Stage to the concurrency pool of its step."""

_ORDERS = {"orders": Array({"client_id": str, "business_date": str, "key": str, "feeds": Array(str)})}

BATCH = "batch "
"""Prefix of `by` in the audit entries of what such a run did; the run's id follows."""


@dataclass(frozen=True)
class Part:
    """What a run does for one client night: of a load, for one of its feeds."""

    client_id: str
    business_date: date
    feed: Feed | None = None

    def __str__(self) -> str:
        return f"{self.client_id} {self.business_date}{f' {self.feed}' if self.feed else ''}"


Perform = Callable[[Platform, Part, str], str]
"""Does a stage's work for one part, and says how it ended. The text is for the record: who did it."""


def op_name(stage: str) -> str:
    """The op of a stage's job."""
    return f"{stage}_nights"


def config_of(stage: Stage, orders: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Run config for these orders."""
    return {"ops": {op_name(stage): {"config": {"orders": list(orders)}}}}


def orders_of(run_config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The orders of a run, from its config."""
    return [order for step in run_config["ops"].values() for order in step["config"]["orders"]]


def stage_job(stage: Stage, perform: Perform) -> JobDefinition:
    """The job of one stage."""

    @op(
        name=op_name(stage),
        config_schema=_ORDERS,
        pool=POOLS[stage],
        description=f"The {stage} of each client night that its config names, one after the other.",
    )
    def step(context: OpExecutionContext, platform: ResourceParam[Platform]) -> None:
        problems: dict[str, str] = {}
        parts = [part for order in context.op_config["orders"] for part in _parts(order)]
        for part in parts:
            if problem := attempt(context, platform, part, perform):
                problems[str(part)] = problem
        if problems:
            said = "; ".join(f"{part}: {problem}" for part, problem in problems.items())
            # The work sensor asks again for what is still due, each night by itself.
            raise Failure(f"{len(problems)} of {len(parts)} failed: {said}", allow_retries=False)

    @job(name=stage, executor_def=in_process_executor, description=f"The {stage} of the client nights that are due.")
    def nights() -> None:
        step()

    return nights


def attempt(context: OpExecutionContext, platform: Platform, part: Part, perform: Perform) -> str | None:
    """Do one part; what went wrong, if something did. No other part suffers from it."""
    try:
        context.log.info(f"{part}: {perform(platform, part, f'{BATCH}{context.run_id}')}")
    except (RowsDiffer, *TRANSIENT) as error:
        return str(error)
    except FINAL as refusal:  # it changed since it was asked for, or somebody else did it
        context.log.warning(f"{part}: refused: {refusal}")
    except Exception as error:
        # Where, and not what: the message of a database's error may hold a row.
        where = "".join(traceback.format_tb(error.__traceback__)[-4:])
        context.log.error(f"{part}: {type(error).__name__} at\n{where}")
        return type(error).__name__
    return None


def _parts(order: Mapping[str, Any]) -> list[Part]:
    night = (order["client_id"], date.fromisoformat(order["business_date"]))
    return [Part(*night, feed) for feed in order["feeds"]] or [Part(*night)]
