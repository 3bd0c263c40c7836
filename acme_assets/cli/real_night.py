"""`acme night`: the real data set, end to end, with the row accounting that proves it."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, func, select

from acme_assets.cli.output import console, one_line_errors, parse_date, print_table
from acme_assets.cli.rehearsal import Rehearsal, RehearsalFailed, is_settled, rehearsal
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS, marts_of
from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.real import FOLDERS, ManifestRow, deliver_real, verify
from acme_assets.stack.errors import StackError
from acme_assets.warehouse.judging import unjudged_releases
from acme_assets.warehouse.ledger import deliveries, delivery_files
from acme_assets.warehouse.mart_tables import dashboard_view, mart_table
from acme_assets.warehouse.sealing import unsealed_entries

TIMEOUT_SECONDS = 900
LOOK_SECONDS = 20
"""Some ticks of each sensor: time enough for a run to be asked for, if there were work."""


def night(
    data: Annotated[Path, typer.Argument(help="The data set's folder, with its MANIFEST.csv.", envvar="DATA")],
    on: Annotated[
        str | None, typer.Option("--date", "-d", help="Business date. Default: the last one used, or yesterday.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", envvar="KEEP", help="Leave the stack running at the end.")] = False,
) -> None:
    """The six real clients, from their files to their dashboards.

    Every file is delivered for one business date. The real dates lie years
    back and differ between clients, so the rule is: a client's whole folder
    is the snapshot of one night.

    The date is remembered (`.acme/real/`): the same command again is the
    same night, and changes nothing.
    """
    with one_line_errors(RehearsalFailed, StackError, SimulationError):
        rows = verify(data)
        business_date = _business_date(on)
        with rehearsal("real", "real", business_date, keep=keep) as run:
            _remember(run, business_date)
            before = fingerprint(run)
            written = _deliver(run, data)
            run.say(f"{written} of {len(rows)} files delivered{'' if written else ': all were there already'}")
            clients = list(run.work.registry.clients)
            if not written:
                run.say(f"letting the sensors look again for {LOOK_SECONDS} s")
                time.sleep(LOOK_SECONDS)
            run.wait(is_settled(clients, ("awaiting sign-off", "released")), TIMEOUT_SECONDS)
            analysts = {
                status.client_id: run.work.registry.client(status.client_id).owners.qa[0].email
                for status in run.nights()
                if status.state == "awaiting sign-off"
            }
            run.give_keys(analysts.values())
            for client_id, analyst in analysts.items():
                run.acme("qa", "approve", client_id, business_date.isoformat(), "--yes", "--as", analyst)
            run.wait(is_settled(clients, ("released",)), TIMEOUT_SECONDS)
            _wait_for_rest(run)
            run.show()
            _account_for_rows(run, rows)
            _compare_marts(run)
            _say_changes(before, fingerprint(run))


def _folder_of(client_id: str) -> str:
    return next(folder for folder in FOLDERS if folder.startswith(client_id))


def _deliver(run: Rehearsal, data: Path) -> int:
    clients = run.work.registry.clients.values()
    delivered = deliver_real(
        data,
        run.home.landing,
        run.business_date,
        {client.client_id: _folder_of(client.client_id) for client in clients},
        {client.client_id: client.landing for client in clients},
    )
    return sum(file.written for file in delivered)


def _remembered(root: Path) -> Path:
    return root / "business_date"


def _business_date(given: str | None) -> date:
    from acme_assets.stack.settings import REPOSITORY

    path = _remembered(Path(os.environ.get("ACME_HOME") or REPOSITORY / ".acme") / "real")
    if given:
        return parse_date(given)
    if path.is_file():
        return date.fromisoformat(path.read_text().strip())
    return datetime.now(UTC).date() - timedelta(days=1)


def _remember(run: Rehearsal, business_date: date) -> None:
    _remembered(run.home.root).write_text(business_date.isoformat())


def _wait_for_rest(run: Rehearsal) -> None:
    """Until the gatekeeper has judged every release and sealed what is on record.

    Raises:
        RehearsalFailed: it has not within a minute.
    """
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    until = time.monotonic() + 60
    while True:
        with run.work.warehouse.begin() as connection:
            entries = connection.execute(select(func.count()).select_from(unsealed_entries().subquery())).scalar_one()
            waiting = len(unjudged_releases(connection, long_ago)) + entries
        if not waiting:
            return
        if time.monotonic() > until:
            raise RehearsalFailed(f"{waiting} releases or audit entries wait for the gatekeeper; see {run.home.logs}")
        time.sleep(0.5)


def _account_for_rows(run: Rehearsal, manifest: list[ManifestRow]) -> None:
    """Print, per file and feed, rows in = rows loaded + rows quarantined; raise where that is not so."""
    expected = {row.path: row.rows for row in manifest}
    with run.work.warehouse.begin() as connection:
        found = connection.execute(
            select(deliveries.c.client_id, deliveries.c.feed, *delivery_files.c)
            .join(delivery_files, delivery_files.c.delivery_id == deliveries.c.delivery_id)
            .where(deliveries.c.business_date == run.business_date, deliveries.c.state != "superseded")
            .order_by(deliveries.c.client_id, deliveries.c.feed, delivery_files.c.path)
        ).mappings()
        files = [dict(row) for row in found]
    table, wrong = [], []
    for file in files:
        path = f"{_folder_of(file['client_id'])}/{file['path'].split('/', 2)[2]}"
        in_manifest = expected[path]
        adds_up = file["rows_in"] == file["rows_loaded"] + file["rows_quarantined"]
        if in_manifest != file["rows_in"] and path not in _MANIFEST_ERRORS:
            wrong.append(path)
        if not adds_up:
            wrong.append(path)
        table.append(
            [
                "[red]✗[/]" if path in wrong else "*" if path in _MANIFEST_ERRORS else "[green]✓[/]",
                path.removeprefix("client_"),
                file["feed"],
                *_counts(in_manifest, file),
            ]
        )
    columns = ["", "file", "feed", "manifest", "rows in", "loaded", "quarantined", "out of scope"]
    title = "Rows in the file = rows loaded + rows quarantined (out of scope: part of quarantined)"
    print_table(title, columns, table, long=("file",))
    for path, reason in _MANIFEST_ERRORS.items():
        console.print(f"* {path}: {reason}", soft_wrap=True)
    if wrong:
        raise RehearsalFailed(f"rows do not add up in {', '.join(wrong)}")


_MANIFEST_ERRORS = {
    "client_c_cms_json/test_associations.csv": (
        "185 rows and no header; the manifest counts 184, taking the first row for a header"
    ),
}
"""Files of whose rows the manifest counts one too few."""


def _counts(manifest: int | None, file: dict[str, Any]) -> list[str]:
    counts = [file[name] for name in ("rows_in", "rows_loaded", "rows_quarantined", "rows_out_of_scope")]
    return [f"{count:,}" for count in (manifest or 0, *counts)]


def _compare_marts(run: Rehearsal) -> None:
    """Print the rows of each client's marts, and raise unless the client sees exactly them."""
    table, wrong = [], []
    warehouse, night = run.work.warehouse, {"business_date": run.business_date}
    with warehouse.begin() as connection:
        for client in run.work.registry.clients.values():
            of_client = {**night, "client_id": client.client_id}
            cells = []
            applicable = {mart.name for mart in marts_of(client.feeds)}
            for mart in MARTS:
                columns = [*GRAIN_OF_EVERY_MART, *MARTS[mart].columns]
                built = warehouse.digest(connection, mart_table(mart), columns, of_client)
                visible = warehouse.digest(connection, dashboard_view(mart), columns, of_client)
                if built != visible or (built.rows == 0) == (mart in applicable):
                    wrong.append(f"{client.client_id} {mart}")
                cells.append(f"{visible.rows:,}" if mart in applicable else "[dim]-[/]")
            table.append([client.client_id, *cells])
    console.print()
    print_table("Rows that each client sees; the same rows as in MARTS, by digest", ["client", *MARTS], table)
    if wrong:
        raise RehearsalFailed(f"MARTS and what the client sees differ, or are empty: {', '.join(wrong)}")


