-- what acme_loader runs

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state = :state_1 AND ops.backfill_nights.business_date < :business_date_1;

INSERT INTO ops.client_nights (client_id, business_date) SELECT :param_1 AS client_id, :param_2 AS business_date
WHERE NOT (EXISTS (SELECT :param_3 AS anon_1
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1));

INSERT INTO ops.deliveries (delivery_id, client_id, business_date, feed, content_hash, bytes, landed_at, observed_at, state, reason, state_at, expected) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS content_hash, :param_6 AS bytes, :param_7 AS landed_at, :param_8 AS observed_at, :param_9 AS state, :param_10 AS reason, :param_11 AS state_at, :param_12 AS expected
WHERE NOT (EXISTS (SELECT :param_13 AS anon_1
FROM ops.deliveries
WHERE ops.deliveries.delivery_id = :delivery_id_1));

INSERT INTO ops.delivery_files (delivery_id, path, layout, sha256, bytes, rows_in, rows_loaded, rows_quarantined, rows_out_of_scope) VALUES (:delivery_id, :path, :layout, :sha256, :bytes, :rows_in, :rows_loaded, :rows_quarantined, :rows_out_of_scope);

SELECT ops.deliveries.delivery_id
FROM ops.deliveries
WHERE ops.deliveries.client_id = :client_id_1 AND ops.deliveries.business_date = :business_date_1 AND ops.deliveries.feed = :feed_1 AND ops.deliveries.delivery_id != :delivery_id_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, statement_id, entry) VALUES (:entry_id, :recorded_at, :actor, :action, :client_id, :business_date, :statement_id, :entry);

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.started_at, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.audit_entries.statement_id, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.entry
FROM ops.audit_entries LEFT OUTER JOIN ops.statements ON ops.statements.statement_id = ops.audit_entries.statement_id AND ops.statements.client_id = ops.audit_entries.client_id AND ops.statements.last_date = ops.audit_entries.business_date AND (ops.audit_entries.entry LIKE '%' || :param_1 || to_char(ops.statements.first_date, :to_char_1) || :param_2 || '%')
WHERE ops.audit_entries.statement_id IS NOT NULL AND ops.statements.statement_id IS NULL;

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id, ops.backfills.state, ops.backfills.ended_at, ops.backfills.ended_by
FROM ops.backfill_nights JOIN ops.client_nights ON ops.client_nights.client_id = ops.backfill_nights.client_id AND ops.client_nights.business_date = ops.backfill_nights.business_date JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id;

SELECT ops.loads.delivery_id, ops.loads.client_id, ops.loads.business_date, ops.loads.feed, ops.loads.rows_in, ops.loads.rows_loaded, ops.loads.rows_quarantined, ops.loads.lines_loaded, ops.loads.started_at, ops.loads.loaded_at, ops.loads.load_id
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1;

SELECT ops.delivery_files.path, ops.delivery_files.layout, ops.delivery_files.sha256, ops.delivery_files.bytes
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1 ORDER BY ops.delivery_files.path;

SELECT ops.deliveries.expected
FROM ops.deliveries
WHERE ops.deliveries.delivery_id = :delivery_id_1;

SELECT ops.client_nights.client_id
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id AND ops.client_nights.business_date = :business_date FOR UPDATE WAIT 900;

SELECT ops.delivery_profiles.source_columns
FROM ops.delivery_profiles JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_profiles.delivery_id JOIN ops.loads ON ops.loads.delivery_id = ops.delivery_profiles.delivery_id
WHERE ops.delivery_profiles.client_id = :client_id_1 AND ops.delivery_profiles.feed = :feed_1 AND ops.delivery_profiles.delivery_id != :delivery_id_1 AND ops.delivery_profiles.business_date <= :business_date_1 ORDER BY ops.delivery_profiles.business_date DESC, ops.loads.loaded_at DESC
 LIMIT :param_1;

SELECT ops.delivery_profiles.business_date, ops.deliveries.content_hash, ops.delivery_profiles.profile, ops.delivery_profiles.delivery_id
FROM ops.delivery_profiles JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_profiles.delivery_id
WHERE ops.delivery_profiles.client_id = :client_id_1 AND ops.delivery_profiles.feed = :feed_1 AND ops.delivery_profiles.delivery_id != :delivery_id_1 AND ops.deliveries.state = :state_1 AND ops.delivery_profiles.profile IS NOT NULL AND ops.delivery_profiles.business_date IN (:business_date_1_1, :business_date_1_2, :business_date_1_3, :business_date_1_4, :business_date_1_5, :business_date_1_6, :business_date_1_7, :business_date_1_8, :business_date_1_9, :business_date_1_10, :business_date_1_11, :business_date_1_12, :business_date_1_13, :business_date_1_14, :business_date_1_15, :business_date_1_16, :business_date_1_17, :business_date_1_18, :business_date_1_19, :business_date_1_20, :business_date_1_21, :business_date_1_22, :business_date_1_23, :business_date_1_24, :business_date_1_25, :business_date_1_26, :business_date_1_27, :business_date_1_28, :business_date_1_29, :business_date_1_30, :business_date_1_31, :business_date_1_32, :business_date_1_33, :business_date_1_34, :business_date_1_35, :business_date_1_36, :business_date_1_37, :business_date_1_38, :business_date_1_39, :business_date_1_40, :business_date_1_41, :business_date_1_42, :business_date_1_43, :business_date_1_44, :business_date_1_45, :business_date_1_46, :business_date_1_47, :business_date_1_48, :business_date_1_49, :business_date_1_50, :business_date_1_51, :business_date_1_52, :business_date_1_53, :business_date_1_54, :business_date_1_55, :business_date_1_56, :business_date_1_57, :business_date_1_58, :business_date_1_59, :business_date_1_60, :business_date_1_61, :business_date_1_62, :business_date_1_63, :business_date_1_64, :business_date_1_65, :business_date_1_66) ORDER BY ops.delivery_profiles.business_date;

SELECT ops.deliveries.content_hash
FROM ops.deliveries
WHERE ops.deliveries.delivery_id = :delivery_id_1;

SELECT raw.key_sketches.sketch
FROM raw.key_sketches
WHERE raw.key_sketches.delivery_id = :delivery_id_1;

SELECT raw.key_sketches.delivery_id
FROM raw.key_sketches
WHERE raw.key_sketches.delivery_id = :delivery_id_1;

INSERT INTO raw.key_sketches (delivery_id, sketch) VALUES (:delivery_id, :sketch);

INSERT INTO ops.delivery_profiles (delivery_id, client_id, business_date, feed, source_columns, profile, findings, held, judged_at) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS source_columns, :param_6 AS profile, :param_7 AS findings, :param_8 AS held, :param_9 AS judged_at
WHERE NOT (EXISTS (SELECT :param_10 AS anon_1
FROM ops.delivery_profiles
WHERE ops.delivery_profiles.delivery_id = :delivery_id_1));

SELECT ops.contract_results.rule, ops.contract_results.column_name, ops.contract_results.rows_failed
FROM ops.contract_results
WHERE ops.contract_results.delivery_id = :delivery_id_1;

UPDATE ops.delivery_files SET rows_in=:rows_in, rows_loaded=:rows_loaded, rows_quarantined=:rows_quarantined, rows_out_of_scope=:rows_out_of_scope WHERE ops.delivery_files.delivery_id = :delivery_id_1 AND ops.delivery_files.path = :path_1;

INSERT INTO ops.loads (delivery_id, client_id, business_date, feed, rows_in, rows_loaded, rows_quarantined, lines_loaded, started_at, loaded_at, load_id) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS rows_in, :param_6 AS rows_loaded, :param_7 AS rows_quarantined, :param_8 AS lines_loaded, :param_9 AS started_at, :param_10 AS loaded_at, :param_11 AS load_id
WHERE NOT (EXISTS (SELECT :param_12 AS anon_1
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1));

UPDATE ops.deliveries SET state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id = :delivery_id_1 AND ops.deliveries.state = :state_1;

UPDATE ops.client_nights SET settled_at=:settled_at WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

UPDATE ops.deliveries SET state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id IN (:delivery_id_1_1);

INSERT INTO ops.contract_results (delivery_id, rule, column_name, rows_failed) VALUES (:delivery_id, :rule, :column_name, :rows_failed);

UPDATE ops.deliveries SET observed_at=:observed_at, state=:state, reason=:reason, state_at=:state_at, expected=:expected WHERE ops.deliveries.delivery_id = :delivery_id_1 AND (ops.deliveries.state = :state_1 OR ops.deliveries.expected IS DISTINCT FROM NULL);

SELECT ops.delivery_files.path, ops.delivery_files.rows_in
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1;

SELECT ops.delivery_profiles.held
FROM ops.delivery_profiles
WHERE ops.delivery_profiles.delivery_id = :delivery_id_1;

SELECT sum(ops.delivery_files.rows_quarantined - coalesce(ops.delivery_files.rows_out_of_scope, :coalesce_1)) AS sum_1, sum(ops.delivery_files.rows_in - coalesce(ops.delivery_files.rows_out_of_scope, :coalesce_1)) AS sum_2
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1;

