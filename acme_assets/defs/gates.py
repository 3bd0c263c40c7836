"""`qa_signed_off` on each mart: shows the gate. It is enforced where `published/*` is written."""

from collections.abc import Iterator

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetChecksDefinition,
    AssetCheckSpec,
    PartitionsDefinition,
    ResourceParam,
    multi_asset_check,
)

from acme_assets.defs.names import mart_key
from acme_assets.defs.refusal import refusing
from acme_assets.environment import Platform
from acme_assets.gates.decision import decide
from acme_assets.nights.facts import GateDecision, NightFacts
from acme_assets.nights.marts import MARTS, marts_of
from acme_assets.warehouse.reading import read_night
from client_partitions.partitions import client_night

SIGNED_OFF_CHECK = "qa_signed_off"


def check_metadata(facts: NightFacts, gate: GateDecision) -> dict[str, str]:
    """What the check's result says beside its verdict."""
    metadata = {"candidate": facts.candidate.evidence_digest} if facts.candidate else {}
    if gate.sign_off:
        metadata |= {"analyst": gate.sign_off.analyst, "signed_at": gate.sign_off.signed_at.isoformat()}
    return metadata


def sign_off_checks(partitions: PartitionsDefinition) -> AssetChecksDefinition:
    """One check per mart, all from one reading of the ledger."""
    specs = [
        AssetCheckSpec(
            SIGNED_OFF_CHECK,
            asset=mart_key(mart),
            description=(
                "A QA analyst's sign-off covers exactly the rows that this client night has in MARTS. "
                "Shown here; enforced where published is written."
            ),
            partitions_def=partitions,
        )
        for mart in MARTS
    ]

    @multi_asset_check(name="qa_sign_off", specs=specs, can_subset=True)
    def qa_sign_off(
        context: AssetCheckExecutionContext, platform: ResourceParam[Platform]
    ) -> Iterator[AssetCheckResult]:
        client_id, business_date = client_night(context.partition_key)
        with refusing():
            client = platform.registry.client(client_id)
            with platform.warehouse.begin() as connection:
                facts = read_night(connection, client_id, business_date)
        gate = decide(client, facts)
        owned = {mart_key(mart.name) for mart in marts_of(client.feeds)}
        for check in context.selected_asset_check_keys:
            has_mart = check.asset_key in owned
            yield AssetCheckResult(
                asset_key=check.asset_key,
                check_name=SIGNED_OFF_CHECK,
                passed=gate.is_open and has_mart,
                description=gate.reason if has_mart else f"{client_id} does not owe the feeds that this mart needs",
                metadata=check_metadata(facts, gate),
            )

    return qa_sign_off
