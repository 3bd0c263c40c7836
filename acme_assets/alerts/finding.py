"""What a rule found, before the client nights that it holds up are reckoned: and how they are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import prod

from acme_assets.alerts.cause import Affected, Cause, CauseKind
from acme_assets.alerts.known import Known, KnownNight, NightKey
from acme_assets.sla.result import NightForecast, NodeForecast
from client_partitions.client import Client, OwnerGroup, Person

_LEFT = 0.1
"""Risk that is left of a night whose files are all here by their drop-dead time: that is how the forecast sets it."""

_LATE_FOR_SURE, _LATE_OR_NOT, _IN_TIME = 0.9, 0.3, 0.05
"""Taken for the risk of a file's being too late: by whether its P50, and its P90, lie before its drop-dead time."""


@dataclass(frozen=True)
class Finding:
    """A cause without its client nights."""

    key: str
    kind: CauseKind
    owner_group: OwnerGroup
    owner: Person
    text: str
    since: datetime
    """When it began, and not when it was seen: a cause is damped from then on."""
    fix: str
    tried: str = ""
    evidence: str = ""
    holds: Mapping[NightKey, tuple[str, ...]] = field(default_factory=dict)
    """Client night to the dependencies of it that wait for this."""
    reason: str = ""
    """Equal for what fails alike. Never shown: it comes from a message that may hold anything."""


def as_causes(findings: Iterable[Finding], world: Known) -> list[Cause]:
    """The causes, by key, with what each client night could still be saved from.

    What is left of a night's risk is reckoned as if everything that holds it were done, not this cause alone: of two
    files of two owners, neither saves anything without the other, and both must be told.
    """
    found = sorted(findings, key=lambda item: item.key)
    nights = {item.key: item for item in world.nights}
    holding: dict[NightKey, set[str]] = defaultdict(set)
    for item in found:
        for key, names in item.holds.items():
            holding[key].update(names)
    affected = {key: _affected(nights[key], holding[key], world.now) for key in holding if key in nights}
    return [
        Cause(
            item.key, item.kind, item.owner_group, item.owner, item.text, item.since,
            tuple(affected[key] for key in sorted(item.holds) if key in affected),
            item.fix, item.tried, item.evidence,
        )
        for item in found
    ]  # fmt: skip


def _affected(item: KnownNight, names: set[str], now: datetime) -> Affected:
    client_id, day = item.key
    tier, deadline = item.client.tier, item.status.deadline
    if item.is_kept:
        return Affected(client_id, day, deadline, tier, 0.0, 0.0)
    if item.forecast is None:
        return Affected(client_id, day, deadline, tier)
    nodes = [node for node in item.forecast.nodes if node.name in names]
    drop_dead = min((node.drop_dead for node in nodes), default=None)
    left = p_miss_if_done(item.forecast, nodes, now) if nodes else None
    return Affected(client_id, day, deadline, tier, item.forecast.p_miss, left, drop_dead)


def p_miss_if_done(forecast: NightForecast, nodes: Sequence[NodeForecast], now: datetime) -> float:
    """Probability of a miss were these dependencies done at this moment.

    The forecast says it of one at a time. Of several feeds at once it is made up from what it says of the others: how
    much of the night's last part fits before the deadline, and whether the files that are left come in time. That is
    right to 0.15 or so; the square is the shape that the forecast itself has there.
    """
    feeds = [node for node in nodes if node.name.startswith("feeds/")]
    alone = min([node.p_miss_if_done for node in feeds or nodes] + [forecast.p_miss])
    if len(feeds) < 2:
        return alone
    drop_dead, spare = feeds[0].drop_dead, (forecast.deadline - now).total_seconds()
    room = (forecast.deadline - feeds[0].drop_dead).total_seconds()
    left = min(max(spare / room, 0.0), 1.0) if room > 0 else float(now < drop_dead)
    rest = 1 - (1 - _LEFT) * left**2
    others = [node for node in forecast.nodes if node.name.startswith("feeds/") and node not in feeds]
    return min(alone, 1 - (1 - rest) * prod(1 - _too_late(node) for node in others))


def _too_late(node: NodeForecast) -> float:
    if node.p90 and node.p90 <= node.drop_dead:
        return _IN_TIME
    return _LATE_OR_NOT if node.p50 and node.p50 <= node.drop_dead else _LATE_FOR_SURE


def clock(moment: datetime, client: Client) -> str:
    """A moment on the client's own clock."""
    return f"{moment.astimezone(client.zone):%a %H:%M %Z}"


def minute(moment: datetime) -> str:
    """A moment for our own people."""
    return f"{moment:%H:%M} UTC"


def listed(names: Iterable[str], most: int = 6) -> str:
    """Names in order; of many, the first and how many more."""
    every = sorted(set(names))
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def night_page(asset: str, key: NightKey) -> str:
    """Path of a client night's page of Dagster's, of an asset."""
    return f"/assets/{asset}?view=partitions&partition={key[0]}%7C{key[1]}"


def joined(findings: Iterable[Finding]) -> dict[NightKey, tuple[str, ...]]:
    """What several findings hold."""
    found: dict[NightKey, set[str]] = defaultdict(set)
    for item in findings:
        for key, names in item.holds.items():
            found[key].update(names)
    return {key: tuple(sorted(names)) for key, names in found.items()}
