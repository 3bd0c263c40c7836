"""The report of deadlines as one printable page: no script, nothing fetched, everything that it shows escaped.

It is made to be sent: it names owner groups, and nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from acme_assets.board.evidence_words import number
from acme_assets.cli import sla_words as words
from acme_assets.sla.attainment import Attainment, Report
from client_partitions.client import Client

CHART_WIDTH, CHART_HEIGHT = 720, 120
_LABELS = 13
"""As many weeks are labelled; of a longer window, every second or third."""


@dataclass(frozen=True)
class Bar:
    """One week of the chart, in its coordinates: kept at the bottom, late above it, open on top."""

    x: float
    width: float
    kept: float
    late: float
    open: float
    label: str
    """The week's Monday; empty where there is no room."""
    share: str


@dataclass(frozen=True)
class Slice:
    """One owner group's stretch of the minutes."""

    group: str
    name: str
    x: float
    width: float
    minutes: str
    share: str


def report_page(done: Report, clients: Mapping[str, Client]) -> str:
    """The page as HTML."""
    one = next(iter(clients.values())) if len(clients) == 1 else None
    command = f"acme sla report --from {done.first} --to {done.last}" + (f" --client {one.client_id}" if one else "")
    late_columns, late_rows = words.late_table(done.late, clients)
    skipped = 1 if one else 0  # of one client, every row would name it
    return _template().render(
        heading=one.name if one else "All clients" if len(clients) > 1 else "No client",
        done=done,
        command=command,
        headline=words.headline(done),
        zone=one.time_zone if one else None,
        as_of=f"{done.as_of.astimezone(one.zone if one else UTC):%-d %B %Y, %H:%M %Z}",
        bars=bars(done.by_week),
        slices=slices(done.by_owner_group),
        chart=(CHART_WIDTH, CHART_HEIGHT),
        groups=words.parts_table("", done.by_owner_group, done.total),
        causes=words.parts_table("Cause", done.by_cause, done.total),
        feeds=words.nights_table("Feed", [row for row in done.by_feed if row.minutes]),
        clients=words.nights_table("Client", done.by_client) if len(done.by_client) > 1 else None,
        weeks=words.nights_table("Week from", done.by_week),
        late=(late_columns[skipped:], [row[skipped:] for row in late_rows]),
        clients_minutes=words.minutes_of(done, "client"),
    )


def bars(weeks: Sequence[Attainment]) -> list[Bar]:
    """The weeks side by side: each as high as 100 %."""
    pitch = CHART_WIDTH / max(len(weeks), 6)
    every = -(-len(weeks) // _LABELS)
    found = []
    for place, week in enumerate(weeks):
        kept, late, still_open = (
            round(CHART_HEIGHT * count / week.due, 2) for count in (week.met, week.missed, week.open)
        )
        monday = date.fromisoformat(week.name)
        label, share = (f"{monday:%-d %b}", words.percent_of(week)) if place % every == 0 else ("", "")
        found.append(Bar(round(place * pitch, 2), round(pitch * 0.7, 2), kept, late, still_open, label, share))
    return found


def slices(groups: Sequence[Attainment]) -> list[Slice]:
    """The minutes of each owner group, one beside the other."""
    whole = sum(row.minutes for row in groups)
    found: list[Slice] = []
    x = 0.0
    for row in groups:
        if row.minutes:
            width = CHART_WIDTH * row.minutes / whole
            name = words.OWNERS[row.name]
            found.append(
                Slice(row.name, name, round(x, 2), round(width, 2), number(row.minutes), f"{row.minutes / whole:.0%}")
            )
            x += width
    return found


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("sla_page.html")
