"""`qa_signed_off` and `exceptions_acknowledged` on each mart: they show the gate; `published/*` enforces it."""

from collections.abc import Iterator
from dataclasses import dataclass

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
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.marts import MARTS, marts_of
from acme_assets.warehouse.reading import read_night
from client_partitions.partitions import client_night

SIGNED_OFF_CHECK = "qa_signed_off"
EXCEPTIONS_CHECK = "exceptions_acknowledged"

_DESCRIPTIONS = {
    SIGNED_OFF_CHECK: "QA's signed approval covers exactly the rows that this client night has in MARTS.",
    EXCEPTIONS_CHECK: "Every exception that was requested for this client night is acknowledged by the client.",
}


@dataclass(frozen=True)
class Verdict:
    """What one check says of a client night."""

    passed: bool
    reason: str
    metadata: dict[str, str]


def verdicts(night: Night) -> dict[str, Verdict]:
    """Check name to its verdict."""
    return {SIGNED_OFF_CHECK: _signed_off(night), EXCEPTIONS_CHECK: _acknowledged(night)}


def _signed_off(night: Night) -> Verdict:
    gate, candidate = decide(night), night.facts.candidate
    metadata = {"candidate": candidate.evidence_digest} if candidate else {}
    if gate.signers and gate.since:
        metadata |= {"signers": ", ".join(gate.signers), "signed_at": gate.since.isoformat()}
    for refusal in night.refused:
        metadata[f"refused {refusal.kind} {refusal.statement_id[:12]}"] = f"{refusal.signer}: {refusal.reason}"
    return Verdict(gate.is_open, gate.reason, metadata)


def _acknowledged(night: Night) -> Verdict:
    metadata = {
        f"waiver {waiver.request.statement_id[:12]}": (
            f"{waiver.feed}: {waiver.exception}; acknowledged by {waiver.acknowledgement.subject['contact']} "
            f"({waiver.acknowledgement.subject['reference']})"
        )
        for waiver in night.waivers
    }
    if night.pending:
        waiting = ", ".join(f"{item.subject['feed']} {item.subject['exception']}" for item in night.pending)
        return Verdict(False, f"requested, and not acknowledged by the client: {waiting}", metadata)
    said = f"{len(night.waivers)} acknowledged" if night.waivers else "no exception is asked for"
    return Verdict(True, said, metadata)


def gate_checks(partitions: PartitionsDefinition) -> AssetChecksDefinition:
    """Two checks per mart, all from one reading of the ledger."""
    specs = [
        AssetCheckSpec(
            name,
            asset=mart_key(mart),
            description=f"{description} Shown here; enforced where published is written.",
            partitions_def=partitions,
        )
        for mart in MARTS
        for name, description in _DESCRIPTIONS.items()
    ]

    @multi_asset_check(name="gates", specs=specs, can_subset=True)
    def gates(context: AssetCheckExecutionContext, platform: ResourceParam[Platform]) -> Iterator[AssetCheckResult]:
        client_id, business_date = client_night(context.partition_key)
        with refusing():
            client = platform.registry.client(client_id)
            with platform.warehouse.begin() as connection:
                facts = read_night(connection, client_id, business_date)
        found = verdicts(night_of(client, facts, platform.roster(), platform.clock()))
        owned = {mart_key(mart.name) for mart in marts_of(client.feeds)}
        for check in context.selected_asset_check_keys:
            verdict, has_mart = found[check.name], check.asset_key in owned
            yield AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=verdict.passed and has_mart,
                description=verdict.reason if has_mart else f"{client_id} does not owe the feeds that this mart needs",
                metadata={**verdict.metadata},
            )

    return gates