def fingerprint(run: Rehearsal) -> dict[str, Any]:
    """What a second run must not change: rows of every table, candidates and releases."""
    from acme_assets.warehouse.ledger import candidates, releases
    from acme_assets.warehouse.mart_tables import published_table
    from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
    from acme_assets.warehouse.tables import LEDGER_TABLES
    from client_partitions.feeds import FEEDS

    tables = [
        *LEDGER_TABLES,
        *(raw_table(feed) for feed in FEEDS),
        quarantined_rows(),
        *(mart_table(mart) for mart in MARTS),
        *(published_table(mart) for mart in MARTS),
    ]
    with run.work.warehouse.begin() as connection:
        counts = {
            table.fullname: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }
        return {
            **counts,
            "candidate digests": _all(connection, candidates.c.evidence_digest),
            "release ids": _all(connection, releases.c.release_id),
        }


def _all(connection: Connection, column: Any) -> list[str]:
    return sorted(connection.execute(select(column)).scalars())


def _say_changes(before: dict[str, Any], after: dict[str, Any]) -> None:
    changed = [name for name in after if after[name] != before[name]]
    console.print()
    if changed:
        console.print(f"This run changed: {', '.join(changed)}", soft_wrap=True)
    else:
        console.print("[green]This run changed no row, no digest and no release.[/]")
