"""The scripted night of `make bench-alerts`, with few calm clients and longer steps: one incident a fault."""

from functools import cache

import pytest

from acme_assets.nights.facts import Stage
from acme_assets.simulation.scripted_night import at, scripted
from client_partitions.escalation import load_policy
from tools.bench_alerts import MINUTE, Night, differences, expected, figures

CALM, MINUTES = 12, 4


@cache
def played() -> Night:
    night = Night(scripted(calm=CALM), load_policy())
    night.play(MINUTES)
    return night


@pytest.fixture
def night() -> Night:
    return played()


def test_each_fault_is_one_incident_and_there_is_no_other(night: Night) -> None:
    keys = [item.key for item in night.rehearsal.incidents.values()]
    assert sorted(keys) == sorted(item.key for item in expected(night.script))


def test_the_daemons_silence_is_the_watchers_one_page(night: Night) -> None:
    assert [(urgency, who) for _, urgency, who in night.silence] == [("page", "Priya Raman")]


def test_who_is_told_is_who_can_do_something_about_it(night: Night) -> None:
    told = night.told()
    by_fault = {item.fault: {who for _, _, who in told.get(item.key, ())} for item in expected(night.script)}
    assert by_fault["a sender's host down"] == by_fault["a contract change"] == {"Priya Raman"}
    assert by_fault["a failed release"] == {"Priya Raman"}
    assert by_fault["nobody signs"] == {"Ingrid Mol", "Dele Adeyemi"}
    assert by_fault["a client that sends nothing"] == {"client", "Noor Haddad", "Priya Raman"}
    assert by_fault["a warehouse outage"] == by_fault["a failed suite"] == set()


def test_nobody_is_told_twice_in_one_arming(night: Night) -> None:
    said = [(item.message.incident_id, item.message.recipient.email) for item in night.rehearsal.sent]
    twice = {key for key in said if said.count(key) > 1}
    absent = next(item.key for item in expected(night.script) if item.fault == "a client that sends nothing")
    incidents = night.rehearsal.incidents
    assert {incidents[incident_id or ""].key for incident_id, _ in twice} <= {absent}  # whose urgency rose


def test_twenty_times_fewer_than_a_message_for_each_check(night: Night) -> None:
    found = figures(night)
    assert (found["causes"], found["missed_causes"], found["incidents"]) == (12, 0, 12)
    assert found["naive_messages"] >= 15 * found["messages"]  # of 180 clients it is 20


def test_what_differs_from_the_table_is_said(night: Night) -> None:
    """The comparison can fail: without its host's incident, the night is not as written."""
    script = night.script
    (host,) = [item for item in night.rehearsal.incidents.values() if item.kind == "host"]
    less = Night(
        script, night.policy, rehearsal=type(night.rehearsal)(dict(night.rehearsal.incidents), night.rehearsal.said)
    )
    del less.rehearsal.incidents[host.incident_id]
    less.rehearsal.said = {}
    assert any(line.startswith("missed: a sender's host down") for line in differences(less))
    assert any("the daemon's silence" in line for line in differences(less))


def test_a_replay_sees_nothing_of_what_lies_later(night: Night) -> None:
    replay, faults = night.script.replay, night.script.faults
    client = replay.clients[faults.broken]
    feed = night.script.feeds["broken"]
    states = {clock: replay.facts(client, at(clock)).deliveries.get(feed) for clock in ("05:00", "08:00", "10:00")}
    assert states["05:00"] is None
    assert states["08:00"] is not None
    assert states["08:00"].state in ("quarantined", "loaded")
    assert states["10:00"] is not None
    assert states["10:00"].state == "loaded"


@pytest.mark.parametrize("stage", ["load", "release"])
def test_a_trouble_is_stuck_while_it_lasts_and_not_longer(night: Night, stage: Stage) -> None:
    replay, faults = night.script.replay, night.script.faults
    key = faults.stuck if stage == "load" else faults.release
    (trouble,) = [item for item in replay.troubles if (item.client_id, item.stage) == (key, stage)]
    facts = [replay.facts(replay.clients[key], moment) for moment in (trouble.ends - 2 * MINUTE, trouble.ends)]
    assert [[item.stage for item in found.stuck.values()] for found in facts] == [[stage], []]
