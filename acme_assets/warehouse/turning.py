"""One turn of the alerts on the ledger: read the incidents, let the engine decide, store what it decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.engine import Change, Turn, turn
from acme_assets.alerts.house import PolicyHouse, Written
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import Staff
from acme_assets.alerts.standing import standing
from acme_assets.warehouse.alerting import Committed, commit_turn
from acme_assets.warehouse.incidents import read_recent
from acme_assets.warehouse.messages import read_messages
from acme_assets.warehouse.policies import read_policies, take_policy
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.escalation import Policy

SEEN_EVERY = timedelta(minutes=1)
"""How old the figures of an incident may be whose cause stands as it stood: a write for each would be the fleet's
every tick."""

RISK = 0.05
"""A change of a probability that a reader would care for."""


@dataclass
class Policies:
    """Those that were in force since incidents that are live were opened. A process keeps them: they never change."""

    known: dict[str, Policy] = field(default_factory=dict)


def _read_policies(
    connection: Connection, known: Mapping[str, Policy], policy: Policy, incidents: Sequence[Incident], now: datetime
) -> dict[str, Policy]:
    """Those of the incidents and today's, which is put on record where it is not."""
    wanted = {policy.version, *(item.policy for item in incidents)}
    if wanted <= known.keys():
        return dict(known)
    found = {**known, **read_policies(connection)}
    take_policy(connection, policy, found, now)
    # Of a version that cannot be read any more, incidents go by today's: it is not looked for again.
    return found | dict.fromkeys(wanted - found.keys(), policy)


@dataclass(frozen=True)
class Turned:
    """What a turn did."""

    made: Turn
    committed: Committed


def take_turn(
    warehouse: Warehouse,
    policy: Policy,
    staff: Staff,
    causes: Sequence[Cause],
    now: datetime,
    policies: Policies,
    site: str = "",
) -> Turned:
    """Decide what becomes of every incident and who is told, and commit it. Killed anywhere, it is taken again."""
    with warehouse.begin() as connection:
        read = read_recent(connection, now - timedelta(hours=policy.reopen_within_hours))
        live = [item for item in read if item.is_live]
        in_force = _read_policies(connection, policies.known, policy, live, now)
        by_id = {item.incident_id: item for item in read}
        messages = read_messages(connection, incident_ids=[*by_id]) if by_id else []
    policies.known = in_force
    written = [
        Written(
            item.message.message_id, item.message.recipient.email, by_id[item.message.incident_id], item.message.due_at
        )
        for item in messages
        if item.message.incident_id in by_id and item.state in ("due", "sending", "sent")
    ]
    house = PolicyHouse(policy, staff, now, policies.known, written, site)
    made = turn(live, [item for item in read if not item.is_live], standing(causes, live, staff.clients), house, now)
    known = {item.message.message_id for item in messages}
    fresh = replace(
        made,
        changes=[change for change in made.changes if is_worth_storing(change, by_id)],
        messages=[item for item in made.messages if item.message_id not in known],
    )
    return Turned(fresh, commit_turn(warehouse, fresh, read, now))


def is_worth_storing(change: Change, before: Mapping[str, Incident]) -> bool:
    """Whether an incident's change says something to a reader, or the stored figures are old."""
    incident = change.incident
    old = before.get(incident.incident_id)
    if old is None or change.happening != "seen":
        return True
    return incident.seen_at - old.seen_at >= SEEN_EVERY or _shown(incident) != _shown(old) or _risk_moved(incident, old)


def _shown(incident: Incident) -> tuple[object, ...]:
    drop_dead = incident.drop_dead.replace(second=0, microsecond=0) if incident.drop_dead else None
    nights = [(item.client_id, item.business_date, item.deadline) for item in incident.affected]
    return (
        incident.state, incident.urgency, incident.armed_at, incident.kind, incident.text, incident.owner, incident.fix,
        incident.tried, incident.evidence, drop_dead, nights,
    )  # fmt: skip


def _risk_moved(incident: Incident, old: Incident) -> bool:
    pairs = zip(incident.affected, old.affected, strict=True)
    risks = [(new.p_miss or 0.0, was.p_miss or 0.0) for new, was in pairs]
    return any(abs(new - was) >= RISK for new, was in risks)
