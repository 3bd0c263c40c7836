"""Whether a delivery is like the feed's own earlier ones: rows, bytes, empty values, totals, keys. Pure.

Each measure is held against a band around what its weekday usually is. Medians all through, so that one odd night
sets no measure; the width comes from how far nights usually are from their weekday's median, of all nights together.
The last week's level counts: after four nights on a new level, that is what is expected. A weekday or a month's end
that was never seen is not judged, and with few of them the band is wide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from math import asin, asinh, pi, sin, sinh, sqrt
from statistics import median
from typing import Any, Literal

from client_partitions.drift import Act, DriftPolicy

Kind = Literal[
    "added", "missing", "renamed", "reordered", "retyped", "rows", "bytes", "empty", "totals", "keys", "repeated"
]

TRAILING_DAYS = 56
"""Eight weeks of nights; of months' ends a year."""

ENOUGH_NIGHTS = 5
"""With fewer nothing is judged."""

_TWO_WEEKS = 14

_WIDTH = {"totals": 8.0}
_USUAL_WIDTH = 5.0
"""Half the band, in standard deviations as the median deviation tells them. Totals have long tails."""

_LEAST = {"rows": 0.05, "bytes": 0.08, "empty": 0.05, "totals": 0.08, "keys": 0.06}
"""The smallest standard deviation that is believed, on the measure's scale."""

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


@dataclass(frozen=True)
class Finding:
    """One difference: names, counts and totals, never a value of a row."""

    kind: Kind
    what: str
    """The column, or the measure."""
    said: str
    act: Act = "hold"

    def under(self, policy: DriftPolicy) -> "Finding":
        """With what becomes of it."""
        return replace(self, act=getattr(policy, self.kind))


@dataclass(frozen=True)
class Profile:
    """A delivery in numbers."""

    rows: int
    """Source rows in scope."""
    bytes: int
    lines: int
    """Canonical rows that passed."""
    empty: Mapping[str, int]
    """Canonical column to its empty values."""
    totals: Mapping[str, Decimal]
    """Column of amounts or quantities to its total."""
    keys_known: float | None = None
    """Share of its keys that the night before had; None where there is none to compare with."""


@dataclass(frozen=True)
class PastNight:
    """An earlier business date of the feed, with the delivery that is loaded for it."""

    business_date: date
    content_hash: str
    profile: Profile


def is_month_end(day: date) -> bool:
    """Whether it is the last day of its month."""
    return (day + timedelta(days=1)).day == 1


def trailing_dates(business_date: date) -> list[date]:
    """The business dates that a night is held against: eight weeks, and the ends of a year's months."""
    days = [business_date - timedelta(days=n) for n in range(1, 366)]
    return [day for n, day in enumerate(days, 1) if n <= TRAILING_DAYS or is_month_end(day)]


def night_drift(
    business_date: date, content_hash: str, profile: Profile, past: Sequence[PastNight], policy: DriftPolicy
) -> tuple[Finding, ...]:
    """What is unlike the trailing nights, in numbers. Quiet with few nights."""
    found = [_repeated(content_hash, past)]
    if len(past) >= ENOUGH_NIGHTS:
        lines = min(profile.lines, median(night.profile.lines for night in past))
        found += [_judged(business_date, profile, past, lines, *measure) for measure in _measures(profile)]
    with_acts = (item.under(policy) for item in found if item)
    return tuple(item for item in with_acts if item.act != "pass")


def _repeated(content_hash: str, past: Sequence[PastNight]) -> Finding | None:
    hashes = [night.content_hash for night in past]
    repeats_itself = len(set(hashes)) < len(hashes)
    same = [night.business_date for night in past if night.content_hash == content_hash]
    if not same or repeats_itself or len(past) < ENOUGH_NIGHTS:
        return None
    return Finding("repeated", "content", f"it is the content of {max(same)} again")


def _measures(profile: Profile) -> list[tuple[Kind, str]]:
    found: list[tuple[Kind, str]] = [("rows", "rows"), ("bytes", "bytes"), ("keys", "keys")]
    found += [("empty", name) for name in profile.empty]
    found += [("totals", name) for name in profile.totals]
    return found


def _value(profile: Profile, kind: Kind, what: str) -> float | None:
    """The measure as it is; shares from 0 to 1."""
    if kind == "keys":
        return profile.keys_known
    if kind == "empty":
        return profile.empty[what] / profile.lines if what in profile.empty and profile.lines else None
    if kind == "totals":
        return float(profile.totals[what]) if what in profile.totals else None
    return float(profile.rows if kind == "rows" else profile.bytes)


