"""The board in a terminal: what it shows at 80 and at 200 columns, when it is redrawn, and the numbers of `--json`."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text
from typer.testing import CliRunner

from acme_assets.board.as_json import board_json, plain
from acme_assets.board.building import board_of
from acme_assets.board.look import look
from acme_assets.board.model import Board, Outage
from acme_assets.board.reading import Reader
from acme_assets.cli.main import app
from acme_assets.cli.status_watch import follow, screen
from tests.board.made_up import Stopped, platform_of, store_forecast, store_incident
from tests.warehouse.waivers import THIRTY_PERCENT_BAD, waive
from tests.world import ELIGIBILITY, MORNING, PHARMACY, World

DEADLINE = MORNING + timedelta(hours=2)


def drawn(board: Board, width: int, height: int = 40) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=width, height=height, color_system=None).print(screen(board, width, height, UTC))
    return stream.getvalue().rstrip("\n").split("\n")


def board_now(world: World) -> Board:
    return board_of(look(platform_of(world, world.warehouse, Stopped(max(world.now, MORNING)))))


class TestTheScreen:
    @pytest.mark.parametrize("width", [80, 200])
    def test_says_who_is_blocked_by_what_and_how_likely_it_is_missed(self, world: World, width: int) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        store_forecast(world, 0.62, DEADLINE)
        found = drawn(board_now(world), width)
        (line,) = (line for line in found if "tiny_health" in line)
        assert all(word in line for word in ("pharmacy_claim", "client", "62 %", "✗"))
        assert "1 at risk" in found[0]
        assert "1 held" in found[0]
        assert max(map(len, found)) <= width

    def test_has_reason_owner_and_both_clocks_where_there_is_room(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        line = next(line for line in drawn(board_now(world), 200) if "tiny_health" in line)
        assert all(word in line for word in ("not delivered; was due", "Cora Client", "Wed 06:00 EDT", "10:00"))

    def test_fits_a_screen_and_counts_what_does_not(self, world: World) -> None:
        board = board_now(world)
        rows = [replace(board.nights[0], client_id=f"client_{number:03}") for number in range(180)]
        found = drawn(replace(board, nights=tuple(rows)), 80, 24)
        assert len(found) <= 24
        assert found[-1] == f"… and {180 - sum('client_' in line for line in found)} more, 0 of them released"

    def test_says_that_it_is_stale(self, world: World) -> None:
        board = replace(board_now(world), outage=Outage(MORNING, "the warehouse does not answer"))
        assert "STALE since 08:00: the warehouse does not answer" in drawn(board, 80)[1]

    def test_says_that_nothing_could_be_read(self, world: World) -> None:
        empty = Board(MORNING, MORNING, outage=Outage(MORNING, "away"))
        assert drawn(empty, 80)[-1] == "No night could be read yet."


def test_it_is_redrawn_when_the_ledger_changes(world: World) -> None:
    clock = Stopped(world.now)
    reader = Reader(platform_of(world, world.warehouse, clock), with_forecasts=False)
    reader.turn()
    seen: list[Board] = []

    def show(board: Board) -> None:
        seen.append(board)
        if len(seen) == 1:
            world.deliver("eligibility", ELIGIBILITY)
            clock.now = world.now
            reader.turn()

    follow(reader, show, "tiny_health", lambda: len(seen) == 2)
    assert [board.nights[0].steps[0].state for board in seen] == ["held", "done"]


@pytest.mark.usefixtures("environment")
class TestTheCommand:
    def test_watch_needs_a_terminal(self) -> None:
        result = CliRunner().invoke(app, ["status", "--watch"])
        assert (result.exit_code, "needs a terminal" in result.output) == (1, True)

    def test_watch_shows_no_other_date(self) -> None:
        result = CliRunner().invoke(app, ["status", "--watch", "--date", "2026-03-10"])
        assert (result.exit_code, "leave out --date" in result.output) == (1, True)

    @pytest.mark.parametrize("seed", range(6))
    def test_json_board_and_ledger_agree_on_a_random_night(self, world: World, seed: int) -> None:
        happened(world, Random(seed))
        said = json.loads(CliRunner().invoke(app, ["status", "--json"]).output)
        clock = Stopped(datetime.fromisoformat(said["as_of"]))
        board = board_of(look(platform_of(world, world.warehouse, clock)))
        assert {**board_json(board), "stray_files": [], "silent": {}} == said
        assert said["counts"] == plain(board.counts)
        assert of_ledger(world, board.nights[0].business_date) == of_json(said["nights"][0])


def happened(world: World, chance: Random) -> None:
    """A night as far as chance takes it."""
    if chance.random() < 0.3:
        waive(world, "may_be_missing")
    world.deliver("eligibility", ELIGIBILITY)
    if chance.random() < 0.8:
        world.deliver("pharmacy_claim", chance.choice([PHARMACY, PHARMACY, THIRTY_PERCENT_BAD]))
    if chance.random() < 0.5:
        store_forecast(world, round(chance.random(), 3), DEADLINE)
        store_incident(world, DEADLINE)
    if world.status().steps[0].state == "done" and all(
        step.state == "done" for step in world.status().steps if step.name.startswith("feeds/")
    ):
        for act in (world.build, world.approve, world.release)[: chance.randrange(4)]:
            act()


_DIRECT = """
select
  (select string_agg(feed || ' ' || state, ',' order by feed) from ops.deliveries d
    where d.client_id = n.client_id and d.business_date = n.business_date and d.state <> 'superseded') as feeds,
  n.candidate is not null as is_built,
  (select released_at from ops.releases r where r.release_id = n.live_release) as released_at,
  (select p_miss from ops.forecasts f where f.client_id = n.client_id and f.business_date = n.business_date
    order by made_at desc limit 1) as p_miss,
  (select count(*) from ops.incidents where state <> 'resolved') as incidents
from ops.client_nights n where n.client_id = 'tiny_health' and n.business_date = :day
"""


def of_ledger(world: World, day: date) -> dict[str, Any]:
    """The same numbers by a query of its own."""
    with world.warehouse.begin() as connection:
        row = connection.execute(text(_DIRECT), {"day": day}).one()
    states = dict(item.split(" ") for item in row.feeds.split(","))
    return {
        "loaded": sorted(feed for feed, state in states.items() if state == "loaded"),
        "quarantined": sorted(feed for feed, state in states.items() if state == "quarantined"),
        "is_built": row.is_built,
        "released_at": row.released_at.isoformat() if row.released_at else None,
        "p_miss": None if row.released_at else row.p_miss,
        "incidents": row.incidents,
    }


def of_json(night: dict[str, Any]) -> dict[str, Any]:
    steps = {step["name"]: step for step in night["steps"]}
    feeds = {name.removeprefix("feeds/"): step for name, step in steps.items() if name.startswith("feeds/")}
    return {
        "loaded": sorted(feed for feed, step in feeds.items() if step["state"] == "done"),
        "quarantined": sorted(feed for feed, step in feeds.items() if "quarantined:" in step["reason"]),
        "is_built": steps["marts"]["state"] == "done",
        "released_at": night["released_at"],
        "p_miss": night["p_miss"],
        "incidents": len(night["incidents"]),
    }
