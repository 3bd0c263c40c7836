"""From everything that is known to root causes: every true cause is there, and no symptom of one. Pure.

Rules find; what is part of a larger cause joins it; what a client night could be saved from is reckoned last. The same
facts give the same causes in the same order, whatever order they come in.
"""

from datetime import datetime

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.files import behind_zone, contracts, deliveries, hosts
from acme_assets.alerts.finding import Finding, as_causes
from acme_assets.alerts.known import Known, KnownNight
from acme_assets.alerts.platform import audit_chain, forgeries, freshness, landing_zone, registry, silence
from acme_assets.alerts.sign_offs import exceptions, queue, sign_offs
from acme_assets.alerts.work import backlog, stuck, warehouse, withdrawn
from client_partitions.calendar import late_at

LIKELY = 0.5
"""P(miss) from which on a night that no other cause is about is one by itself."""


def causes(world: Known) -> list[Cause]:
    """The root causes as of `world.now`, by key."""
    found = [*_at_senders(world), *_at_work(world), *_at_qa(world)]
    found += exceptions(world, found)
    found += forgeries(world)
    covered = {key for item in found for key in item.holds}
    found += [_pace(item) for item in world.open_nights if item.key not in covered and _will_miss(item, world.now)]
    covered = {key for item in found for key in item.holds}
    found += freshness(world, covered)
    found += [*registry(world), *audit_chain(world), *silence(world)]
    by_key = {item.key: item for item in reversed(found)}
    return as_causes(by_key.values(), world)


def _at_senders(world: Known) -> list[Finding]:
    late = deliveries(world)
    unseen = behind_zone(world, late)
    zone = landing_zone(world, (item for item in late if item.key in unseen))
    late = [item for item in late if item.key not in unseen]
    down, of_hosts = hosts(world, late)
    late = [item for item in late if item.key not in of_hosts]
    broken, of_changes = contracts(world)
    return [*zone, *down, *late, *(item for item in broken if item.key not in of_changes)]


def _at_work(world: Known) -> list[Finding]:
    failing = stuck(world)
    alike, taken = warehouse(world, failing)
    return [*alike, *(item for item in failing if item.key not in taken), *withdrawn(world), *backlog(world)]


def _at_qa(world: Known) -> list[Finding]:
    waiting = sign_offs(world)
    queues, taken = queue(world, waiting)
    return [*queues, *(item for item in waiting if item.key not in taken)]


def _will_miss(item: KnownNight, now: datetime) -> bool:
    """Most of the risk must be ours, or overdue: what is left to a file that has time, and that will likely come in
    time, is its sender's, and nobody can do anything about it."""
    if item.forecast is None or item.forecast.p_miss < LIKELY or item.is_kept:
        return False
    driver = item.forecast.driver.name.removeprefix("feeds/") if item.forecast.driver else ""
    feed = next((name for name in item.client.feeds if name == driver), None)
    return feed is None or late_at(item.client, feed, item.status.business_date) <= now


def _pace(item: KnownNight) -> Finding:
    """A night that will miss, and nothing says why."""
    client_id, day = item.key
    assert item.forecast is not None
    driver = item.forecast.driver
    most = f", most of it {driver.name}" if driver else ""
    return Finding(
        f"pace/{client_id}/{day}", "pace", "engineering", item.client.owners.engineering,
        f"{client_id} {day} will likely miss its deadline, and nothing is held{most}",
        item.risk_since or item.forecast.made_at, f"acme sla show {client_id} {day} says what would help",
        holds={item.key: (driver.name,) if driver else ()},
    )  # fmt: skip
