"""`acme ledger`: the whole ledger to a folder and back, and Dagster's state made again from it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from acme_assets.cli.exception_request import YesOption
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, errors, one_line_errors, print_json
from acme_assets.cli.platform import environment, platform

app = typer.Typer(
    help="Disaster recovery: export and restore the ledger, rebuild Dagster from it.", no_args_is_help=True
)

REBUILDING = ["-m", "acme_assets.defs.rebuilding"]
"""A process of its own: commands know no Dagster."""

FolderArgument = Annotated[Path, typer.Argument(help="The exported folder.")]


@app.command("export")
def export_all(
    folder: Annotated[Path, typer.Argument(help="Where to: a folder that is empty or not there yet.")],
    as_json: JsonOption = False,
) -> None:
    """Write the whole ledger, as of one moment, into a folder: a CSV per table and a signed manifest.

    Nothing has to stop for it. It holds no member's data: RAW, MARTS and PUBLISHED are for the database's own backup.
    Needs the service's key (ACME_SERVICE_KEY).

    Example:

        acme ledger export ledger-2026-01-15
    """
    from acme_assets.warehouse.ledger_export import NotExported, export_ledger

    with one_line_errors(NotExported, OSError), errors.status("exporting …") as status:
        work = platform()
        made = export_ledger(
            work.warehouse,
            folder,
            work.service().key,
            work.clock(),
            lambda name, rows: status.update(f"{name}: {rows:,} rows …"),
        )
    if as_json:
        print_json({"folder": str(folder), **_told(made)})
        return
    console.print(
        f"{folder}: {made.rows:,} rows of {len(made.tables)} tables, at migration {made.revision}", markup=False
    )
    console.print(f"signed by service key {made.fingerprint}", soft_wrap=True)
    console.print(f"check it with: acme ledger restore {folder} --dry-run", style="dim", soft_wrap=True)


def _told(made: Any) -> dict[str, Any]:
    return {**vars(made), "rows": made.rows, "tables": {name: item.rows for name, item in made.tables.items()}}


@app.command()
def restore(
    folder: FolderArgument,
    trust: Annotated[
        str | None,
        typer.Option(
            "--trust", help="The service key's fingerprint, as you have it from elsewhere. Default: people.yaml's."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the folder; touch no warehouse.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fill the empty ledger of a new warehouse from an export: checked before, compared after, all or nothing.

    Refuses a ledger that holds a row, and a folder of which a byte was changed. Afterwards the audit log is verified:
    ends with 1 if anything is wrong with it.

    Examples:

        acme ledger restore ledger-2026-01-15 --dry-run
        acme ledger restore ledger-2026-01-15 --trust 3f9c… --yes
    """
    from acme_assets.warehouse.auditing import verify_ledger
    from acme_assets.warehouse.ledger_export import NotRestored, read_export, restore_ledger
    from acme_assets.warehouse.sealing import service_keys

    with one_line_errors(NotRestored, OSError), errors.status("checking …") as status:
        work = platform()
        made = read_export(folder, service_keys(work.roster()), trust)
        if dry_run:
            status.stop()
            if as_json:
                print_json({"folder": str(folder), **_told(made), "restored": False})
            else:
                console.print(
                    f"{folder} is whole: {made.rows:,} rows of {len(made.tables)} tables, "
                    f"{made.made_at:%Y-%m-%d %H:%M} UTC"
                )
            return
        if not yes:
            status.stop()
            typer.confirm(f"Restore {made.rows:,} rows of {made.made_at:%Y-%m-%d %H:%M} UTC?", abort=True, err=True)
            status.start()
        restore_ledger(work.warehouse, folder, made, lambda name, rows: status.update(f"{name}: {rows:,} rows …"))
        status.update("verifying the audit log …")
        report = verify_ledger(work.warehouse, work.roster())
    lines = report.lines()
    if as_json:
        print_json({"folder": str(folder), **_told(made), "restored": True, "clean": report.is_clean, "audit": lines})
    else:
        console.print(f"restored: {made.rows:,} rows of {len(made.tables)} tables")
        for line in lines:
            console.print(f"audit log: {line}", markup=False, soft_wrap=True)
    if not report.is_clean:
        raise typer.Exit(1)


@app.command()
def rebuild(
    again: Annotated[
        bool, typer.Option("--again", help="Also where Dagster shows assets already: they get each event once more.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show in an empty Dagster what the ledger has of the last 400 days: materialisations, checks, observations.

    For a Dagster whose database was lost or thrown away; its sensor does the same, 20 s a tick, if you do not. Runs
    and their logs do not come back. Nothing is loaded, built or released by it.

    Example:

        acme ledger rebuild
    """
    command = [sys.executable, *REBUILDING, *(["--again"] if again else [])]
    last: dict[str, Any] = {}
    with (
        one_line_errors(),
        errors.status("rebuilding …") as status,
        subprocess.Popen(command, env=dict(environment()), stdout=subprocess.PIPE, text=True) as running,
    ):
        assert running.stdout is not None
        for line in running.stdout:
            last = json.loads(line) if line.startswith("{") else last
            status.update(f"{last.get('events', 0):,} events, up to {str(last.get('read_to'))[:16]} …")
    if running.returncode:
        errors.print(
            f"[bold red]error:[/] {last.get('error', 'the rebuild failed; its own words stand above')}", soft_wrap=True
        )
        raise typer.Exit(1)
    if as_json:
        print_json(last)
        return
    console.print(f"{last['events']:,} events shown; the sensor ledger_events goes on from here")
