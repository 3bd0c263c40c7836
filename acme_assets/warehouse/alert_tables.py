"""Incidents, what is said about them to whom, and signs of life (schema OPS)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata

incidents = Table(
    "incidents",
    metadata,
    Column("incident_id", String(64), primary_key=True),
    Column("cause_key", String(512), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("owner_group", String(16), nullable=False),
    Column("owner", Text, nullable=False, comment="JSON: name and e-mail address of whose it is"),
    Column("cause_text", Text, nullable=False),
    Column("affected", Text, nullable=False, comment="JSON array: the client nights that it holds up"),
    Column("fix", Text, nullable=False),
    Column("tried", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("state", String(16), nullable=False, comment="open, acknowledged, snoozed or resolved"),
    Column("urgency", String(16), nullable=False, comment="the highest since it was armed"),
    Column("opened_at", UtcTimestamp, nullable=False),
    Column("policy", String(64), nullable=False, comment="version of the escalation policy that it keeps"),
    Column("armed_at", UtcTimestamp, nullable=False),
    Column("seen_at", UtcTimestamp, nullable=False, comment="when its cause stood last"),
    Column("drop_dead_at", UtcTimestamp, comment="by when it must be gone to keep the deadlines, nine in ten"),
    Column("acknowledged_by", String(256)),
    Column("acknowledged_at", UtcTimestamp),
    Column("snoozed_until", UtcTimestamp),
    Column("resolved_at", UtcTimestamp),
    Column("resolved_by", String(256), comment="null where the cause went away by itself"),
    Column("came_back", BigInteger, nullable=False),
    Column("rearmed", Boolean, nullable=False),
    Index("incidents_by_state", "state"),
    schema=OPS,
    comment="One row per incident: what became of a root cause. Its audit entries say who did what.",
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", String(64), primary_key=True, comment="the dedupe key of the channels that know one"),
    Column("incident_id", String(64), comment="null: a digest"),
    Column("recipient", String(256), nullable=False, comment="e-mail address"),
    Column("recipient_name", String(256), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("channels", Text, nullable=False, comment="JSON array of names, the first to be tried first"),
    Column("due_at", UtcTimestamp, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, comment="the same for channels that show HTML; null: there is none"),
    Column("rung", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, comment="due, sending, sent, failed or dropped"),
    Column("attempts", BigInteger, nullable=False, comment="also what an attempt is claimed by: one of two wins"),
    Column("claimed_at", UtcTimestamp, comment="when the last attempt was claimed"),
    Column("next_at", UtcTimestamp, nullable=False, comment="not to be tried before"),
    Column("sent_at", UtcTimestamp),
    Column("sent_by", String(64), comment="name of the channel"),
    Column("last_error", Text, comment="in our words: never what a server said, nor an address with a secret in it"),
    Index("messages_by_state", "state"),
    Index("messages_by_incident", "incident_id"),
    schema=OPS,
    comment="Everything that is to be said to somebody, once each, written with what made it necessary.",
)

message_attempts = Table(
    "message_attempts",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("channel", String(64), nullable=False),
    Column("started_at", UtcTimestamp, nullable=False),
    Column("ended_at", UtcTimestamp, comment="null: under way, or its process was killed"),
    Column("outcome", String(16), comment="delivered, again or refused; null as above"),
    Column("detail", Text),
    schema=OPS,
    comment="Each try to send a message, committed before anything leaves the house.",
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("service", String(64), primary_key=True),
    Column("beat_at", UtcTimestamp, nullable=False),
    Column("detail", Text, nullable=False),
    schema=OPS,
    comment="When each service last gave a sign of life.",
)
