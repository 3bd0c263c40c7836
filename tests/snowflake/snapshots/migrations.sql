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

-- Running upgrade 0005 -> 0006

ALTER TABLE ops.loads ADD COLUMN started_at TIMESTAMP_TZ;

COMMENT ON COLUMN ops.loads.started_at IS 'when its files were begun to be read; null for loads from before 0006';

ALTER TABLE ops.model_builds ADD COLUMN started_at TIMESTAMP_TZ;

COMMENT ON COLUMN ops.model_builds.started_at IS 'when the build began that left this state';

ALTER TABLE ops.candidates ADD COLUMN started_at TIMESTAMP_TZ;

COMMENT ON COLUMN ops.candidates.started_at IS 'when the build that made it began, with the night''s lock in hand';

CREATE HYBRID TABLE ops.night_summaries (
    business_date DATE NOT NULL,
    made_at TIMESTAMP_TZ NOT NULL,
    clients BIGINT NOT NULL,
    summary TEXT NOT NULL,
    PRIMARY KEY (business_date)
);

COMMENT ON TABLE ops.night_summaries IS 'What the nights of a business date that is over teach: made from the ledger, and can be made again.';

COMMENT ON COLUMN ops.night_summaries.summary IS 'JSON: what each client''s night took, a column per kind of number';

CREATE HYBRID TABLE ops.deadline_outcomes (
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    deadline TIMESTAMP_TZ NOT NULL,
    met BOOLEAN NOT NULL,
    released_at TIMESTAMP_TZ,
    blocked_by VARCHAR(64),
    owner_group VARCHAR(16),
    owner VARCHAR(256),
    p_miss FLOAT,
    decided_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (client_id, business_date)
);

COMMENT ON TABLE ops.deadline_outcomes IS 'Whether each deadline was kept, as it passed. Written once, with its audit entry.';

COMMENT ON COLUMN ops.deadline_outcomes.deadline IS 'as the night''s overrides had it when it passed';

COMMENT ON COLUMN ops.deadline_outcomes.released_at IS 'of the first release that stood; null where there was none yet';

COMMENT ON COLUMN ops.deadline_outcomes.blocked_by IS 'the step that held it at the deadline; null where it was kept';

COMMENT ON COLUMN ops.deadline_outcomes.owner IS 'who answered for that step';

COMMENT ON COLUMN ops.deadline_outcomes.p_miss IS 'what the last forecast before the deadline said; null where there was none';

CREATE HYBRID TABLE ops.forecasts (
    forecast_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    made_at TIMESTAMP_TZ NOT NULL,
    deadline TIMESTAMP_TZ NOT NULL,
    p_miss FLOAT NOT NULL,
    p_raw FLOAT NOT NULL,
    p50 TIMESTAMP_TZ,
    p90 TIMESTAMP_TZ,
    driver VARCHAR(64),
    driver_group VARCHAR(16),
    drop_dead_at TIMESTAMP_TZ,
    PRIMARY KEY (forecast_id)
);

COMMENT ON TABLE ops.forecasts IS 'What was forecast of client nights, where it changed or an hour had passed.';

COMMENT ON COLUMN ops.forecasts.forecast_id IS 'digest of client, business date and made_at';

COMMENT ON COLUMN ops.forecasts.p_miss IS 'probability that nothing is released by the deadline';

COMMENT ON COLUMN ops.forecasts.p_raw IS 'the same before what past forecasts were worth corrected it';

COMMENT ON COLUMN ops.forecasts.p50 IS 'when it will be released, with a probability of a half; null: not tonight';

COMMENT ON COLUMN ops.forecasts.driver IS 'the step that most of the risk is due to';

COMMENT ON COLUMN ops.forecasts.drop_dead_at IS 'by when that step must be done to keep the deadline, nine in ten';

CREATE INDEX forecasts_by_date ON ops.forecasts (business_date, client_id);

UPDATE ops.alembic_version SET version_num='0006' WHERE ops.alembic_version.version_num = '0005';

-- Running upgrade 0006 -> 0007

