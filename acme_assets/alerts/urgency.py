"""How urgent a cause is: by what a person could still change, not by how bad it looks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from acme_assets.alerts.cause import ALWAYS_PAGES, Affected, Cause
from acme_assets.alerts.incident import Urgency

SILENT_BELOW = 0.05
"""A risk below which a cause that holds a night up can wait for the morning's digest."""


@dataclass(frozen=True)
class Threshold:
    """What wakes somebody for a client of one tier."""

    page_above: float
    """P(miss) above which somebody is woken."""
    worth: float
    """If acting now lowers it by at least so much."""


def urgency_of(
    cause: Cause, thresholds: Mapping[str, Threshold], now: datetime, muted: Callable[[Cause], str | None]
) -> Urgency:
    """The urgency of a cause at this moment.

    A page is for what a person can still save. What is lost already, or saves itself, waits for the morning: it is
    told to its owner in working hours, or stands in the digest.
    """
    if muted(cause):
        return "digest"
    if cause.kind in ALWAYS_PAGES or any(_wakes(item, thresholds, now) for item in cause.affected):
        return "page"
    known = [item.p_miss for item in cause.affected if item.p_miss is not None and now < item.deadline]
    is_harmless = (
        bool(cause.affected) and bool(known) and max(known) < SILENT_BELOW and len(known) == len(cause.affected)
    )
    return "digest" if is_harmless else "notify"


def _wakes(item: Affected, thresholds: Mapping[str, Threshold], now: datetime) -> bool:
    if now >= item.deadline:
        return False
    if item.p_miss is None:  # no forecast: nobody knows, so somebody looks while there is time
        return item.drop_dead is None or now < item.drop_dead
    threshold = thresholds[item.tier]
    return item.p_miss > threshold.page_above and item.to_be_saved >= threshold.worth
