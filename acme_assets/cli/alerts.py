"""`acme alerts`: incidents, what is said of them to whom, and what a night would have said."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from acme_assets.alerter.digests import read_night, rendered
from acme_assets.alerts.digest import AUDIENCES, Audience, content, night_of
from acme_assets.alerts.engine import acknowledged, resolved, snoozed
from acme_assets.alerts.incident import Incident, Message
from acme_assets.audit.canonical import digest as digest_of
from acme_assets.cli.alerts_simulate import simulate
from acme_assets.cli.alerts_views import by_urgency, incident_json, incident_row, message_json, print_incident
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, parse_moment, print_json, print_table
from acme_assets.cli.platform import environment, platform
from acme_assets.cli.signer import AsOption, email_of
from acme_assets.environment import Platform, escalation_file
from acme_assets.notify.sending import send
from acme_assets.notify.setting_up import usable_channels
from acme_assets.warehouse.incidents import read_incident, read_live, read_recent, store
from acme_assets.warehouse.messages import read_messages
from client_partitions.client import Person
from client_partitions.escalation import load_policy

app = typer.Typer(help="Incidents, and what is said of them to whom.", no_args_is_help=True)
app.command()(simulate)

IdArgument = Annotated[str, typer.Argument(help="The incident's id, or its first 4 digits or more.")]

ALL_OF = timedelta(days=7)


@app.command("list")
def list_(
    with_all: Annotated[bool, typer.Option("--all", help="Also those that are over, of the last 7 days.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Incidents that are open, acknowledged or snoozed, the most urgent first.

    Examples:

        acme alerts list
        acme alerts list --all --json | jq '.incidents[] | {kind, owner, state}'
    """
    with one_line_errors():
        work = platform()
        now = work.clock()
        with work.warehouse.begin() as connection:
            found = read_recent(connection, now - ALL_OF) if with_all else read_live(connection)
    found.sort(key=by_urgency)
    if as_json:
        print_json({"as_of": now, "incidents": [incident_json(item) for item in found]})
    elif found:
        columns = ["id", "urgency", "state", "since", "gone by", "whose", "what", "nights"]
        print_table(None, columns, [incident_row(item, now) for item in found], long=("what",))
    else:
        console.print("Nothing is wrong that anybody should know of.")


@app.command()
def show(incident_id: IdArgument, as_json: JsonOption = False) -> None:
    """One incident: what it holds up, what to do, what was said to whom, and what became of that.

    Example:

        acme alerts show 3f2a
    """
    with one_line_errors():
        work = platform()
        incident = _find(work, incident_id)
        with work.warehouse.begin() as connection:
            said = read_messages(connection, incident_ids=[incident.incident_id])
    if as_json:
        print_json({**incident_json(incident), "messages": [message_json(item) for item in said]})
        return
    print_incident(incident, said, work.registry.clients)


@app.command()
def ack(incident_id: IdArgument, who: AsOption = None) -> None:
    """Take an incident on: nobody else is told, until its cause still stands near the time by which it must be gone.

    Example:

        acme alerts ack 3f2a --as priya.raman@acmehealth.example.com
    """
    _act(incident_id, who, lambda incident, by, now: acknowledged(incident, by, now))


@app.command()
def snooze(
    incident_id: IdArgument,
    until: Annotated[str | None, typer.Option("--until", help="YYYY-MM-DDTHH:MM, in UTC or with an offset.")] = None,
    for_: Annotated[str | None, typer.Option("--for", help="So long, such as 45m or 2h.")] = None,
    who: AsOption = None,
) -> None:
    """Put an incident off; not past the time by which it must be gone.

    Examples:

        acme alerts snooze 3f2a --for 45m
        acme alerts snooze 3f2a --until 2026-03-11T08:30-05:00
    """
    if (until is None) == (for_ is None):
        raise typer.BadParameter("give one of --until and --for")

    def put_off(incident: Incident, by: str, now: datetime) -> Incident:
        return snoozed(incident, parse_moment(until) if until else now + parse_span(str(for_)), by, now)

    _act(incident_id, who, put_off)


@app.command()
def resolve(
    incident_id: IdArgument,
    reason: Annotated[str, typer.Option(help="Why it is over, for the record. No member's data.")],
    who: AsOption = None,
) -> None:
    """Say that an incident is over. If its cause stands, it comes back within minutes.

    Example:

        acme alerts resolve 3f2a --reason "the vendor sent the old format again"
    """
    _act(incident_id, who, lambda incident, by, now: resolved(incident, by, now), reason)


