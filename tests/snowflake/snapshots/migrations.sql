CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS quarantine;
CREATE SCHEMA IF NOT EXISTS published;
CREATE SCHEMA IF NOT EXISTS dashboards;
CREATE HYBRID TABLE ops.alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE HYBRID TABLE ops.audit_entries (
    entry_id VARCHAR(64) NOT NULL,
    recorded_at TIMESTAMP_TZ NOT NULL,
    actor VARCHAR(256) NOT NULL,
    action VARCHAR(64) NOT NULL,
    client_id VARCHAR(64),
    business_date DATE,
    statement_id VARCHAR(64),
    entry TEXT NOT NULL,
    PRIMARY KEY (entry_id)
);

COMMENT ON TABLE ops.audit_entries IS 'What happened, written in the transaction that made it happen. Never updated, never deleted.';

COMMENT ON COLUMN ops.audit_entries.entry_id IS 'SHA-256 of the canonical entry';

COMMENT ON COLUMN ops.audit_entries.statement_id IS 'the signed statement that it records, if it does';

COMMENT ON COLUMN ops.audit_entries.entry IS 'canonical JSON; its hash is entry_id';

CREATE INDEX audit_entries_by_statement ON ops.audit_entries (statement_id);

CREATE HYBRID TABLE ops.candidates (
    evidence_digest VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    inputs_key VARCHAR(64) NOT NULL,
    evidence TEXT NOT NULL,
    marts TEXT NOT NULL,
    failed_suites TEXT NOT NULL,
    drift VARCHAR(32),
    built_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (evidence_digest)
);

COMMENT ON TABLE ops.candidates IS 'Every candidate that was ever built, by the digest of its evidence.';

COMMENT ON COLUMN ops.candidates.evidence IS 'the packet that QA signs, as canonical JSON';

COMMENT ON COLUMN ops.candidates.marts IS 'JSON array of its marts, as the evidence has them';

COMMENT ON COLUMN ops.candidates.failed_suites IS 'JSON array of the suites that failed, as the evidence has them';

COMMENT ON COLUMN ops.candidates.drift IS 'largest deviation from the trailing nights, as the evidence has it; null: too few';

CREATE INDEX candidates_by_night ON ops.candidates (client_id, business_date);

CREATE HYBRID TABLE ops.client_nights (
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    candidate VARCHAR(64),
    live_release VARCHAR(64),
    settled_at TIMESTAMP_TZ,
    PRIMARY KEY (client_id, business_date)
);

COMMENT ON TABLE ops.client_nights IS 'One row per client night; builds, loads and releases of a client night lock it.';

COMMENT ON COLUMN ops.client_nights.candidate IS 'evidence digest of the rows now in MARTS; null before the first build';

COMMENT ON COLUMN ops.client_nights.live_release IS 'the release that the client sees; null before the first';

COMMENT ON COLUMN ops.client_nights.settled_at IS 'since when no work is left to request; null while there may be some';

CREATE HYBRID TABLE ops.contract_results (
    delivery_id VARCHAR(64) NOT NULL,
    rule VARCHAR(128) NOT NULL,
    column_name VARCHAR(128) NOT NULL,
    rows_failed BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, rule, column_name)
);

COMMENT ON TABLE ops.contract_results IS 'How many source rows of a delivery failed each rule of its contract.';

CREATE HYBRID TABLE ops.deliveries (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    feed VARCHAR(32) NOT NULL,
    content_hash VARCHAR(64) NOT NULL,
    bytes BIGINT NOT NULL,
    landed_at TIMESTAMP_TZ NOT NULL,
    observed_at TIMESTAMP_TZ NOT NULL,
    state VARCHAR(16) NOT NULL,
    reason TEXT,
    state_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (delivery_id)
);

COMMENT ON TABLE ops.deliveries IS 'One row per observed version of a feed''s files, known by its content hash.';

COMMENT ON COLUMN ops.deliveries.landed_at IS 'newest file''s modification time';

COMMENT ON COLUMN ops.deliveries.observed_at IS 'when we saw it, or saw it again after another';

COMMENT ON COLUMN ops.deliveries.state IS 'arrived, loaded, quarantined, superseded or ignored';

CREATE INDEX deliveries_by_night ON ops.deliveries (client_id, business_date, feed);

