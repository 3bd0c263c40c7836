"""One POST of JSON with a deadline, and what its answer means.

By urllib, which is there: requests comes with apprise and could leave with it. Answers' bodies are not read: the
status says enough, and a body may repeat what we sent.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from acme_assets.notify.channel import Outcome

LONGEST_WAIT = timedelta(hours=1)
"""A server that asks for more patience than this is asked again all the same."""

_TOO_MANY = (408, 425, 429)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST becomes a GET without its body: better a refusal that somebody sees."""

    def redirect_request(self, *_: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def post_json(url: str, body: Mapping[str, Any], headers: Mapping[str, str], timeout: float) -> Outcome:
    """Post it, and classify what came of it."""
    data = json.dumps(body).encode()
    sent = {"Content-Type": "application/json", "User-Agent": "acme-nights", **headers}
    request = urllib.request.Request(url, data, sent, method="POST")
    try:
        with _OPENER.open(request, timeout=timeout) as answer:
            return of_status(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return of_status(error.code, error.headers.get("Retry-After"))
    except urllib.error.URLError as error:
        return Outcome("again", f"no connection ({type(error.reason).__name__})", is_down=True)
    except (OSError, http.client.HTTPException) as error:
        return Outcome("unknown", f"no answer ({type(error).__name__})", is_down=True)


def of_status(status: int, retry_after: str | None = None) -> Outcome:
    """What an HTTP status means for a message."""
    detail = f"HTTP {status}"
    if 200 <= status < 300:
        return Outcome("delivered", detail)
    if status in _TOO_MANY or status >= 500:
        return Outcome("again", detail, _patience(retry_after), is_down=True)
    return Outcome("refused", detail)


def _patience(asked: str | None) -> timedelta | None:
    if not asked:
        return None
    if asked.strip().isdecimal():
        wait = timedelta(seconds=min(int(asked), LONGEST_WAIT.total_seconds()))
    else:
        try:
            wait = parsedate_to_datetime(asked) - datetime.now(UTC)
        except (TypeError, ValueError):
            return None
    return min(max(wait, timedelta(0)), LONGEST_WAIT)