@app.command("test")
def send_test(
    channel: Annotated[str, typer.Argument(help="Name of a channel of escalation.yaml.")],
    to: Annotated[str | None, typer.Option("--to", help="Whose address, for channels that are personal.")] = None,
) -> None:
    """Send one test message by a channel, past the outbox: whether its URL works.

    Examples:

        acme alerts test slack_nights
        acme alerts test email --to priya.raman@acmehealth.example.com
    """
    with one_line_errors():
        env = environment()
        policy = load_policy(escalation_file(env))
        if channel not in policy.channels:
            raise ValueError(f"{channel} is no channel of escalation.yaml; it has {', '.join(policy.channels)}")
        channels, problems = usable_channels(env, policy)
        variable = policy.channels[channel].variable
        if channel not in channels:
            raise ValueError(next((text for text in problems if text.startswith(variable)), f"{variable} is not set"))
        work = platform()
        email = to or email_of(None)
        known = work.roster().people.get(email)
        if "@" not in email:
            raise ValueError(f"{email} is no e-mail address; give one with --to, or set ACME_USER")
        person = Person(name=known.name if known else email, email=email)
        now = work.clock()
        key = digest_of(["test", channel, email, now.isoformat()])[:24]
        said = Message(key, None, person, "notify", (channel,), now, "[acme] test", "A test message: nothing is wrong.")
        outcome = send(channels[channel], said)
        if outcome.result != "delivered":
            raise ValueError(f"{channel}: {outcome.detail}")
    console.print(f"{channel} took it")


@app.command()
def digest(
    audience: Annotated[str, typer.Option(help=f"One of {', '.join(AUDIENCES)}.")],
    on: Annotated[str | None, typer.Option("--date", "-d", help="Business date. Default: the last night.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page with its picture.")] = None,
) -> None:
    """The morning's digest of a night, as its audience gets it; nothing is sent.

    Examples:

        acme alerts digest --audience qa
        acme alerts digest --audience management --date 2026-03-10 --html night.html
    """
    if audience not in AUDIENCES:
        raise typer.BadParameter(f"{audience!r} is no audience; give one of {', '.join(AUDIENCES)}")
    named: Audience = next(item for item in AUDIENCES if item == audience)
    with one_line_errors():
        work = platform()
        now = work.clock()
        night = read_night(work, parse_date(on) if on else night_of(named, now)[0], now)
        said = rendered(content(named, night.over), night)
        if html:
            html.write_text(said.html, encoding="utf-8")
    if html:
        console.print(f"written: {html}")
    else:
        typer.echo(said.text)


def parse_span(text: str) -> timedelta:
    """A span of time from the command line.

    Raises:
        typer.BadParameter: it is none.
    """
    found = re.fullmatch(r"(\d+)(m|h)", text)
    if not found:
        raise typer.BadParameter(f"{text!r} is no span of time; write it as 45m or 2h")
    number = int(found[1])
    return timedelta(minutes=number) if found[2] == "m" else timedelta(hours=number)


def _act(
    incident_id: str, who: str | None, change: Callable[[Incident, str, datetime], Incident], reason: str | None = None
) -> None:
    """Change an incident as somebody, with its audit entry."""
    with one_line_errors():
        work = platform()
        email, now = email_of(who), work.clock()
        person = work.roster().people.get(email)
        if person is None:
            raise ValueError(work.roster().problem or f"{email} is not in people.yaml; give your address with --as")
        if not person.is_active(now):
            raise ValueError(f"{email} has left, and acts on nothing")
        if "service" in person.roles:
            raise ValueError(f"{email} is the service; give a person's address with --as")
        incident = _find(work, incident_id)
        changed = change(incident, email, now)
        with work.warehouse.begin() as connection:
            stored = store(work.warehouse, connection, [changed], now, [incident], reason=reason)
        if stored.overtaken:
            raise ValueError("somebody changed this incident at the same moment; look at it again: acme alerts show")
    console.print(f"{changed.state}: {changed.incident_id[:8]} {escaped(changed.text)}")


def _find(work: Platform, start: str) -> Incident:
    if len(start) < 4:
        raise ValueError(f"{start!r} is too short; give 4 digits of the incident's id or more")
    with work.warehouse.begin() as connection:
        found = read_incident(connection, start)
    if not found:
        raise ValueError(f"there is no incident {start}; see: acme alerts list --all")
    if len(found) > 1:
        raise ValueError(f"{start} begins {len(found)} incidents' ids; give more of it")
    return found[0]
