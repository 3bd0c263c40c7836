"""`acme status` and `acme explain`: where each client night stands, what holds it, and whose that is."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

import typer

from acme_assets.board.as_json import board_json, status_json
from acme_assets.board.building import board_of, of_client
from acme_assets.board.look import look
from acme_assets.cli.output import console, escaped, local_time, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.risk import Forecasts, is_missed, read_forecasts, risk_cell, risk_json, risk_line
from acme_assets.environment import Platform
from acme_assets.gates.decision import assess_night
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.status import NightStatus
from acme_assets.warehouse.heartbeats import silent_services
from acme_assets.warehouse.reading import read_night
from acme_assets.warehouse.tonight import read_facts
from client_partitions.calendar import business_date_in_hand
from client_partitions.client import Client

BROKEN = "registry error"
STATE_STYLE = {
    "released": "green",
    "awaiting sign-off": "yellow",
    "running": "cyan",
    "waiting": "dim",
    "held": "bold red",
    BROKEN: "bold red",
}
_STEP_MARK = {"done": "[green]✓[/]", "running": "[cyan]…[/]", "waiting": "[dim]·[/]", "held": "[bold red]✗[/]"}

DateOption = Annotated[
    str | None,
    typer.Option("--date", "-d", help="Business date, YYYY-MM-DD. Default: each client's night in hand."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def read_all(work: Platform, business_date: date | None, now: datetime) -> list[tuple[Client, NightFacts]]:
    """Every client with what the ledger has of its night: of one business date, or of each client's own in hand."""
    clients = work.registry.clients
    days = {client_id: business_date or business_date_in_hand(client, now) for client_id, client in clients.items()}
    with work.warehouse.begin() as connection:
        found = read_facts(connection, days.items())
    return [(client, found[client_id, days[client_id]]) for client_id, client in clients.items()]


def assess_all(work: Platform, business_date: date | None, now: datetime) -> list[NightStatus]:
    """Every client's night: of one business date, or each client's own in hand."""
    roster = work.roster()
    return [assess_night(client, facts, roster, now) for client, facts in read_all(work, business_date, now)]


def status(
    on: DateOption = None,
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    as_json: JsonOption = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Stay, and show each change. Ctrl-C ends it.")] = False,
) -> None:
    """Where each client night stands: one row per client.

    Examples:

        acme status
        acme status --watch
        acme status --date 2026-01-15 --client harbor_health
        acme status --json | jq '.nights[] | select(.state == "held")'
        acme status --json | jq '.nights[] | select(.p_miss >= 0.5) | {client_id, p_miss, save_by}'
    """
    with one_line_errors():
        if watch:
            _watch(on, client_id, as_json)
            return
        work = platform()
        if client_id:
            work.registry.client(client_id)
        seen = look(work, parse_date(on) if on else None)
        board = board_of(seen) if client_id is None else of_client(board_of(seen), client_id)
        with work.warehouse.begin() as connection:
            silent = silent_services(connection, seen.now)
        if as_json:
            strays = [dict(vars(item)) for item in seen.strays]
            print_json({**board_json(board), "stray_files": strays, "silent": silent})
            return
        nights = [seen.nights[key].status for key in sorted(seen.in_hand) if client_id in (None, key[0])]
        print_nights(work, nights, {} if client_id else dict(work.registry.problems), seen.now)
    for service, since in silent.items():
        said = f"[bold red]no sign of life of the {service}[/] since {since:%Y-%m-%d %H:%M} UTC"
        console.print(f"{said}: what it does waits until it is back; see acme stack status", soft_wrap=True)
    if seen.strays:
        console.print()
        print_table(
            "Files that are of no delivery",
            ["file", "whose", "why"],
            [[escaped(item.path), item.owner_group, item.reason] for item in seen.strays],
            long=("file", "why"),
        )


