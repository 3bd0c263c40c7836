"""`acme exception`: client exceptions, from the request to the client's word."""

from datetime import timedelta
from typing import Annotated

import typer

from acme_assets.cli.exception_request import YesOption, request
from acme_assets.cli.exception_views import exception_json, print_exceptions, print_statement
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, one_line_errors, print_json
from acme_assets.cli.platform import environment, platform
from acme_assets.cli.signer import AsOption, email_of, role_for, role_to_revoke, signer_of
from acme_assets.environment import Platform
from acme_assets.gates.links import LinkRefused, link_secret
from acme_assets.gates.statement import Statement, read_statement
from acme_assets.warehouse.exceptions import acknowledge as record_acknowledgement
from acme_assets.warehouse.exceptions import awaiting, exceptions, find_statement, revoke_statement
from acme_assets.warehouse.links import acknowledge_by_link, make_link, open_link
from client_partitions.client import Client

LINK_BASE_URL = "https://status.acmehealth.example.com/acknowledge"

app = typer.Typer(help="Client exceptions: a feed may be missing, late, carried forward or partly bad.",
                  no_args_is_help=True)  # fmt: skip
app.command()(request)

RequestArgument = Annotated[str, typer.Argument(help="The request's id, or its first 8 digits or more.")]


@app.command()
def acknowledge(
    request_id: Annotated[
        str | None, typer.Argument(help="The request's id, or its first 8 digits or more.", show_default=False)
    ] = None,
    contact: Annotated[str | None, typer.Option(help="E-mail address of who agreed, at the client.")] = None,
    reference: Annotated[str | None, typer.Option(help="The message, ticket or call it can be found by.")] = None,
    token: Annotated[str | None, typer.Option(help="With --code: the link that was sent, or its token.")] = None,
    code: Annotated[str | None, typer.Option(help="The code that was sent by another channel.")] = None,
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Record that the client agreed: from now on the exception counts.

    Either client success says who agreed and where that can be found, or a link is spent with its code.

    Examples:

        acme exception acknowledge 1f2e3d4c --contact it@coastal.example --reference "mail of 03:12, case 4711"
        acme exception acknowledge --token "https://…?token=…" --code "1234 5678"
    """
    by_word, by_link = (request_id, contact, reference), (token, code)
    if all(by_word) and not any(by_link):
        _by_word(str(request_id), str(contact), str(reference), who, yes, as_json)
    elif all(by_link) and not any(by_word):
        _by_link(str(token), str(code), yes, as_json)
    else:
        raise typer.BadParameter("give a request with --contact and --reference, or --token with --code")


def _by_word(request_id: str, contact: str, reference: str, who: str | None, yes: bool, as_json: bool) -> None:
    with one_line_errors():
        work = platform()
        client, said = _awaiting(work, request_id)
        email, roster = email_of(who), work.roster()
        role = role_for("acknowledgement", email, roster)
        if not yes:
            if not as_json:
                print_statement(said, client)
            typer.confirm(
                f"\nSign as {email} that {contact} agreed to this for {client.name}, by {reference}?",
                abort=True, err=True,
            )  # fmt: skip
        statement_id = record_acknowledgement(
            work.warehouse,
            client,
            said.statement_id,
            signer=signer_of(who),
            role=role,
            contact=contact,
            reference=reference,
            roster=roster,
            now=work.clock(),
        )
    _print_acknowledged(said.statement_id, statement_id, as_json)


def _by_link(token: str, code: str, yes: bool, as_json: bool) -> None:
    with one_line_errors(LinkRefused):
        work, secret = platform(), link_secret(environment().get("ACME_LINK_SECRET"))
        bare, roster = token.rpartition("token=")[2].strip(), work.roster()
        view = open_link(work.warehouse, work.registry, bare, secret, roster=roster, now=work.clock())
        if not yes:
            if not as_json:
                console.print(f"{view.requested_by}: {view.meaning}", markup=False, soft_wrap=True)
                console.print(f"Reason: {view.reason}", markup=False, soft_wrap=True)
            typer.confirm(f"\nAcknowledge this as {view.contact}, for {view.client_name}?", abort=True, err=True)
        statement_id = acknowledge_by_link(
            work.warehouse,
            work.registry,
            bare,
            code,
            secret,
            service=work.service(),
            roster=roster,
            now=work.clock(),
        )
    _print_acknowledged(view.request_id, statement_id, as_json)


def _print_acknowledged(request_id: str, statement_id: str, as_json: bool) -> None:
    if as_json:
        print_json({"request_id": request_id, "acknowledgement_id": statement_id})
        return
    console.print(f"live: exception {request_id[:12]}, acknowledged in {statement_id[:12]}")


@app.command()
def link(
    request_id: RequestArgument,
    valid_hours: Annotated[int, typer.Option(min=1, max=72, help="How long the link may be used.")] = 24,
    who: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a link by which the client's contact acknowledges without an account. Changes nothing by itself.

    Somebody else than who requested the exception makes it: whoever has the link and the code can acknowledge.

    Example:

        acme exception link 1f2e3d4c --valid-hours 6
    """
    with one_line_errors():
        work, env = platform(), environment()
        secret = link_secret(env.get("ACME_LINK_SECRET"))
        client, said = _awaiting(work, request_id)
        token, code = make_link(
            work.warehouse,
            client,
            said.statement_id,
            maker=signer_of(who),
            secret=secret,
            roster=work.roster(),
            now=work.clock(),
            valid=timedelta(hours=valid_hours),
        )
    url = f"{env.get('ACME_LINK_BASE_URL') or LINK_BASE_URL}?token={token}"
    contact = client.owners.client
    if as_json:
        print_json({"request_id": said.statement_id, "contact": contact.email, "url": url, "code": code})
        return
    console.print(f"Send this link to {contact.name} <{contact.email}>; it is good once, for {valid_hours} hours:")
    console.print(url, markup=False, soft_wrap=True)
    console.print(f"\nTell them this code by another channel, a call or a text message: [bold]{code[:4]} {code[4:]}[/]")
    console.print("It is not kept: if it is lost, make another link.", style="dim")


@app.command("list")
def list_(
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    with_all: Annotated[bool, typer.Option("--all", help="Also those that expired or were revoked.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Exceptions that are requested, live, or refused as they stand.

    Examples:

        acme exception list
        acme exception list --client coastal_labs --all --json
    """
    with one_line_errors():
        work = platform()
        if client_id:
            work.registry.client(client_id)
        with work.warehouse.begin() as connection:
            found = exceptions(connection, work.registry.clients, work.roster(), work.clock(), client_id)
    shown = [item for item in found if with_all or item.state not in ("expired", "revoked")]
    if as_json:
        print_json([exception_json(item) for item in shown])
    elif shown:
        print_exceptions(shown)
    else:
        console.print("There are no exceptions." if with_all else "No exception is requested or live.")


@app.command()
def revoke(
    statement_id: Annotated[str, typer.Argument(help="Id of the request or acknowledgement, or its first 8 digits.")],
    reason: Annotated[str, typer.Option(help="Why, for the record. No member's data.")],
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take a request or an acknowledgement back: it counts no longer. What is released stays released.

    Example:

        acme exception revoke 1f2e3d4c --reason "the file arrived after all"
    """
    with one_line_errors():
        work = platform()
        with work.warehouse.begin() as connection:
            fact = find_statement(connection, statement_id, "exception_request", "acknowledgement")
        client, email, roster = work.registry.client(fact.client_id), email_of(who), work.roster()
        role = role_to_revoke(fact.kind, email, roster)
        if not yes:
            if not as_json:
                print_statement(read_statement(fact.text), client)
            typer.confirm(f"\nRevoke this {fact.kind.replace('_', ' ')} as {email}?", abort=True, err=True)
        revocation_id = revoke_statement(
            work.warehouse,
            client,
            fact.statement_id,
            signer=signer_of(who),
            role=role,
            reason=reason,
            roster=roster,
            now=work.clock(),
        )
    if as_json:
        print_json({"statement_id": fact.statement_id, "revocation_id": revocation_id})
        return
    console.print(f"revoked: {fact.kind.replace('_', ' ')} {fact.statement_id[:12]} of {fact.client_id}")


def _awaiting(work: Platform, request_id: str) -> tuple[Client, Statement]:
    with work.warehouse.begin() as connection:
        fact = find_statement(connection, request_id, "exception_request")
        client = work.registry.client(fact.client_id)
        return client, awaiting(connection, client, fact.statement_id, work.roster(), work.clock())
