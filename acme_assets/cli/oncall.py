"""`acme oncall`: who is told when something is wrong, at this moment or another; and whether the policy fits."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acme_assets.alerts.checking import policy_problems
from acme_assets.alerts.people import first_there, is_on_shift, on_call, second, shift_of
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, errors, escaped, one_line_errors, parse_moment, print_json, print_table
from acme_assets.environment import clients_folder, escalation_file, people_file, utc_now
from client_partitions.client import Person
from client_partitions.escalation import Policy, Step, load_policy
from client_partitions.people import Roster, load_roster
from client_partitions.registry import load_registry
from client_partitions.rotation import Rotation

app = typer.Typer(help="Who is told when something is wrong, and when.", no_args_is_help=True)

AtOption = Annotated[
    str | None, typer.Option("--at", help="Another moment: YYYY-MM-DDTHH:MM, in UTC or with an offset. Default: now.")
]


@app.command()
def who(at: AtOption = None, as_json: JsonOption = False) -> None:
    """Who is on call, second and on shift, until when, and who leads.

    Examples:

        acme oncall who
        acme oncall who --at 2026-07-04T03:00-05:00
        acme oncall who --json | jq -r .on_call.email
    """
    with one_line_errors():
        policy, roster = load_policy(escalation_file(os.environ)), load_roster(people_file(os.environ))
        moment = parse_moment(at) if at else utc_now()
        found = _who(policy, roster, moment)
    if as_json:
        print_json(found)
        return
    zone = ZoneInfo(policy.rotations.engineering.zone)
    hand_over = found["next_hand_over"]
    print_table(
        f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} ({zone.key})",
        ["", "who", "e-mail", "until"],
        [_row(label, person, zone) for label, person in _labelled(found)],
    )
    console.print(
        f"The next hand-over is {hand_over['at'].astimezone(zone):%a %Y-%m-%d %H:%M}, to {escaped(hand_over['to'])}. "
        f"The policy's version is {policy.version}."
    )


def _who(policy: Policy, roster: Roster, at: datetime) -> dict[str, Any]:
    rotation = policy.rotations.engineering
    after = rotation.next_hand_over(at)
    on_shift = [
        _person(person, shift[1] if (shift := shift_of(roster, email, at)) else None)
        for email, person in roster.people.items()
        if "qa" in person.roles and person.is_active(at) and is_on_shift(roster, email, at)
    ]
    next_one = on_call(policy, roster, after)
    return {
        "at": at,
        "policy": policy.version,
        "zone": rotation.zone,
        "on_call": _person(on_call(policy, roster, at), rotation.until(at)),
        "second": _person(second(policy, roster, at)),
        "next_hand_over": {"at": after, "to": next_one.name if next_one else "nobody"},
        "on_shift": on_shift,
        "leads": {
            "qa_lead": _lead(policy, roster, "qa_lead", policy.rotations.qa, at),
            "manager": _lead(policy, roster, "manager", None, at),
            "client_success": _lead(policy, roster, "client_success", policy.rotations.client_success, at),
        },
    }


def _lead(policy: Policy, roster: Roster, step: Step, turns: Rotation | None, at: datetime) -> dict[str, Any] | None:
    return _person(first_there(roster, policy.line(step, at), at), turns.until(at) if turns else None)


def _person(person: Person | None, until: datetime | None = None) -> dict[str, Any] | None:
    if person is None:
        return None
    return {"name": person.name, "email": person.email} | ({"until": until} if until else {})


def _labelled(found: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any] | None]]:
    return [
        ("on call", found["on_call"]),
        ("second", found["second"]),
        *(("QA on shift", person) for person in found["on_shift"] or [None]),
        ("QA lead", found["leads"]["qa_lead"]),
        ("manager", found["leads"]["manager"]),
        ("client success", found["leads"]["client_success"]),
    ]


def _row(label: str, person: Mapping[str, Any] | None, zone: ZoneInfo) -> list[str]:
    if person is None:
        return [label, "[yellow]nobody[/]", "", ""]
    until = person.get("until")
    return [
        label,
        escaped(person["name"]),
        escaped(person["email"]),
        f"{until.astimezone(zone):%a %Y-%m-%d %H:%M}" if until else "",
    ]


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Whether escalation.yaml fits people.yaml and the clients' files; exit with 1 and a line per problem if not.

    A channel whose variable is not set here is said, and is no problem: the next channel takes its messages.

    Examples:

        acme oncall check
        ACME_CLIENTS=demo acme oncall check --json | jq .channels
    """
    with one_line_errors():
        file = escalation_file(os.environ)
        policy, roster = load_policy(file), load_roster(people_file(os.environ))
        clients = load_registry(clients_folder(os.environ)).clients
        problems = policy_problems(policy, roster, clients, utc_now(), file.name)
    unset = [name for name, channel in policy.channels.items() if not os.environ.get(channel.variable)]
    if as_json:
        channels = {
            name: {"variable": channel.variable, "is_set": name not in unset}
            for name, channel in policy.channels.items()
        }
        print_json({"policy": policy.version, "problems": problems, "channels": channels})
    else:
        _say(policy, problems, unset, len(clients))
    if problems:
        raise typer.Exit(1)


def _say(policy: Policy, problems: list[str], unset: list[str], clients: int) -> None:
    for problem in problems:
        errors.print(problem, markup=False, soft_wrap=True)
    for name in unset:
        console.print(f"not set here: {policy.channels[name].variable}, so nothing goes through {name}", markup=False)
    if not problems:
        console.print(f"the policy {policy.version} fits {clients} clients; every ladder reaches somebody at any hour")
