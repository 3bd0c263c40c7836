"""`acme sla forecast` and `acme sla show`: how likely each deadline is to be missed, and what would help."""

from datetime import date, datetime
from typing import Annotated, Any

import typer

from acme_assets.cli.nights import JsonOption, read_all
from acme_assets.cli.output import console, escaped, local_time, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.risk import percent, styled
from acme_assets.environment import Platform
from acme_assets.gates.decision import decide
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.status import NightStatus, assess
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.forecast import forecast as make_forecast
from acme_assets.sla.history import History
from acme_assets.sla.night import NightAhead
from acme_assets.sla.outcomes import is_night
from acme_assets.sla.remedies import MOVED, Remedy, remedies
from acme_assets.sla.result import NightForecast, NodeForecast
from acme_assets.warehouse.learned import Learned
from client_partitions.client import Client

DateOption = Annotated[
    str | None, typer.Option("--date", "-d", help="Business date, YYYY-MM-DD. Default: each client's night in hand.")
]


def forecast(
    on: DateOption = None,
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """How likely each client's deadline is to be missed, the likeliest first: of nights that are not released.

    Examples:

        acme sla forecast
        acme sla forecast --client harbor_health --json | jq '.nights[0].p_miss'
    """
    with one_line_errors():
        work = platform()
        now = work.clock()
        if client_id:
            work.registry.client(client_id)
        made = sorted(forecasts(work, parse_date(on) if on else None, now), key=lambda item: -item.p_miss)
        made = [item for item in made if client_id in (None, item.client_id)]
    if as_json:
        print_json({"as_of": now, "nights": [forecast_json(item) for item in made]})
        return
    if not made:
        console.print("Every night is released, or nothing is owed.")
        return
    print_table(
        None,
        ["client", "business date", "deadline", "P(miss)", "released by: P50", "P90", "most of the risk", "save it by"],
        [_row(item, work.registry.client(item.client_id)) for item in made],
        long=("most of the risk",),
    )


def show(
    client_id: Annotated[str, typer.Argument(help="Client id, as in the registry.")],
    business_date: Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")],
    as_json: JsonOption = False,
) -> None:
    """One night's forecast: when each dependency is done, how much of the risk is its, and what would help.

    Example:

        acme sla show prairie_mutual 2026-01-15
    """
    with one_line_errors():
        work = platform()
        client, now = work.registry.client(client_id), work.clock()
        day = parse_date(business_date)
        nights = open_nights(work, day, now)
        number = next((at for at, night in enumerate(nights) if night.client_id == client_id), None)
        if number is None:
            raise ValueError(f"{client_id} {day} has nothing to forecast: it is released, or nothing is owed")
        history, desk = read(work, now), desk_of(work.roster(), now)
        made = make_forecast(nights, history, now, desk=desk)[number]
        helpful = remedies(nights, number, history, now, desk=desk)
    if as_json:
        found = [{**vars(item), "how": how(item, client, day, nights[number])} for item in helpful]
        print_json({"as_of": now, **forecast_json(made), "what_would_help": found})
        return
    _print(made, helpful, client, nights[number])


def open_nights(work: Platform, business_date: date | None, now: datetime) -> list[NightAhead]:
    """The nights that are not released: of one business date, or of each client's own in hand."""
    roster = work.roster()
    found: list[tuple[Night, NightStatus]] = []
    for client, facts in read_all(work, business_date, now):
        night = night_of(client, facts, roster, now)
        found.append((night, assess(night.client, night.facts, decide(night), now)))
    return [ahead_of(night, status) for night, status in found if is_night(night) and status.state != "released"]


def read(work: Platform, now: datetime) -> History:
    """What a year of nights teaches."""
    return Learned().history(work.warehouse, now.date())


def forecasts(work: Platform, business_date: date | None, now: datetime) -> list[NightForecast]:
    """The forecast of every night that is not released."""
    nights = open_nights(work, business_date, now)
    return make_forecast(nights, read(work, now), now, desk=desk_of(work.roster(), now)) if nights else []


def forecast_json(made: NightForecast) -> dict[str, Any]:
    """A forecast as `--json` shows it."""
    driver = made.driver
    return {
        **{name: value for name, value in vars(made).items() if name != "nodes"},
        "driver": driver.name if driver else None,
        "driver_group": driver.owner_group if driver else None,
        "nodes": [dict(vars(node)) for node in made.nodes],
    }


def how(remedy: Remedy, client: Client, day: date, night: NightAhead) -> str:
    """How to begin with it: a command, or whom to ask."""
    feed = remedy.node.removeprefix("feeds/")
    match remedy.kind:
        case "chase the file":
            return f"write to {client.owners.client.name} <{client.owners.client.email}>"
        case "waive the feed":
            is_here = any(item.feed == feed and item.state == "quarantined" for item in night.feeds)
            kind = "accept_quarantined" if is_here else "may_be_missing"
            return f"acme exception request {client.client_id} {feed} --kind {kind} --date {day}"
        case "sign it next":
            return f"acme qa show {client.client_id} {day}"
        case "larger warehouse":
            return "alter warehouse acme_night_wh set warehouse_size = 'MEDIUM'"
        case "move the deadline":
            local = (night.deadline + MOVED).astimezone(client.zone)
            return f"acme override add {client.client_id} --deadline {local:%H:%M} --from {day}"


def _row(made: NightForecast, client: Client) -> list[str]:
    driver, zone = made.driver, client.zone
    return [
        made.client_id,
        made.business_date.isoformat(),
        f"{made.deadline.astimezone(zone):%a %H:%M %Z}",
        styled(made.p_miss),
        *(local_time(moment, zone) or "[dim]not tonight[/]" for moment in (made.p50, made.p90)),
        f"{driver.name} [dim]({driver.owner_group})[/]" if driver else "",
        _drop_dead(driver, made, client),
    ]


def _drop_dead(node: NodeForecast | None, made: NightForecast, client: Client) -> str:
    if node is None:
        return ""
    said = local_time(node.drop_dead, client.zone)
    return f"[red]{said} is past[/]" if node.drop_dead < made.made_at else said


def _print(made: NightForecast, helpful: list[Remedy], client: Client, night: NightAhead) -> None:
    deadline = made.deadline.astimezone(client.zone)
    console.print(
        f"[bold]{client.name}[/] ({client.client_id}), business date {made.business_date}: P(miss) "
        f"{styled(made.p_miss)} of its deadline {deadline:%a %d %b %H:%M %Z}"
    )
    print_table(
        None,
        ["dependency", "whose", "done by: P50", "P90", "not tonight", "of the risk", "done by then, it fits"],
        [
            [
                node.name,
                node.owner_group,
                *(local_time(moment, client.zone) or "[dim]not tonight[/]" for moment in (node.p50, node.p90)),
                percent(node.p_never),
                percent(node.criticality),
                _drop_dead(node, made, client),
            ]
            for node in made.nodes
        ],
    )
    if not helpful:
        console.print("Nothing that a person could do now would lower it by much.")
        return
    print_table(
        "What would help, the most for a minute of somebody's time first",
        ["do", "about", "whose", "minutes", "P(miss) then", "how"],
        [
            [item.kind, item.node, item.owner_group, f"{item.minutes}", styled(item.p_miss),
             escaped(how(item, client, made.business_date, night))]
            for item in helpful
        ],
        long=("how",),
    )  # fmt: skip