CREATE HYBRID TABLE ops.incidents (
    incident_id VARCHAR(64) NOT NULL,
    cause_key VARCHAR(512) NOT NULL,
    kind VARCHAR(32) NOT NULL,
    owner_group VARCHAR(16) NOT NULL,
    owner TEXT NOT NULL,
    cause_text TEXT NOT NULL,
    affected TEXT NOT NULL,
    fix TEXT NOT NULL,
    tried TEXT NOT NULL,
    evidence TEXT NOT NULL,
    state VARCHAR(16) NOT NULL,
    urgency VARCHAR(16) NOT NULL,
    opened_at TIMESTAMP_TZ NOT NULL,
    policy VARCHAR(64) NOT NULL,
    armed_at TIMESTAMP_TZ NOT NULL,
    seen_at TIMESTAMP_TZ NOT NULL,
    drop_dead_at TIMESTAMP_TZ,
    acknowledged_by VARCHAR(256),
    acknowledged_at TIMESTAMP_TZ,
    snoozed_until TIMESTAMP_TZ,
    resolved_at TIMESTAMP_TZ,
    resolved_by VARCHAR(256),
    came_back BIGINT NOT NULL,
    rearmed BOOLEAN NOT NULL,
    PRIMARY KEY (incident_id)
);

COMMENT ON TABLE ops.incidents IS 'One row per incident: what became of a root cause. Its audit entries say who did what.';

COMMENT ON COLUMN ops.incidents.owner IS 'JSON: name and e-mail address of whose it is';

COMMENT ON COLUMN ops.incidents.affected IS 'JSON array: the client nights that it holds up';

COMMENT ON COLUMN ops.incidents.state IS 'open, acknowledged, snoozed or resolved';

COMMENT ON COLUMN ops.incidents.urgency IS 'the highest since it was armed';

COMMENT ON COLUMN ops.incidents.policy IS 'version of the escalation policy that it keeps';

COMMENT ON COLUMN ops.incidents.seen_at IS 'when its cause stood last';

COMMENT ON COLUMN ops.incidents.drop_dead_at IS 'by when it must be gone to keep the deadlines, nine in ten';

COMMENT ON COLUMN ops.incidents.resolved_by IS 'null where the cause went away by itself';

CREATE INDEX incidents_by_state ON ops.incidents (state);

CREATE HYBRID TABLE ops.messages (
    message_id VARCHAR(64) NOT NULL,
    incident_id VARCHAR(64),
    recipient VARCHAR(256) NOT NULL,
    recipient_name VARCHAR(256) NOT NULL,
    urgency VARCHAR(16) NOT NULL,
    channels TEXT NOT NULL,
    due_at TIMESTAMP_TZ NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    html TEXT,
    rung BIGINT NOT NULL,
    state VARCHAR(16) NOT NULL,
    attempts BIGINT NOT NULL,
    claimed_at TIMESTAMP_TZ,
    next_at TIMESTAMP_TZ NOT NULL,
    sent_at TIMESTAMP_TZ,
    sent_by VARCHAR(64),
    last_error TEXT,
    PRIMARY KEY (message_id)
);

COMMENT ON TABLE ops.messages IS 'Everything that is to be said to somebody, once each, written with what made it necessary.';

COMMENT ON COLUMN ops.messages.message_id IS 'the dedupe key of the channels that know one';

COMMENT ON COLUMN ops.messages.incident_id IS 'null: a digest';

COMMENT ON COLUMN ops.messages.recipient IS 'e-mail address';

COMMENT ON COLUMN ops.messages.channels IS 'JSON array of names, the first to be tried first';

COMMENT ON COLUMN ops.messages.html IS 'the same for channels that show HTML; null: there is none';

COMMENT ON COLUMN ops.messages.state IS 'due, sending, sent, failed or dropped';

COMMENT ON COLUMN ops.messages.attempts IS 'also what an attempt is claimed by: one of two wins';

COMMENT ON COLUMN ops.messages.claimed_at IS 'when the last attempt was claimed';

COMMENT ON COLUMN ops.messages.next_at IS 'not to be tried before';

COMMENT ON COLUMN ops.messages.sent_by IS 'name of the channel';

COMMENT ON COLUMN ops.messages.last_error IS 'in our words: never what a server said, nor an address with a secret in it';

CREATE INDEX messages_by_state ON ops.messages (state);

