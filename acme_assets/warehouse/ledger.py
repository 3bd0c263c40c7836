"""The ledger's tables (schema OPS): the truth about deliveries, loads, builds, sign-offs and releases.

One declaration for both dialects. On Snowflake these are hybrid tables, which enforce their keys and
lock rows (`snowflake.py`); on PostgreSQL they are ordinary ones. The others are in `raw_tables.py` and
`mart_tables.py`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

OPS = "ops"

metadata = MetaData()


class UtcTimestamp(TypeDecorator[datetime]):
    """A moment: `timestamptz` on PostgreSQL, `TIMESTAMP_TZ` on Snowflake. Aware datetimes in and out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "snowflake":
            from snowflake.sqlalchemy.custom_types import TIMESTAMP_TZ

            return dialect.type_descriptor(TIMESTAMP_TZ())
        return dialect.type_descriptor(DateTime(timezone=True))


def _night_columns() -> tuple[Column[Any], ...]:
    return (Column("client_id", String(64), nullable=False), Column("business_date", Date, nullable=False))


client_nights = Table(
    "client_nights",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("candidate", String(64), comment="evidence digest of the rows now in MARTS; null before the first build"),
    Column("live_release", String(64), comment="the release that the client sees; null before the first"),
    Column("settled_at", UtcTimestamp, comment="since when no work is left to request; null while there may be some"),
    schema=OPS,
    comment="One row per client night; builds, loads and releases of a client night lock it.",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", String(64), primary_key=True),
    *_night_columns(),
    Column("feed", String(32), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("landed_at", UtcTimestamp, nullable=False, comment="newest file's modification time"),
    Column("observed_at", UtcTimestamp, nullable=False, comment="when we saw it, or saw it again after another"),
    Column("state", String(16), nullable=False, comment="arrived, loaded, quarantined, superseded or ignored"),
    Column("reason", Text),
    Column("state_at", UtcTimestamp, nullable=False),
    Column("expected", Text, comment="canonical JSON: what its sender says of it, as its load compares; null: nothing"),
    Index("deliveries_by_night", "client_id", "business_date", "feed"),
    schema=OPS,
    comment="One row per observed version of a feed's files, known by its content hash.",
)

delivery_files = Table(
    "delivery_files",
    metadata,
    Column("delivery_id", String(64), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("layout", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rows_in", BigInteger, comment="source rows; null until checked"),
    Column("rows_loaded", BigInteger),
    Column("rows_quarantined", BigInteger),
    Column("rows_out_of_scope", BigInteger, comment="part of rows_quarantined: belong to no or another feed"),
    ForeignKeyConstraint(["delivery_id"], [deliveries.c.delivery_id]),
    schema=OPS,
    comment="The files of a delivery and what became of their rows.",
)

loads = Table(
    "loads",
    metadata,
    Column("delivery_id", String(64), primary_key=True),
    *_night_columns(),
    Column("feed", String(32), nullable=False),
    Column("rows_in", BigInteger, nullable=False),
    Column("rows_loaded", BigInteger, nullable=False),
    Column("rows_quarantined", BigInteger, nullable=False),
    Column("lines_loaded", BigInteger, nullable=False, comment="rows in RAW; a source row may hold several"),
    Column("started_at", UtcTimestamp, comment="when its files were begun to be read; null for loads from before 0006"),
    Column("loaded_at", UtcTimestamp, nullable=False),
    Column("load_id", String(16), comment="what the rows in RAW say too; null for loads from before it was kept"),
    schema=OPS,
    comment="The key that makes a load happen once: inserted in the transaction that fills RAW.",
)

contract_results = Table(
    "contract_results",
    metadata,
    Column("delivery_id", String(64), primary_key=True),
    Column("rule", String(128), primary_key=True),
    Column("column_name", String(128), primary_key=True),
    Column("rows_failed", BigInteger, nullable=False),
    schema=OPS,
    comment="How many source rows of a delivery failed each rule of its contract.",
)

model_builds = Table(
    "model_builds",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("inputs_key", String(64), nullable=False, comment="digest of the deliveries that it was built from"),
    Column("state", String(16), nullable=False, comment="building, built or failed"),
    Column("tests_passed", BigInteger),
    Column("tests_failed", BigInteger),
    Column("reason", Text),
    Column("started_at", UtcTimestamp, comment="when the build began that left this state"),
    Column("state_at", UtcTimestamp, nullable=False),
    schema=OPS,
    comment="From which deliveries each model of a client night was last built, and whether its tests passed.",
)

candidates = Table(
    "candidates",
    metadata,
    Column("evidence_digest", String(64), primary_key=True),
    *_night_columns(),
    Column("inputs_key", String(64), nullable=False),
    Column("evidence", Text, nullable=False, comment="the packet that QA signs, as canonical JSON"),
    Column("marts", Text, nullable=False, comment="JSON array of its marts, as the evidence has them"),
    Column(
        "failed_suites", Text, nullable=False, comment="JSON array of the suites that failed, as the evidence has them"
    ),
    Column(
        "drift", String(32), comment="largest deviation from the trailing nights, as the evidence has it; null: too few"
    ),
    Column("started_at", UtcTimestamp, comment="when the build that made it began, with the night's lock in hand"),
    Column("built_at", UtcTimestamp, nullable=False),
    Index("candidates_by_night", "client_id", "business_date"),
    schema=OPS,
    comment="Every candidate that was ever built, by the digest of its evidence.",
)

statements = Table(
    "statements",
    metadata,
    Column("statement_id", String(64), primary_key=True, comment="SHA-256 of the canonical statement"),
    Column("kind", String(32), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("first_date", Date, nullable=False, comment="first business date that it is about"),
    Column("last_date", Date, nullable=False),
    Column("signer", String(256), nullable=False, comment="e-mail address, as in people.yaml"),
    Column("role", String(16), nullable=False),
    Column("key_id", String(16), nullable=False),
    Column("statement", Text, nullable=False, comment="canonical JSON: what was signed"),
    Column("signature", String(128), nullable=False, comment="Ed25519, base64"),
    Column("login", String(256), nullable=False, comment="the warehouse log-in that wrote the row"),
    Column("recorded_at", UtcTimestamp, nullable=False),
    Index("statements_by_client", "client_id", "last_date"),
    schema=OPS,
    comment="Every signed decision: sign-offs, exceptions, overrides and the rest. Verified when read.",
)

acknowledgement_links = Table(
    "acknowledgement_links",
    metadata,
    Column("link_id", String(64), primary_key=True),
    Column("request_id", String(64), nullable=False),
    Column("contact", String(256), nullable=False, comment="e-mail address that the link was sent to"),
    Column("code_hash", String(64), nullable=False, comment="HMAC of the code that is sent separately"),
    Column("made_at", UtcTimestamp, nullable=False),
    Column("expires_at", UtcTimestamp, nullable=False),
    Column("attempts", BigInteger, nullable=False, comment="wrong codes so far"),
    Column("used_at", UtcTimestamp, comment="when it was spent; null while it may be used"),
    schema=OPS,
    comment="Links by which a client's contact acknowledges an exception: single use, with a second factor.",
)

releases = Table(
    "releases",
    metadata,
    Column("release_id", String(64), primary_key=True),
    *_night_columns(),
    Column("evidence_digest", String(64), nullable=False),
    Column("sign_off_ids", Text, nullable=False, comment="JSON array of the approvals that opened the gate"),
    Column("supersedes", String(64), comment="the release that the client saw before; null for none"),
    Column("rows_released", BigInteger, nullable=False),
    Column("released_at", UtcTimestamp, nullable=False),
    Index("releases_by_night", "client_id", "business_date"),
    schema=OPS,
    comment="Every release; the one that the client sees is client_nights.live_release.",
)

stray_files = Table(
    "stray_files",
    metadata,
    Column("path", String(1024), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("owner_group", String(16), nullable=False),
    Column("client_id", String(64)),
    Column("bytes", BigInteger, nullable=False),
    Column("first_seen_at", UtcTimestamp, nullable=False),
    Column("gone_at", UtcTimestamp, comment="when it was found to be no stray any more; null while it is one"),
    schema=OPS,
    comment="Files in the landing zone that are of no delivery, and why: left where they are, said once.",
)

stuck_work = Table(
    "stuck_work",
    metadata,
    Column("work_key", String(128), primary_key=True),
    *_night_columns(),
    Column("stage", String(16), nullable=False, comment="load, build or release"),
    Column("reason", Text, nullable=False),
    Column("since", UtcTimestamp, nullable=False),
    schema=OPS,
    comment="Work whose runs failed as often as they may: a person's turn.",
)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("entry_id", String(64), primary_key=True, comment="SHA-256 of the canonical entry"),
    Column("recorded_at", UtcTimestamp, nullable=False),
    Column("actor", String(256), nullable=False),
    Column("action", String(64), nullable=False),
    Column("client_id", String(64)),
    Column("business_date", Date),
    Column("statement_id", String(64), comment="the signed statement that it records, if it does"),
    Column("entry", Text, nullable=False, comment="canonical JSON; its hash is entry_id"),
    Index("audit_entries_by_time", "recorded_at"),
    Index("audit_entries_by_statement", "statement_id"),
    Index("audit_entries_by_action", "action"),
    schema=OPS,
    comment="What happened, written in the transaction that made it happen. Never updated, never deleted.",
)
