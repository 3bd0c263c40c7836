-- The privileges of each role. Parsed in tests, not yet run on an account.
-- Safe to repeat. Run it after every migration: it names the ledger's tables one by one, and grants on ALL
-- TABLES reach those that are there. dbt's tables get theirs by FUTURE TABLES.
--
-- What is said, sealed, judged or released is only ever inserted: nobody updates or deletes statements, audit_entries,
-- audit_links, audit_checkpoints, suite_results, releases, deadline_outcomes, forecasts, or rows of PUBLISHED, into
-- which nobody but acme_releaser inserts; acme_retention deletes them once they are past their years. People insert signed statements and their audit entries; the gate verifies each, whoever wrote it. What
-- a role owns it may change all the same: acme_owner is for deployments, and the audit chain shows an edit.
-- tests/snowflake/ runs a night and compares every write with what is granted here.

USE ROLE SECURITYADMIN;

-- Where everybody may go.
GRANT USAGE ON DATABASE acme TO ROLE acme_loader;
GRANT USAGE ON DATABASE acme TO ROLE acme_transformer;
GRANT USAGE ON DATABASE acme TO ROLE acme_releaser;
GRANT USAGE ON DATABASE acme TO ROLE acme_retention;
GRANT USAGE ON DATABASE acme TO ROLE acme_service;
GRANT USAGE ON DATABASE acme TO ROLE acme_link_page;
GRANT USAGE ON DATABASE acme TO ROLE acme_qa;
GRANT USAGE ON DATABASE acme TO ROLE acme_client_success;
GRANT USAGE ON DATABASE acme TO ROLE acme_on_call;
GRANT USAGE ON DATABASE acme TO ROLE acme_auditor;
GRANT USAGE ON DATABASE acme TO ROLE acme_client;

GRANT USAGE ON WAREHOUSE acme_night_wh TO ROLE acme_loader;
GRANT USAGE ON WAREHOUSE acme_night_wh TO ROLE acme_transformer;
GRANT USAGE ON WAREHOUSE acme_night_wh TO ROLE acme_releaser;
GRANT USAGE ON WAREHOUSE acme_night_wh TO ROLE acme_retention;
GRANT USAGE ON WAREHOUSE acme_night_wh TO ROLE acme_service;
GRANT USAGE ON WAREHOUSE acme_read_wh TO ROLE acme_link_page;
GRANT USAGE ON WAREHOUSE acme_read_wh TO ROLE acme_qa;
GRANT USAGE ON WAREHOUSE acme_read_wh TO ROLE acme_client_success;
GRANT USAGE ON WAREHOUSE acme_read_wh TO ROLE acme_on_call;
GRANT USAGE ON WAREHOUSE acme_read_wh TO ROLE acme_auditor;
GRANT USAGE ON WAREHOUSE acme_dashboard_wh TO ROLE acme_client;

-- The ledger holds no member's data: everybody but the clients and their page reads all of it.
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_loader;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_transformer;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_releaser;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_service;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_link_page;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_qa;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_client_success;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_on_call;
GRANT USAGE ON SCHEMA acme.ops TO ROLE acme_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_loader;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_transformer;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_releaser;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_retention;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_service;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_qa;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_client_success;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_on_call;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.ops TO ROLE acme_auditor;

-- acme_loader: deliveries, loads and strays; RAW and QUARANTINE through the stage; deadlines, forecasts
-- and alerts; the end of a backfill that is done.
GRANT INSERT, UPDATE ON TABLE acme.ops.client_nights TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.deliveries TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.delivery_files TO ROLE acme_loader;
GRANT INSERT ON TABLE acme.ops.loads TO ROLE acme_loader;
GRANT INSERT ON TABLE acme.ops.contract_results TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.delivery_profiles TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.stray_files TO ROLE acme_loader;
GRANT INSERT ON TABLE acme.ops.stuck_work TO ROLE acme_loader;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_loader;
GRANT INSERT ON TABLE acme.ops.deadline_outcomes TO ROLE acme_loader;
GRANT INSERT ON TABLE acme.ops.forecasts TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.night_summaries TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.incidents TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.messages TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.message_attempts TO ROLE acme_loader;
GRANT INSERT, UPDATE ON TABLE acme.ops.heartbeats TO ROLE acme_loader;
GRANT UPDATE ON TABLE acme.ops.backfills TO ROLE acme_loader;
GRANT USAGE ON SCHEMA acme.raw TO ROLE acme_loader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA acme.raw TO ROLE acme_loader;
GRANT READ, WRITE ON STAGE acme.raw.load_stage TO ROLE acme_loader;
GRANT USAGE ON SCHEMA acme.quarantine TO ROLE acme_loader;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA acme.quarantine TO ROLE acme_loader;

-- acme_transformer: model builds, staging suites and candidates; dbt's schemas, from RAW.
GRANT INSERT, UPDATE ON TABLE acme.ops.client_nights TO ROLE acme_transformer;
GRANT INSERT, DELETE ON TABLE acme.ops.model_builds TO ROLE acme_transformer;
GRANT INSERT ON TABLE acme.ops.candidates TO ROLE acme_transformer;
GRANT INSERT ON TABLE acme.ops.suite_results TO ROLE acme_transformer;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_transformer;
GRANT USAGE ON SCHEMA acme.raw TO ROLE acme_transformer;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.raw TO ROLE acme_transformer;
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA acme.staging TO ROLE acme_transformer;
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA acme.intermediate TO ROLE acme_transformer;
GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA acme.marts TO ROLE acme_transformer;

