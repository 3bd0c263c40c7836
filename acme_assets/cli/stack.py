"""`acme stack`: words and tables for the local stack. What it does is in acme_assets/stack."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from acme_assets.stack.errors import StackError
from acme_assets.stack.services import BOARD, ServiceStatus, board_url, services_of, ui_url
from acme_assets.stack.settings import Home

app = typer.Typer(
    no_args_is_help=True,
    help="""The local stack: one embedded PostgreSQL (Dagster's storage, the ledger, the warehouse) and Dagster.

    All of it lives in ACME_HOME (default: .acme in the repository) and listens on 127.0.0.1 only. The UI is on port
    ACME_UI_PORT (default: 3000), the status board on ACME_BOARD_PORT (default: the next one). Logs are in
    ACME_HOME/logs.""",
)


@app.command()
def up(
    database_only: Annotated[
        bool, typer.Option("--database-only", help="Start PostgreSQL alone, its databases empty where new: to restore.")
    ] = False,
) -> None:
    """Start what is not running and wait until it is well (10 to 20 s). Harmless when all of it runs.

    The processes outlive this shell. When one does not start, those that were started are stopped again and the end
    of its log is shown. After a crash, `up` is enough: it ends what was left over.
    """
    from acme_assets.stack import stack
    from acme_assets.stack.prepare import prepare

    with _errors_for_people():
        begin = time.monotonic()
        home = Home.from_environment(os.environ)
        if database_only:
            typer.echo(f"PostgreSQL answers on {stack.up_database(home)}; the rest: acme stack up")
            return
        address = stack.up(home, lambda line: typer.echo(f"{time.monotonic() - begin:6.1f} s  {line}"), prepare)
        typer.secho(f"\nThe stack is up: {address}", bold=True)
        if BOARD in services_of(home):
            typer.secho(f"The status board: {board_url(home)}", bold=True)


@app.command()
def keep() -> None:
    """As `up`, and then stay and start again whatever dies. Ends after `acme stack down`; Ctrl-C leaves the stack up.

    For a machine whose own supervisor runs it: systemd with Restart=always, or a container. Harmless to kill, and to
    start while the stack runs.
    """
    from acme_assets.stack.keeping import keep as keep_up
    from acme_assets.stack.prepare import prepare

    with _errors_for_people():
        home = Home.from_environment(os.environ)
        keep_up(home, lambda line: typer.echo(f"{datetime.now(UTC):%H:%M:%S}  {line}"), prepare)
    typer.echo("The stack was taken down.")


@app.command()
def down() -> None:
    """Stop all of it, runs under way too (they are recorded as failed). What is on disk stays."""
    from acme_assets.stack import stack

    with _errors_for_people():
        home = Home.from_environment(os.environ)
        stopped = stack.down(home, typer.echo)
        typer.echo(f"Stopped. Its data stays in {home.root}." if stopped else "Nothing was running.")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Say how each service is. Exits with 0 when all are healthy, else with 1."""
    from acme_assets.stack import stack

    with _errors_for_people():
        home = Home.from_environment(os.environ)
        found = stack.status(home)
        healthy = all(service.state == "healthy" for service in found)
        if as_json:
            summary = {"healthy": healthy, "home": str(home.root), "ui": ui_url(home), "board": board_url(home)}
            typer.echo(json.dumps(summary | {"services": [asdict(service) for service in found]}, indent=2))
        else:
            _print_table(found)
    raise typer.Exit(0 if healthy else 1)


def _print_table(found: list[ServiceStatus]) -> None:
    from rich.console import Console
    from rich.table import Table

    colours = {"healthy": "green", "unhealthy": "red", "stopped": "yellow"}
    table = Table("service", "state", "pid", "memory", "up for", "detail", box=None, pad_edge=False)
    for service in found:
        table.add_row(
            service.name,
            f"[{colours[service.state]}]{service.state}[/]",
            str(service.pid or ""),
            f"{service.memory_bytes / 1e6:.0f} MB" if service.memory_bytes else "",
            _duration(service.up_seconds) if service.up_seconds is not None else "",
            service.detail,
        )
    Console().print(table)


def _duration(seconds: float) -> str:
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min" if minutes else f"{seconds:.0f} s"


@contextmanager
def _errors_for_people() -> Iterator[None]:
    try:
        yield
    except StackError as error:
        typer.secho(str(error), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from None
    except PermissionError as error:
        text = f"{error.filename} belongs to another user: run acme as that user, or set ACME_HOME to your own folder."
        typer.secho(text, fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("Interrupted; what was started is stopped.", err=True)
        raise typer.Exit(130) from None
