"""Trends as figures to look at: where bars, ranges and points go in a drawing. Pure: a template draws them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from acme_assets.board.trends_model import Calibration, HourLatency, LateFeed
from acme_assets.board.wording import minutes, percent
from acme_assets.sla.attainment import Attainment, Report

WIDTH, HEIGHT = 560, 170
_MOST_FEEDS = 12


@dataclass(frozen=True)
class Bar:
    """One bar, with what it says."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    kind: str = ""
    """What it counts, where that has a colour of its own."""


@dataclass(frozen=True)
class Point:
    """One point of the calibration; its size says how often it was forecast."""

    x: float
    y: float
    radius: float
    text: str


def weeks(report: Report) -> tuple[Bar, ...]:
    """Share of the deadlines kept, week by week: standing bars, from 0 to all."""
    found = [week for week in report.by_week if week.share_met is not None]
    step = WIDTH / max(len(found), 1)
    return tuple(
        Bar(round(place * step + step * 0.12, 1), round(HEIGHT - (week.share_met or 0) * HEIGHT, 1),
            round(step * 0.76, 1), round((week.share_met or 0) * HEIGHT, 1), week.name, percent(week.share_met))
        for place, week in enumerate(found)
    )  # fmt: skip


def groups(report: Report) -> tuple[Bar, ...]:
    """Minutes of delay by owner group: lying bars."""
    return _lying([(item.name, float(item.minutes), _delay(item), item.name) for item in report.by_owner_group])


def _delay(item: Attainment) -> str:
    nights = item.due - item.met
    return f"{minutes(item.minutes)}, {nights} night{'' if nights == 1 else 's'}"


def late_feeds(feeds: Sequence[LateFeed]) -> tuple[Bar, ...]:
    """How often senders are late: lying bars, the worst first."""
    return _lying(
        [
            (f"{item.client_id} {item.feed}", item.late / item.nights if item.nights else 0.0,
             f"{item.late} of {item.nights} nights", "client")
            for item in feeds[:_MOST_FEEDS]
        ],
        whole=1.0,
    )  # fmt: skip


ROW = 26
NAMES = 210
"""Width that is left to the names of lying bars."""
_VALUES = 130


def _lying(rows: Sequence[tuple[str, float, str, str]], whole: float = 0.0) -> tuple[Bar, ...]:
    most = whole or max((value for _, value, _, _ in rows), default=0.0) or 1.0
    room = WIDTH - NAMES - _VALUES
    return tuple(
        Bar(NAMES, row * ROW + 4, round(max(value / most * room, 1.0), 1), ROW - 8, label, text, kind)
        for row, (label, value, text, kind) in enumerate(rows)
    )


@dataclass(frozen=True)
class Latency:
    """Sign-off latency by the hour (UTC) at which the candidate was there."""

    bars: tuple[Bar, ...]
    """From P50 to P90."""
    most: str
    """What the top of the drawing says."""


def latency(hours: Sequence[HourLatency]) -> Latency:
    """A standing bar an hour of the day, from the half that are faster to the tenth that are slower."""
    most = max((item.p90_minutes for item in hours), default=0.0) or 1.0
    step = WIDTH / 24
    bars = tuple(
        Bar(round(item.hour * step + 2, 1), round(HEIGHT - item.p90_minutes / most * HEIGHT, 1), round(step - 4, 1),
            round(max((item.p90_minutes - item.p50_minutes) / most * HEIGHT, 2.0), 1), f"{item.hour:02}",
            f"{item.hour:02} h: half within {minutes(item.p50_minutes)}, nine in ten within "
            f"{minutes(item.p90_minutes)}, {item.nights} nights")
        for item in hours
    )  # fmt: skip
    return Latency(bars, minutes(most))


SQUARE = 260


def calibration(found: Calibration) -> tuple[Point, ...]:
    """What was forecast (across) beside what happened (up); on the diagonal both are the same."""
    table = [item for item in found.bins if item.cases and not math.isnan(item.observed)]
    most = max((item.cases for item in table), default=1)
    return tuple(
        Point(round(item.mean * SQUARE, 1), round((1 - item.observed) * SQUARE, 1),
              round(3 + 9 * math.sqrt(item.cases / most), 1),
              f"forecast {percent(item.mean, 0)}, happened {percent(item.observed, 0)}, {item.cases} forecasts")
        for item in table
    )  # fmt: skip
