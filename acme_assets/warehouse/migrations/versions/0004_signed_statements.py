"""Signed statements and acknowledgement links; on PostgreSQL, what is recorded and released cannot be edited."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0004"
down_revision = "0003"

_PUBLISHED = ("member_months", "pmpm", "utilization", "pharmacy_spend", "lab_volume", "provider_panel")


def upgrade() -> None:
    op.create_table(
        "statements",
        sa.Column("statement_id", sa.String(length=64), nullable=False, comment="SHA-256 of the canonical statement"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("first_date", sa.Date(), nullable=False, comment="first business date that it is about"),
        sa.Column("last_date", sa.Date(), nullable=False),
        sa.Column("signer", sa.String(length=256), nullable=False, comment="e-mail address, as in people.yaml"),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False, comment="canonical JSON: what was signed"),
        sa.Column("signature", sa.String(length=128), nullable=False, comment="Ed25519, base64"),
        sa.Column("login", sa.String(length=256), nullable=False, comment="the warehouse log-in that wrote the row"),
        sa.Column("recorded_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id"),
        schema="ops",
        comment="Every signed decision: sign-offs, exceptions, overrides and the rest. Verified when read.",
    )
    op.create_index("statements_by_client", "statements", ["client_id", "last_date"], unique=False, schema="ops")
    op.create_table(
        "acknowledgement_links",
        sa.Column("link_id", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("contact", sa.String(length=256), nullable=False, comment="e-mail address that the link was sent to"),
        sa.Column(
            "code_hash", sa.String(length=64), nullable=False, comment="HMAC of the code that is sent separately"
        ),
        sa.Column("made_at", UtcTimestamp(), nullable=False),
        sa.Column("expires_at", UtcTimestamp(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False, comment="wrong codes so far"),
        sa.Column("used_at", UtcTimestamp(), nullable=True, comment="when it was spent; null while it may be used"),
        sa.PrimaryKeyConstraint("link_id"),
        schema="ops",
        comment="Links by which a client's contact acknowledges an exception: single use, with a second factor.",
    )
    if op.get_context().dialect.name == "postgresql":
        _refuse_edits()


def _refuse_edits() -> None:
    """What grants do on Snowflake. The database's superuser can still take a trigger away; the audit log shows it."""
    op.execute(
        """
        CREATE FUNCTION ops.refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION ops.refuse_rows_of_a_release() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM written w JOIN ops.releases r ON r.release_id = w.release_id) THEN
                RAISE EXCEPTION '%.%: a release is complete when it is made', TG_TABLE_SCHEMA, TG_TABLE_NAME;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for table in ("ops.statements", "ops.releases", *(f"published.{mart}" for mart in _PUBLISHED)):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_edit()"
        )
    for mart in _PUBLISHED:
        op.execute(
            f"CREATE TRIGGER whole_releases AFTER INSERT ON published.{mart} REFERENCING NEW TABLE AS written "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_rows_of_a_release()"
        )
