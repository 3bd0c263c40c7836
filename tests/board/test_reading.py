"""The reader: once per change, however many ask; and what it says while the warehouse is away."""

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from acme_assets.board.reading import AT_LEAST_EVERY, UNWATCHED_AFTER, Reader
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import WarehouseUnavailable
from client_partitions.registry import RegistryError
from tests.board.made_up import GONE, Away, Stopped, platform_of
from tests.world import ELIGIBILITY, NIGHT, PHARMACY, World


@pytest.fixture
def away(warehouse: PostgresWarehouse) -> Away:
    return Away(warehouse)


@pytest.fixture
def clock(world: World) -> Stopped:
    return Stopped(world.now)


@pytest.fixture
def reader(world: World, away: Away, clock: Stopped) -> Reader:
    return Reader(platform_of(world, away, clock))


def state_of(reader: Reader) -> dict[str, str]:
    row = reader.current().night("tiny_health", NIGHT)
    assert row is not None
    return {step.name: step.state for step in row.steps}


class TestAChange:
    def test_is_on_the_board_after_the_next_turn(self, world: World, reader: Reader, clock: Stopped) -> None:
        reader.turn()
        assert state_of(reader)["feeds/eligibility"] == "held"
        world.deliver("eligibility", ELIGIBILITY)
        clock.now = world.now
        reader.turn()
        assert state_of(reader)["feeds/eligibility"] == "done"

    def test_is_told_to_whoever_waits(self, world: World, reader: Reader, clock: Stopped) -> None:
        reader.turn()
        seen = reader.current().number
        heard: list[int] = []
        waiter = threading.Thread(target=lambda: heard.append(reader.wait(seen, 30)))
        waiter.start()
        world.deliver("eligibility", ELIGIBILITY)
        clock.now = world.now
        reader.turn()
        waiter.join(30)
        assert heard == [seen + 1] == [reader.current().number]

    @pytest.mark.parametrize(
        "ask", [Reader.current, lambda reader: reader.night("tiny_health", NIGHT), lambda reader: reader.queue("qa")],
        ids=["the list", "a night", "a queue"],
    )  # fmt: skip
    def test_is_read_by_the_minute_while_nobody_asks(
        self,
        world: World,
        reader: Reader,
        clock: Stopped,
        monkeypatch: pytest.MonkeyPatch,
        ask: Callable[[Reader], object],
    ) -> None:
        reader.turn()
        heard: list[int] = []
        reader.on_change(heard.append)
        later = time.monotonic() + UNWATCHED_AFTER.total_seconds() + 1
        monkeypatch.setattr("acme_assets.board.reading.time.monotonic", lambda: later)
        world.deliver("eligibility", ELIGIBILITY)
        clock.now = world.now
        reader.turn()
        assert heard == []
        clock.now += AT_LEAST_EVERY
        reader.turn()
        assert len(heard) == 1
        world.deliver("pharmacy_claim", PHARMACY)
        ask(reader)
        reader.turn()
        assert len(heard) == 2

    def test_is_told_to_coroutines(self, world: World, reader: Reader, clock: Stopped) -> None:
        reader.turn()
        seen = reader.current().number

        async def viewers() -> list[int]:
            waiting = [asyncio.create_task(reader.changed(seen, 30)) for _ in range(20)]
            await asyncio.sleep(0)
            world.deliver("eligibility", ELIGIBILITY)
            clock.now = world.now
            await asyncio.to_thread(reader.turn)
            return await asyncio.gather(*waiting)

        assert asyncio.run(viewers()) == [seen + 1] * 20

    def test_nothing_happens_to_whoever_stopped_listening(self, reader: Reader) -> None:
        heard: list[int] = []
        end = reader.on_change(heard.append)
        reader.turn()
        end()
        reader.turn()
        assert heard == [1]


class TestWithoutAChange:
    def test_one_small_query_is_asked_and_the_board_stays(self, reader: Reader, away: Away, clock: Stopped) -> None:
        reader.turn()
        before, asked = reader.current(), len(away.statements)
        clock.pass_by(seconds=2)
        reader.turn()
        assert reader.current() is before
        assert [text for text in away.statements[asked:] if "audit_entries" in text] == away.statements[-1:]

    def test_it_is_read_again_after_a_minute_for_the_clock_alone_makes_files_late(
        self, reader: Reader, clock: Stopped
    ) -> None:
        clock.now -= timedelta(hours=2)
        reader.turn()
        assert state_of(reader)["feeds/eligibility"] == "waiting"
        clock.pass_by(hours=2)
        reader.turn()
        assert state_of(reader)["feeds/eligibility"] == "held"

    def test_viewers_ask_the_warehouse_nothing(self, world: World, reader: Reader, away: Away, clock: Stopped) -> None:
        world.deliver_all()
        clock.now = world.now
        reader.turn()
        reader.trends()
        asked = len(away.statements)
        for _ in range(20):
            reader.current()
            reader.night("tiny_health", NIGHT)
            reader.queue("qa")
            reader.trends()
        assert len(away.statements) == asked

    def test_a_night_of_the_past_is_read_once_for_all_who_look(self, reader: Reader, away: Away) -> None:
        reader.turn()
        past = NIGHT - timedelta(days=40)
        first = reader.night("tiny_health", past)
        asked = len(away.statements)
        assert reader.night("tiny_health", past) == first
        assert len(away.statements) == asked


