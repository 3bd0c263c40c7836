"""The night's figures as tables for a person, and as one line for a program."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tools.bench_night.cpu import WAREHOUSE, orchestration
from tools.bench_night.dagster_side import DagsterFigures
from tools.bench_night.driver import Outcome
from tools.bench_night.figures import Spread, percentile, spread
from tools.bench_night.ledger import SIGNED, Tasks, Wait, by_kind
from tools.bench_night.meter import Usage
from tools.bench_night.night import Settings

SLOWEST = 10
_MEGABYTE = 1024 * 1024

TARGETS = {"wall_s": 45 * 60, "cpu_s_per_task": 0.10, "peak_mb": 3072, "ui_p95_s": 2.0, "wrong_clients": 0}
"""The most that each figure may be."""


@dataclass(frozen=True)
class Figures:
    """Everything that was measured."""

    settings: Settings
    arrivals: int
    outcome: Outcome
    wrong: Mapping[str, Sequence[str]]
    """Client to in what its end is wrong."""
    tasks: Tasks
    waits: Sequence[Wait]
    usage: Usage
    dagster: DagsterFigures
    pages: Mapping[str, Sequence[float]]
    queries: Mapping[str, Sequence[float]]
    ui_problems: Sequence[str]

    @property
    def cpu_per_task(self) -> float:
        """Seconds of orchestration."""
        return orchestration(self.usage.seconds) / max(1, self.tasks.total)

    @property
    def runs(self) -> int:
        return sum(self.dagster.runs.values())

    @property
    def events(self) -> int:
        return sum(self.dagster.events.values())


def last_line(found: Figures) -> dict[str, Any]:
    """What a program reads."""
    queue = [seconds for waits in found.dagster.queue_waits.values() for seconds in waits]
    return {
        "clients": found.settings.clients,
        "seed": found.settings.seed,
        "wall_s": round(found.outcome.wall_seconds, 1),
        "tasks": found.tasks.total,
        "cpu_s_per_task": round(found.cpu_per_task, 4),
        "orchestration_cpu_s": round(orchestration(found.usage.seconds), 1),
        "cpu_s": {name: round(seconds, 1) for name, seconds in sorted(found.usage.seconds.items())},
        "others_cpu_s": round(found.usage.others, 1),
        "peak_mb": round(found.usage.memory.pss),
        "peak_rss_mb": round(found.usage.memory.rss),
        "runs": found.runs,
        "failed_runs": sum(count for (_, status), count in found.dagster.runs.items() if status != "SUCCESS"),
        "events": found.events,
        "queue_wait_p95_s": round(percentile(queue, 95), 1) if queue else None,
        "ui_p95_s": round(max((percentile(seconds, 95) for seconds in found.pages.values()), default=0.0), 2),
        "ui_problems": len(found.ui_problems),
        "wrong_clients": len(found.wrong),
        "unfinished": bool(found.outcome.left),
    }


def print_report(found: Figures, console: Console) -> None:
    """The tables, and the last line."""
    _cpu(found, console)
    _memory(found, console)
    _tasks(found, console)
    _runs(found, console)
    _ui(found, console)
    _waits(found, console)
    _slowest(found, console)
    _wrong(found, console)
    line = last_line(found)
    _targets(line, console)
    print(json.dumps(line), flush=True)


def _table(console: Console, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """The first column is words, the others numbers."""
    table = Table(box=SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(f"\n[bold]{title}[/]")
    console.print(table, end="")


def _cpu(found: Figures, console: Console) -> None:
    usage, count = found.usage, max(1, found.tasks.total)
    total = sum(usage.seconds.values())
    rows = [
        [name, f"{seconds:.1f}", f"{seconds / count:.4f}", f"{seconds / total:.0%}"]
        for name, seconds in sorted(usage.seconds.items(), key=lambda item: -item[1])
    ]
    rows.append(["orchestration: all but " + WAREHOUSE, f"{orchestration(usage.seconds):.1f}",
                 f"{found.cpu_per_task:.4f}", ""])  # fmt: skip
    _table(console, "CPU of the stack", ["component", "seconds", "seconds a task", "share"], rows)
    console.print(
        f"[dim]{usage.unseen:.1f} s of it were sessions of PostgreSQL that ended between two of {usage.samples} "
        "samples. The postmaster knows their sum; it is divided between the two databases by what opening their "
        f"sessions cost ({usage.opening * 1000:.1f} ms each, measured before the night) and then by the time in which "
        "statements ran there.\n"
        "Every other figure is exact: a process's own counters, and its parent's once it has ended.\n"
        f"Not in it: {usage.own:.1f} s of this program (clients, analysts, visitors, meter), {usage.others:.1f} s "
        f"of everybody else on this machine. What the analysts and the check ask of the warehouse is {WAREHOUSE}'s.[/]"
    )


def _memory(found: Figures, console: Console) -> None:
    memory = found.usage.memory
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.by_component.items(), key=lambda i: -i[1]))
    console.print(
        f"\n[bold]Memory[/]: at most {memory.pss:.0f} MB, shared pages counted once (PSS): {parts}\n"
        f"[dim]{memory.rss:.0f} MB where they are counted in each process (RSS)[/]"
    )


def _tasks(found: Figures, console: Console) -> None:
    rows = [[name, f"{count:,}"] for name, count in found.tasks.done.items()]
    rows.append(["all", f"{found.tasks.total:,}"])
    _table(
        console, f"Tasks of {found.settings.clients} clients and {found.arrivals:,} arrivals", ["task", "done"], rows
    )
    if found.tasks.rebuilt:
        console.print(f"[dim]{found.tasks.rebuilt:,} of the models were built again because of a later delivery[/]")
    refused = sum(found.outcome.refused.values())
    if refused:
        console.print(f"[dim]{refused} sign-offs came too late for their candidate[/]")


def _runs(found: Figures, console: Console) -> None:
    rows = []
    for (job, status), count in found.dagster.runs.items():
        rows.append([job, status, str(count), *_spread(found.dagster.queue_waits.get(job, ()))])
    _table(console, f"{found.runs} runs", ["job", "status", "runs", "queued p50 s", "p95 s", "most s"], rows)
    rows = [[name, str(len(seconds)), *_spread(seconds)] for name, seconds in sorted(found.dagster.ticks.items())]
    _table(console, "Ticks", ["sensor", "ticks", "p50 s", "p95 s", "most s"], rows)
    rows = [[kind, f"{count:,}"] for kind, count in list(found.dagster.events.items())[:SLOWEST]]
    _table(console, f"{found.events:,} rows in Dagster's event log", ["type", "rows"], rows)
    rows = [[size.name, f"{size.rows:,}", f"{size.bytes / _MEGABYTE:.1f}"] for size in found.dagster.sizes]
    _table(console, "Dagster's largest tables", ["table", "rows", "MB"], rows)


def _ui(found: Figures, console: Console) -> None:
    parts = [*((f"[bold]{name}[/]", seconds) for name, seconds in found.pages.items()), *found.queries.items()]
    rows = [[name, str(len(seconds)), *_spread(seconds, digits=2)] for name, seconds in parts]
    _table(console, "Dagster's UI during the night: pages, and the queries that they are made of",
           ["page or query", "asked", "p50 s", "p95 s", "most s"], rows)  # fmt: skip
    for problem in list(dict.fromkeys(found.ui_problems))[:3]:
        console.print(f"[red]{len(found.ui_problems)} answers failed, such as[/] {problem}", markup=True)


def _waits(found: Figures, console: Console) -> None:
    rows = [[kind, str(len(seconds)), *_spread(seconds)] for kind, seconds in by_kind(found.waits).items()]
    _table(console, "From landing to release", ["step", "times", "p50 s", "p95 s", "most s"], rows)


def _slowest(found: Figures, console: Console) -> None:
    ours = [wait for wait in found.waits if wait.kind != SIGNED]
    steps = [Wait(f"step {step.key}", f"run {step.run_id[:8]}", step.seconds) for step in found.dagster.steps]
    slowest = sorted([*ours, *steps], key=lambda wait: -wait.seconds)[:SLOWEST]
    rows = [[wait.kind, wait.what, f"{wait.seconds:.1f}"] for wait in slowest]
    _table(console, "The slowest ten things", ["what", "of", "seconds"], rows)


def _wrong(found: Figures, console: Console) -> None:
    if found.outcome.left:
        console.print(f"[bold red]Given up:[/] {'; '.join(found.outcome.left)}")
    for client_id, problems in found.wrong.items():
        console.print(f"[red]{client_id}[/] {'; '.join(problems)}")
    if not found.wrong:
        console.print(f"[green]Each of the {found.settings.clients} clients ended as the generator says.[/]")


def _targets(line: Mapping[str, Any], console: Console) -> None:
    rows = [
        [name, str(line[name]), str(most), "[green]yes[/]" if line[name] <= most else "[red]no[/]"]
        for name, most in TARGETS.items()
    ]
    _table(console, "Targets, for 180 clients", ["figure", "found", "at most", "met"], rows)


def _spread(values: Sequence[float], digits: int = 1) -> list[str]:
    found: Spread | None = spread(values)
    return ["", "", ""] if found is None else [f"{item:.{digits}f}" for item in (found.p50, found.p95, found.largest)]
