"""The deadlines sensor tick by tick, on a real database: outcomes, forecasts, summaries, and what Dagster shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dagster import AssetCheckKey, AssetCheckSeverity, AssetKey, DagsterInstance, build_sensor_context
from sqlalchemy import Table, event, select
from sqlalchemy.engine import Engine

from acme_assets.audit.entry import Entry
from acme_assets.defs.sensors.deadlines import AT_MOST_EVERY, EVERY, Cursor, deadlines_sensor, watch
from acme_assets.defs.sensors.ledger_events import Cursor as LedgerCursor
from acme_assets.defs.sensors.ledger_events import project
from acme_assets.sla.outcomes import STALE
from acme_assets.warehouse import deadlines as recording
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.sla_tables import deadline_outcomes, forecasts, night_summaries
from client_partitions.partitions import partition_key
from tests.warehouse import overriding
from tests.world import ELIGIBILITY, NIGHT, OTTO, World, make_client

DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
"""06:00 in New York, three days after its clocks went forward."""


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def rows(world: World, table: Table) -> list[dict[str, Any]]:
    with world.warehouse.begin() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def tick(world: World, at: datetime | None = None, before: Cursor | None = None) -> tuple[str, Cursor | None]:
    """A tick at a moment, with a cursor that went through its text."""
    world.now = at or world.now
    return watch(world.platform(), Cursor.read(before.write()) if before else None, Learned())


def release(world: World) -> None:
    world.deliver_all()
    world.build()
    world.approve()
    world.release()


def world_release(world: World) -> dict[str, str]:
    """What a withdrawal of the live release is about."""
    live = world.facts().live_release
    assert live is not None
    return {"release_id": live.release_id, "evidence_digest": live.evidence_digest}


def test_a_deadline_is_decided_once_it_is_past(world: World) -> None:
    release(world)
    tick(world, DEADLINE - timedelta(seconds=10))
    assert rows(world, deadline_outcomes) == []
    tick(world, DEADLINE)
    (outcome,) = rows(world, deadline_outcomes)
    assert (outcome["met"], outcome["deadline"], outcome["blocked_by"]) == (True, DEADLINE, None)
    assert outcome["released_at"] < DEADLINE
    assert "deadline_met" in world.actions()


def test_a_missed_deadline_names_who_held_the_night_and_what_was_forecast(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE - timedelta(minutes=2))
    (said,) = rows(world, forecasts)
    tick(world, DEADLINE)
    (outcome,) = rows(world, deadline_outcomes)
    held = (outcome["met"], outcome["blocked_by"], outcome["owner_group"], outcome["owner"])
    assert held == (False, "feeds/pharmacy_claim", "client", "Cora Client")
    assert outcome["released_at"] is None
    assert outcome["p_miss"] == said["p_miss"] > 0.5


def test_a_late_release_changes_no_outcome(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE)
    before = rows(world, deadline_outcomes)
    release(world)
    tick(world, DEADLINE + timedelta(hours=1))
    assert rows(world, deadline_outcomes) == before
    assert [action for action in world.actions() if action.startswith("deadline")] == ["deadline_missed"]


def test_a_sensor_that_was_down_says_what_held_the_night_then_and_not_now(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.now = DEADLINE + timedelta(minutes=20)
    world.deliver_all()
    world.build()
    tick(world, DEADLINE + timedelta(hours=2))
    (outcome,) = rows(world, deadline_outcomes)
    assert (outcome["met"], outcome["blocked_by"]) == (False, "feeds/pharmacy_claim")


def test_a_release_that_came_in_time_is_in_time_though_the_sensor_was_down(world: World) -> None:
    release(world)
    tick(world, DEADLINE + timedelta(hours=20))
    assert [row["met"] for row in rows(world, deadline_outcomes)] == [True]


def test_a_release_that_was_taken_back_keeps_its_deadline_if_that_was_past(world: World) -> None:
    release(world)
    world.now = DEADLINE + timedelta(hours=1)
    world.say("withdrawal", OTTO, world_release(world))
    tick(world, DEADLINE + timedelta(hours=2))
    assert [row["met"] for row in rows(world, deadline_outcomes)] == [True]


def test_a_release_that_was_taken_back_before_does_not(world: World) -> None:
    release(world)
    world.say("withdrawal", OTTO, world_release(world))
    tick(world, DEADLINE)
    assert [(row["met"], row["released_at"]) for row in rows(world, deadline_outcomes)] == [(False, None)]


@pytest.mark.parametrize(("time", "hour"), [("05:00", 9), ("08:30", 12.5)])
def test_a_deadline_that_an_override_moved_is_the_one_that_counts(world: World, time: str, hour: float) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    overriding.live(world, {"change": "deadline", "time": time})
    moved = datetime(2026, 3, 11, tzinfo=UTC) + timedelta(hours=hour)
    tick(world, moved - timedelta(seconds=10))
    assert rows(world, deadline_outcomes) == []
    tick(world, moved)
    assert [row["deadline"] for row in rows(world, deadline_outcomes)] == [moved]


def test_a_night_of_which_nothing_came_misses_its_moved_deadline_too(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tomorrow = NIGHT + timedelta(days=1)
    overriding.live(world, {"change": "deadline", "time": "08:30"}, dates=(tomorrow, tomorrow))
    day_after = DEADLINE + timedelta(days=1)
    tick(world, day_after + timedelta(hours=2.4))
    assert [row["business_date"] for row in rows(world, deadline_outcomes)] == [NIGHT]
    tick(world, day_after + timedelta(hours=2.5))
    nights = {row["business_date"]: row["deadline"] for row in rows(world, deadline_outcomes)}
    assert nights[tomorrow] == day_after + timedelta(hours=2.5)


def test_a_client_owes_nothing_before_its_first_night(world: World) -> None:
    tick(world, DEADLINE)
    assert rows(world, deadline_outcomes) == []
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE)
    assert [row["business_date"] for row in rows(world, deadline_outcomes)] == [NIGHT]


def test_a_business_date_on_which_nothing_is_owed_has_no_deadline(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tomorrow = NIGHT + timedelta(days=1)
    days = [day for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") if day != f"{tomorrow:%a}".lower()]
    feeds = {feed: policy.model_copy(update={"days": tuple(days)}) for feed, policy in world.client.feeds.items()}
    world.client = world.client.model_copy(update={"feeds": feeds})
    tick(world, DEADLINE + timedelta(days=1))
    assert [row["business_date"] for row in rows(world, deadline_outcomes)] == [NIGHT]


def test_an_outcome_and_its_entry_come_together_or_not_at_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.deliver("eligibility", ELIGIBILITY)

    def die(_: object, entry: Entry) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(recording, "write_entry", die)
        with pytest.raises(KeyboardInterrupt):
            tick(world, DEADLINE)
    assert rows(world, deadline_outcomes) == []
    tick(world, DEADLINE)
    assert len(rows(world, deadline_outcomes)) == 1
    assert world.actions().count("deadline_missed") == 1


def test_two_that_decide_at_once_leave_one_outcome_and_one_entry(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE)
    (row,) = rows(world, deadline_outcomes)
    again = recording.Outcome(**{name: row[name] for name in row if name != "decided_at"})
    assert recording.record_outcomes(world.warehouse, [again], world.clock()) == []
    assert world.actions().count("deadline_missed") == 1


def test_nothing_is_read_again_before_something_happened_or_time_went_by(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    _, cursor = tick(world)
    read_at = world.now
    assert tick(world, read_at + AT_MOST_EVERY * 2, cursor) == ("nothing happened", None)
    assert tick(world, read_at + EVERY, cursor)[1] is not None
    world.now = read_at
    world.deliver_all()
    assert tick(world, read_at + AT_MOST_EVERY / 2, cursor)[1] is None
    assert tick(world, read_at + AT_MOST_EVERY * 2, cursor)[1] is not None


def test_a_deadline_that_passes_is_not_waited_for(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    _, cursor = tick(world, DEADLINE - timedelta(seconds=20))
    tick(world, DEADLINE, cursor)
    assert len(rows(world, deadline_outcomes)) == 1


def test_a_forecast_is_stored_where_it_changed_or_is_old(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE - timedelta(hours=3))
    tick(world)
    assert len(rows(world, forecasts)) == 1
    tick(world, DEADLINE - timedelta(hours=3) + STALE + timedelta(seconds=5))
    second = max(rows(world, forecasts), key=lambda row: row["made_at"])
    assert (second["client_id"], second["business_date"], second["deadline"]) == ("tiny_health", NIGHT, DEADLINE)
    assert second["driver"] is not None
    assert len(rows(world, forecasts)) == 2
    release(world)
    tick(world)
    assert len(rows(world, forecasts)) == 2


def test_a_business_date_is_summarised_once_it_is_over(world: World) -> None:
    release(world)
    tick(world, DEADLINE + timedelta(hours=5, minutes=59))
    assert rows(world, night_summaries) == []
    tick(world, DEADLINE + timedelta(hours=6))
    (summary,) = rows(world, night_summaries)
    assert (summary["business_date"], summary["clients"]) == (NIGHT, 1)


def test_a_business_date_that_nobody_finishes_is_over_after_a_day_and_a_half(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE + timedelta(hours=35))
    assert rows(world, night_summaries) == []
    tick(world, DEADLINE + timedelta(hours=36))
    assert [row["business_date"] for row in rows(world, night_summaries)] == [NIGHT]


def test_history_is_learned_when_there_is_more_of_it_and_not_at_every_tick(world: World) -> None:
    learned, today = Learned(), NIGHT + timedelta(days=3)
    first = learned.history(world.warehouse, today)
    assert learned.history(world.warehouse, today) is first
    release(world)
    tick(world, DEADLINE + timedelta(hours=6))
    second = learned.history(world.warehouse, today)
    assert second is not first
    assert (len(first.arrivals.dates), len(second.arrivals.dates)) == (0, 1)
    assert learned.history(world.warehouse, today) is second


def test_a_tick_asks_as_many_queries_for_many_clients_as_for_one(world: World) -> None:
    def queries() -> int:
        found: list[str] = []

        def note(*said: Any) -> None:
            found.append(said[2])

        tick(world, DEADLINE - timedelta(hours=2))
        event.listen(Engine, "before_cursor_execute", note)
        try:
            tick(world, DEADLINE - timedelta(hours=2))
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(found)

    world.deliver("eligibility", ELIGIBILITY)
    of_one = queries()
    platform = world.platform
    clients = {f"client_{n}": make_client(client_id=f"client_{n}", landing=f"c{n}") for n in range(20)}
    registry = type(world.registry)(clients | dict(world.registry.clients), {})
    world.platform = lambda: type(platform())(**(vars(platform()) | {"registry": registry}))  # type: ignore[method-assign]
    assert queries() == of_one


def test_the_sensor_keeps_its_cursor(world: World, instance: DagsterInstance) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    context = build_sensor_context(instance=instance, resources={"platform": world.platform()})
    deadlines_sensor(Learned(), 30)(context)
    known = context.cursor
    assert known
    deadlines_sensor(Learned(), 30)(context)
    assert context.cursor == known


def shown(instance: DagsterInstance, mart: str) -> list[Any]:
    key = AssetCheckKey(AssetKey(["published", mart]), "deadline_met")
    found = instance.event_log_storage.get_asset_check_execution_history(key, limit=9)
    return [item.event.dagster_event.event_specific_data for item in found if item.event and item.event.dagster_event]


def test_dagster_shows_a_missed_deadline_on_each_mart_of_the_client(world: World, instance: DagsterInstance) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    tick(world, DEADLINE)
    project(world.platform(), instance, LedgerCursor.read(None))
    for mart in ("member_months", "pharmacy_spend", "pmpm"):
        (check,) = shown(instance, mart)
        assert (check.passed, check.severity) == (False, AssetCheckSeverity.WARN)
        assert check.partition == partition_key("tiny_health", NIGHT)
        said = {name: item.value for name, item in check.metadata.items()}
        assert said["deadline"] == "2026-03-11 06:00 EDT"
        assert (said["blocked by"], said["owner group"]) == ("feeds/pharmacy_claim", "client")
        assert said["explain"] == "acme explain tiny_health 2026-03-10"
    assert shown(instance, "provider_panel") == []


def test_dagster_shows_a_deadline_that_was_met(world: World, instance: DagsterInstance) -> None:
    release(world)
    tick(world, DEADLINE)
    project(world.platform(), instance, LedgerCursor.read(None))
    (check,) = shown(instance, "pmpm")
    assert (check.passed, check.target_materialization_data is not None) == (True, True)
