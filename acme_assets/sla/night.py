"""A client night as the forecast sees it: what is done, what is under way since when, and what is still to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from client_partitions.feeds import Feed

FeedState = Literal["expected", "arrived", "quarantined", "stuck", "done"]
"""expected: no delivery yet; arrived: to be loaded; quarantined: to be delivered again; stuck: its load failed as often
as it may; done: loaded, or carried forward."""

StageState = Literal["waiting", "running", "stuck", "done"]
"""waiting: for what is before it; running: its turn (QA's, of a sign-off); stuck: till a person repairs it."""


@dataclass(frozen=True)
class FeedAhead:
    """One feed of the night."""

    feed: Feed
    state: FeedState
    due: datetime
    since: datetime | None = None
    """When it got into this state; None while it is expected."""
    landed_at: datetime | None = None
    """When its first delivery landed; None while it is expected, or where nobody knows."""
    is_needed: bool = True
    """Whether the night waits for it: the client owes it, or it is here and is still to be loaded."""
    bytes: int = 0
    """Size of its files; 0 while they are expected."""
    waiver_asked_at: datetime | None = None
    """When an exception was requested that would let the night go on without it; None where none is pending."""
    promised: datetime | None = None
    """By when the client says that it will be here, if it does; None where nobody asked."""


@dataclass(frozen=True)
class StageAhead:
    """The marts, the sign-off or the release."""

    state: StageState
    since: datetime | None = None
    """When its turn came, or when it was done."""


@dataclass(frozen=True)
class NightAhead:
    """One client night that is not over."""

    client_id: str
    business_date: date
    deadline: datetime
    feeds: tuple[FeedAhead, ...]
    marts: StageAhead
    sign_off: StageAhead
    release: StageAhead
    analysts: tuple[str, ...]
    """Who may sign it off, by e-mail address."""
    signatures: int = 1
    """Different analysts whose approval is still to come; 0 where the service signs, or all have signed."""
    is_rejected: bool = False
    """Whether QA rejected the present candidate: it waits for another one."""
    is_next: bool = False
    """Whether an analyst signs it before all others."""
    build_factor: float = 1.0
    """What the usual build time is multiplied by: 0.5 on a warehouse twice as large."""


@dataclass(frozen=True)
class Shift:
    """When an analyst works: from and until when, both aware."""

    begins: datetime
    ends: datetime


Desk = Mapping[str, tuple[Shift, ...]]
"""E-mail address of an analyst to their shifts, in order, from before now on; who has no entry always works."""
