"""What each delivery looked like, and how it was unlike earlier ones (schema OPS)."""

from sqlalchemy import Column, Date, Index, String, Table, Text

from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata

delivery_profiles = Table(
    "delivery_profiles",
    metadata,
    Column("delivery_id", String(64), primary_key=True),
    Column("client_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("feed", String(32), nullable=False),
    Column("source_columns", Text, nullable=False, comment="JSON: layout to its files' columns, names and kinds"),
    Column("profile", Text, comment="JSON: rows, bytes, empty values, totals; null where the contract held it"),
    Column("findings", Text, nullable=False, comment="JSON array: how it is unlike the feed's earlier deliveries"),
    Column("held", Text, comment="the findings that hold it, in words; null where none does"),
    Column("judged_at", UtcTimestamp, nullable=False),
    Index("delivery_profiles_by_feed", "client_id", "feed", "business_date"),
    schema=OPS,
    comment="Each delivery in numbers, and its drift from the feed's earlier ones as last judged.",
)
