"""`python -m tools.bench_night`: make the night, run it, measure it, report it."""

import os
import signal
import sys
import time
from datetime import UTC, datetime
from types import FrameType

from rich.console import Console

from tools.bench_night.dagster_side import DagsterSide
from tools.bench_night.driver import Driver
from tools.bench_night.ledger import tasks, waits
from tools.bench_night.meter import Meter
from tools.bench_night.night import Night, Settings, prepare_night
from tools.bench_night.own_stack import OwnStack, own_stack, working_folder
from tools.bench_night.pages import Visitor, pages
from tools.bench_night.report import Figures, last_line, print_report
from tools.bench_night.verdict import find, judge


def main() -> None:
    """Exits with 1 where a client's night did not end as it should."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    settings = Settings.read(os.environ)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    with working_folder(keep=settings.keep) as folder:
        began = time.monotonic()
        night = prepare_night(folder / "clients", settings)
        console.print(
            f"{len(night.clients)} clients, {len(night.plan.arrivals):,} arrivals in {settings.minutes:.1f} min; "
            f"made in {time.monotonic() - began:.0f} s"
        )
        began = time.monotonic()
        with own_stack(folder / "home", folder / "clients", keep=settings.keep) as stack:
            console.print(f"the stack is up at {stack.address} after {time.monotonic() - began:.0f} s")
            found = run(stack, night, settings, console)
            if settings.keep:
                console.print(f"it keeps running; stop it with: ACME_HOME={stack.home.root} acme stack down")
    print_report(found, console)
    line = last_line(found)
    sys.exit(1 if line["wrong_clients"] or line["unfinished"] else 0)


def run(stack: OwnStack, night: Night, settings: Settings, console: Console) -> Figures:
    """The night itself, on a stack that is up."""
    dagster = DagsterSide(stack.variables["ACME_DAGSTER_PG_URL"], stack.address)
    visited = pages(next(iter(night.clients)), night.business_date)
    began = datetime.now(UTC)
    with Meter(stack.home) as meter:
        with Visitor(stack.address, visited) as visitor:
            outcome = Driver(stack, night, dagster, console).run(settings.limit_minutes * 60)
        usage = meter.usage()
    with stack.work.warehouse.begin() as connection:
        counted = tasks(connection, night.clients, night.business_date)
        waited = waits(connection, night.business_date)
    return Figures(
        settings,
        len(night.plan.arrivals),
        outcome,
        judge(night, find(stack.work, night.business_date, outcome.statuses)),
        counted,
        waited,
        usage,
        dagster.figures(began),
        visitor.pages,
        visitor.queries,
        visitor.problems,
    )


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
