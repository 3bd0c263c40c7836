"""Results of the validation suites; on PostgreSQL they cannot be edited."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "suite_results",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("mart", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False, comment="staging or production"),
        sa.Column(
            "subject", sa.String(length=64), nullable=False, comment="digest of the evidence's core, or the release"
        ),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column(
            "result", sa.Text(), nullable=False, comment="canonical JSON: checks, counts and totals; no row's value"
        ),
        sa.Column("ran_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "business_date", "mart", "stage", "subject"),
        schema="ops",
        comment="How each validation suite judged a candidate or a release. The first run on a subject stands.",
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.suite_results "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_edit()"
        )
