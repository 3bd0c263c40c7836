"""Sensors that look once a minute share one forecast."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Event

import pytest

from acme_assets.sla.forecast import forecast
from acme_assets.sla.night import NightAhead
from acme_assets.sla.result import NightForecast
from acme_assets.warehouse.learned import SHARED_FOR, Learned
from tests.sla.made_up import DEADLINE, DUE, arrived, night
from tests.world import World

NOW = DUE - timedelta(hours=3)


def test_a_forecast_is_shared_for_less_than_a_minute(world: World) -> None:
    learned, ahead = Learned(), night()

    def made(after: timedelta, *nights: NightAhead) -> list[NightForecast]:
        return [*learned.forecast(world.warehouse, nights, {}, NOW + after).values()]

    (first,) = made(timedelta(0), ahead)
    assert made(timedelta(seconds=59), ahead) == [first]
    assert made(timedelta(seconds=59)) == []
    assert [item.made_at for item in made(SHARED_FOR, ahead)] == [NOW + SHARED_FOR]
    two = made(timedelta(seconds=70), ahead, night(client="c1"))
    assert [item.made_at for item in two] == 2 * [NOW + timedelta(seconds=70)]
    assert [item.made_at for item in made(timedelta(0), ahead)] == [NOW], "the clock was set back"


def test_what_happened_in_a_night_is_in_the_next_forecast_at_once(world: World) -> None:
    learned, later = Learned(), NOW + timedelta(seconds=5)
    learned.forecast(world.warehouse, [night()], {}, NOW)
    for ahead in (arrived(night(), "eligibility", NOW), replace(night(), deadline=DEADLINE + timedelta(hours=1))):
        (made,) = learned.forecast(world.warehouse, [ahead], {}, later).values()
        assert made.made_at == later
        assert made.deadline == ahead.deadline
    assert "feeds/eligibility" in {node.name for node in made.nodes}


def test_two_sensors_that_ask_at_once_wait_for_one_forecast(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    learned, begun, made = Learned(), Event(), []

    def slow(nights: list[NightAhead], *rest: object, **more: object) -> list[NightForecast]:
        made.append(nights)
        begun.wait(0.2)
        return forecast(nights, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("acme_assets.sla.forecast.forecast", slow)
    with ThreadPoolExecutor(2) as pool:
        ask = partial(learned.forecast, world.warehouse, [night()], {}, NOW)
        one, other = (asked.result() for asked in [pool.submit(ask), pool.submit(ask)])
    assert one == other
    assert len(made) == 1
