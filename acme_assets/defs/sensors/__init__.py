"""Three sensors: look at the landing zone, request the work that is due, show the ledger's events in Dagster."""