INSERT INTO ops.stray_files (path, reason, owner_group, client_id, bytes, first_seen_at) SELECT :param_1 AS path, :param_2 AS reason, :param_3 AS owner_group, :param_4 AS client_id, :param_5 AS bytes, :param_6 AS first_seen_at
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.stray_files
WHERE ops.stray_files.path = :path_1));

UPDATE ops.stray_files SET reason=:reason, owner_group=:owner_group, client_id=:client_id, bytes=:bytes, first_seen_at=CASE WHEN (ops.stray_files.gone_at IS NULL) THEN ops.stray_files.first_seen_at ELSE :param_1 END, gone_at=:gone_at WHERE ops.stray_files.path = :path_1 AND (ops.stray_files.reason != :reason_1 OR ops.stray_files.gone_at IS NOT NULL);

SELECT ops.stray_files.path, ops.stray_files.reason
FROM ops.stray_files
WHERE ops.stray_files.gone_at IS NULL AND ops.stray_files.reason NOT LIKE :reason_1;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) AND ops.deliveries.state IN (:state_3_1, :state_3_2, :state_3_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.started_at, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id, ops.backfills.state, ops.backfills.ended_at, ops.backfills.ended_by
FROM ops.backfill_nights JOIN ops.client_nights ON ops.client_nights.client_id = ops.backfill_nights.client_id AND ops.client_nights.business_date = ops.backfill_nights.business_date JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id;

SELECT ops.statements.client_id, ops.statements.first_date, ops.statements.last_date
FROM ops.statements
WHERE ops.statements.kind = :kind_1 AND ops.statements.last_date >= :last_date_1;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.started_at, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE ops.client_nights.business_date = :business_date_1;

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE ops.client_nights.business_date = :business_date_1;

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE ops.client_nights.business_date = :business_date_1;

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE ops.client_nights.business_date = :business_date_1 ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE ops.client_nights.business_date = :business_date_1;

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id, ops.backfills.state, ops.backfills.ended_at, ops.backfills.ended_by
FROM ops.backfill_nights JOIN ops.client_nights ON ops.client_nights.client_id = ops.backfill_nights.client_id AND ops.client_nights.business_date = ops.backfill_nights.business_date JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.client_nights.business_date = :business_date_1 ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id;

SELECT ops.audit_entries.entry_id, ops.audit_entries.recorded_at, ops.audit_entries.action, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.recorded_at >= :recorded_at_1 ORDER BY ops.audit_entries.recorded_at, ops.audit_entries.entry_id;

UPDATE ops.stray_files SET gone_at=:gone_at WHERE ops.stray_files.path IN (:path_1_1);

INSERT INTO ops.stuck_work (work_key, client_id, business_date, stage, reason, since) SELECT :param_1 AS work_key, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS stage, :param_5 AS reason, :param_6 AS since
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.stuck_work
WHERE ops.stuck_work.work_key = :work_key_1));

SELECT ops.deliveries.client_id, ops.deliveries.feed, ops.deliveries.business_date, ops.deliveries.delivery_id, ops.deliveries.state, ops.deliveries.reason
FROM ops.deliveries
WHERE (ops.deliveries.state = :state_1 OR ops.deliveries.delivery_id IN (SELECT ops.contract_results.delivery_id
FROM ops.contract_results)) AND ops.deliveries.client_id = :client_id_1 AND ops.deliveries.feed = :feed_1 AND ops.deliveries.business_date = :business_date_1 ORDER BY ops.deliveries.business_date DESC, ops.deliveries.client_id, ops.deliveries.feed, ops.deliveries.observed_at DESC
 LIMIT :param_1;

SELECT ops.contract_results.delivery_id, ops.contract_results.rule, ops.contract_results.column_name, ops.contract_results.rows_failed
FROM ops.contract_results
WHERE ops.contract_results.delivery_id IN (:delivery_id_1_1) ORDER BY ops.contract_results.rows_failed DESC;

SELECT count(*) AS count_1
FROM quarantine."rows"
WHERE quarantine."rows".delivery_id = :delivery_id_1;

SELECT quarantine."rows".source_file, quarantine."rows".source_row, quarantine."rows".rule, quarantine."rows".column_name, quarantine."rows".reason
FROM quarantine."rows"
WHERE quarantine."rows".delivery_id = :delivery_id_1 ORDER BY quarantine."rows".source_file, quarantine."rows".source_row
 LIMIT :param_1;

SELECT ops.delivery_profiles.business_date, ops.delivery_profiles.delivery_id, ops.deliveries.state, ops.delivery_profiles.profile, ops.delivery_profiles.findings, ops.delivery_profiles.judged_at
FROM ops.delivery_profiles JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_profiles.delivery_id
WHERE ops.delivery_profiles.client_id = :client_id_1 AND ops.delivery_profiles.feed = :feed_1 ORDER BY ops.delivery_profiles.business_date DESC, ops.delivery_profiles.judged_at DESC
 LIMIT :param_1;

SELECT quarantine."rows".source_file, quarantine."rows".source_row, quarantine."rows".rule, quarantine."rows".column_name, quarantine."rows".reason, quarantine."rows".original
FROM quarantine."rows"
WHERE quarantine."rows".delivery_id = :delivery_id_1 ORDER BY quarantine."rows".source_file, quarantine."rows".source_row
 LIMIT :param_1;

UPDATE ops.delivery_profiles SET source_columns=:source_columns, profile=:profile, findings=:findings, held=:held, judged_at=:judged_at WHERE ops.delivery_profiles.delivery_id = :delivery_id_1;

SELECT ops.deadline_outcomes.client_id, ops.deadline_outcomes.business_date
FROM ops.deadline_outcomes
WHERE ops.deadline_outcomes.business_date BETWEEN :business_date_1 AND :business_date_2;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.settled_at
FROM ops.client_nights
WHERE ops.client_nights.business_date BETWEEN :business_date_1 AND :business_date_2;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2)) ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2)) AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.started_at, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2));

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2));

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2));

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2)) ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2));

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id, ops.backfills.state, ops.backfills.ended_at, ops.backfills.ended_by
FROM ops.backfill_nights JOIN ops.client_nights ON ops.client_nights.client_id = ops.backfill_nights.client_id AND ops.client_nights.business_date = ops.backfill_nights.business_date JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2)) ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id;

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement, ops.statements.signature
FROM ops.statements
WHERE ops.statements.first_date <= :first_date_1 AND ops.statements.last_date >= :last_date_1;

SELECT ops.forecasts.client_id, ops.forecasts.business_date, ops.forecasts.made_at, ops.forecasts.deadline, ops.forecasts.p_miss
FROM ops.forecasts JOIN (SELECT ops.forecasts.client_id AS client_id, ops.forecasts.business_date AS business_date, max(ops.forecasts.made_at) AS made_at
FROM ops.forecasts
WHERE ops.forecasts.business_date BETWEEN :business_date_1 AND :business_date_2 GROUP BY ops.forecasts.client_id, ops.forecasts.business_date) AS newest ON ops.forecasts.client_id = newest.client_id AND ops.forecasts.business_date = newest.business_date AND ops.forecasts.made_at = newest.made_at
WHERE ops.forecasts.business_date BETWEEN :business_date_3 AND :business_date_4;

SELECT ops.client_nights.client_id, min(ops.client_nights.business_date) AS min_1
FROM ops.client_nights GROUP BY ops.client_nights.client_id;

INSERT INTO ops.forecasts (forecast_id, client_id, business_date, made_at, deadline, p_miss, p_raw, p50, p90, driver, driver_group, drop_dead_at) VALUES (:forecast_id, :client_id, :business_date, :made_at, :deadline, :p_miss, :p_raw, :p50, :p90, :driver, :driver_group, :drop_dead_at);

INSERT INTO ops.deadline_outcomes (client_id, business_date, deadline, met, released_at, blocked_by, owner_group, owner, p_miss, decided_at) SELECT :param_1 AS client_id, :param_2 AS business_date, :param_3 AS deadline, :param_4 AS met, :param_5 AS released_at, :param_6 AS blocked_by, :param_7 AS owner_group, :param_8 AS owner, :param_9 AS p_miss, :param_10 AS decided_at
WHERE NOT (EXISTS (SELECT :param_11 AS anon_1
FROM ops.deadline_outcomes
WHERE ops.deadline_outcomes.client_id = :client_id_1 AND ops.deadline_outcomes.business_date = :business_date_1));

SELECT ops.client_nights.business_date, count(*) AS count_1, count(ops.client_nights.live_release) AS count_2
FROM ops.client_nights LEFT OUTER JOIN ops.night_summaries ON ops.night_summaries.business_date = ops.client_nights.business_date
WHERE ops.client_nights.business_date >= :business_date_1 AND ops.night_summaries.business_date IS NULL GROUP BY ops.client_nights.business_date ORDER BY ops.client_nights.business_date;

