"""`acme qa`: the analysts' queue, the evidence, and the sign-off."""

import getpass
import json
import os
from datetime import date
from typing import Annotated, Any

import typer

from acme_assets.cli.nights import DateOption, JsonOption, assess_all
from acme_assets.cli.output import console, local_time, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.environment import Platform
from acme_assets.warehouse.signing import Decision, NotSigned, evidence_of, sign
from client_partitions.client import Client

app = typer.Typer(help="Review candidates and sign them off.", no_args_is_help=True)

ClientArgument = Annotated[str, typer.Argument(help="Client id.")]
DateArgument = Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")]
AnalystOption = Annotated[
    str | None,
    typer.Option("--as", help="Your e-mail address, as in the client's file. Default: ACME_USER, then $USER."),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _analyst(given: str | None) -> str:
    return given or os.environ.get("ACME_USER") or getpass.getuser()


@app.command()
def queue(on: DateOption = None, as_json: JsonOption = False) -> None:
    """Candidates that wait for a sign-off, the nearest deadline first."""
    with one_line_errors():
        work = platform()
        now = work.clock()
        nights = assess_all(work, parse_date(on) if on else None, now)
    waiting = [night for night in nights if night.state == "awaiting sign-off"]
    waiting.sort(key=lambda night: night.deadline)
    if as_json:
        print_json(
            [
                {"client_id": night.client_id, "business_date": night.business_date, "deadline": night.deadline}
                for night in waiting
            ]
        )
        return
    if not waiting:
        console.print("Nothing waits for a sign-off.")
        return
    rows = []
    for night in waiting:
        client = work.registry.client(night.client_id)
        left = int((night.deadline - now).total_seconds() // 60)
        slack = f"{left} min" if left >= 0 else f"[red]missed by {-left} min[/]"
        since = local_time(night.blocked_by.since if night.blocked_by else None, client.zone)
        rows.append([night.client_id, night.business_date.isoformat(), since, slack, client.owners.qa[0].name])
    print_table(None, ["client", "business date", "waits since", "to deadline", "analyst"], rows)
    console.print(f"\nReview with: acme qa show {waiting[0].client_id} {waiting[0].business_date}", style="dim")


@app.command()
def show(client_id: ClientArgument, business_date: DateArgument, as_json: JsonOption = False) -> None:
    """The evidence that a sign-off would cover."""
    with one_line_errors(NotSigned):
        work = platform()
        client = work.registry.client(client_id)
        stored = evidence_of(work.warehouse, client, parse_date(business_date))
    evidence = json.loads(stored.canonical)
    if as_json:
        print_json({"evidence_digest": stored.digest, "evidence": evidence})
        return
    print_evidence(client, stored.digest, evidence)


def print_evidence(client: Client, digest: str, evidence: dict[str, Any]) -> None:
    """The packet, for a person to read."""
    console.print(f"[bold]{client.name}[/], business date {evidence['business_date']}")
    console.print(f"evidence digest {digest}; {evidence['tests_passed']} dbt tests passed\n")
    print_table(
        "Deliveries",
        ["feed", "file", "rows in", "loaded", "quarantined", "of these out of scope"],
        [
            [
                delivery["feed"],
                file["path"].partition("/")[2],
                *(f"{file[name]:,}" for name in ("rows_in", "rows_loaded", "rows_quarantined", "rows_out_of_scope")),
            ]
            for delivery in evidence["deliveries"]
            for file in delivery["files"]
        ],
        long=("file",),
    )
    failures = [
        [delivery["feed"], rule, f"{rows:,}"]
        for delivery in evidence["deliveries"]
        for rule, rows in delivery["failures"].items()
    ]
    if failures:
        console.print()
        print_table("Rows set aside, by rule", ["feed", "rule", "rows"], failures, long=("rule",))
    console.print()
    print_table(
        "Marts",
        ["mart", "rows", "digest"],
        [[name, f"{mart['rows']:,}", mart["sha256"][:16]] for name, mart in evidence["marts"].items()],
    )


@app.command()
def approve(
    client_id: ClientArgument,
    business_date: DateArgument,
    analyst: AnalystOption = None,
    reason: Annotated[str | None, typer.Option(help="A note for the record.")] = None,
    yes: YesOption = False,
) -> None:
    """Sign the candidate off: it may be released.

    Example:

        acme qa approve harbor_health 2026-01-15 --as ingrid.mol@acmehealth.example
    """
    _decide(client_id, business_date, "approved", analyst, reason, yes)


@app.command()
def reject(
    client_id: ClientArgument,
    business_date: DateArgument,
    reason: Annotated[str, typer.Option(help="Why. Engineering and the client read this; no member's data.")],
    analyst: AnalystOption = None,
    yes: YesOption = False,
) -> None:
    """Reject the candidate: it stays unreleased until it is built anew and approved, or approved after all."""
    _decide(client_id, business_date, "rejected", analyst, reason, yes)


def _decide(
    client_id: str, business_date: str, decision: Decision, analyst: str | None, reason: str | None, yes: bool
) -> None:
    with one_line_errors(NotSigned):
        work = platform()
        client = work.registry.client(client_id)
        night = parse_date(business_date)
        stored = evidence_of(work.warehouse, client, night)
        if not yes:
            print_evidence(client, stored.digest, json.loads(stored.canonical))
            typer.confirm(f"\nRecord {decision!r} by {_analyst(analyst)}?", abort=True)
        _sign(work, client, night, stored.digest, decision, _analyst(analyst), reason)
    console.print(f"{decision}: {client_id} {night}, evidence {stored.digest[:12]}")


def _sign(
    work: Platform, client: Client, night: date, digest: str, decision: Decision, analyst: str, reason: str | None
) -> None:
    sign(
        work.warehouse,
        client,
        night,
        evidence_digest=digest,
        decision=decision,
        analyst=analyst,
        reason=reason,
        now=work.clock(),
    )
