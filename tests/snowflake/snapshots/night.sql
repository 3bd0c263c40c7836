-- what acme_loader runs

INSERT INTO ops.client_nights (client_id, business_date, settled) SELECT :param_1 AS client_id, :param_2 AS business_date, :param_3 AS settled
WHERE NOT (EXISTS (SELECT :param_4 AS anon_1
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1));

INSERT INTO ops.deliveries (delivery_id, client_id, business_date, feed, content_hash, bytes, landed_at, observed_at, state, reason, state_at) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS content_hash, :param_6 AS bytes, :param_7 AS landed_at, :param_8 AS observed_at, :param_9 AS state, :param_10 AS reason, :param_11 AS state_at
WHERE NOT (EXISTS (SELECT :param_12 AS anon_1
FROM ops.deliveries
WHERE ops.deliveries.delivery_id = :delivery_id_1));

INSERT INTO ops.delivery_files (delivery_id, path, layout, sha256, bytes, rows_in, rows_loaded, rows_quarantined, rows_out_of_scope) VALUES (:delivery_id, :path, :layout, :sha256, :bytes, :rows_in, :rows_loaded, :rows_quarantined, :rows_out_of_scope);

SELECT ops.deliveries.delivery_id
FROM ops.deliveries
WHERE ops.deliveries.client_id = :client_id_1 AND ops.deliveries.business_date = :business_date_1 AND ops.deliveries.feed = :feed_1 AND ops.deliveries.delivery_id != :delivery_id_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, entry) VALUES (:entry_id, :recorded_at, :actor, :action, :client_id, :business_date, :entry);

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.releases.release_id, ops.releases.evidence_digest AS released_digest, ops.releases.released_at
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate LEFT OUTER JOIN ops.releases ON ops.releases.release_id = ops.client_nights.live_release
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.sign_offs.sign_off_id, ops.sign_offs.client_id, ops.sign_offs.business_date, ops.sign_offs.evidence_digest, ops.sign_offs.decision, ops.sign_offs.analyst, ops.sign_offs.reason, ops.sign_offs.signed_at
FROM ops.sign_offs JOIN ops.client_nights ON ops.client_nights.client_id = ops.sign_offs.client_id AND ops.client_nights.business_date = ops.sign_offs.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.loads.delivery_id, ops.loads.client_id, ops.loads.business_date, ops.loads.feed, ops.loads.rows_in, ops.loads.rows_loaded, ops.loads.rows_quarantined, ops.loads.lines_loaded, ops.loads.loaded_at
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1;

SELECT ops.delivery_files.path, ops.delivery_files.layout, ops.delivery_files.sha256
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1 ORDER BY ops.delivery_files.path;

SELECT ops.client_nights.client_id
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id AND ops.client_nights.business_date = :business_date FOR UPDATE WAIT 900;

UPDATE ops.delivery_files SET rows_in=:rows_in, rows_loaded=:rows_loaded, rows_quarantined=:rows_quarantined, rows_out_of_scope=:rows_out_of_scope WHERE ops.delivery_files.delivery_id = :delivery_id_1 AND ops.delivery_files.path = :path_1;

INSERT INTO ops.loads (delivery_id, client_id, business_date, feed, rows_in, rows_loaded, rows_quarantined, lines_loaded, loaded_at) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS rows_in, :param_6 AS rows_loaded, :param_7 AS rows_quarantined, :param_8 AS lines_loaded, :param_9 AS loaded_at
WHERE NOT (EXISTS (SELECT :param_10 AS anon_1
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1));

UPDATE ops.deliveries SET state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id = :delivery_id_1 AND ops.deliveries.state = :state_1;

UPDATE ops.client_nights SET settled=:settled WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

UPDATE ops.deliveries SET state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id IN (:delivery_id_1_1);

INSERT INTO ops.contract_results (delivery_id, rule, column_name, rows_failed) VALUES (:delivery_id, :rule, :column_name, :rows_failed);

UPDATE ops.deliveries SET observed_at=:observed_at, state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id = :delivery_id_1 AND ops.deliveries.state = :state_1;

