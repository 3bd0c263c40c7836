"""`acme retention`: what is past its years, what keeps it, what was removed; and the holds."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any

import typer
from sqlalchemy import func, select

from acme_assets.cli.exception_request import YesOption
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, errors, escaped, one_line_errors, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.retention_holds import hold, holds, unhold
from acme_assets.cli.signer import email_of
from acme_assets.nights.retention import YEARS
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.retention_tables import retention_removals

app = typer.Typer(help="What is past its years: plan, run, log; holds that keep it.", no_args_is_help=True)
app.command()(hold)
app.command()(unhold)
app.command()(holds)

_KEPT_SHOWN = 50


@app.command()
def plan(as_json: JsonOption = False) -> None:
    """What a run would remove now, and what is past its years and stays, and why. Changes nothing.

    raw (a year): landed files, RAW, QUARANTINE, staging. curated (three years): MARTS and PUBLISHED. The ledger and the
    audit log stay.

    Examples:

        acme retention plan
        acme retention plan --json | jq '.kept[] | select(.why == "hold")'
    """
    from acme_assets.warehouse import retaining  # polars and pandera

    with one_line_errors():
        work = platform()
        tallies, kept = retaining.plan(work.warehouse, work.clock())
        waiting = _files_waiting(work.warehouse)
        with work.warehouse.begin() as connection:
            recorded = audit_entries.c.recorded_at
            entries, oldest = connection.execute(select(func.count(), func.min(recorded))).one()
    if as_json:
        print_json(
            {
                "kinds": {kind: vars(tally) for kind, tally in tallies.items()},
                "kept": [_kept_json(item) for item in kept],
                "files_waiting": waiting,
                "audit": {"entries": entries, "oldest": oldest},
            }
        )
        return
    _print_tallies(tallies, "would go")
    if waiting:
        console.print(f"{waiting:,} client nights whose landed files are on record to go, and not gone yet")
    console.print(f"audit: {entries:,} entries since {oldest.date() if oldest else 'never'}; they stay, all of them")
    if kept:
        print_table(
            "Past its years, and kept",
            ["kind", "client", "business date", "why", "what"],
            [
                [item.kind, item.night[0], str(item.night[1]), item.kept.why, escaped(item.kept.said)]
                for item in kept[:_KEPT_SHOWN]
                if item.kept
            ],
            long=("what",),
        )
        if len(kept) > _KEPT_SHOWN:
            console.print(f"{_KEPT_SHOWN} of {len(kept):,}; --json has all", style="dim")


def _kept_json(item: Any) -> dict[str, Any]:
    night = {"client_id": item.night[0], "business_date": item.night[1]}
    return {"kind": item.kind, **night, "why": item.kept.why, "said": item.kept.said}


def _files_waiting(warehouse: Any) -> int:
    with warehouse.begin() as connection:
        waits = retention_removals.c.files_gone_at.is_(None)
        return int(connection.execute(select(func.count()).select_from(retention_removals).where(waits)).scalar_one())


def _print_tallies(tallies: Any, what: str) -> None:
    print_table(
        None,
        ["kind", "years", f"client nights that {what}", "rows", "files", "MB", "oldest", "kept"],
        [
            [
                kind,
                str(YEARS[kind]),
                f"{tally.nights:,}",
                f"{tally.rows:,}",
                f"{tally.files:,}",
                f"{tally.bytes / 1e6:,.1f}",
                str(tally.oldest or ""),
                ", ".join(f"{count:,} {why}" for why, count in sorted(tally.kept.items())),
            ]
            for kind, tally in tallies.items()
        ],
        long=("kept",),
    )


@app.command()
def run(
    limit: Annotated[
        int, typer.Option(min=1, help="At most so many client nights of each kind, the oldest first.")
    ] = 500,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remove what `acme retention plan` says would go: a client night at a time, each with its audit entry.

    Stop it whenever you like; the next run goes on. The schedule `retention` does the same each day.

    Example:

        acme retention run --limit 50 --yes
    """
    from acme_assets.warehouse import retaining
    from acme_assets.warehouse.landed_files import FilesGone, remove_files

    with one_line_errors():
        work = platform()
        if not yes:
            typer.confirm(f"Remove the oldest {limit} client nights of each kind for good?", abort=True, err=True)
        by = f"acme retention run by {email_of(None)}"
        with errors.status("removing …") as status:

            def told(kind: str, tally: retaining.Tally) -> None:
                status.update(f"{kind}: {tally.nights:,} client nights, {tally.rows:,} rows …")

            def files_told(gone: FilesGone) -> None:
                status.update(f"landed files: {gone.files:,} of {gone.nights:,} client nights …")

            tallies = retaining.remove_due(work.warehouse, work.clock, by=by, limit=limit, progress=told)
            gone = remove_files(work.warehouse, work.zone, work.clock, by=by, progress=files_told)
    if as_json:
        print_json({"kinds": {kind: vars(tally) for kind, tally in tallies.items()}, "landed_files": vars(gone)})
        return
    _print_tallies(tallies, "went")
    console.print(f"{gone.files:,} landed files gone, {gone.bytes / 1e6:,.1f} MB, of {gone.nights:,} client nights")
    if gone.left:
        console.print(f"{gone.left:,} files stay: they are not those delivered any more", style="yellow")
    if busy := sum(tally.busy for tally in tallies.values()):
        console.print(f"{busy:,} client nights were being worked on: the next run takes them", style="dim")


@app.command()
def log(
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the newest.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """What was removed, the newest first: rows by table, landed files, and whether these are gone.

    Examples:

        acme retention log --client harbor_health
        acme retention log --json | jq '.[] | select(.files_gone_at == null)'
    """
    with one_line_errors():
        columns = retention_removals.c
        statement = select(retention_removals).order_by(columns.removed_at.desc(), columns.client_id).limit(limit)
        if client_id:
            statement = statement.where(columns.client_id == client_id)
        with platform().warehouse.begin() as connection:
            found = [dict(row) for row in connection.execute(statement).mappings()]
    for row in found:
        row["tables"] = json.loads(row["tables"])
    if as_json:
        print_json(found)
        return
    print_table(
        None,
        ["removed (UTC)", "kind", "client", "business date", "rows", "files", "files gone (UTC)", "left", "tables"],
        [
            [
                _moment(row["removed_at"]),
                row["kind"],
                row["client_id"],
                str(row["business_date"]),
                f"{row['rows_removed']:,}",
                f"{row['files']:,}",
                _moment(row["files_gone_at"]) if row["files_gone_at"] else "[yellow]not yet[/]",
                f"{row['files_left'] or 0:,}",
                _tables(row["tables"].items()),
            ]
            for row in found
        ],
        long=("tables",),
    )


def _tables(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{table} {rows:,}" for table, rows in sorted(counts))


def _moment(value: datetime | date) -> str:
    assert isinstance(value, datetime)
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