SELECT ops.audit_entries.action, ops.audit_entries.recorded_at, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.business_date = :business_date_1 AND ops.audit_entries.action IN (:action_1_1, :action_1_2) ORDER BY ops.audit_entries.recorded_at;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.feed, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.loads.started_at, ops.loads.loaded_at
FROM ops.deliveries LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.deliveries.business_date = :business_date_1;

SELECT ops.candidates.client_id, ops.candidates.evidence_digest, ops.candidates.started_at, ops.candidates.built_at, ops.candidates.failed_suites
FROM ops.candidates
WHERE ops.candidates.business_date = :business_date_1 ORDER BY ops.candidates.built_at, ops.candidates.evidence_digest;

SELECT ops.statements.statement_id, ops.statements.recorded_at
FROM ops.statements
WHERE ops.statements.first_date <= :first_date_1 AND ops.statements.last_date >= :last_date_1;

SELECT ops.statements.signer, ops.statements.recorded_at
FROM ops.statements
WHERE ops.statements.kind = :kind_1 AND ops.statements.recorded_at BETWEEN :recorded_at_1 AND :recorded_at_2 ORDER BY ops.statements.recorded_at;

INSERT INTO ops.night_summaries (business_date, made_at, clients, summary) SELECT :param_1 AS business_date, :param_2 AS made_at, :param_3 AS clients, :param_4 AS summary
WHERE NOT (EXISTS (SELECT :param_5 AS anon_1
FROM ops.night_summaries
WHERE ops.night_summaries.business_date = :business_date_1));

UPDATE ops.night_summaries SET made_at=:made_at, clients=:clients, summary=:summary WHERE ops.night_summaries.business_date = :business_date_1;

SELECT count(*) AS count_1, max(ops.night_summaries.made_at) AS max_1
FROM ops.night_summaries
WHERE ops.night_summaries.business_date >= :business_date_1;

SELECT ops.night_summaries.business_date, ops.night_summaries.summary
FROM ops.night_summaries
WHERE ops.night_summaries.business_date >= :business_date_1 ORDER BY ops.night_summaries.business_date;

INSERT INTO ops.incidents (incident_id, cause_key, kind, owner_group, owner, cause_text, affected, fix, tried, evidence, state, urgency, opened_at, policy, armed_at, seen_at, drop_dead_at, acknowledged_by, acknowledged_at, snoozed_until, resolved_at, resolved_by, came_back, rearmed) SELECT :param_1 AS incident_id, :param_2 AS cause_key, :param_3 AS kind, :param_4 AS owner_group, :param_5 AS owner, :param_6 AS cause_text, :param_7 AS affected, :param_8 AS fix, :param_9 AS tried, :param_10 AS evidence, :param_11 AS state, :param_12 AS urgency, :param_13 AS opened_at, :param_14 AS policy, :param_15 AS armed_at, :param_16 AS seen_at, :param_17 AS drop_dead_at, :param_18 AS acknowledged_by, :param_19 AS acknowledged_at, :param_20 AS snoozed_until, :param_21 AS resolved_at, :param_22 AS resolved_by, :param_23 AS came_back, :param_24 AS rearmed
WHERE NOT (EXISTS (SELECT :param_25 AS anon_1
FROM ops.incidents
WHERE ops.incidents.incident_id = :incident_id_1));

UPDATE ops.messages SET state=:state, last_error=:last_error WHERE ops.messages.incident_id IN (:incident_id_1_1) AND ops.messages.state IN (:state_1_1, :state_1_2);

SELECT ops.messages.message_id
FROM ops.messages
WHERE ops.messages.message_id IN (:message_id_1_1, :message_id_1_2, :message_id_1_3);

INSERT INTO ops.messages (message_id, incident_id, recipient, recipient_name, urgency, channels, due_at, subject, body, html, rung, state, attempts, next_at) SELECT :param_1 AS message_id, :param_2 AS incident_id, :param_3 AS recipient, :param_4 AS recipient_name, :param_5 AS urgency, :param_6 AS channels, :param_7 AS due_at, :param_8 AS subject, :param_9 AS body, :param_10 AS html, :param_11 AS rung, :param_12 AS state, :param_13 AS attempts, :param_14 AS next_at
WHERE NOT (EXISTS (SELECT :param_15 AS anon_1
FROM ops.messages
WHERE ops.messages.message_id = :message_id_1));

UPDATE ops.incidents SET incident_id=:incident_id, cause_key=:cause_key, kind=:kind, owner_group=:owner_group, owner=:owner, cause_text=:cause_text, affected=:affected, fix=:fix, tried=:tried, evidence=:evidence, state=:state, urgency=:urgency, opened_at=:opened_at, policy=:policy, armed_at=:armed_at, seen_at=:seen_at, drop_dead_at=:drop_dead_at, acknowledged_by=:acknowledged_by, acknowledged_at=:acknowledged_at, snoozed_until=:snoozed_until, resolved_at=:resolved_at, resolved_by=:resolved_by, came_back=:came_back, rearmed=:rearmed WHERE ops.incidents.incident_id = :incident_id_1 AND ops.incidents.state IS NOT DISTINCT FROM :state_1 AND ops.incidents.armed_at IS NOT DISTINCT FROM :armed_at_1 AND ops.incidents.acknowledged_at IS NOT DISTINCT FROM NULL AND ops.incidents.snoozed_until IS NOT DISTINCT FROM NULL AND ops.incidents.resolved_at IS NOT DISTINCT FROM NULL;

INSERT INTO ops.heartbeats (service, beat_at, detail) SELECT :param_1 AS service, :param_2 AS beat_at, :param_3 AS detail
WHERE NOT (EXISTS (SELECT :param_4 AS anon_1
FROM ops.heartbeats
WHERE ops.heartbeats.service = :service_1));

UPDATE ops.heartbeats SET beat_at=:beat_at, detail=:detail WHERE ops.heartbeats.service = :service_1;

SELECT ops.heartbeats.service, ops.heartbeats.beat_at, ops.heartbeats.detail
FROM ops.heartbeats ORDER BY ops.heartbeats.service;

SELECT ops.incidents.incident_id, ops.incidents.cause_key, ops.incidents.kind, ops.incidents.owner_group, ops.incidents.owner, ops.incidents.cause_text, ops.incidents.affected, ops.incidents.fix, ops.incidents.tried, ops.incidents.evidence, ops.incidents.state, ops.incidents.urgency, ops.incidents.opened_at, ops.incidents.policy, ops.incidents.armed_at, ops.incidents.seen_at, ops.incidents.drop_dead_at, ops.incidents.acknowledged_by, ops.incidents.acknowledged_at, ops.incidents.snoozed_until, ops.incidents.resolved_at, ops.incidents.resolved_by, ops.incidents.came_back, ops.incidents.rearmed
FROM ops.incidents
WHERE ops.incidents.state != :state_1 ORDER BY ops.incidents.opened_at, ops.incidents.incident_id;

SELECT ops.incidents.incident_id, ops.incidents.cause_key, ops.incidents.kind, ops.incidents.owner_group, ops.incidents.owner, ops.incidents.cause_text, ops.incidents.affected, ops.incidents.fix, ops.incidents.tried, ops.incidents.evidence, ops.incidents.state, ops.incidents.urgency, ops.incidents.opened_at, ops.incidents.policy, ops.incidents.armed_at, ops.incidents.seen_at, ops.incidents.drop_dead_at, ops.incidents.acknowledged_by, ops.incidents.acknowledged_at, ops.incidents.snoozed_until, ops.incidents.resolved_at, ops.incidents.resolved_by, ops.incidents.came_back, ops.incidents.rearmed
FROM ops.incidents
WHERE ops.incidents.state != :state_1 OR ops.incidents.opened_at >= :opened_at_1 OR ops.incidents.resolved_at >= :resolved_at_1 ORDER BY ops.incidents.opened_at, ops.incidents.incident_id;

SELECT ops.incidents.incident_id, ops.incidents.cause_key, ops.incidents.kind, ops.incidents.owner_group, ops.incidents.owner, ops.incidents.cause_text, ops.incidents.affected, ops.incidents.fix, ops.incidents.tried, ops.incidents.evidence, ops.incidents.state, ops.incidents.urgency, ops.incidents.opened_at, ops.incidents.policy, ops.incidents.armed_at, ops.incidents.seen_at, ops.incidents.drop_dead_at, ops.incidents.acknowledged_by, ops.incidents.acknowledged_at, ops.incidents.snoozed_until, ops.incidents.resolved_at, ops.incidents.resolved_by, ops.incidents.came_back, ops.incidents.rearmed
FROM ops.incidents
WHERE (ops.incidents.incident_id LIKE :incident_id_1 || '%' ESCAPE '/') ORDER BY ops.incidents.opened_at, ops.incidents.incident_id;

SELECT ops.messages.message_id, ops.messages.incident_id, ops.messages.recipient, ops.messages.recipient_name, ops.messages.urgency, ops.messages.channels, ops.messages.due_at, ops.messages.subject, ops.messages.body, ops.messages.html, ops.messages.rung, ops.messages.state, ops.messages.attempts, ops.messages.claimed_at, ops.messages.next_at, ops.messages.sent_at, ops.messages.sent_by, ops.messages.last_error
FROM ops.messages
WHERE ops.messages.state = :state_1 AND ops.messages.next_at <= :next_at_1 OR ops.messages.state = :state_2 AND ops.messages.claimed_at <= :claimed_at_1 ORDER BY CASE WHEN (ops.messages.urgency = :urgency_1) THEN :param_1 ELSE :param_2 END, ops.messages.due_at, ops.messages.message_id
 LIMIT :param_3;

