"""Incidents, messages with their attempts, and heartbeats."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _incidents()
    _messages()
    _message_attempts()
    op.create_table(
        "heartbeats",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("beat_at", UtcTimestamp(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("service"),
        schema="ops",
        comment="When each service last gave a sign of life.",
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("incident_id", sa.String(length=64), nullable=False),
        sa.Column("cause_key", sa.String(length=512), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("owner_group", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="JSON: name and e-mail address of whose it is"),
        sa.Column("cause_text", sa.Text(), nullable=False),
        sa.Column("affected", sa.Text(), nullable=False, comment="JSON array: the client nights that it holds up"),
        sa.Column("fix", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="open, acknowledged, snoozed or resolved"),
        sa.Column("urgency", sa.String(length=16), nullable=False, comment="the highest since it was armed"),
        sa.Column("opened_at", UtcTimestamp(), nullable=False),
        sa.Column(
            "policy", sa.String(length=64), nullable=False, comment="version of the escalation policy that it keeps"
        ),
        sa.Column("armed_at", UtcTimestamp(), nullable=False),
        sa.Column("seen_at", UtcTimestamp(), nullable=False, comment="when its cause stood last"),
        sa.Column("drop_dead_at", UtcTimestamp(), comment="by when it must be gone to keep the deadlines, nine in ten"),
        sa.Column("acknowledged_by", sa.String(length=256)),
        sa.Column("acknowledged_at", UtcTimestamp()),
        sa.Column("snoozed_until", UtcTimestamp()),
        sa.Column("resolved_at", UtcTimestamp()),
        sa.Column("resolved_by", sa.String(length=256), comment="null where the cause went away by itself"),
        sa.Column("came_back", sa.BigInteger(), nullable=False),
        sa.Column("rearmed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id"),
        schema="ops",
        comment="One row per incident: what became of a root cause. Its audit entries say who did what.",
    )
    op.create_index("incidents_by_state", "incidents", ["state"], schema="ops")


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column(
            "message_id",
            sa.String(length=64),
            nullable=False,
            comment="the dedupe key of the channels that know one",
        ),
        sa.Column("incident_id", sa.String(length=64), comment="null: a digest"),
        sa.Column("recipient", sa.String(length=256), nullable=False, comment="e-mail address"),
        sa.Column("recipient_name", sa.String(length=256), nullable=False),
        sa.Column("urgency", sa.String(length=16), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False, comment="JSON array of names, the first to be tried first"),
        sa.Column("due_at", UtcTimestamp(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), comment="the same for channels that show HTML; null: there is none"),
        sa.Column("rung", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="due, sending, sent, failed or dropped"),
        sa.Column(
            "attempts",
            sa.BigInteger(),
            nullable=False,
            comment="also what an attempt is claimed by: one of two wins",
        ),
        sa.Column("claimed_at", UtcTimestamp(), comment="when the last attempt was claimed"),
        sa.Column("next_at", UtcTimestamp(), nullable=False, comment="not to be tried before"),
        sa.Column("sent_at", UtcTimestamp()),
        sa.Column("sent_by", sa.String(length=64), comment="name of the channel"),
        sa.Column(
            "last_error",
            sa.Text(),
            comment="in our words: never what a server said, nor an address with a secret in it",
        ),
        sa.PrimaryKeyConstraint("message_id"),
        schema="ops",
        comment="Everything that is to be said to somebody, once each, written with what made it necessary.",
    )
    op.create_index("messages_by_state", "messages", ["state"], schema="ops")
    op.create_index("messages_by_incident", "messages", ["incident_id"], schema="ops")


def _message_attempts() -> None:
    op.create_table(
        "message_attempts",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcTimestamp(), nullable=False),
        sa.Column("ended_at", UtcTimestamp(), comment="null: under way, or its process was killed"),
        sa.Column("outcome", sa.String(length=16), comment="delivered, again or refused; null as above"),
        sa.Column("detail", sa.Text()),
        sa.PrimaryKeyConstraint("message_id", "number"),
        schema="ops",
        comment="Each try to send a message, committed before anything leaves the house.",
    )