CREATE HYBRID TABLE ops.loads (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    feed VARCHAR(32) NOT NULL,
    rows_in BIGINT NOT NULL,
    rows_loaded BIGINT NOT NULL,
    rows_quarantined BIGINT NOT NULL,
    lines_loaded BIGINT NOT NULL,
    loaded_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (delivery_id)
);

COMMENT ON TABLE ops.loads IS 'The key that makes a load happen once: inserted in the transaction that fills RAW.';

COMMENT ON COLUMN ops.loads.lines_loaded IS 'rows in RAW; a source row may hold several';

CREATE HYBRID TABLE ops.model_builds (
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    model VARCHAR(64) NOT NULL,
    inputs_key VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    tests_passed BIGINT,
    tests_failed BIGINT,
    reason TEXT,
    state_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (client_id, business_date, model)
);

COMMENT ON TABLE ops.model_builds IS 'From which deliveries each model of a client night was last built, and whether its tests passed.';

COMMENT ON COLUMN ops.model_builds.inputs_key IS 'digest of the deliveries that it was built from';

COMMENT ON COLUMN ops.model_builds.state IS 'building, built or failed';

CREATE HYBRID TABLE ops.releases (
    release_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    evidence_digest VARCHAR(64) NOT NULL,
    sign_off_ids TEXT NOT NULL,
    supersedes VARCHAR(64),
    rows_released BIGINT NOT NULL,
    released_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (release_id)
);

COMMENT ON TABLE ops.releases IS 'Every release; the one that the client sees is client_nights.live_release.';

COMMENT ON COLUMN ops.releases.sign_off_ids IS 'JSON array of the approvals that opened the gate';

COMMENT ON COLUMN ops.releases.supersedes IS 'the release that the client saw before; null for none';

CREATE INDEX releases_by_night ON ops.releases (client_id, business_date);

CREATE HYBRID TABLE ops.stray_files (
    path VARCHAR(1024) NOT NULL,
    reason TEXT NOT NULL,
    owner_group VARCHAR(16) NOT NULL,
    client_id VARCHAR(64),
    bytes BIGINT NOT NULL,
    first_seen_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (path)
);

COMMENT ON TABLE ops.stray_files IS 'Files in the landing zone that belong to no client or feed: left where they are, said once.';

CREATE HYBRID TABLE ops.stuck_work (
    work_key VARCHAR(128) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    stage VARCHAR(16) NOT NULL,
    reason TEXT NOT NULL,
    since TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (work_key)
);

COMMENT ON TABLE ops.stuck_work IS 'Work whose runs failed as often as they may: a person''s turn.';

COMMENT ON COLUMN ops.stuck_work.stage IS 'load, build or release';

CREATE TABLE published.lab_volume (
    release_id VARCHAR(64) NOT NULL,
    client_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    year_month TEXT,
    component_type TEXT,
    component_code TEXT,
    results BIGINT,
    members BIGINT
);

CREATE TABLE published.member_months (
    release_id VARCHAR(64) NOT NULL,
    client_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    year_month TEXT,
    payer TEXT,
    member_months BIGINT
);

CREATE TABLE published.pharmacy_spend (
    release_id VARCHAR(64) NOT NULL,
    client_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    year_month TEXT,
    drug_code_type TEXT,
    drug_code TEXT,
    claims BIGINT,
    members BIGINT,
    quantity NUMERIC(18, 4),
    days_supply BIGINT,
    paid_amount NUMERIC(18, 4),
    allowed_amount NUMERIC(18, 4)
);

CREATE TABLE published.pmpm (
    release_id VARCHAR(64) NOT NULL,
    client_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    year_month TEXT,
    claim_type TEXT,
    member_months BIGINT,
    paid_amount NUMERIC(18, 4),
    allowed_amount NUMERIC(18, 4),
    paid_pmpm NUMERIC(18, 6)
);

CREATE TABLE published.provider_panel (
    release_id VARCHAR(64) NOT NULL,
    client_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    practitioner_id TEXT,
    npi TEXT,
    specialty TEXT,
    practice_affiliation TEXT,
    attributed_members BIGINT,
    claims BIGINT
);

CREATE TABLE published.utilization (
    release_id VARCHAR(64) NOT NULL,
    client_id TEXT NOT NULL,
    business_date DATE NOT NULL,
    year_month TEXT,
    service_category TEXT,
    member_months BIGINT,
    claims BIGINT,
    claims_per_1000_member_months NUMERIC(18, 6)
);