SELECT ops.messages.recipient, ops.messages.sent_at
FROM ops.messages
WHERE ops.messages.state = :state_1 AND ops.messages.sent_at > :sent_at_1 AND ops.messages.urgency != :urgency_1 ORDER BY ops.messages.sent_at;

INSERT INTO ops.message_attempts (message_id, number, channel, started_at) SELECT :param_1 AS message_id, :param_2 AS number, :param_3 AS channel, :param_4 AS started_at
WHERE NOT (EXISTS (SELECT :param_5 AS anon_1
FROM ops.message_attempts
WHERE ops.message_attempts.message_id = :message_id_1 AND ops.message_attempts.number = :number_1));

UPDATE ops.messages SET state=:state, attempts=:attempts, claimed_at=:claimed_at WHERE ops.messages.message_id = :message_id_1 AND ops.messages.attempts = :attempts_1 AND ops.messages.state IN (:state_1_1, :state_1_2);

UPDATE ops.message_attempts SET ended_at=:ended_at, outcome=:outcome, detail=:detail WHERE ops.message_attempts.message_id = :message_id_1 AND ops.message_attempts.number = :number_1;

SELECT ops.message_attempts.channel
FROM ops.message_attempts
WHERE ops.message_attempts.message_id = :message_id_1 AND ops.message_attempts.number = :number_1;

UPDATE ops.messages SET state=:state, next_at=:next_at, last_error=:last_error WHERE ops.messages.message_id = :message_id_1 AND ops.messages.attempts = :attempts_1 AND ops.messages.state IN (:state_1_1);

UPDATE ops.messages SET next_at=:next_at WHERE ops.messages.message_id = :message_id_1 AND ops.messages.attempts = :attempts_1 AND ops.messages.state = :state_1;

UPDATE ops.messages SET state=:state, last_error=:last_error WHERE ops.messages.message_id = :message_id_1 AND ops.messages.attempts = :attempts_1 AND ops.messages.state IN (:state_1_1, :state_1_2);

SELECT ops.message_attempts.message_id, ops.message_attempts.channel, ops.message_attempts.outcome, ops.message_attempts.detail
FROM ops.message_attempts
WHERE ops.message_attempts.message_id IN (:message_id_1_1) ORDER BY ops.message_attempts.message_id, ops.message_attempts.number;

UPDATE ops.messages SET state=:state, last_error=:last_error WHERE ops.messages.message_id = :message_id_1 AND ops.messages.attempts = :attempts_1 AND ops.messages.state IN (:state_1_1);

UPDATE ops.messages SET state=:state, sent_at=:sent_at, sent_by=:sent_by, last_error=:last_error WHERE ops.messages.message_id = :message_id_1 AND ops.messages.attempts = :attempts_1 AND ops.messages.state IN (:state_1_1, :state_1_2);

SELECT ops.messages.message_id, ops.messages.incident_id, ops.messages.recipient, ops.messages.recipient_name, ops.messages.urgency, ops.messages.channels, ops.messages.due_at, ops.messages.subject, ops.messages.body, ops.messages.html, ops.messages.rung, ops.messages.state, ops.messages.attempts, ops.messages.claimed_at, ops.messages.next_at, ops.messages.sent_at, ops.messages.sent_by, ops.messages.last_error
FROM ops.messages
WHERE (ops.messages.due_at >= :due_at_1 OR ops.messages.state IN (:state_1_1, :state_1_2)) AND ops.messages.incident_id IN (:incident_id_1_1) ORDER BY ops.messages.due_at, ops.messages.message_id;

SELECT ops.messages.message_id, ops.messages.incident_id, ops.messages.recipient, ops.messages.recipient_name, ops.messages.urgency, ops.messages.channels, ops.messages.due_at, ops.messages.subject, ops.messages.body, ops.messages.html, ops.messages.rung, ops.messages.state, ops.messages.attempts, ops.messages.claimed_at, ops.messages.next_at, ops.messages.sent_at, ops.messages.sent_by, ops.messages.last_error
FROM ops.messages
WHERE ops.messages.due_at >= :due_at_1 AND (ops.messages.state = :state_1 OR ops.messages.state IN (:state_2_1, :state_2_2) AND ops.messages.urgency = :urgency_1 AND ops.messages.due_at <= :due_at_2) ORDER BY ops.messages.due_at, ops.messages.message_id;

SELECT ops.delivery_profiles.business_date, ops.deliveries.content_hash, ops.delivery_profiles.profile, ops.delivery_profiles.delivery_id
FROM ops.delivery_profiles JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_profiles.delivery_id
WHERE ops.delivery_profiles.client_id = :client_id_1 AND ops.delivery_profiles.feed = :feed_1 AND ops.delivery_profiles.delivery_id != :delivery_id_1 AND ops.deliveries.state = :state_1 AND ops.delivery_profiles.profile IS NOT NULL AND ops.delivery_profiles.business_date IN (:business_date_1_1, :business_date_1_2, :business_date_1_3, :business_date_1_4, :business_date_1_5, :business_date_1_6, :business_date_1_7, :business_date_1_8, :business_date_1_9, :business_date_1_10, :business_date_1_11, :business_date_1_12, :business_date_1_13, :business_date_1_14, :business_date_1_15, :business_date_1_16, :business_date_1_17, :business_date_1_18, :business_date_1_19, :business_date_1_20, :business_date_1_21, :business_date_1_22, :business_date_1_23, :business_date_1_24, :business_date_1_25, :business_date_1_26, :business_date_1_27, :business_date_1_28, :business_date_1_29, :business_date_1_30, :business_date_1_31, :business_date_1_32, :business_date_1_33, :business_date_1_34, :business_date_1_35, :business_date_1_36, :business_date_1_37, :business_date_1_38, :business_date_1_39, :business_date_1_40, :business_date_1_41, :business_date_1_42, :business_date_1_43, :business_date_1_44, :business_date_1_45, :business_date_1_46, :business_date_1_47, :business_date_1_48, :business_date_1_49, :business_date_1_50, :business_date_1_51, :business_date_1_52, :business_date_1_53, :business_date_1_54, :business_date_1_55, :business_date_1_56, :business_date_1_57, :business_date_1_58, :business_date_1_59, :business_date_1_60, :business_date_1_61, :business_date_1_62, :business_date_1_63, :business_date_1_64, :business_date_1_65, :business_date_1_66, :business_date_1_67) ORDER BY ops.delivery_profiles.business_date;

SELECT ops.backfills.backfill_id, ops.backfills.state, ops.backfills.reason, ops.backfills.opened_by, ops.backfills.opened_at, ops.backfills.ended_by, ops.backfills.ended_at, ops.backfills.ended_reason, ops.backfills.cost
FROM ops.backfills
WHERE ops.backfills.state = :state_1 ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id
 LIMIT :param_1;

SELECT ops.backfill_nights.backfill_id, ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfill_nights.feeds, ops.backfill_nights.marts, ops.backfill_nights.why
FROM ops.backfill_nights
WHERE ops.backfill_nights.backfill_id IN (:backfill_id_1_1) ORDER BY ops.backfill_nights.business_date, ops.backfill_nights.client_id;

UPDATE ops.backfills SET state=:state, ended_by=:ended_by, ended_at=:ended_at, ended_reason=:ended_reason WHERE ops.backfills.backfill_id = :backfill_id_1 AND ops.backfills.state = :state_1;

-- what acme_on_call runs, and 24 statements shown above

SELECT ops.contract_results.rows_failed
FROM ops.contract_results
WHERE ops.contract_results.delivery_id = :delivery_id_1 AND ops.contract_results.rule != :rule_1;

SELECT sum(ops.delivery_files.rows_in - coalesce(ops.delivery_files.rows_out_of_scope, :coalesce_1)) AS sum_1
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1;

INSERT INTO ops.statements (statement_id, kind, client_id, first_date, last_date, signer, role, key_id, statement, signature, login, recorded_at) VALUES (:statement_id, :kind, :client_id, :first_date, :last_date, :signer, :role, :key_id, :statement, :signature, CURRENT_USER, :recorded_at);

SELECT ops.statements.statement_id, ops.statements.client_id
FROM ops.statements
WHERE ops.statements.statement_id LIKE :statement_id_1 AND ops.statements.client_id = :client_id_1
 LIMIT :param_1;

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement, ops.statements.signature
FROM ops.statements
WHERE ops.statements.client_id = :client_id_1 ORDER BY ops.statements.recorded_at, ops.statements.statement_id;

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.statements
WHERE ops.statements.client_id = :client_id_1 AND ops.statements.first_date <= :first_date_1 AND ops.statements.last_date >= :last_date_1;

