"""Slots and the analysts' queue, against plain simulations of one sample at a time."""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from acme_assets.sla.queues import NEVER, Queue, Shifts, signed, through_slots

minutes = st.integers(0, 200)
ready_at = st.one_of(minutes, minutes, st.just(float("inf")))


@st.composite
def jobs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    """Some samples of some jobs: when each is ready and how long it takes."""
    count, samples = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    ready = [[draw(ready_at) for _ in range(count)] for _ in range(samples)]
    work = [[draw(st.integers(1, 60)) for _ in range(count)] for _ in range(samples)]
    return np.array(ready, np.float32), np.array(work, np.float32), draw(st.integers(1, 4))


def plain_slots(ready: list[float], work: list[float], slots: int) -> list[float]:
    free, begins = [0.0] * slots, [float("inf")] * len(ready)
    heapify(free)
    for at, job in sorted((at, job) for job, at in enumerate(ready) if at < float("inf")):
        begins[job] = max(at, heappop(free))
        heappush(free, begins[job] + work[job])
    return begins


@given(jobs())
def test_jobs_go_through_slots_as_they_come(case: tuple[np.ndarray, np.ndarray, int]) -> None:
    ready, work, slots = case
    found = through_slots(ready, work, slots)
    assert found.tolist() == [plain_slots(*of, slots) for of in zip(ready.tolist(), work.tolist(), strict=True)]


@dataclass(frozen=True)
class Case:
    """One sample of the analysts' queue."""

    ready: list[float]
    handling: list[int]
    urgency: list[int]
    signatures: list[int]
    eligible: list[list[bool]]
    shifts: list[list[tuple[int, int]] | None]

    def signed(self) -> list[float]:
        queue = Queue(
            np.array([self.ready], np.float32),
            np.array([self.handling], np.float32),
            np.array(self.urgency, np.float32),
            np.array(self.signatures, np.int64),
            np.array(self.eligible, bool),
        )
        return [float(at) for at in signed(queue, [Shifts(shifts) for shifts in self.shifts])[0]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    nights, analysts = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    several = [draw(st.integers(1, analysts)) for _ in range(nights)]
    return Case(
        [draw(ready_at) for _ in range(nights)],
        [draw(st.integers(1, 40)) for _ in range(nights)],
        draw(st.permutations(range(nights))),
        draw(st.sampled_from([several, [1] * nights])),
        [[draw(st.sampled_from([True, True, True, False])) for _ in range(nights)] for _ in range(analysts)],
        [draw(shifts()) for _ in range(analysts)],
    )


@st.composite
def shifts(draw: st.DrawFn) -> list[tuple[int, int]] | None:
    if draw(st.booleans()):
        return None
    edges = sorted(draw(st.lists(st.integers(0, 300), max_size=6, unique=True)))
    return list(zip(edges[::2], edges[1::2], strict=False))


def plain_signed(case: Case) -> list[float]:
    """Minute by minute: whoever is at work and free begins the most urgent of what they may sign."""
    nights = range(len(case.ready))
    signers: list[set[int]] = [set() for _ in nights]
    done, free = [float("inf")] * len(case.ready), [0.0] * len(case.shifts)
    for now in range(2000):
        for who, shifts in enumerate(case.shifts):
            if free[who] > now or not (shifts is None or any(begin <= now < end for begin, end in shifts)):
                continue
            waiting = [
                night
                for night in nights
                if case.ready[night] <= now
                and case.eligible[who][night]
                and who not in signers[night]
                and len(signers[night]) < case.signatures[night]
            ]
            if waiting:
                night = min(waiting, key=lambda item: case.urgency[item])
                signers[night].add(who)
                free[who] = now + case.handling[night]
                if len(signers[night]) == case.signatures[night]:
                    done[night] = free[who]
    return done


@given(cases())
def test_the_queue_is_what_analysts_would_do(case: Case) -> None:
    assert case.signed() == plain_signed(case)


@given(cases(), st.data())
def test_a_night_that_is_ready_later_is_never_signed_sooner(case: Case, data: st.DataObject) -> None:
    """Of one signature; of two, the second may come sooner, if the first kept somebody from a longer review."""
    alone = [number for number, wanted in enumerate(case.signatures) if wanted == 1]
    assume(alone)
    night = data.draw(st.sampled_from(alone))
    later = list(case.ready)
    later[night] += data.draw(st.integers(0, 120))
    moved = Case(later, case.handling, case.urgency, case.signatures, case.eligible, case.shifts)
    assert moved.signed()[night] >= case.signed()[night]


def test_what_was_begun_in_a_shift_is_finished_after_it() -> None:
    case = Case([50, 60], [30, 30], [0, 1], [1, 1], [[True, True]], [[(0, 61), (500, 900)]])
    assert case.signed() == [80, 530]


def test_a_night_that_nobody_may_sign_is_never_signed() -> None:
    case = Case([0, 0], [5, 5], [0, 1], [2, 1], [[True, True], [False, True]], [None, None])
    assert case.signed() == [float(NEVER), 5.0]


@pytest.mark.parametrize(("at", "begins"), [(0, 10), (10, 10), (15, 15), (20, 30), (25, 30), (40, float("inf"))])
def test_a_shift_ends_before_its_last_minute(at: float, begins: float) -> None:
    assert Shifts([(10, 20), (30, 40)]).after(np.array([at], np.float32)).tolist() == [begins]
