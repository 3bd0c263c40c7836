"""One business date of a simulated world: who delivers when, what waits for what, when it is released.

A discrete-event simulation, independent of the forecast's form: an agenda of what happens next, each client night's
own state, and what they share: slots for loads and builds, and the analysts' queue. How likely and how long
everything is, `sla_habits` says; of the rates here none is measured.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count

import numpy as np

from acme_assets.simulation.night_plan import REAL_SENDERS
from acme_assets.simulation.sla_habits import Generator, Habits, human, lateness, quantile, sizes, work
from acme_assets.simulation.sla_log import Event, Kind, SimulatedNight
from acme_assets.sla.night import Desk
from client_partitions.calendar import deadline_at, due_at
from client_partitions.feeds import Feed

GIVEN_UP = timedelta(hours=12)
"""After the last deadline: what is not released by then is not released."""

_EACH_LATE = 0.04
"""Share of the feeds that are late on their own, by a heavy-tailed time."""
_BUILD_FAILS, _SUITES_FAIL, _REJECTED, _REJECTED_IF_FAILED, _ASKED, _RESENT = 0.01, 0.05, 0.03, 0.2, 0.6, 0.8


@dataclass
class _Case:
    """One client night on its way."""

    habits: Habits
    deadline: float
    spell: float
    missing: set[Feed]
    """Feeds whose newest delivery is not loaded, or that did not come."""
    landed: set[Feed] = field(default_factory=set)
    waived: set[Feed] = field(default_factory=set)
    unreadable: Feed | None = None
    """Its first delivery cannot be read."""
    sizes: Mapping[Feed, float] = field(default_factory=dict)
    newest: dict[Feed, int] = field(default_factory=dict)
    """Number of its deliveries so far: an older one that is still loading counts for nothing."""
    inputs: int = 0
    """Changes with each delivery and waiver; what was begun for other inputs is void."""
    building: int | None = None
    """The inputs of the build that runs, or waits to be repaired."""
    candidate: bool = False
    signed: set[str] = field(default_factory=set)
    reviewing: set[str] = field(default_factory=set)
    wanted: int = 0
    failed_suites: int = 0
    is_over: bool = False
    log: list[Event] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        return not self.missing - (self.waived - self.landed)

    def change(self) -> None:
        """Its inputs are others now, or its data was repaired: the candidate and what was signed are void."""
        self.inputs += 1
        self.candidate = False
        self.signed.clear()


class Simulation:
    """One business date: an agenda of what happens next, slots, and the analysts' queue."""

    def __init__(
        self,
        habits: tuple[Habits, ...],
        spells: Sequence[float],
        business_date: date,
        desk: Desk,
        slots: int,
        rng: Generator,
    ) -> None:
        self.date, self.rng, self.habits, self.free, self.desk = business_date, rng, habits, slots, desk
        self.start = datetime.combine(business_date + timedelta(days=1), time(), tzinfo=UTC)
        self.agenda: list[tuple[float, int, Callable[[], None]]] = []
        self.waiting: list[tuple[float, int, Callable[[], bool]]] = []
        self.number = count()
        self.now = float("-inf")
        self.idle: dict[str, float] = {}
        """Analysts at work who review nothing, each with the end of their shift."""
        self.cases = [
            self._case(each, spell)
            for each, spell in zip(habits, spells, strict=True)
            if each.client.feeds_owed(business_date)
        ]

    def run(self) -> SimulatedNight:
        for case in self.cases:
            self._plan_arrivals(case)
        for who, shifts in self.desk.items():
            for shift in shifts:
                self._at(self._minutes(shift.begins), partial(self._arrive, who, self._minutes(shift.ends)))
        end = max((case.deadline for case in self.cases), default=0) + GIVEN_UP / timedelta(minutes=1)
        while self.agenda and self.agenda[0][0] <= end:
            self.now, _, happen = heappop(self.agenda)
            happen()
        logs = {case.habits.client.client_id: tuple(case.log) for case in self.cases}
        return SimulatedNight(self.date, self.start, self.habits, self.desk, logs)

    # What the client does.

    def _case(self, habits: Habits, spell: float) -> _Case:
        owed = habits.client.feeds_owed(self.date)
        case = _Case(habits, self._minutes(deadline_at(habits.client, self.date)), spell, set(owed))
        case.sizes = sizes(habits, self.date, owed, self.rng)
        return case

    def _plan_arrivals(self, case: _Case) -> None:
        habits, rng = case.habits, self.rng
        owed = habits.client.feeds_owed(self.date)
        together = lateness(habits, self.date, case.spell, rng)
        never: set[Feed] = set()
        if rng.random() < habits.never:
            never = {owed[rng.integers(len(owed))]} if rng.random() < 0.7 else set(owed)
        corrected = owed[rng.integers(len(owed))] if rng.random() < habits.corrected else None
        case.unreadable = owed[rng.integers(len(owed))] if rng.random() < habits.quarantined else None
        for feed in owed:
            due = self._minutes(due_at(habits.client, feed, self.date))
            landed = due + together + rng.uniform(0, 4)
            if rng.random() < _EACH_LATE:
                landed += min(10 * (1 + rng.pareto(1.2)), 600)
            again = landed + max(quantile(REAL_SENDERS.redelivered_after, rng.random()), 1)
            if feed not in never:
                self._at(landed, partial(self._land, case, feed, False))
                if feed == corrected and feed != case.unreadable:
                    self._at(again, partial(self._land, case, feed, True))
            self._at(due + rng.uniform(20, 70), partial(self._ask, case, feed))

    def _land(self, case: _Case, feed: Feed, is_again: bool) -> None:
        landed = self.now
        self._at(landed + self.rng.uniform(0.2, 1.2), partial(self._see, case, feed, is_again, landed))

    def _see(self, case: _Case, feed: Feed, is_again: bool, landed: float) -> None:
        case.landed.add(feed)
        case.missing.add(feed)
        case.newest[feed] = version = case.newest.get(feed, 0) + 1
        size = int(case.habits.size[feed] * case.sizes[feed])
        self._log(case, Event(self.now, Kind.SEEN, feed, landed=landed, bytes=size))
        if case.is_over:  # a file that was waived and comes after the release teaches when it came, and no more
            return
        case.change()
        is_bad = feed == case.unreadable and not is_again
        self._want_slot(case, partial(self._load, case, feed, version, is_bad))

    def _ask(self, case: _Case, feed: Feed) -> None:
        if case.is_over or feed in case.landed or self.rng.random() >= _ASKED:
            return
        self._log(case, Event(self.now, Kind.ASKED, feed))
        if self.rng.random() < case.habits.answers:
            self._in(human(case.habits.answer_minutes, self.rng), partial(self._acknowledge, case, feed))

    def _acknowledge(self, case: _Case, feed: Feed) -> None:
        if case.is_over:
            return
        self._log(case, Event(self.now, Kind.ACKNOWLEDGED, feed))
        if feed not in case.landed:
            case.waived.add(feed)
            case.change()
            self._go_on(case)

    # What engineering does: loads and builds in slots, the nearest deadline first.

    def _want_slot(self, case: _Case, begin: Callable[[], bool]) -> None:
        heappush(self.waiting, (case.deadline, next(self.number), begin))
        self._use_slots()

    def _use_slots(self) -> None:
        while self.free and self.waiting:
            if heappop(self.waiting)[2]():
                self.free -= 1

    def _free_slot(self) -> None:
        self.free += 1
        self._use_slots()

    def _load(self, case: _Case, feed: Feed, version: int, is_bad: bool) -> bool:
        if case.is_over or version != case.newest[feed]:
            return False
        self._log(case, Event(self.now, Kind.LOAD_BEGAN, feed))
        took = work(case.habits.load_minutes, self.rng, case.sizes[feed])
        self._in(took, partial(self._end_load, case, feed, version, is_bad))
        return True

    def _end_load(self, case: _Case, feed: Feed, version: int, is_bad: bool) -> None:
        if not case.is_over and version == case.newest[feed]:
            self._log(case, Event(self.now, Kind.QUARANTINED if is_bad else Kind.LOADED, feed))
            if not is_bad:
                case.missing.discard(feed)
                self._go_on(case)
            elif self.rng.random() < _RESENT:
                self._in(human(30, self.rng), partial(self._land, case, feed, True))
        self._free_slot()

    def _go_on(self, case: _Case) -> None:
        if case.is_complete and not case.candidate and not case.is_over:
            self._want_slot(case, partial(self._build, case, case.inputs))

    def _build(self, case: _Case, inputs: int) -> bool:
        if case.is_over or inputs != case.inputs or case.building == inputs or not case.is_complete:
            return False
        case.building = inputs
        self._log(case, Event(self.now, Kind.BUILD_BEGAN))
        size = float(np.mean(list(case.sizes.values())))
        took = work(case.habits.build_minutes, self.rng, size)
        self._in(took, partial(self._end_build, case, inputs))
        return True

    def _end_build(self, case: _Case, inputs: int) -> None:
        self._free_slot()
        if case.is_over or inputs != case.inputs:
            return
        if self.rng.random() < _BUILD_FAILS:
            self._log(case, Event(self.now, Kind.BUILD_FAILED))
            self._in(human(50, self.rng), partial(self._repair, case, inputs))
            return
        case.candidate, case.failed_suites = True, int(self.rng.random() < _SUITES_FAIL)
        self._log(case, Event(self.now, Kind.BUILT, failed_suites=case.failed_suites))
        if case.habits.is_automatic and not case.failed_suites:
            self._in(0.1, partial(self._open_gate, case, inputs))
            return
        case.wanted = case.habits.signatures
        self._staff()

    def _repair(self, case: _Case, inputs: int) -> None:
        if case.building == inputs:
            case.building = None
        self._go_on(case)

    # What QA does: two analysts, one queue, the nearest deadline first.

    def _arrive(self, who: str, until: float) -> None:
        self.idle[who] = until
        self._staff()

    def _staff(self) -> None:
        for who, until in list(self.idle.items()):
            if self.now >= until:
                del self.idle[who]
                continue
            case = min((case for case in self.cases if self._needs(case, who)), key=_deadline, default=None)
            if case is not None:
                del self.idle[who]
                case.reviewing.add(who)
                took = human(case.habits.review_minutes * (1 + case.failed_suites), self.rng, 0.5)
                self._in(took, partial(self._end_review, case, who, case.inputs, until))

    def _needs(self, case: _Case, who: str) -> bool:
        may = who not in case.signed and who not in case.reviewing and not case.is_over
        return may and case.candidate and len(case.signed) + len(case.reviewing) < case.wanted

    def _end_review(self, case: _Case, who: str, inputs: int, until: float) -> None:
        case.reviewing.discard(who)
        if not case.is_over and inputs == case.inputs and case.candidate:
            self._judge(case, who)
        self.idle[who] = until
        self._staff()

    def _judge(self, case: _Case, who: str) -> None:
        if self.rng.random() < (_REJECTED_IF_FAILED if case.failed_suites else _REJECTED):
            self._log(case, Event(self.now, Kind.REJECTED, who=who))
            case.change()
            case.wanted = 0
            self._in(human(30, self.rng), partial(self._go_on, case))
            return
        case.signed.add(who)
        self._log(case, Event(self.now, Kind.SIGNED, who=who))
        if len(case.signed) >= case.wanted:
            case.wanted = 0
            self._open_gate(case, case.inputs)

    def _open_gate(self, case: _Case, inputs: int) -> None:
        if not case.is_over and inputs == case.inputs:
            self._log(case, Event(self.now, Kind.GATE_OPENED))
            self._in(self.rng.lognormal(np.log(0.2), 0.5), partial(self._release, case, inputs))

    def _release(self, case: _Case, inputs: int) -> None:
        if not case.is_over and inputs == case.inputs:
            self._log(case, Event(self.now, Kind.RELEASED))
            case.is_over = True

    # The clock.

    def _log(self, case: _Case, event: Event) -> None:
        case.log.append(event)

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heappush(self.agenda, (when, next(self.number), happen))

    def _in(self, minutes: float, happen: Callable[[], None]) -> None:
        self._at(self.now + minutes, happen)

    def _minutes(self, moment: datetime) -> float:
        return (moment - self.start) / timedelta(minutes=1)


def _deadline(case: _Case) -> float:
    return case.deadline
