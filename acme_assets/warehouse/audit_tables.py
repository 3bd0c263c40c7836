"""The chain's tables (schema OPS): links over the audit entries, and signed checkpoints. Only ever inserted into."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from acme_assets.warehouse.ledger import OPS, metadata

audit_links = Table(
    "audit_links",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    Column("entry_id", String(64), nullable=False, unique=True),
    Column("previous", String(64), nullable=False, comment="link_hash of the link before; zeros for the first"),
    Column("link_hash", String(64), nullable=False, comment="SHA-256 over seq, previous and entry_id"),
    schema=OPS,
    comment="The hash chain over the audit entries, in the order in which they were sealed.",
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="how many links it covers"),
    Column("checkpoint", Text, nullable=False, comment="canonical JSON: what was signed"),
    Column("key_id", String(16), nullable=False, comment="the service key that signed it"),
    Column("signature", String(128), nullable=False, comment="Ed25519, base64"),
    schema=OPS,
    comment="The chain's heads, signed by the service as it sealed them.",
)