SELECT ops.deliveries.delivery_id, ops.deliveries.business_date, ops.loads.rows_loaded
FROM ops.deliveries JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.deliveries.client_id = :client_id_1 AND ops.deliveries.feed = :feed_1 AND ops.deliveries.business_date < :business_date_1 AND ops.deliveries.state = :state_1 AND ops.deliveries.reason IS NULL ORDER BY ops.deliveries.business_date DESC
 LIMIT :param_1;

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement, ops.statements.signature
FROM ops.statements ORDER BY ops.statements.recorded_at, ops.statements.statement_id;

SELECT ops.client_nights.business_date
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date BETWEEN :business_date_1 AND :business_date_2;

SELECT ops.statements.statement_id, ops.statements.client_id
FROM ops.statements
WHERE ops.statements.statement_id LIKE :statement_id_1 AND ops.statements.kind IN (:kind_1_1) AND ops.statements.client_id = :client_id_1
 LIMIT :param_1;

INSERT INTO ops.acknowledgement_links (link_id, request_id, contact, code_hash, made_at, expires_at, attempts) VALUES (:link_id, :request_id, :contact, :code_hash, :made_at, :expires_at, :attempts);

UPDATE ops.incidents SET incident_id=:incident_id, cause_key=:cause_key, kind=:kind, owner_group=:owner_group, owner=:owner, cause_text=:cause_text, affected=:affected, fix=:fix, tried=:tried, evidence=:evidence, state=:state, urgency=:urgency, opened_at=:opened_at, policy=:policy, armed_at=:armed_at, seen_at=:seen_at, drop_dead_at=:drop_dead_at, acknowledged_by=:acknowledged_by, acknowledged_at=:acknowledged_at, snoozed_until=:snoozed_until, resolved_at=:resolved_at, resolved_by=:resolved_by, came_back=:came_back, rearmed=:rearmed WHERE ops.incidents.incident_id = :incident_id_1 AND ops.incidents.state IS NOT DISTINCT FROM :state_1 AND ops.incidents.armed_at IS NOT DISTINCT FROM :armed_at_1 AND ops.incidents.acknowledged_at IS NOT DISTINCT FROM :acknowledged_at_1 AND ops.incidents.snoozed_until IS NOT DISTINCT FROM NULL AND ops.incidents.resolved_at IS NOT DISTINCT FROM NULL;

SELECT ops.loads.client_id, ops.loads.feed, ops.loads.rows_loaded
FROM ops.loads JOIN (SELECT ops.loads.client_id AS client_id, ops.loads.feed AS feed, max(ops.loads.loaded_at) AS loaded_at
FROM ops.loads
WHERE ops.loads.client_id IN (:client_id_1_1) GROUP BY ops.loads.client_id, ops.loads.feed) AS newest ON ops.loads.client_id = newest.client_id AND ops.loads.feed = newest.feed AND ops.loads.loaded_at = newest.loaded_at;

SELECT ops.candidates.client_id, ops.candidates.evidence
FROM ops.candidates JOIN ops.client_nights ON ops.client_nights.candidate = ops.candidates.evidence_digest JOIN (SELECT ops.client_nights.client_id AS client_id, max(ops.client_nights.business_date) AS business_date
FROM ops.client_nights
WHERE ops.client_nights.client_id IN (:client_id_1_1) AND ops.client_nights.candidate IS NOT NULL GROUP BY ops.client_nights.client_id) AS newest ON ops.client_nights.client_id = newest.client_id AND ops.client_nights.business_date = newest.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed
FROM ops.deliveries
WHERE ops.deliveries.observed_at >= :observed_at_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2);

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) AND ops.deliveries.state IN (:state_3_1, :state_3_2, :state_3_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.started_at, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date));

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id, ops.backfills.state, ops.backfills.ended_at, ops.backfills.ended_by
FROM ops.backfill_nights JOIN ops.client_nights ON ops.client_nights.client_id = ops.backfill_nights.client_id AND ops.client_nights.business_date = ops.backfill_nights.business_date JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND (EXISTS (SELECT :param_2 AS anon_2
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.business_date >= :business_date_1 UNION ALL SELECT ops.backfill_nights.client_id AS client_id, ops.backfill_nights.business_date AS business_date
FROM ops.backfill_nights JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE ops.backfills.state != :state_2) AS in_sight
WHERE in_sight.client_id = ops.client_nights.client_id AND in_sight.business_date = ops.client_nights.business_date)) ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id;

SELECT ops.client_nights.client_id, ops.client_nights.business_date
FROM ops.client_nights
WHERE ops.client_nights.business_date >= :business_date_1;

SELECT ops.backfills.state
FROM ops.backfills
WHERE ops.backfills.backfill_id = :backfill_id_1;

INSERT INTO ops.backfills (backfill_id, state, reason, opened_by, opened_at, cost) SELECT :param_1 AS backfill_id, :param_2 AS state, :param_3 AS reason, :param_4 AS opened_by, :param_5 AS opened_at, :param_6 AS cost
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.backfills
WHERE ops.backfills.backfill_id = :backfill_id_1));

INSERT INTO ops.backfill_nights (backfill_id, client_id, business_date, feeds, marts, why) VALUES (:backfill_id, :client_id, :business_date, :feeds, :marts, :why);

SELECT ops.backfills.backfill_id, ops.backfills.state, ops.backfills.reason, ops.backfills.opened_by, ops.backfills.opened_at, ops.backfills.ended_by, ops.backfills.ended_at, ops.backfills.ended_reason, ops.backfills.cost
FROM ops.backfills
WHERE (ops.backfills.backfill_id LIKE :backfill_id_1 || '%' ESCAPE '/');

-- what acme_client_success runs, and 18 statements shown above

SELECT ops.audit_entries.entry_id, ops.audit_entries.action, ops.audit_entries.actor, ops.audit_entries.client_id, ops.audit_entries.recorded_at, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.action IN (:action_1_1, :action_1_2) ORDER BY ops.audit_entries.recorded_at, ops.audit_entries.entry_id;

-- what acme_transformer runs, and 13 statements shown above

SELECT ops.loads.lines_loaded
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1 AND ops.loads.client_id = :client_id_1 AND ops.loads.feed = :feed_1;

SELECT count(*) AS count_1
FROM raw.eligibility
WHERE raw.eligibility.delivery_id = :delivery_id_1;

SELECT count(*) AS count_1
FROM raw.pharmacy_claim
WHERE raw.pharmacy_claim.delivery_id = :delivery_id_1;

DELETE FROM ops.model_builds WHERE ops.model_builds.client_id = :client_id_1 AND ops.model_builds.business_date = :business_date_1 AND ops.model_builds.model = :model_1;

INSERT INTO ops.model_builds (client_id, business_date, model, inputs_key, state, tests_passed, tests_failed, reason, started_at, state_at) VALUES (:client_id, :business_date, :model, :inputs_key, :state, :tests_passed, :tests_failed, :reason, :started_at, :state_at);

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

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected
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

SELECT recent.mart, recent.result
FROM (SELECT ops.suite_results.mart AS mart, ops.suite_results.result AS result, row_number() OVER (PARTITION BY ops.suite_results.mart ORDER BY ops.suite_results.business_date DESC) AS age
FROM ops.suite_results JOIN ops.client_nights ON ops.client_nights.client_id = ops.suite_results.client_id AND ops.client_nights.business_date = ops.suite_results.business_date AND ops.client_nights.live_release = ops.suite_results.subject
WHERE ops.suite_results.client_id = :client_id_1 AND ops.suite_results.business_date < :business_date_1 AND ops.suite_results.stage = :stage_1 AND ops.suite_results.mart IN (:mart_1_1, :mart_1_2, :mart_1_3, :mart_1_4)) AS recent
WHERE recent.age <= :age_1 ORDER BY recent.mart, recent.age;

INSERT INTO ops.candidates (evidence_digest, client_id, business_date, inputs_key, evidence, marts, failed_suites, drift, started_at, built_at) SELECT :param_1 AS evidence_digest, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS inputs_key, :param_5 AS evidence, :param_6 AS marts, :param_7 AS failed_suites, :param_8 AS drift, :param_9 AS started_at, :param_10 AS built_at
WHERE NOT (EXISTS (SELECT :param_11 AS anon_1
FROM ops.candidates
WHERE ops.candidates.evidence_digest = :evidence_digest_1));

INSERT INTO ops.suite_results (client_id, business_date, mart, stage, subject, passed, result, ran_at) SELECT :param_1 AS client_id, :param_2 AS business_date, :param_3 AS mart, :param_4 AS stage, :param_5 AS subject, :param_6 AS passed, :param_7 AS result, :param_8 AS ran_at
WHERE NOT (EXISTS (SELECT :param_9 AS anon_1
FROM ops.suite_results
WHERE ops.suite_results.client_id = :client_id_1 AND ops.suite_results.business_date = :business_date_1 AND ops.suite_results.mart = :mart_1 AND ops.suite_results.stage = :stage_1 AND ops.suite_results.subject = :subject_1));

UPDATE ops.client_nights SET candidate=:candidate WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

