"""The services that must give a sign of life, and how long each may be silent.

Each leaves it in the ledger. Dagster's daemon gives none of its own: the sensors that it runs do, which is what counts.
"""

from collections.abc import Mapping
from datetime import timedelta

ALERTS, DEADLINES, LANDING_ZONE = "alerts", "deadlines", "landing zone"
GATEKEEPER, ALERTER, WATCHER = "gatekeeper", "alerter", "watcher"

SENSORS = (ALERTS, DEADLINES, LANDING_ZONE)
"""Whose signs of life are ticks of the daemon's."""

BEAT_EVERY = timedelta(seconds=30)
"""A sign of life is a write: no service leaves one more often."""

ALLOWED: Mapping[str, timedelta] = {
    ALERTS: timedelta(minutes=5),  # a tick of the fleet's takes seconds; the daemon may start again meanwhile
    DEADLINES: timedelta(minutes=15),  # it looks every five minutes
    LANDING_ZONE: timedelta(minutes=5),
    GATEKEEPER: timedelta(minutes=5),  # it judges a release's suites between two looks
    ALERTER: timedelta(minutes=3),  # nobody hears of anything meanwhile
    WATCHER: timedelta(minutes=10),  # cron may run it every five
}

LEFT_TO_THE_WATCHER = (ALERTS, ALERTER)
"""Of these two the alerts sensor cannot tell anybody: without it nothing is decided, without the other nothing sent."""

CHAIN_BROKEN = "the audit chain is broken since "
"""What the gatekeeper's sign of life says, with a moment, where the audit log does not verify."""
