"""`acme override add`: say what is to change, see what that does, sign it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, print_json
from acme_assets.cli.override_views import effect_json, print_effect
from acme_assets.cli.platform import platform
from acme_assets.cli.signer import AsOption, email_of, role_for, signer_of
from acme_assets.gates.changes import described
from acme_assets.gates.exceptions import span_in_words
from acme_assets.warehouse.overrides import add_override
from acme_assets.warehouse.signing import NotSigned
from acme_assets.warehouse.supposing import effect, expiry
from client_partitions.client import Client

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
_ONE = "Of --optional-feed, --extra-feed, --due, --deadline and --suite, give one."


def add(
    client_id: Annotated[str, typer.Argument(help="Client id.")],
    first: Annotated[str, typer.Option("--from", help="First business date, YYYY-MM-DD.")],
    reason: Annotated[str | None, typer.Option(help="Why, for the record. No member's data.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last business date. Default: the first.")] = None,
    optional_feed: Annotated[str | None, typer.Option(help="The night does not wait for this feed.")] = None,
    extra_feed: Annotated[str | None, typer.Option(help="The night waits for this feed.")] = None,
    due: Annotated[str | None, typer.Option(help="FEED=HH:MM, on the client's clock.")] = None,
    deadline: Annotated[str | None, typer.Option(help="HH:MM, on the client's clock.")] = None,
    suite: Annotated[str | None, typer.Option(help="MART=JSON: its validation, as in a client's file.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="'YYYY-MM-DD HH:MM' on the client's clock. Default: 24 hours after the last deadline."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; sign and write nothing.")] = False,
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Change a client's dependencies for some business dates. It counts once somebody else has approved it.

    Examples:

        acme override add coastal_labs --optional-feed patient --from 2026-01-15 --dry-run
        acme override add coastal_labs --due lab_result=04:30 --from 2026-01-15 --to 2026-01-30 --reason "INC-1042"
        acme override add harbor_health --suite 'pmpm={"max_drift": 0.8}' --from 2026-01-15 --reason "INC-1043"
    """
    dates = (parse_date(first), parse_date(last or first))
    subject = _subject(optional_feed, extra_feed, due, deadline, suite)
    with one_line_errors():
        work = platform()
        client = work.registry.client(client_id)
        ends = _moment(expires, client) if expires else expiry(client, dates)
        found = effect(work.warehouse, client, subject, dates, work.roster(), work.clock(), ends)
        shown = {**_body(client, subject, dates, ends), **effect_json(found)}
        if not as_json:
            console.print(f"[bold]{client.name}[/], {span_in_words(*dates)}: {escaped(described(subject))}")
            console.print(f"ends {ends.astimezone(client.zone):%a %Y-%m-%d %H:%M %Z}", style="dim")
            print_effect(found, client)
        if dry_run:
            if as_json:
                print_json(shown)
            else:
                console.print("\nNothing was signed.", style="dim")
            return
        if not reason:
            raise NotSigned("an override needs a reason: --reason TEXT")
        email, roster = email_of(who), work.roster()
        role = role_for("override", email, roster)
        if not yes:
            typer.confirm(f"\nSign this as {email}?", abort=True, err=True)
        override_id = add_override(
            work.warehouse,
            client,
            subject,
            dates,
            signer=signer_of(who),
            role=role,
            reason=reason,
            roster=roster,
            now=work.clock(),
            expires_at=ends,
        )
    if as_json:
        print_json({"override_id": override_id, **shown})
        return
    console.print(f"\nproposed: override {override_id[:12]}. It changes nothing before somebody else approves it:")
    console.print(f"acme override approve {override_id[:12]}", style="dim")


def _subject(
    optional_feed: str | None, extra_feed: str | None, due: str | None, deadline: str | None, suite: str | None
) -> dict[str, Any]:
    given: list[dict[str, Any]] = []
    if optional_feed is not None:
        given.append({"change": "optional_feed", "feed": optional_feed})
    if extra_feed is not None:
        given.append({"change": "extra_feed", "feed": extra_feed})
    if due is not None:
        feed, _, time = due.partition("=")
        given.append({"change": "due", "feed": feed, "time": time})
    if deadline is not None:
        given.append({"change": "deadline", "time": deadline})
    if suite is not None:
        mart, _, tuning = suite.partition("=")
        given.append({"change": "suite", "mart": mart, "tuning": _tuning(tuning)})
    if len(given) != 1:
        raise typer.BadParameter(_ONE)
    return given[0]


def _tuning(text: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_constant=str)  # what is signed holds no floats
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no JSON; write --suite 'MART={{\"max_drift\": 0.8}}'") from None


def _moment(text: str, client: Client) -> datetime:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M")
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment; write --expires 'YYYY-MM-DD HH:MM'") from None
    return moment.replace(tzinfo=client.zone).astimezone(UTC)


def _body(client: Client, subject: Mapping[str, Any], dates: tuple[date, date], ends: datetime) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "subject": dict(subject),
        "change": described(subject),
        "first_date": dates[0],
        "last_date": dates[1],
        "expires_at": ends,
    }
