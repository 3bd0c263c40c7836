"""Backfills and the client nights of each."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "backfills",
        sa.Column(
            "backfill_id",
            sa.String(length=64),
            nullable=False,
            comment="digest of its client nights, and of which time it is",
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="open, cancelled or done"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.String(length=256), nullable=False, comment="e-mail address, as in people.yaml"),
        sa.Column("opened_at", UtcTimestamp(), nullable=False),
        sa.Column(
            "ended_by",
            sa.String(length=256),
            nullable=True,
            comment="who cancelled it; acme where it was done; null while it is open",
        ),
        sa.Column("ended_at", UtcTimestamp(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True, comment="why it was cancelled; null else"),
        sa.Column("cost", sa.Text(), nullable=False, comment="JSON: runs and rows, as they were planned"),
        sa.PrimaryKeyConstraint("backfill_id"),
        schema="ops",
        comment="Client nights that are rebuilt together. How far one is, the tables of those nights say.",
    )
    op.create_table(
        "backfill_nights",
        sa.Column("backfill_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("feeds", sa.Text(), nullable=False, comment="JSON array: the feeds of this night that it is for"),
        sa.Column("marts", sa.Text(), nullable=False, comment="JSON array: the marts that can change"),
        sa.Column("why", sa.Text(), nullable=False, comment="JSON array: why it is in the plan"),
        sa.ForeignKeyConstraint(["backfill_id"], ["ops.backfills.backfill_id"]),
        sa.PrimaryKeyConstraint("backfill_id", "client_id", "business_date"),
        schema="ops",
        comment="The client nights of each backfill, as they were planned.",
    )
    op.create_index("backfill_nights_by_night", "backfill_nights", ["client_id", "business_date"], schema="ops")
