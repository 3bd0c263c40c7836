"""Causes beside the nights: registry, audit log, forgeries, services, backlog, cost, freshness."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from acme_assets.alerts.causes import causes
from acme_assets.alerts.known import AuditCheck, FailedRun, Heartbeat, Known, StaleAsset, Throughput
from client_partitions.people import Roster
from client_partitions.registry import Registry
from tests.alerts.made_up import DEADLINE, NOW, client, forecast, night, node, waiting, world
from tests.nights.made_up import all_loaded, signed, with_candidate
from tests.world import DELE, INGRID, MALLORY, NIGHT, make_roster

MINUTE = timedelta(minutes=1)


def keys(known: Known) -> list[str]:
    return [found.key for found in causes(known)]


def test_each_client_file_that_cannot_be_used_is_one() -> None:
    problems = {
        "alpha": "alpha.yaml: time_zone: is no zone\nalpha.yaml: feeds: is missing",
        "beta": "beta.yaml: is empty",
    }
    first, second = causes(world(registry=Registry({}, problems)))
    assert (first.key, second.key) == ("registry/alpha", "registry/beta")
    assert "time_zone: is no zone (and 1 more)" in first.text
    assert "acme clients validate" in first.fix
    assert first.since <= NOW - 6 * timedelta(hours=1)


def test_a_list_of_people_that_cannot_be_used_is_one() -> None:
    found = causes(world(roster=Roster(problem="people.yaml: is empty")))
    assert [item.key for item in found] == ["registry/people"]
    assert keys(world(roster=make_roster())) == []


def test_an_audit_log_that_does_not_verify_is_one() -> None:
    (found,) = causes(world(audit=AuditCheck(NOW, ("altered", "altered", "checkpoint"))))
    assert (found.key, found.kind) == ("audit chain", "audit chain")
    assert "3 findings (altered, checkpoint)" in found.text
    assert found.since <= NOW - timedelta(hours=6)  # whoever looks again each minute does not put it off for ever
    assert keys(world(audit=AuditCheck(NOW, ()))) == []


def forged(by: str = INGRID, minute: int = 30) -> Any:
    """A sign-off in somebody's name, with another's key."""
    good = signed(analyst=by, minute=minute)
    return replace(good, signature=signed(analyst=MALLORY, minute=minute).signature)


def test_a_false_statement_is_one_for_each_signer_and_client() -> None:
    facts = replace(waiting(1), statements=(forged(), forged(minute=31)))
    (found,) = causes(world(night(facts=facts), recorded={facts.statements[0].statement_id: NOW - 7 * MINUTE}))
    assert (found.key, found.since) == (f"forgery/tiny_health/{INGRID}", NOW - 7 * MINUTE)
    assert found.affected == ()
    assert facts.statements[1].statement_id[:12] in found.text
    both = replace(facts, statements=(forged(), forged(DELE)))
    two = world(night(facts=both), night(client("other"), replace(waiting(1), statements=(forged(),))))
    of_tiny = [f"forgery/tiny_health/{signer}" for signer in (DELE, INGRID)]
    assert keys(two) == [f"forgery/other/{INGRID}", *of_tiny]


def test_a_statement_on_record_that_is_altered_or_gone_holds_the_night() -> None:
    spoiled = replace(waiting(1), statements=(replace(forged(), is_recorded=True),))
    (found,) = causes(world(night(facts=spoiled)))
    assert [item.client_id for item in found.affected] == ["tiny_health"]
    (lost,) = causes(world(night(facts=replace(waiting(1), lost_statements=("a" * 64,)))))
    assert lost.key == "forgery/tiny_health/lost"
    assert [item.client_id for item in lost.affected] == ["tiny_health"]
    assert lost.since <= NOW
    rejected = replace(waiting(1), statements=(signed("rejected"),), lost_statements=("a" * 64,))
    assert keys(world(night(facts=rejected))) == ["forgery/tiny_health/lost"]


def test_a_service_that_gives_no_sign_of_life_is_one() -> None:
    def at(minutes: int, **more: Any) -> list[str]:
        return keys(world(heartbeats=(Heartbeat("arrivals", NOW - minutes * MINUTE, **more),)))

    assert (at(5), at(6)) == ([], ["silence/arrivals"])
    assert at(6, allowed=10 * MINUTE) == []
    assert keys(world(heartbeats=(Heartbeat("work", None),))) == ["silence/work"]


def test_a_silence_says_how_many_deadlines_are_unwatched() -> None:
    item = night(facts=all_loaded(), forecast=forecast(0.1, node("marts")))
    (found,) = causes(world(item, heartbeats=(Heartbeat("arrivals", None),)))
    assert "1 deadlines are ahead, the next at 10:00 UTC" in found.text


def test_a_stale_asset_is_one_where_nothing_else_says_why() -> None:
    stale = StaleAsset("dashboards/tiny_health", DEADLINE - timedelta(hours=1))
    building = night(facts=all_loaded())
    (found,) = causes(world(building, stale_assets=(stale,)))
    assert (found.key, found.kind) == (f"freshness/dashboards/tiny_health/{NIGHT}", "freshness")
    assert [item.client_id for item in found.affected] == ["tiny_health"]
    both = (replace(stale, name="deliveries/tiny_health"), stale)
    assert keys(world(building, stale_assets=both)) == [f"freshness/dashboards/tiny_health/{NIGHT}"]
    assert keys(world(night(), stale_assets=(stale,))) == [f"delivery/tiny_health/{NIGHT}"]
    assert keys(world(building, stale_assets=(replace(stale, name="dashboards/unknown"),))) == []


def building(count: int, minutes_each: float, slots: int = 2) -> Known:
    items = [night(client(f"c{n}"), all_loaded()) for n in range(count)]
    return world(*items, throughput=(Throughput("build", slots, minutes_each),))


def test_more_work_than_fits_before_the_deadlines_is_one() -> None:
    (found,) = causes(building(9, 60))
    assert (found.key, found.kind) == (f"backlog/build/{NIGHT}", "backlog")
    assert [item.client_id for item in found.affected] == ["c6", "c7", "c8"]
    assert "9 builds are due" in found.text
    assert keys(building(8, 60)) == []
    assert keys(building(9, 30)) == []


def test_what_has_a_slot_and_takes_too_long_is_no_backlog() -> None:
    (found,) = causes(building(5, 200))
    assert [item.client_id for item in found.affected] == ["c2", "c3", "c4"]


def test_what_is_built_and_signed_waits_in_no_backlog() -> None:
    items = [night(client(f"c{n}"), replace(with_candidate(all_loaded()), statements=(signed(),))) for n in range(9)]
    assert keys(world(*items, throughput=(Throughput("build", 2, 60),))) == []


def test_a_run_that_failed_once_is_no_cause_of_its_own() -> None:
    runs = (FailedRun("run", "build", NOW, (("tiny_health", NIGHT),)),)
    assert keys(world(night(facts=all_loaded()), failed_runs=runs)) == []


def test_who_answers_where_no_client_says_it_is_somebody() -> None:
    assert Known(NOW, Registry({}, {}), make_roster()).engineering.email == "enzo@acme.example"
    assert Known(NOW, Registry({}, {})).engineering.email.endswith(".invalid")
