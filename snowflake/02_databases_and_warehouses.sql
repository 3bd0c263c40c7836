-- Database, schemas, warehouses, and what they may cost. Parsed in tests, not yet run on an account.
-- Safe to repeat.
--
-- Money: 15,000 dollars a month for everything. Assumed: Business Critical (PHI needs it) at 4.00 dollars a
-- credit. Then 2,500 credits = 10,000 dollars for warehouses; at 105 percent, where the monitors stop running
-- statements too, 10,500. The other 4,500 are for what no resource monitor sees: storage, hybrid table storage,
-- serverless work, and Dagster's hosts. With another price, change both CREDIT_QUOTA. The sensors and the gatekeeper
-- ask more often than AUTO_SUSPEND: acme_night_wh is awake all day, 1,440 of its 2,000 credits (docs/snowflake.md).

USE ROLE SYSADMIN;

-- Ledger, loads, dbt and releases. More client nights at once need more clusters, not a larger size.
CREATE WAREHOUSE IF NOT EXISTS acme_night_wh WAREHOUSE_SIZE = 'SMALL' MIN_CLUSTER_COUNT = 1 MAX_CLUSTER_COUNT = 3 SCALING_POLICY = 'STANDARD' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE STATEMENT_TIMEOUT_IN_SECONDS = 3600 STATEMENT_QUEUED_TIMEOUT_IN_SECONDS = 1800 COMMENT = 'Dagster and the gatekeeper';
-- Everybody who signs, auditors, and the page of the links.
CREATE WAREHOUSE IF NOT EXISTS acme_read_wh WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE STATEMENT_TIMEOUT_IN_SECONDS = 600 COMMENT = 'People and auditors';
-- Clients' dashboards: apart, so that a night that spends its quota does not take them down.
CREATE WAREHOUSE IF NOT EXISTS acme_dashboard_wh WAREHOUSE_SIZE = 'XSMALL' MIN_CLUSTER_COUNT = 1 MAX_CLUSTER_COUNT = 2 SCALING_POLICY = 'STANDARD' AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE STATEMENT_TIMEOUT_IN_SECONDS = 300 COMMENT = 'Clients';

CREATE DATABASE IF NOT EXISTS acme DATA_RETENTION_TIME_IN_DAYS = 7 COMMENT = 'Client nights: ledger, RAW, MARTS, PUBLISHED';

USE ROLE SECURITYADMIN;

GRANT OWNERSHIP ON DATABASE acme TO ROLE acme_owner COPY CURRENT GRANTS;
GRANT USAGE ON WAREHOUSE acme_night_wh TO ROLE acme_owner;

USE ROLE acme_owner;

-- Managed access: only the schema's owner grants, not the owner of a table in it. Hybrid tables have no
-- fail-safe and no UNDROP: 90 days of Time Travel are the only way back for OPS.
CREATE SCHEMA IF NOT EXISTS acme.ops WITH MANAGED ACCESS DATA_RETENTION_TIME_IN_DAYS = 90;
CREATE SCHEMA IF NOT EXISTS acme.raw WITH MANAGED ACCESS;
CREATE SCHEMA IF NOT EXISTS acme.quarantine WITH MANAGED ACCESS;
CREATE SCHEMA IF NOT EXISTS acme.staging WITH MANAGED ACCESS;
CREATE SCHEMA IF NOT EXISTS acme.intermediate WITH MANAGED ACCESS;
CREATE SCHEMA IF NOT EXISTS acme.marts WITH MANAGED ACCESS;
CREATE SCHEMA IF NOT EXISTS acme.published WITH MANAGED ACCESS DATA_RETENTION_TIME_IN_DAYS = 90;
CREATE SCHEMA IF NOT EXISTS acme.dashboards WITH MANAGED ACCESS;
CREATE SCHEMA IF NOT EXISTS acme.access WITH MANAGED ACCESS;

USE ROLE ACCOUNTADMIN;

-- A session that waited for a night's lock must read what others committed meanwhile, in MARTS and RAW too.
-- For hybrid tables our sessions set READ_LATEST_WRITES; standard tables have this, for the account only.
ALTER ACCOUNT SET READ_CONSISTENCY_MODE = 'GLOBAL';

CREATE RESOURCE MONITOR IF NOT EXISTS acme_nights WITH CREDIT_QUOTA = 2000 FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 75 PERCENT DO NOTIFY ON 90 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND ON 105 PERCENT DO SUSPEND_IMMEDIATE;
CREATE RESOURCE MONITOR IF NOT EXISTS acme_readers WITH CREDIT_QUOTA = 500 FREQUENCY = MONTHLY START_TIMESTAMP = IMMEDIATELY TRIGGERS ON 75 PERCENT DO NOTIFY ON 90 PERCENT DO NOTIFY ON 100 PERCENT DO SUSPEND ON 105 PERCENT DO SUSPEND_IMMEDIATE;

ALTER WAREHOUSE acme_night_wh SET RESOURCE_MONITOR = acme_nights;
ALTER WAREHOUSE acme_read_wh SET RESOURCE_MONITOR = acme_readers;
ALTER WAREHOUSE acme_dashboard_wh SET RESOURCE_MONITOR = acme_readers;
