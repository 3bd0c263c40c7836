"""What senders say of their deliveries, and strays that are none any more."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    said = "canonical JSON: what its sender says of it, as its load compares; null: nothing"
    op.add_column("deliveries", sa.Column("expected", sa.Text(), nullable=True, comment=said), schema="ops")
    gone = "when it was found to be no stray any more; null while it is one"
    op.add_column("stray_files", sa.Column("gone_at", UtcTimestamp(), nullable=True, comment=gone), schema="ops")
    op.create_table_comment(
        "stray_files",
        "Files in the landing zone that are of no delivery, and why: left where they are, said once.",
        existing_comment="Files in the landing zone that belong to no client or feed: left where they are, said once.",
        schema="ops",
    )
