"""`acme override`: temporary changes of one client's dependencies, shown before they are signed."""

from typing import Annotated

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, print_json
from acme_assets.cli.override_add import YesOption, add
from acme_assets.cli.override_views import (
    change_of,
    override_json,
    print_difference,
    print_effect,
    print_override,
    print_overrides,
)
from acme_assets.cli.platform import platform
from acme_assets.cli.signer import AsOption, email_of, role_for, role_to_revoke, signer_of
from acme_assets.environment import Platform
from acme_assets.gates.changes import under_override, why_no_change
from acme_assets.gates.graph import Graph, graph_of
from acme_assets.warehouse.overrides import RecordedOverride, approve_override, find_override, overrides
from acme_assets.warehouse.revoking import revoke_statement
from acme_assets.warehouse.signing import NotSigned
from acme_assets.warehouse.supposing import effect
from client_partitions.client import Client

app = typer.Typer(help="Temporary changes of one client's dependencies.", no_args_is_help=True)
app.command()(add)

IdArgument = Annotated[str, typer.Argument(help="The override's id, or its first 8 digits or more.")]


@app.command()
def approve(
    override_id: IdArgument,
    reason: Annotated[str | None, typer.Option(help="A note for the record.")] = None,
    who: AsOption = None,
    yes: YesOption = False,
) -> None:
    """Approve an override that somebody else signed: it counts from then on.

    Example:

        acme override approve 1f2e3d4c --as tomas.vidal@acmehealth.example.com
    """
    with one_line_errors():
        work = platform()
        client, item = _find(work, override_id)
        email, roster = email_of(who), work.roster()
        role = role_for("override_approval", email, roster)
        if not yes:
            _print(work, client, item)
            typer.confirm(f"\nApprove this as {email}?", abort=True, err=True)
        approve_override(
            work.warehouse,
            client,
            item.override_id,
            signer=signer_of(who),
            role=role,
            roster=roster,
            now=work.clock(),
            reason=reason,
        )
    console.print(f"live: override {item.override_id[:12]} of {item.client_id}, {escaped(change_of(item))}")


@app.command("list")
def list_(
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    with_all: Annotated[bool, typer.Option("--all", help="Also those that have ended or never counted.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Overrides that are live or wait for an approval.

    Examples:

        acme override list
        acme override list --client coastal_labs --all --json
    """
    with one_line_errors():
        work = platform()
        if client_id:
            work.registry.client(client_id)
        with work.warehouse.begin() as connection:
            found = overrides(connection, work.registry.clients, work.roster(), work.clock(), client_id)
    shown = [item for item in found if with_all or item.state in ("proposed", "live")]
    if as_json:
        print_json([override_json(item) for item in shown])
    elif shown:
        print_overrides(shown)
    else:
        console.print("No override is live or waits for an approval." if not with_all else "There are no overrides.")


@app.command()
def show(override_id: IdArgument, as_json: JsonOption = False) -> None:
    """One override: who signed what, until when, and what it changes.

    Example:

        acme override show 1f2e3d4c
    """
    with one_line_errors():
        work = platform()
        client, item = _find(work, override_id)
        if not as_json:
            try:
                _print(work, client, item)
            except NotSigned as problem:
                console.print(f"\n{problem}", markup=False)
            return
    before, after = _graphs(client, item)
    print_json({**override_json(item), "before": before.body(), "after": after.body()})


@app.command()
def revoke(
    override_id: IdArgument,
    reason: Annotated[str, typer.Option(help="Why, for the record. No member's data.")],
    who: AsOption = None,
    yes: YesOption = False,
) -> None:
    """Take an override back: it counts no longer, and what was built under it is built again.

    Example:

        acme override revoke 1f2e3d4c --reason "the labs arrive again"
    """
    with one_line_errors():
        work = platform()
        client, item = _find(work, override_id)
        email, roster = email_of(who), work.roster()
        role = role_to_revoke("override", email, roster)
        if not yes:
            print_override(item, client)
            typer.confirm(f"\nRevoke this as {email}?", abort=True, err=True)
        revoke_statement(
            work.warehouse,
            client,
            item.override_id,
            signer=signer_of(who),
            role=role,
            reason=reason,
            roster=roster,
            now=work.clock(),
        )
    console.print(f"revoked: override {item.override_id[:12]} of {item.client_id}, {escaped(change_of(item))}")


def _find(work: Platform, override_id: str) -> tuple[Client, RecordedOverride]:
    with work.warehouse.begin() as connection:
        item = find_override(connection, work.registry.clients, override_id, work.roster(), work.clock())
    return work.registry.client(item.client_id), item


def _print(work: Platform, client: Client, item: RecordedOverride) -> None:
    """An override in full; while it waits, with what its approval would change.

    Raises:
        NotSigned: its approval would change nothing any more.
    """
    print_override(item, client)
    said = item.statement
    if said is None or item.state != "proposed":
        console.print(f"\n[bold]Dependencies[/] of business date {item.dates[0]}, without and with it")
        print_difference(*_graphs(client, item))
        return
    dates, roster, now = item.dates, work.roster(), work.clock()
    print_effect(effect(work.warehouse, client, said.subject, dates, roster, now, said.expires_at), client)


def _graphs(client: Client, item: RecordedOverride) -> tuple[Graph, Graph]:
    """The dependencies that the client's file gives its first business date, and those under this override alone."""
    said = item.statement
    changed = client if said is None or why_no_change(said.subject) else under_override(client, said.subject)
    return graph_of(client, item.dates[0]), graph_of(changed, item.dates[0])
