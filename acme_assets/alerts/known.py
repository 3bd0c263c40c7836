"""Everything that causes are found from, as plain values, as of one moment. What reads it is `warehouse.known`.

No text in here is shown to anybody but names, counts and hashes: a database's message may hold a value of a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from acme_assets.gates.terms import Night
from acme_assets.nights.facts import Stage
from acme_assets.nights.status import NightStatus, Step
from acme_assets.sla.night import Desk
from acme_assets.sla.result import NightForecast, NodeForecast
from client_partitions.client import Client, OwnerGroup, Person
from client_partitions.feeds import Feed
from client_partitions.people import Roster
from client_partitions.registry import Registry

if TYPE_CHECKING:  # it needs numpy, which a process that forks must not import
    from acme_assets.sla.history import History

NightKey = tuple[str, date]

QUIET_AFTER = timedelta(minutes=5)
"""A service that gave no sign of life for so long is silent. Dagster's daemon may take minutes for a tick."""


@dataclass(frozen=True)
class KnownNight:
    """One client night."""

    night: Night
    status: NightStatus
    forecast: NightForecast | None = None
    """None: it is released, or nobody forecast it."""
    risk_since: datetime | None = None
    """Since when the stored forecasts have said without a break that its deadline is at risk."""

    @property
    def key(self) -> NightKey:
        """Client id and business date."""
        return self.status.client_id, self.status.business_date

    @property
    def client(self) -> Client:
        """The client, under the terms of this night."""
        return self.night.client

    @property
    def is_kept(self) -> bool:
        """Whether a release that stands was made by the deadline: what holds the next one makes nobody miss it."""
        live = self.night.facts.live_release
        gone = {item.subject.get("release_id") for item in self.night.statements if item.kind == "withdrawal"}
        return live is not None and live.release_id not in gone and live.released_at <= self.status.deadline

    def step(self, name: str) -> Step | None:
        """One dependency, as `status` has it."""
        return next((step for step in self.status.steps if step.name == name), None)

    def node(self, name: str) -> NodeForecast | None:
        """The same, as the forecast has it."""
        return next((node for node in self.forecast.nodes if node.name == name), None) if self.forecast else None


@dataclass(frozen=True)
class Heartbeat:
    """A service's last sign of life."""

    service: str
    beat_at: datetime | None
    """None: it never gave one."""
    allowed: timedelta = QUIET_AFTER


@dataclass(frozen=True)
class StrayFile:
    """A file that is of no delivery, without its name: that may be anything."""

    owner_group: OwnerGroup
    client_id: str | None
    first_seen_at: datetime


@dataclass(frozen=True)
class Outage:
    """Something that does not answer, since some time. `what` is of an error: its kind, never its message."""

    since: datetime
    what: str


@dataclass(frozen=True)
class AuditCheck:
    """What the last verification of the audit log found."""

    checked_at: datetime
    findings: tuple[str, ...]
    """Kinds of the findings, one each: altered, checkpoint, statement and so on."""


@dataclass(frozen=True)
class FailedRun:
    """A run of Dagster's that failed, with the nights that it was for."""

    run_id: str
    stage: Stage
    failed_at: datetime
    nights: tuple[NightKey, ...]


@dataclass(frozen=True)
class StaleAsset:
    """An asset whose freshness policy fails."""

    name: str
    """deliveries/<client> or dashboards/<client>."""
    since: datetime
    """When it began to fail: Dagster writes that down once, however often it looks."""

    @property
    def client_id(self) -> str:
        """Whose it is."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class Throughput:
    """How fast a stage works."""

    stage: Literal["load", "build"]
    slots: int
    """Client nights at once."""
    minutes_each: float


@dataclass(frozen=True)
class Known:
    """All that is known at a moment. What nobody looked at is empty or None."""

    now: datetime
    registry: Registry
    roster: Roster = field(default_factory=Roster)
    desk: Desk = field(default_factory=dict)
    """The analysts' shifts."""
    nights: tuple[KnownNight, ...] = ()
    leading_rules: Mapping[str, str] = field(default_factory=dict)
    """Id of a quarantined delivery to the contract rule, with its column, that most of its rows fail."""
    last_landed: Mapping[str, datetime] = field(default_factory=dict)
    """Client id to when its newest file landed, of any night."""
    last_signature: datetime | None = None
    """When an analyst last signed anything."""
    recorded: Mapping[str, datetime] = field(default_factory=dict)
    """Id of a statement to when it was recorded."""
    heartbeats: tuple[Heartbeat, ...] = ()
    strays: tuple[StrayFile, ...] = ()
    audit: AuditCheck | None = None
    zone: Outage | None = None
    """The landing zone cannot be listed."""
    failed_runs: tuple[FailedRun, ...] = ()
    stale_assets: tuple[StaleAsset, ...] = ()
    throughput: tuple[Throughput, ...] = ()
    strangers: frozenset[tuple[str, Feed]] = frozenset()
    """Client id and feed, of whose nights too few are known: what is forecast of them is a guess until they
    are late."""

    @property
    def open_nights(self) -> tuple[KnownNight, ...]:
        """Those that are not released, by client id and business date."""
        return tuple(sorted((item for item in self.nights if item.status.state != "released"), key=lambda it: it.key))

    @property
    def engineering(self) -> Person:
        """Who answers where no client's file says it."""
        clients = self.registry.clients
        if clients:
            return clients[min(clients)].owners.engineering
        roles = {"engineering", "on_call"}
        able = [item for _, item in sorted(self.roster.people.items()) if roles & {*item.roles}]
        return Person(name=able[0].name, email=able[0].email) if able else NOBODY


FAMILIAR = 5
"""Nights from which on a sender's ways are known a little."""


def strangers(clients: Mapping[str, Client], history: "History") -> frozenset[tuple[str, Feed]]:
    """The feeds of which fewer nights than that taught anything: of a new client, or after a new beginning."""
    known = {(sender.client_id, sender.feed) for sender in history.arrivals.familiar(FAMILIAR)}
    return frozenset(
        (client_id, feed) for client_id, client in clients.items() for feed in client.feeds
        if (client_id, feed) not in known
    )  # fmt: skip


NOBODY = Person(name="engineering", email="engineering@nobody.invalid")
"""Where neither a client's file nor people.yaml can be read: the escalation policy still reaches somebody."""
