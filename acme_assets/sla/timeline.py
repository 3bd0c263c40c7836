"""What happened to one client night, as far as it says whose minutes a late release took."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from client_partitions.feeds import Feed

Trouble = Literal["none", "quarantined", "redelivered", "excused"]
"""Why a feed was not there with its first delivery: that one was quarantined, another one followed it, or the night
went on without it, under a waiver or an override."""


@dataclass(frozen=True)
class FeedTimeline:
    """A feed that the client night needed: the client owed it, or what was released was built from it."""

    feed: Feed
    due: datetime
    """Under the terms of the night."""
    here_at: datetime | None
    """When the delivery landed that speaks for it, or somebody excused it; None while the night waits for it."""
    loaded_at: datetime | None = None
    """When that delivery was loaded; None while it is not."""
    trouble: Trouble = "none"


@dataclass(frozen=True)
class CandidateTimeline:
    """One candidate, as far as the first release that counts."""

    built_at: datetime
    turned_down_at: datetime | None = None
    """When QA rejected it, or took its release back; None where neither was so."""


@dataclass(frozen=True)
class NightTimeline:
    """One client night."""

    client_id: str
    business_date: date
    deadline: datetime
    """Under the terms of the night."""
    needed: tuple[Feed, ...]
    """The feeds that the client owed."""
    released_at: datetime | None
    """When the first release happened that was not withdrawn; None: nothing was released."""
    feeds: tuple[FeedTimeline, ...] = ()
    """May be empty where the release was in time, as the rest may be: there is nothing to explain then."""
    built_at: datetime | None = None
    """When the candidate was built that was released; of an open night, the one that speaks for its deliveries now."""
    earlier: tuple[CandidateTimeline, ...] = ()
    """The candidates before it, oldest first."""
    opened_at: datetime | None = None
    """When the gate opened for it; None while it is shut."""
    failed_suites: int = 0
    """Of that candidate."""

    def is_due(self, as_of: datetime) -> bool:
        """Whether its deadline has passed, and there was something to release."""
        return self.deadline < as_of and bool(self.needed or self.feeds or self.released_at)
