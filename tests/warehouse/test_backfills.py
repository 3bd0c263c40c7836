"""Backfills on a real ledger: planned, opened once, followed, cancelled, done; and what an open one lets in."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.graph import graph_of
from acme_assets.nights.backfill import Plan
from acme_assets.warehouse.backfill_tables import backfill_nights
from acme_assets.warehouse.backfills import (
    SEEN_AFTER,
    Backfill,
    NoBackfill,
    Scope,
    cancel_backfill,
    end_done,
    known_of,
    make_plan,
    open_backfill,
    progress_of,
    read_backfill,
    read_backfills,
)
from acme_assets.warehouse.reading import SETTLING, read_unsettled
from tests.several_nights import Several
from tests.world import ELIGIBILITY, ENZO, NIGHT, OTTO, PHARMACY, World, make_client

FEEDS = ("eligibility", "pharmacy_claim")

YESTERDAY = NIGHT - timedelta(days=1)
LONG_AGO = NIGHT - LOOKBACK - timedelta(days=5)
MORE = PHARMACY + "c3,p1,2026-03-03,1.00\n"


@pytest.fixture
def several(world: World) -> Several:
    return Several(world)


def planned(several: Several, scope: Scope = Scope()) -> Plan:  # noqa: B008 - frozen
    platform = several.platform()
    with platform.warehouse.begin() as connection:
        return make_plan(
            connection, platform.registry.clients, platform.roster(), several.home.clock(), scope, LOOKBACK
        )


def opened(several: Several, made: Plan, reason: str = "INC-1") -> Backfill:
    backfill_id, _ = open_backfill(several.home.warehouse, made, reason, ENZO, several.home.clock())
    return read(several, backfill_id)


def read(several: Several, backfill_id: str) -> Backfill:
    with several.home.warehouse.begin() as connection:
        return read_backfill(connection, backfill_id)


def done(several: Several, backfill: Backfill) -> tuple[int, int]:
    platform = several.platform()
    with platform.warehouse.begin() as connection:
        known = known_of(connection, [backfill], several.clients, platform.roster(), several.now)
    found = progress_of(backfill, known)
    return found.done, found.of


def ended(several: Several) -> list[str]:
    return end_done(several.home.warehouse, several.clients, several.home.roster, several.home.clock())


def nights(made: Plan) -> list[tuple[str, date]]:
    return [night.night for night in made.nights]


def unsettled(several: Several) -> set[tuple[str, date]]:
    today = several.now.date()
    with several.home.warehouse.begin() as connection:
        found = read_unsettled(connection, today - LOOKBACK, today, several.now - SETTLING)
    return {(facts.client_id, facts.business_date) for facts in found}


# --- planning


def test_by_default_a_plan_is_what_came_for_earlier_nights_and_is_not_built(several: Several) -> None:
    several.release("one", YESTERDAY)
    several.put_all("two", YESTERDAY)
    several.put_all("one", NIGHT)
    several.notice()
    assert nights(planned(several)) == [("two", YESTERDAY)], "one is built, and tonight is no backfill"
    several.at("one", YESTERDAY).put("pharmacy_claim", MORE)
    several.notice()
    one, two = planned(several).nights
    assert (one.client_id, one.feeds, one.marts) == ("one", ("pharmacy_claim",), ("pmpm", "pharmacy_spend"))
    assert (one.signs_again, one.client_sees_change) == (True, True)
    assert two.feeds == ("eligibility", "pharmacy_claim")
    assert (two.signs_again, two.client_sees_change) == (False, False)
    assert one.why[0].startswith("pharmacy_claim came 2026-03-11")


def test_a_redelivery_with_the_same_content_is_no_work_and_in_no_plan(several: Several) -> None:
    several.release("one", YESTERDAY).put("pharmacy_claim", PHARMACY)
    assert set(several.notice()) <= {"same"}
    assert planned(several).nights == ()
    everything = planned(several, Scope(client_id="one", first=YESTERDAY))
    assert (everything.nights, everything.up_to_date) == ((), 1)


def test_the_cost_is_counted_by_the_ledger(several: Several) -> None:
    several.release("one", YESTERDAY)
    several.at("one", YESTERDAY).put("pharmacy_claim", MORE)
    several.put_all("one", YESTERDAY - timedelta(days=1))
    several.notice()
    cost = planned(several).cost
    assert (cost.runs_least, cost.runs_most) == (2, 4)
    assert cost.rows_to_load == 2 + 2 + 2, "as many as the client's last load of each feed had"
    assert cost.rows_to_read == 4 + 4
    assert cost.rows_to_write == 2 * 3


def test_since_takes_what_came_then(several: Several) -> None:
    several.put_all("one", YESTERDAY)
    several.notice()
    moment = several.home.clock()
    several.put_all("two", YESTERDAY)
    several.notice()
    assert nights(planned(several, Scope(since=moment))) == [("two", YESTERDAY)]
    several.build("two", YESTERDAY)
    made = planned(several, Scope(since=moment))
    assert (made.nights, made.up_to_date) == ((), 1)


def test_with_dates_a_plan_is_for_files_that_are_still_to_come(several: Several) -> None:
    scope = Scope("one", "pharmacy_claim", NIGHT - timedelta(days=3), NIGHT)
    made = planned(several, scope)
    assert nights(made) == [("one", NIGHT - timedelta(days=days)) for days in (3, 2, 1)]
    assert {night.why for night in made.nights} == {("pharmacy_claim is not here yet",)}
    assert all("not delivered" in (night.waits_for or "") for night in made.nights)


def test_a_night_that_a_broken_file_holds_says_so(several: Several) -> None:
    late = several.put_all("one", YESTERDAY, pharmacy="claim,person,day,paid\nc1,p1,never,x\n")
    several.notice()
    late.load("pharmacy_claim")
    (night,) = planned(several).nights
    assert night.feeds == ("eligibility",)
    assert "pharmacy_claim: delivery quarantined" in (night.waits_for or "")


def searched(several: Several, missing: list[tuple[str, date, str]]) -> dict[tuple[str, date], set[str]]:
    """The oracle: of every night of every client, the marts to which an edge leads from one of these feeds."""
    found = {}
    for name, client in several.clients.items():
        for days in range(1, 30):
            graph = graph_of(client, NIGHT - timedelta(days=days))
            feeds = {f"feeds/{feed}" for owner, day, feed in missing if (owner, day) == (name, graph.business_date)}
            reached = {edge.target for edge in graph.edges if edge.source in feeds}
            if feeds:
                found[name, graph.business_date] = {target.removeprefix("marts/") for target in reached}
    return found


def test_three_days_missing_files_at_once_in_a_busy_night_are_planned_exactly(several: Several) -> None:
    several.clients |= {name: make_client(client_id=name, landing=name) for name in ("three", "four")}
    days = [NIGHT - timedelta(days=number) for number in (1, 2, 3)]
    for day in days:
        several.at("one", day).put("eligibility", ELIGIBILITY)
        several.notice()
        several.at("one", day).load("eligibility")
    several.release("two", days[0])
    for name in ("two", "three", "four"):
        several.put_all(name, NIGHT)
    for day in days:
        several.at("one", day).put("pharmacy_claim", PHARMACY)
    several.notice()
    made = planned(several, Scope(since=several.now - timedelta(seconds=30), feed="pharmacy_claim"))
    found = {night.night: set(night.marts) for night in made.nights}
    assert found == searched(several, [("one", day, "pharmacy_claim") for day in days])
    assert [night.business_date for night in made.nights] == sorted(days)
    everything = {night.night: set(night.marts) for night in planned(several).nights}
    assert everything == searched(several, [("one", day, feed) for day in days for feed in FEEDS])


# --- opening


def test_the_same_plan_twice_is_one_backfill_with_one_entry(several: Several) -> None:
    several.put_all("one", YESTERDAY)
    several.notice()
    made = planned(several)
    first, again = opened(several, made), opened(several, made, "another reason")
    assert first == again
    assert (first.state, first.reason, first.opened_by) == ("open", "INC-1", ENZO)
    assert several.home.actions().count("backfill_opened") == 1
    entry = json.loads(several.home.entry("backfill_opened"))
    assert (entry["actor"], entry["client_id"], entry["details"]["nights"]) == (ENZO, "one", 1)
    later = planned(several)
    assert (later.nights, later.covered) == ((), {("one", YESTERDAY): first.backfill_id})


def test_an_empty_plan_or_no_reason_opens_nothing(several: Several) -> None:
    with pytest.raises(ValueError, match="nothing to rebuild"):
        opened(several, planned(several))
    with pytest.raises(ValueError, match="needs a reason"):
        opened(several, planned(several, Scope("one", first=YESTERDAY)), " ")
    with several.home.warehouse.begin() as connection:
        assert read_backfills(connection) == []


def test_a_backfill_and_its_entry_commit_together(several: Several, monkeypatch: pytest.MonkeyPatch) -> None:
    made = planned(several, Scope("one", first=YESTERDAY))

    def breaks(*_: object) -> None:
        raise RuntimeError("the audit log cannot be written")

    with monkeypatch.context() as patch:
        patch.setattr("acme_assets.warehouse.backfills.write_entry", breaks)
        with pytest.raises(RuntimeError):
            opened(several, made)
    with several.home.warehouse.begin() as connection:
        assert read_backfills(connection) == []
        assert connection.execute(select(backfill_nights)).all() == []
    backfill = opened(several, made)
    with monkeypatch.context() as patch:
        patch.setattr("acme_assets.warehouse.backfills.write_entry", breaks)
        with pytest.raises(RuntimeError):
            cancel_backfill(several.home.warehouse, backfill, "wrong dates", OTTO, several.home.clock())
    assert read(several, backfill.backfill_id).state == "open"


# --- following


def test_progress_is_told_from_the_nights_and_a_backfill_ends_by_itself_once_they_are_built(several: Several) -> None:
    before = YESTERDAY - timedelta(days=1)
    for night in (before, YESTERDAY):
        several.put_all("one", night)
    several.notice()
    backfill = opened(several, planned(several))
    assert done(several, backfill) == (0, 2)
    several.build("one", before)
    assert done(several, backfill) == (1, 2)
    several.home.now += SEEN_AFTER
    assert ended(several) == []
    several.build("one", YESTERDAY)
    assert ended(several) == [backfill.backfill_id]
    assert read(several, backfill.backfill_id).state == "done"
    assert several.home.actions()[-1] == "backfill_done"
    assert ended(several) == []


def test_a_backfill_stays_open_until_its_files_can_have_been_seen(several: Several) -> None:
    opened(several, planned(several, Scope("two", first=YESTERDAY)))
    several.put_all("two", YESTERDAY)
    several.notice()
    several.build("two", YESTERDAY)
    assert ended(several) == []
    several.home.now += SEEN_AFTER
    assert len(ended(several)) == 1


# --- old nights


def test_a_night_that_closed_long_ago_takes_files_and_is_looked_at_while_its_backfill_is_open(several: Several) -> None:
    late = several.put_all("one", LONG_AGO)
    assert several.notice() == []
    backfill = opened(several, planned(several, Scope("one", first=LONG_AGO)))
    assert several.notice() == ["new", "new"]
    assert unsettled(several) == {("one", LONG_AGO)}
    several.build("one", LONG_AGO)
    several.home.now += SEEN_AFTER
    assert ended(several) == [backfill.backfill_id]
    assert unsettled(several) == {("one", LONG_AGO)}, "until it is signed and released"
    late.approve()
    late.release()
    several.home.now += 2 * SETTLING
    assert unsettled(several) == set()


def test_an_old_night_that_was_released_is_opened_for_another_file(several: Several) -> None:
    old = several.at("one", LONG_AGO)
    opened(several, planned(several, Scope("one", first=LONG_AGO)))
    several.release("one", LONG_AGO)
    several.home.now += SEEN_AFTER
    assert len(ended(several)) == 1
    old.put("pharmacy_claim", MORE)
    assert several.notice() == []
    again = opened(several, planned(several, Scope("one", "pharmacy_claim", LONG_AGO)))
    assert "new" in several.notice()
    assert done(several, again) == (0, 1)


# --- cancelling


def test_what_is_cancelled_is_asked_for_no_more_until_something_else_comes(several: Several) -> None:
    late = several.put_all("one", YESTERDAY)
    several.notice()
    backfill = opened(several, planned(several))
    assert [work.stage for work in late.status().work] == ["load", "load"]
    cancel_backfill(several.home.warehouse, backfill, "a corrected file comes tomorrow", OTTO, several.home.clock())
    assert late.status().work == ()
    step = late.status().blocked_by
    assert step is not None
    assert (step.state, step.owner_group) == ("waiting", "engineering")
    assert f"backfill {backfill.backfill_id[:8]} was cancelled by {OTTO}" in step.reason
    late.load("eligibility")
    late.load("pharmacy_claim")
    assert late.status().work == (), "a run that was under way ends, and its build is not asked for"
    late.put("pharmacy_claim", MORE)
    several.notice()
    assert [work.stage for work in late.status().work] == ["load"]


def test_a_cancelled_backfill_is_taken_up_again_by_another(several: Several) -> None:
    late = several.put_all("one", YESTERDAY)
    several.notice()
    first = opened(several, planned(several))
    cancel_backfill(several.home.warehouse, first, "not now", OTTO, several.home.clock())
    gone = read(several, first.backfill_id)
    assert (gone.ended_by, gone.ended_reason) == (OTTO, "not now")
    with pytest.raises(NoBackfill, match="has ended"):
        cancel_backfill(several.home.warehouse, first, "not now", OTTO, several.home.clock())
    second = opened(several, planned(several))
    assert second.backfill_id != first.backfill_id
    assert [work.stage for work in late.status().work] == ["load", "load"]
    assert several.home.actions()[-2:] == ["backfill_cancelled", "backfill_opened"]


def test_a_cancelled_backfill_closes_its_old_nights(several: Several) -> None:
    several.put_all("one", LONG_AGO)
    backfill = opened(several, planned(several, Scope("one", first=LONG_AGO)))
    assert several.notice() == ["new", "new"]
    assert unsettled(several) == {("one", LONG_AGO)}
    cancel_backfill(several.home.warehouse, backfill, "wrong dates", OTTO, several.home.clock())
    several.at("one", LONG_AGO).put("pharmacy_claim", MORE)
    assert several.notice() == []
    assert unsettled(several) == set()


def test_what_a_client_sees_stays_while_its_night_is_put_off(several: Several) -> None:
    seen = several.release("one", YESTERDAY)
    seen.put("pharmacy_claim", MORE)
    several.notice()
    backfill = opened(several, planned(several))
    cancel_backfill(several.home.warehouse, backfill, "not now", OTTO, several.home.clock())
    assert len(seen.visible()) == 1
    assert seen.status().released_at is not None


@pytest.mark.parametrize("start", ["abc", "0000", ""])
def test_an_id_that_names_none_is_refused_with_the_remedy(several: Several, start: str) -> None:
    with pytest.raises(NoBackfill, match="acme backfill list|4 digits"):
        read(several, start)
