"""`published/<mart>`: the release of a client night, which asks the gate again in its own transaction."""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    PartitionsDefinition,
    ResourceParam,
    multi_asset,
)

from acme_assets.defs.names import QA_TEAM, mart_key, published_key
from acme_assets.defs.refusal import refusing
from acme_assets.environment import Platform
from acme_assets.nights.marts import MARTS
from acme_assets.warehouse.releasing import release_night
from client_partitions.partitions import client_night


def published_assets(partitions: PartitionsDefinition) -> AssetsDefinition:
    """All published marts as one step: a release is of the whole client night, whichever mart was asked for."""
    specs = [
        AssetSpec(
            published_key(mart),
            deps=[mart_key(mart)],
            group_name="published",
            owners=[QA_TEAM],
            kinds={"table"},
            skippable=True,
            description=(
                f"PUBLISHED.{mart.upper()}: released rows. Materialising it releases every mart of the client night "
                "in one transaction, and only if a QA analyst's sign-off covers exactly these rows."
            ),
        )
        for mart in MARTS
    ]

    @multi_asset(name="publish", specs=specs, partitions_def=partitions, can_subset=True)
    def publish(context: AssetExecutionContext, platform: ResourceParam[Platform]) -> Iterator[MaterializeResult[None]]:
        client_id, business_date = client_night(context.partition_key)
        with refusing():
            client = platform.registry.client(client_id)
            outcome = release_night(platform.warehouse, client, business_date, platform.clock())
        for mart, rows in outcome.rows.items():
            metadata: dict[str, str | int] = {
                "rows": rows,
                "release": outcome.release_id,
                "already released": outcome.is_repeat,
            }
            if published_key(mart) in context.selected_asset_keys:
                yield MaterializeResult(asset_key=published_key(mart), metadata={**metadata})
            elif not outcome.is_repeat:
                context.log_event(
                    AssetMaterialization(published_key(mart), partition=context.partition_key, metadata={**metadata})
                )

    return publish
