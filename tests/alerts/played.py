"""Causes and a house made up in a line, and a night that is played through the engine minute by minute."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from acme_assets.alerts.cause import Affected, Cause
from acme_assets.alerts.engine import Rung
from acme_assets.alerts.incident import Incident, Urgency
from acme_assets.alerts.rehearsal import Rehearsal
from acme_assets.alerts.urgency import Threshold
from client_partitions.client import Person

NIGHT = date(2026, 3, 10)
START = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
DEADLINE = START + timedelta(hours=6)
MINUTE = timedelta(minutes=1)

CORA = Person(name="Cora Client", email="cora@tiny.example")
ANNE, BERT, CLEO = (Person(name=name.title(), email=f"{name}@acme.example") for name in ("anne", "bert", "cleo"))


def affected(client_id: str = "tiny_health", **changes: Any) -> Affected:
    """A night that will miss its deadline, and that somebody could save for four hours yet."""
    drop_dead = START + timedelta(hours=4)
    values = {"p_miss": 0.9, "p_miss_if_done": 0.1, "drop_dead": drop_dead, "tier": "standard", "deadline": DEADLINE}
    return Affected(client_id, NIGHT, **(values | changes))


def cause(key: str = "load/tiny_health/2026-03-10", **changes: Any) -> Cause:
    """A load that is stuck since the start."""
    values: dict[str, Any] = {
        "kind": "load",
        "owner_group": "engineering",
        "owner": ANNE,
        "text": "the load of eligibility failed for good",
        "since": START,
        "affected": (affected(),),
        "fix": "acme explain tiny_health 2026-03-10",
    }
    return Cause(key, **(values | changes))


@dataclass
class MadeUpHouse:
    """A policy in plain figures: every person of the ladder `wait` after the one before."""

    ladder: Sequence[Person] = (ANNE, BERT, CLEO)
    wait: timedelta = timedelta(minutes=30)
    quiet_until: datetime | None = None
    """What is no page waits until then."""
    mute: str | None = None
    may: bool = True
    version: str = "v1"
    thresholds: dict[str, Threshold] = field(default_factory=lambda: {"standard": Threshold(0.5, 0.1)})
    damping: timedelta = timedelta(minutes=3)
    flapping_after: int = 3
    flapping_hold: timedelta = timedelta(minutes=30)
    reopens_within: timedelta = timedelta(hours=12)
    rearm_before: timedelta = timedelta(minutes=30)

    def muted(self, cause: Cause) -> str | None:
        return self.mute

    def rungs(self, incident: Incident) -> Sequence[Rung]:
        return [Rung(n, (person,), incident.armed_at + n * self.wait) for n, person in enumerate(self.ladder)]

    def may_go(self, person: Person, urgency: Urgency, at: datetime) -> datetime:
        return at if urgency == "page" or self.quiet_until is None else max(at, self.quiet_until)

    def channels(self, person: Person, urgency: Urgency) -> tuple[str, ...]:
        return ("email",)

    def words(self, incident: Incident, person: Person, urgency: Urgency) -> tuple[str, str]:
        return incident.text, incident.fix

    def may_write(self, person: Person, incident: Incident) -> bool:
        return self.may


@dataclass
class Played:
    """A night that is played: causes by minute."""

    house: MadeUpHouse = field(default_factory=MadeUpHouse)
    now: datetime = START
    of: Rehearsal = field(default_factory=Rehearsal)

    def play(self, minutes: int, causes: Sequence[Cause] | Callable[[datetime], Sequence[Cause]]) -> "Played":
        """So many ticks, a minute each."""
        for _ in range(minutes):
            self.of.tick(causes(self.now) if callable(causes) else causes, self.house, self.now)
            self.now += MINUTE
        return self

    @property
    def incident(self) -> Incident:
        """The only one."""
        (only,) = self.of.incidents.values()
        return only

    def act(self, change: Callable[..., Incident], *args: Any) -> None:
        """What Bert does to the only incident."""
        self.of.act(self.incident.incident_id, lambda item: change(item, *args, BERT.email, self.now), self.now)

    @property
    def told(self) -> list[tuple[str, int]]:
        """Who was told, and in which minute of the night."""
        return [(item.message.recipient.email, self.minute(item.sent_at)) for item in self.of.sent]

    def minute(self, at: datetime | None) -> int:
        """Minutes from the start."""
        assert at is not None
        return int((at - START) / MINUTE)
