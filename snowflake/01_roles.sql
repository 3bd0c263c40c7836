-- Who may do what on the account. Parsed in tests, not yet run on an account (docs/snowflake.md).
-- Safe to repeat. Run 01 to 04 in order, as a user with ACCOUNTADMIN; then take acme_owner from that user again:
-- REVOKE ROLE acme_owner FROM USER ...
-- None of these roles is granted to another role, SYSADMIN included: whoever had that role would inherit it.

USE ROLE USERADMIN;

CREATE ROLE IF NOT EXISTS acme_owner COMMENT = 'Owns every object; runs migrations at a deployment, nothing else';
CREATE ROLE IF NOT EXISTS acme_loader COMMENT = 'Sensors and loads: ledger, RAW and QUARANTINE';
CREATE ROLE IF NOT EXISTS acme_transformer COMMENT = 'dbt and the builds around it: STAGING, INTERMEDIATE and MARTS';
CREATE ROLE IF NOT EXISTS acme_releaser COMMENT = 'Releases: the only role that inserts into PUBLISHED';
CREATE ROLE IF NOT EXISTS acme_retention COMMENT = 'What is past its years: the only role that deletes from RAW and PUBLISHED';
CREATE ROLE IF NOT EXISTS acme_service COMMENT = 'What the service key signs: automatic sign-offs and withdrawals, seals of the audit log';
CREATE ROLE IF NOT EXISTS acme_link_page COMMENT = 'The page on which a contact of a client acknowledges an exception by a link';
CREATE ROLE IF NOT EXISTS acme_qa COMMENT = 'QA analysts: read evidence and MARTS, insert signed statements';
CREATE ROLE IF NOT EXISTS acme_client_success COMMENT = 'Client success: insert signed statements, and links for the contacts of clients';
CREATE ROLE IF NOT EXISTS acme_on_call COMMENT = 'Engineers and on-call: insert signed statements, and links for the contacts of clients';
CREATE ROLE IF NOT EXISTS acme_auditor COMMENT = 'Auditors: read the ledger';
CREATE ROLE IF NOT EXISTS acme_client COMMENT = 'What the role of every client has: the dashboards, and no row until it is mapped';

-- Keys come from the secret store: ALTER USER acme_dagster SET RSA_PUBLIC_KEY = '...';
-- A process has one log-in, so its user holds all of its roles at once. Dagster releases too, where the gatekeeper
-- does not; it cannot sign or seal. acme_link_page gets its user with its page: until then nobody has the role.
CREATE USER IF NOT EXISTS acme_dagster TYPE = SERVICE DEFAULT_ROLE = acme_transformer DEFAULT_WAREHOUSE = acme_night_wh DEFAULT_SECONDARY_ROLES = ('ALL') COMMENT = 'Dagster: loads, builds, releases, and removes what is past its years';
CREATE USER IF NOT EXISTS acme_gatekeeper TYPE = SERVICE DEFAULT_ROLE = acme_releaser DEFAULT_WAREHOUSE = acme_night_wh DEFAULT_SECONDARY_ROLES = ('ALL') COMMENT = 'The gatekeeper: releases, withdraws, judges releases, signs for the service, seals';
CREATE USER IF NOT EXISTS acme_deploy TYPE = SERVICE DEFAULT_ROLE = acme_owner DEFAULT_WAREHOUSE = acme_night_wh COMMENT = 'Deployments: migrations';

USE ROLE SECURITYADMIN;

SET me = CURRENT_USER();
GRANT ROLE acme_owner TO USER IDENTIFIER($me);
GRANT ROLE acme_owner TO USER acme_deploy;
GRANT ROLE acme_loader TO USER acme_dagster;
GRANT ROLE acme_transformer TO USER acme_dagster;
GRANT ROLE acme_releaser TO USER acme_dagster;
GRANT ROLE acme_retention TO USER acme_dagster;
GRANT ROLE acme_releaser TO USER acme_gatekeeper;
GRANT ROLE acme_service TO USER acme_gatekeeper;
