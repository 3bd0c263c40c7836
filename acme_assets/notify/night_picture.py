"""A picture of a night: clients by time, each with its deadline, its release and its incidents. PNG, by matplotlib.

matplotlib is imported when a picture is drawn: it takes a second, and most processes draw none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Literal

MOST_ROWS = 60
"""Of more clients, those in time without an incident are left out first: their bars would be hairlines."""

_COLOURS = {"met": "#4c9a6a", "missed": "#d0752f", "open": "#b03a48"}
_INCIDENTS = {"page": "#b03a48", "notify": "#3a6ea5", "digest": "#8a8a8a"}


@dataclass(frozen=True)
class Row:
    """One client."""

    name: str
    due: datetime
    """When the last of its files was due."""
    deadline: datetime
    released_at: datetime | None
    state: Literal["met", "missed", "open"]
    incidents: tuple[tuple[datetime, str], ...] = ()
    """When each opened, and its urgency."""


def draw(title: str, rows: Sequence[Row], as_of: datetime) -> bytes:
    """The picture."""
    from matplotlib.dates import DateFormatter
    from matplotlib.figure import Figure

    shown = choose(rows)
    figure = Figure(figsize=(11, max(2.0, 0.9 + 0.19 * len(shown))), dpi=110, layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(reversed(shown)):
        _draw_row(axes, place, row, as_of)
    axes.set_yticks(range(len(shown)), [row.name for row in reversed(shown)], fontsize=7)
    axes.xaxis_date(tz=UTC)
    axes.xaxis.set_major_formatter(DateFormatter("%a %H:%M", tz=UTC))  # type: ignore[no-untyped-call]
    left = f"; {len(rows) - len(shown)} more in time" if len(rows) > len(shown) else ""
    axes.set_title(f"{title}{left}", loc="left", fontsize=9)
    axes.set_xlabel("UTC. Bar: last file due to release; line: deadline; dot: an incident opens", fontsize=7)
    axes.tick_params(axis="x", labelsize=7)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    out = BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def choose(rows: Sequence[Row]) -> list[Row]:
    """The rows that are shown, by deadline: whatever was late or had an incident first."""
    in_order = sorted(rows, key=lambda row: (row.state == "met", not row.incidents, row.deadline, row.name))
    return sorted(in_order[:MOST_ROWS], key=lambda row: (row.deadline, row.name))


def _draw_row(axes: Any, place: int, row: Row, as_of: datetime) -> None:
    end = row.released_at or as_of
    axes.barh(place, end - row.due, left=row.due, height=0.6, color=_COLOURS[row.state], alpha=0.75)
    axes.plot([row.deadline, row.deadline], [place - 0.45, place + 0.45], color="black", linewidth=1.4)
    for at, urgency in row.incidents:
        axes.plot([at], [place], marker="o", markersize=4, color=_INCIDENTS[urgency], markeredgecolor="white")


def described(rows: Sequence[Row]) -> str:
    """What the picture shows, for whoever does not see it."""
    late = sum(row.state != "met" for row in rows)
    return f"{len(rows)} clients by time: {len(rows) - late} released in time, {late} not"
