-- begin: session parameters

ALTER SESSION SET AUTOCOMMIT = FALSE, READ_LATEST_WRITES = TRUE, TRANSACTION_ABORT_ON_ERROR = FALSE, ABORT_DETACHED_QUERY = TRUE, TIMEZONE = 'UTC', DATE_INPUT_FORMAT = 'AUTO', TIMESTAMP_INPUT_FORMAT = 'AUTO';

-- begin: every two minutes

SELECT COUNT(*) FROM ops.client_nights WHERE client_id = '';

-- begin: before the commit of a transaction that locked a night

SELECT CURRENT_TRANSACTION();

-- insert_new

INSERT INTO ops.loads (delivery_id, client_id, business_date, feed, rows_in, rows_loaded, rows_quarantined, lines_loaded, loaded_at) SELECT :param_1 AS delivery_id, :param_2 AS client_id, :param_3 AS business_date, :param_4 AS feed, :param_5 AS rows_in, :param_6 AS rows_loaded, :param_7 AS rows_quarantined, :param_8 AS lines_loaded, :param_9 AS loaded_at
WHERE NOT (EXISTS (SELECT :param_10 AS anon_1
FROM ops.loads
WHERE ops.loads.delivery_id = :delivery_id_1));

-- lock_night: how long a write waits

ALTER SESSION SET HYBRID_TABLE_LOCK_TIMEOUT = 900;

-- lock_night

SELECT ops.client_nights.client_id
FROM ops.client_nights
WHERE ops.client_nights.client_id = :client_id AND ops.client_nights.business_date = :business_date FOR UPDATE WAIT 900;

-- snapshot: the moment

SELECT TO_VARCHAR(CURRENT_TIMESTAMP(), 'YYYY-MM-DD HH24:MI:SS.FF9 TZHTZM');

-- snapshot: a table

SELECT ops.loads.delivery_id, ops.loads.client_id, ops.loads.business_date, ops.loads.feed, ops.loads.rows_in, ops.loads.rows_loaded, ops.loads.rows_quarantined, ops.loads.lines_loaded, ops.loads.started_at, ops.loads.loaded_at, ops.loads.load_id
FROM ops.loads AT (TIMESTAMP => '2026-03-11 04:00:00.123456789 +0000'::TIMESTAMP_TZ);

-- copy: PUT

PUT 'file:///tmp/acme-load-1/spool/patient.accepted.csv' @raw.load_stage/0123456789abcdef0123456789abcdef SOURCE_COMPRESSION = NONE AUTO_COMPRESS = TRUE OVERWRITE = TRUE;

-- copy: PUT of a large file's parts

PUT 'file:///tmp/acme-load-1/spool/parts-1/part-*.csv.gz' @raw.load_stage/0123456789abcdef0123456789abcdef PARALLEL = 8 SOURCE_COMPRESSION = GZIP AUTO_COMPRESS = FALSE OVERWRITE = TRUE;

-- copy: COPY INTO

COPY INTO raw.patient (delivery_id, client_id, business_date, source_file, source_row, load_id, person_id, patient_id, first_name, last_name, sex, race, ethnicity, birth_date, death_date, city, state, zip_code, county, data_source) FROM @raw.load_stage/0123456789abcdef0123456789abcdef FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE) ON_ERROR = ABORT_STATEMENT FORCE = TRUE PURGE = TRUE;

-- copy: COPY INTO a table whose name is a reserved word

COPY INTO quarantine."rows" (delivery_id, client_id, business_date, source_file, source_row, load_id, rule, column_name, reason, original) FROM @raw.load_stage/0123456789abcdef0123456789abcdef FILE_FORMAT = (TYPE = CSV COMPRESSION = GZIP SKIP_HEADER = 1 FIELD_OPTIONALLY_ENCLOSED_BY = '"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE) ON_ERROR = ABORT_STATEMENT FORCE = TRUE PURGE = TRUE;

-- digest

SELECT SHA2(coalesce(CAST(length(CAST(published.pmpm.year_month AS TEXT)) AS TEXT) || :param_1 || CAST(published.pmpm.year_month AS TEXT), :param_2) || :coalesce_1 || coalesce(CAST(length(CAST(published.pmpm.member_months AS TEXT)) AS TEXT) || :param_3 || CAST(published.pmpm.member_months AS TEXT), :param_4) || :param_5 || coalesce(CAST(length(CAST(published.pmpm.paid_amount AS TEXT)) AS TEXT) || :param_6 || CAST(published.pmpm.paid_amount AS TEXT), :param_7), 256) AS h
FROM published.pmpm
WHERE published.pmpm.release_id = :release_id_1 ORDER BY h;
