"""`acme qa`: the analysts' decisions. Each is one signed statement about one client night."""

from collections.abc import Sequence
from typing import Annotated

import typer

from acme_assets.board.packet import Packet, read_packet
from acme_assets.cli import qa_review
from acme_assets.cli.approving import (
    Approval,
    Outcome,
    named,
    of_queue,
    require_failed,
    require_reviewed,
    review,
    say,
    show,
)
from acme_assets.cli.approving import approve as approve_one
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, local_time, one_line_errors, parse_date, print_json
from acme_assets.cli.platform import platform
from acme_assets.cli.qa_evidence import print_packet
from acme_assets.cli.qa_review import ClientArgument, DateArgument, OpenDateOption
from acme_assets.cli.signer import AsOption, role_for, role_to_revoke, signer_of
from acme_assets.gates.decision import earlier_release
from acme_assets.gates.statement import Signer, Statement
from acme_assets.nights.facts import ReleaseFact
from acme_assets.warehouse.revoking import revoke_statement
from acme_assets.warehouse.signing import NotSigned, night_under_terms, sign
from acme_assets.warehouse.withdrawing import release_to_withdraw, sign_withdrawal
from client_partitions.client import Client

app = typer.Typer(help="Review candidates, sign them off, and take back what should not have been.",
                  no_args_is_help=True)  # fmt: skip
app.command()(qa_review.queue)
app.command()(qa_review.show)

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the record and for whoever reads it; no member's data.")]
EvidenceOption = Annotated[
    str | None,
    typer.Option("--evidence", help="First 8 hex digits, or more, of the digest that was reviewed: else refuse."),
]


