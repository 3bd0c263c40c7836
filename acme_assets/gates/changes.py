"""What an override's subject says, read strictly, and a client's dependencies as it changes them. Pure.

| change | beside it | means |
|---|---|---|
| optional_feed | feed | the night does not wait for the feed |
| extra_feed | feed | the night waits for the feed, on every weekday |
| due | feed, time | the feed is owed by that time |
| deadline | time | the dashboard is due by that time |
| suite | mart, tuning | the mart is judged by this tuning, in place of the client's (`client_partitions.validation`) |

Times are "HH:MM" on the client's clock, on the morning after the business date.
"""

import json
import re
from collections.abc import Mapping
from datetime import time
from typing import Any, Literal, get_args

from pydantic import ValidationError

from client_partitions.client import WEEKDAYS, Client, FeedPolicy
from client_partitions.validation import MartTuning

Change = Literal["optional_feed", "extra_feed", "due", "deadline", "suite"]
CHANGES: tuple[Change, ...] = get_args(Change)

_NEEDS: Mapping[Any, tuple[str, ...]] = {
    "optional_feed": ("feed",),
    "extra_feed": ("feed",),
    "due": ("feed", "time"),
    "deadline": ("time",),
    "suite": ("mart", "tuning"),
}


def why_no_change(subject: Mapping[str, Any]) -> str | None:
    """Why a subject says nothing that we understand; None where it does. Never raises: it may be anybody's."""
    change = subject.get("change")
    if change not in CHANGES:
        return f"there is no change {change!r}; it is one of {', '.join(CHANGES)}"
    if set(subject) != {"change", *_NEEDS[change]}:
        return f"a change {change} says {' and '.join(_NEEDS[change])}, and nothing else"
    if not all(isinstance(subject[name], str) for name in _NEEDS[change] if name != "tuning"):
        return f"a change {change} names {' and '.join(_NEEDS[change])} as text"
    if "time" in subject and not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", subject["time"]):
        return f"{subject['time']!r} is no time of day; write HH:MM, such as 04:30"
    return _why_no_tuning(subject["tuning"]) if change == "suite" else None


def _why_no_tuning(tuning: Any) -> str | None:
    try:
        MartTuning.model_validate(tuning)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(["tuning", *map(str, problem["loc"])])
        return f"{where}: {problem['msg']}; the fields are those of validation in a client's file: docs/clients.md"
    return None


def under_override(client: Client, subject: Mapping[str, Any]) -> Client:
    """The client as an override's subject changes it. What it names and the client lacks changes nothing."""
    match subject["change"]:
        case "optional_feed":
            return with_feed(client, subject["feed"], required=False)
        case "extra_feed":
            return with_feed(client, subject["feed"], required=True, days=WEEKDAYS)
        case "due":
            return with_feed(client, subject["feed"], due=time.fromisoformat(subject["time"]))
        case "deadline":
            return client.model_copy(update={"deadline": time.fromisoformat(subject["time"])})
        case "suite":
            tuning = MartTuning.model_validate(subject["tuning"])
            return client.model_copy(update={"validation": {**client.validation, subject["mart"]: tuning}})
        case _:
            return client


def with_feed(client: Client, feed: str, **changes: Any) -> Client:
    """The client with another policy for a feed; as it is where it does not owe the feed."""
    feeds: dict[Any, FeedPolicy] = dict(client.feeds)
    if feed not in feeds:
        return client
    feeds[feed] = feeds[feed].model_copy(update=changes)
    return client.model_copy(update={"feeds": feeds})


def described(subject: Mapping[str, Any]) -> str:
    """A readable subject in words."""
    match subject["change"]:
        case "optional_feed":
            return f"{subject['feed']} is optional"
        case "extra_feed":
            return f"{subject['feed']} is required"
        case "due":
            return f"{subject['feed']} is due at {subject['time']}"
        case "deadline":
            return f"the deadline is {subject['time']}"
        case _:
            return f"{subject['mart']} is judged by {tuning_in_words(MartTuning.model_validate(subject['tuning']))}"


def tuning_in_words(tuning: MartTuning) -> str:
    """What differs from the default, on one line."""
    said = tuning.model_dump(mode="json", exclude_defaults=True)
    return ", ".join(f"{name} {json.dumps(value)}" for name, value in said.items()).replace('"', "") or "the defaults"
