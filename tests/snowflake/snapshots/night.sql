-- what acme_loader runs

INSERT INTO ops.client_nights (client_id, business_date) SELECT :param_1 AS client_id, :param_2 AS business_date
WHERE NOT (EXISTS (SELECT :param_3 AS anon_1
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

INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, business_date, statement_id, entry) VALUES (:entry_id, :recorded_at, :actor, :action, :client_id, :business_date, :statement_id, :entry);

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
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

SELECT ops.loads.delivery_id, ops.loads.client_id, ops.loads.business_date, ops.loads.feed, ops.loads.rows_in, ops.loads.rows_loaded, ops.loads.rows_quarantined, ops.loads.lines_loaded, ops.loads.loaded_at
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1;

SELECT ops.delivery_files.path, ops.delivery_files.layout, ops.delivery_files.sha256
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1 ORDER BY ops.delivery_files.path;

SELECT ops.client_nights.client_id
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id AND ops.client_nights.business_date = :business_date FOR UPDATE WAIT 900;

SELECT ops.contract_results.rule, ops.contract_results.column_name, ops.contract_results.rows_failed
FROM ops.contract_results
WHERE ops.contract_results.delivery_id = :delivery_id_1;

UPDATE ops.delivery_files SET rows_in=:rows_in, rows_loaded=:rows_loaded, rows_quarantined=:rows_quarantined, rows_out_of_scope=:rows_out_of_scope WHERE ops.delivery_files.delivery_id = :delivery_id_1 AND ops.delivery_files.path = :path_1;

INSERT INTO ops.loads (delivery_id, client_id, business_date, feed, rows_in, rows_loaded, rows_quarantined, lines_loaded, loaded_at) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS rows_in, :param_6 AS rows_loaded, :param_7 AS rows_quarantined, :param_8 AS lines_loaded, :param_9 AS loaded_at
WHERE NOT (EXISTS (SELECT :param_10 AS anon_1
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1));

UPDATE ops.deliveries SET state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id = :delivery_id_1 AND ops.deliveries.state = :state_1;

UPDATE ops.client_nights SET settled_at=:settled_at WHERE ops.client_nights.client_id = :client_id_1 AND ops.client_nights.business_date = :business_date_1;

UPDATE ops.deliveries SET state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id IN (:delivery_id_1_1);

INSERT INTO ops.contract_results (delivery_id, rule, column_name, rows_failed) VALUES (:delivery_id, :rule, :column_name, :rows_failed);

UPDATE ops.deliveries SET observed_at=:observed_at, state=:state, reason=:reason, state_at=:state_at WHERE ops.deliveries.delivery_id = :delivery_id_1 AND ops.deliveries.state = :state_1;

SELECT sum(ops.delivery_files.rows_quarantined - coalesce(ops.delivery_files.rows_out_of_scope, :coalesce_1)) AS sum_1, sum(ops.delivery_files.rows_in - coalesce(ops.delivery_files.rows_out_of_scope, :coalesce_1)) AS sum_2
FROM ops.delivery_files
WHERE ops.delivery_files.delivery_id = :delivery_id_1;

INSERT INTO ops.stray_files (path, reason, owner_group, client_id, bytes, first_seen_at) SELECT :param_1 AS path, :param_2 AS reason, :param_3 AS owner_group, :param_4 AS client_id, :param_5 AS bytes, :param_6 AS first_seen_at
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.stray_files
WHERE ops.stray_files.path = :path_1));

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1 AND ops.deliveries.state IN (:state_2_1, :state_2_2, :state_2_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
FROM ops.model_builds JOIN ops.client_nights ON ops.client_nights.client_id = ops.model_builds.client_id AND ops.client_nights.business_date = ops.model_builds.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT ops.client_nights.business_date, ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.statement AS text, ops.statements.signature
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT DISTINCT ops.statements.statement_id
FROM ops.client_nights JOIN ops.statements ON ops.statements.client_id = ops.client_nights.client_id AND ops.client_nights.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date JOIN ops.audit_entries ON ops.audit_entries.statement_id = ops.statements.statement_id
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT ops.releases.release_id, ops.releases.client_id, ops.releases.business_date, ops.releases.evidence_digest, ops.releases.sign_off_ids, ops.releases.supersedes, ops.releases.rows_released, ops.releases.released_at
FROM ops.releases JOIN ops.client_nights ON ops.client_nights.client_id = ops.releases.client_id AND ops.client_nights.business_date = ops.releases.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1 ORDER BY ops.releases.released_at, ops.releases.release_id;

SELECT ops.stuck_work.work_key, ops.stuck_work.client_id, ops.stuck_work.business_date, ops.stuck_work.stage, ops.stuck_work.reason, ops.stuck_work.since
FROM ops.stuck_work JOIN ops.client_nights ON ops.client_nights.client_id = ops.stuck_work.client_id AND ops.client_nights.business_date = ops.stuck_work.business_date
WHERE (EXISTS (SELECT :param_1 AS anon_1
FROM (SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other
WHERE other.settled_at IS NULL OR other.settled_at >= :settled_at_1 UNION ALL SELECT ops.deliveries.client_id AS client_id, ops.deliveries.business_date AS business_date
FROM ops.deliveries
WHERE ops.deliveries.state = :state_1 UNION ALL SELECT other.client_id AS client_id, other.business_date AS business_date
FROM ops.client_nights AS other JOIN ops.statements ON ops.statements.client_id = other.client_id AND other.business_date BETWEEN ops.statements.first_date AND ops.statements.last_date AND ops.statements.recorded_at >= other.settled_at) AS work
WHERE work.client_id = ops.client_nights.client_id AND work.business_date = ops.client_nights.business_date)) AND ops.client_nights.business_date >= :business_date_1;

SELECT ops.statements.client_id, ops.statements.first_date, ops.statements.last_date
FROM ops.statements
WHERE ops.statements.kind = :kind_1 AND ops.statements.last_date >= :last_date_1;

SELECT ops.client_nights.client_id, ops.client_nights.business_date, ops.client_nights.live_release, ops.candidates.evidence_digest, ops.candidates.inputs_key, ops.candidates.built_at, ops.candidates.marts, ops.candidates.failed_suites, ops.candidates.drift
FROM ops.client_nights LEFT OUTER JOIN ops.candidates ON ops.candidates.evidence_digest = ops.client_nights.candidate
WHERE ops.client_nights.business_date = :business_date_1 ORDER BY ops.client_nights.client_id, ops.client_nights.business_date;

SELECT ops.deliveries.delivery_id, ops.deliveries.client_id, ops.deliveries.business_date, ops.deliveries.feed, ops.deliveries.content_hash, ops.deliveries.bytes, ops.deliveries.landed_at, ops.deliveries.observed_at, ops.deliveries.state, ops.deliveries.reason, ops.deliveries.state_at, ops.loads.rows_loaded, ops.loads.rows_quarantined
FROM ops.deliveries JOIN ops.client_nights ON ops.client_nights.client_id = ops.deliveries.client_id AND ops.client_nights.business_date = ops.deliveries.business_date LEFT OUTER JOIN ops.loads ON ops.loads.delivery_id = ops.deliveries.delivery_id
WHERE ops.client_nights.business_date = :business_date_1 AND ops.deliveries.state IN (:state_1_1, :state_1_2, :state_1_3);

SELECT ops.model_builds.client_id, ops.model_builds.business_date, ops.model_builds.model, ops.model_builds.inputs_key, ops.model_builds.state, ops.model_builds.tests_passed, ops.model_builds.tests_failed, ops.model_builds.reason, ops.model_builds.state_at
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

SELECT ops.audit_entries.entry_id, ops.audit_entries.recorded_at, ops.audit_entries.action, ops.audit_entries.client_id, ops.audit_entries.business_date, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.recorded_at >= :recorded_at_1 ORDER BY ops.audit_entries.recorded_at, ops.audit_entries.entry_id;

INSERT INTO ops.stuck_work (work_key, client_id, business_date, stage, reason, since) SELECT :param_1 AS work_key, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS stage, :param_5 AS reason, :param_6 AS since
WHERE NOT (EXISTS (SELECT :param_7 AS anon_1
FROM ops.stuck_work
WHERE ops.stuck_work.work_key = :work_key_1));

-- what acme_on_call runs, and 9 statements shown above

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

-- what acme_client_success runs, and 14 statements shown above

-- what acme_transformer runs, and 12 statements shown above

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

INSERT INTO ops.model_builds (client_id, business_date, model, inputs_key, state, tests_passed, tests_failed, reason, state_at) VALUES (:client_id, :business_date, :model, :inputs_key, :state, :tests_passed, :tests_failed, :reason, :state_at);

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

SELECT recent.mart, recent.result
FROM (SELECT ops.suite_results.mart AS mart, ops.suite_results.result AS result, row_number() OVER (PARTITION BY ops.suite_results.mart ORDER BY ops.suite_results.business_date DESC) AS age
FROM ops.suite_results JOIN ops.client_nights ON ops.client_nights.client_id = ops.suite_results.client_id AND ops.client_nights.business_date = ops.suite_results.business_date AND ops.client_nights.live_release = ops.suite_results.subject
WHERE ops.suite_results.client_id = :client_id_1 AND ops.suite_results.business_date < :business_date_1 AND ops.suite_results.stage = :stage_1 AND ops.suite_results.mart IN (:mart_1_1, :mart_1_2, :mart_1_3, :mart_1_4)) AS recent
WHERE recent.age <= :age_1 ORDER BY recent.mart, recent.age;

INSERT INTO ops.candidates (evidence_digest, client_id, business_date, inputs_key, evidence, marts, failed_suites, drift, built_at) SELECT :param_1 AS evidence_digest, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS inputs_key, :param_5 AS evidence, :param_6 AS marts, :param_7 AS failed_suites, :param_8 AS drift, :param_9 AS built_at
WHERE NOT (EXISTS (SELECT :param_10 AS anon_1
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

-- what acme_qa runs, and 14 statements shown above

SELECT ops.audit_entries.recorded_at, ops.audit_entries.actor, ops.audit_entries.action, ops.audit_entries.entry
FROM ops.audit_entries
WHERE ops.audit_entries.client_id = :client_id_1 AND ops.audit_entries.business_date = :business_date_1 AND ops.audit_entries.action IN (:action_1_1, :action_1_2, :action_1_3, :action_1_4, :action_1_5);

SELECT ops.statements.statement_id, ops.statements.kind, ops.statements.client_id, ops.statements.first_date, ops.statements.last_date, ops.statements.signer, ops.statements.role, ops.statements.key_id, ops.statements.statement, ops.statements.signature, ops.statements.login, ops.statements.recorded_at
FROM ops.statements
WHERE ops.statements.client_id = :client_id_1 AND ops.statements.first_date <= :first_date_1 AND ops.statements.last_date >= :last_date_1;

-- what acme_releaser runs, and 23 statements shown above

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

SELECT ops.client_nights.client_id, ops.client_nights.business_date
FROM ops.client_nights
WHERE ops.client_nights.business_date >= :business_date_1;

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

-- what acme_service runs, and 20 statements shown above

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

-- what acme_auditor runs, and 4 statements shown above

SELECT max(ops.audit_links.seq) AS max_1
FROM ops.audit_links;

SELECT ops.audit_checkpoints.checkpoint, ops.audit_checkpoints.signature
FROM ops.audit_checkpoints ORDER BY ops.audit_checkpoints.seq;

SELECT ops.audit_checkpoints.seq, ops.audit_checkpoints.key_id, ops.audit_checkpoints.checkpoint
FROM ops.audit_checkpoints;
