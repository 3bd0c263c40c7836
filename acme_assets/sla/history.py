"""What past nights teach: arrivals, durations and how often things go wrong, in a form that the forecast draws from."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla.bonds import Bonds, bonds
from acme_assets.sla.columns import Columns
from acme_assets.sla.correction import NO_CORRECTION, Correction, PastForecasts, learn_correction
from acme_assets.sla.durations import Duration, Guess, Observed, learn
from acme_assets.sla.habits import Habits, Leaning, habits
from acme_assets.sla.record import ArrivalRecord, Sender
from acme_assets.sla.summary import NightSummary
from client_partitions.feeds import FEEDS

_GUESSES = {
    "notice": Guess(0.5, 0.7),
    "load": Guess(2.0, 1.0),
    "build_wait": Guess(0.5, 0.8),
    "build": Guess(8.0, 0.9),
    "handling": Guess(12.0, 0.8),
    "release": Guess(1.0, 0.7),
    "again": Guess(90.0, 1.2),
    "repair": Guess(90.0, 1.0),
    "acknowledgement": Guess(90.0, 1.2),
    "mending": Guess(60.0, 1.0),
}
"""Minutes before anything was seen. `mending` is of work that is stuck until an engineer repairs it."""

_LEANING = 20.0

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Chance:
    """How often something happens: each client's own share, leaning on that of all."""

    usual: float
    own: dict[str, float]

    def of(self, client_id: str) -> float:
        """Its probability for one client."""
        return self.own.get(client_id, self.usual)

    @classmethod
    def learn(cls, names: tuple[str, ...], client: NDArray[np.int64], happened: Floats, guess: float) -> "Chance":
        """From cases, each of a client (by its place in `names`) and whether it happened."""
        hits, of = np.bincount(client, happened, len(names)), np.bincount(client, minlength=len(names))
        usual = float((hits.sum() + _LEANING * guess) / (of.sum() + _LEANING))
        shares = (hits + _LEANING * usual) / (of + _LEANING)
        return cls(usual, {name: float(share) for name, share, seen in zip(names, shares, of, strict=True) if seen})


_KEPT = 4
"""Nights whose habits are kept: 5 MB each at 1,000 senders, and no more are in hand."""


@dataclass(frozen=True)
class History:
    """Everything that a forecast leans on."""

    arrivals: ArrivalRecord
    bonds: Bonds
    """How far files are late together."""
    durations: dict[str, Duration]
    """By the names of `_GUESSES`."""
    comes_again: Chance
    """Of a quarantined delivery: whether another one came that night."""
    is_rejected: Chance
    """Of a candidate that a person looked at."""
    is_automatic: Chance
    """Of a signed night of a client for whom the service may sign: whether it did."""
    usual_bytes: dict[Sender, float]
    is_acknowledged: Chance
    """Of a requested exception: whether the client acknowledged it."""
    correction: Correction = NO_CORRECTION
    """By what past forecasts were worth."""
    _habits: dict[tuple[date, Leaning], Habits] = field(default_factory=dict, repr=False, compare=False)

    def habits(self, day: date, senders: list[Sender], leaning: Leaning) -> Habits:
        """Of a night's senders, from the nights before it; kept, as every forecast of the night asks for them."""
        found = self._habits.get((day, leaning))
        if found is None or any(sender not in found.rows for sender in senders):
            found = habits(self.arrivals.before(day), day, senders, leaning)
            self._habits[day, leaning] = found
            for old in [*self._habits][:-_KEPT]:
                self._habits.pop(old, None)
        return found

    @classmethod
    def of(cls, summaries: Iterable[NightSummary]) -> "History":
        """Learn from nights that are over; in any order, each once."""
        return cls.of_columns(Columns.of(summaries))

    @classmethod
    def of_columns(cls, columns: Columns) -> "History":
        """Learn from nights that are over."""
        nights, feeds, names = columns.nights, columns.feeds, columns.client_ids
        of_feed = columns.client[columns.feed_night]
        quarantined = feeds["quarantined"].astype(bool)
        signed, by_service = ~np.isnan(nights["sign_off"]), nights["is_automatic"].astype(bool)
        looked_at = nights["rejected"].astype(bool) | (signed & ~by_service)
        arrivals = _arrivals(columns, of_feed)
        return cls(
            arrivals,
            bonds(arrivals),
            {name: learn(_observed(name, columns, of_feed), guess) for name, guess in _GUESSES.items()},
            Chance.learn(names, of_feed[quarantined], ~np.isnan(feeds["again"][quarantined]), 0.5),
            Chance.learn(names, columns.client[looked_at], nights["rejected"][looked_at], 0.03),
            _automatic(names, columns.client[signed], by_service[signed]),
            _usual_bytes(columns, of_feed),
            _acknowledged(columns),
        )

    def corrected(self, past: PastForecasts) -> "History":
        """The same, with what these forecasts were worth."""
        return replace(self, correction=learn_correction(past))