CREATE TABLE quarantine."rows" (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    rule VARCHAR(128) NOT NULL,
    column_name VARCHAR(128),
    reason TEXT NOT NULL,
    original TEXT NOT NULL
);

COMMENT ON COLUMN quarantine."rows".original IS 'the source row as JSON: PHI';

CREATE TABLE raw.eligibility (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    subscriber_id TEXT,
    gender TEXT,
    race TEXT,
    birth_date DATE,
    death_date DATE,
    enrollment_start_date DATE NOT NULL,
    enrollment_end_date DATE,
    payer TEXT,
    payer_type TEXT,
    plan TEXT,
    dual_status_code TEXT,
    medicare_status_code TEXT,
    state TEXT,
    zip_code TEXT,
    data_source TEXT NOT NULL
);

CREATE TABLE raw.lab_result (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    lab_result_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    patient_id TEXT,
    encounter_id TEXT,
    accession_number TEXT,
    source_order_type TEXT,
    source_order_code TEXT,
    source_component_type TEXT,
    source_component_code TEXT NOT NULL,
    source_component_description TEXT,
    status TEXT,
    result TEXT,
    result_datetime TIMESTAMP_TZ,
    collection_datetime TIMESTAMP_TZ,
    source_units TEXT,
    source_reference_range_low TEXT,
    source_reference_range_high TEXT,
    specimen TEXT,
    ordering_practitioner_id TEXT,
    data_source TEXT NOT NULL
);

CREATE TABLE raw.medical_claim (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    record_type TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    claim_line_number BIGINT NOT NULL,
    claim_type TEXT,
    person_id TEXT NOT NULL,
    member_id TEXT,
    payer TEXT,
    plan TEXT,
    claim_start_date DATE,
    claim_end_date DATE,
    claim_line_start_date DATE,
    claim_line_end_date DATE,
    admission_date DATE,
    discharge_date DATE,
    discharge_disposition_code TEXT,
    place_of_service_code TEXT,
    bill_type_code TEXT,
    drg_code TEXT,
    revenue_center_code TEXT,
    service_unit_quantity NUMERIC(18, 4),
    hcpcs_code TEXT,
    hcpcs_modifier_1 TEXT,
    hcpcs_modifier_2 TEXT,
    rendering_npi TEXT,
    billing_npi TEXT,
    facility_npi TEXT,
    paid_date DATE,
    paid_amount NUMERIC(18, 4),
    allowed_amount NUMERIC(18, 4),
    charge_amount NUMERIC(18, 4),
    coinsurance_amount NUMERIC(18, 4),
    copayment_amount NUMERIC(18, 4),
    deductible_amount NUMERIC(18, 4),
    diagnosis_code_type TEXT,
    diagnosis_code_1 TEXT,
    diagnosis_code_2 TEXT,
    diagnosis_code_3 TEXT,
    diagnosis_code_4 TEXT,
    diagnosis_code_5 TEXT,
    data_source TEXT NOT NULL
);

CREATE TABLE raw.patient (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    sex TEXT,
    race TEXT,
    ethnicity TEXT,
    birth_date DATE,
    death_date DATE,
    city TEXT,
    state TEXT,
    zip_code TEXT,
    county TEXT,
    data_source TEXT NOT NULL
);

CREATE TABLE raw.pharmacy_claim (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    claim_id TEXT NOT NULL,
    claim_line_number BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    member_id TEXT,
    payer TEXT,
    plan TEXT,
    prescribing_provider_npi TEXT,
    dispensing_provider_npi TEXT,
    dispensing_date DATE NOT NULL,
    ndc_code TEXT,
    drug_code TEXT,
    drug_code_type TEXT,
    drug_description TEXT,
    quantity NUMERIC(18, 4),
    days_supply BIGINT,
    refills BIGINT,
    paid_date DATE,
    paid_amount NUMERIC(18, 4),
    allowed_amount NUMERIC(18, 4),
    charge_amount NUMERIC(18, 4),
    coinsurance_amount NUMERIC(18, 4),
    copayment_amount NUMERIC(18, 4),
    deductible_amount NUMERIC(18, 4),
    data_source TEXT NOT NULL
);

