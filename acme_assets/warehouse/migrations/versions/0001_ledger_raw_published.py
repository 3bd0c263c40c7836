"""The ledger, RAW, QUARANTINE and PUBLISHED

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from acme_assets.warehouse.ledger import UtcTimestamp

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("entry_id", sa.String(length=64), nullable=False, comment="SHA-256 of the canonical entry"),
        sa.Column("recorded_at", UtcTimestamp(), nullable=False),
        sa.Column("actor", sa.String(length=256), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("business_date", sa.Date(), nullable=True),
        sa.Column(
            "statement_id",
            sa.String(length=64),
            nullable=True,
            comment="the signed statement that it records, if it does",
        ),
        sa.Column("entry", sa.Text(), nullable=False, comment="canonical JSON; its hash is entry_id"),
        sa.PrimaryKeyConstraint("entry_id"),
        schema="ops",
        comment="What happened, written in the transaction that made it happen. Never updated, never deleted.",
    )
    op.create_index("audit_entries_by_statement", "audit_entries", ["statement_id"], unique=False, schema="ops")
    op.create_index("audit_entries_by_time", "audit_entries", ["recorded_at"], unique=False, schema="ops")
    op.create_table(
        "candidates",
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("inputs_key", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="the packet that QA signs, as canonical JSON"),
        sa.Column("marts", sa.Text(), nullable=False, comment="JSON array of its marts, as the evidence has them"),
        sa.Column(
            "failed_suites",
            sa.Text(),
            nullable=False,
            comment="JSON array of the suites that failed, as the evidence has them",
        ),
        sa.Column(
            "drift",
            sa.String(length=32),
            nullable=True,
            comment="largest deviation from the trailing nights, as the evidence has it; null: too few",
        ),
        sa.Column("built_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("evidence_digest"),
        schema="ops",
        comment="Every candidate that was ever built, by the digest of its evidence.",
    )
    op.create_index("candidates_by_night", "candidates", ["client_id", "business_date"], unique=False, schema="ops")
    op.create_table(
        "client_nights",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column(
            "candidate",
            sa.String(length=64),
            nullable=True,
            comment="evidence digest of the rows now in MARTS; null before the first build",
        ),
        sa.Column(
            "live_release",
            sa.String(length=64),
            nullable=True,
            comment="the release that the client sees; null before the first",
        ),
        sa.Column(
            "settled_at",
            UtcTimestamp(),
            nullable=True,
            comment="since when no work is left to request; null while there may be some",
        ),
        sa.PrimaryKeyConstraint("client_id", "business_date"),
        schema="ops",
        comment="One row per client night; builds, loads and releases of a client night lock it.",
    )
    op.create_table(
        "contract_results",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("column_name", sa.String(length=128), nullable=False),
        sa.Column("rows_failed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "rule", "column_name"),
        schema="ops",
        comment="How many source rows of a delivery failed each rule of its contract.",
    )
    op.create_table(
        "deliveries",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("landed_at", UtcTimestamp(), nullable=False, comment="newest file's modification time"),
        sa.Column(
            "observed_at", UtcTimestamp(), nullable=False, comment="when we saw it, or saw it again after another"
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="arrived, loaded, quarantined, superseded or ignored"
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id"),
        schema="ops",
        comment="One row per observed version of a feed's files, known by its content hash.",
    )
    op.create_index(
        "deliveries_by_night", "deliveries", ["client_id", "business_date", "feed"], unique=False, schema="ops"
    )
    op.create_table(
        "loads",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("rows_in", sa.BigInteger(), nullable=False),
        sa.Column("rows_loaded", sa.BigInteger(), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=False),
        sa.Column(
            "lines_loaded", sa.BigInteger(), nullable=False, comment="rows in RAW; a source row may hold several"
        ),
        sa.Column("loaded_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id"),
        schema="ops",
        comment="The key that makes a load happen once: inserted in the transaction that fills RAW.",
    )
    op.create_table(
        "model_builds",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column(
            "inputs_key",
            sa.String(length=64),
            nullable=False,
            comment="digest of the deliveries that it was built from",
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="building, built or failed"),
        sa.Column("tests_passed", sa.BigInteger(), nullable=True),
        sa.Column("tests_failed", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("state_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "business_date", "model"),
        schema="ops",
        comment="From which deliveries each model of a client night was last built, and whether its tests passed.",
    )
    op.create_table(
        "releases",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column(
            "sign_off_ids",
            sa.Text(),
            nullable=False,
            comment="JSON array of the approvals that opened the gate",
        ),
        sa.Column(
            "supersedes",
            sa.String(length=64),
            nullable=True,
            comment="the release that the client saw before; null for none",
        ),
        sa.Column("rows_released", sa.BigInteger(), nullable=False),
        sa.Column("released_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("release_id"),
        schema="ops",
        comment="Every release; the one that the client sees is client_nights.live_release.",
    )
    op.create_index("releases_by_night", "releases", ["client_id", "business_date"], unique=False, schema="ops")
    op.create_table(
        "stray_files",
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("owner_group", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("path"),
        schema="ops",
        comment="Files in the landing zone that belong to no client or feed: left where they are, said once.",
    )
    op.create_table(
        "stuck_work",
        sa.Column("work_key", sa.String(length=128), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False, comment="load, build or release"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", UtcTimestamp(), nullable=False),
        sa.PrimaryKeyConstraint("work_key"),
        schema="ops",
        comment="Work whose runs failed as often as they may: a person's turn.",
    )
    op.create_table(
        "lab_volume",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("year_month", sa.Text(), nullable=True),
        sa.Column("component_type", sa.Text(), nullable=True),
        sa.Column("component_code", sa.Text(), nullable=True),
        sa.Column("results", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        schema="published",
    )
    op.create_index("lab_volume_by_release", "lab_volume", ["release_id"], unique=False, schema="published")
    op.create_table(
        "member_months",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("year_month", sa.Text(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("member_months", sa.BigInteger(), nullable=True),
        schema="published",
    )
    op.create_index("member_months_by_release", "member_months", ["release_id"], unique=False, schema="published")
    op.create_table(
        "pharmacy_spend",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("year_month", sa.Text(), nullable=True),
        sa.Column("drug_code_type", sa.Text(), nullable=True),
        sa.Column("drug_code", sa.Text(), nullable=True),
        sa.Column("claims", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("days_supply", sa.BigInteger(), nullable=True),
        sa.Column("paid_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("allowed_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        schema="published",
    )
    op.create_index("pharmacy_spend_by_release", "pharmacy_spend", ["release_id"], unique=False, schema="published")
    op.create_table(
        "pmpm",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("year_month", sa.Text(), nullable=True),
        sa.Column("claim_type", sa.Text(), nullable=True),
        sa.Column("member_months", sa.BigInteger(), nullable=True),
        sa.Column("paid_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("allowed_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("paid_pmpm", sa.Numeric(precision=18, scale=6), nullable=True),
        schema="published",
    )
    op.create_index("pmpm_by_release", "pmpm", ["release_id"], unique=False, schema="published")
    op.create_table(
        "provider_panel",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=True),
        sa.Column("npi", sa.Text(), nullable=True),
        sa.Column("specialty", sa.Text(), nullable=True),
        sa.Column("practice_affiliation", sa.Text(), nullable=True),
        sa.Column("attributed_members", sa.BigInteger(), nullable=True),
        sa.Column("claims", sa.BigInteger(), nullable=True),
        schema="published",
    )
    op.create_index("provider_panel_by_release", "provider_panel", ["release_id"], unique=False, schema="published")
    op.create_table(
        "utilization",
        sa.Column("release_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("year_month", sa.Text(), nullable=True),
        sa.Column("service_category", sa.Text(), nullable=True),
        sa.Column("member_months", sa.BigInteger(), nullable=True),
        sa.Column("claims", sa.BigInteger(), nullable=True),
        sa.Column("claims_per_1000_member_months", sa.Numeric(precision=18, scale=6), nullable=True),
        schema="published",
    )
    op.create_index("utilization_by_release", "utilization", ["release_id"], unique=False, schema="published")
    op.create_table(
        "rows",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("column_name", sa.String(length=128), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False, comment="the source row as JSON: PHI"),
        schema="quarantine",
    )
    op.create_index("rows_by_delivery", "rows", ["delivery_id"], unique=False, schema="quarantine")
    op.create_table(
        "eligibility",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Text(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("race", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("death_date", sa.Date(), nullable=True),
        sa.Column("enrollment_start_date", sa.Date(), nullable=False),
        sa.Column("enrollment_end_date", sa.Date(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("payer_type", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("dual_status_code", sa.Text(), nullable=True),
        sa.Column("medicare_status_code", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("zip_code", sa.Text(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index("eligibility_by_delivery", "eligibility", ["delivery_id"], unique=False, schema="raw")
    op.create_table(
        "lab_result",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("lab_result_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=True),
        sa.Column("encounter_id", sa.Text(), nullable=True),
        sa.Column("accession_number", sa.Text(), nullable=True),
        sa.Column("source_order_type", sa.Text(), nullable=True),
        sa.Column("source_order_code", sa.Text(), nullable=True),
        sa.Column("source_component_type", sa.Text(), nullable=True),
        sa.Column("source_component_code", sa.Text(), nullable=False),
        sa.Column("source_component_description", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("result_datetime", UtcTimestamp(), nullable=True),
        sa.Column("collection_datetime", UtcTimestamp(), nullable=True),
        sa.Column("source_units", sa.Text(), nullable=True),
        sa.Column("source_reference_range_low", sa.Text(), nullable=True),
        sa.Column("source_reference_range_high", sa.Text(), nullable=True),
        sa.Column("specimen", sa.Text(), nullable=True),
        sa.Column("ordering_practitioner_id", sa.Text(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index("lab_result_by_delivery", "lab_result", ["delivery_id"], unique=False, schema="raw")
    op.create_table(
        "medical_claim",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("claim_line_number", sa.BigInteger(), nullable=False),
        sa.Column("claim_type", sa.Text(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("claim_start_date", sa.Date(), nullable=True),
        sa.Column("claim_end_date", sa.Date(), nullable=True),
        sa.Column("claim_line_start_date", sa.Date(), nullable=True),
        sa.Column("claim_line_end_date", sa.Date(), nullable=True),
        sa.Column("admission_date", sa.Date(), nullable=True),
        sa.Column("discharge_date", sa.Date(), nullable=True),
        sa.Column("discharge_disposition_code", sa.Text(), nullable=True),
        sa.Column("place_of_service_code", sa.Text(), nullable=True),
        sa.Column("bill_type_code", sa.Text(), nullable=True),
        sa.Column("drg_code", sa.Text(), nullable=True),
        sa.Column("revenue_center_code", sa.Text(), nullable=True),
        sa.Column("service_unit_quantity", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("hcpcs_code", sa.Text(), nullable=True),
        sa.Column("hcpcs_modifier_1", sa.Text(), nullable=True),
        sa.Column("hcpcs_modifier_2", sa.Text(), nullable=True),
        sa.Column("rendering_npi", sa.Text(), nullable=True),
        sa.Column("billing_npi", sa.Text(), nullable=True),
        sa.Column("facility_npi", sa.Text(), nullable=True),
        sa.Column("paid_date", sa.Date(), nullable=True),
        sa.Column("paid_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("allowed_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("charge_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("coinsurance_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("copayment_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("deductible_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("diagnosis_code_type", sa.Text(), nullable=True),
        sa.Column("diagnosis_code_1", sa.Text(), nullable=True),
        sa.Column("diagnosis_code_2", sa.Text(), nullable=True),
        sa.Column("diagnosis_code_3", sa.Text(), nullable=True),
        sa.Column("diagnosis_code_4", sa.Text(), nullable=True),
        sa.Column("diagnosis_code_5", sa.Text(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index("medical_claim_by_delivery", "medical_claim", ["delivery_id"], unique=False, schema="raw")
    op.create_table(
        "patient",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("race", sa.Text(), nullable=True),
        sa.Column("ethnicity", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("death_date", sa.Date(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("zip_code", sa.Text(), nullable=True),
        sa.Column("county", sa.Text(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index("patient_by_delivery", "patient", ["delivery_id"], unique=False, schema="raw")
    op.create_table(
        "pharmacy_claim",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("claim_line_number", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=True),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("prescribing_provider_npi", sa.Text(), nullable=True),
        sa.Column("dispensing_provider_npi", sa.Text(), nullable=True),
        sa.Column("dispensing_date", sa.Date(), nullable=False),
        sa.Column("ndc_code", sa.Text(), nullable=True),
        sa.Column("drug_code", sa.Text(), nullable=True),
        sa.Column("drug_code_type", sa.Text(), nullable=True),
        sa.Column("drug_description", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("days_supply", sa.BigInteger(), nullable=True),
        sa.Column("refills", sa.BigInteger(), nullable=True),
        sa.Column("paid_date", sa.Date(), nullable=True),
        sa.Column("paid_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("allowed_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("charge_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("coinsurance_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("copayment_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("deductible_amount", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index("pharmacy_claim_by_delivery", "pharmacy_claim", ["delivery_id"], unique=False, schema="raw")
    op.create_table(
        "practitioner",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("practitioner_id", sa.Text(), nullable=False),
        sa.Column("npi", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("practice_id", sa.Text(), nullable=True),
        sa.Column("practice_affiliation", sa.Text(), nullable=True),
        sa.Column("specialty", sa.Text(), nullable=True),
        sa.Column("sub_specialty", sa.Text(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index("practitioner_by_delivery", "practitioner", ["delivery_id"], unique=False, schema="raw")
    op.create_table(
        "provider_attribution",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("source_file", sa.String(length=1024), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("year_month", sa.Text(), nullable=False),
        sa.Column("payer", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("payer_attributed_provider", sa.Text(), nullable=False),
        sa.Column("payer_attributed_provider_practice", sa.Text(), nullable=True),
        sa.Column("data_source", sa.Text(), nullable=False),
        schema="raw",
    )
    op.create_index(
        "provider_attribution_by_delivery", "provider_attribution", ["delivery_id"], unique=False, schema="raw"
    )
    op.create_table(
        "delivery_files",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("layout", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rows_in", sa.BigInteger(), nullable=True, comment="source rows; null until checked"),
        sa.Column("rows_loaded", sa.BigInteger(), nullable=True),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=True),
        sa.Column(
            "rows_out_of_scope",
            sa.BigInteger(),
            nullable=True,
            comment="part of rows_quarantined: belong to no or another feed",
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["ops.deliveries.delivery_id"],
        ),
        sa.PrimaryKeyConstraint("delivery_id", "path"),
        schema="ops",
        comment="The files of a delivery and what became of their rows.",
    )
