"""What each delivery looked like, a sketch of its keys, and which attempt put each row into RAW or QUARANTINE."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0008"
down_revision = "0007"

_RAW = (
    *("medical_claim", "pharmacy_claim", "eligibility", "lab_result"),
    *("practitioner", "provider_attribution", "patient"),
)


def upgrade() -> None:
    _load_id("ops", "loads", "what the rows in RAW say too; null for loads from before it was kept")
    for schema, table in (*(("raw", feed) for feed in _RAW), ("quarantine", "rows")):
        _load_id(schema, table, "of the attempt that put it here; null for rows from before it was kept")
    _delivery_profiles()
    op.create_table(
        "key_sketches",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column(
            "sketch",
            sa.Text(),
            nullable=False,
            comment="hashes of about a thousand keys: derived from members' identifiers",
        ),
        schema="raw",
        comment="A sample of each delivery's keys, to tell how many of them the next one shares. Access as for RAW.",
    )
    op.create_index("key_sketches_by_delivery", "key_sketches", ["delivery_id"], schema="raw")


def _load_id(schema: str, table: str, comment: str) -> None:
    op.add_column(table, sa.Column("load_id", sa.String(length=16), nullable=True, comment=comment), schema=schema)


def _delivery_profiles() -> None:
    op.create_table(
        "delivery_profiles",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column(
            "source_columns",
            sa.Text(),
            nullable=False,
            comment="JSON: layout to its files' columns, names and kinds",
        ),
        sa.Column(
            "profile",
            sa.Text(),
            nullable=True,
            comment="JSON: rows, bytes, empty values, totals; null where the contract held it",
        ),
        sa.Column(
            "findings",
            sa.Text(),
            nullable=False,
            comment="JSON array: how it is unlike the feed's earlier deliveries",
        ),
        sa.Column(
            "held", sa.Text(), nullable=True, comment="the findings that hold it, in words; null where none does"
        ),
        sa.Column("judged_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id"),
        schema="ops",
        comment="Each delivery in numbers, and its drift from the feed's earlier ones as last judged.",
    )
    op.create_index(
        "delivery_profiles_by_feed", "delivery_profiles", ["client_id", "feed", "business_date"], schema="ops"
    )
