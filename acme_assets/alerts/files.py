"""Causes at the senders': files that are late, or will be; hosts that are down; deliveries that break contracts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

from acme_assets.alerts.finding import Finding, clock, joined, listed, night_page
from acme_assets.alerts.known import Known, KnownNight, NightKey
from acme_assets.alerts.reasons import sort_of
from acme_assets.gates.statement import Statement
from acme_assets.nights.facts import DeliveryFact
from acme_assets.nights.status import Step
from client_partitions.calendar import due_at, late_at
from client_partitions.feeds import Feed

AT_RISK = 0.2
"""P(miss) above which a file that has still time is a cause, if it is likelier than not to come too late."""

ALIKE = 3
"""Clients of one night at which a trouble that they have in common is one trouble."""

HOST_CLIENTS = 2
"""Clients of one host that owe files, at which it is the host's."""


@dataclass(frozen=True)
class _Missing:
    feed: Feed
    due: datetime
    late: datetime
    is_late: bool


def deliveries(world: Known) -> list[Finding]:
    """One for each client night with files that are late, or that are forecast to come too late."""
    return [found for item in world.open_nights if (found := _delivery(world, item))]


def _delivery(world: Known, item: KnownNight) -> Finding | None:
    missing = [each for each in _missing(item, world.now) if each.is_late or _will_be_late(world, item, each)]
    if not missing:
        return None
    client, (client_id, day) = item.client, item.key
    late, likely = [each for each in missing if each.is_late], [each for each in missing if not each.is_late]
    parts = [f"{_named(late)} not delivered, due {clock(min(each.due for each in late), client)}"] if late else []
    if likely:
        due = clock(min(each.due for each in likely), client)
        parts.append(f"{_named(likely)} will likely come too late, due {due}")
    strays = _strays(world, client_id)
    since = [each.late for each in late]
    if likely and item.forecast:
        since.append(item.risk_since or item.forecast.made_at)
    return Finding(
        f"delivery/{client_id}/{day}",
        "delivery",
        "client",
        client.owners.client,
        f"{client_id} {day}: {'; '.join(parts)}{strays}",
        min(since),
        _chase(item, [each.feed for each in missing]),
        asked_for(item, [each.feed for each in missing]),
        night_page(f"feeds/{missing[0].feed}", item.key),
        {item.key: tuple(f"feeds/{each.feed}" for each in missing)},
    )


def _missing(item: KnownNight, now: datetime) -> list[_Missing]:
    """The files that are owed and not here, under the night's waivers and overrides."""
    day, client = item.status.business_date, item.client
    return [
        _Missing(feed, due_at(client, feed, day), late_at(client, feed, day), late_at(client, feed, day) <= now)
        for feed in sorted(client.feeds_owed(day))
        if feed not in item.night.facts.deliveries
    ]


def _will_be_late(world: Known, item: KnownNight, missing: _Missing) -> bool:
    if (item.key[0], missing.feed) in world.strangers:
        return False  # nobody is written to, let alone woken, for a guess
    node = item.node(f"feeds/{missing.feed}")
    if node is None or item.forecast is None or item.is_kept:
        return False
    return item.forecast.p_miss > AT_RISK and (node.p50 is None or node.p50 > node.drop_dead)


def _named(missing: Sequence[_Missing]) -> str:
    return listed(each.feed for each in missing)


def _strays(world: Known, client_id: str) -> str:
    """A late file may be here under another name."""
    count = sum(stray.client_id == client_id for stray in world.strays)
    if not count:
        return ""
    what = "a file in its folder is" if count == 1 else f"{count} files in its folder are"
    return f"; {what} of no delivery (acme status)"


def _chase(item: KnownNight, feeds: Sequence[Feed]) -> str:
    contact, (client_id, day) = item.client.owners.client, item.key
    waive = "; ".join(f"acme exception request {client_id} {feed} --kind may_be_missing --date {day}" for feed in feeds)
    return f"write to {contact.name} <{contact.email}>; if the night may go on without it: {waive}"


def asked_for(item: KnownNight, feeds: Sequence[str]) -> str:
    """The exceptions that were requested of these feeds and that nobody acknowledged."""
    asked = sorted((said for said in item.night.pending if said.subject.get("feed") in feeds), key=_made)
    return "; ".join(
        f"{said.subject['exception']} of {said.subject['feed']} requested by {said.signer} "
        f"{clock(said.made_at, item.client)}, not acknowledged: acme exception acknowledge {said.statement_id[:8]}"
        for said in asked
    )


def _made(said: Statement) -> tuple[datetime, str]:
    return said.made_at, said.statement_id


def hosts(world: Known, late: Sequence[Finding]) -> tuple[list[Finding], set[str]]:
    """One for each host from which nothing comes, and the deliveries that are its.

    Where one client's file is late or will be, and another of the same host owes a file that is past due, and nothing
    arrived of any client of the host since the first of those was due. Files of two clients that are some minutes past
    due, and within their grace, are no host that is down.
    """
    by_night = {key: found for found in late for key in found.holds}
    owing: dict[tuple[str, date], dict[NightKey, list[_Missing]]] = defaultdict(dict)
    for item in world.open_nights:
        past = [each for each in _missing(item, world.now) if each.due <= world.now]
        if (host := _host(item)) and (past or item.key in by_night):
            owing[host, item.status.business_date][item.key] = past
    found, taken = [], set[str]()
    for (host, day), nights in sorted(owing.items()):
        past_due = {key for key, past in nights.items() if past}
        joining = [by_night[key] for key in sorted(nights) if key in by_night]
        if len(past_due) < HOST_CLIENTS or not joining:
            continue
        first = min(each.due for past in nights.values() for each in past)
        if any(landed >= first for landed in _landed(world, host)):
            continue
        found.append(_down(world, host, day, nights, joining, first))
        taken |= {item.key for item in joining}
    return found, taken


