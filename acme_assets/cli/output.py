"""How commands print: one table or one JSON document, and one line per error."""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from acme_assets.audit.signing import KeyProblem
from acme_assets.environment import EnvironmentProblem
from acme_assets.feeds.zones import ZoneUnavailable
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.signing import NotSigned
from client_partitions.registry import RegistryError

# A pipe or a log has no width; at 80, rich's default, the tables fold beyond reading.
_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 150
console = Console(highlight=False, width=_WIDTH)
errors = Console(stderr=True, highlight=False)

_EXPECTED: tuple[type[Exception], ...] = (
    EnvironmentProblem,
    RegistryError,
    WarehouseUnavailable,
    ZoneUnavailable,
    KeyProblem,
    NotSigned,
    Unmet,
    ValueError,
)


@contextmanager
def one_line_errors(*more: type[Exception]) -> Iterator[None]:
    """Print what goes wrong on purpose as one plain message, and exit with 1."""
    expected: tuple[type[Exception], ...] = (*_EXPECTED, *more)
    try:
        yield
    except expected as error:
        errors.print(f"[bold red]error:[/] {escaped(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from error


def escaped(text: str) -> str:
    """Text that somebody else wrote, to print as it stands."""
    return escape(text)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    json.dump(value, sys.stdout, indent=2, default=_plain, ensure_ascii=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")


_COUNT = re.compile(r"-?[0-9,.]*( %)?")


def print_table(
    title: str | None, columns: Sequence[str], rows: Sequence[Sequence[str | Text]], *, long: Sequence[str] = ()
) -> None:
    """A table; cells that are text may hold rich markup. Only the `long` columns may be folded."""
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
    for number, name in enumerate(columns):
        is_count = any(str(row[number]) for row in rows) and all(_COUNT.fullmatch(str(row[number])) for row in rows)
        table.add_column(name, overflow="fold", no_wrap=name not in long, justify="right" if is_count else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def local_time(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment on a client's wall clock."""
    return f"{moment.astimezone(zone):%a %H:%M}" if moment else ""


def parse_date(text: str) -> date:
    """A business date from the command line.

    Raises:
        typer.BadParameter: it is no YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write it as YYYY-MM-DD") from None


def parse_moment(text: str) -> datetime:
    """A moment from the command line: UTC where it has no offset.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write it as YYYY-MM-DD or YYYY-MM-DDTHH:MM") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
