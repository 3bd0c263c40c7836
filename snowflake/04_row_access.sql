-- A client sees its own rows alone. Parsed in tests, not yet run on an account.
-- Run once, after the migrations and 03; a mart that is added needs its own ALTER TABLE.
--
-- The policy sits on the tables of PUBLISHED, not on the views of DASHBOARDS: every read of a view passes it,
-- and a migration that creates a view anew cannot lose it. It asks for the role of the session, not for the
-- view's owner. A role that is not mapped sees no row.

USE ROLE acme_owner;
USE WAREHOUSE acme_night_wh;

CREATE TABLE IF NOT EXISTS acme.access.client_roles (client_id VARCHAR(64) NOT NULL, role_name VARCHAR(256) NOT NULL) COMMENT = 'Which role sees which client; one row per pair, names in upper case';

CREATE ROW ACCESS POLICY IF NOT EXISTS acme.access.own_client AS (row_client_id VARCHAR) RETURNS BOOLEAN ->
    IS_ROLE_IN_SESSION('ACME_RELEASER')
    OR IS_ROLE_IN_SESSION('ACME_OWNER')
    OR EXISTS (
        SELECT 1 FROM acme.access.client_roles AS mapped
        WHERE mapped.client_id = row_client_id AND IS_ROLE_IN_SESSION(mapped.role_name)
    );

ALTER TABLE acme.published.member_months ADD ROW ACCESS POLICY acme.access.own_client ON (client_id);
ALTER TABLE acme.published.pmpm ADD ROW ACCESS POLICY acme.access.own_client ON (client_id);
ALTER TABLE acme.published.utilization ADD ROW ACCESS POLICY acme.access.own_client ON (client_id);
ALTER TABLE acme.published.pharmacy_spend ADD ROW ACCESS POLICY acme.access.own_client ON (client_id);
ALTER TABLE acme.published.lab_volume ADD ROW ACCESS POLICY acme.access.own_client ON (client_id);
ALTER TABLE acme.published.provider_panel ADD ROW ACCESS POLICY acme.access.own_client ON (client_id);
