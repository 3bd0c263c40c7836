"""Asking an API for a page: with its credentials, patiently where it is busy, and within bounds.

Errors name the host, a status and the pull, never a URL's query or a body: both may name members.
"""

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from tenacity.wait import wait_base

from acme_assets.landing.json_slices import parse
from acme_assets.landing.outcome import Hands, PullFailed, PullRefused
from acme_assets.landing.pages import Step
from client_partitions.pulls import ApiKeyAuth, ApiPull, BearerAuth, OAuth2Auth

_BUSY = (408, 425, 429)
_LARGEST_TOKEN = 100_000
_RENEW_BEFORE = 60.0
"""Seconds before a token expires from which on a new one is asked for."""


class Gone(PullRefused):
    """The server has no such page (any more): a cursor or link that was kept over a crash may have expired."""


class _Again(Exception):
    """Worth another try, after `wait` seconds where the server says so."""

    def __init__(self, said: str, wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait


class _Patience(wait_base):
    """As long as the server asks for; else a random time that doubles (so that many clients do not come at once)."""

    _own = wait_random_exponential(multiplier=1, min=0.5, max=60)

    def __call__(self, retry_state: RetryCallState) -> float:
        problem = retry_state.outcome.exception() if retry_state.outcome else None
        asked = problem.wait if isinstance(problem, _Again) else None
        return self._own(retry_state) if asked is None else asked


@dataclass(frozen=True)
class Page:
    """An answer, whole."""

    content: bytes
    text: str
    document: Any
    links: Mapping[str, Mapping[str, str]]


@dataclass
class Api:
    """One API during one pull."""

    pull: ApiPull
    hands: Hands
    client: httpx.Client
    deadline: float
    """On the clock `hands.monotonic`."""
    _token: tuple[str, float] | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """For messages."""
        return urlsplit(self.pull.url).hostname or ""

    def page(self, step: Step) -> Page:
        """One page.

        Raises:
            PullFailed: the server does not answer, or the pull's time is over.
            PullRefused: it will not answer (4xx), or answers what no pull takes.
        """
        again = Retrying(
            retry=retry_if_exception_type(_Again),
            stop=stop_after_attempt(self.pull.attempts),
            wait=_Patience(),
            sleep=self.hands.sleep,
            reraise=True,
        )
        try:
            return again(self._once, step)
        except _Again as last:
            raise PullFailed(f"{self.host} {last}, {self.pull.attempts} times; ask the client") from last

    def _once(self, step: Step) -> Page:
        headers = {"Accept": "application/json", **self.pull.headers, **self._credentials()}
        url = str(httpx.URL(step.url).copy_merge_params(step.params))  # beside the parameters that the URL has
        status, content, answered = self._send("GET", url, self._largest, headers=headers)
        if status == 401 and isinstance(self.pull.auth, OAuth2Auth) and self._token:
            self._token = None  # revoked before its time
            raise _Again("answers 401")
        if status in (400, 404, 410, 422):
            raise Gone(f"{self.host} answers {status}; correct the pull's url and params, or ask the client", "client")
        if status in (401, 403):
            raise PullRefused(f"{self.host} answers {status}; have our credentials there renewed", "engineering")
        if status != 200:
            raise PullRefused(f"{self.host} answers {status}, which is no page; ask the client", "client")
        try:
            text = content.decode("utf-8-sig")
            return Page(content, text, parse(text), _links(answered))
        except UnicodeDecodeError as error:
            raise _Again("answers a page that is not UTF-8") from error
        except ValueError as error:
            raise _Again(f"answers a page that {error}") from error  # cut short, perhaps

    @property
    def _largest(self) -> int:
        return int(self.pull.max_page_mb * 1_000_000)

    def _send(self, method: str, url: str, largest: int, **more: Any) -> tuple[int, bytes, httpx.Headers]:
        """Status, body and headers; busy servers and cut lines are worth another try."""
        self._require_time()
        try:
            # Redirects are not followed: our credentials would go along.
            with self.client.stream(method, url, follow_redirects=False, **more) as response:
                if response.status_code in _BUSY or response.status_code >= 500:
                    wait = _retry_after(response.headers.get("Retry-After"), self.hands.clock())
                    if wait is not None:
                        self._require_time(wait)
                    raise _Again(f"answers {response.status_code}", wait)
                content = bytearray()
                for chunk in response.iter_bytes(64 * 1024):
                    content += chunk
                    if len(content) > largest:
                        raise PullRefused(
                            f"{self.host} sends more than {largest / 1_000_000:g} MB for a page; ask for fewer records "
                            "a page, or raise the pull's `max_page_mb`",
                            "engineering",
                        )
                    self._require_time()
                return response.status_code, bytes(content), response.headers
        except httpx.TransportError as error:
            raise _Again(f"cannot be reached or cuts the line ({type(error).__name__})") from error
        except (httpx.DecodingError, httpx.InvalidURL) as error:
            raise _Again(f"answers what cannot be read ({type(error).__name__})") from error

    def _require_time(self, wait: float = 0.0) -> None:
        if self.hands.monotonic() + wait > self.deadline:
            asked = f"; {self.host} asks to wait {wait:.0f} s" if wait else ""
            raise PullFailed(
                f"the pull is over its {self.pull.limit_minutes} minutes{asked}; the next goes on where it is: "
                "raise `limit_minutes` if that is not enough"
            )

    def _credentials(self) -> dict[str, str]:
        auth = self.pull.auth
        if isinstance(auth, BearerAuth):
            return {"Authorization": f"Bearer {_header_text(auth.token, self.hands.secrets(auth.token))}"}
        if isinstance(auth, ApiKeyAuth):
            return {auth.header: _header_text(auth.key, self.hands.secrets(auth.key))}
        if self._token is None or self.hands.monotonic() > self._token[1]:
            self._token = self._new_token(auth)
        return {"Authorization": f"Bearer {self._token[0]}"}

    def _new_token(self, auth: OAuth2Auth) -> tuple[str, float]:
        """An access token, and until when it is used."""
        wanted = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        basic = httpx.BasicAuth(self.hands.secrets(auth.client_id), self.hands.secrets(auth.client_secret))
        status, content, _ = self._send("POST", auth.token_url, _LARGEST_TOKEN, data=wanted, auth=basic)
        host = urlsplit(auth.token_url).hostname
        if status != 200:
            raise PullRefused(
                f"{host} gives no token ({status}); check {auth.client_id} and {auth.client_secret}", "engineering"
            )
        try:
            answer = parse(content.decode())
            token, lasts = answer["access_token"], float(answer.get("expires_in", 300))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PullRefused(f"{host} answers no token that can be read; ask the client", "client") from error
        return _header_text("the token", token), self.hands.monotonic() + max(lasts - _RENEW_BEFORE, 0)


def _header_text(name: str, secret: Any) -> str:
    if not isinstance(secret, str) or not secret.isascii() or not secret.isprintable() or not secret:
        raise PullRefused(f"{name} is no text that a header can hold; correct it", "engineering")
    return secret


def _links(headers: httpx.Headers) -> Mapping[str, Mapping[str, str]]:
    links: Any = httpx.Response(200, headers=[("Link", headers.get("Link", ""))]).links
    return dict(links)


def _retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds, from either form of the header; None where it is absent or unreadable."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())
