"""Summaries of many nights as columns: how they are stored, and how a year of them is read in under a second.

A year of 180 clients has 65,700 nights and 400,000 feeds; as objects they would take seconds.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla.summary import FeedSummary, NightSummary
from client_partitions.feeds import FEEDS

VERSION = 1

MINUTES_OF_NIGHT = ("build_wait", "build_work", "repair", "sign_off", "handling", "release", "past_deadline")
MINUTES_OF_FEED = ("offset", "again", "notice", "load_wait", "load_work")
_COUNTS_OF_NIGHT = ("bytes", "failed_suites", "rejected", "is_automatic", "requests")
_COUNTS_OF_FEED = ("versions", "quarantined", "bytes")
_ACKNOWLEDGEMENTS = "acknowledgements"
_OF_NIGHT, _OF_FEED = (*MINUTES_OF_NIGHT, *_COUNTS_OF_NIGHT), (*MINUTES_OF_FEED, *_COUNTS_OF_FEED)

# A field that is added to a summary must not be lost on its way through the ledger.
assert {item.name for item in fields(NightSummary)} == {*_OF_NIGHT, "client_id", "business_date", "feeds",
                                                        _ACKNOWLEDGEMENTS}  # fmt: skip
assert {item.name for item in fields(FeedSummary)} == {*_OF_FEED, "feed"}


class NoSummaries(ValueError):
    """What is stored of a business date is no summaries. The text names the date and the remedy."""


@dataclass(frozen=True)
class Columns:
    """Night summaries, a column per field. Minutes are floats, NaN where a summary has None."""

    client_ids: tuple[str, ...]
    """Every client once."""
    client: NDArray[np.int64]
    """Of each night, its client's place in `client_ids`."""
    day: NDArray[np.int64]
    """Of each night, its business date's ordinal. Never falling."""
    nights: Mapping[str, NDArray[Any]]
    """Field of NightSummary to its column, one value a night."""
    feed_night: NDArray[np.int64]
    """Of each feed of a night, the night's number."""
    feed: NDArray[np.int64]
    """Of each feed of a night, its place in FEEDS."""
    feeds: Mapping[str, NDArray[Any]]
    """Field of FeedSummary to its column, one value a feed of a night."""
    acknowledgement_night: NDArray[np.int64]
    acknowledgement: NDArray[np.float64]
    """Of each exception that was acknowledged, the night's number and the minutes that it took."""

    def __len__(self) -> int:
        return len(self.client)

    @classmethod
    def of(cls, summaries: Iterable[NightSummary]) -> "Columns":
        """Of summaries in any order; minutes to the second, as they are stored."""
        by_date: dict[date, list[NightSummary]] = {}
        for summary in summaries:
            by_date.setdefault(summary.business_date, []).append(summary)
        return unpacked((day, packed(by_date[day])) for day in sorted(by_date))

    def summaries(self) -> Iterator[NightSummary]:
        """The same as objects: for tests and reports, too slow for a year."""
        feed_columns = [self.feeds[name].tolist() for name in _OF_FEED]
        feeds: dict[int, list[FeedSummary]] = {}
        for night, feed, *values in zip(self.feed_night.tolist(), self.feed.tolist(), *feed_columns, strict=True):
            feeds.setdefault(night, []).append(FeedSummary(FEEDS[feed], **_values(_OF_FEED, values)))
        said: dict[int, list[float]] = {}
        for night, minutes in zip(self.acknowledgement_night.tolist(), self.acknowledgement.tolist(), strict=True):
            said.setdefault(night, []).append(minutes)
        night_columns = [self.nights[name].tolist() for name in _OF_NIGHT]
        for night, (client, day, *values) in enumerate(
            zip(self.client.tolist(), self.day.tolist(), *night_columns, strict=True)
        ):
            yield NightSummary(
                self.client_ids[client],
                date.fromordinal(day),
                tuple(feeds.get(night, ())),
                **_values(_OF_NIGHT, values),
                acknowledgements=tuple(said.get(night, ())),
            )


