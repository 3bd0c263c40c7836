"""`acme sla report` as client success runs it, on a real database."""

import json
import os
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.cli.sla_page import CHART_HEIGHT, CHART_WIDTH, bars, slices
from acme_assets.sla.attainment import Attainment
from tests.world import ELIGIBILITY, INGRID, NIGHT, PHARMACY, World, client_data, make_client

RUN = CliRunner()
ONE = ("--from", NIGHT.isoformat(), "--to", NIGHT.isoformat())

pytestmark = pytest.mark.usefixtures("environment")


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ["sla", "report", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def as_json(*arguments: str) -> Any:
    return json.loads(acme(*arguments, "--json"))


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 3, 11, int(hour), int(minute), tzinfo=UTC)


def run_night(world: World, pharmacy: str, signed: str) -> None:
    """Files, a candidate ten minutes after the last, a signature and the release: in UTC, four hours ahead of us."""
    for feed, text, clock in (("eligibility", ELIGIBILITY, "05:30"), ("pharmacy_claim", PHARMACY, pharmacy)):
        world.now = at(clock)
        path = world.put(feed, text)  # type: ignore[arg-type]
        os.utime(path, (at(clock).timestamp(), at(clock).timestamp()))
        world.notice()
        world.load(feed)  # type: ignore[arg-type]
    world.build()
    world.now = at(signed)
    world.approve(INGRID)
    world.release()


@pytest.fixture
def late(world: World) -> World:
    """A file three hours late, and a sign-off two hours over."""
    run_night(world, "09:00", "13:00")
    world.now = at("16:00")
    return world


@pytest.fixture
def three(environment: Path, late: World) -> World:
    """Beside it one client in time, and one of which a file is missing."""
    good = another(environment, late, "blue_health")
    run_night(good, "05:40", "07:00")
    red = another(environment, late, "red_health")
    red.now = at("05:30")
    path = red.put("eligibility", ELIGIBILITY)
    os.utime(path, (at("05:30").timestamp(), at("05:30").timestamp()))
    red.notice()
    red.load("eligibility")
    late.now = at("16:00")
    return late


def another(environment: Path, world: World, name: str, **more: Any) -> World:
    changes = {"client_id": name, "landing": name, **more}
    (environment / f"{name}.yaml").write_text(yaml.safe_dump(client_data(**changes)))
    return World(world.warehouse, world.landing, make_client(**changes))


class TestJson:
    def test_every_table_adds_up(self, three: World) -> None:
        told = as_json(*ONE)
        total = told["total"]
        assert (total["due"], total["met"], total["missed"], total["open"]) == (3, 1, 1, 1)
        assert total["share_met"] == pytest.approx(1 / 3)
        for table in ("by_client", "by_owner_group", "by_cause", "by_week"):
            assert sum(row["minutes"] for row in told[table]) == total["minutes"], table
        groups = {row["name"]: row["minutes"] for row in told["by_owner_group"]}
        assert sum(row["minutes"] for row in told["by_feed"]) == groups["client"]
        assert {row["name"]: row["due"] for row in told["by_feed"]} == {"eligibility": 3, "pharmacy_claim": 3}
        assert [row["name"] for row in told["by_week"]] == ["2026-03-09"]
        for night in told["late_nights"]:
            assert sum(part["minutes"] for part in night["parts"]) == night["delay_minutes"]

    def test_a_late_night_says_whose_it_was(self, three: World) -> None:
        red, tiny = as_json(*ONE)["late_nights"]
        assert (red["client_id"], red["state"], red["released_at"]) == ("red_health", "open", None)
        assert red["delay_minutes"] == 361
        assert (red["cause"], red["feed"], red["owner_group"]) == ("missing delivery", "pharmacy_claim", "client")
        # Three hours over against two: 181 minutes by 180 to 120 or so.
        assert tiny["delay_minutes"] == 181
        parts = {part["owner_group"]: (part["minutes"], part["cause"]) for part in tiny["parts"]}
        assert parts == {"client": (109, "late delivery"), "engineering": (0, None), "qa": (72, "sign-off")}

    def test_one_client_alone(self, three: World) -> None:
        told = as_json(*ONE, "--client", "blue_health")
        assert [row["name"] for row in told["by_client"]] == ["blue_health"]
        assert (told["total"]["due"], told["late_nights"]) == (1, [])

    def test_the_window_is_four_weeks_up_to_the_last_deadline(self, late: World) -> None:
        told = as_json()
        assert (told["from"], told["to"]) == ("2026-02-11", "2026-03-10")
        late.now = at("09:00")
        assert as_json()["to"] == "2026-03-09"
        assert as_json(*ONE)["total"]["due"] == 0

    def test_a_client_whose_file_is_broken_is_named(self, environment: Path, late: World) -> None:
        (environment / "odd_health.yaml").write_text("client_id: odd_health\n")
        assert "odd_health" in str(as_json(*ONE)["registry_errors"])
        assert "left out:" in acme(*ONE)


