"""One night with its faults: deliver, sign, begin and end what was drawn, and know when all is over."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle
from pathlib import Path

import psutil
from rich.console import Console
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from acme_assets.cli.nights import assess_all
from acme_assets.nights.status import NightStatus
from acme_assets.simulation.delivery import deliver
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.protocol import NightBusy, WarehouseUnavailable
from acme_assets.warehouse.signing import NotSigned, evidence_of, sign
from tools.bench_night.asking import NoAnswer
from tools.bench_night.dagster_side import DagsterSide
from tools.bench_night.night import Content, Night
from tools.bench_night.verdict import find, judge, recorded_content
from tools.chaos.acts import Acts, End, NotNow
from tools.chaos.drawn import Drawn
from tools.chaos.invariants import violations
from tools.chaos.kept_stack import NOOR, KeptStack
from tools.chaos.resending import Resending, Sent, ToCome

LOOK_SECONDS = 2.0
CALM_LOOKS = 2
_MOST_CLI_SECONDS = 6.0
"""A command that is to be killed is killed within so many seconds: it signs after 3 to 5."""
_PATIENCE = 60.0
"""How long a fault waits for something to befall; then it is left out, and said."""

_OUT_OF_REACH = (WarehouseUnavailable, SQLAlchemyError, NoAnswer, OSError, psutil.Error)


_NEWEST = select(audit_entries.c.entry_id).order_by(audit_entries.c.recorded_at.desc()).limit(1)


@dataclass
class Ended:
    """How a night went."""

    wall_seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    left_out: list[str] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)
    """Of each time that services died and all ran again: seconds until the ledger or the runs moved on."""
    violations: list[str] = field(default_factory=list)


@dataclass
class _Running:
    fault: Drawn
    ends_at: float
    end: End


class ChaosNight:
    """Drives one night to its end, or to the limit."""

    def __init__(self, stack: KeptStack, night: Night, seed: int, faults: Sequence[Drawn], console: Console) -> None:
        self._stack, self._night, self._console = stack, night, console
        self._acts = Acts(stack)
        self._dagster = DagsterSide(stack.own.variables["ACME_DAGSTER_PG_URL"], stack.own.address)
        self._to_come: list[ToCome] = [
            (arrival.at.total_seconds(), arrival.client_id, files)
            for arrival, files in zip(night.plan.arrivals, night.files, strict=True)
        ]
        self._last: Sent = {}
        self._resending = Resending(night, seed)
        self._drawn = list(faults)
        self._running: list[_Running] = []
        self._kill_next: list[tuple[str, float]] = []
        """Commands that are to be killed, with when: `approve` and `request`."""
        self._analysts = cycle(stack.own.analysts)
        self._signed: set[str] = set()
        self._ended = Ended()
        self._left: list[str] = ["nothing looked at yet"]
        self._statuses: Sequence[NightStatus] = ()
        self._down_since: float | None = None
        self._up_at: tuple[float, object] | None = None
        self._began = 0.0

    def play(self, limit_seconds: float) -> Ended:
        """Play it."""
        self._began = time.monotonic()
        look, calm, said = 0.0, 0, 0.0
        while calm < CALM_LOOKS:
            now = self._now()
            if now > limit_seconds:
                self._ended.violations.append(f"did not settle in {limit_seconds:.0f} s: {'; '.join(self._left)}")
                break
            self._begin(now)
            self._end(now)
            self._deliver(now)
            if now >= look:
                look = now + LOOK_SECONDS
                self._look()
                calm = calm + 1 if not self._left else 0
            if now >= said + 20:
                said = now
                self._console.print(f"[dim]{now:5.0f} s  {'; '.join(self._left)}[/]", soft_wrap=True)
            time.sleep(0.2)
        for running in self._running:
            running.end()
        self._ended.wall_seconds = self._now()
        if not self._ended.violations:
            self._ended.violations += self._verdict()
        return self._ended

    def _now(self) -> float:
        return time.monotonic() - self._began

    # Faults

    def _begin(self, now: float) -> None:
        for fault in [item for item in self._drawn if item.at <= now]:
            try:
                self._do(fault, now)
            except (NotNow, psutil.Error) as problem:
                if now > fault.at + _PATIENCE:
                    self._ended.left_out.append(f"{fault.kind} ({problem})")
                    self._drawn.remove(fault)
            else:
                self._console.print(f"[yellow]{now:5.0f} s  {fault.kind}[/]")
                self._ended.faults[fault.kind] += 1
                self._drawn.remove(fault)

    def _do(self, fault: Drawn, now: float) -> None:
        if fault.kind == "disk full" and self._stack.disk is None:
            raise NotNow("no disk of its own could be mounted")
        if fault.kind in ("kill approve", "kill request"):
            self._kill_next.append((fault.kind.removeprefix("kill "), _MOST_CLI_SECONDS * fault.choice))
        elif fault.kind.startswith("redelivered"):
            self._to_come += self._resending.of(fault, now, self._to_come, self._last)
            self._to_come.sort(key=lambda item: item[0])
        elif end := self._acts.begin(fault):
            self._running.append(_Running(fault, now + fault.lasting, end))

    def _end(self, now: float) -> None:
        for running in [item for item in self._running if item.ends_at <= now]:
            try:
                running.end()
            except NotNow:
                continue
            self._console.print(f"[yellow]{now:5.0f} s  over: {running.fault.kind}[/]")
            self._running.remove(running)

    # Clients

    def _deliver(self, now: float) -> None:
        landing = self._stack.own.home.landing
        is_shut = any(item.fault.kind in ("landing away", "landing empty", "disk full") for item in self._running)
        while self._to_come and self._to_come[0][0] <= now and not is_shut and landing.exists():
            _, client_id, files = self._to_come[0]
            client = self._night.clients[client_id]
            deliver(files, landing, client)
            self._to_come.pop(0)
            feed = files[0].sources[0].feed
            there = self._last.setdefault(client_id, {}).setdefault(feed, {})
            there.update({file.path: sha256(file.content).hexdigest() for file in files})

    def _content(self) -> dict[str, Content]:
        return {
            client_id: {feed: frozenset(files.values()) for feed, files in feeds.items()}
            for client_id, feeds in self._last.items()
        }

    # Analysts, and where all stands

    def _look(self) -> None:
        """What is left to do, as far as it can be seen."""
        try:
            self._left = self._found_left()
            self._watch_recovery()
        except _OUT_OF_REACH as problem:
            self._left = [f"out of reach ({type(problem).__name__})"]

    def _found_left(self) -> list[str]:
        left = [f"{len(self._to_come)} arrivals to come"] if self._to_come else []
        left += [f"{len(self._drawn)} faults to come"] if self._drawn else []
        left += [f"{item.fault.kind} lasts" for item in self._running]
        is_killed = any(item.fault.kind == "kill supervisor" for item in self._running)
        if not is_killed and not self._stack.supervisor.is_alive():
            left.append("the supervisor had ended by itself")
            self._stack.supervisor.start()  # as systemd would
        if not self._stack.supervisor.all_run():
            left.append("services are down")
        work, day = self._stack.own.work, self._night.business_date
        self._statuses = assess_all(work, day, work.clock())
        due = Counter(item.stage for status in self._statuses for item in status.work)
        left += [f"{count} {stage}s due" for stage, count in due.items()]
        to_sign = [
            status.client_id
            for status in self._statuses
            if status.state == "awaiting sign-off" and self._night.plan.expected[status.client_id].signed
        ]
        self._request()
        for client_id in to_sign:
            self._sign(client_id)
        left += [f"{len(to_sign)} nights to sign"] if to_sign else []
        if left:
            return left
        if self._kill_next:
            self._ended.left_out += [f"kill {what} (nothing to do it on)" for what, _ in self._kill_next]
            self._kill_next = []
        with work.warehouse.begin() as connection:
            recorded = recorded_content(connection, day)
            newest = connection.execute(_NEWEST).scalar()
        last = self._content()
        if unseen := sum(recorded.get(client_id, {}) != feeds for client_id, feeds in last.items()):
            left.append(f"files of {unseen} clients are not all recorded")
        if running := self._dagster.unfinished():
            left.append(f"{running} runs under way")
        shown = self._dagster.projection()
        is_shown = not shown.gates and (newest is None or newest[:16] in shown.seen)
        return left if is_shown else [*left, "the ledger's last events are not shown"]

    def _sign(self, client_id: str) -> None:
        analyst = next(self._analysts)
        if killed := next((item for item in self._kill_next if item[0] == "approve"), None):
            self._kill_next.remove(killed)
            night = (client_id, str(self._night.business_date))
            self._command(killed[1], "qa", "approve", *night, "--as", analyst.email, "--yes", "--json")
            return
        work, client, day = self._stack.own.work, self._night.clients[client_id], self._night.business_date
        try:
            evidence = evidence_of(work.warehouse, client, day)
            self._signed.add(
                sign(
                    work.warehouse,
                    client,
                    day,
                    evidence_digest=evidence.digest,
                    decision="approved",
                    signer=analyst,
                    roster=work.roster(),
                    acknowledged_failures=evidence.candidate.failed_suites,
                    now=work.clock(),
                )
            )
        except (NotSigned, NightBusy):
            pass  # another delivery came meanwhile; the next look signs what then is there

    def _request(self) -> None:
        """An exception is asked for, and never acknowledged: it changes nothing, killed or not."""
        killed = next((item for item in self._kill_next if item[0] == "request"), None)
        expected = self._night.plan.expected
        held = [(client_id, item.hindered[0]) for client_id, item in expected.items() if item.hindered]
        if killed and held:
            self._kill_next.remove(killed)
            client_id, feed = held[0]
            options = ("--kind", "may_be_missing", "--date", str(self._night.business_date), "--reason", "chaos")
            self._command(killed[1], "exception", "request", client_id, feed, *options, "--as", NOOR, "--yes", "--json")

    def _command(self, seconds: float, *arguments: str) -> None:
        """A command that is killed after so many seconds, unless it is done by then."""
        command = [str(Path(sys.executable).parent / "acme"), *arguments]
        process = subprocess.Popen(
            command, env=dict(self._stack.own.variables), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return
        if process.returncode == 0 and arguments[0] == "qa":
            self._signed |= {item["statement_id"] for item in json.loads(said) if item["statement_id"]}

    def _watch_recovery(self) -> None:
        """Measure from when all services run again to when anything is recorded or run, where something is left."""
        now = time.monotonic()
        if not self._stack.supervisor.all_run():
            self._down_since, self._up_at = self._down_since or now, None
            return
        if self._down_since is not None:
            self._down_since, self._up_at = None, (now, self._progress())
        if not self._left:
            self._up_at = None
        if self._up_at and self._progress() != self._up_at[1]:
            self._ended.resumed.append(now - self._up_at[0])
            self._up_at = None

    def _progress(self) -> object:
        with self._stack.own.work.warehouse.begin() as connection:
            return (
                connection.execute(select(func.count()).select_from(audit_entries)).scalar_one(),
                self._dagster.launched(),
            )

    # The end

    def _verdict(self) -> list[str]:
        work, day = self._stack.own.work, self._night.business_date
        found = find(work, day, self._statuses)
        night = _AsSent(self._night.business_date, self._night.clients, self._night.plan, (), self._content())
        wrong = judge(night, found)
        return [
            *(f"{client_id} {'; '.join(problems)}" for client_id, problems in wrong.items()),
            *violations(work, day, self._signed),
            *self._stack.listener.twice(),
        ]


@dataclass(frozen=True)
class _AsSent(Night):
    """The night as it was really sent: what each feed held last follows from what was redelivered too."""

    content: Mapping[str, Content]

    def last_content(self) -> dict[str, Content]:
        return dict(self.content)
