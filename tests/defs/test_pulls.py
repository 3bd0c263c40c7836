"""The pulls sensor, tick by tick, and the job that it asks for, on a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from dagster import (
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Failure,
    RunRequest,
    SensorResult,
    SkipReason,
    build_sensor_context,
)

from acme_assets.defs.pulls import OP, PULL_TAG, pull_job
from acme_assets.defs.sensors.pulls import pulls_sensor
from acme_assets.environment import Platform
from client_partitions.registry import Registry
from tests.landing.api_server import Server, api_server, paged
from tests.landing.made_up import API, SECRETS, pulling_client
from tests.world import NIGHT, World

DUE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
JOB = pull_job()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def api() -> Iterator[Server]:
    with api_server(paged(['{"person": "p1"}', '{"person": "p2"}', '{"person": "p3"}'])) as server:
        yield server


def platform(world: World, url: str, now: datetime = DUE, **changes: Any) -> Platform:
    first = pulling_client({**API, "url": url, **changes})
    second = pulling_client({**API, "url": url}, client_id="second", landing="second")
    made = replace(world.platform(), clock=lambda: now, secrets=SECRETS.__getitem__)
    return replace(made, registry=Registry({"second": second, "tiny_health": first}, {}))


def tick(instance: DagsterInstance, at: Platform, cursor: str | None = None) -> tuple[list[RunRequest], str | None]:
    context = build_sensor_context(instance, cursor, resources={"platform": at})
    result = pulls_sensor(JOB, 30)(context)
    assert isinstance(result, SensorResult)
    return list(result.run_requests or []), result.cursor


def run(request: RunRequest, at: Platform, instance: DagsterInstance | None = None) -> Any:
    return JOB.execute_in_process(
        request.run_config, resources={"platform": at}, raise_on_error=False, instance=instance, tags=request.tags
    )


def test_each_clients_pull_is_asked_for_once_an_interval(world: World, instance: DagsterInstance) -> None:
    url = "http://127.0.0.1:1/records"
    asked, cursor = tick(instance, platform(world, url))
    assert sorted(request.tags[PULL_TAG] for request in asked) == ["second", "tiny_health"]
    again, cursor = tick(instance, platform(world, url, DUE + timedelta(minutes=14)), cursor)
    assert again == []
    later, _ = tick(instance, platform(world, url, DUE + timedelta(minutes=15)), cursor)
    assert len(later) == 2
    assert {request.run_key for request in later}.isdisjoint({request.run_key for request in asked})


def test_of_a_client_one_pull_goes_at_a_time(world: World, instance: DagsterInstance) -> None:
    """At 01:00 the night before is owed still, and the next already: two pulls."""
    at = platform(world, "http://127.0.0.1:1/records", DUE - timedelta(minutes=30))
    first, cursor = tick(instance, at)
    assert len(first) == 2
    under_way = DagsterRun(JOB.name, status=DagsterRunStatus.STARTED, tags={PULL_TAG: "second"})
    instance.add_run(under_way)
    second, _ = tick(instance, at, cursor)
    assert [request.tags[PULL_TAG] for request in second] == ["tiny_health"]
    dates = {request.run_config["ops"][OP]["config"]["business_date"] for request in (first[1], second[0])}
    assert dates == {"2026-03-09", "2026-03-10"}


def test_where_nothing_is_pulled_nothing_is_asked(world: World, instance: DagsterInstance) -> None:
    context = build_sensor_context(instance, None, resources={"platform": world.platform()})
    assert isinstance(pulls_sensor(JOB, 30)(context), SkipReason)


def test_a_run_lands_the_file_and_the_night_is_not_asked_for_again(
    world: World, instance: DagsterInstance, api: Server
) -> None:
    at = platform(world, api.url)
    asked, cursor = tick(instance, at)
    assert all(run(request, at).success for request in asked)
    assert [file.path for file in world.zone.listing()] == [
        f"{landing}/{NIGHT}/eligibility.ndjson" for landing in ("second", "tiny")
    ]
    assert tick(instance, platform(world, api.url, DUE + timedelta(minutes=20)), cursor)[0] == []


def test_what_a_person_must_mend_is_not_tried_again_and_says_whose_it_is(world: World, api: Server) -> None:
    at = platform(world, api.url, records=["nowhere", "data"])
    asked, _ = tick(DagsterInstance.ephemeral(), at)
    result = run(next(request for request in asked if request.tags[PULL_TAG] == "tiny_health"), at)
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "engineering: a page has no nowhere; correct the pull's `records`" in str(failure.step_failure_data)
    assert not any(event.is_step_up_for_retry for event in result.all_events)


def test_a_server_that_is_away_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("dagster._core.execution.plan.active.time.sleep", waits.append)
    monkeypatch.setattr("dagster._core.execution.plan.active.time.time", lambda: 1e9 + sum(waits))
    at = platform(world, "http://127.0.0.1:1/records", attempts=1)
    result = run(RunRequest(run_config=config("tiny_health")), at)
    assert sum(event.is_step_up_for_retry for event in result.all_events) == 2
    first, second = waits
    assert 0 <= first <= 120 <= second <= 240  # one minute, then three, each a minute more or less by chance


def config(client_id: str, pull: str = "source", day: date = NIGHT) -> dict[str, Any]:
    return {"ops": {OP: {"config": {"client_id": client_id, "pull": pull, "business_date": day.isoformat()}}}}


@pytest.mark.parametrize(
    ("client_id", "pull", "said"), [("nobody", "source", "no client"), ("second", "x", "no pull x")]
)
def test_a_run_for_nobody_fails_with_a_reason(world: World, client_id: str, pull: str, said: str) -> None:
    at = platform(world, "http://127.0.0.1:1/records")
    with pytest.raises(Failure, match=said):
        JOB.execute_in_process(config(client_id, pull), resources={"platform": at})
