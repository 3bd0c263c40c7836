"""Turns: who answers in which week, by the wall clock of a zone; and the hours in which nobody is disturbed.

Nothing here knows people but by e-mail address, nor what they are told.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from client_partitions.client import WEEKDAYS, WallClock, Weekday, _Strict, known_zone

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def _has_a_zone(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return value
    raise ValueError("is no moment; write date, time and offset, such as 2026-07-03T18:00:00-05:00")


Moment = Annotated[datetime, BeforeValidator(_has_a_zone)]


class Span(_Strict):
    """From a moment on until another, which is not of it."""

    begins: Moment = Field(alias="from")
    until: Moment

    @model_validator(mode="after")
    def _some_time(self) -> "Span":
        if self.begins >= self.until:
            raise ValueError("until: is not after from; give a later one")
        return self

    def covers(self, at: datetime) -> bool:
        """Whether a moment is in it."""
        return self.begins <= at < self.until


class Swap(Span):
    """Somebody takes another's turn, or a part of it."""

    person: str


class HandOver(_Strict):
    """When a turn ends and the next begins."""

    day: Weekday
    at: WallClock


class Rotation(_Strict):
    """Weekly turns. Each begins exactly at its hand-over, by the wall clock of the zone."""

    zone: str
    hand_over: HandOver
    starts: date
    """The first hand-over on or after this day begins the first person's turn; before it, turns go as if they had
    always gone."""
    people: tuple[str, ...]
    """E-mail addresses, in the order of their turns."""
    swaps: tuple[Swap, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return known_zone(name)

    @field_validator("people")
    @classmethod
    def _somebody(cls, people: tuple[str, ...]) -> tuple[str, ...]:
        if not people:
            raise ValueError("names nobody; list at least one person of people.yaml")
        return people

    @model_validator(mode="after")
    def _one_swap_at_a_time(self) -> "Rotation":
        for earlier, later in pairwise(sorted(self.swaps, key=lambda swap: swap.begins)):
            if later.begins < earlier.until:
                raise ValueError(f"swaps: those of {earlier.person} and {later.person} overlap; shorten one")
        return self

    def _handed_over(self, day: date) -> datetime:
        return datetime.combine(day, self.hand_over.at, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def _turn_began(self, at: datetime) -> date:
        """The local date of the last hand-over."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        day = today - timedelta(days=(today.weekday() - WEEKDAYS.index(self.hand_over.day)) % 7)
        return day if self._handed_over(day) <= at else day - WEEK

    def order(self, at: datetime) -> tuple[str, ...]:
        """Everybody of the rotation once: whose turn it is, who is next, and so on. Swaps are not in it."""
        first = self.starts + timedelta(days=(WEEKDAYS.index(self.hand_over.day) - self.starts.weekday()) % 7)
        turn = (self._turn_began(at) - first).days // 7 % len(self.people)
        return tuple(dict.fromkeys(self.people[turn:] + self.people[:turn]))

    def stand_in(self, at: datetime) -> str | None:
        """Who has taken the turn of this moment over."""
        return next((swap.person for swap in self.swaps if swap.covers(at)), None)

    def line(self, at: datetime) -> tuple[str, ...]:
        """Who answers, then who is second, and so on: as `order`, with swaps. Whose turn was taken over is last."""
        order, taken_by = self.order(at), self.stand_in(at)
        if taken_by is None or taken_by == order[0]:
            return order
        return tuple(dict.fromkeys((taken_by, *(email for email in order[1:] if email != taken_by), order[0])))

    def next_hand_over(self, at: datetime) -> datetime:
        """The next regular one."""
        return self._handed_over(self._turn_began(at) + WEEK)

    def changes(self, since: datetime, until: datetime) -> tuple[datetime, ...]:
        """The moments after `since`, up to `until`, at which another may come to answer."""
        found = [edge for swap in self.swaps for edge in (swap.begins, swap.until)]
        moment = self.next_hand_over(since)
        while moment <= until:
            found.append(moment)
            moment = self.next_hand_over(moment)
        return tuple(sorted({moment for moment in found if since < moment <= until}))

    def until(self, at: datetime) -> datetime | None:
        """Until when the one who answers at this moment does so without a break; None where it is always the same."""
        last = max([at, *(swap.until for swap in self.swaps)]) + WEEK * (len(self.people) + 1)
        answers = self.line(at)[0]
        return next((moment for moment in self.changes(at, last) if self.line(moment)[0] != answers), None)


class QuietHours(_Strict):
    """When a group is not to be disturbed."""

    zone: str | None = None
    """None: the client's own; for the group `client` alone."""
    begins: WallClock = Field(alias="from")
    until: WallClock
    """The next day, where it is not after `from`."""
    all_day: tuple[Weekday, ...] = ()
    """Local days that are quiet from midnight to midnight."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        return name and known_zone(name)

    @model_validator(mode="after")
    def _leaves_an_hour(self) -> "QuietHours":
        if self.begins == self.until:
            raise ValueError("until: is the same as from; leave the group out where no hour is quiet")
        if len(set(self.all_day)) == len(WEEKDAYS):
            raise ValueError("all_day: leaves no day on which anything may be said; take one out")
        return self

    def _of(self, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        """The quiet times that begin on a local date, in UTC."""
        last = day if self.until > self.begins else day + DAY
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=zone)
        found = [(datetime.combine(day, self.begins, tzinfo=zone), datetime.combine(last, self.until, tzinfo=zone))]
        if WEEKDAYS[day.weekday()] in self.all_day:
            found.append((midnight, midnight + DAY))  # the same wall clock on the next day, whatever the clocks do
        return [(begins.astimezone(UTC), ends.astimezone(UTC)) for begins, ends in found]

    def release(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first moment from `at` on that is not quiet.

        Args:
            zone: where the hours have none of their own.
        """
        zone = ZoneInfo(self.zone) if self.zone else zone
        moment = at
        while True:
            today = moment.astimezone(zone).date()
            near = [span for days in (-1, 0) for span in self._of(today + days * DAY, zone)]
            ends = [end for begin, end in near if begin <= moment < end]
            if not ends:
                return moment
            moment = max(ends)
