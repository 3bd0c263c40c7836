-- One client's role. Parsed in tests, not yet run on an account.
-- Run once a client, with the first two lines changed; safe to repeat. Grant the role to the client's BI user,
-- and to no other role. To take a client's access away: DROP ROLE, and delete its row of client_roles.

SET client_id = 'summit_care';
SET client_role = 'ACME_CLIENT_SUMMIT_CARE';

USE ROLE USERADMIN;
CREATE ROLE IF NOT EXISTS IDENTIFIER($client_role);

USE ROLE SECURITYADMIN;
GRANT ROLE acme_client TO ROLE IDENTIFIER($client_role);

USE ROLE acme_owner;
USE WAREHOUSE acme_night_wh;
MERGE INTO acme.access.client_roles AS mapped
USING (SELECT $client_id AS client_id, $client_role AS role_name) AS wanted
ON mapped.client_id = wanted.client_id AND mapped.role_name = wanted.role_name
WHEN NOT MATCHED THEN INSERT (client_id, role_name) VALUES (wanted.client_id, wanted.role_name);
