"""`raw/<feed>`: check a delivery against its contract and load it, exactly once."""

from collections.abc import Iterator

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    Failure,
    MaterializeResult,
    PartitionsDefinition,
    ResourceParam,
    asset,
)

from acme_assets.defs.names import ENGINEERING_TEAM, LANDING_ZONE, feed_key, raw_key
from acme_assets.defs.refusal import one_night, refusing
from acme_assets.environment import Platform
from client_partitions.feeds import FEEDS, Feed

CONTRACT_CHECK = "contract"


def raw_assets(partitions: PartitionsDefinition) -> list[AssetsDefinition]:
    """One asset per kind of feed."""
    return [_raw_asset(feed, partitions) for feed in FEEDS]


def _raw_asset(feed: Feed, partitions: PartitionsDefinition) -> AssetsDefinition:
    key = raw_key(feed)

    @asset(
        key=key,
        deps=[feed_key(feed)],
        partitions_def=partitions,
        group_name="raw",
        owners=[ENGINEERING_TEAM],
        kinds={"table"},
        pool=LANDING_ZONE,
        description=(
            f"RAW.{feed.upper()}: the rows of the client's delivery that meet the contract, loaded once by content "
            "hash. Rows that do not are in QUARANTINE; past the client's limit nothing is loaded."
        ),
        check_specs=[
            AssetCheckSpec(
                CONTRACT_CHECK,
                asset=key,
                description="The delivery meets its contract, within the client's limit of failing rows.",
                blocking=True,
                partitions_def=partitions,
            )
        ],
        output_required=False,
    )
    def load(
        context: AssetExecutionContext, platform: ResourceParam[Platform]
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        from acme_assets.warehouse.loading import load_delivery  # polars and pandera: 2 s, only in a run

        client_id, business_date = one_night(context)
        with refusing():
            client = platform.registry.client(client_id)
            outcome = load_delivery(
                platform.warehouse,
                platform.zone,
                client,
                feed,
                business_date,
                platform.clock,
                platform.roster(),
                by=f"run {context.run.run_id}",
            )
        counts: dict[str, int | str] = {
            "rows_in": outcome.rows_in,
            "rows_loaded": outcome.rows_loaded,
            "rows_quarantined": outcome.rows_quarantined,
            "delivery": outcome.delivery_id,
        }
        if outcome.drift:
            counts["drift"] = "\n".join(outcome.drift)
        passed = outcome.state == "loaded"
        if passed:
            yield MaterializeResult(metadata={**counts, "already loaded": outcome.is_repeat})
        yield AssetCheckResult(
            asset_key=key,
            check_name=CONTRACT_CHECK,
            passed=passed,
            description=outcome.reason,
            metadata={**counts},
        )
        if not passed:
            raise Failure(
                f"{feed} of {client_id} {business_date} is quarantined, nothing was loaded: {outcome.reason}",
                allow_retries=False,
            )

    return load
