"""`acme clients`: the registry, checked and listed."""

import os
from pathlib import Path
from typing import Annotated

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, errors, one_line_errors, print_json, print_table
from acme_assets.environment import clients_folder
from client_partitions.registry import Registry, load_registry

app = typer.Typer(help="The client registry.", no_args_is_help=True)

FolderArgument = Annotated[
    Path | None, typer.Argument(help="Folder of client files. Default: the one that ACME_CLIENTS names.")
]


def load_clients(folder: Path | None) -> Registry:
    """The registry of this folder, or of the one that the environment names."""
    return load_registry(folder or clients_folder(os.environ))


def problems_of(registry: Registry) -> list[str]:
    """What is wrong with the registry, one line each: files that do not load, layouts that miss a contract, tuning."""
    from acme_assets.contracts.layouts import layout_problems
    from acme_assets.validation.tuning import tuning_problems

    found = [line for problem in registry.problems.values() for line in problem.splitlines()]
    for client in registry.clients.values():
        found += [f"{client.client_id}.yaml: {problem}" for problem in tuning_problems(client)]
        for feed, policy in client.feeds.items():
            for name in dict.fromkeys(file.layout for file in policy.files):
                found += [
                    f"{client.client_id}.yaml: layouts.{name} (for {feed}): {problem}"
                    for problem in layout_problems(feed, client.layouts[name])
                ]
    return found


@app.command()
def validate(folder: FolderArgument = None) -> None:
    """Check every client's file; exit with 1 and a line per problem if any has one."""
    with one_line_errors():
        registry = load_clients(folder)
        problems = problems_of(registry)
    for problem in problems:
        errors.print(problem, markup=False, soft_wrap=True)
    if problems:
        raise typer.Exit(1)
    console.print(f"{len(registry.clients)} clients are valid")


@app.command(name="list")
def list_clients(folder: FolderArgument = None, as_json: JsonOption = False) -> None:
    """The clients: zone, deadline and feeds."""
    with one_line_errors():
        registry = load_clients(folder)
    if as_json:
        print_json(
            [
                {
                    "client_id": client.client_id,
                    "name": client.name,
                    "time_zone": client.time_zone,
                    "deadline": client.deadline.isoformat(timespec="minutes"),
                    "feeds": {feed: policy.required for feed, policy in client.feeds.items()},
                }
                for client in registry.clients.values()
            ]
        )
        return
    print_table(
        None,
        ["client", "name", "time zone", "deadline", "feeds"],
        [
            [
                client.client_id,
                client.name,
                client.time_zone,
                f"{client.deadline:%H:%M}",
                ", ".join(f"{feed}" if policy.required else f"({feed})" for feed, policy in client.feeds.items()),
            ]
            for client in registry.clients.values()
        ],
        long=("feeds",),
    )
