"""Everything that is known of a made-up morning: clients, nights, forecasts, in a line each."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from acme_assets.alerts.known import Known, KnownNight
from acme_assets.gates.decision import decide
from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.status import assess, load_key
from acme_assets.sla.result import NightForecast, NodeForecast
from client_partitions.client import Client
from client_partitions.people import Roster
from client_partitions.registry import Registry
from tests.nights.made_up import AFTER_GRACE, all_loaded, delivery, facts_of, stuck, with_candidate
from tests.world import NIGHT, make_client, make_roster

NOW = AFTER_GRACE
"""03:00 in New York: the feeds were due at 02:00 with half an hour's grace; the deadline is at 06:00."""
DEADLINE = datetime.fromisoformat("2026-03-11T10:00:00+00:00")


def client(client_id: str = "tiny_health", **changes: Any) -> Client:
    """A client that owes eligibility and pharmacy claims, and may send lab results."""
    return make_client(client_id=client_id, landing=client_id, **changes)


def of_client(facts: NightFacts, client_id: str, on: date = NIGHT) -> NightFacts:
    """The same facts, of another client's night."""
    return replace(facts, client_id=client_id, business_date=on)


def night(
    of: Client | None = None,
    facts: NightFacts | None = None,
    *,
    now: datetime = NOW,
    forecast: NightForecast | None = None,
    roster: Roster | None = None,
    **changes: Any,
) -> KnownNight:
    """A client night as it is assessed; of which nothing has arrived, where no facts are given."""
    its = of or client()
    known = of_client(facts or facts_of(), its.client_id, facts.business_date if facts else NIGHT)
    under = night_of(its, known, roster or make_roster(), now)
    made = forecast and replace(forecast, client_id=its.client_id, business_date=known.business_date)
    return KnownNight(under, assess(under.client, under.facts, decide(under), now), made, **changes)


def world(*nights: KnownNight, clients: Iterable[Client] = (), **changes: Any) -> Known:
    """All that is known."""
    known = {item.client.client_id: item.client for item in nights} | {item.client_id: item for item in clients}
    return Known(**{"now": NOW, "registry": Registry(known, {}), "nights": nights, **changes})


def node(name: str, **changes: Any) -> NodeForecast:
    """A dependency that will likely be done in time."""
    group = "client" if name.startswith("feeds/") else "qa" if name == "sign-off" else "engineering"
    early = NOW + timedelta(minutes=20)
    made = NodeForecast(
        name, group, early, early + timedelta(minutes=20), 0.0, 0.0, 0.02, DEADLINE - timedelta(hours=1)
    )  # type: ignore[arg-type]
    return replace(made, **changes)


def forecast(p_miss: float, *nodes: NodeForecast, **changes: Any) -> NightForecast:
    """A night's forecast. Its driver is the node of the largest criticality."""
    made = NightForecast("tiny_health", NIGHT, DEADLINE, NOW, p_miss, None, None, nodes)
    return replace(made, **changes)


def waiting(minutes: int = 40, **candidate: Any) -> NightFacts:
    """A night whose candidate has waited for so long."""
    facts = with_candidate(all_loaded())
    assert facts.candidate is not None
    built = {"built_at": NOW - timedelta(minutes=minutes), **candidate}
    return replace(facts, candidate=replace(facts.candidate, **built))


def failed_load(reason: str = "the load failed 3 times, last in run 1a2b3c4d; mend the cause") -> NightFacts:
    """A night with a load that was given up."""
    arrived = delivery("eligibility", "arrived")
    return facts_of(arrived, delivery("pharmacy_claim"), stuck=stuck(load_key(arrived), reason=reason))


def broken(feed: str = "eligibility", version: str = "1", **changes: Any) -> NightFacts:
    """A night with one quarantined delivery, and the other feed loaded."""
    other = "pharmacy_claim" if feed == "eligibility" else "eligibility"
    return facts_of(delivery(feed, "quarantined", version, **changes), delivery(other))  # type: ignore[arg-type]