CREATE TABLE raw.practitioner (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    record_type TEXT NOT NULL,
    practitioner_id TEXT NOT NULL,
    npi TEXT,
    first_name TEXT,
    last_name TEXT,
    practice_id TEXT,
    practice_affiliation TEXT,
    specialty TEXT,
    sub_specialty TEXT,
    data_source TEXT NOT NULL
);

CREATE TABLE raw.provider_attribution (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    source_file VARCHAR(1024) NOT NULL,
    source_row BIGINT NOT NULL,
    person_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    year_month TEXT NOT NULL,
    payer TEXT,
    plan TEXT,
    payer_attributed_provider TEXT NOT NULL,
    payer_attributed_provider_practice TEXT,
    data_source TEXT NOT NULL
);

CREATE HYBRID TABLE ops.delivery_files (
    delivery_id VARCHAR(64) NOT NULL,
    path VARCHAR(1024) NOT NULL,
    layout VARCHAR(64) NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    bytes BIGINT NOT NULL,
    rows_in BIGINT,
    rows_loaded BIGINT,
    rows_quarantined BIGINT,
    rows_out_of_scope BIGINT,
    PRIMARY KEY (delivery_id, path),
    FOREIGN KEY(delivery_id) REFERENCES ops.deliveries (delivery_id)
);

COMMENT ON TABLE ops.delivery_files IS 'The files of a delivery and what became of their rows.';

COMMENT ON COLUMN ops.delivery_files.rows_in IS 'source rows; null until checked';

COMMENT ON COLUMN ops.delivery_files.rows_out_of_scope IS 'part of rows_quarantined: belong to no or another feed';

INSERT INTO ops.alembic_version (version_num) VALUES ('0001');

-- Running upgrade 0001 -> 0002

CREATE SECURE VIEW dashboards.member_months AS SELECT p.client_id, p.business_date, p.year_month, p.payer, p.member_months FROM published.member_months p JOIN ops.client_nights n ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id;

CREATE SECURE VIEW dashboards.pmpm AS SELECT p.client_id, p.business_date, p.year_month, p.claim_type, p.member_months, p.paid_amount, p.allowed_amount, p.paid_pmpm FROM published.pmpm p JOIN ops.client_nights n ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id;

CREATE SECURE VIEW dashboards.utilization AS SELECT p.client_id, p.business_date, p.year_month, p.service_category, p.member_months, p.claims, p.claims_per_1000_member_months FROM published.utilization p JOIN ops.client_nights n ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id;

CREATE SECURE VIEW dashboards.pharmacy_spend AS SELECT p.client_id, p.business_date, p.year_month, p.drug_code_type, p.drug_code, p.claims, p.members, p.quantity, p.days_supply, p.paid_amount, p.allowed_amount FROM published.pharmacy_spend p JOIN ops.client_nights n ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id;

CREATE SECURE VIEW dashboards.lab_volume AS SELECT p.client_id, p.business_date, p.year_month, p.component_type, p.component_code, p.results, p.members FROM published.lab_volume p JOIN ops.client_nights n ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id;

CREATE SECURE VIEW dashboards.provider_panel AS SELECT p.client_id, p.business_date, p.practitioner_id, p.npi, p.specialty, p.practice_affiliation, p.attributed_members, p.claims FROM published.provider_panel p JOIN ops.client_nights n ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id;

CREATE STAGE IF NOT EXISTS raw.load_stage ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE');

UPDATE ops.alembic_version SET version_num='0002' WHERE ops.alembic_version.version_num = '0001';

-- Running upgrade 0002 -> 0003

CREATE HYBRID TABLE ops.audit_links (
    seq BIGINT NOT NULL,
    entry_id VARCHAR(64) NOT NULL,
    previous VARCHAR(64) NOT NULL,
    link_hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (seq),
    UNIQUE (entry_id)
);

COMMENT ON TABLE ops.audit_links IS 'The hash chain over the audit entries, in the order in which they were sealed.';

COMMENT ON COLUMN ops.audit_links.seq IS 'from 1, without gaps';

COMMENT ON COLUMN ops.audit_links.previous IS 'link_hash of the link before; zeros for the first';

COMMENT ON COLUMN ops.audit_links.link_hash IS 'SHA-256 over seq, previous and entry_id';

