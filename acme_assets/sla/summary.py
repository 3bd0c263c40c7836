"""What one client night that is over teaches: how long everything took that its dashboard waited for.

All times are minutes. None means that it did not happen, or is not known.
"""

from dataclasses import dataclass
from datetime import date

from client_partitions.feeds import Feed


@dataclass(frozen=True)
class FeedSummary:
    """One feed of the night: of those that the client owed."""

    feed: Feed
    offset: float | None
    """From its due time to the landing of the first delivery, negative before it; None: none came."""
    versions: int = 1
    """Deliveries that came, however they ended."""
    quarantined: bool = False
    """Whether a delivery of it was quarantined."""
    again: float | None = None
    """From the quarantine to the next delivery; None where none was needed, or none came."""
    notice: float | None = None
    """From the landing to when we saw it."""
    load_wait: float | None = None
    """From then until its load began."""
    load_work: float | None = None
    """From then until it was loaded."""
    bytes: int = 0


@dataclass(frozen=True)
class NightSummary:
    """One client night."""

    client_id: str
    business_date: date
    feeds: tuple[FeedSummary, ...]
    build_wait: float | None = None
    """From the last input's load to the begin of the build of the candidate that was released, else of the last."""
    build_work: float | None = None
    """From then until that candidate was there."""
    bytes: int = 0
    """Size of its inputs' files."""
    failed_suites: int = 0
    """Of that candidate."""
    rejected: bool = False
    """Whether QA rejected a candidate of the night."""
    repair: float | None = None
    """From the rejection to the next candidate."""
    sign_off: float | None = None
    """From the candidate to the open gate."""
    handling: float | None = None
    """The part of it that one analyst needed: from when they could begin (the candidate was there, they had signed what
    they signed before, and it was their working time) to their signature, in their working time."""
    is_automatic: bool = False
    """Whether the service signed in a person's place."""
    release: float | None = None
    """From the open gate to the release."""
    acknowledgements: tuple[float, ...] = ()
    """From each exception's request to the client's acknowledgement."""
    requests: int = 0
    """Exceptions that were requested, acknowledged or not."""
    past_deadline: float | None = None
    """From the deadline to the first release that was not withdrawn, negative before it; None: there is none."""
