"""The feeds' names are those of the Tuva input layer, and one list of them serves types and code."""

from typing import get_args

from client_partitions.feeds import FEEDS, Feed


def test_every_feed_is_listed_once() -> None:
    assert set(FEEDS) == set(get_args(Feed))
    assert len(FEEDS) == len(set(FEEDS)) == 7
