"""A process that delivers what is due and is killed amid it: python -m tests.notify.killed URL PORT WHEN."""

import os
import signal
import sys

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.outbox import deliver_due
from acme_assets.notify.sending import send
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.notify.made_up import NOW, PATIENCE


def main(url: str, port: str, when: str) -> None:
    """Die between the claim and the sending, or between the sending and its record."""

    def send_and_die(channel: Channel, message: Message, html: str | None) -> Outcome:
        if when == "after":
            assert send(channel, message, html).result == "delivered"
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")

    channels = {"pagerduty": Channel("pagerduty", f"pagerduty+http://KEY@127.0.0.1:{port}")}
    deliver_due(PostgresWarehouse(url), channels, lambda: NOW, PATIENCE, send=send_and_die)


if __name__ == "__main__":
    main(*sys.argv[1:])
