"""What must be met before a step may go on: each asset's own first step asks here, whoever launched it."""

from acme_assets.nights.facts import DeliveryFact, NightFacts
from acme_assets.nights.models import models_of
from client_partitions.client import Client
from client_partitions.feeds import Feed


class Unmet(Exception):
    """A dependency is not met: the step must not go on. The text says which, whose it is and what to do."""


def require_delivery(client: Client, facts: NightFacts, feed: Feed) -> DeliveryFact:
    """The delivery that a load of this feed would read.

    Raises:
        Unmet: there is none, or it is quarantined.
    """
    delivery = facts.deliveries.get(feed)
    night = f"{facts.client_id} {facts.business_date}"
    if feed not in client.feeds:
        raise Unmet(f"{facts.client_id} owes no {feed} feed; see its file in the client registry")
    if delivery is None:
        raise Unmet(f"{feed} of {night} is not delivered; it is {client.owners.client.name}'s ({client.name})")
    if delivery.state == "quarantined":
        raise Unmet(f"{feed} of {night} is quarantined: {delivery.reason}; {client.owners.client.name} must redeliver")
    return delivery


def require_inputs(client: Client, facts: NightFacts, models: tuple[str, ...]) -> dict[Feed, str]:
    """Feed to delivery id, of all that the client night is built from.

    Raises:
        Unmet: a required feed is missing, a delivery is still to load, or there is none at all.
    """
    night = f"{facts.client_id} {facts.business_date}"
    known = models_of(client.feeds)
    foreign = [model for model in models if model not in known]
    if foreign:
        raise Unmet(f"{facts.client_id} has no {', '.join(foreign)}: it does not owe the feeds that this needs")
    missing = [feed for feed in client.feeds_owed(facts.business_date) if feed not in facts.inputs]
    pending = [feed for feed, item in facts.deliveries.items() if item.is_pending and feed not in missing]
    if missing or pending:
        reasons = [
            f"{feed} ({delivery.state if (delivery := facts.deliveries.get(feed)) else 'not delivered'})"
            for feed in (*missing, *pending)
        ]
        raise Unmet(
            f"{night} cannot be built: it waits for {', '.join(reasons)}; "
            f"see: acme explain {facts.client_id} {facts.business_date}"
        )
    if not facts.inputs:
        raise Unmet(f"{night} cannot be built: nothing is owed and nothing is delivered")
    return facts.inputs


def require_upstream(facts: NightFacts, upstream: tuple[str, ...]) -> None:
    """Check the models that a partial build reads.

    Raises:
        Unmet: one was built from other deliveries than the present ones, or not at all.
    """
    stale = [
        model
        for model in upstream
        if (fact := facts.models.get(model)) is None or fact.state != "built" or fact.inputs_key != facts.inputs_key
    ]
    if stale:
        raise Unmet(
            f"{facts.client_id} {facts.business_date}: {', '.join(stale)} "
            f"{'is' if len(stale) == 1 else 'are'} not built from the present deliveries; build them in the same run"
        )
