"""`python -m tools.bench_backfill`: the same night alone and beside a backfill; exits with 1 where one ended wrong."""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import func, select

from acme_assets.simulation.fleet import write_fleet
from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.night_plan import plan_night
from acme_assets.stack.settings import REPOSITORY
from acme_assets.warehouse.ledger import releases
from client_partitions.registry import load_registry
from tools.bench_backfill.backfilling import Backfilling, searched
from tools.bench_backfill.files import LateFiles, in_hand_of_all, late_files
from tools.bench_night.dagster_side import DagsterSide
from tools.bench_night.driver import Driver
from tools.bench_night.figures import percentile
from tools.bench_night.night import Night, Settings
from tools.bench_night.own_stack import OwnStack, own_stack, working_folder
from tools.bench_night.verdict import find
from tools.chaos.kept_stack import STARTUP, Clock

_PATIENCE = 600.0
"""Seconds that the backfill may take once the night is over."""
_ENDS_AFTER = timedelta(minutes=11)
"""A backfill is called done ten minutes after it was opened at the earliest: in the end the clock is set on."""


@dataclass(frozen=True)
class Played:
    """How one of the two went."""

    released_after: Mapping[str, float]
    """Of each client that was released: seconds since the night began."""
    seen: Mapping[str, object]
    """What each client sees."""
    left: tuple[str, ...]


def main() -> None:
    """Play both; the last line is JSON."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    env = {"CLIENTS": "24", "MINUTES": "1.5", "LIMIT_MINUTES": "15"} | {k: v for k, v in os.environ.items() if v}
    settings, console = Settings.read(env), Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    with working_folder(keep=settings.keep) as folder:
        night, now, late = prepare(folder, settings)
        count = sum(len(feeds) for feeds in late.feeds.values())
        console.print(
            f"{len(night.clients)} clients, {len(night.plan.arrivals)} arrivals in {settings.minutes:.1f} min; "
            f"{late.client.client_id}'s {count} deliveries of {len(late.feeds)} days come after half of it"
        )
        console.print("\n[bold]alone[/]")
        alone = play(folder, night, now, settings, console, lambda stack, clock: None)
        console.print("\n[bold]beside the backfill[/]")
        behind: list[Backfilling] = []

        def beginning(stack: OwnStack, clock: Clock) -> Backfilling:
            behind.append(Backfilling(stack, late, settings.minutes * 30))
            return behind[0]

        beside = play(folder, night, now, settings, console, beginning)
    line = last_line(night, alone, beside, behind[0])
    for problem in (found := problems(night, alone, beside, behind[0])):
        console.print(f"[bold red]wrong:[/] {problem}", soft_wrap=True)
    print(json.dumps(line))
    sys.exit(1 if found else 0)


def prepare(folder: Path, settings: Settings) -> tuple[Night, datetime, LateFiles]:
    """The night, the moment at which it begins, and the three days' files of a client that is to be released."""
    write_fleet(folder / "clients", settings.clients, settings.seed)
    clients = load_registry(folder / "clients").clients
    day = datetime.now(UTC).date() - timedelta(days=2)
    plan = plan_night(list(clients.values()), day, settings.seed).compressed(timedelta(minutes=settings.minutes))
    files = tuple(tuple(files_of(clients[item.client_id], day, settings.seed, item)) for item in plan.arrivals)
    night = Night(day, clients, plan, files)
    sender = next(clients[name] for name, expected in sorted(plan.expected.items()) if expected.released)
    return night, in_hand_of_all(list(clients.values()), day), late_files(sender, day, settings.seed)


