"""`acme audit`: read the audit log, seal it, verify it, and export it for somebody outside."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, select

from acme_assets.audit.signing import PublicKey
from acme_assets.audit.verifier import Report, counted, parse, verify_folder
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, errors, one_line_errors, parse_date, parse_moment, print_json, print_table
from acme_assets.cli.platform import environment, platform
from acme_assets.environment import EnvironmentProblem, Platform
from acme_assets.warehouse.audit_tables import audit_links
from acme_assets.warehouse.auditing import NotExported, export, verify_ledger
from acme_assets.warehouse.checkpoint_store import (
    CheckpointStore,
    StoreUnavailable,
    open_checkpoint_store,
    seal_and_copy,
)
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.sealing import ChainBroken, service_keys

app = typer.Typer(help="Read, seal, verify and export the audit log.", no_args_is_help=True)

_SHORT = 12
"""Digits of a hash that a table shows."""


def _store() -> CheckpointStore | None:
    return open_checkpoint_store(environment().get("ACME_CHECKPOINT_URL"))


@app.command()
def show(
    client_id: Annotated[str | None, typer.Option("--client", "-c", help="One client only.")] = None,
    on: Annotated[str | None, typer.Option("--date", "-d", help="One business date only, YYYY-MM-DD.")] = None,
    actor: Annotated[str | None, typer.Option(help="Who: an e-mail address, or acme.")] = None,
    action: Annotated[str | None, typer.Option(help="What: signed_off, released, delivery_loaded, …")] = None,
    since: Annotated[
        str | None, typer.Option(help="From then on: YYYY-MM-DD or YYYY-MM-DDTHH:MM, in UTC unless it has an offset.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the newest.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """What happened, the newest first. `sealed` has the number of the entry's link in the chain.

    Examples:

        acme audit show --client harbor_health --date 2026-01-15
        acme audit show --actor ingrid.mol@acmehealth.example.com --action signed_off
        acme audit show --since 2026-01-15T04:00 --json | jq '.[] | .details.statement_id'
    """
    with one_line_errors():
        wanted: dict[str, Any] = {"client_id": client_id, "actor": actor, "action": action}
        wanted["business_date"] = parse_date(on) if on else None
        chosen = {name: value for name, value in wanted.items() if value is not None}
        with platform().warehouse.begin() as connection:
            entries = _entries(connection, chosen, parse_moment(since) if since else None, limit)
    if as_json:
        print_json(entries)
        return
    if not entries:
        console.print("No entry fits.")
        return
    print_table(
        None,
        ["time (UTC)", "actor", "action", "client", "business date", "details", "sealed"],
        [
            [
                f"{entry['recorded_at'].astimezone(UTC):%Y-%m-%d %H:%M:%S}",
                entry["actor"],
                entry["action"],
                entry["client_id"] or "",
                str(entry["business_date"] or ""),
                _summary(entry["details"]).replace("[", r"\["),
                str(entry["seq"]) if entry["seq"] else "[yellow]not yet[/]",
            ]
            for entry in entries
        ],
        long=("details",),
    )


def _entries(
    connection: Connection, chosen: Mapping[str, Any], since: datetime | None, limit: int
) -> list[dict[str, Any]]:
    table = audit_entries
    names = ("recorded_at", "actor", "action", "client_id", "business_date", "entry_id")
    statement = (
        select(*(table.c[name] for name in names), table.c.entry, audit_links.c.seq)
        .outerjoin(audit_links, audit_links.c.entry_id == table.c.entry_id)
        .where(*(table.c[name] == value for name, value in chosen.items()))
        .order_by(table.c.recorded_at.desc(), table.c.entry_id)
        .limit(limit)
    )
    if since:
        statement = statement.where(table.c.recorded_at >= since)
    return [
        {**{name: getattr(row, name) for name in names}, "details": _details(row.entry), "seq": row.seq}
        for row in connection.execute(statement)
    ]


def _details(entry: str) -> dict[str, Any]:
    details = (parse(entry) or {}).get("details")
    return details if isinstance(details, dict) else {"meaning": "THE TEXT CANNOT BE READ; see: acme audit verify"}


def _summary(details: Mapping[str, Any]) -> str:
    """An entry's details in one cell: the words that were signed, else its plain fields, hashes cut short."""
    if "meaning" in details:
        reason = f" Reason: {details['reason']}" if details.get("reason") else ""
        return f"{details['meaning']}{reason}"
    plain = {name: value for name, value in details.items() if isinstance(value, str | int) and value != ""}
    return ", ".join(f"{name} {_cut(str(value))}" for name, value in plain.items())


