"""Who waits for whom: builds share slots, and sign-offs share the analysts. Every sample at once.

Of two nights that wait, the one whose deadline is nearer is signed first, as QA's list shows them. A night that becomes
ready later never has its first turn sooner: until then, all others go as they would without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

NEVER = np.float32(np.inf)


def through_slots(ready: Floats, work: Floats, slots: int) -> Floats:
    """When each job begins; first come, first served. Minutes, (samples, jobs); NEVER where it is never ready."""
    samples, jobs = ready.shape
    order = np.argsort(ready, axis=1, kind="stable")
    free = np.full((samples, min(slots, max(jobs, 1))), -np.inf, np.float32)
    begins = np.empty_like(ready)
    rows = np.arange(samples)
    for position in range(jobs):
        job = order[:, position]
        slot = free.argmin(axis=1)
        start = np.maximum(ready[rows, job], free[rows, slot])
        begins[rows, job] = start
        free[rows, slot] = np.where(np.isfinite(start), start + work[rows, job], free[rows, slot])
    return begins


class Shifts:
    """When an analyst begins to review, in minutes from now: within shifts alone, which have gaps between them.

    They finish what they began, as people do. Were it left lying until the next shift, a candidate that is ready a
    minute later, and goes to a colleague, would be signed sooner.
    """

    def __init__(self, shifts: Sequence[tuple[float, float]] | None) -> None:
        """None: always."""
        self._always = shifts is None
        self._begins = np.array([begin for begin, _ in shifts or ()], np.float32)
        self._ends = np.array([end for _, end in shifts or ()], np.float32)

    def after(self, at: Floats) -> Floats:
        """The first working moment from `at` on; NEVER after the last shift."""
        if self._always:
            return at
        number = np.searchsorted(self._ends, at, side="right")
        begins = np.append(self._begins, NEVER)[number]
        return np.maximum(at, begins)


@dataclass(frozen=True)
class Queue:
    """Nights that wait for a signature, or will."""

    ready: Floats
    """(samples, nights), minutes from now."""
    handling: Floats
    """(samples, nights): minutes that each signature needs."""
    urgency: NDArray[np.float32]
    """(nights,): the smallest goes first among those that are ready."""
    signatures: NDArray[np.int64]
    """(nights,): how many different analysts must sign, at least 1."""
    eligible: NDArray[np.bool_]
    """(analysts, nights)."""


def signed(queue: Queue, analysts: Sequence[Shifts]) -> Floats:
    """When each night has its last signature: (samples, nights), minutes from now; NEVER where nobody can sign it."""
    samples, nights = queue.ready.shape
    rows = np.arange(samples)
    order = np.argsort(queue.urgency, kind="stable")  # so the first that is ready is the most urgent: found at once
    ready, handling, eligible = queue.ready[:, order], queue.handling[:, order], queue.eligible[:, order]
    free = np.zeros((len(analysts), samples), np.float32)
    to_sign = np.broadcast_to(queue.signatures[order], (samples, nights)).astype(np.int8).copy()
    done = np.full((samples, nights), NEVER, np.float32)
    several = bool((queue.signatures > 1).any())
    waiting = [np.where(eligible[number], ready, NEVER) for number in range(len(analysts))]
    for _ in range(int(queue.signatures.sum())):
        when = np.stack([who.after(np.maximum(free[n], waiting[n].min(axis=1))) for n, who in enumerate(analysts)])
        turn = when.argmin(axis=0)
        at = when[turn, rows]
        if not np.isfinite(at).any():
            break
        for number in range(len(analysts)):
            mine = np.nonzero((turn == number) & np.isfinite(at))[0]
            if not len(mine):
                continue
            night = (waiting[number][mine] <= at[mine, None]).argmax(axis=1)
            end = at[mine] + handling[mine, night]
            free[number, mine] = end
            to_sign[mine, night] -= 1
            over = to_sign[mine, night] == 0
            done[mine[over], night[over]] = end[over]
            for other, theirs in enumerate(waiting):
                gone = mine if other == number or not several else mine[over]
                its = night if other == number or not several else night[over]
                theirs[gone, its] = NEVER
    found = np.empty_like(done)
    found[:, order] = done
    return found
