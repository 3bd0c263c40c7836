"""When work began; summaries, forecasts and deadlines that were kept or not."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _began("loads", "when its files were begun to be read; null for loads from before 0006")
    _began("model_builds", "when the build began that left this state")
    _began("candidates", "when the build that made it began, with the night's lock in hand")
    op.create_table(
        "night_summaries",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("made_at", UtcTimestamp(), nullable=False),
        sa.Column("clients", sa.BigInteger(), nullable=False),
        sa.Column(
            "summary",
            sa.Text(),
            nullable=False,
            comment="JSON: what each client's night took, a column per kind of number",
        ),
        sa.PrimaryKeyConstraint("business_date"),
        schema="ops",
        comment="What the nights of a business date that is over teach: made from the ledger, and can be made again.",
    )
    _deadline_outcomes()
    _forecasts()


def _began(table: str, comment: str) -> None:
    op.add_column(table, sa.Column("started_at", UtcTimestamp(), nullable=True, comment=comment), schema="ops")


def _deadline_outcomes() -> None:
    op.create_table(
        "deadline_outcomes",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("deadline", UtcTimestamp(), nullable=False, comment="as the night's overrides had it when it passed"),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column(
            "released_at", UtcTimestamp(), comment="of the first release that stood; null where there was none yet"
        ),
        sa.Column(
            "blocked_by", sa.String(length=64), comment="the step that held it at the deadline; null where it was kept"
        ),
        sa.Column("owner_group", sa.String(length=16)),
        sa.Column("owner", sa.String(length=256), comment="who answered for that step"),
        sa.Column(
            "p_miss", sa.Float(), comment="what the last forecast before the deadline said; null where there was none"
        ),
        sa.Column("decided_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "business_date"),
        schema="ops",
        comment="Whether each deadline was kept, as it passed. Written once, with its audit entry.",
    )
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ops.deadline_outcomes "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_edit()"
        )


def _forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column(
            "forecast_id", sa.String(length=64), nullable=False, comment="digest of client, business date and made_at"
        ),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("made_at", UtcTimestamp(), nullable=False),
        sa.Column("deadline", UtcTimestamp(), nullable=False),
        sa.Column("p_miss", sa.Float(), nullable=False, comment="probability that nothing is released by the deadline"),
        sa.Column(
            "p_raw", sa.Float(), nullable=False, comment="the same before what past forecasts were worth corrected it"
        ),
        sa.Column(
            "p50", UtcTimestamp(), comment="when it will be released, with a probability of a half; null: not tonight"
        ),
        sa.Column("p90", UtcTimestamp()),
        sa.Column("driver", sa.String(length=64), comment="the step that most of the risk is due to"),
        sa.Column("driver_group", sa.String(length=16)),
        sa.Column(
            "drop_dead_at", UtcTimestamp(), comment="by when that step must be done to keep the deadline, nine in ten"
        ),
        sa.PrimaryKeyConstraint("forecast_id"),
        schema="ops",
        comment="What was forecast of client nights, where it changed or an hour had passed.",
    )
    op.create_index("forecasts_by_date", "forecasts", ["business_date", "client_id"], schema="ops")
