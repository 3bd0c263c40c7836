"""`acme backfill`: what came for earlier nights, what that rebuilds and costs; start, follow and cancel it."""

from datetime import datetime
from typing import Annotated

import typer

from acme_assets.cli.backfill_views import (
    backfill_json,
    plan_json,
    print_backfill,
    print_backfills,
    print_plan,
)
from acme_assets.cli.exception_request import YesOption
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, one_line_errors, parse_date, parse_moment, print_json
from acme_assets.cli.platform import platform
from acme_assets.cli.signer import AsOption, email_of
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.nights.backfill import Known, Plan
from acme_assets.nights.dependents import Night
from acme_assets.warehouse.backfills import (
    Backfill,
    NoBackfill,
    Scope,
    cancel_backfill,
    known_of,
    make_plan,
    open_backfill,
    read_backfill,
    read_backfills,
)
from client_partitions.feeds import FEEDS
from client_partitions.people import Role

app = typer.Typer(
    help="Rebuild earlier nights for which files came late: plan, run, follow, cancel.", no_args_is_help=True
)

MAY_ACT: tuple[Role, ...] = ("engineering", "on_call")

ClientOption = Annotated[str | None, typer.Option("--client", "-c", help="One client only.")]
FeedOption = Annotated[str | None, typer.Option("--feed", "-f", help="One feed only, such as pharmacy_claim.")]
FromOption = Annotated[str | None, typer.Option("--from", help="First business date, YYYY-MM-DD.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Last business date. Default: the first.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="What came since then: YYYY-MM-DD or YYYY-MM-DDTHH:MM, UTC.")
]
IdArgument = Annotated[str, typer.Argument(help="The backfill's id, or its first 4 digits or more.")]


def _scope(
    work: Platform, client_id: str | None, feed: str | None, first: str | None, last: str | None, since: str | None
) -> Scope:
    if client_id:
        work.registry.client(client_id)
    known = next((item for item in FEEDS if item == feed), None)
    if feed and known is None:
        raise ValueError(f"{feed} is no feed; give one of {', '.join(FEEDS)}")
    if last and not first:
        raise ValueError("--to needs --from: the first business date")
    if first and since:
        raise ValueError("give --from and --to, for which nights, or --since, for when it came")
    from_date, to_date = parse_date(first) if first else None, parse_date(last or first) if first else None
    if from_date and to_date and to_date < from_date:
        raise ValueError(f"--to {to_date} is before --from {from_date}")
    return Scope(client_id, known, from_date, to_date, parse_moment(since) if since else None)


def _plan(work: Platform, scope: Scope, now: datetime) -> Plan:
    with work.warehouse.begin() as connection:
        return make_plan(connection, work.registry.clients, work.roster(), now, scope, LOOKBACK)


@app.command("plan")
def plan_(
    client_id: ClientOption = None,
    feed: FeedOption = None,
    first: FromOption = None,
    last: ToOption = None,
    since: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """The client nights that would be rebuilt, why, what it costs, who signs again and which clients see a change.

    Without options: what came for nights before the one in hand, and is not built. With --from: files for these
    business dates, here or to come. Nothing is changed.

    Examples:

        acme backfill plan
        acme backfill plan --client harbor_health --feed pharmacy_claim --from 2026-01-12 --to 2026-01-14
        acme backfill plan --since 2026-01-15T06:00 --json | jq '.nights[] | select(.client_sees_change)'
    """
    with one_line_errors():
        work = platform()
        made = _plan(work, _scope(work, client_id, feed, first, last, since), work.clock())
    if as_json:
        print_json(plan_json(made))
    else:
        print_plan(made)


@app.command()
def run(
    reason: Annotated[str, typer.Option(help="Why, for the record. No member's data.")],
    client_id: ClientOption = None,
    feed: FeedOption = None,
    first: FromOption = None,
    last: ToOption = None,
    since: SinceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and start nothing.")] = False,
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Start the backfill of a plan; asks first, unless --yes. The same plan twice is one backfill.

    The work sensor does the rest, behind tonight's work; each night waits for its own sign-off. Nights older than 35
    days are open to files, and looked at, while the backfill is open.

    Examples:

        acme backfill run --reason "three days' pharmacy files came at once, INC-1042" --dry-run
        acme backfill run --client harbor_health --from 2025-11-03 --to 2025-11-05 --reason "INC-1042" --yes
    """
    with one_line_errors(NoBackfill):
        work = platform()
        by = _actor(work, who)
        made = _plan(work, _scope(work, client_id, feed, first, last, since), work.clock())
        if not as_json:
            print_plan(made)
        if dry_run or not made.nights:
            if as_json:
                print_json({**plan_json(made), "backfill_id": None, "is_new": False})
            return
        if not yes:
            typer.confirm(f"Rebuild {len(made.nights)} client nights?", abort=True, err=True)
        backfill_id, is_new = open_backfill(work.warehouse, made, reason, by, work.clock())
    if as_json:
        print_json({**plan_json(made), "backfill_id": backfill_id, "is_new": is_new})
    else:
        said = "opened" if is_new else "is open already"
        console.print(f"backfill {backfill_id[:8]} {said}; follow it with: acme backfill show {backfill_id[:8]}")


@app.command("list")
def list_(
    open_only: Annotated[bool, typer.Option("--open", help="Those that are open only.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many, the newest first.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Backfills, the newest first, and how many of their nights are built.

    Examples:

        acme backfill list
        acme backfill list --open --json | jq '.[] | {backfill_id, done, nights}'
    """
    with one_line_errors():
        work = platform()
        now = work.clock()
        with work.warehouse.begin() as connection:
            found = read_backfills(connection, open_only=open_only, limit=limit)
            known = known_of(connection, found, work.registry.clients, work.roster(), now)
    if as_json:
        print_json([backfill_json(item, known, with_nights=False) for item in found])
    else:
        print_backfills(found, known)


@app.command()
def show(backfill_id: IdArgument, as_json: JsonOption = False) -> None:
    """One backfill: who opened it and why, and where each of its nights is now.

    Example:

        acme backfill show 3f2a
    """
    with one_line_errors(NoBackfill):
        work = platform()
        found, known = _read(work, backfill_id)
    if as_json:
        print_json(backfill_json(found, known, with_nights=True))
    else:
        print_backfill(found, known)


@app.command()
def cancel(
    backfill_id: IdArgument,
    reason: Annotated[str, typer.Option(help="Why, for the record. No member's data.")],
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask for no more of its work. Runs under way end; what is built stays; clients keep seeing what they see.

    Its nights stay as they are until another file comes for them, or acme backfill run takes them up again.

    Example:

        acme backfill cancel 3f2a --reason "the vendor sends corrected files tomorrow"
    """
    with one_line_errors(NoBackfill):
        work = platform()
        by = _actor(work, who)
        found, _ = _read(work, backfill_id)
        if not yes:
            typer.confirm(
                f"Cancel backfill {found.backfill_id[:8]} of {len(found.nights)} nights?", abort=True, err=True
            )
        cancel_backfill(work.warehouse, found, reason, by, work.clock())
        found, known = _read(work, found.backfill_id)
    if as_json:
        print_json(backfill_json(found, known, with_nights=True))
    else:
        print_backfill(found, known)


def _read(work: Platform, start: str) -> tuple[Backfill, dict[Night, Known]]:
    now = work.clock()
    with work.warehouse.begin() as connection:
        found = read_backfill(connection, start)
        return found, known_of(connection, [found], work.registry.clients, work.roster(), now)


def _actor(work: Platform, who: str | None) -> str:
    """The person who acts, by their address."""
    email, roster = email_of(who), work.roster()
    person = roster.people.get(email)
    if person is None:
        raise ValueError(roster.problem or f"{email} is not in people.yaml; give your address with --as")
    if not person.is_active(work.clock()):
        raise ValueError(f"{email} has left, and acts on nothing")
    if not set(MAY_ACT) & set(person.roles):
        raise ValueError(f"{email} is {', '.join(person.roles)}; a backfill needs engineering or on_call")
    return email
