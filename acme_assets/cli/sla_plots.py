"""Plots of the forecast as PNG files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import matplotlib

matplotlib.use("Agg")  # no window: a server has none

from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MinuteLocator, date2num
from matplotlib.figure import Figure

from acme_assets.sla.backtest import Judgement
from acme_assets.sla.scoring import reliability

_INK, _PALE, _BLUE, _RED = "#1f2933", "#9aa5b1", "#1f6feb", "#b3261e"


def reliability_plot(judgement: Judgement, path: Path) -> None:
    """What was forecast beside what happened, with how often each was forecast below it."""
    table = [found for found in reliability(judgement.cases.p_miss, judgement.cases.missed) if found.cases]
    figure = Figure(figsize=(6, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
    above.plot([0, 1], [0, 1], color=_PALE, linestyle="--", label="perfect")
    above.plot(
        [found.mean for found in table], [found.observed for found in table], "o-", color=_BLUE, label="forecast"
    )
    above.set_ylabel("share that missed")
    above.set_title(f"P(miss) against what happened, from {judgement.first_judged}", color=_INK, loc="left")
    above.legend(frameon=False)
    below.bar([(found.low + found.high) / 2 for found in table], [found.cases for found in table], 0.09, color=_PALE)
    below.set_xlabel("forecast probability of a miss")
    below.set_ylabel("forecasts")
    _save(figure, path)


@dataclass(frozen=True)
class Said:
    """What was forecast of one night at a moment."""

    at: datetime
    p_miss: float
    p50: datetime | None
    p90: datetime | None


@dataclass(frozen=True)
class Fan:
    """One night, forecast at many moments, and what became of it."""

    title: str
    zone: ZoneInfo
    """The client's: all times are on its clock."""
    said: Sequence[Said]
    deadline: datetime
    released: datetime
    events: Sequence[tuple[datetime, str]]
    """What happened that moved the forecast."""


def fan_plot(night: Fan, path: Path) -> None:
    """When the release was expected, and how likely a miss, as the night went on."""
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, height_ratios=(3, 2), sharex=True)
    _expected(above, night)
    below.step([_day(item.at) for item in night.said], [item.p_miss for item in night.said], color=_RED, where="post")
    below.axhline(0.5, color=_PALE, linewidth=1, linestyle="--")
    below.set_ylim(0, 1.02)
    below.set_ylabel("P(miss)")
    below.set_xlabel(f"said at ({night.zone.key})")
    below.set_xlim(_day(night.said[0].at), _day(night.released + timedelta(minutes=10)))
    for axis in (above.yaxis, below.xaxis):
        axis.set_major_locator(MinuteLocator(byminute=(0, 30), tz=night.zone))  # type: ignore[no-untyped-call]
        axis.set_major_formatter(DateFormatter("%H:%M", tz=night.zone))  # type: ignore[no-untyped-call]
    for axes in (above, below):
        for moment, _ in night.events:
            axes.axvline(_day(moment), color=_PALE, linewidth=0.8)
    for number, (moment, what) in enumerate(night.events):
        above.annotate(
            what, (_day(moment), 0.03 + 0.07 * number), (-4, 0), xycoords=("data", "axes fraction"), fontsize=8,
            textcoords="offset points", ha="right", color=_INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    _save(figure, path)


def _expected(axes: Axes, night: Fan) -> None:
    """The fan: what is not expected tonight lies above the top."""
    at, top = [_day(item.at) for item in night.said], _day(night.released + timedelta(minutes=65))
    p50, p90 = ([_day(moment) if moment else 2 * top for moment in moments]
                for moments in ([item.p50 for item in night.said], [item.p90 for item in night.said]))  # fmt: skip
    axes.fill_between(at, p50, p90, color=_BLUE, alpha=0.18, linewidth=0, label="P50 to P90", step="post")
    axes.step(at, p50, color=_BLUE, where="post", label="P50")
    axes.axhline(_day(night.deadline), color=_RED, label="deadline")
    axes.axhline(_day(night.released), color=_INK, linestyle=":", label="released")
    axes.plot(at, at, color=_PALE, linewidth=1, linestyle="--", label="now")
    axes.set_ylim(_day(night.deadline - timedelta(minutes=150)), top)
    axes.set_ylabel("release expected (above the top: not tonight)")
    axes.set_title(night.title, color=_INK, loc="left", pad=26)
    axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=5)


def _day(moment: datetime) -> float:
    return float(date2num(moment))  # type: ignore[no-untyped-call]


def _save(figure: Figure, path: Path) -> None:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110, metadata={"Software": None})
