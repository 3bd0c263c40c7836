"""The packet that QA signs. The same inputs and rows give the same packet, and so the same digest.

Holds ids, hashes, counts and rule names: no time, no run, no member's data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from acme_assets.audit.canonical import canonical_json, digest
from acme_assets.validation.results import SuiteResult
from client_partitions.feeds import Feed


@dataclass(frozen=True)
class FileEvidence:
    """One file of a delivery, and what became of its source rows."""

    path: str
    sha256: str
    rows_in: int
    rows_loaded: int
    rows_quarantined: int
    rows_out_of_scope: int


@dataclass(frozen=True)
class DeliveryEvidence:
    """One delivery that the candidate was built from."""

    feed: Feed
    delivery_id: str
    content_hash: str
    files: tuple[FileEvidence, ...]
    failures: Mapping[str, int]
    """Contract rule (with its column) to the number of source rows that failed it."""


@dataclass(frozen=True)
class MartEvidence:
    """One mart's rows of the candidate."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Core:
    """What was delivered, under which terms, and what came out of it.

    A rebuild that changes none of it makes no other candidate.
    """

    client_id: str
    business_date: date
    deliveries: tuple[DeliveryEvidence, ...]
    waivers: tuple[Mapping[str, Any], ...]
    """Live waivers, as `gates.terms.Waiver.body` gives them."""
    overrides: tuple[Mapping[str, Any], ...]
    tests_passed: int
    """dbt tests that ran and passed; a candidate with a failed one is not made."""
    marts: Mapping[str, MartEvidence]

    def body(self) -> dict[str, Any]:
        """The core as plain values."""
        return {
            "client_id": self.client_id,
            "business_date": self.business_date,
            "deliveries": [
                {
                    "feed": delivery.feed,
                    "delivery_id": delivery.delivery_id,
                    "content_hash": delivery.content_hash,
                    "files": [vars(file) for file in sorted(delivery.files, key=lambda item: item.path)],
                    "failures": dict(delivery.failures),
                }
                for delivery in sorted(self.deliveries, key=lambda item: item.feed)
            ],
            "waivers": [dict(waiver) for waiver in self.waivers],
            "overrides": [dict(override) for override in self.overrides],
            "tests_passed": self.tests_passed,
            "marts": {name: vars(mart) for name, mart in self.marts.items()},
        }


@dataclass(frozen=True)
class Evidence:
    """All that a sign-off covers: the core, how the suites judged it, and what it changes."""

    core: Core
    suites: tuple[SuiteResult, ...]
    changes: Mapping[str, Any]
    """As `changes_since` gives them."""

    def body(self) -> dict[str, Any]:
        """The packet as plain values."""
        suites = [suite.body() for suite in sorted(self.suites, key=lambda item: item.suite)]
        return {**self.core.body(), "suites": suites, "changes": dict(self.changes)}

    def canonical(self) -> str:
        """Canonical JSON: what is stored."""
        return canonical_json(self.body())

    def digest(self) -> str:
        """What a sign-off is bound to."""
        return digest(self.body())


def has_core(stored: Mapping[str, Any], core: Core) -> bool:
    """Whether stored evidence, read back as plain values, has this core."""
    body = json.loads(canonical_json(core.body()))
    return all(stored.get(name) == value for name, value in body.items())


def changes_since(signed: Mapping[str, Any] | None, core: Core) -> dict[str, Any]:
    """What is different from the candidate that was signed last, from its stored evidence (None: there is none)."""
    if signed is None:
        return {"since": None, "feeds": [], "marts": {}}
    before = {item["feed"]: item["delivery_id"] for item in signed["deliveries"]}
    now = {item.feed: item.delivery_id for item in core.deliveries}
    marts = {
        name: {"rows_before": signed["marts"].get(name, {}).get("rows"), "rows_now": mart.rows}
        for name, mart in core.marts.items()
        if signed["marts"].get(name, {}).get("sha256") != mart.sha256
    }
    return {
        "since": digest(signed),
        "feeds": sorted(feed for feed in before.keys() | now.keys() if before.get(feed) != now.get(feed)),
        "marts": marts,
    }


def summary_of(evidence: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], Decimal | None]:
    """Of evidence as plain values: its marts, its failed suites, and the largest drift (None: too few nights to tell).

    What the ledger repeats beside the evidence, for readers that need no more.
    """
    suites = evidence["suites"]
    drifts = [Decimal(suite["drift"]) for suite in suites if suite["drift"] is not None]
    return (
        tuple(sorted(evidence["marts"])),
        tuple(sorted(suite["suite"] for suite in suites if not suite["passed"])),
        max(drifts) if drifts and len(drifts) == len(suites) else None,
    )
