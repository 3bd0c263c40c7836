"""The dbt build of a client night: readiness first, then dbt, then the candidate, under one lock."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    AssetSpec,
    Failure,
    MaterializeResult,
    PartitionsDefinition,
    ResourceParam,
    multi_asset,
)

from acme_assets.defs.dbt import model_specs, run_dbt
from acme_assets.defs.names import WAREHOUSE, model_key
from acme_assets.defs.refusal import one_night, refusing
from acme_assets.environment import Platform
from acme_assets.nights.marts import MARTS
from acme_assets.nights.models import layer_of, models_of, upstream_first
from acme_assets.validation.results import SuiteResult
from acme_assets.warehouse.building import BuildOutcome, ModelResult, open_build
from client_partitions.client import Client
from client_partitions.feeds import Feed

TESTS_CHECK = "dbt_tests"
SUITE_CHECK = "staging_suite"

CANDIDATE = "candidate"
"""Metadata of a mart's materialisation: the evidence digest of the candidate that it is part of."""


def build_arguments(client_id: str, business_date: str, inputs: Mapping[Feed, str], models: Sequence[str]) -> list[str]:
    """Arguments of the dbt invocation that builds these models of one client night."""
    variables = {"client_id": client_id, "business_date": business_date, "deliveries": dict(inputs)}
    return [
        "build",
        "--select",
        " ".join(models),
        "--exclude-resource-type",
        "unit_test",
        "--vars",
        json.dumps(variables, sort_keys=True),
    ]


def read_results(nodes: Iterable[Mapping[str, Any]], manifest: Mapping[str, Any]) -> dict[str, ModelResult]:
    """Model name to what dbt says of it and its tests.

    A test belongs to the model that it is attached to; test messages are left out, they may hold values.
    """
    results: dict[str, ModelResult] = {}
    for item in nodes:
        node = manifest["nodes"].get(item["unique_id"])
        if node is None:
            continue
        if node["resource_type"] == "model":
            result = results.setdefault(node["name"], ModelResult())
            result.is_built = item["status"] == "success"
            if not result.is_built:
                result.failures.append(f"dbt model {item['status']}")
        elif node["resource_type"] == "test":
            attached = node.get("attached_node") or node["depends_on"]["nodes"][0]
            result = results.setdefault(manifest["nodes"][attached]["name"], ModelResult())
            if item["status"] == "pass":
                result.tests_passed += 1
            elif item["status"] != "warn":
                rows = f", {item['failures']} rows" if item.get("failures") else ""
                result.failures.append(f"test {node['name']} {item['status']}{rows}")
    return results


def build_night(
    platform: Platform,
    client: Client,
    business_date: date,
    models: Sequence[str],
    manifest: Mapping[str, Any],
    *,
    by: str,
) -> tuple[Mapping[str, ModelResult], BuildOutcome]:
    """Build models of one client night under its lock: what dbt said of each, and what came of it.

    Raises:
        Unmet, NightBusy: as `open_build`.
        DbtFailed: dbt ran no model.
    """
    with open_build(
        platform.warehouse, client, business_date, models, platform.clock, platform.roster(), by=by
    ) as build:
        arguments = build_arguments(client.client_id, business_date.isoformat(), build.inputs, models)
        results = read_results(run_dbt(arguments), manifest)
        return results, build.finish(results, platform.clock())


def mart_assets(manifest: Mapping[str, Any], partitions: PartitionsDefinition) -> AssetsDefinition:
    """All dbt models as one step that any subset can be taken of."""
    specs = model_specs(manifest, partitions)
    return _build_step(specs, manifest, partitions)


def _checks(specs: list[AssetSpec], partitions: PartitionsDefinition) -> list[AssetCheckSpec]:
    return [
        AssetCheckSpec(
            TESTS_CHECK,
            asset=spec.key,
            description="The model's dbt tests pass for this client night.",
            blocking=True,
            partitions_def=partitions,
        )
        for spec in specs
    ] + [
        AssetCheckSpec(
            SUITE_CHECK,
            asset=spec.key,
            description="The mart's validation suite passes on the candidate; a sign-off must name it where it fails.",
            partitions_def=partitions,
        )
        for spec in specs
        if spec.key.path[-1] in MARTS
    ]


def _build_step(
    specs: list[AssetSpec], manifest: Mapping[str, Any], partitions: PartitionsDefinition
) -> AssetsDefinition:
    @multi_asset(
        name="dbt_build",
        specs=specs,
        check_specs=_checks(specs, partitions),
        partitions_def=partitions,
        can_subset=True,
        pool=WAREHOUSE,
    )
    def dbt_build(
        context: AssetExecutionContext, platform: ResourceParam[Platform]
    ) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
        client_id, business_date = one_night(context)
        with refusing():
            client = platform.registry.client(client_id)
            models = _applicable(context, client)
            results, outcome = build_night(
                platform, client, business_date, models, manifest, by=f"run {context.run.run_id}"
            )
        yield from _report(models, results, outcome)
        yield from _judged(context, outcome)
        if outcome.failures:
            reasons = "; ".join(f"{model}: {reason}" for model, reason in outcome.failures.items())
            raise Failure(f"the build of {client_id} {business_date} failed: {reasons}", allow_retries=False)

    return dbt_build


def _applicable(context: AssetExecutionContext, client: Client) -> list[str]:
    """The selected models that the client has; a selection over several clients may hold others.

    All of them, so that the build says why it refuses, where the client has none.
    """
    selected = upstream_first(key.path[-1] for key in context.selected_asset_keys)
    known = models_of(client.feeds)
    foreign = [model for model in selected if model not in known]
    if not foreign or len(foreign) == len(selected):
        return selected
    context.log.info(f"{client.client_id} does not owe the feeds of {', '.join(foreign)}: left out")
    return [model for model in selected if model in known]


def _judged(context: AssetExecutionContext, outcome: BuildOutcome) -> Iterator[AssetCheckResult]:
    """What the suites found of a new candidate; nothing where the build made no other."""
    for suite in outcome.suites:
        key = model_key("marts", suite.mart)
        if AssetCheckKey(key, SUITE_CHECK) in context.selected_asset_check_keys:
            yield suite_check(suite, key, SUITE_CHECK)


def suite_check(suite: SuiteResult, key: AssetKey, name: str) -> AssetCheckResult:
    """A suite's result as Dagster shows it."""
    return AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=suite.passed,
        description="; ".join(check.name for check in suite.failed_checks) or f"{len(suite.checks)} checks passed",
        metadata={
            "rows": int(suite.metrics.get("rows", 0)),
            "drift": "too few nights to tell" if suite.drift is None else str(suite.drift),
        },
    )


def _report(
    models: list[str], results: Mapping[str, ModelResult], outcome: BuildOutcome
) -> Iterator[MaterializeResult[None] | AssetCheckResult]:
    for model in models:
        result = results.get(model, ModelResult())
        key = model_key(layer_of(model), model)
        check = AssetCheckResult(
            asset_key=key,
            check_name=TESTS_CHECK,
            passed=result.is_good,
            description="; ".join(result.failures) or None,
            metadata={"tests_passed": result.tests_passed, "tests_failed": len(result.failures)},
        )
        if not result.is_built:
            yield check
            continue
        mart = outcome.marts.get(model)
        facts: dict[str, str | int] = {"rows": mart.rows, "digest": mart.sha256} if mart else {}
        candidate = {CANDIDATE: outcome.evidence_digest} if outcome.evidence_digest else {}
        yield MaterializeResult(asset_key=key, metadata={**facts, **candidate}, check_results=[check])
