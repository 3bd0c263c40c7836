"""`acme sla report`: how many nights kept their deadline, and whose minutes the others took."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from acme_assets.cli import sla_words as words
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.environment import EnvironmentProblem, Platform
from acme_assets.sla.attainment import Attainment, Report
from acme_assets.sla.attainment import report as attainment
from acme_assets.sla.attribution import Attribution, attribute
from acme_assets.warehouse.timelines import read_timelines
from client_partitions.calendar import business_date_in_hand, deadline_at
from client_partitions.client import Client

WEEKS = timedelta(weeks=4)
"""The window unless another is asked for."""

_SHOWN = 20
"""Late nights that the terminal lists; JSON and the page have all."""


def report(
    first: Annotated[
        str | None,
        typer.Option("--from", help="First business date, YYYY-MM-DD. Default: four weeks up to the last one."),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last business date. Default: the last whose deadline has passed.")
    ] = None,
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    as_json: JsonOption = False,
    html: Annotated[Path | None, typer.Option(help="Write it as one printable page to this file.")] = None,
) -> None:
    """How many nights kept their deadline, and whose minutes the others took.

    Every minute of delay is client's, engineering's or QA's: docs/sla.md has the rule.

    Examples:

        acme sla report
        acme sla report --from 2026-01-01 --to 2026-03-31 --client harbor_health --html harbor.html
        acme sla report --json | jq '.by_owner_group[] | {name, minutes}'
    """
    with one_line_errors(OSError):
        work = platform()
        clients = {client_id: work.registry.client(client_id)} if client_id else dict(work.registry.clients)
        done = make_report(work, clients, parse_date(first) if first else None, parse_date(last) if last else None)
        broken = {} if client_id else dict(work.registry.problems)
        if html:
            from acme_assets.cli.sla_page import report_page

            html.write_text(report_page(done, clients), encoding="utf-8")
    if as_json:
        print_json({**report_json(done), "registry_errors": broken})
        return
    for name in broken:
        console.print(f"[bold red]left out:[/] {escaped(name)}, whose file in the client registry cannot be read")
    if html:
        console.print(f"{words.title(done, clients)}: {html}", soft_wrap=True)
    else:
        print_report(done, clients)


def make_report(work: Platform, clients: Mapping[str, Client], first: date | None, last: date | None) -> Report:
    """The report of these clients.

    Raises:
        ValueError: the first date is after the last.
        EnvironmentProblem: the roster cannot be used: which waivers and overrides count, nobody can say.
    """
    now, roster = work.clock(), work.roster()
    if roster.problem:
        raise EnvironmentProblem(roster.problem)
    last = last or max((_last_due(client, now) for client in clients.values()), default=now.date())
    first = first or last - WEEKS + timedelta(days=1)
    if first > last:
        raise ValueError(f"--from {first} is after --to {last}; give the earlier date first")
    with work.warehouse.begin() as connection:
        nights = read_timelines(connection, clients, first, last, roster, now)
    return attainment([attribute(night, now) for night in nights], first, last, now)


def _last_due(client: Client, now: datetime) -> date:
    in_hand = business_date_in_hand(client, now)
    return in_hand if deadline_at(client, in_hand) < now else in_hand - timedelta(days=1)


def report_json(done: Report) -> dict[str, Any]:
    """The report as `--json` shows it."""
    tables = ("by_client", "by_owner_group", "by_cause", "by_feed", "by_week")
    return {
        "as_of": done.as_of,
        "from": done.first,
        "to": done.last,
        "total": _attainment_json(done.total),
        **{name: [_attainment_json(row) for row in getattr(done, name)] for name in tables},
        "late_nights": [_night_json(night) for night in done.late],
    }


def _attainment_json(row: Attainment) -> dict[str, Any]:
    return {**vars(row), "share_met": row.share_met}


def _night_json(night: Attribution) -> dict[str, Any]:
    largest = night.largest
    return {
        "client_id": night.client_id,
        "business_date": night.business_date,
        "state": night.state,
        "deadline": night.deadline,
        "released_at": night.released_at,
        "delay_minutes": night.delay,
        "owner_group": largest and largest.owner_group,
        "cause": largest and largest.cause,
        "feed": night.feed,
        "feed_due": night.last and night.last.due,
        "feed_here_at": night.last and night.last.here_at,
        "parts": [
            {
                "owner_group": part.owner_group,
                "minutes": part.minutes,
                "cause": part.cause,
                "overrun_seconds": part.overrun.total_seconds(),
            }
            for part in night.parts
        ],
    }


def print_report(done: Report, clients: Mapping[str, Client]) -> None:
    """The report as tables."""
    console.print(f"[bold]{escaped(words.title(done, clients))}[/]")
    console.print(words.headline(done))
    if not done.late:
        return
    print_table("Whose minutes", *words.parts_table("owner group", done.by_owner_group, done.total))
    print_table("Causes", *words.parts_table("cause", done.by_cause, done.total))
    if client_minutes := words.minutes_of(done, "client"):
        rows = [row for row in done.by_feed if row.minutes]
        print_table(f"Feeds: the client's {client_minutes}", *words.nights_table("feed", rows))
    if len(done.by_client) > 1:
        worst = sorted(done.by_client, key=lambda row: (-row.minutes, row.name))
        print_table("Clients", *words.nights_table("client", [row for row in worst if row.minutes]))
    print_table("Weeks", *words.nights_table("week from", done.by_week))
    _print_late(done.late, clients)


def _print_late(late: Sequence[Attribution], clients: Mapping[str, Client]) -> None:
    shown = late[-_SHOWN:]
    title = "Late nights" if len(shown) == len(late) else f"Late nights: the last {len(shown)} of {len(late)}"
    columns, rows = words.late_table(shown, clients)
    print_table(title, columns, rows, long=("why",))
