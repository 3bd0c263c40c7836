"""Times, spans, shares and states in the words that the pages use. Pure."""

import math
from datetime import date, datetime, timedelta, tzinfo

from acme_assets.board.model import NightRow

STATE_WORDS = {
    "released": "Released",
    "awaiting sign-off": "Awaiting sign-off",
    "running": "Running",
    "waiting": "Waiting",
    "held": "Held",
}

GROUP_WORDS = {"client": "Client", "engineering": "Engineering", "qa": "QA", "client_success": "Client success"}

NOT_TONIGHT = "not tonight"


def clock(at: datetime | None, zone: tzinfo) -> str:
    """A moment on the clock of a zone: 06:00."""
    return f"{at.astimezone(zone):%H:%M}" if at else ""


def moment(at: datetime | None, zone: tzinfo) -> str:
    """A moment with its day and zone: Wed 14 Jan, 06:00 EST."""
    return f"{at.astimezone(zone):%a %-d %b, %H:%M %Z}" if at else ""


def iso(at: datetime) -> str:
    """For programs and the page's script."""
    return at.isoformat()


def day(value: date) -> str:
    """A business date: Wed 14 Jan 2026."""
    return f"{value:%a %-d %b %Y}"


def span(length: timedelta | None) -> str:
    """How long: 40 min, 3 h 05 min, 2 days. A negative one is told as it is, without its sign."""
    if length is None:
        return ""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes >= 48 * 60:
        return f"{minutes // 1440} days"
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"


def short_span(length: timedelta | None) -> str:
    """The same where space is short: 40m, 3h05, 2d."""
    if length is None:
        return ""
    minutes = int(abs(length.total_seconds()) // 60)
    if minutes >= 48 * 60:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h{minutes % 60:02}" if minutes >= 60 else f"{minutes}m"


def risk(share: float | None) -> str:
    """A probability: never 0 or 100, which nobody forecasts."""
    if share is None:
        return ""
    if share < 0.01:
        return "<1 %"
    return ">99 %" if share > 0.99 else f"{share * 100:.0f} %"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of something counted."""
    return "" if share is None or math.isnan(share) else f"{share * 100:.{digits}f} %"


def minutes(value: float | None) -> str:
    """Minutes as a span."""
    return "" if value is None else span(timedelta(minutes=value))


def unblock(p50: datetime | None, p90: datetime | None, zone: tzinfo) -> str:
    """When it is expected, P50 to P90, on the clock of a zone."""
    if p50 is None:
        return NOT_TONIGHT
    if p90 is None:
        return f"{clock(p50, zone)}\N{EN DASH}{NOT_TONIGHT}"
    first, last = clock(p50, zone), clock(p90, zone)
    return first if first == last else f"{first}\N{EN DASH}{last}"


def expected(row: NightRow) -> str:
    """When a night is expected to be released; empty where no forecast says so, or it is released."""
    return unblock(row.p50, row.p90, row.zone) if row.p_miss is not None and row.state != "released" else ""


def until(at: datetime | None, now: datetime) -> str:
    """How far away a moment is: in 40 min, 5 min ago."""
    if at is None:
        return ""
    return f"in {span(at - now)}" if at >= now else f"{span(now - at)} ago"


def step_name(name: str) -> str:
    """A dependency as people say it: feeds/lab_result is lab_result."""
    return name.partition("/")[2] or name


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
