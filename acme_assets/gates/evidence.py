"""The packet that QA signs. The same inputs and rows give the same packet, and so the same digest.

Holds ids, hashes, counts and rule names: no time, no run, no member's data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from acme_assets.audit.canonical import canonical_json, digest
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
class Evidence:
    """All that a sign-off covers."""

    client_id: str
    business_date: date
    deliveries: tuple[DeliveryEvidence, ...]
    tests_passed: int
    """dbt tests that ran and passed; a candidate with a failed one is not made."""
    marts: Mapping[str, MartEvidence]

    def body(self) -> dict[str, Any]:
        """The packet as plain values."""
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
            "tests_passed": self.tests_passed,
            "marts": {name: vars(mart) for name, mart in self.marts.items()},
        }

    def canonical(self) -> str:
        """Canonical JSON: what is stored."""
        return canonical_json(self.body())

    def digest(self) -> str:
        """What a sign-off is bound to."""
        return digest(self.body())
