"""The ledger and the warehouse behind one Protocol: PostgreSQL and Snowflake. Imports no Dagster."""
