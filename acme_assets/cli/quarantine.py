"""`acme quarantine`: what is set aside and why, and what it takes to have it loaded."""

from typing import Annotated, Any

import typer

from acme_assets.cli.exception_request import YesOption
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.signer import AsOption, email_of, signer_of
from acme_assets.environment import Platform
from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import DeliveryFact
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.quarantine import (
    QuarantinedRow,
    SetAside,
    count_set_aside,
    original_rows,
    rows_set_aside,
    set_aside,
    speaking,
)
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client

app = typer.Typer(help="Rows and deliveries that are set aside: list, show, release.", no_args_is_help=True)

ClientArgument = Annotated[str, typer.Argument(help="Client id.")]
FeedArgument = Annotated[str, typer.Argument(help="Feed of the client's, such as pharmacy_claim.")]
DateArgument = Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")]


@app.command(name="list")
def list_set_aside(
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    feed: Annotated[str | None, typer.Option("--feed", "-f", help="One feed only.")] = None,
    on: Annotated[str | None, typer.Option("--date", "-d", help="One business date only, YYYY-MM-DD.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many deliveries, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Deliveries with rows in quarantine, or held as a whole: source rows per rule. A row counts under each rule.

    Examples:

        acme quarantine list
        acme quarantine list --client harbor_health --date 2026-01-15
        acme quarantine list --json | jq '.[] | select(.state == "quarantined") | .reason'
    """
    with one_line_errors():
        day = parse_date(on) if on else None
        with platform().warehouse.begin() as connection:
            found = set_aside(connection, client_id, feed, day, limit=limit)
    if as_json:
        print_json([_json(item) for item in found])
        return
    print_table(
        None,
        ["client", "feed", "business date", "delivery", "state", "rows per rule", "held for"],
        [
            [
                item.client_id,
                item.feed,
                item.business_date.isoformat(),
                item.delivery_id[:12],
                f"[bold red]{item.state}[/]" if item.state == "quarantined" else item.state,
                escaped("\n".join(f"{rows:,} {rule}" for rule, rows in item.rules.items())),
                escaped(item.reason or ""),
            ]
            for item in found
        ],
        long=("rows per rule", "held for"),
    )


def _json(item: SetAside) -> dict[str, Any]:
    return {**vars(item), "rules": dict(item.rules)}


@app.command()
def show(
    client_id: ClientArgument,
    feed: FeedArgument,
    business_date: DateArgument,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many rows, in the files' order.")] = 50,
    original: Annotated[bool, typer.Option("--original", help="Print the rows as they were sent: PHI.")] = False,
    reason: Annotated[str | None, typer.Option(help="With --original: why, for the audit log.")] = None,
    who: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """File, row number, column, rule and reason of each row that is set aside; not what is in it.

    With --original the rows as well: for people with the role engineering, by their key. Each look is in the
    audit log, with its reason.

    Examples:

        acme quarantine show harbor_health pharmacy_claim 2026-01-15
        acme quarantine show harbor_health pharmacy_claim 2026-01-15 --original --reason "INC-1042" --limit 3
    """
    with one_line_errors():
        work, day = platform(), parse_date(business_date)
        with work.warehouse.begin() as connection:
            held = speaking(connection, client_id, feed, day)
            rows = rows_set_aside(connection, held.delivery_id, limit)
            count = count_set_aside(connection, held.delivery_id)
        if original:
            rows = original_rows(
                work.warehouse,
                held,
                signer_of(who),
                work.roster(),
                reason=reason or "",
                limit=limit,
                now=work.clock(),
            )
    if as_json:
        print_json({**_json(held), "rows_set_aside": count, "rows": [_row_json(row, original) for row in rows]})
        return
    _print_rows(held, rows, count, original)


def _row_json(row: QuarantinedRow, original: bool) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if original or name != "original"}


def _print_rows(held: SetAside, rows: list[QuarantinedRow], count: int, original: bool) -> None:
    console.print(
        f"{held.feed} of {held.client_id} {held.business_date}: delivery {held.delivery_id[:12]}, {held.state}"
    )
    if held.reason:
        console.print(held.reason, markup=False, soft_wrap=True)
    print_table(
        None,
        ["file", "row", "rule", "column", "reason", *(["original"] if original else [])],
        [
            [
                escaped(row.source_file),
                str(row.source_row),
                escaped(row.rule),
                escaped(row.column_name or ""),
                escaped(row.reason),
                *([escaped(row.original or "")] if original else []),
            ]
            for row in rows
        ],
        long=("file", "rule", "reason", "original"),
    )
    if count > len(rows):
        console.print(f"{len(rows):,} of {count:,} rows; --limit shows more", style="dim")


@app.command()
def release(
    client_id: ClientArgument,
    feed: FeedArgument,
    business_date: DateArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be loaded; load nothing.")] = False,
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Load a held delivery that the client accepted, without waiting for the next tick.

    It needs a live waiver: a signed request (acme exception request --kind accept_quarantined) that is acknowledged
    for the client. Rows that fail their contract stay in quarantine. Single rows of a loaded delivery are not
    released: they come with a corrected file.

    Example:

        acme quarantine release harbor_health pharmacy_claim 2026-01-15 --dry-run
    """
    from acme_assets.warehouse.loading import load_delivery  # polars and pandera

    with one_line_errors():
        work, day = platform(), parse_date(business_date)
        client = work.registry.client(client_id)
        delivery = _accepted(work, client, feed, business_date)
        if dry_run:
            _print_release({"delivery_id": delivery.delivery_id, "state": "would be loaded"}, as_json)
            return
        if not yes:
            typer.confirm(f"Load {feed} of {client_id} {day} as it was accepted?", abort=True, err=True)
        outcome = load_delivery(
            work.warehouse,
            work.zone,
            client,
            delivery.feed,
            day,
            work.clock,
            work.roster(),
            by=f"acme quarantine release by {email_of(who)}",
        )
    _print_release({name: value for name, value in vars(outcome).items() if name != "is_repeat"}, as_json)
    if outcome.state != "loaded":
        raise typer.Exit(1)


def _print_release(outcome: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(outcome)
        return
    rows = f", {outcome['rows_loaded']:,} rows in RAW" if "rows_loaded" in outcome else ""
    console.print(f"{outcome['state']}: delivery {outcome['delivery_id'][:12]}{rows}")
    if outcome.get("reason"):
        console.print(outcome["reason"], markup=False, soft_wrap=True)


def _accepted(work: Platform, client: Client, feed: str, business_date: str) -> DeliveryFact:
    """The delivery that a live waiver accepts.

    Raises:
        Unmet: there is none; the text says what it takes.
    """
    with work.warehouse.begin() as connection:
        facts = read_night(connection, client.client_id, parse_date(business_date))
    night = night_of(client, facts, work.roster(), work.clock())
    found = [item for item in night.facts.deliveries.values() if item.feed == feed]
    name = f"{feed} of {client.client_id} {business_date}"
    if not found:
        raise Unmet(f"{name} is not delivered: there is nothing to release")
    if found[0].is_accepted:
        return found[0]
    if found[0].state != "quarantined":
        raise Unmet(f"{name} is {found[0].state}, and not held: there is nothing to release")
    for request in night.pending:
        if request.subject.get("delivery_id") == found[0].delivery_id:
            raise Unmet(
                f"{name} is held, and exception {request.statement_id[:12]} waits for the client's word: "
                f"acme exception acknowledge {request.statement_id[:12]} --contact … --reference …"
            )
    raise Unmet(
        f"{name} is held: {found[0].reason}. Nobody accepted it for the client; ask for that with: acme exception "
        f"request {client.client_id} {feed} --kind accept_quarantined --date {business_date} --reason …"
    )
