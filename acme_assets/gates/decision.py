"""The QA gate: one pure decision that status, checks, the sensor and the release transaction share."""

from datetime import datetime

from acme_assets.nights.facts import GateDecision, NightFacts, SignOffFact
from acme_assets.nights.status import NightStatus, assess
from client_partitions.client import Client


def decide(client: Client, facts: NightFacts) -> GateDecision:
    """The gate of one client night. Whatever is missing or unknown holds it shut."""
    candidate = facts.candidate
    if candidate is None:
        return GateDecision(False, "there is no candidate: the marts are not built")
    if candidate.inputs_key != facts.inputs_key or any(item.state == "arrived" for item in facts.deliveries.values()):
        return GateDecision(False, "the deliveries changed after the candidate was built")
    missing = [feed for feed in client.feeds_owed(facts.business_date) if feed not in facts.inputs]
    if missing:
        return GateDecision(False, f"the candidate was built without {', '.join(missing)}, which the client owes")
    covering = [item for item in facts.sign_offs if item.evidence_digest == candidate.evidence_digest]
    if not covering:
        earlier = ", though an earlier candidate was signed" if facts.sign_offs else ""
        return GateDecision(
            False,
            f"no QA sign-off covers candidate {candidate.evidence_digest[:12]}{earlier}; "
            f"review with: acme qa show {facts.client_id} {facts.business_date}",
        )
    analysts = {analyst.email for analyst in client.owners.qa}

    def shuts(item: SignOffFact) -> bool:
        return item.decision == "rejected" or item.analyst not in analysts

    # Of two at the same moment, the one that holds the gate shut counts as the later.
    latest = max(covering, key=lambda item: (item.signed_at, shuts(item), item.sign_off_id))
    if latest.analyst not in analysts:
        return GateDecision(False, f"{latest.analyst} is no QA analyst of {client.client_id}", latest)
    if latest.decision == "rejected":
        return GateDecision(False, f"rejected by {latest.analyst}: {latest.reason or 'no reason given'}", latest)
    return GateDecision(True, f"approved by {latest.analyst}", latest)


def assess_night(client: Client, facts: NightFacts, now: datetime) -> NightStatus:
    """The whole assessment of a client night: the gate's decision, and the chain with it."""
    return assess(client, facts, decide(client, facts), now)
