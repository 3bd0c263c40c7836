"""Backfills and the client nights of each (schema OPS)."""

from sqlalchemy import Column, Date, ForeignKeyConstraint, Index, String, Table, Text

from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata

backfills = Table(
    "backfills",
    metadata,
    Column("backfill_id", String(64), primary_key=True, comment="digest of its client nights, and of which time it is"),
    Column("state", String(16), nullable=False, comment="open, cancelled or done"),
    Column("reason", Text, nullable=False),
    Column("opened_by", String(256), nullable=False, comment="e-mail address, as in people.yaml"),
    Column("opened_at", UtcTimestamp, nullable=False),
    Column("ended_by", String(256), comment="who cancelled it; acme where it was done; null while it is open"),
    Column("ended_at", UtcTimestamp),
    Column("ended_reason", Text, comment="why it was cancelled; null else"),
    Column("cost", Text, nullable=False, comment="JSON: runs and rows, as they were planned"),
    schema=OPS,
    comment="Client nights that are rebuilt together. How far one is, the tables of those nights say.",
)

backfill_nights = Table(
    "backfill_nights",
    metadata,
    Column("backfill_id", String(64), primary_key=True),
    Column("client_id", String(64), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("feeds", Text, nullable=False, comment="JSON array: the feeds of this night that it is for"),
    Column("marts", Text, nullable=False, comment="JSON array: the marts that can change"),
    Column("why", Text, nullable=False, comment="JSON array: why it is in the plan"),
    ForeignKeyConstraint(["backfill_id"], [backfills.c.backfill_id]),
    Index("backfill_nights_by_night", "client_id", "business_date"),
    schema=OPS,
    comment="The client nights of each backfill, as they were planned.",
)
