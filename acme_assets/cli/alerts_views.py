"""Incidents as `acme alerts` shows them: rows, one in full, JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident
from acme_assets.cli.output import console, escaped, print_table
from acme_assets.warehouse.messages import StoredMessage
from client_partitions.client import Client

_URGENCY = {"page": 2, "notify": 1, "digest": 0}
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_STYLES = {"page": "bold red", "notify": "yellow", "digest": "dim"}


def by_urgency(item: Incident) -> tuple[bool, int, datetime, datetime]:
    """What comes first in a list."""
    return not item.is_live, -_URGENCY[item.urgency], item.drop_dead or _FAR, item.opened_at


def incident_row(item: Incident, now: datetime) -> list[str]:
    """A line of the list."""
    state: str = item.state
    if item.state == "acknowledged":
        state = f"acknowledged by {item.acknowledged_by}"
    elif item.state == "snoozed" and item.snoozed_until:
        state = f"snoozed until {item.snoozed_until:%H:%M}"
    gone_by = f"{item.drop_dead:%a %H:%M}" if item.drop_dead else ""
    if item.drop_dead and item.is_live and item.drop_dead < now:
        gone_by = f"[red]{gone_by} is past[/]"
    return [
        item.incident_id[:8],
        f"[{_STYLES[item.urgency]}]{item.urgency}[/]",
        escaped(state),
        f"{item.opened_at:%a %H:%M}",
        gone_by,
        f"{escaped(item.owner.name)} [dim]({item.owner_group})[/]",
        escaped(item.text),
        str(len(item.affected)),
    ]


def print_incident(item: Incident, said: list[StoredMessage], clients: Mapping[str, Client]) -> None:
    """One incident in full."""
    console.print(f"[bold]{escaped(item.text)}[/]")
    for label, text in (
        ("incident", f"{item.incident_id}  {item.kind}, {item.state}, {item.urgency}"),
        ("whose", f"{item.owner.name} <{item.owner.email}> ({item.owner_group})"),
        (
            "since",
            f"{item.opened_at:%Y-%m-%d %H:%M} UTC" + (f", came back {item.came_back} x" if item.came_back else ""),
        ),
        ("gone by", f"{item.drop_dead:%Y-%m-%d %H:%M} UTC" if item.drop_dead else ""),
        ("do", item.fix),
        ("tried", item.tried),
        ("see", item.evidence),
        ("acknowledged", f"{item.acknowledged_by} {item.acknowledged_at:%H:%M} UTC" if item.acknowledged_at else ""),
        ("policy", item.policy),
    ):
        if text:
            console.print(f"  {label:13}{escaped(text)}", soft_wrap=True)
    if item.affected:
        rows = [
            [night.client_id, night.business_date.isoformat(),
             _local(night, clients),
             _percent(night.p_miss), _percent(night.p_miss_if_done)]
            for night in item.affected
        ]  # fmt: skip
        print_table("Holds up", ["client", "business date", "deadline", "P(miss)", "were it gone now"], rows)
    if said:
        rows = [
            [f"{one.message.due_at:%a %H:%M}", one.message.urgency, escaped(one.message.recipient.name), one.state,
             escaped(one.sent_by or one.last_error or ""), escaped(one.message.subject)]
            for one in said
        ]  # fmt: skip
        print_table(
            "Said", ["due (UTC)", "urgency", "to", "state", "by, or why not", "subject"], rows, long=("subject",)
        )


def _percent(p: float | None) -> str:
    return "" if p is None else f"{p:.0%}".replace("%", " %")


def incident_json(item: Incident) -> dict[str, Any]:
    """As `--json` shows it."""
    owner = {"name": item.owner.name, "email": item.owner.email}
    return {**vars(item), "owner": owner, "affected": [dict(vars(night)) for night in item.affected]}


def message_json(item: StoredMessage) -> dict[str, Any]:
    """As `--json` shows it."""
    message = item.message
    return {
        "message_id": message.message_id,
        "recipient": message.recipient.email,
        "urgency": message.urgency,
        "due_at": message.due_at,
        "subject": message.subject,
        "body": message.body,
        "state": item.state,
        "attempts": item.attempts,
        "sent_at": item.sent_at,
        "sent_by": item.sent_by,
        "last_error": item.last_error,
    }


def _local(night: Affected, clients: Mapping[str, Client]) -> str:
    zone = clients[night.client_id].zone if night.client_id in clients else UTC
    return f"{night.deadline.astimezone(zone):%a %H:%M %Z}"
