"""Ask Dagster's web server what its UI asks it."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
TIMEOUT_SECONDS = 60


class NoAnswer(Exception):
    """The web server gave no answer, or one with an error in it."""


def ask(address: str, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The data of a GraphQL answer.

    Raises:
        NoAnswer: there was none without an error.
    """
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    try:
        with _DIRECT.open(request, timeout=TIMEOUT_SECONDS) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        raise NoAnswer(error.read().decode(errors="replace")[:500]) from error
    except (OSError, ValueError) as error:
        raise NoAnswer(str(error)) from error
    if answer.get("errors"):
        raise NoAnswer(str(answer["errors"][0].get("message"))[:500])
    return dict(answer["data"])
