"""`acme exception request`: say what the client needs, see what that would change, sign it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from acme_assets.cli.exception_views import draft_json, print_draft
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, one_line_errors, parse_date, print_json
from acme_assets.cli.platform import platform
from acme_assets.cli.signer import AsOption, email_of, role_for, signer_of
from acme_assets.gates.exceptions import EXCEPTIONS
from acme_assets.warehouse.drafting import draft_exception, preview
from acme_assets.warehouse.exceptions import request_exception
from acme_assets.warehouse.signing import NotSigned
from client_partitions.client import Client

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def request(
    client_id: Annotated[str, typer.Argument(help="Client id.")],
    feed: Annotated[str, typer.Argument(help="Feed of the client's, such as pharmacy_claim.")],
    kind: Annotated[str, typer.Option(help=", ".join(EXCEPTIONS) + ".")],
    first: Annotated[str, typer.Option("--date", "-d", help="Business date, YYYY-MM-DD.")],
    reason: Annotated[
        str | None, typer.Option(help="Why. The client and QA read it; no member's data.", show_default=False)
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last business date. Default: the first.")] = None,
    until: Annotated[str | None, typer.Option(help="For late_until: HH:MM on the client's clock.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(help="'YYYY-MM-DD HH:MM' on the client's clock. Default: 24 hours after the last deadline."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; sign and write nothing.")] = False,
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Ask for a client exception. It changes nothing before it is acknowledged for the client.

    Examples:

        acme exception request coastal_labs lab_result --kind may_be_missing --date 2026-01-15 --dry-run
        acme exception request coastal_labs lab_result --kind late_until --until 05:15 --date 2026-01-15 --reason "INC-1042"
        acme exception request harbor_health eligibility --kind carry_forward --date 2026-01-15 --to 2026-01-16 --reason "INC-1043"
    """  # noqa: E501
    dates = (parse_date(first), parse_date(last or first))
    with one_line_errors():
        work = platform()
        client, roster, now = work.registry.client(client_id), work.roster(), work.clock()
        ends = _moment(expires, client) if expires else None
        with work.warehouse.begin() as connection:
            draft = draft_exception(
                connection, client, feed, kind, dates, roster=roster, now=now, until=until, expires_at=ends
            )
            nights = preview(connection, client, draft, roster, now)
        if not as_json:
            print_draft(client, draft, reason, nights)
        if dry_run:
            if as_json:
                print_json({"request_id": None, **draft_json(draft, reason, nights)})
            else:
                console.print("Nothing was signed.", style="dim")
            return
        if not reason:
            raise NotSigned("a request needs a reason: --reason TEXT")
        email = email_of(who)
        role = role_for("exception_request", email, roster)
        if not yes:
            typer.confirm(f"\nSign this as {email}?" if not as_json else f"{draft.meaning}\nSign this as {email}?",
                          abort=True, err=True)  # fmt: skip
        request_id = request_exception(
            work.warehouse,
            client,
            feed,
            kind,
            dates,
            signer=signer_of(who),
            role=role,
            reason=reason,
            roster=roster,
            now=work.clock(),
            until=until,
            expires_at=ends,
            shown=draft,
        )
    if as_json:
        print_json({"request_id": request_id, **draft_json(draft, reason, nights)})
        return
    short = request_id[:12]
    console.print(f"\nrequested: exception {short}. It changes nothing before it is acknowledged for the client:")
    console.print(f"acme exception acknowledge {short} --contact … --reference …", style="dim")
    console.print(f"acme exception link {short}    # {client.owners.client.name} acknowledges", style="dim")


def _moment(text: str, client: Client) -> datetime:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M")
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no moment; write --expires 'YYYY-MM-DD HH:MM'") from None
    return moment.replace(tzinfo=client.zone).astimezone(UTC)
