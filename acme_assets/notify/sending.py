"""Send one message by one channel, whatever that is."""

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import MAIL, PAGERDUTY, WEBHOOK, Channel, Outcome
from acme_assets.notify.library import send_by_apprise
from acme_assets.notify.mail import send_mail
from acme_assets.notify.pagerduty import send_event
from acme_assets.notify.webhook import post_message

TIMEOUT = 10.0
"""Seconds for each step of a try. Mail has ten at most: less than what a claim is taken for dead after."""


def send(channel: Channel, message: Message, html: str | None = None, *, timeout: float = TIMEOUT) -> Outcome:
    """Try once. An error that nobody foresaw is an outcome too: it must not keep the other messages from leaving."""
    try:
        if channel.scheme in PAGERDUTY:
            return send_event(channel, message, timeout)
        if channel.scheme in WEBHOOK:
            return post_message(channel, message, timeout)
        if channel.scheme in MAIL:
            return send_mail(channel, message, html, timeout)
        return send_by_apprise(channel, message, timeout)
    except Exception as error:  # such as of a plugin; its text may hold the URL
        return Outcome("again", f"an error of its own ({type(error).__name__})", is_down=True)
