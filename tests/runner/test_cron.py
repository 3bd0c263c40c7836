"""A deadline that clients share is worked out once in a process."""

from datetime import timedelta

import pytest
from dagster import FreshnessPolicy
from dagster._core.definitions import freshness
from dagster._serdes import deserialize_value, serialize_value
from dagster._utils import schedules
from dagster_shared.check import CheckError

from acme_assets.runner.cron import remember_intervals


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each expression that Dagster itself was asked for, in a process that was just started."""
    found: list[str] = []

    def counted(cron: str) -> timedelta:
        found.append(cron)
        return schedules.get_smallest_cron_interval(cron)

    monkeypatch.setattr(freshness, "get_smallest_cron_interval", counted)
    remember_intervals()
    remember_intervals()
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
