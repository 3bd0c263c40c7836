"""Make docs/pictures/sla_fan.png: one night of a simulated client, forecast every five minutes, and what became of it.

The reliability plot beside it is of real deliveries: `acme sla backtest --deliveries FILE --plots FOLDER`.
"""

from datetime import date, datetime, timedelta
from pathlib import Path

from acme_assets.cli.sla_plots import Fan, Said, fan_plot
from acme_assets.simulation.sla_log import Kind, SimulatedNight
from acme_assets.simulation.sla_shown import ahead
from acme_assets.simulation.sla_trial import Lessons
from acme_assets.simulation.sla_world import World, make_world
from acme_assets.sla.forecast import forecast
from acme_assets.sla.history import History

FILE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "sla_fan.png"

CLIENT, NIGHT = "fleet_022", date(2026, 3, 9)
"""Its files come early, the last one cannot be read, and the next version of that is too late."""
LEARNED, EVERY, BEFORE = 60, timedelta(minutes=5), timedelta(hours=5)


def fan(world: World, night: SimulatedNight, client_id: str) -> Fan:
    """Forecast one client's night again and again, among all others."""
    history = History.of_columns(Lessons(world, LEARNED).before(night.business_date))
    habits = next(item for item in night.habits if item.client.client_id == client_id)
    deadline = next(item.deadline for item in ahead(night, night.start) if item.client_id == client_id)
    released = night.released_at(client_id)
    assert released is not None
    said, now = [], deadline - BEFORE
    while now < released:
        open_nights = ahead(night, now)
        number = next(at for at, item in enumerate(open_nights) if item.client_id == client_id)
        made = forecast(open_nights, history, now, desk=world.desk(now), samples=1000)[number]
        said.append(Said(now, made.p_miss, made.p50, made.p90))
        now += EVERY
    title = f"A simulated night, business date {night.business_date}: released {_late(released - deadline)}"
    return Fan(title, habits.client.zone, said, deadline, released, _events(night, client_id))


def _late(late: timedelta) -> str:
    minutes = round(late / timedelta(minutes=1))
    return f"{minutes} min late" if minutes > 0 else f"{-minutes} min before its deadline"


def _events(night: SimulatedNight, client_id: str) -> list[tuple[datetime, str]]:
    """The first file, the quarantine and what came after it."""
    log = night.logs[client_id]
    first = next(item for item in log if item.kind is Kind.SEEN)
    bad = next(item for item in log if item.kind is Kind.QUARANTINED)
    again = next(item for item in log if item.kind is Kind.SEEN and item.feed == bad.feed and item.at > bad.at)
    named = ((first, "the first file is here"), (bad, f"{bad.feed} is quarantined"), (again, "it is here again"))
    return [(night.start + timedelta(minutes=item.at), what) for item, what in named]


if __name__ == "__main__":
    world = make_world(40, seed=0)
    fan_plot(fan(world, world.night(NIGHT), CLIENT), FILE)