INSERT INTO ops.stray_files (path, reason, owner_group, client_id, bytes, first_seen_at) SELECT :param_1 AS path, :param_2 AS reason, :param_3 AS owner_group, :param_4 AS client_id, :param_5 AS bytes, :param_6 AS first_seen_at
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.stray_files
WHERE ops.stray_files.path = :path_1));

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.releases.release_id, ops.releases.evidence_digest AS released_digest, ops.releases.released_at
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate LEFT OUTER JOIN ops.releases ON ops.releases.release_id = ops.client_nights.live_release
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled = false UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled = false UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1 AND ops.deliveries.state IN (:state_2_1, :state_2_2, :state_2_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled = false UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT ops.sign_offs.sign_off_id, ops.sign_offs.client_id, ops.sign_offs.business_date, ops.sign_offs.evidence_digest, ops.sign_offs.decision, ops.sign_offs.analyst, ops.sign_offs.reason, ops.sign_offs.signed_at
FROM ops.sign_offs JOIN ops.client_nights ON ops.client_nights.client_id = ops.sign_offs.client_id AND ops.client_nights.business_date = ops.sign_offs.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled = false UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled = false UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.releases.release_id, ops.releases.evidence_digest AS released_digest, ops.releases.released_at
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate LEFT OUTER JOIN ops.releases ON ops.releases.release_id = ops.client_nights.live_release
WHERE ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.business_date = :business_date_1;

SELECT ops.sign_offs.sign_off_id, ops.sign_offs.client_id, ops.sign_offs.business_date, ops.sign_offs.evidence_digest, ops.sign_offs.decision, ops.sign_offs.analyst, ops.sign_offs.reason, ops.sign_offs.signed_at
FROM ops.sign_offs JOIN ops.client_nights ON ops.client_nights.client_id = ops.sign_offs.client_id AND ops.client_nights.business_date = ops.sign_offs.business_date
WHERE ops.client_nights.business_date = :business_date_1;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.business_date = :business_date_1;

SELECT ops.audit_entries.entry_id, ops.audit_entries.recorded_at, ops.audit_entries.action, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.recorded_at >= :recorded_at_1 ORDER BY ops.audit_entries.recorded_at, ops.audit_entries.entry_id;

INSERT INTO ops.stuck_work (work_key, client_id, business_date, stage, reason, since) SELECT :param_1 AS work_key, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS stage, :param_5 AS reason, :param_6 AS since
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.stuck_work
WHERE ops.stuck_work.work_key = :work_key_1));

-- what acme_transformer runs

INSERT INTO ops.client_nights (client_id, business_date, settled) SELECT :param_1 AS client_id, :param_2 AS business_date, :param_3 AS settled
WHERE NOT (EXISTS (SELECT :param_4 AS anon_1
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1));

SELECT ops.client_nights.client_id
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id AND ops.client_nights.business_date = :business_date FOR UPDATE WAIT 900;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.releases.release_id, ops.releases.evidence_digest AS released_digest, ops.releases.released_at
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate LEFT OUTER JOIN ops.releases ON ops.releases.release_id = ops.client_nights.live_release
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.sign_offs.sign_off_id, ops.sign_offs.client_id, ops.sign_offs.business_date, ops.sign_offs.evidence_digest, ops.sign_offs.decision, ops.sign_offs.analyst, ops.sign_offs.reason, ops.sign_offs.signed_at
FROM ops.sign_offs JOIN ops.client_nights ON ops.client_nights.client_id = ops.sign_offs.client_id AND ops.client_nights.business_date = ops.sign_offs.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

DELETE FROM ops.model_builds WHERE ops.model_builds.client_id = :client_id_1 AND ops.model_builds.business_date = :business_date_1 AND ops.model_builds.model = :model_1;

INSERT INTO ops.model_builds (client_id, business_date, model, inputs_key, state, tests_passed, tests_failed, reason, state_at) VALUES (:client_id, :business_date, :model, :inputs_key, :state, :tests_passed, :tests_failed, :reason, :state_at);

