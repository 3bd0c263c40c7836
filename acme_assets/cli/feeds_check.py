"""`acme feeds check`: files judged by a client's layout and contract, and nothing loaded or recorded."""

import csv
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from acme_assets.cli.clients import load_clients
from acme_assets.cli.feeds_sniff import known_feed
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, one_line_errors, parse_date, print_json, print_table
from client_partitions.client import Client
from client_partitions.feeds import Feed

if TYPE_CHECKING:
    from acme_assets.contracts.results import ContractResult

_SHOWN_ROWS = 10

ClientArgument = Annotated[str, typer.Argument(help="Client id, as in the registry.")]
FeedArgument = Annotated[str, typer.Argument(help="Feed, such as medical_claim.")]
FilesArgument = Annotated[list[Path], typer.Argument(help="The files of one delivery.")]
LayoutOption = Annotated[
    str | None, typer.Option("--layout", help="Layout for all files. Default: by the patterns of the feed's files.")
]
DateOption = Annotated[str | None, typer.Option("--business-date", help="YYYY-MM-DD. Default: today.")]
FolderOption = Annotated[
    Path | None, typer.Option("--clients", help="Folder of client files. Default: the one that ACME_CLIENTS names.")
]


def check(
    client: ClientArgument,
    feed: FeedArgument,
    files: FilesArgument,
    layout: LayoutOption = None,
    business_date: DateOption = None,
    clients: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge files as one delivery of a feed, without loading them: counts per file and rule, and row numbers.

    Exits with 1 where the delivery would be held. No value is printed.
    """
    wanted = known_feed(feed)
    day = parse_date(business_date) if business_date else date.today()
    with one_line_errors():
        registry = load_clients(clients)
        if client not in registry.clients:
            raise ValueError(f"there is no client {client!r}; `acme clients list` shows them")
        chosen = [(file, layout or _layout_of(registry.clients[client], wanted, file)) for file in files]
        result, rows = _judged(registry.clients[client], wanted, chosen, day)
    if as_json:
        print_json(_as_json(result, rows))
    else:
        _print(result, rows)
    if result.held:
        raise typer.Exit(1)


def _layout_of(client: Client, feed: Feed, file: Path) -> str:
    """The layout of the first pattern that the file's name fits; of a feed with one layout, that."""
    from acme_assets.feeds.patterns import fits, match

    policy = client.feeds.get(feed)
    if policy is None:
        raise ValueError(f"{client.client_id} owes no {feed}; its feeds are {', '.join(client.feeds)}")
    for item in policy.files:
        name = PurePosixPath(item.pattern).name
        if match(name, file.name) if "{date" in name else fits(name, file.name):
            return item.layout
    layouts = list(dict.fromkeys(item.layout for item in policy.files))
    if len(layouts) > 1:
        raise ValueError(f"{file.name} fits no pattern of {feed}; say --layout, one of {', '.join(layouts)}")
    return layouts[0]


def _judged(
    client: Client, feed: Feed, files: list[tuple[Path, str]], day: date
) -> "tuple[ContractResult, dict[tuple[str, str], list[str]]]":
    from acme_assets.contracts.check import SourceFile, check_delivery

    for _, name in files:
        if name not in client.layouts:
            raise ValueError(f"{client.client_id} has no layout {name!r}; it has {', '.join(client.layouts)}")
    with tempfile.TemporaryDirectory(prefix="acme-check-") as spool:
        result = check_delivery(
            feed,
            [SourceFile(path.name, path, client.layouts[name]) for path, name in files],
            business_date=day,
            quarantine_limit=client.feeds[feed].quarantine_limit,
            constants={},
            spool=Path(spool),
        )
        return result, _rows(result)


def _rows(result: "ContractResult") -> dict[tuple[str, str], list[str]]:
    """The first rows that each rule set aside, by file and number."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    csv.field_size_limit(2**31 - 1)  # a quarantined row may be long
    with result.quarantined.open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            rows = found[row["rule"], row["column_name"]]
            if len(rows) < _SHOWN_ROWS:
                rows.append(f"{row['source_file']} row {row['source_row']}")
    return found


def _as_json(result: "ContractResult", rows: dict[tuple[str, str], list[str]]) -> dict[str, object]:
    return {
        "feed": result.feed,
        "held": result.held,
        "rows": result.rows_in,
        "would_load": 0 if result.held else result.rows_loaded,
        "files": [
            {
                "name": file.name,
                "rows": file.rows_in,
                "good": file.rows_loaded,
                "quarantined": file.rows_quarantined - file.rows_out_of_scope,
                "out_of_scope": file.rows_out_of_scope,
            }
            for file in result.files
        ],
        "rules": [
            {"rule": r.rule, "column": r.column, "rows": r.rows, "first": rows.get((r.rule, r.column), [])}
            for r in result.rules
        ],
    }


def _print(result: "ContractResult", rows: dict[tuple[str, str], list[str]]) -> None:
    print_table(
        None,
        ["file", "rows", "good", "quarantined", "out of scope"],
        [
            [
                file.name,
                f"{file.rows_in:,}",
                f"{file.rows_loaded:,}",
                f"{file.rows_quarantined - file.rows_out_of_scope:,}",
                f"{file.rows_out_of_scope:,}",
            ]
            for file in result.files
        ],
        long=("file",),
    )
    if result.rules:
        print_table(
            None,
            ["rule", "column", "rows", "first of them, where it is the row's first failure"],
            [[r.rule, r.column, f"{r.rows:,}", ", ".join(rows.get((r.rule, r.column), []))] for r in result.rules],
            long=("rule", "column", "first of them, where it is the row's first failure"),
        )
    if result.held:
        console.print(f"would be held: {result.held}", markup=False, soft_wrap=True)
    else:
        console.print(f"would be loaded: {result.rows_loaded:,} of {result.rows_in:,} rows", markup=False)