SELECT marts.lab_volume.client_id, marts.lab_volume.business_date, marts.lab_volume.year_month, marts.lab_volume.component_type, marts.lab_volume.component_code, marts.lab_volume.results, marts.lab_volume.members
FROM marts.lab_volume
WHERE marts.lab_volume.client_id = :client_id_1 AND marts.lab_volume.business_date = :business_date_1 ORDER BY marts.lab_volume.year_month, marts.lab_volume.component_type, marts.lab_volume.component_code;

SELECT marts.member_months.client_id, marts.member_months.business_date, marts.member_months.year_month, marts.member_months.payer, marts.member_months.member_months
FROM marts.member_months
WHERE marts.member_months.client_id = :client_id_1 AND marts.member_months.business_date = :business_date_1 ORDER BY marts.member_months.year_month, marts.member_months.payer;

SELECT marts.pharmacy_spend.client_id, marts.pharmacy_spend.business_date, marts.pharmacy_spend.year_month, marts.pharmacy_spend.drug_code_type, marts.pharmacy_spend.drug_code, marts.pharmacy_spend.claims, marts.pharmacy_spend.members, marts.pharmacy_spend.quantity, marts.pharmacy_spend.days_supply, marts.pharmacy_spend.paid_amount, marts.pharmacy_spend.allowed_amount
FROM marts.pharmacy_spend
WHERE marts.pharmacy_spend.client_id = :client_id_1 AND marts.pharmacy_spend.business_date = :business_date_1 ORDER BY marts.pharmacy_spend.year_month, marts.pharmacy_spend.drug_code_type, marts.pharmacy_spend.drug_code;

SELECT marts.pmpm.client_id, marts.pmpm.business_date, marts.pmpm.year_month, marts.pmpm.claim_type, marts.pmpm.member_months, marts.pmpm.paid_amount, marts.pmpm.allowed_amount, marts.pmpm.paid_pmpm
FROM marts.pmpm
WHERE marts.pmpm.client_id = :client_id_1 AND marts.pmpm.business_date = :business_date_1 ORDER BY marts.pmpm.year_month, marts.pmpm.claim_type;

SELECT ops.candidates.evidence
FROM ops.candidates
WHERE ops.candidates.evidence_digest = :evidence_digest_1;

-- what acme_qa runs, and 18 statements shown above

SELECT ops.audit_entries.recorded_at, ops.audit_entries.actor, ops.audit_entries.action, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.client_id = :client_id_1 AND ops.audit_entries.business_date = :business_date_1 AND ops.audit_entries.action IN (:action_1_1, :action_1_2, :action_1_3, :action_1_4, :action_1_5);

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.role, ops.statements.key_id, ops.statements.statement, ops.statements.signature, ops.statements.login, ops.statements.recorded_at
FROM ops.statements
WHERE ops.statements.client_id = :client_id_1 AND ops.statements.first_date <= :first_date_1 AND ops.statements.last_date >= :last_date_1;

-- what acme_releaser runs, and 26 statements shown above

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

INSERT INTO ops.releases (release_id, client_id, business_date, evidence_digest, sign_off_ids, supersedes, rows_released, released_at) VALUES (:release_id, :client_id, :business_date, :evidence_digest, :sign_off_ids, :supersedes, :rows_released, :released_at);

UPDATE ops.client_nights SET live_release=:live_release, settled_at=:settled_at WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

UPDATE ops.client_nights SET settled_at=:settled_at WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.client_nights.settled_at IS NULL;

SELECT ops.suite_results.mart
FROM ops.suite_results
WHERE ops.suite_results.client_id = :client_id_1 AND ops.suite_results.business_date = :business_date_1 AND ops.suite_results.subject = :subject_1;

SELECT published.lab_volume.client_id, published.lab_volume.business_date, published.lab_volume.year_month, published.lab_volume.component_type, published.lab_volume.component_code, published.lab_volume.results, published.lab_volume.members
FROM published.lab_volume
WHERE published.lab_volume.release_id = :release_id_1 ORDER BY published.lab_volume.year_month, published.lab_volume.component_type, published.lab_volume.component_code;

SELECT published.member_months.client_id, published.member_months.business_date, published.member_months.year_month, published.member_months.payer, published.member_months.member_months
FROM published.member_months
WHERE published.member_months.release_id = :release_id_1 ORDER BY published.member_months.year_month, published.member_months.payer;

SELECT published.pharmacy_spend.client_id, published.pharmacy_spend.business_date, published.pharmacy_spend.year_month, published.pharmacy_spend.drug_code_type, published.pharmacy_spend.drug_code, published.pharmacy_spend.claims, published.pharmacy_spend.members, published.pharmacy_spend.quantity, published.pharmacy_spend.days_supply, published.pharmacy_spend.paid_amount, published.pharmacy_spend.allowed_amount
FROM published.pharmacy_spend
WHERE published.pharmacy_spend.release_id = :release_id_1 ORDER BY published.pharmacy_spend.year_month, published.pharmacy_spend.drug_code_type, published.pharmacy_spend.drug_code;

SELECT published.pmpm.client_id, published.pmpm.business_date, published.pmpm.year_month, published.pmpm.claim_type, published.pmpm.member_months, published.pmpm.paid_amount, published.pmpm.allowed_amount, published.pmpm.paid_pmpm
FROM published.pmpm
WHERE published.pmpm.release_id = :release_id_1 ORDER BY published.pmpm.year_month, published.pmpm.claim_type;

SELECT ops.releases.client_id, ops.releases.business_date, ops.releases.release_id
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.live_release = ops.releases.release_id
WHERE ops.releases.released_at >= :released_at_1 AND NOT (EXISTS (SELECT :param_1 AS anon_1
FROM ops.suite_results
WHERE ops.suite_results.client_id = ops.releases.client_id AND ops.suite_results.business_date = ops.releases.business_date AND ops.suite_results.subject = ops.releases.release_id)) ORDER BY ops.releases.released_at, ops.releases.release_id;

-- what acme_link_page runs, and 4 statements shown above

SELECT ops.acknowledgement_links.link_id, ops.acknowledgement_links.request_id, ops.acknowledgement_links.contact, ops.acknowledgement_links.code_hash, ops.acknowledgement_links.made_at, ops.acknowledgement_links.expires_at, ops.acknowledgement_links.attempts, ops.acknowledgement_links.used_at
FROM ops.acknowledgement_links
WHERE ops.acknowledgement_links.link_id = :link_id_1;

SELECT ops.statements.statement_id, ops.statements.client_id
FROM ops.statements
WHERE ops.statements.statement_id LIKE :statement_id_1 AND ops.statements.kind IN (:kind_1_1)
 LIMIT :param_1;

UPDATE ops.acknowledgement_links SET attempts=(ops.acknowledgement_links.attempts + :attempts_1) WHERE ops.acknowledgement_links.link_id = :link_id_1 AND ops.acknowledgement_links.used_at IS NULL AND ops.acknowledgement_links.attempts < :attempts_2;

UPDATE ops.acknowledgement_links SET attempts=(ops.acknowledgement_links.attempts - :attempts_1), used_at=:used_at WHERE ops.acknowledgement_links.link_id = :link_id_1;

-- what acme_service runs, and 24 statements shown above

SELECT ops.releases.client_id, ops.releases.business_date, ops.releases.release_id
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.live_release = ops.releases.release_id
WHERE ops.releases.released_at >= :released_at_1 AND (EXISTS (SELECT :param_1 AS anon_1
FROM ops.suite_results
WHERE ops.suite_results.client_id = ops.releases.client_id AND ops.suite_results.business_date = ops.releases.business_date AND ops.suite_results.subject = ops.releases.release_id AND ops.suite_results.passed = false)) ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.audit_checkpoints.seq, ops.audit_checkpoints.checkpoint, ops.audit_checkpoints.signature
FROM ops.audit_checkpoints
WHERE ops.audit_checkpoints.seq >= :seq_1 ORDER BY ops.audit_checkpoints.seq DESC
 LIMIT :param_1;

SELECT ops.audit_links.seq AS seq, ops.audit_links.previous AS previous, ops.audit_links.entry_id AS entry_id, ops.audit_links.link_hash AS link_hash, ops.audit_checkpoints.seq AS covers, ops.audit_checkpoints.checkpoint, ops.audit_checkpoints.key_id, ops.audit_checkpoints.signature, ops.audit_entries.recorded_at
FROM (SELECT max(ops.audit_links.seq) AS seq
FROM ops.audit_links) AS last_link LEFT OUTER JOIN ops.audit_links ON ops.audit_links.seq = last_link.seq LEFT OUTER JOIN ops.audit_entries ON ops.audit_entries.entry_id = ops.audit_links.entry_id JOIN (SELECT max(ops.audit_checkpoints.seq) AS seq
FROM ops.audit_checkpoints) AS last_checkpoint ON true LEFT OUTER JOIN ops.audit_checkpoints ON ops.audit_checkpoints.seq = last_checkpoint.seq;

