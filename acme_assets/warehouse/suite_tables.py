"""Where the results of validation suites are kept (schema OPS). Only ever inserted into."""

from sqlalchemy import Boolean, Column, Date, String, Table, Text

from acme_assets.warehouse.ledger import OPS, UtcTimestamp, metadata

suite_results = Table(
    "suite_results",
    metadata,
    Column("client_id", String(64), primary_key=True),
    Column("business_date", Date, primary_key=True),
    Column("mart", String(64), primary_key=True),
    Column("stage", String(16), primary_key=True, comment="staging or production"),
    Column("subject", String(64), primary_key=True, comment="digest of the evidence's core, or the release"),
    Column("passed", Boolean, nullable=False),
    Column("result", Text, nullable=False, comment="canonical JSON: checks, counts and totals; no row's value"),
    Column("ran_at", UtcTimestamp, nullable=False),
    schema=OPS,
    comment="How each validation suite judged a candidate or a release. The first run on a subject stands.",
)
