"""When each sender's files came, night by night: the history of arrivals as arrays."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

CLASSES = 9
"""Kinds of days that a sender may treat differently: seven weekdays, and the last and the first of a month."""
_MONTH_END, _MONTH_BEGIN = 7, 8


@dataclass(frozen=True)
class Sender:
    """Who sends what: one feed of one client."""

    client_id: str
    feed: str


@dataclass(frozen=True)
class ArrivalRecord:
    """Offsets of first deliveries from their due times, in minutes."""

    senders: tuple[Sender, ...]
    dates: tuple[date, ...]
    """Business dates, rising."""
    offsets: NDArray[np.float64]
    """(senders, dates): inf where none came, NaN where none was owed."""

    @classmethod
    def of(cls, arrivals: Iterable[tuple[Sender, date, float]]) -> "ArrivalRecord":
        """From sender, business date and offset (inf: none came) in any order."""
        found = list(arrivals)
        senders, dates = _numbered(item[0] for item in found), sorted({item[1] for item in found})
        column = {day: number for number, day in enumerate(dates)}
        offsets = np.full((len(senders), len(dates)), np.nan)
        if found:
            rows = np.fromiter((senders[item[0]] for item in found), np.int64, len(found))
            columns = np.fromiter((column[item[1]] for item in found), np.int64, len(found))
            offsets[rows, columns] = np.fromiter((item[2] for item in found), np.float64, len(found))
        return cls(tuple(senders), tuple(dates), offsets)

    def familiar(self, least: int) -> frozenset[Sender]:
        """Those of whom at least so many nights are known."""
        counts = (~np.isnan(self.offsets)).sum(axis=1)
        return frozenset(sender for sender, count in zip(self.senders, counts, strict=True) if count >= least)

    def before(self, day: date) -> "ArrivalRecord":
        """What was known of earlier business dates."""
        count = sum(item < day for item in self.dates)
        return ArrivalRecord(self.senders, self.dates[:count], self.offsets[:, :count])


def _numbered(senders: Iterable[Sender]) -> dict[Sender, int]:
    numbers: dict[Sender, int] = {}
    for sender in senders:
        numbers.setdefault(sender, len(numbers))
    return numbers


def codes(names: Sequence[Hashable]) -> NDArray[np.int64]:
    """Equal numbers for equal names, from 0."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def day_classes(days: Sequence[date]) -> NDArray[np.int64]:
    """The class of each business date: the turn of a month before the weekday."""
    return np.array([_day_class(day) for day in days], np.int64)


def _day_class(day: date) -> int:
    if (day + timedelta(days=1)).month != day.month:
        return _MONTH_END
    return _MONTH_BEGIN if day.day == 1 else day.weekday()
