"""A simulated world of client nights with known truth, to judge the forecast on: clients with their ways, and time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from acme_assets.simulation.demo import DELE, INGRID
from acme_assets.simulation.sla_habits import Habits, draw_habits, spells
from acme_assets.simulation.sla_log import SimulatedNight
from acme_assets.simulation.sla_night import Simulation
from acme_assets.sla.night import Desk, Shift

SLOTS = 16
"""Loads and builds that run at once."""

_OFFICE = ZoneInfo("America/Chicago")
_HOURS: Mapping[str, tuple[time, timedelta]] = {
    INGRID: (time(23, 0), timedelta(hours=9)),
    DELE: (time(2, 30), timedelta(hours=9)),
}
"""When each analyst's shift begins by the office's clock, and how long it is."""


@dataclass(frozen=True)
class World:
    """Clients with their ways. Each business date follows from the seed and the date alone."""

    habits: tuple[Habits, ...]
    seed: int
    slots: int = SLOTS

    def night(self, business_date: date) -> SimulatedNight:
        """What happens to one business date's nights, to the end."""
        rng = np.random.default_rng([self.seed, 2, business_date.toordinal()])
        desk = {who: tuple(_shift(who, business_date + timedelta(days=ahead)) for ahead in (0, 1)) for who in _HOURS}
        strayed = spells(len(self.habits), self.seed, business_date)
        return Simulation(self.habits, strayed.tolist(), business_date, desk, self.slots, rng).run()

    def desk(self, now: datetime) -> Desk:
        """The analysts' shifts from a day before now to three days after it."""
        days = [now.astimezone(_OFFICE).date() + timedelta(days=ahead) for ahead in range(-1, 4)]
        return {who: tuple(_shift(who, day) for day in days) for who in _HOURS}


def make_world(clients: int = 40, seed: int = 0, slots: int = SLOTS) -> World:
    """A world of so many clients; the same arguments give the same one."""
    return World(draw_habits(clients, seed), seed, slots)


def _shift(who: str, day: date) -> Shift:
    begins, length = _HOURS[who]
    start = datetime.combine(day, begins, tzinfo=_OFFICE).astimezone(UTC)
    return Shift(start, start + length)
