"""What is remembered is what Dagster would answer, and is asked of it once in a process."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from dagster import DailyPartitionsDefinition, FreshnessPolicy
from dagster._core.definitions import freshness
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.partitions.definition import TimeWindowPartitionsDefinition
from dagster._core.definitions.partitions.snap import MultiPartitionsSnap
from dagster._core.storage import asset_check_state
from dagster._serdes import deserialize_value, serialize_value
from dagster._utils import schedules
from dagster_shared.check import CheckError
from dagster_webserver import graphql as webserver
from graphql import GraphQLError, build_schema, specified_rules

from acme_assets.runner.remembered import remember, remember_queries
from client_partitions.partitions import client_nights, partition_key


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each expression that Dagster itself was asked for, in a process that was just started."""
    found: list[str] = []

    def counted(cron: str) -> timedelta:
        found.append(cron)
        return schedules.get_smallest_cron_interval(cron)

    monkeypatch.setattr(freshness, "get_smallest_cron_interval", counted)
    remember()
    remember()
    return found


def policy(cron: str, zone: str, hours: int = 1) -> FreshnessPolicy:
    return FreshnessPolicy.cron(deadline_cron=cron, lower_bound_delta=timedelta(hours=hours), timezone=zone)


def test_once_for_each_expression(asked: list[str]) -> None:
    made = [policy("0 6 * * 1-5", zone) for zone in ("America/New_York", "Asia/Kolkata", "Pacific/Honolulu")]
    assert [deserialize_value(serialize_value(each), FreshnessPolicy) for each in made] == made
    assert asked == ["0 6 * * 1-5"]
    policy("30 6 * * *", "America/New_York")
    assert asked == ["0 6 * * 1-5", "30 6 * * *"]


