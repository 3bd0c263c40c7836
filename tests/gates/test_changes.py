"""What an override's subject may say, and that nothing else is taken for one."""

from typing import Any

import pytest

from acme_assets.gates.changes import CHANGES, described, under_override, why_no_change
from tests.nights.made_up import CLIENT
from tests.world import NIGHT

GOOD: list[dict[str, Any]] = [
    {"change": "optional_feed", "feed": "eligibility"},
    {"change": "extra_feed", "feed": "lab_result"},
    {"change": "due", "feed": "eligibility", "time": "04:30"},
    {"change": "deadline", "time": "23:59"},
    {"change": "suite", "mart": "pmpm", "tuning": {"max_drift": "0.8", "bounds": {"paid_amount": [0, "1000.5"]}}},
]


@pytest.mark.parametrize("subject", GOOD, ids=lambda subject: subject["change"])
def test_every_kind_of_change_is_understood_and_told_in_words(subject: dict[str, Any]) -> None:
    assert why_no_change(subject) is None
    assert under_override(CLIENT, subject) != CLIENT
    assert described(subject)


def test_no_kind_of_change_is_left_out() -> None:
    assert tuple(subject["change"] for subject in GOOD) == CHANGES


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ({}, "there is no change None; it is one of optional_feed"),
        ({"change": "release_it"}, "there is no change 'release_it'"),
        ({"change": ["due"]}, "there is no change ['due']"),
        ({"change": "optional_feed"}, "says feed, and nothing else"),
        ({"change": "optional_feed", "feed": "eligibility", "time": "04:30"}, "says feed, and nothing else"),
        ({"change": "optional_feed", "feed": ["eligibility"]}, "names feed as text"),
        ({"change": "due", "feed": "eligibility", "time": 430}, "names feed and time as text"),
        ({"change": "due", "feed": "eligibility", "time": "4:30"}, "'4:30' is no time of day; write HH:MM"),
        ({"change": "deadline", "time": "24:00"}, "'24:00' is no time of day"),
        ({"change": "deadline", "time": "06:00+02:00"}, "is no time of day"),
        ({"change": "suite", "mart": "pmpm", "tuning": {"max_drfit": "0.8"}}, "tuning.max_drfit: Extra inputs"),
        ({"change": "suite", "mart": "pmpm", "tuning": None}, "tuning: Input should be"),
    ],
)
def test_a_subject_that_says_anything_else_is_no_change_and_raises_nothing(subject: dict[str, Any], said: str) -> None:
    assert said in str(why_no_change(subject))


@pytest.mark.parametrize("change", ["optional_feed", "extra_feed"])
def test_a_feed_that_the_client_lacks_changes_nothing(change: str) -> None:
    assert under_override(CLIENT, {"change": change, "feed": "patient"}) == CLIENT


def test_an_extra_feed_is_owed_on_every_weekday() -> None:
    weekly = CLIENT.feeds["lab_result"].model_copy(update={"days": ("sun",)})
    client = CLIENT.model_copy(update={"feeds": {**CLIENT.feeds, "lab_result": weekly}})
    changed = under_override(client, {"change": "extra_feed", "feed": "lab_result"})
    assert "lab_result" in changed.feeds_owed(NIGHT)