class TestWithoutAWarehouse:
    def test_the_last_board_stays_and_says_since_when(
        self, world: World, reader: Reader, away: Away, clock: Stopped
    ) -> None:
        world.deliver_all()
        clock.now = world.now
        reader.turn()
        before = reader.current()
        away.is_away = True
        clock.pass_by(minutes=3)
        reader.turn()
        lost_at = clock.now
        clock.pass_by(minutes=3)
        reader.turn()
        board = reader.current()
        assert board.outage is not None
        assert (board.outage.since, GONE in board.outage.reason) == (lost_at, True)
        assert (board.nights, board.as_of, board.number) == (before.nights, before.as_of, before.number + 1)
        assert reader.night("tiny_health", NIGHT).outage == reader.queue("qa").outage == board.outage

    def test_it_goes_on_once_the_warehouse_is_back(
        self, world: World, reader: Reader, away: Away, clock: Stopped
    ) -> None:
        reader.turn()
        away.is_away = True
        clock.pass_by(minutes=1)
        reader.turn()
        world.deliver("eligibility", ELIGIBILITY)
        away.is_away = False
        clock.now = world.now + timedelta(minutes=2)
        reader.turn()
        assert reader.current().outage is None
        assert state_of(reader)["feeds/eligibility"] == "done"

    def test_before_the_first_look_there_is_no_night_and_an_outage(self, reader: Reader, away: Away) -> None:
        away.is_away = True
        reader.turn()
        board = reader.current()
        assert board.nights == ()
        assert board.outage is not None

    def test_a_night_of_the_past_cannot_be_read(self, reader: Reader, away: Away) -> None:
        reader.turn()
        away.is_away = True
        with pytest.raises(WarehouseUnavailable):
            reader.night("tiny_health", NIGHT - timedelta(days=40))

    def test_an_error_of_ours_stops_no_thread_and_is_said(
        self, world: World, reader: Reader, clock: Stopped, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reader.turn()
        monkeypatch.setattr("acme_assets.board.reading.look", lambda _: {}["p1 Mary Smith"])
        clock.pass_by(minutes=2)
        reader.turn()
        outage = reader.current().outage
        assert outage is not None
        assert "KeyError" in outage.reason
        assert "Mary" not in outage.reason


class TestTheThread:
    def test_shows_a_change_by_itself(self, world: World, away: Away) -> None:
        with Reader(platform_of(world, away, world.clock)) as reader:
            seen = reader.current().number
            world.deliver("eligibility", ELIGIBILITY)
            while state_of(reader)["feeds/eligibility"] != "done":
                now = reader.wait(seen, 60)
                assert now != seen, "a minute went by without a new board"
                seen = now
        assert "board-reader" not in {thread.name for thread in threading.enumerate()}


def test_there_is_no_night_of_an_unknown_client(reader: Reader) -> None:
    reader.turn()
    with pytest.raises(RegistryError, match="no client 'nobody'"):
        reader.night("nobody", NIGHT)


class TestTheForecast:
    def test_is_of_the_steps_of_every_open_night_and_costs_viewers_nothing(
        self, world: World, reader: Reader, away: Away, clock: Stopped
    ) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        clock.now = world.now
        reader.turn()
        asked = len(away.statements)
        night = reader.night("tiny_health", NIGHT)
        assert night.forecast_at == clock.now
        criticality = {node.name: node.criticality for node in night.nodes}
        assert (criticality["feeds/eligibility"], criticality["feeds/pharmacy_claim"] is not None) == (None, True)
        assert len(away.statements) == asked

    def test_goes_when_the_night_is_released(self, world: World, reader: Reader, clock: Stopped) -> None:
        world.deliver_all()
        clock.now = world.now
        reader.turn()
        assert reader.night("tiny_health", NIGHT).forecast_at is not None
        world.build()
        world.approve()
        world.release()
        clock.now = world.now
        reader.turn()
        night = reader.night("tiny_health", NIGHT)
        assert (night.row.state, night.forecast_at) == ("released", None)

    def test_is_made_in_the_turn_after_a_new_board(self, world: World, reader: Reader, clock: Stopped) -> None:
        reader.turn()
        first = reader.night("tiny_health", NIGHT).forecast_at
        clock.pass_by(seconds=12)
        world.now = clock.now
        world.deliver("eligibility", ELIGIBILITY)
        clock.now = world.now
        reader.turn()
        assert reader.night("tiny_health", NIGHT).forecast_at == first
        read_at = clock.now
        clock.pass_by(seconds=2)
        reader.turn()
        assert reader.night("tiny_health", NIGHT).forecast_at == read_at

    def test_without_a_readable_history_the_board_stands_all_the_same(
        self, reader: Reader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> None:
            raise ValueError("what is stored of 2026-03-09 is no summaries")

        monkeypatch.setattr("acme_assets.warehouse.learned.Learned.history", broken)
        reader.turn()
        assert reader.current().outage is None
        assert reader.night("tiny_health", NIGHT).forecast_at is None
