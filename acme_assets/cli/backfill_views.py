"""How backfills are printed: a plan, a list, and one with its nights; as tables and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from acme_assets.cli.output import console, escaped, print_table
from acme_assets.nights.backfill import Known, Plan, Planned
from acme_assets.nights.dependents import Night
from acme_assets.warehouse.backfills import Backfill, BackfillNight, progress_of

STATE_STYLE = {"open": "cyan", "done": "green", "cancelled": "yellow"}


def plan_json(made: Plan) -> dict[str, Any]:
    """A plan as plain values."""
    return {
        "nights": [asdict(night) for night in made.nights],
        "cost": asdict(made.cost),
        "sign_again": sum(night.signs_again for night in made.nights),
        "clients_that_see_a_change": sorted({night.client_id for night in made.nights if night.client_sees_change}),
        "in_open_backfills": [
            {"client_id": client_id, "business_date": day, "backfill_id": backfill_id}
            for (client_id, day), backfill_id in sorted(made.covered.items())
        ],
        "up_to_date": made.up_to_date,
    }


def print_plan(made: Plan) -> None:
    """A plan: its nights, then what it costs and whom it concerns."""
    if made.nights:
        columns = ["client", "business date", "marts that can change", "sign-off", "the client", "why"]
        print_table(
            None, columns, [_planned_row(night) for night in made.nights], long=("marts that can change", "why")
        )
    cost, again = made.cost, sum(night.signs_again for night in made.nights)
    sees = {night.client_id for night in made.nights if night.client_sees_change}
    for backfill_id in sorted(set(made.covered.values())):
        count = sum(item == backfill_id for item in made.covered.values())
        console.print(
            f"{count} nights are in backfill {backfill_id[:8]}, which is open: acme backfill show {backfill_id[:8]}"
        )
    if made.up_to_date:
        console.print(f"{made.up_to_date} nights are built from what came already")
    if not made.nights:
        console.print("Nothing to rebuild.")
        return
    console.print(
        f"{len(made.nights)} client night{'' if len(made.nights) == 1 else 's'}: "
        f"{cost.runs_least} to {cost.runs_most} runs, about "
        f"{cost.rows_to_load:,} rows to load, {cost.rows_to_read:,} to read and {cost.rows_to_write:,} to write; "
        f"{again} to be signed again; {len(sees)} client{'' if len(sees) == 1 else 's'} will see a change",
        soft_wrap=True,
    )


def _planned_row(night: Planned) -> list[str]:
    held = f"\n[yellow]waits for {escaped(night.waits_for)}[/]" if night.waits_for else ""
    return [
        night.client_id,
        night.business_date.isoformat(),
        ", ".join(night.marts) or "[dim]none, the evidence alone[/]",
        "again" if night.signs_again else "first",
        "sees a change" if night.client_sees_change else "sees nothing yet",
        escaped("\n".join(night.why)) + held,
    ]


def backfill_json(item: Backfill, known: Mapping[Night, Known], *, with_nights: bool) -> dict[str, Any]:
    """A backfill as plain values."""
    found = {name: value for name, value in vars(item).items() if name != "nights"}
    found |= {"done": progress_of(item, known).done, "nights": len(item.nights)}
    if not with_nights:
        return found
    return {**found, "progress": [{**vars(night), **_now(night, known)} for night in item.nights]}


def _now(night: BackfillNight, known: Mapping[Night, Known]) -> dict[str, Any]:
    item = known.get(night.night)
    if item is None:
        return {"state": "gone", "is_built": False, "blocked_by": "the client is not in the registry any more"}
    step = item.status.blocked_by
    return {
        "state": item.status.state,
        "is_built": item.is_built,
        "blocked_by": f"{step.name}: {step.reason}" if step else None,
    }


def print_backfills(found: Sequence[Backfill], known: Mapping[Night, Known]) -> None:
    """One row per backfill."""
    if not found:
        console.print("There is no backfill.")
        return
    print_table(
        None,
        ["id", "state", "built", "of nights", "opened", "by", "reason"],
        [
            [
                item.backfill_id[:8],
                f"[{STATE_STYLE[item.state]}]{item.state}[/]",
                str(progress_of(item, known).done),
                str(len(item.nights)),
                f"{item.opened_at:%Y-%m-%d %H:%M}",
                item.opened_by,
                escaped(item.reason),
            ]
            for item in found
        ],
        long=("reason",),
    )


def print_backfill(item: Backfill, known: Mapping[Night, Known]) -> None:
    """One backfill with its nights."""
    ended = f", by {item.ended_by} at {item.ended_at:%Y-%m-%d %H:%M} UTC" if item.ended_at else ""
    console.print(
        f"backfill {item.backfill_id[:8]}: [{STATE_STYLE[item.state]}]{item.state}[/]{ended}; "
        f"{progress_of(item, known).done} of {len(item.nights)} nights built"
    )
    said = f"opened by {item.opened_by} at {item.opened_at:%Y-%m-%d %H:%M} UTC: {item.reason}"
    console.print(said, markup=False, soft_wrap=True)
    if item.ended_reason:
        console.print(f"cancelled because: {item.ended_reason}", markup=False, soft_wrap=True)
    rows = []
    for night in item.nights:
        now = _now(night, known)
        rows.append(
            [
                night.client_id,
                night.business_date.isoformat(),
                "[green]yes[/]" if now["is_built"] else "no",
                now["state"],
                escaped(now["blocked_by"] or ""),
            ]
        )
    print_table(
        None, ["client", "business date", "built", "state", "what it waits for"], rows, long=("what it waits for",)
    )
