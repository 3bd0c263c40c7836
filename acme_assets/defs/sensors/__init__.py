"""Sensors: notice what arrived, pull what is not sent, request the work that is due, show the ledger in Dagster, watch
deadlines and raise alerts."""
