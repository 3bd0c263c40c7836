"""How exceptions are shown: the request in words, the client nights that it would change, the list."""

from typing import Any

from acme_assets.board.as_json import status_json
from acme_assets.cli.nights import STATE_STYLE
from acme_assets.cli.output import console, escaped, print_table
from acme_assets.gates.exceptions import in_words, why_no_request
from acme_assets.gates.statement import Statement
from acme_assets.nights.status import NightStatus
from acme_assets.warehouse.drafting import Draft
from acme_assets.warehouse.exceptions import ClientException
from client_partitions.client import Client

Nights = list[tuple[NightStatus, NightStatus]]
"""Each client night as it is, and as it would be."""

STYLE = {"requested": "yellow", "live": "green", "expired": "dim", "revoked": "dim", "refused": "bold red"}


def print_draft(client: Client, draft: Draft, reason: str | None, nights: Nights) -> None:
    """What would be signed, and what it would change once it is acknowledged."""
    console.print(draft.meaning, markup=False, soft_wrap=True)
    console.print(f"Reason: {reason or '(none yet)'}", markup=False, soft_wrap=True)
    console.print(f"Ends {draft.expires_at.astimezone(client.zone):%a %Y-%m-%d %H:%M %Z}.\n")
    print_table(
        None,
        ["business date", "now", "blocked by", "once acknowledged", "blocked by"],
        [[before.business_date.isoformat(), *_state(before), *_state(after)] for before, after in nights],
        long=("blocked by",),
    )
    if any(before.state == "released" and after.state != "released" for before, after in nights):
        console.print("[yellow]What is released is built again and must be signed off again; the client keeps it.[/]")


def _state(night: NightStatus) -> tuple[str, str]:
    """Its state, and every step that holds it; else the step that it is at."""
    held = [step for step in night.steps if step.state == "held"] if night.state == "held" else []
    steps = held or ([night.blocked_by] if night.blocked_by else [])
    reasons = "\n".join(escaped(f"{step.name}: {step.reason}") for step in steps)
    return f"[{STATE_STYLE[night.state]}]{night.state}[/]", reasons


def draft_json(draft: Draft, reason: str | None, nights: Nights) -> dict[str, Any]:
    """The same as `--json` shows it."""
    return {
        "client_id": draft.client_id,
        "first_date": draft.dates[0],
        "last_date": draft.dates[1],
        "subject": dict(draft.subject),
        "meaning": draft.meaning,
        "reason": reason,
        "expires_at": draft.expires_at,
        "nights": [{"now": status_json(before), "once_acknowledged": status_json(after)} for before, after in nights],
    }


def print_statement(statement: Statement, client: Client) -> None:
    """A recorded statement, in its signer's words."""
    console.print(f"{statement.signer}: {statement.meaning}", markup=False, soft_wrap=True)
    if statement.reason:
        console.print(f"Reason: {statement.reason}", markup=False, soft_wrap=True)
    if statement.expires_at:
        console.print(f"Ends {statement.expires_at.astimezone(client.zone):%a %Y-%m-%d %H:%M %Z}.")


def print_exceptions(found: list[ClientException]) -> None:
    """The list."""
    print_table(
        None,
        ["request", "client and dates", "state", "what", "who"],
        [
            [
                item.request_id[:12],
                "\n".join([item.client_id, *dict.fromkeys(map(str, (item.first_date, item.last_date)))]),
                f"[{STYLE[item.state]}]{item.state}[/]",
                escaped(_what(item)),
                escaped(_who(item)),
            ]
            for item in found
        ],
        long=("what", "who"),
    )


def _what(item: ClientException) -> str:
    request = item.request
    if request is None or why_no_request(request.subject):
        return item.why or "cannot be read"
    ends = f"ends {request.expires_at:%Y-%m-%d %H:%M} UTC" if request.expires_at else ""
    return "\n".join(line for line in (in_words(request.subject), request.reason, ends, item.why) if line)


def _who(item: ClientException) -> str:
    lines = [f"requested by {item.request.signer}"] if item.request else []
    if item.acknowledgement:
        said = item.acknowledgement.subject
        lines.append(f"acknowledged by {said['contact']}, {said['reference']}")
    return "\n".join(lines)


def exception_json(item: ClientException) -> dict[str, Any]:
    """One exception as `--json` shows it."""
    request, said = item.request, item.acknowledgement
    return {
        "request_id": item.request_id,
        "client_id": item.client_id,
        "first_date": item.first_date,
        "last_date": item.last_date,
        "state": item.state,
        "why": item.why,
        "subject": dict(request.subject) if request else None,
        "reason": request.reason if request else None,
        "requested_by": request.signer if request else None,
        "requested_at": request.made_at if request else None,
        "expires_at": request.expires_at if request else None,
        "acknowledgement": said and {"statement_id": said.statement_id, "by": said.signer, **said.subject},
    }
