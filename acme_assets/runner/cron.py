"""What Dagster works out of each client's deadline, worked out once a process.

A freshness policy by cron finds the shortest time between a thousand of its deadlines whenever it is made or unpacked:
30 ms of CPU a client, and the daemon unpacks all of them each minute. Clients share a few deadlines.
"""

from functools import cache

from dagster._core.definitions import freshness


def remember_intervals() -> None:
    """Let Dagster's freshness policies ask once for each cron expression; more calls change nothing."""
    names = vars(freshness)
    asked = names["get_smallest_cron_interval"]
    if not hasattr(asked, "cache_info"):
        names["get_smallest_cron_interval"] = cache(asked)