def test_a_window_longer_than_the_interval_is_still_refused(asked: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(CheckError):
            policy("0 6 * * *", "America/New_York", hours=25)
    assert asked == ["0 6 * * *"]


@pytest.fixture
def partitions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Dagster itself was asked for: `definition` and `dates`."""
    found: list[str] = []

    def counted(what: str, asked: Callable[..., Any]) -> Callable[..., Any]:
        def count(*args: Any, **more: Any) -> Any:
            found.append(what)
            return asked(*args, **more)

        return count

    for owner, name, what in (
        (MultiPartitionsSnap, "get_partitions_definition", "definition"),
        (TimeWindowPartitionsDefinition, "get_partition_keys", "dates"),
    ):
        asked = getattr(owner, name)
        monkeypatch.setattr(owner, name, counted(what, getattr(asked, "__wrapped__", asked)))
    remember()
    remember()
    return found


def snap(clients: Sequence[str], today: date) -> MultiPartitionsSnap:
    """As a page of the UI has it: unpacked, another each time."""
    made = MultiPartitionsSnap.from_def(client_nights(clients, today))
    return deserialize_value(serialize_value(made), MultiPartitionsSnap)


CLIENTS = ("acme_east", "acme_west")
TODAY = date(2026, 3, 10)


def test_partitions_are_made_once_for_the_same_clients_and_dates(partitions: list[str]) -> None:
    first = snap(CLIENTS, TODAY).get_partitions_definition()
    assert snap(CLIENTS, TODAY).get_partitions_definition() is first
    assert partitions == ["definition"]
    assert first == client_nights(CLIENTS, TODAY)


def test_another_client_or_date_makes_other_partitions(partitions: list[str]) -> None:
    for clients, today in ((CLIENTS, TODAY), ((*CLIENTS, "acme_north"), TODAY), (CLIENTS, date(2026, 3, 11))) * 2:
        assert snap(clients, today).get_partitions_definition() == client_nights(clients, today)
    assert partitions == ["definition"] * 3


def test_dates_are_worked_out_once_a_day_and_are_of_that_day(partitions: list[str]) -> None:
    dates = DailyPartitionsDefinition(start_date="2026-03-01", end_offset=1)
    days = [datetime(2026, 3, 9, hour, tzinfo=UTC) for hour in (1, 12, 23)] + [datetime(2026, 3, 10, 0, 1, tzinfo=UTC)]
    seen = [dates.get_partition_keys(moment)[-1] for moment in days]
    assert seen == ["2026-03-09"] * 3 + ["2026-03-10"]
    assert partitions == ["dates"] * 2
    assert dates.get_partition_keys(days[0]) == [f"2026-03-0{day}" for day in range(1, 10)]


def test_who_changes_the_dates_that_he_was_given_changes_nobody_elses(partitions: list[str]) -> None:
    dates = DailyPartitionsDefinition(start_date="2026-03-01", end_date="2026-03-05")
    dates.get_partition_keys().clear()
    assert len(dates.get_partition_keys()) == 4


def test_no_more_than_a_few_are_kept(partitions: list[str]) -> None:
    many = [date(2026, 1, 1) + timedelta(days=number) for number in range(20)]
    for today in (*many, many[-1], many[0]):
        snap(CLIENTS, today).get_partitions_definition()
    assert len(partitions) == 21


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The keys that Dagster itself was asked about."""
    found: list[str | None] = []
    valid = asset_check_state._valid_partition_key
    valid = getattr(valid, "__wrapped__", valid)

    def counted(partition_key: str | None, partitions_def: Any) -> bool:
        found.append(partition_key)
        return valid(partition_key, partitions_def)

    monkeypatch.setattr(asset_check_state, "_valid_partition_key", counted)
    remember()
    remember()
    return found


NIGHT = str(partition_key("acme_east", date(2026, 3, 9)))


def test_a_key_is_looked_at_once_for_the_same_partitions(keys: list[str | None]) -> None:
    nights = client_nights(CLIENTS, TODAY)
    of_another = client_nights(("acme_north",), TODAY)
    for _ in range(2):
        assert asset_check_state._valid_partition_key(NIGHT, nights)
        assert not asset_check_state._valid_partition_key(NIGHT, of_another)
        assert not asset_check_state._valid_partition_key(None, nights)
        assert asset_check_state._valid_partition_key(None, None)
        assert not asset_check_state._valid_partition_key(NIGHT, None)
    assert keys.count(NIGHT) == 1 + 2 + 2


def test_a_key_becomes_one_in_time(keys: list[str | None]) -> None:
    dates = DailyPartitionsDefinition(start_date="2026-03-01")
    answers = {}
    for today in (datetime(2026, 3, 9, 12, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC)):
        with partition_loading_context(today):
            answers[today.day] = asset_check_state._valid_partition_key("2026-03-09", dates)
    assert answers == {9: False, 10: True}


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the web server itself was asked to do: `parse`, `validate`."""
    found: list[str] = []
    for name in ("parse", "validate"):
        asked = getattr(webserver, name)
        asked = getattr(asked, "__wrapped__", asked)

        def count(*args: Any, name: str = name, asked: Callable[..., Any] = asked, **more: Any) -> Any:
            found.append(name)
            return asked(*args, **more)

        monkeypatch.setattr(webserver, name, count)
    remember_queries()
    remember_queries()
    return found


def test_a_query_is_parsed_and_validated_once_against_a_schema(queries: list[str]) -> None:
    schema, other = build_schema("type Query { a: Int }"), build_schema("type Query { b: Int }")
    for _ in range(2):
        document = webserver.parse("{ a }")
        assert webserver.validate(schema, document, rules=specified_rules) == []
        (error,) = webserver.validate(other, document, rules=specified_rules)
        assert "Cannot query field" in error.message
        assert webserver.validate(other, document, rules=[]) == []
    assert queries == ["parse", "validate", "validate", "validate"]


def test_a_query_that_is_none_is_refused_each_time(queries: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(GraphQLError):
            webserver.parse("{ a")
    assert queries == ["parse", "parse"]


def test_no_more_than_the_uis_queries_are_kept(queries: list[str]) -> None:
    for number in (*range(130), 129, 0):
        webserver.parse(f"{{ a{number} }}")
    assert queries.count("parse") == 131
