"""Every other channel, by apprise: Slack, Teams and some hundred more.

apprise says yes or no. Whether a no is an outage or a refusal is in its log alone, so that is listened to. Nobody else
hears it: at their lowest level, apprise and urllib3 below it log URLs with the secrets in them.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.http import of_status

_STATUS = re.compile(r"error=(\d{3})\b")
_TALKATIVE = ("apprise", "urllib3.connectionpool")


@cache
def _apprise() -> Any:
    """On first use: it looks through a hundred plugins, which takes most of a second."""
    import apprise

    return apprise


def is_known(url: str) -> bool:
    """Whether apprise can use a URL."""
    with _listening():
        return _plugin(url, "somebody@example.com") is not None


def _plugin(url: str, email: str) -> Any:
    library = _apprise()
    asset = library.AppriseAsset(
        app_id="acme nights", app_desc="AcmeHealth nights", app_url="", image_url_mask="", async_mode=False
    )
    return library.Apprise.instantiate(url.replace("{to}", quote(email, safe="")), asset=asset)


def send_by_apprise(channel: Channel, message: Message, timeout: float) -> Outcome:
    """Send it. `{to}` in the URL stands for the recipient's address."""
    with _listening() as heard:
        plugin = _plugin(channel.url, message.recipient.email)
        if plugin is None:
            return Outcome("refused", "its URL is of no kind that is known")
        plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout
        kinds = _apprise().NotifyType
        kind = kinds.FAILURE if message.urgency == "page" else kinds.INFO
        is_sent = plugin.notify(body=message.body, title=message.subject, notify_type=kind, body_format="text")
    return Outcome("delivered", "accepted") if is_sent else heard.outcome()


class _Ear(logging.Filter):
    """Keeps what a failure of this thread was, and lets none of its words through."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()
        self._status: int | None = None
        self._has_timed_out = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._thread:
            return True
        text = record.getMessage()
        if found := _STATUS.search(text):
            self._status = int(found[1])
        self._has_timed_out |= "Read timed out" in text
        return False

    def outcome(self) -> Outcome:
        """What the failure was; an unknown one is taken for an outage, which is tried again."""
        if self._has_timed_out:
            return Outcome("unknown", "no answer", is_down=True)
        if self._status is None:
            return Outcome("again", "no connection", is_down=True)
        found = of_status(self._status)
        return Outcome("again", "not accepted", is_down=True) if found.result == "delivered" else found


@contextmanager
def _listening() -> Iterator[_Ear]:
    ear, loggers = _Ear(), [logging.getLogger(name) for name in _TALKATIVE]
    before = loggers[0].level
    loggers[0].setLevel(logging.DEBUG)  # that no answer came is said on this level only
    for logger in loggers:
        logger.addFilter(ear)
    try:
        yield ear
    finally:
        for logger in loggers:
            logger.removeFilter(ear)
        loggers[0].setLevel(before)
