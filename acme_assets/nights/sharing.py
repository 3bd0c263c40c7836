"""What past nights' work may have of the slots while a night is on, so that neither starves the other. Pure.

Tonight's deadlines come first. A slot kept free for past nights would take half of what two slots do; so past nights'
work gets turns: one run at a time, of one client night where tonight's work waits or runs, and then tonight's has the
slots to itself for `REST` times as long as that took. It loses a twentieth of two slots at most. While no night is on,
past nights' work has every slot.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

REST = 9
"""How many times as long as a turn took tonight's work has the slots to itself afterwards."""

Room = Literal["every slot", "one run", "one order", "none"]


@dataclass(frozen=True)
class PastRuns:
    """The runs of past nights' work, of every stage together."""

    in_flight: int = 0
    """How many are queued or under way."""
    large: int = 0
    """How many more, on machines of their own."""
    began_at: datetime | None = None
    """When the last one that is over began."""
    ended_at: datetime | None = None

    @property
    def rested_at(self) -> datetime | None:
        """When tonight's work has had its share since the last one; None where there was none lately."""
        if self.began_at is None or self.ended_at is None:
            return None
        return self.ended_at + REST * max(self.ended_at - self.began_at, timedelta())


NO_PAST_RUNS = PastRuns()


def room(past: PastRuns, now: datetime, *, night_is_on: bool, tonight_is_busy: bool) -> Room:
    """What past nights' work may ask for now.

    Args:
        night_is_on: whether a client night in hand is open.
        tonight_is_busy: whether work of such nights is due, or under way.
    """
    if not night_is_on and not tonight_is_busy:
        return "every slot"
    if past.in_flight:
        return "none"
    if not tonight_is_busy:
        return "one run"
    return "one order" if past.rested_at is None or now >= past.rested_at else "none"