SELECT ops.audit_entries.entry_id, ops.audit_entries.recorded_at, ops.audit_entries.actor, ops.audit_entries.action, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.statement_id, ops.audit_entries.entry
FROM ops.audit_entries LEFT OUTER JOIN ops.audit_links ON ops.audit_links.entry_id = ops.audit_entries.entry_id
WHERE ops.audit_links.seq IS NULL ORDER BY ops.audit_entries.recorded_at, ops.audit_entries.entry_id
 LIMIT :param_1;

INSERT INTO ops.audit_links (seq, entry_id, previous, link_hash) SELECT :param_1 AS seq, :param_2 AS entry_id, :param_3 AS previous, :param_4 AS link_hash
WHERE NOT (EXISTS (SELECT :param_5 AS anon_1
FROM ops.audit_links
WHERE ops.audit_links.seq = :seq_1));

INSERT INTO ops.audit_links (seq, entry_id, previous, link_hash) VALUES (:seq, :entry_id, :previous, :link_hash);

INSERT INTO ops.audit_checkpoints (seq, checkpoint, key_id, signature) VALUES (:seq, :checkpoint, :key_id, :signature);

SELECT max(ops.audit_checkpoints.seq) AS max_1
FROM ops.audit_checkpoints;

SELECT ops.audit_links.seq, ops.audit_links.entry_id AS linked_id, ops.audit_links.previous, ops.audit_links.link_hash, ops.audit_entries.entry_id, ops.audit_entries.recorded_at, ops.audit_entries.actor, ops.audit_entries.action, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.statement_id, ops.audit_entries.entry
FROM ops.audit_links LEFT OUTER JOIN ops.audit_entries ON ops.audit_entries.entry_id = ops.audit_links.entry_id
WHERE ops.audit_links.seq <= :seq_1 ORDER BY ops.audit_links.seq;

SELECT ops.audit_checkpoints.checkpoint, ops.audit_checkpoints.signature
FROM ops.audit_checkpoints
WHERE ops.audit_checkpoints.seq <= :seq_1 ORDER BY ops.audit_checkpoints.seq;

SELECT ops.audit_links.link_hash
FROM ops.audit_links
WHERE ops.audit_links.seq = :seq_1;

SELECT ops.statements.statement_id
FROM ops.statements;

SELECT ops.audit_entries.entry_id, ops.audit_entries.recorded_at, ops.audit_entries.actor, ops.audit_entries.action, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.statement_id, ops.audit_entries.entry
FROM ops.audit_entries LEFT OUTER JOIN ops.audit_links ON ops.audit_links.entry_id = ops.audit_entries.entry_id AND ops.audit_links.seq <= :seq_1
WHERE ops.audit_links.seq IS NULL ORDER BY ops.audit_entries.recorded_at, ops.audit_entries.entry_id;

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.role, ops.statements.key_id, ops.statements.statement, ops.statements.signature, ops.statements.login, ops.statements.recorded_at
FROM ops.statements ORDER BY ops.statements.recorded_at, ops.statements.statement_id;

-- what acme_retention runs, and 14 statements shown above

SELECT changed.client_id, changed.business_date
FROM (SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date, ops.deliveries.state_at AS changed_at
FROM ops.deliveries) AS changed LEFT OUTER JOIN (SELECT ops.retention_removals.client_id AS client_id, ops.retention_removals.business_date AS business_date, max(ops.retention_removals.removed_at) AS removed_at
FROM ops.retention_removals
WHERE ops.retention_removals.kind = :kind_1 GROUP BY ops.retention_removals.client_id, ops.retention_removals.business_date) AS gone ON gone.client_id = changed.client_id AND gone.business_date = changed.business_date
WHERE changed.business_date <= :business_date_1 GROUP BY changed.client_id, changed.business_date
HAVING max(gone.removed_at) IS NULL OR max(gone.removed_at) < max(changed.changed_at) ORDER BY changed.business_date, changed.client_id
 LIMIT :param_1;

SELECT ops.statements.client_id, ops.statements.last_date, ops.statements.statement
FROM ops.statements
WHERE ops.statements.kind = :kind_1 AND ops.statements.last_date >= :last_date_1;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2)) ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.deliveries.expected, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2)) AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.started_at, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2));

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2));

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2));

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2)) ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2));

SELECT ops.backfill_nights.client_id, ops.backfill_nights.business_date, ops.backfills.backfill_id, ops.backfills.state, ops.backfills.ended_at, ops.backfills.ended_by
FROM ops.backfill_nights JOIN ops.client_nights ON ops.client_nights.client_id = ops.backfill_nights.client_id AND ops.client_nights.business_date = ops.backfill_nights.business_date JOIN ops.backfills ON ops.backfills.backfill_id = ops.backfill_nights.backfill_id
WHERE (ops.client_nights.client_id, ops.client_nights.business_date) IN ((:param_1_1_1, :param_1_1_2), (:param_1_2_1, :param_1_2_2)) ORDER BY ops.backfills.opened_at DESC, ops.backfills.backfill_id;

SELECT lower(information_schema.tables.table_schema) AS lower_1, lower(information_schema.tables.table_name) AS lower_2
FROM information_schema.tables
WHERE lower(information_schema.tables.table_schema) IN (:lower_3_1, :lower_3_2, :lower_3_3);

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.medical_claim ON raw.medical_claim.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.pharmacy_claim ON raw.pharmacy_claim.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.eligibility ON raw.eligibility.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.lab_result ON raw.lab_result.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.practitioner ON raw.practitioner.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.provider_attribution ON raw.provider_attribution.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.patient ON raw.patient.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN raw.key_sketches ON raw.key_sketches.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, count(*) AS found
FROM ops.deliveries JOIN quarantine."rows" ON quarantine."rows".delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.deliveries.client_id, ops.deliveries.business_date;

SELECT ops.deliveries.client_id, ops.deliveries.business_date, ops.delivery_files.path, ops.delivery_files.bytes
FROM ops.deliveries JOIN ops.delivery_files ON ops.delivery_files.delivery_id = ops.deliveries.delivery_id
WHERE (ops.deliveries.client_id, ops.deliveries.business_date) IN ((:param_1_1_1, :param_1_1_2)) ORDER BY ops.deliveries.observed_at;

SELECT changed.client_id, changed.business_date
FROM (SELECT ops.candidates.client_id AS client_id, ops.candidates.business_date AS business_date, ops.candidates.built_at AS changed_at
FROM ops.candidates UNION ALL SELECT ops.releases.client_id AS client_id, ops.releases.business_date AS business_date, ops.releases.released_at AS changed_at
FROM ops.releases) AS changed LEFT OUTER JOIN (SELECT ops.retention_removals.client_id AS client_id, ops.retention_removals.business_date AS business_date, max(ops.retention_removals.removed_at) AS removed_at
FROM ops.retention_removals
WHERE ops.retention_removals.kind = :kind_1 GROUP BY ops.retention_removals.client_id, ops.retention_removals.business_date) AS gone ON gone.client_id = changed.client_id AND gone.business_date = changed.business_date
WHERE changed.business_date <= :business_date_1 GROUP BY changed.client_id, changed.business_date
HAVING max(gone.removed_at) IS NULL OR max(gone.removed_at) < max(changed.changed_at) ORDER BY changed.business_date, changed.client_id
 LIMIT :param_1;

