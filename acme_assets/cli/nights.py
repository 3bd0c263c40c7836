"""`acme status` and `acme explain`: where each client night stands, what holds it, and whose that is."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

import typer
from sqlalchemy import select

from acme_assets.cli.output import console, local_time, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.environment import Platform
from acme_assets.gates.decision import assess_night
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.status import NightStatus, Step
from acme_assets.warehouse.ledger import stray_files
from acme_assets.warehouse.reading import read_business_date, read_night
from client_partitions.calendar import business_date_in_hand, deadline_at
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
        found = {day: read_business_date(connection, day) for day in set(days.values())}
    return [
        (client, found[days[client_id]].get(client_id, NightFacts(client_id, days[client_id])))
        for client_id, client in clients.items()
    ]


def assess_all(work: Platform, business_date: date | None, now: datetime) -> list[NightStatus]:
    """Every client's night: of one business date, or each client's own in hand."""
    roster = work.roster()
    return [assess_night(client, facts, roster, now) for client, facts in read_all(work, business_date, now)]


def status(
    on: DateOption = None,
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Where each client night stands: one row per client.

    Examples:

        acme status
        acme status --date 2026-01-15 --client harbor_health
        acme status --json | jq '.nights[] | select(.state == "held")'
    """
    with one_line_errors():
        work = platform()
        now = work.clock()
        nights = assess_all(work, parse_date(on) if on else None, now)
        if client_id:
            work.registry.client(client_id)
            nights = [night for night in nights if night.client_id == client_id]
        strays = _strays(work)
    broken = {} if client_id else dict(work.registry.problems)
    if as_json:
        print_json(
            {
                "as_of": now,
                "nights": [night_json(night) for night in nights],
                "registry_errors": broken,
                "stray_files": strays,
            }
        )
        return
    print_nights(work, nights, broken, now)
    if strays:
        console.print()
        print_table(
            "Files that belong to nobody",
            ["file", "whose", "why"],
            [[_escape(stray["path"]), stray["owner_group"], stray["reason"]] for stray in strays],
            long=("file", "why"),
        )


def print_nights(work: Platform, nights: Iterable[NightStatus], broken: dict[str, str], now: datetime) -> None:
    """The status table."""
    rows = [_row(work, night, now) for night in nights]
    rows += [
        [name, "", f"[{STATE_STYLE[BROKEN]}]{BROKEN}[/]", "", f"{_escape(problem)}\n[dim]engineering[/]"]
        for name, problem in broken.items()
    ]
    columns = ["client", "business date", "state", "deadline", "blocked by, and whose it is"]
    print_table(None, columns, rows, long=columns[-1:])


def _row(work: Platform, night: NightStatus, now: datetime) -> list[str]:
    client = work.registry.client(night.client_id)
    step = night.blocked_by
    deadline = night.deadline.astimezone(client.zone)
    missed = night.state != "released" and now > night.deadline
    return [
        night.client_id,
        night.business_date.isoformat(),
        f"[{STATE_STYLE[night.state]}]{night.state}[/]",
        f"{deadline:%a %H:%M %Z}" + (" [red]missed[/]" if missed else ""),
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
    return f"{step.name}: {_escape(step.reason)}\n[dim]{step.owner} ({step.owner_group}){since}{seen}[/]"


def _escape(text: str) -> str:
    return text.replace("[", r"\[")


def night_json(night: NightStatus) -> dict[str, Any]:
    """A client night as `--json` shows it."""
    return {
        "client_id": night.client_id,
        "business_date": night.business_date,
        "state": night.state,
        "blocked_by": step_json(night.blocked_by) if night.blocked_by else None,
        "deadline": night.deadline,
        "released_at": night.released_at,
        "steps": [step_json(step) for step in night.steps],
    }


def step_json(step: Step) -> dict[str, Any]:
    """A step as `--json` shows it."""
    return dict(vars(step))


def _strays(work: Platform) -> list[dict[str, Any]]:
    with work.warehouse.begin() as connection:
        rows = connection.execute(select(stray_files).order_by(stray_files.c.path)).mappings()
        return [dict(row) for row in rows]


def explain(
    client_id: Annotated[str, typer.Argument(help="Client id, as in the registry.")],
    business_date: Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")],
    as_json: JsonOption = False,
) -> None:
    """Why a client night stands where it does: each dependency with its state, reason and owner.

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
    if as_json:
        print_json({"as_of": now, **night_json(night)})
        return
    deadline = deadline_at(client, facts.business_date).astimezone(client.zone)
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
                _escape(step.reason),
                f"{step.owner} ({step.owner_group})",
                local_time(step.since, client.zone),
            ]
            for step in night.steps
        ],
        long=("reason",),
    )