CREATE INDEX messages_by_incident ON ops.messages (incident_id);

CREATE HYBRID TABLE ops.message_attempts (
    message_id VARCHAR(64) NOT NULL,
    number BIGINT NOT NULL,
    channel VARCHAR(64) NOT NULL,
    started_at TIMESTAMP_TZ NOT NULL,
    ended_at TIMESTAMP_TZ,
    outcome VARCHAR(16),
    detail TEXT,
    PRIMARY KEY (message_id, number)
);

COMMENT ON TABLE ops.message_attempts IS 'Each try to send a message, committed before anything leaves the house.';

COMMENT ON COLUMN ops.message_attempts.ended_at IS 'null: under way, or its process was killed';

COMMENT ON COLUMN ops.message_attempts.outcome IS 'delivered, again or refused; null as above';

CREATE HYBRID TABLE ops.heartbeats (
    service VARCHAR(64) NOT NULL,
    beat_at TIMESTAMP_TZ NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (service)
);

COMMENT ON TABLE ops.heartbeats IS 'When each service last gave a sign of life.';

UPDATE ops.alembic_version SET version_num='0007' WHERE ops.alembic_version.version_num = '0006';

-- Running upgrade 0007 -> 0008

ALTER TABLE ops.loads ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN ops.loads.load_id IS 'what the rows in RAW say too; null for loads from before it was kept';

ALTER TABLE raw.medical_claim ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.medical_claim.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE raw.pharmacy_claim ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.pharmacy_claim.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE raw.eligibility ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.eligibility.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE raw.lab_result ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.lab_result.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE raw.practitioner ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.practitioner.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE raw.provider_attribution ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.provider_attribution.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE raw.patient ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN raw.patient.load_id IS 'of the attempt that put it here; null for rows from before it was kept';

ALTER TABLE quarantine."rows" ADD COLUMN load_id VARCHAR(16);

COMMENT ON COLUMN quarantine."rows".load_id IS 'of the attempt that put it here; null for rows from before it was kept';

CREATE HYBRID TABLE ops.delivery_profiles (
    delivery_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    feed VARCHAR(32) NOT NULL,
    source_columns TEXT NOT NULL,
    profile TEXT,
    findings TEXT NOT NULL,
    held TEXT,
    judged_at TIMESTAMP_TZ NOT NULL,
    PRIMARY KEY (delivery_id)
);

COMMENT ON TABLE ops.delivery_profiles IS 'Each delivery in numbers, and its drift from the feed''s earlier ones as last judged.';

COMMENT ON COLUMN ops.delivery_profiles.source_columns IS 'JSON: layout to its files'' columns, names and kinds';

COMMENT ON COLUMN ops.delivery_profiles.profile IS 'JSON: rows, bytes, empty values, totals; null where the contract held it';

COMMENT ON COLUMN ops.delivery_profiles.findings IS 'JSON array: how it is unlike the feed''s earlier deliveries';

COMMENT ON COLUMN ops.delivery_profiles.held IS 'the findings that hold it, in words; null where none does';

CREATE INDEX delivery_profiles_by_feed ON ops.delivery_profiles (client_id, feed, business_date);

CREATE TABLE raw.key_sketches (
    delivery_id VARCHAR(64) NOT NULL,
    sketch TEXT NOT NULL
);

COMMENT ON TABLE raw.key_sketches IS 'A sample of each delivery''s keys, to tell how many of them the next one shares. Access as for RAW.';

COMMENT ON COLUMN raw.key_sketches.sketch IS 'hashes of about a thousand keys: derived from members'' identifiers';

UPDATE ops.alembic_version SET version_num='0008' WHERE ops.alembic_version.version_num = '0007';

-- Running upgrade 0008 -> 0009

ALTER TABLE ops.deliveries ADD COLUMN expected TEXT;

COMMENT ON COLUMN ops.deliveries.expected IS 'canonical JSON: what its sender says of it, as its load compares; null: nothing';

ALTER TABLE ops.stray_files ADD COLUMN gone_at TIMESTAMP_TZ;

COMMENT ON COLUMN ops.stray_files.gone_at IS 'when it was found to be no stray any more; null while it is one';

COMMENT ON TABLE ops.stray_files IS 'Files in the landing zone that are of no delivery, and why: left where they are, said once.';

