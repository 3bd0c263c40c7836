"""Which services are silent, by signs of life and a clock; and which deadlines nobody watches then."""

from datetime import UTC, datetime, timedelta

import pytest

from acme_assets.alerts.services import ALERTER, ALERTS, ALLOWED, DEADLINES, GATEKEEPER, LANDING_ZONE, WATCHER
from acme_assets.watcher.judging import is_back, silences, unwatched
from tests.world import make_client

NOW = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
FRESH = {name: NOW - timedelta(seconds=20) for name in ALLOWED}


def found(beats: dict[str, datetime] | None, reached: datetime = NOW, awake: datetime = LONG_AGO) -> dict[str, bool]:
    return {item.service: item.is_alone for item in silences(beats, reached, awake, NOW)}


def ago(minutes: float, *names: str) -> dict[str, datetime]:
    return FRESH | dict.fromkeys(names, NOW - timedelta(minutes=minutes))


def test_who_gave_a_sign_of_life_lately_is_not_silent() -> None:
    assert found(FRESH) == {}


@pytest.mark.parametrize("name", [ALERTS, ALERTER, GATEKEEPER, DEADLINES, LANDING_ZONE])
def test_each_is_silent_once_its_limit_is_past(name: str) -> None:
    limit = ALLOWED[name] / timedelta(minutes=1)
    assert found(ago(limit - 0.1, name)) == {}
    assert set(found(ago(limit + 0.1, name))) == {name}


def test_all_sensors_silent_is_the_daemon() -> None:
    assert found(ago(20, ALERTS, DEADLINES, LANDING_ZONE)) == {"daemon": True}
    assert found(ago(8, ALERTS, DEADLINES, LANDING_ZONE)) == {"daemon": True}


def test_the_daemon_is_told_from_its_alerts_sensor_before_the_other_sensor_is_overdue() -> None:
    assert found(ago(5.1, ALERTS) | {LANDING_ZONE: NOW - timedelta(minutes=4)}) == {"daemon": True}
    assert found(ago(5.1, ALERTS) | {LANDING_ZONE: NOW - timedelta(minutes=1)}) == {ALERTS: True}


def test_whom_the_alerts_sensor_would_tell_of_is_not_the_watchers_alone() -> None:
    assert found(ago(20, GATEKEEPER)) == {GATEKEEPER: False}
    assert found(ago(20, GATEKEEPER, ALERTER)) == {GATEKEEPER: True, ALERTER: True}


def test_without_the_warehouse_nothing_else_is_known() -> None:
    assert found(None, reached=NOW - timedelta(minutes=2)) == {}
    assert found(None, reached=NOW - timedelta(minutes=4)) == {"warehouse": True}


def test_whoever_looks_again_after_a_pause_takes_nothing_amiss_at_once() -> None:
    old = dict.fromkeys(ALLOWED, LONG_AGO)
    assert found(old, awake=NOW - timedelta(minutes=2)) == {}
    assert found(old, awake=NOW - timedelta(minutes=20)).keys() == {"daemon", GATEKEEPER, ALERTER}


def test_who_never_gave_a_sign_is_silent_once_that_was_looked_for_long_enough() -> None:
    assert found({}, awake=NOW - timedelta(minutes=20)).keys() == {"daemon", GATEKEEPER, ALERTER}
    assert WATCHER not in found({}, awake=LONG_AGO)


def test_back_is_who_gave_a_sign_since() -> None:
    since = NOW - timedelta(minutes=20)
    assert is_back("daemon", since, {ALERTS: since, DEADLINES: NOW})
    assert not is_back("daemon", since, {ALERTS: since, DEADLINES: since})
    assert not is_back(ALERTER, since, {})
    assert is_back("warehouse", since, {})


def test_deadlines_that_nobody_watches_are_said_nearest_first_and_by_local_time() -> None:
    far = make_client(client_id="far", landing="far", time_zone="Pacific/Honolulu")
    near = make_client(client_id="near", landing="near")
    ahead = unwatched({"far": far, "near": near}, NOW)
    assert [(item.client.client_id, item.deadline.hour) for item in ahead] == [("near", 10), ("far", 16)]


def test_a_day_on_which_nothing_is_owed_has_no_deadline_to_watch() -> None:
    feeds = {feed: policy.model_copy(update={"days": ("sat",)}) for feed, policy in make_client().feeds.items()}
    idle = make_client().model_copy(update={"feeds": feeds})
    assert unwatched({"idle": idle}, NOW) == []
