"""Incidents as the ledger keeps them: whole, once, with who did what, and never over a person's word."""

import json
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets.alerts.cause import Affected
from acme_assets.alerts.engine import Change, Turn, acknowledged, resolved, snoozed
from acme_assets.alerts.incident import Incident
from acme_assets.warehouse.alerting import Committed, commit_turn
from acme_assets.warehouse.heartbeats import Heartbeat, beat, read_heartbeats
from acme_assets.warehouse.incidents import Stored, read_incident, read_live, read_recent, store
from acme_assets.warehouse.messages import enqueue, read_messages
from acme_assets.warehouse.postgres import PostgresWarehouse
from tests.notify.made_up import HELD, NOW, PRIYA, incident, message
from tests.world import NIGHT, OTTO, World

SOON = NOW + timedelta(minutes=5)


def keep(world: World, *changed: Incident, was: Iterable[Incident] = ()) -> Stored:
    with world.warehouse.begin() as connection:
        return store(world.warehouse, connection, changed, world.clock(), was)


def live(world: World) -> list[Incident]:
    with world.warehouse.begin() as connection:
        return read_live(connection)


def states(world: World) -> dict[str, str]:
    with world.warehouse.begin() as connection:
        return {item.message.message_id: item.state for item in read_messages(connection)}


def commit(world: World, made: Turn, *was: Incident) -> Committed:
    return commit_turn(world.warehouse, made, was, world.clock())


moments = st.none() | st.integers(0, 10**12).map(lambda n: NOW + timedelta(microseconds=n))
risks = st.none() | st.floats(0, 1)
night = st.builds(
    lambda deadline, *more: Affected("tiny_health", NIGHT, deadline, "gold", *more),
    moments.filter(bool),
    risks,
    risks,
    moments,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    affected=st.lists(night, max_size=3).map(tuple),
    moment=moments,
    by=st.none() | st.just(OTTO),
)
def test_what_is_stored_is_read_back_whole(
    warehouse: PostgresWarehouse, text: str, affected: tuple[Affected, ...], moment: object, by: str | None
) -> None:
    kept = incident(text=text, affected=affected, drop_dead=moment, acknowledged_by=by, came_back=2, rearmed=True)
    with warehouse.begin() as connection, connection.begin_nested() as example:
        store(warehouse, connection, [kept], NOW)
        assert read_live(connection) == [kept]
        example.rollback()


def test_live_and_recent_and_by_the_start_of_its_id(world: World) -> None:
    old = incident("aa1", opened_at=NOW - timedelta(days=3))
    keep(world, old, incident("ab2"), incident("b%3"))
    keep(world, resolved(old, OTTO, NOW - timedelta(days=2)), was=[old])
    with world.warehouse.begin() as connection:
        assert [item.incident_id for item in read_live(connection)] == ["ab2", "b%3"]
        since = [NOW - timedelta(days=1), NOW - timedelta(days=2), NOW - timedelta(days=9)]
        assert [len(read_recent(connection, moment)) for moment in since] == [2, 3, 3]
        for start, found in {"a": ["aa1", "ab2"], "aa": ["aa1"], "b%": ["b%3"], "%": []}.items():
            assert [item.incident_id for item in read_incident(connection, start)] == found


def test_who_did_what_is_on_the_record(world: World) -> None:
    new = incident()
    taken = acknowledged(new, OTTO, NOW)
    put_off = snoozed(taken, SOON, PRIYA.email, NOW + timedelta(seconds=1))
    over = resolved(put_off, PRIYA.email, NOW)
    back = replace(over, state="open", resolved_at=None, resolved_by=None, came_back=1)
    gone = replace(back, state="resolved", resolved_at=SOON)
    before: list[Incident] = []
    for each in (new, taken, put_off, over, back, gone):
        assert keep(world, each, was=before).written == {"i1"}
        before = [each]
    said = ["opened", "acknowledged", "snoozed", "resolved", "reopened", "resolved"]
    assert world.actions() == [f"incident_{word}" for word in said]
    entry = json.loads(world.entry("incident_snoozed"))
    assert (entry["actor"], entry["client_id"], entry["business_date"]) == (PRIYA.email, "tiny_health", "2026-03-10")
    assert entry["details"]["snoozed_until"] == SOON.isoformat(timespec="microseconds")
    assert json.loads(world.entry("incident_resolved"))["actor"] == "acme"
    assert "text" not in entry["details"]


def test_what_only_follows_its_cause_leaves_no_entry(world: World) -> None:
    new = incident()
    keep(world, new)
    keep(world, replace(new, seen_at=SOON, text="two files now", urgency="page", armed_at=SOON), was=[new])
    assert world.actions() == ["incident_opened"]
    assert live(world)[0].text == "two files now"