CREATE HYBRID TABLE ops.audit_checkpoints (
    seq BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    signature VARCHAR(128) NOT NULL,
    PRIMARY KEY (seq)
);

COMMENT ON TABLE ops.audit_checkpoints IS 'The chain''s heads, signed by the service as it sealed them.';

COMMENT ON COLUMN ops.audit_checkpoints.seq IS 'how many links it covers';

COMMENT ON COLUMN ops.audit_checkpoints.checkpoint IS 'canonical JSON: what was signed';

COMMENT ON COLUMN ops.audit_checkpoints.key_id IS 'the service key that signed it';

COMMENT ON COLUMN ops.audit_checkpoints.signature IS 'Ed25519, base64';

UPDATE ops.alembic_version SET version_num='0003' WHERE ops.alembic_version.version_num = '0002';

-- Running upgrade 0003 -> 0004

CREATE HYBRID TABLE ops.statements (
    statement_id VARCHAR(64) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    first_date DATE NOT NULL,
    last_date DATE NOT NULL,
    signer VARCHAR(256) NOT NULL,
    role VARCHAR(16) NOT NULL,
    key_id VARCHAR(16) NOT NULL,
    statement TEXT NOT NULL,
    signature VARCHAR(128) NOT NULL,
    login VARCHAR(256) NOT NULL,
    recorded_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (statement_id)
);

COMMENT ON TABLE ops.statements IS 'Every signed decision: sign-offs, exceptions, overrides and the rest. Verified when read.';

COMMENT ON COLUMN ops.statements.statement_id IS 'SHA-256 of the canonical statement';

COMMENT ON COLUMN ops.statements.first_date IS 'first business date that it is about';

COMMENT ON COLUMN ops.statements.signer IS 'e-mail address, as in people.yaml';

COMMENT ON COLUMN ops.statements.statement IS 'canonical JSON: what was signed';

COMMENT ON COLUMN ops.statements.signature IS 'Ed25519, base64';

COMMENT ON COLUMN ops.statements.login IS 'the warehouse log-in that wrote the row';

CREATE INDEX statements_by_client ON ops.statements (client_id, last_date);

CREATE HYBRID TABLE ops.acknowledgement_links (
    link_id VARCHAR(64) NOT NULL,
    request_id VARCHAR(64) NOT NULL,
    contact VARCHAR(256) NOT NULL,
    code_hash VARCHAR(64) NOT NULL,
    made_at TIMESTAMP_TZ NOT NULL,
    expires_at TIMESTAMP_TZ NOT NULL,
    attempts BIGINT NOT NULL,
    used_at TIMESTAMP_TZ,
    PRIMARY KEY (link_id)
);

COMMENT ON TABLE ops.acknowledgement_links IS 'Links by which a client''s contact acknowledges an exception: single use, with a second factor.';

COMMENT ON COLUMN ops.acknowledgement_links.contact IS 'e-mail address that the link was sent to';

COMMENT ON COLUMN ops.acknowledgement_links.code_hash IS 'HMAC of the code that is sent separately';

COMMENT ON COLUMN ops.acknowledgement_links.attempts IS 'wrong codes so far';

COMMENT ON COLUMN ops.acknowledgement_links.used_at IS 'when it was spent; null while it may be used';

UPDATE ops.alembic_version SET version_num='0004' WHERE ops.alembic_version.version_num = '0003';

-- Running upgrade 0004 -> 0005

CREATE HYBRID TABLE ops.suite_results (
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    mart VARCHAR(64) NOT NULL,
    stage VARCHAR(16) NOT NULL,
    subject VARCHAR(64) NOT NULL,
    passed BOOLEAN NOT NULL,
    result TEXT NOT NULL,
    ran_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (client_id, business_date, mart, stage, subject)
);

COMMENT ON TABLE ops.suite_results IS 'How each validation suite judged a candidate or a release. The first run on a subject stands.';

COMMENT ON COLUMN ops.suite_results.stage IS 'staging or production';

COMMENT ON COLUMN ops.suite_results.subject IS 'digest of the evidence''s core, or the release';

COMMENT ON COLUMN ops.suite_results.result IS 'canonical JSON: checks, counts and totals; no row''s value';

UPDATE ops.alembic_version SET version_num='0005' WHERE ops.alembic_version.version_num = '0004';
