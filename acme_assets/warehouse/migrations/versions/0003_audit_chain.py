"""The chain over the audit entries and its checkpoints; on PostgreSQL, the audit log can only grow, and says when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 1, without gaps"),
        sa.Column("entry_id", sa.String(length=64), nullable=False),
        sa.Column(
            "previous",
            sa.String(length=64),
            nullable=False,
            comment="link_hash of the link before; zeros for the first",
        ),
        sa.Column("link_hash", sa.String(length=64), nullable=False, comment="SHA-256 over seq, previous and entry_id"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("entry_id"),
        schema="ops",
        comment="The hash chain over the audit entries, in the order in which they were sealed.",
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="how many links it covers"),
        sa.Column("checkpoint", sa.Text(), nullable=False, comment="canonical JSON: what was signed"),
        sa.Column("key_id", sa.String(length=16), nullable=False, comment="the service key that signed it"),
        sa.Column("signature", sa.String(length=128), nullable=False, comment="Ed25519, base64"),
        sa.PrimaryKeyConstraint("seq"),
        schema="ops",
        comment="The chain's heads, signed by the service as it sealed them.",
    )
    if op.get_context().dialect.name == "postgresql":
        _refuse_edits()
        _announce_entries()


def _refuse_edits() -> None:
    """What grants do on Snowflake. ALWAYS: not even a replication session passes; only an ALTER TABLE takes it away."""
    op.execute(
        """
        CREATE FUNCTION ops.refuse_audit_edit() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log is append-only: no % of %.%', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME;
        END $$
        """
    )
    for table in ("ops.audit_entries", "ops.audit_links", "ops.audit_checkpoints"):
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_audit_edit()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only")


def _announce_entries() -> None:
    """Whoever LISTENs on acme_ledger hears of each commit that wrote an entry."""
    op.execute(
        """
        CREATE FUNCTION ops.announce_entries() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('acme_ledger', '');
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER announce AFTER INSERT ON ops.audit_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION ops.announce_entries()"
    )