UPDATE ops.client_nights SET settled=:settled WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT SHA2(coalesce(CAST(length(CAST(marts.member_months.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(marts.member_months.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(marts.member_months.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(marts.member_months.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(marts.member_months.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(marts.member_months.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(marts.member_months.payer AS TEXT)) AS TEXT) || :param_9 || CAST(marts.member_months.payer AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(marts.member_months.member_months AS TEXT)) AS TEXT) || :param_12 || CAST(marts.member_months.member_months AS TEXT), :param_13), 256) AS h
FROM marts.member_months
WHERE marts.member_months.client_id = :client_id_1 AND marts.member_months.business_date = :business_date_1 ORDER BY h;

SELECT SHA2(coalesce(CAST(length(CAST(marts.pmpm.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(marts.pmpm.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(marts.pmpm.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(marts.pmpm.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(marts.pmpm.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(marts.pmpm.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(marts.pmpm.claim_type AS TEXT)) AS TEXT) || :param_9 || CAST(marts.pmpm.claim_type AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(marts.pmpm.member_months AS TEXT)) AS TEXT) || :param_12 || CAST(marts.pmpm.member_months AS TEXT), :param_13) || :param_14 || coalesce(CAST(length(CAST(marts.pmpm.paid_amount AS TEXT)) AS TEXT) || :param_15 || CAST(marts.pmpm.paid_amount AS TEXT), :param_16) || :param_17 || coalesce(CAST(length(CAST(marts.pmpm.allowed_amount AS TEXT)) AS TEXT) || :param_18 || CAST(marts.pmpm.allowed_amount AS TEXT), :param_19) || :param_20 || coalesce(CAST(length(CAST(marts.pmpm.paid_pmpm AS TEXT)) AS TEXT) || :param_21 || CAST(marts.pmpm.paid_pmpm AS TEXT), :param_22), 256) AS h
FROM marts.pmpm
WHERE marts.pmpm.client_id = :client_id_1 AND marts.pmpm.business_date = :business_date_1 ORDER BY h;

SELECT SHA2(coalesce(CAST(length(CAST(marts.pharmacy_spend.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(marts.pharmacy_spend.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(marts.pharmacy_spend.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(marts.pharmacy_spend.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(marts.pharmacy_spend.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(marts.pharmacy_spend.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(marts.pharmacy_spend.drug_code_type AS TEXT)) AS TEXT) || :param_9 || CAST(marts.pharmacy_spend.drug_code_type AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(marts.pharmacy_spend.drug_code AS TEXT)) AS TEXT) || :param_12 || CAST(marts.pharmacy_spend.drug_code AS TEXT), :param_13) || :param_14 || coalesce(CAST(length(CAST(marts.pharmacy_spend.claims AS TEXT)) AS TEXT) || :param_15 || CAST(marts.pharmacy_spend.claims AS TEXT), :param_16) || :param_17 || coalesce(CAST(length(CAST(marts.pharmacy_spend.members AS TEXT)) AS TEXT) || :param_18 || CAST(marts.pharmacy_spend.members AS TEXT), :param_19) || :param_20 || coalesce(CAST(length(CAST(marts.pharmacy_spend.quantity AS TEXT)) AS TEXT) || :param_21 || CAST(marts.pharmacy_spend.quantity AS TEXT), :param_22) || :param_23 || coalesce(CAST(length(CAST(marts.pharmacy_spend.days_supply AS TEXT)) AS TEXT) || :param_24 || CAST(marts.pharmacy_spend.days_supply AS TEXT), :param_25) || :param_26 || coalesce(CAST(length(CAST(marts.pharmacy_spend.paid_amount AS TEXT)) AS TEXT) || :param_27 || CAST(marts.pharmacy_spend.paid_amount AS TEXT), :param_28) || :param_29 || coalesce(CAST(length(CAST(marts.pharmacy_spend.allowed_amount AS TEXT)) AS TEXT) || :param_30 || CAST(marts.pharmacy_spend.allowed_amount AS TEXT), :param_31), 256) AS h
FROM marts.pharmacy_spend
WHERE marts.pharmacy_spend.client_id = :client_id_1 AND marts.pharmacy_spend.business_date = :business_date_1 ORDER BY h;

SELECT SHA2(coalesce(CAST(length(CAST(marts.lab_volume.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(marts.lab_volume.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(marts.lab_volume.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(marts.lab_volume.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(marts.lab_volume.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(marts.lab_volume.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(marts.lab_volume.component_type AS TEXT)) AS TEXT) || :param_9 || CAST(marts.lab_volume.component_type AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(marts.lab_volume.component_code AS TEXT)) AS TEXT) || :param_12 || CAST(marts.lab_volume.component_code AS TEXT), :param_13) || :param_14 || coalesce(CAST(length(CAST(marts.lab_volume.results AS TEXT)) AS TEXT) || :param_15 || CAST(marts.lab_volume.results AS TEXT), :param_16) || :param_17 || coalesce(CAST(length(CAST(marts.lab_volume.members AS TEXT)) AS TEXT) || :param_18 || CAST(marts.lab_volume.members AS TEXT), :param_19), 256) AS h
FROM marts.lab_volume
WHERE marts.lab_volume.client_id = :client_id_1 AND marts.lab_volume.business_date = :business_date_1 ORDER BY h;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at
FROM ops.deliveries
WHERE ops.deliveries.delivery_id = :delivery_id_1;

SELECT ops.delivery_files.delivery_id, ops.delivery_files.path, ops.delivery_files.layout, ops.delivery_files.sha256, ops.delivery_files.bytes, ops.delivery_files.rows_in, ops.delivery_files.rows_loaded, ops.delivery_files.rows_quarantined, ops.delivery_files.rows_out_of_scope
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1;

SELECT ops.contract_results.delivery_id, ops.contract_results.rule, ops.contract_results.column_name, ops.contract_results.rows_failed
FROM ops.contract_results
WHERE ops.contract_results.delivery_id = :delivery_id_1;

SELECT sum(ops.model_builds.tests_passed) AS sum_1
FROM ops.model_builds
WHERE ops.model_builds.client_id = :client_id_1 AND ops.model_builds.business_date = :business_date_1;

INSERT INTO ops.candidates (evidence_digest, client_id, business_date, inputs_key, evidence, built_at) SELECT :param_1 AS evidence_digest, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS inputs_key, :param_5 AS evidence, :param_6 AS built_at
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.candidates
WHERE ops.candidates.evidence_digest = :evidence_digest_1));

UPDATE ops.client_nights SET candidate=:candidate WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, entry) VALUES (:entry_id, :recorded_at, :actor, :action, :client_id, :business_date, :entry);

-- what acme_qa runs

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.releases.release_id, ops.releases.evidence_digest AS released_digest, ops.releases.released_at
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate LEFT OUTER JOIN ops.releases ON ops.releases.release_id = ops.client_nights.live_release
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.sign_offs.sign_off_id, ops.sign_offs.client_id, ops.sign_offs.business_date, ops.sign_offs.evidence_digest, ops.sign_offs.decision, ops.sign_offs.analyst, ops.sign_offs.reason, ops.sign_offs.signed_at
FROM ops.sign_offs JOIN ops.client_nights ON ops.client_nights.client_id = ops.sign_offs.client_id AND ops.client_nights.business_date = ops.sign_offs.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.candidates.evidence
FROM ops.candidates
WHERE ops.candidates.evidence_digest = :evidence_digest_1;

INSERT INTO ops.sign_offs (sign_off_id, client_id, business_date, evidence_digest, decision, analyst, reason, signed_at) VALUES (:sign_off_id, :client_id, :business_date, :evidence_digest, :decision, :analyst, :reason, :signed_at);

INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, entry) VALUES (:entry_id, :recorded_at, :actor, :action, :client_id, :business_date, :entry);

-- what acme_releaser runs

INSERT INTO ops.client_nights (client_id, business_date, settled) SELECT :param_1 AS client_id, :param_2 AS business_date, :param_3 AS settled
WHERE NOT (EXISTS (SELECT :param_4 AS anon_1
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1));

SELECT ops.client_nights.client_id
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id AND ops.client_nights.business_date = :business_date FOR UPDATE WAIT 900;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.releases.release_id, ops.releases.evidence_digest AS released_digest, ops.releases.released_at
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate LEFT OUTER JOIN ops.releases ON ops.releases.release_id = ops.client_nights.live_release
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.sign_offs.sign_off_id, ops.sign_offs.client_id, ops.sign_offs.business_date, ops.sign_offs.evidence_digest, ops.sign_offs.decision, ops.sign_offs.analyst, ops.sign_offs.reason, ops.sign_offs.signed_at
FROM ops.sign_offs JOIN ops.client_nights ON ops.client_nights.client_id = ops.sign_offs.client_id AND ops.client_nights.business_date = ops.sign_offs.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.candidates.evidence
FROM ops.candidates
WHERE ops.candidates.evidence_digest = :evidence_digest_1;

INSERT INTO published.lab_volume (release_id, client_id, business_date, year_month, component_type, component_code, results, members) SELECT :param_1 AS anon_1, marts.lab_volume.client_id, marts.lab_volume.business_date, marts.lab_volume.year_month, marts.lab_volume.component_type, marts.lab_volume.component_code, marts.lab_volume.results, marts.lab_volume.members
FROM marts.lab_volume
WHERE marts.lab_volume.client_id = :client_id_1 AND marts.lab_volume.business_date = :business_date_1;

SELECT SHA2(coalesce(CAST(length(CAST(published.lab_volume.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(published.lab_volume.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(published.lab_volume.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(published.lab_volume.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(published.lab_volume.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(published.lab_volume.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(published.lab_volume.component_type AS TEXT)) AS TEXT) || :param_9 || CAST(published.lab_volume.component_type AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(published.lab_volume.component_code AS TEXT)) AS TEXT) || :param_12 || CAST(published.lab_volume.component_code AS TEXT), :param_13) || :param_14 || coalesce(CAST(length(CAST(published.lab_volume.results AS TEXT)) AS TEXT) || :param_15 || CAST(published.lab_volume.results AS TEXT), :param_16) || :param_17 || coalesce(CAST(length(CAST(published.lab_volume.members AS TEXT)) AS TEXT) || :param_18 || CAST(published.lab_volume.members AS TEXT), :param_19), 256) AS h
FROM published.lab_volume
WHERE published.lab_volume.release_id = :release_id_1 ORDER BY h;

INSERT INTO published.member_months (release_id, client_id, business_date, year_month, payer, member_months) SELECT :param_1 AS anon_1, marts.member_months.client_id, marts.member_months.business_date, marts.member_months.year_month, marts.member_months.payer, marts.member_months.member_months
FROM marts.member_months
WHERE marts.member_months.client_id = :client_id_1 AND marts.member_months.business_date = :business_date_1;

SELECT SHA2(coalesce(CAST(length(CAST(published.member_months.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(published.member_months.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(published.member_months.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(published.member_months.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(published.member_months.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(published.member_months.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(published.member_months.payer AS TEXT)) AS TEXT) || :param_9 || CAST(published.member_months.payer AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(published.member_months.member_months AS TEXT)) AS TEXT) || :param_12 || CAST(published.member_months.member_months AS TEXT), :param_13), 256) AS h
FROM published.member_months
WHERE published.member_months.release_id = :release_id_1 ORDER BY h;

INSERT INTO published.pharmacy_spend (release_id, client_id, business_date, year_month, drug_code_type, drug_code, claims, members, quantity, days_supply, paid_amount, allowed_amount) SELECT :param_1 AS anon_1, marts.pharmacy_spend.client_id, marts.pharmacy_spend.business_date, marts.pharmacy_spend.year_month, marts.pharmacy_spend.drug_code_type, marts.pharmacy_spend.drug_code, marts.pharmacy_spend.claims, marts.pharmacy_spend.members, marts.pharmacy_spend.quantity, marts.pharmacy_spend.days_supply, marts.pharmacy_spend.paid_amount, marts.pharmacy_spend.allowed_amount
FROM marts.pharmacy_spend
WHERE marts.pharmacy_spend.client_id = :client_id_1 AND marts.pharmacy_spend.business_date = :business_date_1;

SELECT SHA2(coalesce(CAST(length(CAST(published.pharmacy_spend.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(published.pharmacy_spend.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(published.pharmacy_spend.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(published.pharmacy_spend.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(published.pharmacy_spend.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(published.pharmacy_spend.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(published.pharmacy_spend.drug_code_type AS TEXT)) AS TEXT) || :param_9 || CAST(published.pharmacy_spend.drug_code_type AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(published.pharmacy_spend.drug_code AS TEXT)) AS TEXT) || :param_12 || CAST(published.pharmacy_spend.drug_code AS TEXT), :param_13) || :param_14 || coalesce(CAST(length(CAST(published.pharmacy_spend.claims AS TEXT)) AS TEXT) || :param_15 || CAST(published.pharmacy_spend.claims AS TEXT), :param_16) || :param_17 || coalesce(CAST(length(CAST(published.pharmacy_spend.members AS TEXT)) AS TEXT) || :param_18 || CAST(published.pharmacy_spend.members AS TEXT), :param_19) || :param_20 || coalesce(CAST(length(CAST(published.pharmacy_spend.quantity AS TEXT)) AS TEXT) || :param_21 || CAST(published.pharmacy_spend.quantity AS TEXT), :param_22) || :param_23 || coalesce(CAST(length(CAST(published.pharmacy_spend.days_supply AS TEXT)) AS TEXT) || :param_24 || CAST(published.pharmacy_spend.days_supply AS TEXT), :param_25) || :param_26 || coalesce(CAST(length(CAST(published.pharmacy_spend.paid_amount AS TEXT)) AS TEXT) || :param_27 || CAST(published.pharmacy_spend.paid_amount AS TEXT), :param_28) || :param_29 || coalesce(CAST(length(CAST(published.pharmacy_spend.allowed_amount AS TEXT)) AS TEXT) || :param_30 || CAST(published.pharmacy_spend.allowed_amount AS TEXT), :param_31), 256) AS h
FROM published.pharmacy_spend
WHERE published.pharmacy_spend.release_id = :release_id_1 ORDER BY h;

INSERT INTO published.pmpm (release_id, client_id, business_date, year_month, claim_type, member_months, paid_amount, allowed_amount, paid_pmpm) SELECT :param_1 AS anon_1, marts.pmpm.client_id, marts.pmpm.business_date, marts.pmpm.year_month, marts.pmpm.claim_type, marts.pmpm.member_months, marts.pmpm.paid_amount, marts.pmpm.allowed_amount, marts.pmpm.paid_pmpm
FROM marts.pmpm
WHERE marts.pmpm.client_id = :client_id_1 AND marts.pmpm.business_date = :business_date_1;

SELECT SHA2(coalesce(CAST(length(CAST(published.pmpm.client_id AS TEXT)) AS TEXT) || :param_1 || CAST(published.pmpm.client_id AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(to_char(published.pmpm.business_date, :to_char_1)) AS TEXT) || :param_3 || to_char(published.pmpm.business_date, :to_char_1), :param_4) || :param_5 || coalesce(CAST(length(CAST(published.pmpm.year_month AS TEXT)) AS TEXT) || :param_6 || CAST(published.pmpm.year_month AS TEXT), :param_7) || :param_8 || coalesce(CAST(length(CAST(published.pmpm.claim_type AS TEXT)) AS TEXT) || :param_9 || CAST(published.pmpm.claim_type AS TEXT), :param_10) || :param_11 || coalesce(CAST(length(CAST(published.pmpm.member_months AS TEXT)) AS TEXT) || :param_12 || CAST(published.pmpm.member_months AS TEXT), :param_13) || :param_14 || coalesce(CAST(length(CAST(published.pmpm.paid_amount AS TEXT)) AS TEXT) || :param_15 || CAST(published.pmpm.paid_amount AS TEXT), :param_16) || :param_17 || coalesce(CAST(length(CAST(published.pmpm.allowed_amount AS TEXT)) AS TEXT) || :param_18 || CAST(published.pmpm.allowed_amount AS TEXT), :param_19) || :param_20 || coalesce(CAST(length(CAST(published.pmpm.paid_pmpm AS TEXT)) AS TEXT) || :param_21 || CAST(published.pmpm.paid_pmpm AS TEXT), :param_22), 256) AS h
FROM published.pmpm
WHERE published.pmpm.release_id = :release_id_1 ORDER BY h;

INSERT INTO ops.releases (release_id, client_id, business_date, evidence_digest, sign_off_id, rows_released, released_at) VALUES (:release_id, :client_id, :business_date, :evidence_digest, :sign_off_id, :rows_released, :released_at);

UPDATE ops.client_nights SET live_release=:live_release, settled=:settled WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, entry) VALUES (:entry_id, :recorded_at, :actor, :action, :client_id, :business_date, :entry);

UPDATE ops.client_nights SET settled=:settled WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;
