"""What retention has removed, and PUBLISHED lets go; holds are found in the audit log by their action."""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0010"
down_revision = "0009"

_PUBLISHED = ("member_months", "pmpm", "utilization", "pharmacy_spend", "lab_volume", "provider_panel")


def upgrade() -> None:
    op.create_table(
        "retention_removals",
        sa.Column(
            "removal_id",
            sa.String(length=64),
            nullable=False,
            comment="digest of client, business date, kind and removed_at",
        ),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="raw or curated"),
        sa.Column("rows_removed", sa.BigInteger(), nullable=False),
        sa.Column("tables", sa.Text(), nullable=False, comment="JSON: table to rows removed"),
        sa.Column("files", sa.BigInteger(), nullable=False, comment="landed files that are to go too"),
        sa.Column("bytes", sa.BigInteger(), nullable=False, comment="of these files, as delivered"),
        sa.Column("removed_at", UtcTimestamp(), nullable=False, comment="when the rows went, with this row"),
        sa.Column(
            "files_gone_at",
            UtcTimestamp(),
            nullable=True,
            comment="when the files were found gone; null while they are to go",
        ),
        sa.Column(
            "files_left",
            sa.BigInteger(),
            nullable=True,
            comment="files that were not those delivered any more, and stay",
        ),
        sa.PrimaryKeyConstraint("removal_id"),
        schema="ops",
        comment="What was removed of client nights past their years; its row commits before a landed file goes.",
    )
    op.create_index("retention_removals_by_night", "retention_removals", ["client_id", "business_date"], schema="ops")
    op.create_index("audit_entries_by_action", "audit_entries", ["action"], schema="ops")
    if op.get_context().dialect.name == "postgresql":
        _let_go_what_is_on_record()


def _let_go_what_is_on_record() -> None:
    """What grants do on Snowflake: rows of a release go where nobody sees it and its night's removal is on record."""
    op.execute(
        """
        CREATE FUNCTION ops.refuse_rows_that_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM (SELECT DISTINCT release_id, client_id, business_date FROM gone) g
                WHERE EXISTS (SELECT 1 FROM ops.client_nights n WHERE n.live_release = g.release_id)
                OR NOT EXISTS (
                    SELECT 1 FROM ops.retention_removals r WHERE r.kind = 'curated'
                    AND r.client_id = g.client_id AND r.business_date = g.business_date
                )
            ) THEN
                RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    for mart in _PUBLISHED:
        op.execute(f"DROP TRIGGER append_only ON published.{mart}")
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON published.{mart} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_edit()"
        )
        op.execute(
            f"CREATE TRIGGER by_retention_alone AFTER DELETE ON published.{mart} REFERENCING OLD TABLE AS gone "
            "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_rows_that_stay()"
        )
    op.execute(
        "CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ops.retention_removals "
        "FOR EACH STATEMENT EXECUTE FUNCTION ops.refuse_edit()"
    )
