"""What Dagster is shown of the ledger: audit entries as events of assets and checks. Decides; `showing` writes.

A step that somebody launched on the assets themselves reports its own work ("run …" in the entry's `by`); what the
work sensor's runs and the gatekeeper did is reported here, under the run that did it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckSeverity,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
)

from acme_assets.defs.jobs import BATCH
from acme_assets.defs.marts import CANDIDATE, SUITE_CHECK, TESTS_CHECK
from acme_assets.defs.names import dashboard_key, deliveries_key, feed_key, model_key, published_key, raw_key
from acme_assets.defs.published import DEADLINE_CHECK, PRODUCTION_CHECK
from acme_assets.defs.raw import CONTRACT_CHECK
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.marts import marts_of
from acme_assets.nights.models import layer_of
from acme_assets.warehouse.entries import StoredEntry
from client_partitions.client import Client
from client_partitions.partitions import partition_key

Event = AssetMaterialization | AssetObservation | AssetCheckEvaluation


@dataclass(frozen=True)
class Shown:
    """One event, and the run under which it is shown; the empty text where no run did it."""

    event: Event
    run_id: str = ""
    at: datetime | None = None
    """When it happened, where it is shown long after; None: now."""


def nights_of(entry: StoredEntry, today: date) -> list[tuple[str, date]]:
    """The client nights that an entry is about: of a statement about a span, those that may be under way."""
    if entry.client_id is None or entry.business_date is None or entry.action in _SHOW_NOTHING:
        return []
    details = json.loads(entry.entry)["details"]
    if "statement_id" not in details:
        return [(entry.client_id, entry.business_date)]
    first = max(date.fromisoformat(details["first_date"]), today - LOOKBACK)
    last = min(entry.business_date, today + timedelta(days=1))
    span = [(entry.client_id, first + timedelta(days=n)) for n in range((last - first).days + 1)]
    return span or [(entry.client_id, entry.business_date)]


def events_of(client: Client, facts: NightFacts, entry: StoredEntry, *, is_lost: bool = False) -> list[Shown]:
    """What one entry about a client night shows in Dagster.

    Args:
        is_lost: Dagster's own record is gone: show what steps reported themselves too, each dated as it happened.
    """
    details: Mapping[str, Any] = json.loads(entry.entry)["details"]
    by = str(details.get("by", ""))
    run_id = by.removeprefix(BATCH) if by.startswith(BATCH) else ""
    shows_itself = by.startswith("run ") and not is_lost
    partition = partition_key(client.client_id, facts.business_date)
    return [
        Shown(event, run_id, entry.recorded_at if is_lost else None)
        for make in _MAKERS.get(entry.action, ())
        if not (shows_itself and make in _OF_STEPS)
        for event in make(client, facts, entry, partition, details)
    ]


def _arrived(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    metadata = {
        "delivery": details["delivery_id"],
        "content_hash": details["content_hash"],
        "bytes": details["bytes"],
        "files": details["files"],
        "client": client.name,
    }
    key = feed_key(details["feed"])
    yield AssetObservation(key, partition=partition, metadata=metadata)
    yield AssetMaterialization(key, partition=partition, metadata=metadata)
    if all(feed in facts.deliveries for feed in client.feeds_owed(facts.business_date)):
        yield _of_client(deliveries_key(client.client_id), facts, entry)


def _loaded(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    key, passed = raw_key(details["feed"]), entry.action == "delivery_loaded"
    counts = {name: details[name] for name in ("rows_in", "rows_loaded", "rows_quarantined") if name in details}
    metadata = {**counts, "delivery": details["delivery_id"]}
    if details.get("drift"):
        metadata["drift"] = "\n".join(details["drift"])
    if passed:
        yield AssetMaterialization(key, partition=partition, metadata=metadata)
    yield _check(key, CONTRACT_CHECK, partition, passed, details["reason"], metadata)


def _built(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    """Models, their tests and the suites; of a build that made no candidate, the models that it built and their tests.

    The models are as the ledger has them now: a later build of the night has an entry of its own.
    """
    failures: Mapping[str, str] = details.get("models", {})
    for model in facts.models.values():
        if model.state == "building":
            continue
        key = model_key(layer_of(model.model), model.model)
        counts = {"tests_passed": model.tests_passed or 0, "tests_failed": model.tests_failed or 0}
        if model.state == "built":
            rows = {"rows": details["rows"][model.model]} if model.model in details.get("rows", {}) else {}
            candidate = {CANDIDATE: details["evidence_digest"]} if "evidence_digest" in details else {}
            yield AssetMaterialization(key, partition=partition, metadata={**rows, **candidate})
        yield _check(key, TESTS_CHECK, partition, model.state == "built", failures.get(model.model), counts)
    for mart in details.get("rows", {}):
        failed = f"{mart}/staging" in details["failed_suites"]
        said = f"see: acme qa show {client.client_id} {facts.business_date}"
        yield _check(model_key("marts", mart), SUITE_CHECK, partition, not failed, said, {})


def _released(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    """What a run of `published/*` would have reported, had one made the release."""
    for mart, rows in details["rows"].items():
        metadata = {"rows": rows, "release": details["release_id"], "released by": details["by"]}
        yield AssetMaterialization(published_key(mart), partition=partition, metadata=metadata)


def _seen_by_client(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    key = dashboard_key(client.client_id)
    if entry.action == "released":
        yield _of_client(key, facts, entry)
    else:
        metadata = {"withdrawn": details["release_id"], "the client sees": details["back_to"] or "nothing"}
        yield AssetObservation(key, metadata=metadata)


def _judged(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    for mart in marts_of(client.feeds):
        failed = f"{mart.name}/production" in details["failed"]
        said = "the production suite failed on what the client sees" if failed else None
        metadata = {RELEASE: details["release_id"]}
        yield _check(published_key(mart.name), PRODUCTION_CHECK, partition, not failed, said, metadata)


def _deadline(
    client: Client, facts: NightFacts, entry: StoredEntry, partition: str, details: Mapping[str, Any]
) -> Iterator[Event]:
    """Dagster's freshness knows a client's usual deadline alone; this is the night's own, moved or not."""
    explain = f"acme explain {client.client_id} {facts.business_date}"
    local = _local(client, details["deadline"])
    released = _local(client, details["released_at"]) if details["released_at"] else "nothing yet"
    metadata = {"deadline": local, "released": released, "explain": explain}
    passed = entry.action == "deadline_met"
    if passed:
        said = f"released {released}, due {local}"
    else:
        metadata |= {"blocked by": details["blocked_by"], "owner group": details["owner_group"]}
        metadata |= {"owner": details["owner"]}
        said = f"due {local}, and blocked by {details['blocked_by']} ({details['owner']}); see: {explain}"
    if details["p_miss"] is not None:
        metadata["forecast of a miss"] = details["p_miss"]
    for mart in marts_of(client.feeds):
        key = published_key(mart.name)
        yield _check(key, DEADLINE_CHECK, partition, passed, said, metadata, AssetCheckSeverity.WARN)


