"""What waits for a sign-off, for the commands that list it."""

from datetime import date, datetime, timedelta

from acme_assets.board.packet import Assessed, assessed
from acme_assets.cli.nights import read_all
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.terms import night_of
from acme_assets.warehouse.reading import read_unsettled


def waiting(work: Platform, business_date: date | None, now: datetime) -> list[Assessed]:
    """Candidates that wait for a sign-off, the nearest deadline first: of one business date, or all that are open."""
    nights = {(client.client_id, facts.business_date): (client, facts)
              for client, facts in read_all(work, business_date, now)}  # fmt: skip
    if business_date is None:
        with work.warehouse.begin() as connection:
            for facts in read_unsettled(connection, now.date() - LOOKBACK, now.date() + timedelta(days=1)):
                if facts.client_id in work.registry.clients:
                    client = work.registry.client(facts.client_id)
                    nights[facts.client_id, facts.business_date] = (client, facts)
    roster = work.roster()
    found = [assessed(night_of(client, facts, roster, now), now) for client, facts in nights.values()]
    found = [item for item in found if item.status.state == "awaiting sign-off" and item.night.facts.candidate]
    return sorted(found, key=lambda item: (item.status.deadline, item.name))
