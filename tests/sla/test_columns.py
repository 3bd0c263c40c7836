"""Summaries come back from their columns as they were, to the second; what is no summary is refused."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.sla.columns import Columns, NoSummaries, packed, unpacked
from acme_assets.sla.summary import FeedSummary, NightSummary
from client_partitions.feeds import FEEDS

DAY = date(2026, 3, 10)

minutes = st.integers(-40_000_000, 40_000_000).map(lambda seconds: seconds / 60)
lasting = st.none() | st.integers(0, 10_000_000).map(lambda seconds: seconds / 60)
counts = st.integers(0, 2**40)

feeds = st.lists(
    st.builds(
        FeedSummary,
        st.sampled_from(FEEDS),
        st.none() | minutes,
        st.integers(0, 9),
        st.booleans(),
        lasting,
        lasting,
        lasting,
        lasting,
        counts,
    ),
    max_size=4,
).map(tuple)

nights = st.lists(
    st.builds(
        NightSummary,
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 3).map(lambda number: DAY + timedelta(days=number)),
        feeds,
        build_wait=lasting,
        build_work=lasting,
        bytes=counts,
        failed_suites=st.integers(0, 6),
        rejected=st.booleans(),
        repair=lasting,
        sign_off=lasting,
        handling=lasting,
        is_automatic=st.booleans(),
        release=lasting,
        acknowledgements=st.lists(lasting.filter(lambda value: value is not None), max_size=2).map(tuple),
        past_deadline=st.none() | minutes,
    ),
    max_size=8,
)


@given(nights)
@settings(max_examples=150, deadline=None)
def test_summaries_come_back_as_they_were(found: list[NightSummary]) -> None:
    columns = Columns.of(found)
    assert len(columns) == len(found)
    assert list(columns.summaries()) == sorted(found, key=lambda item: item.business_date)


def test_feeds_and_acknowledgements_know_their_night() -> None:
    first = NightSummary("b", DAY, (FeedSummary("patient", 1.0),), acknowledgements=(5.0,))
    second = NightSummary("a", DAY + timedelta(days=1), (FeedSummary("lab_result", None, versions=0),))
    columns = unpacked([(DAY, packed([first])), (DAY + timedelta(days=1), packed([second]))])
    assert [columns.client_ids[number] for number in columns.client] == ["b", "a"]
    assert columns.feed_night.tolist() == [0, 1]
    assert [FEEDS[number] for number in columns.feed] == ["patient", "lab_result"]
    assert columns.acknowledgement_night.tolist() == [0]
    assert np.isnan(columns.feeds["offset"]).tolist() == [False, True]


def test_no_history_is_no_error() -> None:
    columns = unpacked([])
    assert len(columns) == 0
    assert list(columns.summaries()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.pop("handling"),
        lambda data: data["bytes"].append(1),
        lambda data: data["feeds"]["offset"].append(1),
        lambda data: data.update(version=2),
        lambda data: data.update(clients=7),
    ],
)
def test_what_is_no_summary_is_refused_by_its_date_and_says_what_to_do(spoil: object) -> None:
    data = json.loads(packed([NightSummary("a", DAY, ())]))
    spoil(data)  # type: ignore[operator]
    with pytest.raises(NoSummaries, match="ops.night_summaries 2026-03-10: summary: .*delete the row"):
        unpacked([(DAY, json.dumps(data))])
