"""A client night as it was at an earlier moment, told from what the ledger has of it now. Pure.

The ledger keeps of each feed the delivery that speaks for it, and of each model its last build: what was superseded
since is not seen again. So a night is told a little better than it was.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from acme_assets.nights.facts import DeliveryFact, NightFacts, StatementFact


def as_of(facts: NightFacts, moment: datetime, made_at: Callable[[StatementFact], datetime | None]) -> NightFacts:
    """The night's facts at a moment.

    Args:
        made_at: when a statement was made; None where that cannot be told, and it counts from the beginning.
    """
    deliveries = {
        feed: _delivery(item, moment) for feed, item in facts.deliveries.items() if item.observed_at <= moment
    }
    candidate = facts.candidate if facts.candidate and facts.candidate.built_at <= moment else None
    releases = tuple(item for item in facts.releases if item.released_at <= moment)
    statements = tuple(item for item in facts.statements if (made_at(item) or moment) <= moment)
    ended_at = facts.backfill.ended_at if facts.backfill else None
    return replace(
        facts,
        deliveries=deliveries,
        models={name: item for name, item in facts.models.items() if item.state_at <= moment},
        candidate=candidate,
        statements=statements,
        releases=releases,
        live_release=releases[-1] if releases else None,
        stuck={key: item for key, item in facts.stuck.items() if item.since <= moment},
        backfill=facts.backfill if ended_at and ended_at <= moment else None,
    )


def _delivery(item: DeliveryFact, moment: datetime) -> DeliveryFact:
    if item.state_at <= moment:
        return item
    return replace(
        item, state="arrived", reason=None, state_at=item.observed_at, rows_loaded=None, rows_quarantined=None
    )
