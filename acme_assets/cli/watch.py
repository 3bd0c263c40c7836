"""`acme watch`: the dead man's switch, as a process of its own or once for cron."""

import os
import time
from typing import Annotated

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import one_line_errors, print_json
from acme_assets.cli.platform import environment
from acme_assets.watcher.watch import EVERY_SECONDS, Look, Watcher, watcher_from
from client_partitions.registry import RegistryError


def watch(
    once: Annotated[bool, typer.Option("--once", help="One look; exits with 1 if a service is silent.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look whether the daemon, the gatekeeper, the alerter and the warehouse give signs of life, and page if not.

    It needs neither the daemon nor the ledger to page. The stack runs one; where there is none, run it from cron.

    Examples:

        acme watch                            # until it is interrupted
        */5 * * * * acme watch --once         # in a crontab: a line for each silent service, and exit code 1
        acme watch --once --json
    """
    with one_line_errors(RegistryError):
        watcher = watcher_from({**environment(), **os.environ})
        found = _look(watcher, as_json)
        while not once:
            time.sleep(EVERY_SECONDS)
            found = _look(watcher, as_json)
    if found.silent:
        raise typer.Exit(1)


def _look(watcher: Watcher, as_json: bool) -> Look:
    found = watcher.look()
    if as_json:
        print_json(
            {
                "silent": [{"service": item.service, "since": item.since} for item in found.silent],
                "unwatched": [
                    {"client_id": item.client.client_id, "business_date": item.business_date, "deadline": item.deadline}
                    for item in found.unwatched
                ],
                "paged": found.paged,
                "unsaid": found.unsaid,
            }
        )
        return found
    for silence in found.silent:
        typer.echo(f"{silence.service}: silent since {silence.since:%Y-%m-%d %H:%M} UTC")
    if found.silent:
        typer.echo(f"{len(found.unwatched)} deadlines of the next 24 hours are unwatched")
    for problem in found.unsaid:
        typer.echo(problem, err=True)
    return found