def _watch(on: str | None, client_id: str | None, as_json: bool) -> None:
    from acme_assets.cli.status_watch import watch

    if on or as_json:
        raise ValueError("--watch shows the nights in hand in a terminal; leave out --date and --json")
    if not console.is_terminal:
        raise ValueError("--watch needs a terminal; for a program there is --json, or the board's /api/v1/tonight")
    work = platform(pooled=True)
    if client_id:
        work.registry.client(client_id)
    watch(work, console, client_id)


def print_nights(work: Platform, nights: Iterable[NightStatus], broken: dict[str, str], now: datetime) -> None:
    """The status table."""
    shown = list(nights)
    found = read_forecasts(work, shown)
    rows = [_row(work, night, found, now) for night in shown]
    rows += [
        [name, "", f"[{STATE_STYLE[BROKEN]}]{BROKEN}[/]", "", "", f"{escaped(problem)}\n[dim]engineering[/]"]
        for name, problem in broken.items()
    ]
    columns = ["client", "business date", "state", "deadline", "P(miss)", "blocked by, and whose it is"]
    print_table(None, columns, rows, long=columns[-1:])


def _row(work: Platform, night: NightStatus, found: Forecasts, now: datetime) -> list[str]:
    client = work.registry.client(night.client_id)
    step = night.blocked_by
    deadline = night.deadline.astimezone(client.zone)
    return [
        night.client_id,
        night.business_date.isoformat(),
        f"[{STATE_STYLE[night.state]}]{night.state}[/]",
        f"{deadline:%a %H:%M %Z}" + (" [red]missed[/]" if is_missed(night, now) else ""),
        risk_cell(night, found, client, now),
        _blocked(night, client) if step else _released(night, client),
    ]


def _released(night: NightStatus, client: Client) -> str:
    text = f"[dim]released {local_time(night.released_at, client.zone)}[/]"
    if night.released_at and night.released_at > night.deadline:
        late = int((night.released_at - night.deadline).total_seconds() // 60)
        text += f" [red]{late} min late[/]"
    return text


def _blocked(night: NightStatus, client: Client) -> str:
    step = night.blocked_by
    assert step is not None
    since = f", since {local_time(step.since, client.zone)}" if step.since else ""
    seen = ""
    if night.released_at:
        seen = f"; the client sees the release of {local_time(night.released_at, client.zone)}"
    return f"{step.name}: {escaped(step.reason)}\n[dim]{step.owner} ({step.owner_group}){since}{seen}[/]"


def explain(
    client_id: Annotated[str, typer.Argument(help="Client id, as in the registry.")],
    business_date: Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")],
    as_json: JsonOption = False,
) -> None:
    """Why a client night stands where it does: each dependency with its state, reason and owner; and how it will end.

    Example:

        acme explain prairie_mutual 2026-01-15
    """
    with one_line_errors():
        work = platform()
        client = work.registry.client(client_id)
        now = work.clock()
        with work.warehouse.begin() as connection:
            facts = read_night(connection, client_id, parse_date(business_date))
        night = assess_night(client, facts, work.roster(), now)
        found = read_forecasts(work, [night])
    if as_json:
        print_json({"as_of": now, **status_json(night), **risk_json(night, found, now)})
        return
    deadline = night.deadline.astimezone(client.zone)
    console.print(
        f"[bold]{client.name}[/] ({client_id}), business date {facts.business_date}: "
        f"[{STATE_STYLE[night.state]}]{night.state}[/]; deadline {deadline:%a %d %b %H:%M %Z}"
    )
    print_table(
        None,
        ["", "step", "state", "reason", "whose", "since"],
        [
            [
                _STEP_MARK[step.state],
                step.name,
                step.state,
                escaped(step.reason),
                f"{step.owner} ({step.owner_group})",
                local_time(step.since, client.zone),
            ]
            for step in night.steps
        ],
        long=("reason",),
    )
    if line := risk_line(night, found, client, now):
        console.print(line, soft_wrap=True)
