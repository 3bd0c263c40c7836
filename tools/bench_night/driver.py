"""The people of the night: clients who deliver, analysts who sign; and when it is over."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from rich.console import Console
from sqlalchemy import func, select

from acme_assets.cli.nights import assess_all
from acme_assets.nights.status import NightStatus
from acme_assets.simulation.delivery import deliver
from acme_assets.warehouse.ledger import audit_entries, client_nights
from acme_assets.warehouse.signing import NotSigned, evidence_of, sign
from acme_assets.warehouse.suite_tables import suite_results
from tools.bench_night.asking import NoAnswer
from tools.bench_night.dagster_side import DagsterSide
from tools.bench_night.night import Night
from tools.bench_night.own_stack import OwnStack
from tools.bench_night.verdict import recorded_content

TURN_SECONDS = 0.25
LOOK_SECONDS = 3.0
"""Between two looks at where all nights stand: the analysts' pace."""
SAY_SECONDS = 20.0
CALM_LOOKS = 3
"""So many looks in a row find nothing left to do before the night is over."""


@dataclass
class Outcome:
    """How the driving went."""

    statuses: Sequence[NightStatus] = ()
    wall_seconds: float = 0.0
    """From the first arrival until nothing was left to do, to sign or to show."""
    calm_after: float = 0.0
    """When the last piece of work was found done: the looks that confirm it are not the night's."""
    left: tuple[str, ...] = ()
    """What was not over when time was."""
    signed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Sign-offs that came too late for their candidate, and the like."""


class Driver:
    """Delivers and signs as planned, until the night is over."""

    def __init__(self, stack: OwnStack, night: Night, dagster: DagsterSide, console: Console) -> None:
        self._stack, self._night, self._dagster, self._console = stack, night, dagster, console
        self._waiting = list(zip(night.plan.arrivals, night.files, strict=True))
        self._analysts = cycle(stack.analysts)
        self._last = night.last_content()
        self._outcome = Outcome()
        self._began = 0.0

    def run(self, limit_seconds: float) -> Outcome:
        """Drive the night to its end, or to the limit."""
        self._began = time.monotonic()
        look = _Every(LOOK_SECONDS, self._look)
        say = _Every(SAY_SECONDS, self._say)
        calm = 0
        while calm < CALM_LOOKS and self._now() < limit_seconds:
            self._deliver()
            if look():
                calm = calm + 1 if not self._outcome.left else 0
                if calm == 1:
                    self._outcome.calm_after = self._now()
            say()
            time.sleep(TURN_SECONDS)
        self._outcome.wall_seconds = self._outcome.calm_after if calm else self._now()
        return self._outcome

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _deliver(self) -> None:
        while self._waiting and self._waiting[0][0].at.total_seconds() <= self._now():
            arrival, files = self._waiting.pop(0)
            deliver(files, self._stack.home.landing, self._night.clients[arrival.client_id])

    def _look(self) -> None:
        work, day = self._stack.work, self._night.business_date
        statuses = assess_all(work, day, work.clock())
        self._outcome.statuses = statuses
        to_sign = [
            status.client_id
            for status in statuses
            if status.state == "awaiting sign-off" and self._night.plan.expected[status.client_id].signed
        ]
        for client_id in to_sign:
            self._sign(client_id)
        self._outcome.left = tuple(self._left(statuses, len(to_sign)))

    def _sign(self, client_id: str) -> None:
        work, client, day = self._stack.work, self._night.clients[client_id], self._night.business_date
        try:
            evidence = evidence_of(work.warehouse, client, day)
            sign(
                work.warehouse,
                client,
                day,
                evidence_digest=evidence.digest,
                decision="approved",
                signer=next(self._analysts),
                roster=work.roster(),
                acknowledged_failures=evidence.candidate.failed_suites,
                now=work.clock(),
            )
        except NotSigned as problem:  # another delivery came meanwhile
            self._outcome.refused[str(problem).replace(client_id, "CLIENT")] += 1
        else:
            self._outcome.signed += 1

    def _left(self, statuses: Sequence[NightStatus], signed: int) -> list[str]:
        """What is not over yet; the cheap questions first."""
        due = Counter(work.stage for status in statuses for work in status.work)
        left = [f"{len(self._waiting)} arrivals to come"] if self._waiting else []
        left += [f"{count} {stage}s due" for stage, count in due.items()]
        left += [f"{signed} nights just signed"] if signed else []
        if left:
            return left
        with self._stack.work.warehouse.begin() as connection:
            recorded = recorded_content(connection, self._night.business_date)
            unjudged = connection.execute(_UNJUDGED).scalar_one()
            newest = connection.execute(select(func.max(audit_entries.c.recorded_at))).scalar_one()
        if unseen := sum(recorded.get(client_id, {}) != feeds for client_id, feeds in self._last.items()):
            left.append(f"files of {unseen} clients are not all recorded")
        if unjudged:
            left.append(f"{unjudged} releases not judged")
        if running := self._dagster.unfinished():
            left.append(f"{running} runs under way")
        try:
            is_shown = self._dagster.shows(newest)
        except NoAnswer as problem:
            return [*left, f"the web server does not answer: {problem}"]
        return left if is_shown else [*left, "the ledger's last events are not shown"]

    def _say(self) -> None:
        states = Counter(status.state for status in self._outcome.statuses)
        found = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
        done = len(self._night.plan.arrivals) - len(self._waiting)
        left = "; ".join(self._outcome.left)
        self._console.print(f"{self._now():6.0f} s  {done} arrived; {found or 'nothing yet'}[dim]  {left}[/]")


_UNJUDGED = (
    select(func.count())
    .select_from(client_nights)
    .outerjoin(suite_results, suite_results.c.subject == client_nights.c.live_release)
    .where(client_nights.c.live_release.is_not(None), suite_results.c.subject.is_(None))
)


class _Every:
    """Calls something, at most once in so many seconds."""

    def __init__(self, seconds: float, act: Callable[[], None]) -> None:
        self._seconds, self._act, self._next = seconds, act, 0.0

    def __call__(self) -> bool:
        """Whether it was called."""
        if time.monotonic() < self._next:
            return False
        self._act()
        self._next = time.monotonic() + self._seconds
        return True