def test_an_incident_of_several_nights_is_of_none_in_the_audit_log(world: World) -> None:
    keep(world, incident(affected=(HELD, replace(HELD, client_id="other"))))
    entry = json.loads(world.entry("incident_opened"))
    assert (entry["client_id"], entry["details"]["client_nights"]) == (None, 2)


def test_a_tick_does_not_undo_what_somebody_did_meanwhile(world: World) -> None:
    read = incident()
    keep(world, read)
    taken = acknowledged(read, OTTO, NOW)
    keep(world, taken, was=[read])
    seen = replace(read, seen_at=SOON)
    done = commit(world, Turn([Change(seen, "seen")], [message("m1")]), read)
    assert (done.stored.overtaken, done.messages) == ({"i1"}, 0)
    assert live(world) == [taken]
    assert world.actions() == ["incident_opened", "incident_acknowledged"]


def test_nothing_is_said_of_what_was_taken_on_meanwhile_though_nothing_else_changed(world: World) -> None:
    read = incident()
    keep(world, read)
    assert commit(world, Turn(messages=[message("m1")]), read).messages == 1
    keep(world, acknowledged(read, OTTO, NOW), was=[read])
    assert commit(world, Turn(messages=[message("m2")]), read).messages == 0
    assert states(world) == {"m1": "dropped"}


def test_who_acknowledges_while_a_turn_commits_waits_and_drops_what_it_said(world: World) -> None:
    read = incident()
    keep(world, read)
    began = threading.Event()

    def take_on() -> None:
        began.set()
        keep(world, acknowledged(read, OTTO, NOW), was=[read])

    with ThreadPoolExecutor(1) as pool:
        with pytest.MonkeyPatch.context() as patched:

            def enqueue_late(*given: Any) -> int:
                taken.append(pool.submit(take_on))
                began.wait(10)
                with pytest.raises(TimeoutError):
                    taken[0].result(0.3)
                return enqueue(*given)

            taken: list[Future[None]] = []
            patched.setattr("acme_assets.warehouse.alerting.enqueue", enqueue_late)
            assert commit(world, Turn(messages=[message("m1")]), read).messages == 1
        taken[0].result(10)
    assert states(world) == {"m1": "dropped"}
    assert live(world)[0].state == "acknowledged"


def test_one_incident_is_opened_once(world: World) -> None:
    assert keep(world, incident()).written == {"i1"}
    assert keep(world, incident(text="by another tick")).overtaken == {"i1"}
    assert world.actions() == ["incident_opened"]


@pytest.mark.parametrize("how", ["acknowledged", "snoozed", "resolved"])
def test_a_stopped_ladder_says_nothing_more_but_what_its_own_turn_says(world: World, how: str) -> None:
    open_ = incident()
    commit(world, Turn([Change(open_, "opened")], [message("before"), message("other", "i2")]))
    stopped = {
        "acknowledged": acknowledged(open_, OTTO, NOW),
        "snoozed": snoozed(open_, SOON, OTTO, NOW),
        "resolved": replace(open_, state="resolved", resolved_at=NOW),
    }[how]
    commit(world, Turn([Change(stopped, "resolved")], [message("after")], ["i1"]), open_)
    assert states(world) == {"before": "dropped", "other": "due", "after": "due"}


def test_a_turn_that_fails_leaves_nothing(world: World) -> None:
    broken = message("m2", urgency=None)
    with pytest.raises(Exception, match="urgency"):
        commit(world, Turn([Change(incident(), "opened")], [message("m1"), broken]))
    assert (live(world), states(world), world.actions()) == ([], {}, [])


def test_what_is_enqueued_again_stays_as_it_was(world: World) -> None:
    with world.warehouse.begin() as connection:
        assert enqueue(world.warehouse, connection, [message("m1"), message("m1", body="again")]) == 1
        assert enqueue(world.warehouse, connection, [message("m1", body="later"), message("m2")], {"m2": "<p>"}) == 1
        assert enqueue(world.warehouse, connection, []) == 0
        found = read_messages(connection, incident_ids=["i1"])
    assert [item.message for item in found] == [message("m1"), message("m2")]


def test_a_sign_of_life_replaces_the_one_before(world: World) -> None:
    with world.warehouse.begin() as connection:
        for minutes in range(3):
            beat(world.warehouse, connection, "alerts", NOW + timedelta(minutes=minutes), f"turn {minutes}")
        beat(world.warehouse, connection, "gatekeeper", NOW)
        assert read_heartbeats(connection) == {
            "alerts": Heartbeat("alerts", NOW + timedelta(minutes=2), "turn 2"),
            "gatekeeper": Heartbeat("gatekeeper", NOW, ""),
        }