def _chance(lines: float, kind: Kind) -> float:
    """How far chance alone moves a measure of so few rows, on its scale."""
    factor = {"empty": 0.5, "keys": 0.5, "totals": 2.0}.get(kind, 1.0)
    return factor / sqrt(max(lines, 1))


def _scale(kind: Kind, value: float) -> float:
    """To where equal distances are equally odd: shares by their arc, amounts by their logarithm, with a sign."""
    return asin(sqrt(min(max(value, 0.0), 1.0))) if kind in ("empty", "keys") else asinh(value)


def _back(kind: Kind, scaled: float) -> float:
    if kind in ("empty", "keys"):
        return sin(min(max(scaled, 0.0), pi / 2)) ** 2
    found = sinh(min(scaled, 700.0))
    return max(found, 0.0) if kind in ("rows", "bytes") else found


def _judged(
    business_date: date, profile: Profile, past: Sequence[PastNight], lines: float, kind: Kind, what: str
) -> Finding | None:
    value = _value(profile, kind, what)
    known = [(night.business_date, _value(night.profile, kind, what)) for night in past]
    if value is None or all(found == value for _, found in known):
        return None
    nights = [(day, _scale(kind, found)) for day, found in known if found is not None]
    least = max(_LEAST[kind], _chance(lines, kind))
    band = _band(business_date, nights, least, _WIDTH.get(kind, _USUAL_WIDTH))
    if band is None or band.low <= _scale(kind, value) <= band.high:
        return None
    low, high = (_written(kind, _back(kind, edge)) for edge in (band.low, band.high))
    name = {"empty": f"empty values of {what}", "totals": f"total of {what}", "keys": "keys of the night before"}
    said = f"{name.get(kind, what)} {_written(kind, value)}, expected {low} to {high} by {band.basis}"
    return Finding(kind, what, said)


def _written(kind: Kind, value: float) -> str:
    return f"{value:.1%}" if kind in ("empty", "keys") else f"{value:,.0f}"


@dataclass(frozen=True)
class _Band:
    low: float
    high: float
    basis: str


def _band(day: date, nights: Sequence[tuple[date, float]], least: float, width: float) -> _Band | None:
    """What is expected of a day, on the measure's scale; None where its like was never seen."""
    ordinary = [(at, x) for at, x in nights if not is_month_end(at)]
    ends = [(at, x) for at, x in nights if is_month_end(at)]
    if len(ordinary) < ENOUGH_NIGHTS:
        return None
    by_weekday: list[list[float]] = [[] for _ in range(7)]
    for at, x in ordinary:
        by_weekday[at.weekday()].append(x)
    every = median(x for _, x in ordinary)
    centres = [median(values) if values else every for values in by_weekday]
    spread = max(_spread(ordinary, centres, by_weekday), least) * (1 + 4 / len(ordinary))
    last_week = [x - centres[at.weekday()] for at, x in sorted(ordinary)[-7:]]
    centre = centres[day.weekday()] + (median(last_week) if len(ordinary) >= _TWO_WEEKS else 0.0)
    seen = len(by_weekday[day.weekday()])
    basis = f"the last {seen} {_WEEKDAYS[day.weekday()]}"
    if is_month_end(day):
        offsets = [x - centres[at.weekday()] for at, x in ends]
        if not offsets:
            return None
        centre += median(offsets)
        spread = max(spread, 1.4826 * median(abs(offset - median(offsets)) for offset in offsets))
        seen, basis = len(ends), f"the last {len(ends)} ends of months"
    if seen == 0:
        return None
    half = width * spread * (2 if seen < 3 else 1)
    return _Band(centre - half, centre + half, basis if seen > 1 else basis.replace("last 1 ", "only one of the "))


def _spread(
    nights: Sequence[tuple[date, float]], centres: Sequence[float], by_weekday: Sequence[Sequence[float]]
) -> float:
    """A standard deviation, from the median distance of nights from their weekday's median.

    A median of few nights is close to them by itself: those count for more.
    """
    distances = []
    for day, x in nights:
        count = len(by_weekday[day.weekday()])
        if count > 1:
            distances.append(abs(x - centres[day.weekday()]) * count / (count - 1))
    return 1.4826 * median(distances) if distances else 0.0


def profile_json(profile: Profile) -> dict[str, Any]:
    """As plain values for the ledger; totals as text, since they are exact."""
    return {**vars(profile), "empty": dict(profile.empty), "totals": {k: str(v) for k, v in profile.totals.items()}}


def read_profile(found: Mapping[str, Any]) -> Profile:
    """From the ledger's plain values."""
    return Profile(**{**found, "totals": {name: Decimal(total) for name, total in found["totals"].items()}})