@app.command()
def approve(
    nights: Annotated[list[str] | None, typer.Argument(metavar="CLIENT DATE", help="Client nights.")] = None,
    from_queue: Annotated[bool, typer.Option("--queue", help="All that wait for your signature.")] = False,
    on: OpenDateOption = None,
    marts: Annotated[list[str] | None, typer.Option("--mart", help="Cover only this mart. Repeatable.")] = None,
    acknowledged: Annotated[
        list[str] | None, typer.Option("--acknowledge-failure", help="A failed suite, by name. Repeatable.")
    ] = None,
    evidence: EvidenceOption = None,
    reason: Annotated[str | None, typer.Option(help="A note for the record.")] = None,
    who: AsOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Sign candidates off: they may be released. Each is signed by itself; one that cannot be stops no other.

    Exits with 1 if any was not signed.

    Examples:

        acme qa approve harbor_health 2026-01-15 --as ingrid.mol@acmehealth.example.com
        acme qa approve --queue --date 2026-01-15
    """
    with one_line_errors():
        if as_json and not yes:
            raise NotSigned("--json prints nothing but JSON, and so cannot ask: give --yes with it")
        if from_queue == bool(nights) or (on and not from_queue):
            raise NotSigned("name the client nights, or give --queue and with it perhaps --date; not both")
        work = platform()
        signer = signer_of(who)
        said = Approval(
            signer, role_for("sign_off", signer.email, work.roster()), marts or (), acknowledged or (), reason
        )
        day = parse_date(on) if on else None
        wanted = of_queue(work, day, signer.email, work.clock()) if from_queue else named(nights or ())
        packets, failed = review(work, wanted)
        _say([] if as_json else failed)
        if evidence and len(wanted) != 1:
            raise NotSigned("--evidence is the digest of one candidate: give it with one client night")
        for packet in packets:
            require_reviewed(packet, evidence)
        require_failed(packets, acknowledged or ())
        if packets and not yes:
            show(packets)
            what = "it" if len(packets) == 1 else f"these {len(packets)}, each by itself,"
            _confirm(f"\nSign {what} as {signer.email}?")
        outcomes = [approve_one(work, packet, said) for packet in packets]
    if as_json:
        print_json([vars(outcome) for outcome in (*failed, *outcomes)])
    else:
        _say(outcomes)
        if not wanted:
            console.print("Nothing waits for your signature.")
    if any(outcome.problem for outcome in (*failed, *outcomes)):
        raise typer.Exit(1)


def _say(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        say(outcome)


@app.command()
def reject(
    client_id: ClientArgument,
    business_date: DateArgument,
    reason: ReasonOption,
    evidence: EvidenceOption = None,
    who: AsOption = None,
    yes: YesOption = False,
) -> None:
    """Reject the candidate: it stays unreleased until it is built anew and approved, or approved after all."""
    with one_line_errors():
        work = platform()
        signer, roster = signer_of(who), work.roster()
        role = role_for("sign_off", signer.email, roster)
        packet = read_packet(work, client_id, parse_date(business_date))
        require_reviewed(packet, evidence)
        if not yes:
            print_packet(packet)
            _confirm(f"\nReject it as {signer.email}?")
        statement_id = sign(
            work.warehouse, work.registry.client(client_id), packet.at.status.business_date,
            evidence_digest=packet.digest, decision="rejected", signer=signer, role=role, roster=roster,
            reason=reason, now=work.clock(),
        )  # fmt: skip
    console.print(f"rejected: {packet.at.name}, evidence {packet.digest[:12]}, statement {statement_id[:12]}")


@app.command()
def revoke(
    client_id: ClientArgument,
    business_date: DateArgument,
    reason: ReasonOption,
    statement: Annotated[str | None, typer.Option(help="The approval's id, or its first 8 digits or more.")] = None,
    who: AsOption = None,
    yes: YesOption = False,
) -> None:
    """Take an approval of the present candidate back: your own, or the one that --statement names.

    It shuts the gate. What the client sees already stays: see `acme qa withdraw`.
    """
    with one_line_errors():
        work = platform()
        signer, roster = signer_of(who), work.roster()
        role = role_to_revoke("sign_off", signer.email, roster)
        packet = read_packet(work, client_id, parse_date(business_date))
        target = _approval(packet, statement, signer)
        if not yes:
            _confirm(f"Revoke the approval {target.statement_id[:12]} of {target.signer} as {signer.email}?")
        client = work.registry.client(client_id)
        revocation_id = revoke_statement(
            work.warehouse, client, target.statement_id,
            signer=signer, role=role, reason=reason, roster=roster, now=work.clock(),
        )  # fmt: skip
    console.print(f"revoked: the approval {target.statement_id[:12]} of {target.signer}, by {revocation_id[:12]}")
    live = packet.at.night.facts.live_release
    if live and live.evidence_digest == packet.digest:
        console.print(f"The client still sees what it released; to take that back: acme qa withdraw {packet.at.name}")


def _approval(packet: Packet, given: str | None, signer: Signer) -> Statement:
    approvals = [item for item in packet.at.of_candidate if item.subject.get("decision") == "approved"]
    own = [item for item in approvals if item.signer == signer.email]
    if given:
        found = [item for item in approvals if len(given) >= 8 and item.statement_id.startswith(given)]
    else:
        found = own or approvals
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{item.statement_id[:12]} by {item.signer}" for item in approvals)
    if not listed:
        raise NotSigned(f"no approval of the present candidate of {packet.at.name} counts: there is none to revoke")
    raise NotSigned(f"which approval of {packet.at.name}? --statement is one of: {listed}")


@app.command()
def withdraw(
    client_id: ClientArgument,
    business_date: DateArgument,
    reason: ReasonOption,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the client would see, and sign nothing.")
    ] = False,
    who: AsOption = None,
    yes: YesOption = False,
) -> None:
    """Take the release back that the client sees: it sees the earlier one again, or nothing of this business date.

    You sign; the resident gatekeeper does it at once, or else the next release run does.
    """
    with one_line_errors():
        work = platform()
        client, day = work.registry.client(client_id), parse_date(business_date)
        with work.warehouse.begin() as connection:
            night = night_under_terms(connection, client, day, work.roster(), work.clock())
        live, earlier = release_to_withdraw(night), earlier_release(night)
        after = f"{_named(earlier, client)} again" if earlier else "nothing of this business date"
        console.print(f"{client_id} {day}: the client sees {_named(live, client)}.")
        console.print(f"Once that is withdrawn, it sees {after}.")
        if dry_run:
            console.print("Nothing was signed.")
            return
        signer, roster = signer_of(who), work.roster()
        role = role_for("withdrawal", signer.email, roster)
        if not yes:
            _confirm(f"Withdraw it as {signer.email}?")
        statement_id = sign_withdrawal(
            work.warehouse, client, day, signer=signer, role=role, reason=reason, roster=roster, now=work.clock()
        )
    console.print(f"signed: withdrawal {statement_id[:12]}. The gatekeeper does it now, or else the next release run;")
    console.print(f"see: acme qa history {client_id} {day}")


app.command()(qa_review.history)


def _named(release: ReleaseFact, client: Client) -> str:
    return f"release {release.release_id[:12]}, of {local_time(release.released_at, client.zone)}"


def _confirm(question: str) -> None:
    typer.confirm(question, abort=True)