def _arrivals(columns: Columns, of_feed: NDArray[np.int64]) -> ArrivalRecord:
    days, column = np.unique(columns.day[columns.feed_night], return_inverse=True)
    keys, row = np.unique(of_feed * len(FEEDS) + columns.feed, return_inverse=True)
    offsets = np.full((len(keys), len(days)), np.nan)
    found = columns.feeds["offset"]
    offsets[row, column] = np.where(np.isnan(found), np.inf, found)
    senders = tuple(Sender(columns.client_ids[key // len(FEEDS)], FEEDS[key % len(FEEDS)]) for key in keys)
    return ArrivalRecord(senders, tuple(date.fromordinal(int(day)) for day in days), offsets)


def _acknowledged(columns: Columns) -> Chance:
    names, requests = columns.client_ids, columns.nights["requests"].astype(np.int64)
    answered = np.bincount(columns.acknowledgement_night, minlength=len(columns))
    asked = np.repeat(np.arange(len(columns)), requests)
    place = np.arange(len(asked)) - np.repeat(np.cumsum(requests) - requests, requests)
    return Chance.learn(names, columns.client[asked], (place < answered[asked]).astype(float), 0.6)


def _automatic(names: tuple[str, ...], client: NDArray[np.int64], by_service: Floats) -> Chance:
    ever = np.bincount(client, by_service, len(names)) > 0
    known = ever[client]
    return Chance.learn(names, client[known], by_service[known], 0.7)


_OF_NIGHT = {"build_wait": "build_wait", "build": "build_work", "handling": "handling", "release": "release",
             "repair": "repair"}  # fmt: skip
_OF_FEED = {"notice": "notice", "load": "load_work", "again": "again"}
_BY_SIZE = ("load", "build")


def _observed(name: str, columns: Columns, of_feed: NDArray[np.int64]) -> Observed:
    names, nothing = columns.client_ids, np.zeros(0)
    if name == "acknowledgement":
        return Observed(names, columns.client[columns.acknowledgement_night], columns.acknowledgement, nothing)
    if name in _OF_FEED:
        minutes, client, size = columns.feeds[_OF_FEED[name]], of_feed, columns.feeds["bytes"]
        if name == "load":
            minutes = minutes + np.nan_to_num(columns.feeds["load_wait"])
    elif name in _OF_NIGHT:
        minutes, client, size = columns.nights[_OF_NIGHT[name]], columns.client, columns.nights["bytes"]
        if name == "handling":
            minutes = np.where(columns.nights["is_automatic"], np.nan, minutes)
    else:
        return Observed(names, np.zeros(0, np.int64), nothing, nothing)
    seen = ~np.isnan(minutes)
    return Observed(names, client[seen], minutes[seen], size[seen] if name in _BY_SIZE else nothing)


def _usual_bytes(columns: Columns, of_feed: NDArray[np.int64]) -> dict[Sender, float]:
    """The mean size, by its logarithm: one file ten times as large moves it little."""
    size = columns.feeds["bytes"].astype(float)
    known = size > 0
    key = (of_feed * len(FEEDS) + columns.feed)[known]
    sums, counts = np.bincount(key, np.log(size[known])), np.bincount(key)
    return {
        Sender(columns.client_ids[at // len(FEEDS)], FEEDS[at % len(FEEDS)]): float(np.exp(sums[at] / counts[at]))
        for at in np.nonzero(counts)[0]
    }