SELECT marts.member_months.client_id, marts.member_months.business_date, count(*) AS found
FROM marts.member_months
WHERE (marts.member_months.client_id, marts.member_months.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY marts.member_months.client_id, marts.member_months.business_date;

SELECT marts.pmpm.client_id, marts.pmpm.business_date, count(*) AS found
FROM marts.pmpm
WHERE (marts.pmpm.client_id, marts.pmpm.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY marts.pmpm.client_id, marts.pmpm.business_date;

SELECT marts.utilization.client_id, marts.utilization.business_date, count(*) AS found
FROM marts.utilization
WHERE (marts.utilization.client_id, marts.utilization.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY marts.utilization.client_id, marts.utilization.business_date;

SELECT marts.pharmacy_spend.client_id, marts.pharmacy_spend.business_date, count(*) AS found
FROM marts.pharmacy_spend
WHERE (marts.pharmacy_spend.client_id, marts.pharmacy_spend.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY marts.pharmacy_spend.client_id, marts.pharmacy_spend.business_date;

SELECT marts.lab_volume.client_id, marts.lab_volume.business_date, count(*) AS found
FROM marts.lab_volume
WHERE (marts.lab_volume.client_id, marts.lab_volume.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY marts.lab_volume.client_id, marts.lab_volume.business_date;

SELECT marts.provider_panel.client_id, marts.provider_panel.business_date, count(*) AS found
FROM marts.provider_panel
WHERE (marts.provider_panel.client_id, marts.provider_panel.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY marts.provider_panel.client_id, marts.provider_panel.business_date;

SELECT ops.releases.client_id, ops.releases.business_date, count(*) AS found
FROM ops.releases JOIN published.member_months ON published.member_months.release_id = ops.releases.release_id
WHERE (ops.releases.client_id, ops.releases.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.releases.client_id, ops.releases.business_date;

SELECT ops.releases.client_id, ops.releases.business_date, count(*) AS found
FROM ops.releases JOIN published.pmpm ON published.pmpm.release_id = ops.releases.release_id
WHERE (ops.releases.client_id, ops.releases.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.releases.client_id, ops.releases.business_date;

SELECT ops.releases.client_id, ops.releases.business_date, count(*) AS found
FROM ops.releases JOIN published.utilization ON published.utilization.release_id = ops.releases.release_id
WHERE (ops.releases.client_id, ops.releases.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.releases.client_id, ops.releases.business_date;

SELECT ops.releases.client_id, ops.releases.business_date, count(*) AS found
FROM ops.releases JOIN published.pharmacy_spend ON published.pharmacy_spend.release_id = ops.releases.release_id
WHERE (ops.releases.client_id, ops.releases.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.releases.client_id, ops.releases.business_date;

SELECT ops.releases.client_id, ops.releases.business_date, count(*) AS found
FROM ops.releases JOIN published.lab_volume ON published.lab_volume.release_id = ops.releases.release_id
WHERE (ops.releases.client_id, ops.releases.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.releases.client_id, ops.releases.business_date;

SELECT ops.releases.client_id, ops.releases.business_date, count(*) AS found
FROM ops.releases JOIN published.provider_panel ON published.provider_panel.release_id = ops.releases.release_id
WHERE (ops.releases.client_id, ops.releases.business_date) IN ((:param_1_1_1, :param_1_1_2)) GROUP BY ops.releases.client_id, ops.releases.business_date;

SELECT changed.client_id, changed.business_date
FROM (SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date, ops.deliveries.state_at AS changed_at
FROM ops.deliveries) AS changed LEFT OUTER JOIN (SELECT ops.retention_removals.client_id AS client_id, ops.retention_removals.business_date AS business_date, max(ops.retention_removals.removed_at) AS removed_at
FROM ops.retention_removals
WHERE ops.retention_removals.kind = :kind_1 GROUP BY ops.retention_removals.client_id, ops.retention_removals.business_date) AS gone ON gone.client_id = changed.client_id AND gone.business_date = changed.business_date
WHERE changed.business_date <= :business_date_1 AND changed.client_id = :client_id_1 AND changed.business_date = :business_date_2 GROUP BY changed.client_id, changed.business_date
HAVING max(gone.removed_at) IS NULL OR max(gone.removed_at) < max(changed.changed_at) ORDER BY changed.business_date, changed.client_id;

INSERT INTO ops.retention_removals (removal_id, client_id, business_date, kind, rows_removed, tables, files, bytes, removed_at) VALUES (:removal_id, :client_id, :business_date, :kind, :rows_removed, :tables, :files, :bytes, :removed_at);

SELECT ops.deliveries.delivery_id
FROM ops.deliveries
WHERE ops.deliveries.client_id = :client_id_1 AND ops.deliveries.business_date = :business_date_1;

DELETE FROM raw.medical_claim WHERE raw.medical_claim.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.pharmacy_claim WHERE raw.pharmacy_claim.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.eligibility WHERE raw.eligibility.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.lab_result WHERE raw.lab_result.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.practitioner WHERE raw.practitioner.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.provider_attribution WHERE raw.provider_attribution.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.patient WHERE raw.patient.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM raw.key_sketches WHERE raw.key_sketches.delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

DELETE FROM quarantine."rows" WHERE quarantine."rows".delivery_id IN (:delivery_id_1_1, :delivery_id_1_2, :delivery_id_1_3, :delivery_id_1_4);

UPDATE ops.retention_removals SET rows_removed=:rows_removed, tables=:tables, files=:files, bytes=:bytes WHERE ops.retention_removals.removal_id = :removal_id_1;

SELECT changed.client_id, changed.business_date
FROM (SELECT ops.candidates.client_id AS client_id, ops.candidates.business_date AS business_date, ops.candidates.built_at AS changed_at
FROM ops.candidates UNION ALL SELECT ops.releases.client_id AS client_id, ops.releases.business_date AS business_date, ops.releases.released_at AS changed_at
FROM ops.releases) AS changed LEFT OUTER JOIN (SELECT ops.retention_removals.client_id AS client_id, ops.retention_removals.business_date AS business_date, max(ops.retention_removals.removed_at) AS removed_at
FROM ops.retention_removals
WHERE ops.retention_removals.kind = :kind_1 GROUP BY ops.retention_removals.client_id, ops.retention_removals.business_date) AS gone ON gone.client_id = changed.client_id AND gone.business_date = changed.business_date
WHERE changed.business_date <= :business_date_1 AND changed.client_id = :client_id_1 AND changed.business_date = :business_date_2 GROUP BY changed.client_id, changed.business_date
HAVING max(gone.removed_at) IS NULL OR max(gone.removed_at) < max(changed.changed_at) ORDER BY changed.business_date, changed.client_id;

UPDATE ops.client_nights SET candidate=:candidate, live_release=:live_release WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

DELETE FROM marts.member_months WHERE marts.member_months.client_id = :client_id_1 AND marts.member_months.business_date = :business_date_1;

DELETE FROM marts.pmpm WHERE marts.pmpm.client_id = :client_id_1 AND marts.pmpm.business_date = :business_date_1;

DELETE FROM marts.utilization WHERE marts.utilization.client_id = :client_id_1 AND marts.utilization.business_date = :business_date_1;

DELETE FROM marts.pharmacy_spend WHERE marts.pharmacy_spend.client_id = :client_id_1 AND marts.pharmacy_spend.business_date = :business_date_1;

DELETE FROM marts.lab_volume WHERE marts.lab_volume.client_id = :client_id_1 AND marts.lab_volume.business_date = :business_date_1;

DELETE FROM marts.provider_panel WHERE marts.provider_panel.client_id = :client_id_1 AND marts.provider_panel.business_date = :business_date_1;

SELECT ops.releases.release_id
FROM ops.releases
WHERE ops.releases.client_id = :client_id_1 AND ops.releases.business_date = :business_date_1;

DELETE FROM published.member_months WHERE published.member_months.release_id IN (:release_id_1_1, :release_id_1_2);

DELETE FROM published.pmpm WHERE published.pmpm.release_id IN (:release_id_1_1, :release_id_1_2);

DELETE FROM published.utilization WHERE published.utilization.release_id IN (:release_id_1_1, :release_id_1_2);

DELETE FROM published.pharmacy_spend WHERE published.pharmacy_spend.release_id IN (:release_id_1_1, :release_id_1_2);

DELETE FROM published.lab_volume WHERE published.lab_volume.release_id IN (:release_id_1_1, :release_id_1_2);

DELETE FROM published.provider_panel WHERE published.provider_panel.release_id IN (:release_id_1_1, :release_id_1_2);

UPDATE ops.retention_removals SET rows_removed=:rows_removed, tables=:tables, files=:files, bytes=:bytes, files_gone_at=:files_gone_at, files_left=:files_left WHERE ops.retention_removals.removal_id = :removal_id_1;

SELECT ops.retention_removals.removal_id, ops.retention_removals.client_id, ops.retention_removals.business_date
FROM ops.retention_removals
WHERE ops.retention_removals.files_gone_at IS NULL ORDER BY ops.retention_removals.business_date, ops.retention_removals.client_id;

SELECT ops.delivery_files.path
FROM ops.delivery_files JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_files.delivery_id LEFT OUTER JOIN ops.retention_removals ON ops.retention_removals.client_id = ops.deliveries.client_id AND ops.retention_removals.business_date = ops.deliveries.business_date AND ops.retention_removals.kind = :kind_1
WHERE ops.deliveries.client_id = :client_id_1 AND ops.deliveries.business_date != :business_date_1 AND ops.retention_removals.removal_id IS NULL AND ops.delivery_files.path IN (SELECT ops.delivery_files.path
FROM ops.delivery_files JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_files.delivery_id
WHERE ops.deliveries.client_id = :client_id_2 AND ops.deliveries.business_date = :business_date_2);

SELECT ops.delivery_files.path, ops.delivery_files.sha256, ops.delivery_files.bytes, ops.deliveries.landed_at
FROM ops.delivery_files JOIN ops.deliveries ON ops.deliveries.delivery_id = ops.delivery_files.delivery_id
WHERE ops.deliveries.client_id = :client_id_1 AND ops.deliveries.business_date = :business_date_1 ORDER BY ops.delivery_files.path;

UPDATE ops.retention_removals SET files_gone_at=:files_gone_at, files_left=:files_left WHERE ops.retention_removals.removal_id = :removal_id_1 AND ops.retention_removals.files_gone_at IS NULL;

-- what acme_auditor runs, and 4 statements shown above

SELECT max(ops.audit_links.seq) AS max_1
FROM ops.audit_links;

SELECT ops.audit_checkpoints.checkpoint, ops.audit_checkpoints.signature
FROM ops.audit_checkpoints ORDER BY ops.audit_checkpoints.seq;

SELECT ops.audit_checkpoints.seq, ops.audit_checkpoints.key_id, ops.audit_checkpoints.checkpoint
FROM ops.audit_checkpoints;
