"""How overrides are shown: the dependencies before and after, the client nights that change, the list."""

from typing import Any

from acme_assets.board.as_json import status_json
from acme_assets.cli.nights import STATE_STYLE
from acme_assets.cli.output import console, escaped, print_table
from acme_assets.gates.changes import described, why_no_change
from acme_assets.gates.graph import Graph, difference
from acme_assets.gates.what_if import Change
from acme_assets.warehouse.overrides import RecordedOverride
from acme_assets.warehouse.supposing import Effect
from client_partitions.client import Client

_MARK_STYLE = {" ": "dim", "-": "red", "+": "green"}
_OVERRIDE_STYLE = {"proposed": "yellow", "live": "green", "expired": "dim", "revoked": "dim", "refused": "bold red"}


def print_effect(found: Effect, client: Client) -> None:
    """The dependencies before and after, and the client nights that change."""
    first, others = found.dates[0], len(found.dates) - 1
    also = f", and of {others} more business date{'s' if others > 1 else ''} likewise" if others else ""
    console.print(f"\n[bold]Dependencies[/] of business date {first}{also}")
    print_difference(found.before, found.after)
    console.print()
    if found.nights:
        print_table(
            "Client nights that change",
            ["business date", "now", "blocked by", "would be", "blocked by"],
            [_row(night, client) for night in found.nights],
            long=("blocked by",),
        )
    else:
        console.print(f"No client night changes, of {found.looked_at} looked at.")
    if any(night.statuses[0].state == "released" for night in found.nights):
        console.print("[yellow]What is released is built again and must be signed off again; the client keeps it.[/]")


def _row(change: Change, client: Client) -> list[str]:
    was, will_be = change.statuses
    moved = was.deadline != will_be.deadline
    cells = [was.business_date.isoformat()]
    for night in (was, will_be):
        step, deadline = night.blocked_by, night.deadline.astimezone(client.zone)
        said = [f"{step.name}: {escaped(step.reason)}"] if step else []
        said += [f"[dim]deadline {deadline:%a %H:%M}[/]"] if moved else []
        cells += [f"[{STATE_STYLE[night.state]}]{night.state}[/]", "\n".join(said)]
    return cells


def print_difference(before: Graph, after: Graph) -> None:
    """Lines of both graphs: what stays dimmed, what goes and what comes marked."""
    for line in difference(before, after):
        style = _MARK_STYLE[line.mark]
        console.print(f"{line.mark} {line.text}", style=style, markup=False, soft_wrap=True)


def effect_json(found: Effect) -> dict[str, Any]:
    """An effect as `--json` shows it."""
    return {
        "dates": list(found.dates),
        "before": found.before.body(),
        "after": found.after.body(),
        "looked_at": found.looked_at,
        "nights": [
            {"now": status_json(night.statuses[0]), "would_be": status_json(night.statuses[1])}
            for night in found.nights
        ],
    }


def print_overrides(found: list[RecordedOverride]) -> None:
    """The list."""
    print_table(
        None,
        ["override", "state", "client", "business dates", "ends (UTC)", "change, and who signed"],
        [
            [
                item.override_id[:12],
                _styled(item),
                item.client_id,
                "\nto ".join(_span(item)),
                _moment(item, "expires_at", None),
                "\n".join([escaped(change_of(item)), *(f"[dim]{escaped(line)}[/]" for line in _signers(item))]),
            ]
            for item in found
        ],
        long=("change, and who signed",),
    )


def _signers(item: RecordedOverride) -> list[str]:
    approval = [f"approved by {item.approved_by}"] if item.approved_by else []
    waits = ["not approved yet"] if item.state == "proposed" else []
    return [f"by {item.author}", *approval, *waits, *item.reasons]


def print_override(item: RecordedOverride, client: Client | None) -> None:
    """One override in full."""
    console.print(f"override {item.override_id}  {_styled(item)}")
    for reason in item.reasons:
        console.print(f"  {reason}", markup=False)
    said = item.statement
    fields = {
        "client": client.name if client else item.client_id,
        "change": change_of(item),
        "business dates": " to ".join(_span(item)),
        "by": f"{item.author}, {said.role.replace('_', ' ')}" if said else item.author,
        "reason": said.reason if said else None,
        "made": _moment(item, "made_at", client),
        "ends": _moment(item, "expires_at", client),
        "approved by": item.approved_by or "nobody",
    }
    for name, value in fields.items():
        console.print(f"  {name:<15} {value or ''}", markup=False, soft_wrap=True)


def override_json(item: RecordedOverride) -> dict[str, Any]:
    """An override as `--json` shows it."""
    said = item.statement
    return {
        "override_id": item.override_id,
        "client_id": item.client_id,
        "first_date": item.dates[0],
        "last_date": item.dates[1],
        "change": change_of(item),
        "subject": dict(said.subject) if said else None,
        "state": item.state,
        "reasons": list(item.reasons),
        "author": item.author,
        "role": said.role if said else None,
        "reason": said.reason if said else None,
        "made_at": said.made_at if said else None,
        "expires_at": said.expires_at if said else None,
        "approved_by": item.approved_by,
    }


def change_of(item: RecordedOverride) -> str:
    """What it changes, in words; why it says nothing, where it does."""
    if item.statement is None:
        return "cannot be read"
    return why_no_change(item.statement.subject) or described(item.statement.subject)


def _styled(item: RecordedOverride) -> str:
    return f"[{_OVERRIDE_STYLE[item.state]}]{item.state}[/]"


def _span(item: RecordedOverride) -> list[str]:
    return list(dict.fromkeys(day.isoformat() for day in item.dates))


def _moment(item: RecordedOverride, name: str, client: Client | None) -> str:
    """A moment of the statement, on the client's clock or in UTC."""
    moment = getattr(item.statement, name, None)
    if moment is None:
        return ""
    return f"{moment.astimezone(client.zone):%Y-%m-%d %H:%M %Z}" if client else f"{moment:%Y-%m-%d %H:%M}"