-- acme_releaser: releases, from MARTS to PUBLISHED, withdrawals carried out, production suites. It reads back what it
-- inserted, to digest and to judge it.
GRANT INSERT, UPDATE ON TABLE acme.ops.client_nights TO ROLE acme_releaser;
GRANT INSERT ON TABLE acme.ops.releases TO ROLE acme_releaser;
GRANT INSERT ON TABLE acme.ops.suite_results TO ROLE acme_releaser;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_releaser;
GRANT USAGE ON SCHEMA acme.marts TO ROLE acme_releaser;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.marts TO ROLE acme_releaser;
GRANT SELECT ON FUTURE TABLES IN SCHEMA acme.marts TO ROLE acme_releaser;
GRANT USAGE ON SCHEMA acme.published TO ROLE acme_releaser;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA acme.published TO ROLE acme_releaser;

-- acme_retention: what is past its years, with its record. It writes no row that anybody relies on.
GRANT INSERT, UPDATE ON TABLE acme.ops.client_nights TO ROLE acme_retention;
GRANT INSERT, UPDATE ON TABLE acme.ops.retention_removals TO ROLE acme_retention;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.raw TO ROLE acme_retention;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA acme.raw TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.quarantine TO ROLE acme_retention;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA acme.quarantine TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.published TO ROLE acme_retention;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA acme.published TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.staging TO ROLE acme_retention;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA acme.staging TO ROLE acme_retention;
GRANT SELECT, DELETE ON FUTURE TABLES IN SCHEMA acme.staging TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.intermediate TO ROLE acme_retention;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA acme.intermediate TO ROLE acme_retention;
GRANT SELECT, DELETE ON FUTURE TABLES IN SCHEMA acme.intermediate TO ROLE acme_retention;
GRANT USAGE ON SCHEMA acme.marts TO ROLE acme_retention;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA acme.marts TO ROLE acme_retention;
GRANT SELECT, DELETE ON FUTURE TABLES IN SCHEMA acme.marts TO ROLE acme_retention;

-- acme_service: what the service key signs; the gatekeeper's signs of life.
GRANT INSERT ON TABLE acme.ops.statements TO ROLE acme_service;
GRANT INSERT ON TABLE acme.ops.audit_links TO ROLE acme_service;
GRANT INSERT ON TABLE acme.ops.audit_checkpoints TO ROLE acme_service;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_service;
GRANT INSERT, UPDATE ON TABLE acme.ops.heartbeats TO ROLE acme_service;

-- acme_link_page: spends a link, and signs what its holder acknowledged. It faces the internet: nothing else.
GRANT SELECT, UPDATE ON TABLE acme.ops.acknowledgement_links TO ROLE acme_link_page;
GRANT SELECT, INSERT ON TABLE acme.ops.statements TO ROLE acme_link_page;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_link_page;

-- People take incidents on, put them off and close them: no gate reads an incident, and each change has its audit entry.
GRANT UPDATE ON TABLE acme.ops.incidents TO ROLE acme_qa;
GRANT UPDATE ON TABLE acme.ops.incidents TO ROLE acme_client_success;
GRANT UPDATE ON TABLE acme.ops.incidents TO ROLE acme_on_call;
GRANT UPDATE ON TABLE acme.ops.messages TO ROLE acme_qa;
GRANT UPDATE ON TABLE acme.ops.messages TO ROLE acme_client_success;
GRANT UPDATE ON TABLE acme.ops.messages TO ROLE acme_on_call;

-- acme_qa: signed statements, on what MARTS and the evidence in the ledger say. No RAW, no QUARANTINE.
GRANT INSERT ON TABLE acme.ops.statements TO ROLE acme_qa;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_qa;
GRANT USAGE ON SCHEMA acme.marts TO ROLE acme_qa;
GRANT SELECT ON ALL TABLES IN SCHEMA acme.marts TO ROLE acme_qa;
GRANT SELECT ON FUTURE TABLES IN SCHEMA acme.marts TO ROLE acme_qa;

-- acme_client_success and acme_on_call: signed statements, on what the ledger says; links, which they send to clients.
GRANT INSERT ON TABLE acme.ops.statements TO ROLE acme_client_success;
GRANT INSERT ON TABLE acme.ops.acknowledgement_links TO ROLE acme_client_success;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_client_success;
GRANT INSERT ON TABLE acme.ops.statements TO ROLE acme_on_call;
GRANT INSERT ON TABLE acme.ops.acknowledgement_links TO ROLE acme_on_call;
GRANT INSERT ON TABLE acme.ops.audit_entries TO ROLE acme_on_call;

-- acme_on_call opens and cancels backfills too: they open no gate, they only choose which old nights are worked on.
GRANT INSERT, UPDATE ON TABLE acme.ops.backfills TO ROLE acme_on_call;
GRANT INSERT ON TABLE acme.ops.backfill_nights TO ROLE acme_on_call;

-- acme_client: the dashboards' views, whose rows 04_row_access.sql filters.
GRANT USAGE ON SCHEMA acme.dashboards TO ROLE acme_client;
GRANT SELECT ON ALL VIEWS IN SCHEMA acme.dashboards TO ROLE acme_client;
GRANT SELECT ON FUTURE VIEWS IN SCHEMA acme.dashboards TO ROLE acme_client;
