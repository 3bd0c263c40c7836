"""What the deadlines sensor decides: what to look at, whether a deadline was kept, what is worth storing. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from acme_assets.gates.decision import withdrawn_releases
from acme_assets.gates.terms import Night
from acme_assets.nights.status import NightStatus, Step
from acme_assets.sla.result import NightForecast
from client_partitions.calendar import business_date_in_hand, deadline_at
from client_partitions.client import Client, OwnerGroup

JUST_PAST = 2
"""How many business dates before the one in hand are looked at: a sensor that was down for two days makes up for it."""

CHANGED, STALE = 0.05, timedelta(hours=1)
"""A forecast is stored where its probability changed by so much, or the last one is so old."""

OVER, OVER_IF_RELEASED = timedelta(hours=36), timedelta(hours=6)
"""How long after a business date's last deadline nothing more is expected of it."""


@dataclass(frozen=True)
class Outcome:
    """Whether the deadline of a client night was kept."""

    client_id: str
    business_date: date
    deadline: datetime
    """Under the terms of the night."""
    met: bool
    released_at: datetime | None
    """When the first release happened that stood at the deadline; of a missed one, that stands since, if any does."""
    blocked_by: str | None
    """The step that held the night at the deadline; None where it was kept."""
    owner_group: OwnerGroup | None
    owner: str | None
    p_miss: float | None
    """What the last forecast before the deadline said."""


@dataclass(frozen=True)
class Said:
    """A stored forecast, as far as the next one is compared with it."""

    made_at: datetime
    deadline: datetime
    p_miss: float


def nights_to_watch(clients: Mapping[str, Client], now: datetime) -> dict[str, list[date]]:
    """Of each client, the business date in hand by its own clock and those just past, the oldest first."""
    return {
        client_id: [in_hand - timedelta(days=number) for number in range(JUST_PAST, -1, -1)]
        for client_id, client in clients.items()
        if (in_hand := business_date_in_hand(client, now))
    }


def is_night(night: Night) -> bool:
    """Whether there is anything to release: something is owed of that date, or was delivered."""
    return bool(night.client.feeds_owed(night.facts.business_date) or night.facts.deliveries)


def is_ahead(night: Night, status: NightStatus, now: datetime) -> bool:
    """Whether its release is still to be forecast: in hand and not released, or due later."""
    in_hand = business_date_in_hand(night.client, now)
    return status.state != "released" and (status.business_date == in_hand or status.deadline > now)


def outcome_of(night: Night, status: NightStatus, said: Said | None, now: datetime) -> Outcome | None:
    """Whether the deadline was kept; None while it is not past.

    What was released by then counts, though it was withdrawn later. A release that was withdrawn by then does not.
    """
    if now < status.deadline:
        return None
    gone = _withdrawn_by(night, status.deadline)
    standing = [item for item in night.facts.releases if item.release_id not in gone]
    met = any(item.released_at <= status.deadline for item in standing)
    if not met:
        standing = [item for item in standing if item.release_id not in withdrawn_releases(night)]
    step = None if met else _blocking(night, status)
    return Outcome(
        status.client_id,
        status.business_date,
        status.deadline,
        met,
        standing[0].released_at if standing else None,
        step.name if step else None,
        step.owner_group if step else None,
        step.owner if step else None,
        said.p_miss if said and said.made_at <= status.deadline else None,
    )


def _withdrawn_by(night: Night, moment: datetime) -> set[str]:
    return {
        str(item.subject.get("release_id"))
        for item in night.statements
        if item.kind == "withdrawal" and item.made_at <= moment
    }


def _blocking(night: Night, status: NightStatus) -> Step:
    """The step that held the night at its deadline, also where it is decided hours later: the sensor may be down."""
    owed = {f"feeds/{feed}" for feed in night.client.feeds_owed(status.business_date)}
    chain = [step for step in status.steps if step.name in owed or not step.name.startswith("feeds/")]
    held = status.blocked_by
    if held and (held.since is None or held.since <= status.deadline):
        return held
    done_since = (step for step in chain if step.state == "done" and step.since and step.since > status.deadline)
    return next(done_since, held or chain[-1])


def is_worth_storing(made: NightForecast, last: Said | None) -> bool:
    """Whether a forecast says something that the last stored one did not."""
    return (
        last is None
        or round(abs(made.p_miss - last.p_miss), 6) >= CHANGED  # 0.50 - 0.45 is a little less in floats
        or made.made_at - last.made_at >= STALE
        or made.deadline != last.deadline
    )


def dates_over(clients: Iterable[Client], unsummarised: Mapping[date, tuple[int, int]], now: datetime) -> list[date]:
    """The business dates of which nothing more is expected, oldest first.

    Args:
        unsummarised: business date to the number of nights that the ledger has of it, and of those released.
    """
    return [
        day
        for day, (nights, released) in sorted(unsummarised.items())
        if _is_over([client for client in clients if client.feeds_owed(day)], day, nights, released, now)
    ]


def _is_over(owing: list[Client], day: date, nights: int, released: int, now: datetime) -> bool:
    last = max((deadline_at(client, day) for client in owing), default=None)
    if last is None:
        return now.date() - day > OVER
    everything = released == nights and released >= len(owing)
    return now >= last + (OVER_IF_RELEASED if everything else OVER)
