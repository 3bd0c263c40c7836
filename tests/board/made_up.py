"""A warehouse that can be taken away, one that counts what it is asked, and stored forecasts and incidents."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, event

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.incident import Incident
from acme_assets.environment import Platform
from acme_assets.sla.result import NightForecast, NodeForecast
from acme_assets.warehouse.deadlines import store_forecasts
from acme_assets.warehouse.incidents import store
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import WarehouseUnavailable
from client_partitions.client import OwnerGroup, Person
from tests.world import MORNING, NIGHT, World

GONE = "the embedded PostgreSQL does not answer; start it with `acme stack up`"


@dataclass
class Away:
    """A warehouse that raises while it is away, and counts its statements and the transactions that were begun."""

    real: PostgresWarehouse
    is_away: bool = False
    statements: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        event.listen(self.real._engine, "before_cursor_execute", self._count)

    def _count(self, connection: Connection, cursor: object, statement: str, *_: object) -> None:
        self.statements.append(statement)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        if self.is_away:
            raise WarehouseUnavailable(GONE)
        with self.real.begin() as connection:
            yield connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@dataclass
class Stopped:
    """A clock that goes only when it is told to."""

    now: datetime = MORNING

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


def platform_of(world: World, warehouse: Any, clock: Any) -> Platform:
    """The world's platform with another warehouse and clock."""
    known = world.platform()
    return Platform(known.registry, warehouse, known.zone, clock, known.roster, known.service)


def store_forecast(
    world: World,
    p_miss: float,
    deadline: datetime,
    made_at: datetime = MORNING,
    driver: str = "feeds/pharmacy_claim",
    group: OwnerGroup = "client",
) -> None:
    """A stored forecast whose risk is all due to one step."""
    p50, p90 = deadline - timedelta(minutes=30), deadline + timedelta(minutes=20)
    node = NodeForecast(driver, group, p50, p90, 0.0, 1.0, 0.1, deadline - timedelta(minutes=90))
    made = NightForecast(world.client.client_id, NIGHT, deadline, made_at, p_miss, p50, p90, (node,))
    with world.warehouse.begin() as connection:
        store_forecasts(connection, [made])


def store_incident(world: World, deadline: datetime, night: date = NIGHT, incident_id: str = "abc123") -> Incident:
    """An open incident about the world's client night."""
    affected = Affected(world.client.client_id, night, deadline, "standard", 0.8, 0.1)
    cora = Person(name="Cora Client", email="cora@tiny.example")
    incident = Incident(
        incident_id, "delivery/tiny_health", "delivery", "client", cora,
        "pharmacy_claim of tiny_health is late", (affected,), "write to Cora", "", "", "open", "notify", MORNING, "v1",
        MORNING, MORNING,
    )  # fmt: skip
    with world.warehouse.begin() as connection:
        store(world.warehouse, connection, [incident], MORNING)
    return incident
