"""Which page of an API is next, from the page before. Pure: what a server says is followed to its own host alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

import jmespath

from acme_assets.landing.outcome import PullRefused
from client_partitions.pulls import ApiPull, Cursor, NextLink


@dataclass(frozen=True)
class Step:
    """One request."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    """To be added to the URL; none where the URL is a link that the server gave."""

    @property
    def key(self) -> str:
        """What tells a request from another. A hash: links and cursors may name members."""
        text = "\0".join([self.url, *(f"{name}={value}" for name, value in sorted(self.params.items()))])
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:24]


def first_step(pull: ApiPull, business_date: date) -> Step:
    """The request for the first page."""
    params = {name: value.replace("{date}", business_date.isoformat()) for name, value in pull.params.items()}
    if not isinstance(pull.pages, NextLink | Cursor):
        params[pull.pages.param] = str(pull.pages.first)
    return Step(pull.url, params)


def next_step(
    pull: ApiPull, business_date: date, step: Step, document: Any, links: Mapping[str, Mapping[str, str]], records: int
) -> Step | None:
    """The request for the page after this one; None after the last.

    Args:
        document: the page.
        links: its header `Link`, by relation, as httpx reads it.
        records: how many records the page has.

    Raises:
        PullRefused: the page names a page of another host, or something else than a text.
    """
    if isinstance(pull.pages, NextLink):
        found = jmespath.search(pull.pages.path, document) if pull.pages.path else links.get("next", {}).get("url")
        if found is None or found == "":
            return None
        return Step(_own_link(pull, step, found))
    first = first_step(pull, business_date)
    if isinstance(pull.pages, Cursor):
        found = jmespath.search(pull.pages.path, document)
        if found is None or found == "":
            return None
        if isinstance(found, bool) or not isinstance(found, str | int):
            raise PullRefused(f"{pull.pages.path} leads to no text on a page; correct the pull's `path`", "engineering")
        return Step(pull.url, {**first.params, pull.pages.param: str(found)})
    if not records:
        return None
    number = int(step.params[pull.pages.param]) + 1
    return Step(pull.url, {**first.params, pull.pages.param: str(number)})


def total_of(pull: ApiPull, document: Any) -> int | None:
    """How many records there are in all, by a page's word; None where the pull asks for none.

    Raises:
        PullRefused: the page does not say.
    """
    if pull.total is None:
        return None
    found: object = jmespath.search(pull.total, document)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise PullRefused(f"a page has no count at {pull.total}; correct the pull's `total`", "engineering")
    return found


def _own_link(pull: ApiPull, step: Step, link: Any) -> str:
    if not isinstance(link, str):
        raise PullRefused("a page's next link is no text; correct the pull's `path`", "engineering")
    try:
        url = urljoin(step.url, link)
        is_own = _origin(url) == _origin(pull.url) and "@" not in urlsplit(url).netloc
    except ValueError:
        is_own = False
    if not is_own:
        raise PullRefused(
            f"a page's next link leads away from {urlsplit(pull.url).hostname}, where our credentials would follow it; "
            "ask the client what it is",
            "client",
        )
    return url


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
