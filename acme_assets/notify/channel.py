"""A channel: where messages can be sent, and what became of one that was.

A channel's URL comes from the environment and holds its secrets. It is in no representation, log, error or ledger row.

| URL | what it is | said twice? |
|---|---|---|
| `pagerduty://ROUTING_KEY[@events.eu.pagerduty.com]` | Events API v2 (`pagerduty.py`) | no: `dedup_key` |
| `webhook+https://host/path` | any JSON webhook (`webhook.py`) | no, where it heeds `Idempotency-Key` |
| `smtp://user:password@host:587?from=a@b.c`, `smtps://…` | mail to the recipient (`mail.py`) | mailboxes that know `Message-ID` show it once; SES writes a `Message-ID` of its own |
| `slack://…`, `workflows://…` (Teams), `ses://…/{to}` and all else that apprise knows | (`library.py`) | yes: Slack, Teams and SES know no key. After a kill between sending and recording, or an answer that never came, it may be there twice |
"""  # noqa: E501 - a table

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

Result = Literal["delivered", "again", "unknown", "refused"]
"""again: not said, and worth another try; unknown: no answer came, so it may have been said; refused: for good."""

PAGERDUTY = ("pagerduty", "pagerduty+http")
WEBHOOK = ("webhook+https", "webhook+http")
MAIL = ("smtp", "smtps")


@dataclass(frozen=True)
class Channel:
    """One way to reach somebody."""

    name: str
    url: str = field(repr=False)

    @property
    def scheme(self) -> str:
        """What the URL begins with."""
        return urlsplit(self.url).scheme

    @property
    def has_key(self) -> bool:
        """Whether it can tell a message that it was given before."""
        return self.scheme in (*PAGERDUTY, *WEBHOOK, *MAIL)


@dataclass(frozen=True)
class Outcome:
    """What became of one try."""

    result: Result
    detail: str
    """In our words: never a server's answer, a URL or an error's text, any of which could hold a secret."""
    retry_after: timedelta | None = None
    """The server asked for that much patience."""
    is_down: bool = False
    """Whether the channel failed, and not this message: the others need not try it now."""


class ChannelProblem(Exception):
    """A channel's URL cannot be used. The text names its variable and the remedy, and not the URL."""


def channels_from(env: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, Channel]:
    """The channels that the environment has URLs for, by name.

    Args:
        variables: name to variable, as the policy has them.

    Raises:
        ChannelProblem: a variable holds no URL of a kind that is known.
    """
    found = {name: Channel(name, env[variable]) for name, variable in variables.items() if env.get(variable)}
    for name, channel in found.items():
        _must_be_usable(channel, variables[name])
    return found


def _must_be_usable(channel: Channel, variable: str) -> None:
    from acme_assets.notify.library import is_known

    parts = urlsplit(channel.url)
    if channel.has_key:
        if not parts.hostname:
            raise ChannelProblem(f"{variable}: the URL names no host; see acme_assets/notify/channel.py for its form")
        if parts.scheme.endswith("+http") and not is_loopback(parts.hostname):
            raise ChannelProblem(f"{variable}: http to another machine shows the secret; use https")
        if channel.scheme in MAIL and "from=" not in parts.query:
            raise ChannelProblem(f"{variable}: the sender is missing; add ?from=nights@your.domain")
    elif not is_known(channel.url):
        raise ChannelProblem(
            f"{variable}: its URL is of no kind that is known; write slack://, pagerduty://, smtp://, workflows://, "
            "ses:// or webhook+https://, each as acme_assets/notify/channel.py or apprise has it"
        )


def is_loopback(host: str | None) -> bool:
    """Whether nothing leaves this machine on the way."""
    return host in ("localhost", "127.0.0.1", "::1")