def _local(client: Client, moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(client.zone):%Y-%m-%d %H:%M %Z}"


RELEASE = "release"
"""Metadata of a production suite's result: the release that it is about."""

_MAKERS: Mapping[str, tuple[Callable[..., Iterator[Event]], ...]] = {
    "delivery_arrived": (_arrived,),
    "delivery_reinstated": (_arrived,),
    "delivery_loaded": (_loaded,),
    "delivery_quarantined": (_loaded,),
    "candidate_built": (_built,),
    "build_failed": (_built,),
    "released": (_released, _seen_by_client),
    "release_withdrawn": (_seen_by_client,),
    "production_suites_passed": (_judged,),
    "production_suites_failed": (_judged,),
    "deadline_met": (_deadline,),
    "deadline_missed": (_deadline,),
}

_SHOW_NOTHING = ("raw_removed", "curated_removed", "landed_files_removed")
"""Retention opens and shuts no gate; it touches hundreds of old nights a day."""

_OF_STEPS = (_loaded, _built, _released)
"""What a step of the assets reports itself."""


def _check(
    key: AssetKey,
    name: str,
    partition: str,
    passed: bool,
    said: str | None,
    metadata: Mapping[str, Any],
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR,
) -> AssetCheckEvaluation:
    return AssetCheckEvaluation(
        asset_key=key,
        check_name=name,
        passed=passed,
        description=said,
        severity=severity,
        metadata=dict(metadata),
        partition=partition,
    )


def _of_client(key: AssetKey, facts: NightFacts, entry: StoredEntry) -> AssetMaterialization:
    return AssetMaterialization(
        key,
        metadata={"business_date": facts.business_date.isoformat(), "recorded_at": entry.recorded_at.isoformat()},
    )
