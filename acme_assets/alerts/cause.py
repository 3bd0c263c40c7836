"""A root cause: one thing that is wrong, with every client night that it holds up. A symptom of it is none itself."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from client_partitions.client import OwnerGroup, Person

CauseKind = Literal[
    "delivery",  # a client's files of one night are late, or will be
    "host",  # nothing comes from any client of one sender's host
    "contract",  # a delivery is quarantined
    "contract change",  # deliveries of one feed break one rule at several clients: ours, or a vendor's
    "load",  # a load failed as often as it may
    "build",  # a build failed as often as it may, or a model failed
    "warehouse",  # work of several clients fails, or the warehouse does not answer
    "suite",  # a validation suite failed on the candidate
    "drift",  # the candidate deviates from the trailing nights beyond what the service may sign
    "sign-off",  # a candidate waits for an analyst
    "queue",  # several candidates wait, and nobody signs
    "exception",  # an exception was requested, and the client has not acknowledged it
    "release",  # a release failed, or was withdrawn
    "freshness",  # a freshness policy of Dagster's fails, and no other cause says why
    "pace",  # the forecast says that a night will miss, and no other cause says why
    "backlog",  # more work is due than the night has time for
    "registry",  # a client's file cannot be used
    "landing zone",  # it cannot be listed
    "audit chain",  # the audit log does not verify
    "forgery",  # somebody tried to open a gate with a false statement
    "silence",  # a service has not given a sign of life
]

ALWAYS_PAGES: frozenset[CauseKind] = frozenset({"audit chain", "forgery", "silence"})
"""Not for a deadline's sake."""


@dataclass(frozen=True)
class Affected:
    """A client night that the cause holds up."""

    client_id: str
    business_date: date
    deadline: datetime
    tier: str
    """The client's, as in its file: what risk wakes somebody."""
    p_miss: float | None = None
    """By the last forecast; None where there is none."""
    p_miss_if_done: float | None = None
    """The same if the cause were gone at this moment: what a person could still save."""
    drop_dead: datetime | None = None
    """Gone by then, the deadline is kept with nine in ten."""

    @property
    def to_be_saved(self) -> float:
        """By how much the risk would fall were the cause gone now; 0 where nobody knows."""
        if self.p_miss is None or self.p_miss_if_done is None:
            return 0.0
        return max(self.p_miss - self.p_miss_if_done, 0.0)


@dataclass(frozen=True)
class Cause:
    """What is wrong, as of now."""

    key: str
    """Equal while it is the same cause, whatever else changes; different nights' files are different causes."""
    kind: CauseKind
    owner_group: OwnerGroup
    owner: Person
    """Whose it is."""
    text: str
    """What is wrong, in one line: counts, hashes and names of files' feeds, never a member's data."""
    since: datetime
    affected: tuple[Affected, ...]
    """Empty where no client night is held up by it (yet)."""
    fix: str
    """The exact command, or whom to ask."""
    tried: str = ""
    """What was done about it already: retries, mails, exceptions asked for."""
    evidence: str = ""
    """Where to look: the path of a page of Dagster's or of the board's."""

    @property
    def drop_dead(self) -> datetime | None:
        """The earliest of the nights' that is known."""
        return min((item.drop_dead for item in self.affected if item.drop_dead), default=None)
