"""What would help: what a person could do now for a night at risk, by how much risk it removes for a minute of theirs.

Each is tried on the forecast itself: the same nights and the same draws, with what was done taken as done.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from acme_assets.sla.forecast import forecast
from acme_assets.sla.history import History
from acme_assets.sla.night import Desk, FeedAhead, NightAhead
from acme_assets.sla.result import NightForecast
from client_partitions.client import OwnerGroup

RemedyKind = Literal["chase the file", "waive the feed", "sign it next", "larger warehouse", "move the deadline"]

MINUTES: dict[RemedyKind, int] = {
    "chase the file": 10,
    "waive the feed": 20,
    "sign it next": 15,
    "larger warehouse": 5,
    "move the deadline": 30,
}
"""Of somebody's time. Ours to say, not measured."""

ANSWER = timedelta(minutes=30)
"""A client who was reached sends the file within this."""
WAIVED = timedelta(minutes=20)
"""A waiver that is asked for by telephone is acknowledged within this."""
MOVED = timedelta(hours=1)
"""By so much a deadline is moved."""
_LARGER = 0.5
"""Of the build time, on a warehouse of the next size: Snowflake doubles its machines with each."""

LEAST_GAIN = 0.02
"""What removes less risk is not worth saying."""


@dataclass(frozen=True)
class Remedy:
    """Something that a person could do now."""

    kind: RemedyKind
    node: str
    """The dependency that it is about."""
    owner_group: OwnerGroup
    """Who can do it."""
    minutes: int
    """Of their time."""
    p_miss: float
    """Probability of a miss once it is done."""
    gain: float
    """By how much that is less."""


def remedies(
    nights: Sequence[NightAhead],
    number: int,
    history: History,
    now: datetime,
    *,
    desk: Desk = {},  # noqa: B006 - a Mapping is not written to
    samples: int = 1000,
    seed: int = 0,
) -> list[Remedy]:
    """What would help one night (its number among them), the most risk removed for a minute first.

    `nights` are all that share slots and analysts with it: signing one next makes the others wait.
    """

    def tried(night: NightAhead) -> NightForecast:
        changed = [*nights[:number], night, *nights[number + 1 :]]
        return forecast(changed, history, now, desk=desk, samples=samples, seed=seed)[number]

    night = nights[number]
    before = tried(night)
    found = []
    for kind, node, group, changed in _actions(night, now):
        after = tried(changed).p_miss
        if before.p_miss - after >= LEAST_GAIN:
            found.append(Remedy(kind, node, group, MINUTES[kind], after, before.p_miss - after))
    return sorted(found, key=lambda remedy: -remedy.gain / remedy.minutes)


def _actions(night: NightAhead, now: datetime) -> Iterator[tuple[RemedyKind, str, OwnerGroup, NightAhead]]:
    for feed in night.feeds:
        if not feed.is_needed or feed.state not in ("expected", "quarantined"):
            continue
        name = f"feeds/{feed.feed}"
        promised = replace(feed, promised=now + ANSWER)
        yield "chase the file", name, "client", _with(night, promised)
        waived = replace(feed, waiver_asked_at=None, promised=now + WAIVED)
        yield "waive the feed", name, "client", _with(night, waived)
    if night.sign_off.state == "running" and night.signatures:
        yield "sign it next", "sign-off", "qa", replace(night, is_next=True)
    if night.marts.state in ("waiting", "running"):
        faster = replace(night, build_factor=night.build_factor * _LARGER)
        yield "larger warehouse", "marts", "engineering", faster
    yield "move the deadline", "release", "engineering", replace(night, deadline=night.deadline + MOVED)


def _with(night: NightAhead, feed: FeedAhead) -> NightAhead:
    return replace(night, feeds=tuple(feed if item.feed == feed.feed else item for item in night.feeds))