class TestTables:
    def test_a_person_reads_whose_minutes_it_was(self, three: World) -> None:
        shown = acme(*ONE)
        assert "1 of 3 client nights kept the deadline (33.3 %); 1 released late and 1 not released yet" in shown
        assert "9 h 2 min of delay in all" in shown
        assert re.search(r"client +470 +86.7 % +2 +1 ", shown)
        assert re.search(r"QA +72 +13.3 % +0 +0 ", shown)
        assert re.search(r"tiny_health .*2026-03-10 .*Wed 06:00 .*181 +109 +72 +late delivery \(pharmacy_claim,", shown)
        assert re.search(r"red_health .*not yet .*361 +361 +missing delivery \(pharmacy_claim, due 02:00\)", shown)

    def test_where_all_is_well_it_says_no_more(self, three: World) -> None:
        shown = acme(*ONE, "--client", "blue_health")
        assert "1 of 1 client night kept the deadline (100 %)." in shown
        assert "Whose minutes" not in shown

    def test_a_window_without_nights_says_so(self) -> None:
        assert "No deadline of these nights has passed." in acme(*ONE)

    def test_dates_in_the_wrong_order_are_named(self) -> None:
        assert "--from 2026-03-10 is after --to 2026-03-01" in acme(
            "--from", "2026-03-10", "--to", "2026-03-01", code=1
        )
        assert "no date" in acme("--from", "March", code=2)
        assert "nobody" in acme("--client", "nobody", code=1)

    def test_without_a_roster_nobody_can_say(self, people: Path, late: World) -> None:
        people.write_text("people: 1\n")
        assert "people.yaml: people:" in acme(*ONE, code=1)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.bars: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        if tag == "rect":
            self.bars.append(dict(attrs))


class TestPage:
    def test_it_loads_nothing_and_escapes(self, environment: Path, late: World) -> None:
        late.client = make_client(name="<b>Tiny</b>")
        (environment / "tiny_health.yaml").write_text(yaml.safe_dump(client_data(name="<b>Tiny</b>")))
        file = environment.parent / "page.html"
        assert str(file) in acme(*ONE, "--client", "tiny_health", "--html", str(file))
        text = file.read_text()
        page = _Page(text)
        assert "&lt;b&gt;Tiny&lt;/b&gt;" in text
        assert "<b>" not in text
        assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
        assert page.names.isdisjoint({"src", "href", "style", "onload", "onclick", "action"})
        assert "url(" not in text
        assert "@import" not in text

    def test_it_says_the_same_as_the_tables_and_names_nobody(self, environment: Path, three: World) -> None:
        file = environment.parent / "page.html"
        acme(*ONE, "--html", str(file))
        text = file.read_text()
        said = "late delivery (pharmacy_claim, due 02:00, here 05:00), sign-off"
        for words in ("1 of 3 client nights", said, "How minutes are shared", "red_health", "blue_health"):
            assert words in text
        for person in ("Ingrid", "Enzo", "Noor", "@"):
            assert person not in re.sub(r"@(page|media)", "", text)
        assert {bar["class"] for bar in _Page(text).bars} == {"client", "qa"}

    def test_weeks_are_drawn_once_there_are_two(self, environment: Path, three: World) -> None:
        file = environment.parent / "page.html"
        three.now = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
        acme("--from", "2026-03-10", "--to", "2026-03-16", "--html", str(file))
        drawn = [bar["class"] for bar in _Page(file.read_text()).bars]
        assert drawn[:4] == ["kept", "late", "open", "kept"]

    def test_a_clients_own_page_shows_no_other_client(self, environment: Path, three: World) -> None:
        file = environment.parent / "page.html"
        acme(*ONE, "--client", "red_health", "--html", str(file))
        text = file.read_text()
        assert "tiny_health" not in text
        assert "blue_health" not in text
        assert "America/New_York" in text

    def test_with_json_both_are_made(self, environment: Path, late: World) -> None:
        file = environment.parent / "page.html"
        assert as_json(*ONE, "--html", str(file))["total"]["due"] == 1
        assert file.exists()


class TestChart:
    def test_a_bar_is_whole_and_long_windows_are_thinned(self) -> None:
        weeks = [Attainment(f"2026-{month:02}-{day:02}", 7, 5, 1, 1, 60, 30, 30)
                 for month in range(1, 13) for day in (1, 8, 15, 22)]  # fmt: skip
        drawn = bars(weeks)
        assert all(bar.kept + bar.late + bar.open == pytest.approx(CHART_HEIGHT, abs=0.05) for bar in drawn)
        assert 0 < sum(bool(bar.label) for bar in drawn) <= 13
        assert drawn[-1].x + drawn[-1].width <= CHART_WIDTH
        assert bars([]) == []

    def test_the_slices_fill_the_width(self) -> None:
        rows = [Attainment(name, 9, 8, 1, 0, minutes, None, None)
                for name, minutes in (("client", 1), ("engineering", 0), ("qa", 2))]  # fmt: skip
        drawn = slices(rows)
        assert [item.name for item in drawn] == ["client", "QA"]
        assert drawn[-1].x + drawn[-1].width == pytest.approx(CHART_WIDTH, abs=0.05)
