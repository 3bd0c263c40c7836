"""`acme qa queue`, `show` and `history`: what an analyst looks at. Nothing here signs."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from acme_assets.board.evidence_words import counted, kind, moment, rests_on
from acme_assets.board.packet import Assessed, read_packet, signatures_json
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, local_time, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.qa_evidence import print_packet
from acme_assets.cli.waiting import waiting
from acme_assets.warehouse.history import Event, history_of
from acme_assets.warehouse.signing import night_under_terms

ClientArgument = Annotated[str, typer.Argument(help="Client id.")]
DateArgument = Annotated[str, typer.Argument(help="Business date, YYYY-MM-DD.")]
OpenDateOption = Annotated[
    str | None, typer.Option("--date", "-d", help="Business date, YYYY-MM-DD. Default: every night that is open.")
]


def queue(on: OpenDateOption = None, as_json: JsonOption = False) -> None:
    """Candidates that wait for a sign-off, the nearest deadline first."""
    with one_line_errors():
        work = platform()
        now = work.clock()
        found = waiting(work, parse_date(on) if on else None, now)
    if as_json:
        print_json([_waiting_json(item) for item in found])
        return
    if not found:
        console.print("Nothing waits for a sign-off.")
        return
    columns = ["client", "business date", "waits since", "to deadline", "failed suites", "rests on",
               "needs, and who may sign"]  # fmt: skip
    print_table(None, columns, [_waiting_row(item, now) for item in found], long=columns[-1:])
    console.print(f"\nReview with: acme qa show {found[0].name}", style="dim")


def _waiting_row(item: Assessed, now: datetime) -> list[str]:
    candidate, client = item.night.facts.candidate, item.client
    failed = len(candidate.failed_suites) if candidate else 0
    left = int((item.status.deadline - now).total_seconds() // 60)
    step = item.status.blocked_by
    return [
        item.status.client_id,
        item.status.business_date.isoformat(),
        local_time(step.since if step else None, client.zone),
        f"{left} min" if left >= 0 else f"[red]missed by {-left} min[/]",
        f"[bold red]{failed}[/]" if failed else "0",
        rests_on(len(item.night.waivers), len(item.night.overrides)),
        (f"[red]{escaped(item.gate.reason)}[/]" if item.was_turned_down else counted(item.missing, "signature"))
        + f"\n[dim]{escaped(', '.join(analyst.name for analyst in client.owners.qa))}[/]",
    ]


def _waiting_json(item: Assessed) -> dict[str, Any]:
    candidate, step = item.night.facts.candidate, item.status.blocked_by
    assert candidate is not None
    return {
        "client_id": item.status.client_id,
        "business_date": item.status.business_date,
        "deadline": item.status.deadline,
        "waits_since": step.since if step else None,
        "evidence_digest": candidate.evidence_digest,
        "analysts": [{"name": analyst.name, "email": analyst.email} for analyst in item.client.owners.qa],
        "failed_suites": list(candidate.failed_suites),
        "waivers": len(item.night.waivers),
        "overrides": len(item.night.overrides),
        "signatures": [signatures_json(mart) for mart in item.signatures],
        "signatures_missing": item.missing,
        "was_turned_down": item.was_turned_down,
        "reason": item.gate.reason,
    }


def show(
    client_id: ClientArgument,
    business_date: DateArgument,
    as_json: JsonOption = False,
    html: Annotated[Path | None, typer.Option(help="Write the packet as one printable page to this file.")] = None,
) -> None:
    """The whole evidence packet: all that a sign-off covers, and what was said of it so far."""
    with one_line_errors(OSError):
        work = platform()
        packet = read_packet(work, client_id, parse_date(business_date))
        if html:
            from acme_assets.board.evidence_page import evidence_page

            html.write_text(evidence_page(packet, work.clock()), encoding="utf-8")
    if as_json:
        print_json(packet.body())
    elif html:
        console.print(f"{packet.at.name}, evidence {packet.digest[:12]}: {html}", soft_wrap=True)
    else:
        print_packet(packet, every_check=True)


def history(client_id: ClientArgument, business_date: DateArgument, as_json: JsonOption = False) -> None:
    """Candidates, statements, releases and withdrawals of one client night, in the order in which they came."""
    with one_line_errors():
        work = platform()
        client = work.registry.client(client_id)
        with work.warehouse.begin() as connection:
            night = night_under_terms(connection, client, parse_date(business_date), work.roster(), work.clock())
            events = history_of(connection, night)
    live = night.facts.live_release
    if as_json:
        seen = live.release_id if live else None
        print_json({"client_id": client_id, "business_date": business_date, "live_release": seen,
                    "events": [asdict(event) for event in events]})  # fmt: skip
        return
    if not events:
        console.print(f"Nothing was built, signed or released for {client_id} {business_date}.")
        return
    print_table(None, ["at", "what", "by", "id", ""], [_event_row(event) for event in events], long=("",))
    at = f"release {live.release_id[:12]}, of {moment(live.released_at)}" if live else "nothing of this business date"
    console.print(f"The client sees {at}.")


def _event_row(event: Event) -> list[str]:
    note = event.details.get("reason") or _counts(event)
    if event.problem:
        note = f"{note}; " if note else ""
        note += f"does not count: {event.problem}"
    style = "dim" if event.problem else "bold" if event.what.startswith("release") else "none"
    return [
        moment(event.at),
        f"[{style}]{kind(event.what)}[/]",
        escaped(event.who),
        event.id[:12],
        escaped(note),
    ]


def _counts(event: Event) -> str:
    details = event.details
    match event.what:
        case "candidate_built" | "released":
            rows = details.get("rows", {})
            return f"{counted(sum(rows.values()), 'row')} in {counted(len(rows), 'mart')}"
        case "release_withdrawn":
            return f"back to {details['back_to'][:12]}" if details["back_to"] else "the client sees nothing"
        case "production_suites_failed":
            return ", ".join(details.get("failed", ()))
        case _:
            return ""
