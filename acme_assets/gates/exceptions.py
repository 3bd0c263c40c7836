"""The kinds of client exceptions: what the subject of a request must say, and what it means in words. Pure."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any, Literal, get_args

ExceptionKind = Literal["may_be_missing", "late_until", "carry_forward", "accept_quarantined"]
EXCEPTIONS: tuple[ExceptionKind, ...] = get_args(ExceptionKind)


def why_no_request(subject: Mapping[str, Any]) -> str | None:
    """What the subject of a request lacks; None where it can be applied.

    A request that is signed wrongly is refused by itself: it must not stop other clients' nights from being assessed.
    """
    kind = subject.get("exception")
    if kind not in EXCEPTIONS:
        return f"there is no exception {kind!r}; there are {', '.join(EXCEPTIONS)}"
    named = [subject.get("feed")]
    try:
        if kind == "late_until":
            time.fromisoformat(subject["until"])
        if kind == "carry_forward":
            date.fromisoformat(subject["source_date"]), int(subject["rows_loaded"])
        if kind in ("carry_forward", "accept_quarantined"):
            named.append(subject["delivery_id"])
    except (KeyError, TypeError, ValueError):
        return f"its subject does not say what {kind} needs"
    return None if all(isinstance(name, str) for name in named) else f"its subject does not say what {kind} is about"


def in_words(subject: Mapping[str, Any]) -> str:
    """What a well-formed request asks for, as one clause."""
    feed = subject["feed"]
    match subject["exception"]:
        case "may_be_missing":
            return f"{feed} may be missing: the night is built without it"
        case "late_until":
            return f"{feed} may come until {subject['until']} on the client's clock, the morning after"
        case "carry_forward":
            rows = f"{subject['rows_loaded']:,} rows"
            return f"{feed} of {subject['source_date']} ({rows}) stands in until {feed} arrives"
        case _:
            delivery = subject["delivery_id"][:12]
            unlike = " although it is unlike the feed's earlier ones," if subject.get("accepts_drift") is True else ""
            return f"{feed} delivery {delivery} is loaded{unlike} without the rows that fail its contract"


def span_in_words(first: date, last: date) -> str:
    """Business dates, both included."""
    return f"business date {first}" if first == last else f"business dates {first} to {last}"
