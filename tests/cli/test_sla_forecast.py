"""What is forecast of a night as people read it: `acme sla forecast` and `show`, `acme status` and `acme explain`."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import event
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.sla.result import NightForecast, NodeForecast
from acme_assets.sla.summary import FeedSummary, NightSummary
from acme_assets.warehouse.deadlines import store_forecasts
from acme_assets.warehouse.forecasts import last_forecasts
from acme_assets.warehouse.summaries import store_summaries
from client_partitions.feeds import Feed
from tests.warehouse import overriding
from tests.world import ELIGIBILITY, NIGHT, World, client_data

RUN = CliRunner()
ON = ("--date", NIGHT.isoformat())
DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
"""06:00 in New York."""

pytestmark = pytest.mark.usefixtures("environment")


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


def as_json(*arguments: str) -> Any:
    return json.loads(acme(*arguments, "--json"))


def only(told: Any) -> dict[str, Any]:
    (night,) = told["nights"]
    assert isinstance(night, dict)
    return night


@pytest.fixture
def held(world: World) -> World:
    """One of two files is here, two hours before the deadline."""
    world.deliver("eligibility", ELIGIBILITY)
    return world


def learn(world: World, pharmacy: float, nights: int = 30) -> None:
    """Nights on which the pharmacy claims came so many minutes after they were due."""
    for back in range(1, nights + 1):
        day = NIGHT - timedelta(days=back)
        feeds: tuple[tuple[Feed, float], ...] = (("eligibility", -30.0), ("pharmacy_claim", pharmacy + back % 5))
        made = tuple(FeedSummary(feed, offset, notice=0.2, load_work=1.0, bytes=1000) for feed, offset in feeds)
        summary = NightSummary("tiny_health", day, made, build_wait=0.2, build_work=5.0, handling=6.0, release=0.3)
        with world.warehouse.begin() as connection:
            store_summaries(world.warehouse, connection, day, [summary], world.now)


class TestForecast:
    def test_the_table_says_how_likely_a_miss_is_and_whose_the_risk_is(self, held: World) -> None:
        text = acme("sla", "forecast", *ON)
        assert "Wed 06:00 EDT" in text
        assert "feeds/pharmacy_claim (client)" in text
        assert " %" in text

    def test_json_has_every_dependency_that_is_not_done(self, held: World) -> None:
        night = only(as_json("sla", "forecast", *ON))
        assert 0 < night["p_miss"] < 1
        assert [node["name"] for node in night["nodes"]] == ["feeds/pharmacy_claim", "marts", "sign-off", "release"]
        assert night["driver"] == "feeds/pharmacy_claim"
        assert night["driver_group"] == "client"
        assert sum(node["criticality"] for node in night["nodes"]) == pytest.approx(1)
        assert (
            datetime.fromisoformat(night["nodes"][0]["drop_dead"])
            < DEADLINE
            == datetime.fromisoformat(night["deadline"])
        )

    def test_what_past_nights_teach_is_what_is_forecast(self, held: World) -> None:
        """The file is two hours past its due time, and so it always was, or never."""
        learn(held, pharmacy=150.0)
        late = only(as_json("sla", "forecast", *ON))
        assert late["p_miss"] < 0.3
        learn(held, pharmacy=-20.0)
        assert only(as_json("sla", "forecast", *ON))["p_miss"] > 0.6

    def test_the_likeliest_to_miss_is_first(self, environment: Path, held: World) -> None:
        other = client_data(client_id="blue_health", landing="blue", deadline="23:00")
        (environment / "blue_health.yaml").write_text(yaml.safe_dump(other))
        nights = as_json("sla", "forecast", *ON)["nights"]
        assert [night["client_id"] for night in nights] == ["tiny_health", "blue_health"]
        assert nights[0]["p_miss"] > nights[1]["p_miss"]
        assert only(as_json("sla", "forecast", *ON, "--client", "blue_health"))["client_id"] == "blue_health"

    def test_a_night_that_is_released_has_none(self, world: World) -> None:
        release(world)
        assert "Every night is released" in acme("sla", "forecast", *ON)
        assert as_json("sla", "forecast", *ON)["nights"] == []

    def test_an_unknown_client_or_no_date_is_one_clear_line(self) -> None:
        assert "there is no client 'nobody'" in acme("sla", "forecast", "--client", "nobody", code=1)
        assert "write it as YYYY-MM-DD" in acme("sla", "forecast", "--date", "soon", code=2)


class TestShow:
    def test_it_says_what_would_help_and_how_to_begin(self, held: World) -> None:
        text = acme("sla", "show", "tiny_health", NIGHT.isoformat())
        for said in (
            "Tiny Health",
            "feeds/pharmacy_claim",
            "chase the file",
            "write to Cora Client <cora@tiny.example>",
        ):
            assert said in text
        assert (
            f"acme exception request tiny_health pharmacy_claim --kind may_be_missing --date {NIGHT.isoformat()}"
            in text
        )

    def test_json_has_the_forecast_and_what_would_help(self, held: World) -> None:
        told = as_json("sla", "show", "tiny_health", NIGHT.isoformat())
        assert told["p_miss"] == only(as_json("sla", "forecast", *ON))["p_miss"]
        helpful = told["what_would_help"]
        assert {item["kind"] for item in helpful} >= {"chase the file", "waive the feed"}
        assert all(item["p_miss"] < told["p_miss"] for item in helpful)

    def test_a_night_that_waits_for_qa_says_who_may_sign(self, world: World) -> None:
        world.deliver_all()
        world.build()
        world.now = DEADLINE - timedelta(minutes=10)
        told = as_json("sla", "show", "tiny_health", NIGHT.isoformat())
        assert [node["name"] for node in told["nodes"]] == ["sign-off", "release"]
        assert "waive the feed" not in {item["kind"] for item in told["what_would_help"]}

    def test_a_night_that_is_released_and_a_client_that_is_unknown_are_one_clear_line(self, world: World) -> None:
        release(world)
        said = acme("sla", "show", "tiny_health", NIGHT.isoformat(), code=1)
        assert "tiny_health 2026-03-10 has nothing to forecast: it is released, or nothing is owed" in said
        assert "there is no client 'nobody'" in acme("sla", "show", "nobody", NIGHT.isoformat(), code=1)


def release(world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    world.release()


def store(world: World, p_miss: float, *, minutes_ago: float = 1, deadline: datetime = DEADLINE, **more: Any) -> None:
    """As the deadlines sensor stores a forecast."""
    made_at = world.now - timedelta(minutes=minutes_ago)
    p50, p90 = more.get("p50", DEADLINE - timedelta(minutes=50)), more.get("p90", DEADLINE - timedelta(minutes=5))
    node = NodeForecast(
        "feeds/pharmacy_claim", "client", p50, p90, 0.0, 1.0, 0.01, DEADLINE - timedelta(minutes=100)
    )  # fmt: skip
    made = NightForecast("tiny_health", NIGHT, deadline, made_at, p_miss, p50, p90, (node,))
    with world.warehouse.begin() as connection:
        store_forecasts(connection, [made])


class TestStatus:
    def test_it_shows_the_last_stored_forecast(self, held: World) -> None:
        store(held, 0.9, minutes_ago=5)
        store(held, 0.34)
        text = acme("status", *ON)
        assert "P(miss)" in text
        assert "34 %" in text
        assert "90 %" not in text
        assert "expected Wed 05:10 to 05:55" in text
        assert "said" not in text

    def test_json_has_it_too(self, held: World) -> None:
        store(held, 0.34)
        night = only(as_json("status", *ON))
        assert night["p_miss"] == 0.34
        assert night["expected_release"] == {"p50": "2026-03-11T09:10:00+00:00", "p90": "2026-03-11T09:55:00+00:00"}
        assert night["save_by"] == "2026-03-11T08:20:00+00:00"

    def test_an_old_forecast_says_its_age(self, held: World) -> None:
        store(held, 0.34, minutes_ago=40)
        assert "(said 40 min ago)" in acme("status", *ON)

    def test_without_a_forecast_it_says_so(self, held: World) -> None:
        assert "no forecast" in acme("status", *ON)
        night = only(as_json("status", *ON))
        assert (night["p_miss"], night["expected_release"], night["save_by"]) == (None, None, None)

    def test_a_forecast_of_another_deadline_is_none(self, held: World) -> None:
        store(held, 0.9)
        overriding.live(held, {"change": "deadline", "time": "08:30"})
        assert "no forecast" in acme("status", *ON)

    def test_a_deadline_that_is_past_is_missed_and_no_forecast_is_needed(self, held: World) -> None:
        held.now = DEADLINE + timedelta(minutes=1)
        assert only(as_json("status", *ON))["p_miss"] == 1
        store(held, 0.97, p50=None, p90=None)
        assert "not expected tonight" in acme("status", *ON)

    def test_a_released_night_has_none(self, world: World) -> None:
        release(world)
        store(world, 0.2)
        text = acme("status", *ON)
        assert "20 %" not in text
        assert "no forecast" not in text
        assert only(as_json("status", *ON))["p_miss"] is None

    def test_it_reads_what_is_stored_and_simulates_nothing(
        self, held: World, monkeypatch: pytest.MonkeyPatch, counted: list[str]
    ) -> None:
        store(held, 0.34)
        monkeypatch.setattr("acme_assets.cli.sla_forecast.make_forecast", None)
        counted.clear()
        acme("status", *ON)
        assert 1 <= len([text for text in counted if "ops.forecasts" in text]) <= 2
        assert not [text for text in counted if "night_summaries" in text]


@pytest.fixture
def counted() -> Iterator[list[str]]:
    """The statements that are executed."""
    found: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    yield found
    event.remove(Engine, "before_cursor_execute", listen)


class TestExplain:
    def test_it_ends_with_the_risk_and_where_to_see_what_would_help(self, held: World) -> None:
        store(held, 0.34)
        held.now = DEADLINE - timedelta(hours=2)
        last = acme("explain", "tiny_health", NIGHT.isoformat()).rstrip().splitlines()[-1]
        assert last == (
            "P(miss) 34 %, expected Wed 05:10 to 05:55; most of the risk: feeds/pharmacy_claim (client); "
            "save it by Wed 04:20; what would help: acme sla show tiny_health 2026-03-10"
        )

    def test_once_it_is_too_late_to_save_it_says_so(self, held: World) -> None:
        held.now = DEADLINE - timedelta(minutes=90)
        store(held, 0.8)
        assert "Wed 04:20, by when to save it, is past" in acme("explain", "tiny_health", NIGHT.isoformat())

    def test_without_a_forecast_it_says_how_to_make_one(self, held: World) -> None:
        text = acme("explain", "tiny_health", NIGHT.isoformat())
        assert "no forecast is stored of it; to make one now: acme sla show tiny_health 2026-03-10" in text
        assert as_json("explain", "tiny_health", NIGHT.isoformat())["p_miss"] is None

    def test_the_deadline_is_the_one_that_an_override_set(self, held: World) -> None:
        overriding.live(held, {"change": "deadline", "time": "08:30"})
        assert "deadline Wed 11 Mar 08:30 EDT" in acme("explain", "tiny_health", NIGHT.isoformat())

    def test_of_a_released_night_it_says_nothing(self, world: World) -> None:
        release(world)
        assert "P(miss)" not in acme("explain", "tiny_health", NIGHT.isoformat())


def test_the_last_forecast_of_each_night_is_read(world: World) -> None:
    store(world, 0.1, minutes_ago=30)
    store(world, 0.2, minutes_ago=20)
    nights = [("tiny_health", NIGHT), ("tiny_health", NIGHT - timedelta(days=1)), ("other", date(2026, 3, 8))]
    with world.warehouse.begin() as connection:
        found = last_forecasts(connection, nights)
        assert last_forecasts(connection, []) == {}
    assert {night: item.p_miss for night, item in found.items()} == {nights[0]: 0.2}
