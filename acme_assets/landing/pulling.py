"""One pull, of whatever kind."""

import time
from collections.abc import Callable
from datetime import datetime

from acme_assets.feeds.arrivals import NOT_PULLED, Stray
from acme_assets.feeds.zones import LandedFile, LandingZone
from acme_assets.landing.outcome import Hands, Order, PullOutcome, PullRefused, Secrets
from acme_assets.landing.progress import this_process
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.pulls import SftpPull


def hands(zone: LandingZone, secrets: Secrets, clock: Callable[[], datetime]) -> Hands:
    """What pulls work with in this process."""
    return Hands(zone, secrets, clock, time.sleep, time.monotonic, this_process())


def pull(order: Order, with_: Hands) -> PullOutcome:
    """Fetch what is new from where a client's files lie.

    Raises:
        PullFailed: not now; the next pull goes on from there.
        PullRefused: not until somebody has changed something.
        ZoneUnavailable: the landing zone does not answer.
    """
    asked = order.client.pulls[order.pull]
    if isinstance(asked, SftpPull):
        from acme_assets.landing.sftp import pull_sftp  # a second to import: only where there is such a pull

        return pull_sftp(order, asked, with_)
    from acme_assets.landing.api import pull_api

    return pull_api(order, asked, with_)


def pull_of(client: Client, feed: Feed) -> str:
    """The name of the pull that fetches a feed.

    Raises:
        PullRefused: the client has no such feed, or sends it.
    """
    if feed not in client.feeds:
        raise PullRefused(f"{client.client_id} owes no {feed}; it owes {', '.join(client.feeds)}", "engineering")
    name = client.feeds[feed].pull
    if name is None:
        raise PullRefused(
            f"{client.client_id} sends its {feed}: the feed names no `pull`; add one, or wait for the file",
            "engineering",
        )
    return name


def strays_of(order: Order, outcome: PullOutcome) -> list[Stray]:
    """The files that a pull did not take, as the ledger notes them."""
    client_id = order.client.client_id
    return [
        Stray(LandedFile(item.path, item.size, item.modified_at), f"{NOT_PULLED}{item.reason}", "client", client_id)
        for item in outcome.refused
    ]
