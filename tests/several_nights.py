"""Several clients' nights on one ledger, one landing zone and one clock, each driven as `World` drives one."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from acme_assets.environment import Platform
from acme_assets.feeds.completeness import FIRST_LOOK, Look
from acme_assets.warehouse.noticing import notice
from client_partitions.client import Client
from client_partitions.registry import Registry
from tests.world import ELIGIBILITY, PHARMACY, World, make_client


@dataclass
class Several:
    """The nights of some clients."""

    home: World
    clients: dict[str, Client] = field(
        default_factory=lambda: {name: make_client(client_id=name, landing=name) for name in ("one", "two")}
    )
    look: Look = field(default=FIRST_LOOK)

    @property
    def now(self) -> datetime:
        return self.home.now

    @property
    def registry(self) -> Registry:
        return Registry(dict(self.clients), {})

    def platform(self) -> Platform:
        return replace(self.home.platform(), registry=self.registry)

    def at(self, client_id: str, night: date) -> World:
        """One of the nights."""
        found = replace(self.home, client=self.clients[client_id], night=night)
        found.clock = self.home.clock  # type: ignore[method-assign]
        return found

    def put_all(self, client_id: str, night: date, pharmacy: str = PHARMACY) -> World:
        """The files that the client owes for a night, in the landing zone."""
        found = self.at(client_id, night)
        found.put("eligibility", ELIGIBILITY)
        found.put("pharmacy_claim", pharmacy)
        return found

    def notice(self) -> list[str]:
        """Look at the landing zone twice, as the arrivals sensor does; what came of each delivery."""
        outcomes = []
        for _ in range(2):
            found = notice(
                self.home.warehouse, self.home.zone, self.registry, self.look, self.home.clock(), lambda _: None
            )
            self.look = found.look
            outcomes += [item.outcome for item in found.recorded]
        return outcomes

    def build(self, client_id: str, night: date) -> World:
        """Load what has arrived, and build."""
        found = self.at(client_id, night)
        for feed, delivery in found.facts().deliveries.items():
            if delivery.is_pending:
                found.load(feed)
        found.build()
        return found

    def release(self, client_id: str, night: date) -> World:
        """The night, from files to what the client sees."""
        self.put_all(client_id, night)
        self.notice()
        found = self.build(client_id, night)
        found.approve()
        found.release()
        return found
