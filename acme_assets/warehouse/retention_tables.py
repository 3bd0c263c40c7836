"""What retention has removed (schema OPS)."""

from sqlalchemy import BigInteger, Column, Date, Index, String, Table, Text

from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata

retention_removals = Table(
    "retention_removals",
    metadata,
    Column("removal_id", String(64), primary_key=True, comment="digest of client, business date, kind and removed_at"),
    Column("client_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("kind", String(16), nullable=False, comment="raw or curated"),
    Column("rows_removed", BigInteger, nullable=False),
    Column("tables", Text, nullable=False, comment="JSON: table to rows removed"),
    Column("files", BigInteger, nullable=False, comment="landed files that are to go too"),
    Column("bytes", BigInteger, nullable=False, comment="of these files, as delivered"),
    Column("removed_at", UtcTimestamp, nullable=False, comment="when the rows went, with this row"),
    Column("files_gone_at", UtcTimestamp, comment="when the files were found gone; null while they are to go"),
    Column("files_left", BigInteger, comment="files that were not those delivered any more, and stay"),
    Index("retention_removals_by_night", "client_id", "business_date"),
    schema=OPS,
    comment="What was removed of client nights past their years; its row commits before a landed file goes.",
)
