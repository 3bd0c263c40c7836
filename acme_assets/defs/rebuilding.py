"""Dagster's state, thrown away or lost, made again from the ledger: materialisations, checks, observations.

Run as a program (`python -m acme_assets.defs.rebuilding`), in the environment of Dagster's processes; `acme ledger
rebuild` does. It prints one JSON line now and then: how far it is. The sensor `ledger_events` waits meanwhile, and goes
on from where this ended. Runs and their logs do not come back: the ledger has what they did.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dagster import DagsterInstance

from acme_assets.defs.resources import platform_of_dagster
from acme_assets.defs.sensors.ledger_events import HANDED_OVER, Cursor, at_work, project
from acme_assets.environment import Platform


class NotEmpty(Exception):
    """Dagster shows assets already. The text says what to do."""


@dataclass
class Rebuilt:
    """How far a rebuild is."""

    events: int = 0
    read_to: datetime | None = None
    """The ledger's events up to then are shown."""
    pages: int = 0


def rebuild(
    platform: Platform, instance: DagsterInstance, told: Callable[[Rebuilt], None], *, again: bool = False
) -> Rebuilt:
    """Show all that the ledger has of the partitions' window, oldest first, and hand over to the sensor.

    Killed, it is begun again: what was shown already is shown twice then.

    Args:
        told: told after each page.
        again: also where Dagster shows assets already; they get the same events once more.

    Raises:
        NotEmpty: it does, and nobody said `again`.
    """
    if not again and instance.all_asset_keys():
        raise NotEmpty(
            "Dagster shows assets already: a rebuild is for an empty one, and its sensor ledger_events has begun by "
            "itself where the daemon runs; give --again to show everything once more (docs/disaster.md)"
        )
    cursors, cursor, done = instance.daemon_cursor_storage, Cursor.read(None), Rebuilt()
    while done.pages == 0 or cursor.is_behind(platform.clock()):
        cursors.set_cursor_values({HANDED_OVER: at_work(platform.clock())})
        done.events += project(platform, instance, cursor)
        done.pages, done.read_to = done.pages + 1, cursor.read_to
        told(done)
    done.events += project(platform, instance, cursor)  # what was recorded meanwhile
    cursors.set_cursor_values({HANDED_OVER: cursor.write()})
    return done


def _print(done: Rebuilt) -> None:
    print(json.dumps({**vars(done), "read_to": done.read_to and done.read_to.isoformat()}), flush=True)


def main() -> None:
    with DagsterInstance.get() as instance:
        try:
            done = rebuild(platform_of_dagster(os.environ, "rebuild"), instance, _print, again="--again" in sys.argv)
        except NotEmpty as error:
            print(json.dumps({"error": str(error)}), flush=True)
            sys.exit(1)
    _print(done)


if __name__ == "__main__":
    main()
