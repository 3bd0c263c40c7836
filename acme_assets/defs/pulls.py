"""The job `pull`: one pull from one client's server or API. What it lands is noticed like any other file."""

from datetime import date

from dagster import (
    Backoff,
    Failure,
    Jitter,
    JobDefinition,
    OpExecutionContext,
    ResourceParam,
    RetryPolicy,
    in_process_executor,
    job,
    op,
)

from acme_assets.defs.names import PULLS
from acme_assets.environment import Platform
from acme_assets.feeds.zones import ZoneUnavailable
from acme_assets.landing.outcome import Order, PullRefused
from acme_assets.landing.pulling import hands, pull, strays_of
from acme_assets.warehouse.arriving import record_stray
from client_partitions.registry import RegistryError

PULL_TAG = "acme/pull"
"""Tag of a run that the pulls sensor asked for: its client, of which one pull goes at a time."""

OP = "pull_files"


def pull_job() -> JobDefinition:
    """The job. It is tried again where the server does not answer, and not where a person must act first."""

    @op(
        name=OP,
        config_schema={"client_id": str, "pull": str, "business_date": str},
        pool=PULLS,
        retry_policy=RetryPolicy(max_retries=2, delay=60, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS),
        description="Fetches what is new from where a client's files lie, into the landing zone.",
    )
    def pull_files(context: OpExecutionContext, platform: ResourceParam[Platform]) -> None:
        asked = context.op_config
        try:
            client = platform.registry.client(asked["client_id"])
            order = Order(client, asked["pull"], date.fromisoformat(asked["business_date"]))
            if order.pull not in client.pulls:
                raise PullRefused(f"there is no pull {order.pull}; correct the run's config", "engineering")
            outcome = pull(order, hands(platform.zone, platform.secrets, platform.clock))
        except (PullRefused, RegistryError) as refusal:
            owner = f"{refusal.owner_group}: " if isinstance(refusal, PullRefused) else ""
            raise Failure(f"{owner}{refusal}", allow_retries=False) from refusal
        except ZoneUnavailable as error:
            raise Failure(str(error)) from error
        strays = strays_of(order, outcome)
        if strays:
            with platform.warehouse.begin() as connection:
                for stray in strays:
                    if record_stray(platform.warehouse, connection, stray, platform.clock()):
                        context.log.warning(f"{stray.file.path}: {stray.reason}")
        context.log.info(
            f"{order}: {len(outcome.landed)} files landed, {outcome.known} known, {outcome.waiting} still being "
            f"written, {len(strays)} not taken"
        )

    @job(name="pull", executor_def=in_process_executor, description="One pull from one client's server or API.")
    def one_pull() -> None:
        pull_files()

    return one_pull
