"""The local stack: one embedded PostgreSQL and Dagster's three processes, on one machine."""