def _values(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return {name: None if value != value else value for name, value in zip(names, values, strict=True)}


def packed(summaries: Sequence[NightSummary]) -> str:
    """The summaries of one business date as JSON, times in whole seconds: shorter than minutes with decimals."""
    feeds = [(night, feed) for night, summary in enumerate(summaries) for feed in summary.feeds]
    said = [(night, value) for night, summary in enumerate(summaries) for value in summary.acknowledgements]
    data = {
        "version": VERSION,
        "clients": [summary.client_id for summary in summaries],
        **{name: [_seconds(getattr(item, name)) for item in summaries] for name in MINUTES_OF_NIGHT},
        **{name: [int(getattr(item, name)) for item in summaries] for name in _COUNTS_OF_NIGHT},
        "feeds": {
            "night": [night for night, _ in feeds],
            "feed": [FEEDS.index(item.feed) for _, item in feeds],
            **{name: [_seconds(getattr(item, name)) for _, item in feeds] for name in MINUTES_OF_FEED},
            **{name: [int(getattr(item, name)) for _, item in feeds] for name in _COUNTS_OF_FEED},
        },
        _ACKNOWLEDGEMENTS: {"night": [night for night, _ in said], "minutes": [_seconds(value) for _, value in said]},
    }
    return json.dumps(data, separators=(",", ":"))


def _seconds(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes * 60)


def unpacked(texts: Iterable[tuple[date, str]]) -> Columns:
    """Stored business dates, oldest first, as columns.

    Raises:
        NoSummaries: a text is none that `packed` made.
    """
    number: dict[str, int] = {}
    parts: list[_Part] = []
    nights = 0
    for day, text in texts:
        part = _part(day, text, number, nights)
        nights += len(part.client)
        parts.append(part)

    def joined(columns: Iterable[NDArray[Any]]) -> NDArray[Any]:
        found = list(columns)
        return np.concatenate(found) if found else np.empty(0)

    def whole(columns: Iterable[NDArray[Any]]) -> NDArray[np.int64]:
        return joined(columns).astype(np.int64, copy=False)

    return Columns(
        tuple(number),
        whole(part.client for part in parts),
        whole(np.full(len(part.client), part.day) for part in parts),
        {name: joined(part.nights[name] for part in parts) for name in _OF_NIGHT},
        whole(part.feed_night for part in parts),
        whole(part.feed for part in parts),
        {name: joined(part.feeds[name] for part in parts) for name in _OF_FEED},
        whole(part.acknowledgement_night for part in parts),
        joined(part.acknowledgement for part in parts),
    )


@dataclass(frozen=True)
class _Part:
    """One business date."""

    day: int
    client: NDArray[np.int64]
    nights: Mapping[str, NDArray[Any]]
    feed_night: NDArray[np.int64]
    feed: NDArray[np.int64]
    feeds: Mapping[str, NDArray[Any]]
    acknowledgement_night: NDArray[np.int64]
    acknowledgement: NDArray[np.float64]


def _part(day: date, text: str, number: dict[str, int], nights: int) -> _Part:
    """Clients are numbered in the order in which they are met; `nights` were there before."""
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise ValueError(f"version {data['version']} is not {VERSION}")
        feeds, said = data["feeds"], data[_ACKNOWLEDGEMENTS]
        part = _Part(
            day.toordinal(),
            _whole([number.setdefault(client_id, len(number)) for client_id in data["clients"]]),
            _columns(data, MINUTES_OF_NIGHT, _COUNTS_OF_NIGHT),
            _whole(feeds["night"]) + nights,
            _whole(feeds["feed"]),
            _columns(feeds, MINUTES_OF_FEED, _COUNTS_OF_FEED),
            _whole(said["night"]) + nights,
            _minutes(said["minutes"]),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _none(day, f"{type(error).__name__}: {error}") from error
    lengths = ({len(column) for column in part.nights.values()}, {len(column) for column in part.feeds.values()})
    if lengths != ({len(part.client)}, {len(part.feed)}) or len(part.feed_night) != len(part.feed):
        raise _none(day, "its columns differ in length")
    return part


def _none(day: date, why: str) -> NoSummaries:
    remedy = "delete the row, and the deadlines sensor makes it again"
    return NoSummaries(f"ops.night_summaries {day}: summary: cannot be read ({why}); {remedy}")


_FLAGS = ("rejected", "is_automatic", "quarantined")


def _columns(data: Mapping[str, Any], minutes: Sequence[str], counts: Sequence[str]) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {name: _minutes(data[name]) for name in minutes}
    for name in counts:
        found[name] = _whole(data[name]).astype(bool) if name in _FLAGS else _whole(data[name])
    return found


def _whole(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _minutes(seconds: Sequence[int | None]) -> NDArray[np.float64]:
    return np.array(seconds, dtype=np.float64) / 60
