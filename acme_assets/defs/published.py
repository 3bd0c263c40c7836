"""`published/<mart>`: the release of a client night, which asks the gate again in its own transaction."""

from collections.abc import Iterator

from dagster import (
    AssetCheckSpec,
    AssetExecutionContext,
    AssetMaterialization,
    AssetsDefinition,
    AssetSpec,
    MaterializeResult,
    PartitionsDefinition,
    ResourceParam,
    multi_asset,
)

from acme_assets.defs.names import QA_TEAM, WAREHOUSE, mart_key, published_key
from acme_assets.defs.refusal import one_night, refusing
from acme_assets.environment import Platform
from acme_assets.nights.marts import MARTS
from acme_assets.warehouse.judging import LiveRelease, judge_release
from acme_assets.warehouse.protocol import NightBusy
from acme_assets.warehouse.releasing import release_night
from acme_assets.warehouse.signing import night_under_terms

PRODUCTION_CHECK = "production_suite"
"""Shown as the ledger records it, whoever ran the suites."""

DEADLINE_CHECK = "deadline_met"
"""Shown as the deadlines sensor records it."""

_CHECKS = {
    PRODUCTION_CHECK: "The mart's validation suite passes on what the client sees.",
    DEADLINE_CHECK: "The client night was released by its deadline, as that stood when it passed.",
}


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

    checks = [
        AssetCheckSpec(name, asset=spec.key, description=description, partitions_def=partitions)
        for spec in specs
        for name, description in _CHECKS.items()
    ]

    @multi_asset(
        name="publish", specs=specs, check_specs=checks, partitions_def=partitions, can_subset=True, pool=WAREHOUSE
    )
    def publish(context: AssetExecutionContext, platform: ResourceParam[Platform]) -> Iterator[MaterializeResult[None]]:
        client_id, business_date = one_night(context)
        with refusing():
            client = platform.registry.client(client_id)
            outcome = release_night(
                platform.warehouse,
                client,
                business_date,
                platform.clock(),
                platform.roster(),
                by=f"run {context.run.run_id}",
            )
        if outcome.release_id and not outcome.is_repeat:
            context.log.info(judge(platform, LiveRelease(client_id, business_date, outcome.release_id)))
        for mart, rows in outcome.rows.items():
            metadata: dict[str, str | int] = {
                "rows": rows,
                "release": outcome.release_id or "none",
                "already released": outcome.is_repeat,
            }
            if published_key(mart) in context.selected_asset_keys:
                yield MaterializeResult(asset_key=published_key(mart), metadata={**metadata})
            elif not outcome.is_repeat:
                context.log_event(
                    AssetMaterialization(published_key(mart), partition=context.partition_key, metadata={**metadata})
                )

    return publish


def judge(platform: Platform, release: LiveRelease) -> str:
    """Run the production suites on what was released, unless the gatekeeper is about to; what they say, in words."""
    client, now = platform.registry.client(release.client_id), platform.clock()
    with platform.warehouse.begin() as connection:
        night = night_under_terms(connection, client, release.business_date, platform.roster(), now)
    try:
        results = judge_release(platform.warehouse, night.client, release, platform.clock)
    except NightBusy:
        return "the night is busy: the gatekeeper runs the production suites"
    failed = [result.suite for result in results if not result.passed]
    return f"production suites failed: {', '.join(failed)}" if failed else "the production suites pass"
