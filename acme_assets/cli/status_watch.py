"""`acme status --watch`: the board in a terminal, redrawn when the ledger changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from acme_assets.board.building import of_client
from acme_assets.board.model import Board, NightRow
from acme_assets.board.reading import Reader
from acme_assets.cli.nights import STATE_STYLE
from acme_assets.cli.risk import percent
from acme_assets.environment import Platform

WIDE = 140
"""From so many columns on there is room for reasons and times; below, for who and what."""

_MARKS = {"done": ("✓", "green"), "running": ("…", "cyan"), "waiting": ("·", "dim"), "held": ("✗", "bold red")}
_STAGES = "FLMSQR"
"""Feeds, load, marts, suites, QA, release: a mark each below it."""
_ABOVE_AND_BELOW = 6
"""Lines that are no rows: the counts, the head with its rule, the line of what is left out."""


def watch(work: Platform, console: Console, client_id: str | None) -> None:
    """Show the board until Ctrl-C."""
    with Reader(work, with_forecasts=False) as reader, Live(console=console, screen=True, auto_refresh=False) as live:

        def show(board: Board) -> None:
            live.update(screen(board, console.width, console.height, local_zone()), refresh=True)

        try:
            follow(reader, show, client_id, lambda: False)
        except KeyboardInterrupt:
            return


def local_zone() -> tzinfo | None:
    """The viewer's own time zone."""
    return datetime.now().astimezone().tzinfo


def follow(reader: Reader, show: Callable[[Board], None], client_id: str | None, is_over: Callable[[], bool]) -> None:
    """Show each new board as it comes. A turn of a second lets a terminal that was resized be drawn anew."""
    while not is_over():
        board = reader.current()
        show(of_client(board, client_id) if client_id else board)
        reader.wait(board.number, 1.0)


def screen(board: Board, width: int, height: int, viewer: tzinfo | None) -> Group:
    """The board in so many columns and lines: what is at risk first, what does not fit is counted."""
    room = max(height - _ABOVE_AND_BELOW - bool(board.outage), 3)
    shown, left = board.nights[:room], board.nights[room:]
    table = Table(box=None, pad_edge=False, expand=False, header_style="bold")
    is_wide = width >= WIDE
    for column in _WIDE if is_wide else _NARROW:
        table.add_column(column.name, no_wrap=True, overflow="ellipsis", min_width=column.least, max_width=column.most)
    for row in shown:
        table.add_row(*(_wide(row, viewer) if is_wide else _narrow(row)))
    lines: list[Text | Table] = [_counts(board, is_wide, viewer)]
    if board.outage:
        lines.append(_line(f"STALE since {_clock(board.outage.since, viewer)}: {board.outage.reason}", "bold red"))
    return Group(*lines, Text(), table, _left(left, board))


def _line(text: str, style: str) -> Text:
    return Text(text, style, no_wrap=True, overflow="ellipsis")


def _counts(board: Board, is_wide: bool, viewer: tzinfo | None) -> Text:
    counts = board.counts
    said = [
        (counts.missed, "missed", "bold red"),
        (counts.at_risk, "at risk", "bold red"),
        (counts.held, "held", "red"),
        (counts.awaiting_sign_off, "at QA", "yellow"),
        (counts.running, "running", "cyan"),
        (counts.waiting, "waiting", "dim"),
        (counts.released, f"of {counts.nights} released", "green"),
    ]
    more = [
        (counts.incidents, "incidents", "red"),
        (counts.registry_errors, "registry errors", "bold red"),
        (counts.earlier_open, "open of earlier dates", "yellow"),
    ]
    text = _line("", "")
    for number, what, style in said + (more if is_wide else []):
        text.append(f"{number} {what}  ", style if number else "dim")
    return text.append(f"as of {_clock(board.as_of, viewer)}", "dim")


def _left(rows: tuple[NightRow, ...], board: Board) -> Text:
    if not board.nights:
        return Text("No night could be read yet." if board.outage else "There is no client.", "dim")
    released = sum(row.state == "released" for row in rows)
    return _line(f"… and {len(rows)} more, {released} of them released" if rows else "", "dim")


@dataclass(frozen=True)
class _Column:
    name: str
    least: int
    most: int | None = None


_NARROW = (
    _Column("client", 14, 22),
    _Column("due", 5),
    _Column(_STAGES, 6),
    _Column("P(miss)", 7),
    _Column("blocked by", 12),
    _Column("whose", 11),
)
_WIDE = (
    _Column("client", 14, 24),
    _Column("date", 10),
    _Column("state", 8),
    _Column("due there", 13),
    _Column("here", 5),
    _Column(_STAGES, 6),
    _Column("P(miss)", 7),
    _Column("P50-P90", 11),
    _Column("save by", 7),
    _Column("blocked by", 24),
    _Column("whose", 16, 28),
    _Column("since", 5),
)


def _narrow(row: NightRow) -> list[Text]:
    step = row.blocked_by
    return [
        Text(row.client_id),
        Text(_clock(row.deadline, row.zone)),
        _strip(row),
        _risk(row),
        Text(f"{step.name.removeprefix('feeds/')}" if step else row.state, STATE_STYLE[row.state]),
        Text(step.owner_group if step else "", "dim"),
    ]


def _wide(row: NightRow, viewer: tzinfo | None) -> list[Text]:
    step, zone = row.blocked_by, row.zone
    expected = "-".join(_clock(moment, viewer) or "later" for moment in (row.p50, row.p90)) if row.forecast_at else ""
    return [
        Text(row.client_id),
        Text(row.business_date.isoformat()),
        Text(row.state, STATE_STYLE[row.state]),
        Text(f"{row.deadline.astimezone(zone):%a %H:%M %Z}"),
        Text(_clock(row.deadline, viewer)),
        _strip(row),
        _risk(row),
        Text(expected),
        Text(_clock(row.drop_dead, viewer)),
        Text(f"{step.name}: {step.reason}" if step else f"released {_clock(row.released_at, viewer)}"),
        Text(f"{step.owner} ({step.owner_group})" if step else "", "dim"),
        Text(_clock(step.since if step else None, viewer), "dim"),
    ]


def _strip(row: NightRow) -> Text:
    """Six marks in the order of the stages: told apart by their shape, not by colour alone."""
    text = Text()
    for mark in row.stages:
        sign, style = _MARKS[mark.state]
        text.append(sign, style)
    return text


def _risk(row: NightRow) -> Text:
    if row.state == "released":
        return Text("late" if row.missed else "", "red")
    if row.missed:
        return Text("missed", "bold red")
    if row.p_miss is None:
        return Text("?", "dim")
    style = "bold red" if row.is_at_risk else "yellow" if row.p_miss >= 0.1 else "green"
    return Text(percent(row.p_miss), style)


def _clock(moment: datetime | None, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%H:%M}" if moment else ""
