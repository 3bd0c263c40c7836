"""The marts: which feeds each needs, its grain and its columns.

The one list that readiness, the dbt selection, the candidate digest and the release share. The dbt
models carry the same columns under an enforced contract; a test holds the two together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from client_partitions.feeds import Feed

ColumnType = Literal["text", "date", "count", "amount", "rate"]
"""text; date; count = whole number; amount = US dollars or a quantity, 4 decimals; rate = 6 decimals."""

GRAIN_OF_EVERY_MART = ("client_id", "business_date")


@dataclass(frozen=True)
class Mart:
    """One mart. `grain` and `columns` leave out client_id and business_date, which every mart starts with."""

    name: str
    needs: tuple[Feed, ...]
    """Feeds without which the mart has no meaning: a client that does not owe them has no such mart."""
    needs_any: tuple[Feed, ...]
    """Of these, the client must owe at least one (empty: no such condition)."""
    uses: tuple[Feed, ...]
    """Feeds that enrich the mart where the client owes them."""
    grain: tuple[str, ...]
    columns: dict[str, ColumnType]
    looks_back: int = 0
    """How many earlier business dates of the client it reads besides its own. None does today. One that does needs the
    deliveries of those nights among the inputs of its build (`NightFacts.inputs`): without, its evidence would not name
    them, and the work sensor would not see that they changed."""

    def applies_to(self, owed: Collection[Feed]) -> bool:
        """Whether a client that owes these feeds gets this mart."""
        return all(feed in owed for feed in self.needs) and (
            not self.needs_any or any(feed in owed for feed in self.needs_any)
        )

    def inputs(self, owed: Collection[Feed]) -> tuple[Feed, ...]:
        """The owed feeds that this mart reads."""
        return tuple(feed for feed in (*self.needs, *self.needs_any, *self.uses) if feed in owed)


MARTS: dict[str, Mart] = {
    mart.name: mart
    for mart in (
        Mart(
            name="member_months",
            needs=("eligibility",),
            needs_any=(),
            uses=(),
            grain=("year_month", "payer"),
            columns={"year_month": "text", "payer": "text", "member_months": "count"},
        ),
        Mart(
            name="pmpm",
            needs=("eligibility",),
            needs_any=("medical_claim", "pharmacy_claim"),
            uses=(),
            grain=("year_month", "claim_type"),
            columns={
                "year_month": "text",
                "claim_type": "text",
                "member_months": "count",
                "paid_amount": "amount",
                "allowed_amount": "amount",
                "paid_pmpm": "rate",
            },
        ),
        Mart(
            name="utilization",
            needs=("eligibility", "medical_claim"),
            needs_any=(),
            uses=(),
            grain=("year_month", "service_category"),
            columns={
                "year_month": "text",
                "service_category": "text",
                "member_months": "count",
                "claims": "count",
                "claims_per_1000_member_months": "rate",
            },
        ),
        Mart(
            name="pharmacy_spend",
            needs=("pharmacy_claim",),
            needs_any=(),
            uses=(),
            grain=("year_month", "drug_code_type", "drug_code"),
            columns={
                "year_month": "text",
                "drug_code_type": "text",
                "drug_code": "text",
                "claims": "count",
                "members": "count",
                "quantity": "amount",
                "days_supply": "count",
                "paid_amount": "amount",
                "allowed_amount": "amount",
            },
        ),
        Mart(
            name="lab_volume",
            needs=("lab_result",),
            needs_any=(),
            uses=(),
            grain=("year_month", "component_type", "component_code"),
            columns={
                "year_month": "text",
                "component_type": "text",
                "component_code": "text",
                "results": "count",
                "members": "count",
            },
        ),
        Mart(
            name="provider_panel",
            needs=("practitioner",),
            needs_any=(),
            uses=("provider_attribution", "medical_claim"),
            grain=("practitioner_id",),
            columns={
                "practitioner_id": "text",
                "npi": "text",
                "specialty": "text",
                "practice_affiliation": "text",
                "attributed_members": "count",
                "claims": "count",
            },
        ),
    )
}


def marts_of(owed: Collection[Feed]) -> tuple[Mart, ...]:
    """The marts of a client that owes these feeds."""
    return tuple(mart for mart in MARTS.values() if mart.applies_to(owed))
