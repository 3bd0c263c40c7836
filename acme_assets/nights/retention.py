"""How long what belongs to a client night is kept, and what keeps it longer. Pure.

| kind | kept for | what it is |
|---|---|---|
| raw | a year | landed files, RAW, QUARANTINE, staging and intermediate models: members' rows |
| curated | three years | MARTS, and PUBLISHED rows of every release of the night |

The ledger, the audit log with it, is kept for ever: six years is the least, and the chain needs every entry.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, get_args

from acme_assets.nights.facts import NightFacts

Kind = Literal["raw", "curated"]
KINDS: tuple[Kind, ...] = get_args(Kind)

YEARS: Mapping[Kind, int] = {"raw": 1, "curated": 3}
"""Counted from the business date; a live release's from when it was released, where that is later."""

Why = Literal["hold", "backfill", "undecided", "live release"]

Night = tuple[str, date]


@dataclass(frozen=True)
class Hold:
    """Somebody said that data must stay, whatever its age: a legal hold, an inquiry."""

    hold_id: str
    client_id: str | None
    """None: every client."""
    first_date: date
    last_date: date
    """Business dates, both included."""
    reason: str
    placed_by: str
    placed_at: datetime
    until: date | None = None
    """The last UTC day on which it counts; None: until it is lifted."""
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lifted_for: str | None = None
    """Why it was lifted."""

    def is_live(self, now: datetime) -> bool:
        """Whether it counts."""
        return self.lifted_at is None and (self.until is None or _day(now) <= self.until)

    def is_about(self, night: Night) -> bool:
        """Whether it names a client night."""
        return self.client_id in (None, night[0]) and self.first_date <= night[1] <= self.last_date


@dataclass(frozen=True)
class Kept:
    """What keeps a client night's data that is past its years."""

    why: Why
    said: str
    """In words, with what ends it."""


def last_due(kind: Kind, now: datetime) -> date:
    """The youngest business date whose data of a kind is past its years."""
    return _years_before(_day(now), YEARS[kind])


def why_kept(
    kind: Kind, facts: NightFacts, now: datetime, holds: Collection[Hold], needed: Mapping[Night, str]
) -> Kept | None:
    """What keeps a client night's data of a kind although it is past its years; None: it may go.

    Args:
        holds: every hold, live or not.
        needed: client night to what else needs it: an open backfill, a night that reads its files.
    """
    night = (facts.client_id, facts.business_date)
    for hold in holds:
        if hold.is_live(now) and hold.is_about(night):
            return Kept("hold", f"hold {hold.hold_id[:12]} of {hold.placed_by}: {hold.reason}")
    if night in needed:
        return Kept("backfill", needed[night])
    if open_matter := _undecided(facts):
        return Kept("undecided", open_matter)
    live = facts.live_release
    if kind == "curated" and live and _day(live.released_at) > last_due(kind, now):
        years = YEARS[kind]
        return Kept("live release", f"released {_day(live.released_at)}: the client sees it for {years} years")
    return None


def _undecided(facts: NightFacts) -> str | None:
    """What somebody still has to do about a night that rests on its data.

    A night that was never complete is not among these: nothing was made of it that waits for anybody.
    """
    name = f"{facts.client_id} {facts.business_date}"
    if pending := sorted(feed for feed, delivery in facts.deliveries.items() if delivery.is_pending):
        return f"{', '.join(pending)} arrived and is not loaded; see: acme explain {name}"
    candidate = facts.candidate
    if candidate is None or candidate.evidence_digest in {item.evidence_digest for item in facts.releases}:
        return None
    if candidate.evidence_digest in _rejected(facts):
        return None
    return f"its candidate was neither released nor rejected; settle it: acme qa show {name}"


def _rejected(facts: NightFacts) -> set[str]:
    """Digests of the candidates that the audit log knows a rejection of."""
    found = set()
    for item in facts.statements:
        if item.kind == "sign_off" and item.is_recorded:
            try:
                subject = json.loads(item.text)["subject"]
                if subject["decision"] == "rejected":
                    found.add(str(subject["evidence_digest"]))
            except (ValueError, KeyError, TypeError):
                continue
    return found


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
