"""One look at the ledger, assessed: everything that a board, its nights and its queues are made from."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from acme_assets.alerts.incident import Incident
from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.decision import decide
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import GateDecision, NightFacts
from acme_assets.nights.status import NightStatus, assess
from acme_assets.warehouse.forecasts import StoredForecast
from acme_assets.warehouse.messages import StoredMessage
from acme_assets.warehouse.tonight import StrayFile, Tonight, read_tonight
from client_partitions.calendar import business_date_in_hand
from client_partitions.client import Client
from client_partitions.people import Roster
from client_partitions.registry import Registry

NightKey = tuple[str, date]


@dataclass(frozen=True)
class Assessed:
    """One client night under its terms, with what the gate and the chain say."""

    night: Night
    gate: GateDecision
    status: NightStatus

    @property
    def key(self) -> NightKey:
        """Client id and business date."""
        return self.status.client_id, self.status.business_date

    @property
    def client(self) -> Client:
        """As the terms of this night have it."""
        return self.night.client


@dataclass(frozen=True)
class Look:
    """What the ledger had, judged by one clock and one roster."""

    now: datetime
    registry: Registry
    roster: Roster = field(default_factory=Roster)
    nights: Mapping[NightKey, Assessed] = field(default_factory=dict)
    """Those on the board, and open ones of earlier business dates."""
    in_hand: frozenset[NightKey] = frozenset()
    """Those on the board."""
    forecasts: Mapping[NightKey, StoredForecast] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    strays: tuple[StrayFile, ...] = ()
    messages: tuple[StoredMessage, ...] = ()

    @cached_property
    def incidents_of(self) -> Mapping[NightKey, tuple[Incident, ...]]:
        """The live incidents that hold up each night."""
        found = defaultdict[NightKey, list[Incident]](list)
        for incident in self.incidents:
            for item in incident.affected:
                found[item.client_id, item.business_date].append(incident)
        return {key: tuple(items) for key, items in found.items()}


def look(platform: Platform, on: date | None = None) -> Look:
    """Read the nights of one business date; of none, each client's own in hand and the earlier ones that are open.

    Raises:
        WarehouseUnavailable: the ledger cannot be read.
    """
    now, roster, clients = platform.clock(), platform.roster(), platform.registry.clients
    keys = {(client_id, on or business_date_in_hand(client, now)) for client_id, client in clients.items()}
    with platform.warehouse.begin() as connection:
        found = read_tonight(connection, keys, None if on else now.date() - LOOKBACK, now)
    return assessed(found, platform.registry, roster, frozenset(keys), now)


def assessed(found: Tonight, registry: Registry, roster: Roster, in_hand: frozenset[NightKey], now: datetime) -> Look:
    """Judge what was read. Nights of clients that are not in the registry any more are left out."""
    nights = {
        key: assess_one(registry.clients[key[0]], facts, roster, now)
        for key, facts in sorted(found.facts.items())
        if key[0] in registry.clients
    }
    open_nights = {key: item for key, item in nights.items() if key in in_hand or item.status.state != "released"}
    return Look(
        now, registry, roster, open_nights, in_hand, found.forecasts, found.incidents, found.strays, found.messages
    )


def assess_one(client: Client, facts: NightFacts, roster: Roster, now: datetime) -> Assessed:
    """One night: its terms, the gate, the chain."""
    night = night_of(client, facts, roster, now)
    gate = decide(night)
    return Assessed(night, gate, assess(night.client, night.facts, gate, now))
