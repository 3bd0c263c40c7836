"""Whose minutes a late release took: shared among client, engineering and QA, so that they add up.

The rule, as a client may be told it:

1. The delay of a client night is from its deadline to its first release that was not withdrawn; every minute that
   has begun counts. A release in time has none. Where nothing is released the delay runs until the report is made.
2. The client has until D, the latest due time among the feeds that the night needed (an optional feed is needed where
   it was built from). From D to the deadline is our room. Half of it is engineering's allowance and half is QA's.
   A due time past the deadline counts as the deadline: there is no room then.
3. The time up to the release is in one pair of hands at each moment:
   - the client's until the last needed delivery landed, of those that the release was built from. So a redelivery that
     voided a candidate, and the time until the redelivery of a broken file, are the client's. A feed that never came
     is the client's until it was excused;
   - engineering's from there until the candidate was built, failed and stuck loads and builds with it, and again from
     the open gate until the release;
   - QA's from the candidate until the gate opened. Where QA turned a candidate down, it was QA's until then, and
     engineering's from there until the next candidate.
   What is not finished runs until the report is made.
4. Each one's overrun is its time past D (client) or past its allowance (engineering, QA). It may be negative. The three
   overruns add up to the delay exactly.
5. The delay is shared among those who overran, in proportion, in whole minutes: who had time left pays nothing.
   What cannot be halved is ours: the spare minute goes to engineering or QA before it goes to the client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from acme_assets.sla.timeline import FeedTimeline, NightTimeline
from client_partitions.client import OwnerGroup
from client_partitions.feeds import Feed

ENGINEERING_SHARE = Fraction(1, 2)
"""Of the room between the last due time and the deadline; the rest is QA's."""

GROUPS: tuple[OwnerGroup, ...] = ("client", "engineering", "qa")
_TIES: tuple[OwnerGroup, ...] = ("engineering", "qa", "client")

Cause = Literal[
    "missing delivery",
    "late delivery",
    "quarantined delivery",
    "redelivery",
    "load",
    "build",
    "release",
    "failed suite",
    "rejection",
    "sign-off",
]
CAUSES: Mapping[OwnerGroup, tuple[Cause, ...]] = {
    "client": ("missing delivery", "late delivery", "quarantined delivery", "redelivery"),
    "engineering": ("load", "build", "release"),
    "qa": ("failed suite", "rejection", "sign-off"),
}

State = Literal["met", "missed", "open"]
"""Released in time; released late; nothing released yet, and the deadline has passed."""

_NONE = timedelta(0)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Part:
    """One owner group's part of a delay."""

    owner_group: OwnerGroup
    minutes: int
    overrun: timedelta
    """Time that it took past what it had; negative where some was left."""
    cause: Cause | None
    """What took most of it; None where it has no part."""


@dataclass(frozen=True)
class Attribution:
    """A client night whose deadline has passed, and whose minutes its delay was."""

    client_id: str
    business_date: date
    deadline: datetime
    released_at: datetime | None
    needed: tuple[Feed, ...]
    state: State
    delay: int
    """Whole minutes."""
    parts: tuple[Part, ...] = ()
    """Client's, engineering's and QA's, which add up to the delay; none where the release was in time."""
    last: FeedTimeline | None = None
    """The last needed feed to arrive; None where the release was in time."""

    @property
    def feed(self) -> Feed | None:
        """Which one that was."""
        return self.last.feed if self.last else None

    @property
    def largest(self) -> Part | None:
        """The part that the night counts under; of equal ones, ours. None where the release was in time."""
        return max(sorted(self.parts, key=_tie), key=lambda part: part.minutes, default=None)


def _tie(part: Part) -> int:
    return _TIES.index(part.owner_group)