def _cut(text: str) -> str:
    is_hash = len(text) >= 32 and set(text) <= set("0123456789abcdef")
    return text[:_SHORT] if is_hash else text


@app.command("seal")
def seal_log(as_json: JsonOption = False) -> None:
    """Link every entry that is not linked yet, sign the chain's head, and copy the checkpoint to ACME_CHECKPOINT_URL.

    The gatekeeper does the same all the time: this is for when it does not run. Nothing to seal: nothing is written.
    Needs the service's key (ACME_SERVICE_KEY).

    Example:

        acme audit seal
    """
    with one_line_errors(ChainBroken, StoreUnavailable):
        work = platform()
        store, former = _store(), service_keys(work.roster())
        sealed, copied = seal_and_copy(work.warehouse, store, work.service().key, work.clock(), former, everything=True)
    if as_json:
        print_json({"entries": sealed.entries, "head": sealed.head, "copied": copied})
        return
    console.print(f"{counted(sealed.entries, 'entries')} sealed; {sealed.head:,} in all")
    console.print(
        f"{counted(copied, 'checkpoints')} copied" if store else "no copy was made: ACME_CHECKPOINT_URL is not set",
        style="dim",
    )


@app.command()
def verify(
    folder: Annotated[Path | None, typer.Argument(help="An exported folder. Default: the live ledger.")] = None,
    trust: Annotated[
        str | None, typer.Option("--trust", help="The service key's fingerprint, as you have it from elsewhere.")
    ] = None,
    checkpoints: Annotated[
        Path | None, typer.Option("--checkpoints", help="A folder with the checkpoints' copies, for an exported one.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry, link, checkpoint and signature; name what is altered, missing, added or out of order.

    The live ledger is also compared with the copies at ACME_CHECKPOINT_URL. Ends with 1 if anything is wrong.

    Examples:

        acme audit verify
        acme audit verify audit-2026-01 --trust 3f9c…
        acme audit verify --json | jq '.findings[] | .text'
    """
    with one_line_errors(StoreUnavailable):
        if folder is None and (trust or checkpoints):
            raise typer.BadParameter("--trust and --checkpoints are for an exported folder; name it")
        for path in (folder, checkpoints):
            if path is not None and not path.is_dir():
                raise typer.BadParameter(f"{path} is no folder")
        report = verify_folder(folder, trust, checkpoints) if folder else _verify_live()
    if as_json:
        print_json({"clean": report.is_clean, **vars(report), "findings": [vars(item) for item in report.findings]})
    else:
        _print_report(report)
    if not report.is_clean:
        raise typer.Exit(1)


def _verify_live() -> Report:
    work = platform()
    return verify_ledger(work.warehouse, work.roster(), _store(), _service_key(work))


def _service_key(work: Platform) -> PublicKey | None:
    """The service's key, where this process holds it: an auditor's does not."""
    try:
        return work.service().key.public
    except EnvironmentProblem:
        return None


def _print_report(report: Report) -> None:
    *lines, verdict = report.lines()
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.print(verdict, style="green" if report.is_clean else "bold red", markup=False, soft_wrap=True)


@app.command("export")
def export_log(
    folder: Annotated[Path, typer.Argument(help="Where to: a folder that is empty or not there yet.")],
    as_json: JsonOption = False,
) -> None:
    """Seal the log and write all of it into a folder that verifies by itself, without us: `python FOLDER/verify.py`.

    It holds who did what and when, ids, counts, hashes, signatures and public keys: no member's data, and no private
    key. Needs the service's key (ACME_SERVICE_KEY), which signs the folder's manifest.

    Example:

        acme audit export audit-2026-01
    """
    with one_line_errors(ChainBroken, NotExported, StoreUnavailable, OSError):
        work = platform()
        key, now = work.service().key, work.clock()
        store = _store()
        with errors.status("sealing …") as status:
            seal_and_copy(work.warehouse, store, key, now, service_keys(work.roster()), everything=True)
            done = export(
                work.warehouse,
                folder,
                key,
                work.roster(),
                now,
                lambda entries: status.update(f"{entries:,} entries written …"),
            )
    if as_json:
        print_json({"folder": str(folder), **vars(done)})
        return
    counts = [counted(getattr(done, name), name) for name in ("entries", "checkpoints", "statements")]
    console.print(f"{folder}: {', '.join(counts)}", markup=False)
    console.print(f"signed by service key {done.fingerprint}", soft_wrap=True)
    console.print(f"verify it with: python {folder}/verify.py --trust {done.fingerprint}", style="dim", soft_wrap=True)