def _host(item: KnownNight) -> str | None:
    return item.client.host


def _landed(world: Known, host: str) -> list[datetime]:
    of_host = [key for key, client in world.registry.clients.items() if client.host == host]
    return [world.last_landed[key] for key in of_host if key in world.last_landed]


def _down(
    world: Known, host: str, day: date, nights: dict[NightKey, list[_Missing]], joining: list[Finding], first: datetime
) -> Finding:
    holds = {key: tuple(f"feeds/{each.feed}" for each in past) for key, past in nights.items()}
    both = joined([*joining, replace(joining[0], holds=holds)])
    owners = [world.registry.clients[key[0]].owners for key in sorted(nights) if key[0] in world.registry.clients]
    contacts = listed((f"{one.client.name} <{one.client.email}>" for one in owners), 4)
    return Finding(
        f"host/{host}/{day}",
        "host",
        "engineering",
        owners[0].engineering if owners else world.engineering,
        f"nothing has come through {host} since {first:%H:%M} UTC: {len(nights)} clients owe files of {day} "
        f"({listed(key[0] for key in nights)})",
        min(item.since for item in joining),
        f"try to reach {host}; tell those who run it, and the clients' contacts: {contacts}",
        "; ".join(item.tried for item in joining if item.tried),
        joining[0].evidence,
        both,
    )


def contracts(world: Known) -> tuple[list[Finding], set[str]]:
    """One for each quarantined delivery; where several clients' break the same rule of one feed, one for them all."""
    found: list[Finding] = []
    alike: dict[tuple[Feed, str, date], list[Finding]] = defaultdict(list)
    for item in world.open_nights:
        for feed, delivery in sorted(item.night.facts.deliveries.items()):
            if delivery.state == "quarantined" and (step := item.step(f"feeds/{feed}")):
                found.append(_broken(world, item, delivery, step))
                alike[feed, found[-1].reason, item.status.business_date].append(found[-1])
    changes, taken = [], set[str]()
    for (feed, rule, day), same in sorted(alike.items()):
        if len(same) >= ALIKE:
            changes.append(_changed(world, feed, rule, day, same))
            taken |= {item.key for item in same}
    return [*found, *changes], taken


def _rule(world: Known, delivery: DeliveryFact) -> str:
    known = world.leading_rules.get(delivery.delivery_id)
    return known or f"unreadable {sort_of(delivery.reason or '')}"


def _broken(world: Known, item: KnownNight, delivery: DeliveryFact, step: Step) -> Finding:
    client, (client_id, day), feed = item.client, item.key, delivery.feed
    known = world.leading_rules.get(delivery.delivery_id)
    why = f"too many rows fail its contract, most by the rule {known}" if known else "it cannot be read as agreed"
    kind = "accept_quarantined" if known else "may_be_missing"
    contact = client.owners.client
    is_needed = feed in client.feeds_owed(day)
    return Finding(
        f"contract/{client_id}/{day}/{feed}",
        "contract",
        "client",
        contact,
        f"{client_id} {day}: {feed} quarantined, delivery {delivery.delivery_id[:12]}: {why}"
        + ("" if is_needed else "; the night does not wait for it"),
        delivery.state_at,
        f"send {contact.name} <{contact.email}> what acme explain {client_id} {day} says, and ask for the file again; "
        f"or: acme exception request {client_id} {feed} --kind {kind} --date {day}",
        asked_for(item, [feed]),
        night_page(f"raw/{feed}", item.key),
        {item.key: (step.name,)} if is_needed else {},
        _rule(world, delivery),
    )


def _changed(world: Known, feed: str, rule: str, day: date, same: list[Finding]) -> Finding:
    clients = sorted(item.key.split("/")[1] for item in same)
    owner = world.registry.clients[clients[0]].owners.engineering if clients[0] in world.registry.clients else None
    by = "cannot be read, alike" if rule.startswith("unreadable ") else f"break the rule {rule}"
    return Finding(
        f"contract change/{feed}/{rule}/{day}",
        "contract change",
        "engineering",
        owner or world.engineering,
        f"{feed} of {day} of {len(clients)} clients {by}: {listed(clients)}",
        sorted(item.since for item in same)[ALIKE - 1],
        f"acme explain {clients[0]} {day}; compare with the night before: a vendor's new format, or a change of ours",
        "; ".join(item.tried for item in same if item.tried),
        same[0].evidence,
        joined(same),
    )


def behind_zone(world: Known, late: Sequence[Finding]) -> set[str]:
    """Deliveries that may be here and unseen: all that they miss was due since the landing zone cannot be listed."""
    if world.zone is None:
        return set()
    due = {(item.key, each.feed): each.due for item in world.open_nights for each in _missing(item, world.now)}
    unseen = set()
    for found in late:
        feeds = [(key, cast(Feed, name.removeprefix("feeds/"))) for key, names in found.holds.items() for name in names]
        if feeds and all(due.get(each, world.zone.since) >= world.zone.since for each in feeds):
            unseen.add(found.key)
    return unseen