def attribute(night: NightTimeline, as_of: datetime, *, engineering_share: Fraction = ENGINEERING_SHARE) -> Attribution:
    """Share the delay of one client night whose deadline has passed by `as_of`."""
    past = (night.released_at or as_of) - night.deadline
    state: State = "open" if night.released_at is None else "missed" if past > _NONE else "met"
    delay = max(-(-past // _MINUTE), 0)
    named = (night.client_id, night.business_date, night.deadline, night.released_at, night.needed)
    if past <= _NONE:
        return Attribution(*named, state, 0)
    hands = _Hands.of(night, as_of)
    over = overruns(night, as_of, engineering_share=engineering_share)
    minutes = _shared(delay, over)
    parts = tuple(
        Part(group, minutes[group], over[group], hands.cause(group) if minutes[group] else None) for group in GROUPS
    )
    return Attribution(*named, state, delay, parts, hands.last)


def overruns(
    night: NightTimeline, as_of: datetime, *, engineering_share: Fraction = ENGINEERING_SHARE
) -> dict[OwnerGroup, timedelta]:
    """How far each group went past what it had: the three add up to the time from the deadline to the release."""
    hands = _Hands.of(night, as_of)
    due = min(max((feed.due for feed in night.feeds), default=night.deadline), night.deadline)
    room = night.deadline - due
    allowance = room * engineering_share.numerator / engineering_share.denominator
    return {
        "client": hands.landed - due,
        "engineering": hands.load + hands.build + hands.release - allowance,
        "qa": hands.qa - (room - allowance),
    }


def _shared(delay: int, over: Mapping[OwnerGroup, timedelta]) -> dict[OwnerGroup, int]:
    """Whole minutes in proportion to the positive overruns, by largest remainder."""
    weights = {group: max(over[group], _NONE) // timedelta(microseconds=1) for group in _TIES}
    whole = sum(weights.values())
    exact = {group: Fraction(delay * weight, whole) for group, weight in weights.items()}
    minutes = {group: int(share) for group, share in exact.items()}
    by_remainder = sorted(_TIES, key=lambda group: minutes[group] - exact[group])
    for group in by_remainder[: delay - sum(minutes.values())]:
        minutes[group] += 1
    return minutes


@dataclass(frozen=True)
class _Hands:
    """A late night cut into the times that it was in somebody's hands."""

    night: NightTimeline
    last: FeedTimeline | None
    landed: datetime
    load: timedelta
    build: timedelta
    qa: timedelta
    release: timedelta
    was_turned_down: bool

    @classmethod
    def of(cls, night: NightTimeline, as_of: datetime) -> "_Hands":
        """Cut it. Clocks differ, of the client's files most of all: no step ends before the one before it."""
        end = night.released_at or as_of
        opened = min(night.opened_at or end, end)
        built = min(night.built_at or end, opened)
        last = max(night.feeds, key=lambda feed: (feed.here_at or end, feed.due), default=None)
        landed = min((last.here_at or end) if last else built, built)
        loaded = min(max([landed, *(feed.loaded_at or built for feed in night.feeds)]), built)
        first_built, reviews = _reviews(night, landed, built)
        loaded = min(loaded, first_built)
        review = sum(reviews, _NONE)
        return cls(
            night, last, landed,
            load=loaded - landed,
            build=built - loaded - review,
            qa=review + (opened - built),
            release=end - opened,
            was_turned_down=bool(reviews),
        )  # fmt: skip

    def cause(self, group: OwnerGroup) -> Cause:
        """What took most of a group's time."""
        if group == "client":
            return _why_late(self.last)
        if group == "engineering":
            took: Sequence[tuple[timedelta, Cause]] = [
                (self.load, "load"), (self.build, "build"), (self.release, "release")
            ]  # fmt: skip
            return max(took, key=lambda item: item[0])[1]
        if self.was_turned_down:
            return "rejection"
        return "failed suite" if self.night.failed_suites else "sign-off"


def _reviews(night: NightTimeline, landed: datetime, built: datetime) -> tuple[datetime, list[timedelta]]:
    """When the first candidate of the last deliveries was there, and how long QA had those that it turned down."""
    of_last = [item for item in night.earlier if landed <= item.built_at < built]
    starts = [item.built_at for item in of_last] + [built]
    reviews = [
        max(min(item.turned_down_at, until) - since, _NONE)
        for item, (since, until) in zip(of_last, pairwise(starts), strict=True)
        if item.turned_down_at
    ]
    return starts[0], reviews


def _why_late(last: FeedTimeline | None) -> Cause:
    if last and last.trouble == "quarantined":
        return "quarantined delivery"
    if last is None or last.here_at is None or last.trouble == "excused":
        return "missing delivery"
    return "redelivery" if last.trouble == "redelivered" else "late delivery"