UPDATE ops.alembic_version SET version_num='0009' WHERE ops.alembic_version.version_num = '0008';

-- Running upgrade 0009 -> 0010

CREATE HYBRID TABLE ops.retention_removals (
    removal_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    kind VARCHAR(16) NOT NULL,
    rows_removed BIGINT NOT NULL,
    tables TEXT NOT NULL,
    files BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    removed_at TIMESTAMP_TZ NOT NULL,
    files_gone_at TIMESTAMP_TZ,
    files_left BIGINT,
    PRIMARY KEY (removal_id)
);

COMMENT ON TABLE ops.retention_removals IS 'What was removed of client nights past their years; its row commits before a landed file goes.';

COMMENT ON COLUMN ops.retention_removals.removal_id IS 'digest of client, business date, kind and removed_at';

COMMENT ON COLUMN ops.retention_removals.kind IS 'raw or curated';

COMMENT ON COLUMN ops.retention_removals.tables IS 'JSON: table to rows removed';

COMMENT ON COLUMN ops.retention_removals.files IS 'landed files that are to go too';

COMMENT ON COLUMN ops.retention_removals.bytes IS 'of these files, as delivered';

COMMENT ON COLUMN ops.retention_removals.removed_at IS 'when the rows went, with this row';

COMMENT ON COLUMN ops.retention_removals.files_gone_at IS 'when the files were found gone; null while they are to go';

COMMENT ON COLUMN ops.retention_removals.files_left IS 'files that were not those delivered any more, and stay';

CREATE INDEX retention_removals_by_night ON ops.retention_removals (client_id, business_date);

CREATE INDEX audit_entries_by_action ON ops.audit_entries (action);

UPDATE ops.alembic_version SET version_num='0010' WHERE ops.alembic_version.version_num = '0009';

-- Running upgrade 0010 -> 0011

CREATE HYBRID TABLE ops.backfills (
    backfill_id VARCHAR(64) NOT NULL,
    state VARCHAR(16) NOT NULL,
    reason TEXT NOT NULL,
    opened_by VARCHAR(256) NOT NULL,
    opened_at TIMESTAMP_TZ NOT NULL,
    ended_by VARCHAR(256),
    ended_at TIMESTAMP_TZ,
    ended_reason TEXT,
    cost TEXT NOT NULL,
    PRIMARY KEY (backfill_id)
);

COMMENT ON TABLE ops.backfills IS 'Client nights that are rebuilt together. How far one is, the tables of those nights say.';

COMMENT ON COLUMN ops.backfills.backfill_id IS 'digest of its client nights, and of which time it is';

COMMENT ON COLUMN ops.backfills.state IS 'open, cancelled or done';

COMMENT ON COLUMN ops.backfills.opened_by IS 'e-mail address, as in people.yaml';

COMMENT ON COLUMN ops.backfills.ended_by IS 'who cancelled it; acme where it was done; null while it is open';

COMMENT ON COLUMN ops.backfills.ended_reason IS 'why it was cancelled; null else';

COMMENT ON COLUMN ops.backfills.cost IS 'JSON: runs and rows, as they were planned';

CREATE HYBRID TABLE ops.backfill_nights (
    backfill_id VARCHAR(64) NOT NULL,
    client_id VARCHAR(64) NOT NULL,
    business_date DATE NOT NULL,
    feeds TEXT NOT NULL,
    marts TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (backfill_id, client_id, business_date),
    FOREIGN KEY(backfill_id) REFERENCES ops.backfills (backfill_id)
);

COMMENT ON TABLE ops.backfill_nights IS 'The client nights of each backfill, as they were planned.';

COMMENT ON COLUMN ops.backfill_nights.feeds IS 'JSON array: the feeds of this night that it is for';

COMMENT ON COLUMN ops.backfill_nights.marts IS 'JSON array: the marts that can change';

COMMENT ON COLUMN ops.backfill_nights.why IS 'JSON array: why it is in the plan';

CREATE INDEX backfill_nights_by_night ON ops.backfill_nights (client_id, business_date);

UPDATE ops.alembic_version SET version_num='0011' WHERE ops.alembic_version.version_num = '0010';
