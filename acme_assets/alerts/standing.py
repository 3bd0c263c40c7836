"""Causes as they are told: with what the facts alone cannot say, because it lies in what was told already. Pure.

- A cause of several clients that is mended client by client stays one until the last of them: a host that is back sends
  one file after the other, and four mails for the four that are still to come would be four too many.
- A host that is down makes late what is not due yet, too: that joins it, though by itself it says only that a night
  will miss.
- A queue that nobody works on: the forecast takes for granted that analysts sign, as they do on other nights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from acme_assets.alerts.cause import Affected, Cause, CauseKind
from acme_assets.alerts.finding import listed
from acme_assets.alerts.incident import Incident
from client_partitions.client import Client

PARTS: Mapping[CauseKind, tuple[CauseKind, ...]] = {
    "host": ("delivery", "pace"),
    "landing zone": ("delivery",),
    "contract change": ("contract",),
    "warehouse": ("load", "build", "release"),
    "queue": ("sign-off", "suite", "drift"),
    "backlog": ("pace",),
}
"""A cause of several clients, and what it falls apart into."""

NightKey = tuple[str, date]


def standing(
    found: Sequence[Cause], live: Sequence[Incident], clients: Mapping[str, Client] = MappingProxyType({})
) -> list[Cause]:
    """The causes that stand, by key.

    Args:
        live: incidents that are not resolved.
        clients: who sends through which host.
    """
    causes = {cause.key: cause for cause in found}
    on_their_own = {incident.key for incident in live}
    for incident in sorted(live, key=lambda item: (item.opened_at, item.key)):
        if incident.kind not in PARTS:
            continue
        parts = [
            item
            for key, item in sorted(causes.items())
            if key not in on_their_own and _is_part(item, incident, clients)
        ]
        if parts:
            causes[incident.key] = _together(causes.get(incident.key), incident, parts)
            for part in parts:
                del causes[part.key]
    return [_unsigned(cause) if cause.kind == "queue" else cause for _, cause in sorted(causes.items())]


def _is_part(cause: Cause, incident: Incident, clients: Mapping[str, Client]) -> bool:
    if cause.kind not in PARTS[incident.kind] or not cause.affected:
        return False
    if incident.kind == "contract change" and cause.key.rpartition("/")[2] != incident.key.split("/")[1]:
        return False  # of another feed
    nights = {*_nights(cause.affected)}
    return nights <= {*_nights(incident.affected)} or (
        incident.kind == "host" and all(incident.key == _host_key(night, clients) for night in nights)
    )


def _host_key(night: NightKey, clients: Mapping[str, Client]) -> str | None:
    client = clients.get(night[0])
    return f"host/{client.host}/{night[1]}" if client and client.host else None


def _nights(affected: Sequence[Affected]) -> dict[NightKey, Affected]:
    return {(item.client_id, item.business_date): item for item in affected}


def _together(whole: Cause | None, incident: Incident, parts: Sequence[Cause]) -> Cause:
    """The cause of several with those that are left of it."""
    affected = {night: item for part in parts for night, item in _nights(part.affected).items()}
    if whole:
        affected |= _nights(whole.affected)
        return replace(whole, affected=tuple(affected[night] for night in sorted(affected)))
    left = listed(client_id for client_id, _ in affected)
    text = f"{incident.kind} {incident.key.split('/')[1]}: {len(affected)} client nights are left of it ({left})"
    return Cause(
        incident.key, incident.kind, incident.owner_group, incident.owner, text, incident.opened_at,
        tuple(affected[night] for night in sorted(affected)), incident.fix, incident.tried, incident.evidence,
    )  # fmt: skip


def _unsigned(cause: Cause) -> Cause:
    """What nobody signs is missed."""
    affected = [item if item.p_miss is None else replace(item, p_miss=1.0) for item in cause.affected]
    return replace(cause, affected=tuple(affected))
