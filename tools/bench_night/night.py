"""The night to be driven: the fleet, the plan and every file of it, made before the clock starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from acme_assets.simulation.fleet import write_fleet
from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.generator import GeneratedFile
from acme_assets.simulation.night_plan import Arrival, NightPlan, plan_night
from client_partitions.client import Client
from client_partitions.registry import load_registry

Content = Mapping[str, frozenset[str]]
"""Feed to the SHA-256 of each of its files."""


@dataclass(frozen=True)
class Settings:
    """What the environment asks for."""

    clients: int
    seed: int
    minutes: float
    """Into how many minutes of wall the arrivals are compressed."""
    limit_minutes: float
    """After how many minutes the night is given up."""
    keep: bool

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        """From the environment. As many arrivals a minute whatever the number of clients: about 80."""
        clients = int(env.get("CLIENTS") or 180)
        minutes = float(env.get("MINUTES") or max(1.0, clients / 12))
        limit = float(env.get("LIMIT_MINUTES") or minutes + 45)
        return cls(clients, int(env.get("SEED") or 0), minutes, limit, env.get("KEEP", "") not in ("", "0"))


@dataclass(frozen=True)
class Night:
    """One business date's night, ready to be delivered."""

    business_date: date
    clients: Mapping[str, Client]
    plan: NightPlan
    files: tuple[tuple[GeneratedFile, ...], ...]
    """Of each arrival of the plan."""

    def last_content(self) -> dict[str, Content]:
        """By client, what each feed's files hold once everything has arrived."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for arrival, files in zip(self.plan.arrivals, self.files, strict=True):
            of_feed = found.setdefault(arrival.client_id, {}).setdefault(arrival.feed, {})
            of_feed.update({file.path: sha256(file.content).hexdigest() for file in files})
        return {
            client_id: {feed: frozenset(files.values()) for feed, files in feeds.items()}
            for client_id, feeds in found.items()
        }


def prepare_night(folder: Path, settings: Settings) -> Night:
    """Write the fleet's registry files to a folder; plan the night and make its files.

    The business date is two days back: all due times and deadlines are past, in every zone.
    """
    write_fleet(folder, settings.clients, settings.seed)
    clients = load_registry(folder).clients
    business_date = datetime.now(UTC).date() - timedelta(days=2)
    plan = plan_night(list(clients.values()), business_date, settings.seed)
    plan = plan.compressed(timedelta(minutes=settings.minutes))

    def made(arrival: Arrival) -> tuple[GeneratedFile, ...]:
        return tuple(files_of(clients[arrival.client_id], business_date, settings.seed, arrival))

    return Night(business_date, clients, plan, tuple(made(arrival) for arrival in plan.arrivals))
