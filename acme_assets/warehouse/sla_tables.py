"""What the forecast learns from and said, and whether each deadline was kept (schema OPS)."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, String, Table, Text

from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata

night_summaries = Table(
    "night_summaries",
    metadata,
    Column("business_date", Date, primary_key=True),
    Column("made_at", UtcTimestamp, nullable=False),
    Column("clients", BigInteger, nullable=False),
    Column("summary", Text, nullable=False, comment="JSON: what each client's night took, a column per kind of number"),
    schema=OPS,
    comment="What the nights of a business date that is over teach: made from the ledger, and can be made again.",
)

deadline_outcomes = Table(
    "deadline_outcomes",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("deadline", UtcTimestamp, nullable=False, comment="as the night's overrides had it when it passed"),
    Column("met", Boolean, nullable=False),
    Column("released_at", UtcTimestamp, comment="of the first release that stood; null where there was none yet"),
    Column("blocked_by", String(64), comment="the step that held it at the deadline; null where it was kept"),
    Column("owner_group", String(16)),
    Column("owner", String(256), comment="who answered for that step"),
    Column("p_miss", Float, comment="what the last forecast before the deadline said; null where there was none"),
    Column("decided_at", UtcTimestamp, nullable=False),
    schema=OPS,
    comment="Whether each deadline was kept, as it passed. Written once, with its audit entry.",
)

forecasts = Table(
    "forecasts",
    metadata,
    # By an id: Snowflake takes no moment into the key of a hybrid table (nor into an index of one).
    Column("forecast_id", String(64), primary_key=True, comment="digest of client, business date and made_at"),
    Column("client_id", String(64), nullable=False),
    Column("business_date", Date, nullable=False),
    Column("made_at", UtcTimestamp, nullable=False),
    Column("deadline", UtcTimestamp, nullable=False),
    Column("p_miss", Float, nullable=False, comment="probability that nothing is released by the deadline"),
    Column("p_raw", Float, nullable=False, comment="the same before what past forecasts were worth corrected it"),
    Column("p50", UtcTimestamp, comment="when it will be released, with a probability of a half; null: not tonight"),
    Column("p90", UtcTimestamp),
    Column("driver", String(64), comment="the step that most of the risk is due to"),
    Column("driver_group", String(16)),
    Column("drop_dead_at", UtcTimestamp, comment="by when that step must be done to keep the deadline, nine in ten"),
    Index("forecasts_by_date", "business_date", "client_id"),
    schema=OPS,
    comment="What was forecast of client nights, where it changed or an hour had passed.",
)