def play(
    folder: Path,
    night: Night,
    now: datetime,
    settings: Settings,
    console: Console,
    beginning: Callable[[OwnStack, Clock], Backfilling | None],
) -> Played:
    """The night on a stack of its own, until nothing is left to do."""
    clock, before = Clock(folder / "clock"), dict(os.environ)
    clock.step((now - datetime.now(UTC)).total_seconds())
    os.environ |= {"ACME_CHAOS_CLOCK": str(clock.file), "PYTHONPATH": f"{STARTUP}:{REPOSITORY}"}
    try:
        with own_stack(folder / "home", folder / "clients", keep=False) as stack:
            clock.step((now - datetime.now(UTC)).total_seconds())
            stack = replace(stack, work=replace(stack.work, clock=clock.now))
            dagster = DagsterSide(stack.variables["ACME_DAGSTER_PG_URL"], stack.address)
            began = clock.now()
            driver = Driver(stack, night, dagster, console)
            behind = beginning(stack, clock)
            if behind is None:
                outcome = driver.run(settings.limit_minutes * 60)
            else:
                with behind:
                    outcome = driver.run(settings.limit_minutes * 60)
                finish(behind, clock, console)
            found = find(stack.work, night.business_date, outcome.statuses)
            return Played(
                released_after(stack, night.business_date, began),
                {client_id: item.seen for client_id, item in found.items()},
                outcome.left,
            )
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder / "home", ignore_errors=True)


def finish(behind: Backfilling, clock: Clock, console: Console) -> None:
    """Wait until its nights are built and it is called done, by the clock set on."""
    deadline = time.monotonic() + _PATIENCE
    behind.look()
    while not behind.problem and behind.built_after is None and time.monotonic() < deadline:
        time.sleep(1)
        behind.look()
    if behind.built_after is None:
        return
    console.print(f"the backfill's nights were built {behind.built_after:.0f} s after their files came")
    clock.step(float(clock.file.read_text()) + _ENDS_AFTER.total_seconds())
    while behind.state() != "done" and time.monotonic() < deadline:
        time.sleep(1)
    behind.ended = behind.state()


def released_after(stack: OwnStack, business_date: date, began: datetime) -> dict[str, float]:
    """Of each client, its first release."""
    query = (
        select(releases.c.client_id, func.min(releases.c.released_at))
        .where(releases.c.business_date == business_date)
        .group_by(releases.c.client_id)
    )
    with stack.work.warehouse.begin() as connection:
        return {client_id: (at - began).total_seconds() for client_id, at in connection.execute(query).tuples()}


def problems(night: Night, alone: Played, beside: Played, behind: Backfilling) -> list[str]:
    """What is wrong, apart from how long it took."""
    to_release = {client_id for client_id, expected in night.plan.expected.items() if expected.released}
    found = [f"alone: {item}" for item in alone.left] + [f"beside: {item}" for item in beside.left]
    for name, played in (("alone", alone), ("beside", beside)):
        if differing := to_release ^ played.released_after.keys():
            found.append(f"{name}: {', '.join(sorted(differing))} released, and should not be, or not")
    if differ := [client_id for client_id in to_release if alone.seen.get(client_id) != beside.seen.get(client_id)]:
        found.append(f"{', '.join(sorted(differ))} sees other rows beside the backfill")
    if behind.problem:
        return [*found, behind.problem]
    if behind.planned != searched(behind.late):
        found.append(f"the plan has {behind.planned}, and a search of the graph {searched(behind.late)}")
    if behind.built_after is None or behind.ended != "done":
        found.append(f"the backfill is {behind.ended or 'not built'}")
    return found


def last_line(night: Night, alone: Played, beside: Played, behind: Backfilling) -> dict[str, object]:
    """What programs read: ratios are beside to alone, of the seconds until a client's first release."""
    both = [sorted(played.released_after.values()) for played in (alone, beside)]
    if not all(both):
        return {"clients": len(night.clients), "problem": "nothing was released"}
    first, second = both
    return {
        "clients": len(night.clients),
        "released": len(first),
        "mean_ratio": round(sum(second) / len(second) / (sum(first) / len(first)), 3),
        "p50_ratio": round(percentile(second, 50) / percentile(first, 50), 3),
        "p95_ratio": round(percentile(second, 95) / percentile(first, 95), 3),
        "last_ratio": round(second[-1] / first[-1], 3),
        "last_seconds": round(first[-1], 1),
        "last_seconds_beside": round(second[-1], 1),
        "plan_is_exact": behind.planned == searched(behind.late),
        "backfill": behind.ended,
        "backfill_built_after": round(behind.built_after, 1) if behind.built_after is not None else None,
    }


if __name__ == "__main__":
    main()
