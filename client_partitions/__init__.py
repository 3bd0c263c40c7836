"""Who the clients are, what they owe us and when. No Dagster run, no database, no network."""
