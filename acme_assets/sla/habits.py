"""How senders keep their times: for each, the distribution of tonight's offset from its due time.

A sender's own nights count by their age, and by whether the day was of tonight's kind where the history shows that it
matters. What is thin leans on others: on the spread that all senders have about their own usual time, and on when files
of this feed come at all. So a sender without history has a wide distribution, and each night narrows it (shrinkage by
pseudo-observations: Gelman et al., Bayesian Data Analysis, 3rd ed., ch. 5).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla import scale
from acme_assets.sla.record import CLASSES, ArrivalRecord, Sender, codes, day_classes

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Leaning:
    """How much a sender's own nights count, in nights."""

    half_life: float = 12.0
    """After so many of its nights, one counts half among the recent ones."""
    half_life_of_absence: float = 6.0
    """The same for whether a file comes at all: a sender that stopped has stopped."""
    on_past: float = 4.0
    """Weight of all its nights beside the recent ones."""
    on_past_absence: float = 1.5
    """The same for whether a file comes at all."""
    on_spread: float = 3.0
    """Weight, beside all its nights, of how all senders spread about their own usual time."""
    on_feed: float = 2.0
    """Weight, beside all its nights, of when files of this feed come at all."""
    on_absence: float = 1.0
    """Weight, beside all its nights, of how often files of all senders do not come."""


_FADING = 90.0
"""Half-life of all of a sender's nights, in nights: what it did a year ago counts little."""


@dataclass(frozen=True)
class Habits:
    """Tonight's distributions, one row a sender."""

    rows: dict[Sender, int]
    come: Floats
    """(senders, knots): P(offset <= knot); a row ends at the probability that the file comes at all."""

    def row(self, sender: Sender) -> Floats:
        """One sender's distribution."""
        row: Floats = self.come[self.rows[sender]]
        return row


def habits(record: ArrivalRecord, tonight: date, senders: list[Sender], leaning: Leaning = Leaning()) -> Habits:
    """The habits of tonight's senders, those without history too.

    Args:
        record: nights that are over by now.
    """
    kept = _of_senders(record, senders)
    offsets = kept.offsets
    owed, came = ~np.isnan(offsets), np.isfinite(offsets)
    age = np.cumsum(owed[:, ::-1], axis=1)[:, ::-1].astype(float)
    places = scale.place(offsets)
    alike = _alike(np.where(came, places, np.nan), kept.dates, tonight)
    recent, all_nights, fading = (
        np.where(owed, np.exp2(age / -half_life) * weight, 0.0)
        for half_life, weight in ((leaning.half_life, alike), (_FADING, alike), (leaning.half_life_of_absence, 1.0))
    )
    past = _shapes(kept, places, np.where(came, all_nights, 0.0), leaning)
    shape = _recent(places, np.where(came, recent, 0.0), past, leaning)
    usual = _share((all_nights * ~came).sum(), all_nights.sum(), 1.0, 0.05)
    before = _share((all_nights * ~came).sum(axis=1), all_nights.sum(axis=1), leaning.on_absence, usual)
    absent = _share((fading * ~came).sum(axis=1), fading.sum(axis=1), leaning.on_past_absence, before)
    count = len(senders)
    come: Floats = shape[:count] * (1 - absent[:count, None])
    return Habits({sender: number for number, sender in enumerate(senders)}, come)


def _recent(places: Floats, weights: Floats, past: Floats, leaning: Leaning) -> Floats:
    """(senders, knots): the recent nights, leaning on all of them."""
    row, column = np.nonzero(weights)
    own = scale.distributions(row, places[row, column], weights[row, column], len(places))
    return np.asarray((own + leaning.on_past * past) / (own[:, -1:] + leaning.on_past))


def _share(part: Floats, whole: Floats, lean: float, on: Floats | float) -> Floats:
    share: Floats = (part + lean * on) / (whole + lean)
    return share


def _of_senders(record: ArrivalRecord, senders: list[Sender]) -> ArrivalRecord:
    """Tonight's senders first, with empty rows for those without history; then the others, whom one may lean on."""
    known = {sender: number for number, sender in enumerate(record.senders)}
    tonight = set(senders)
    others = [sender for sender in record.senders if sender not in tonight]
    rows = np.array([known.get(sender, -1) for sender in (*senders, *others)], np.int64)
    empty = np.full((1, record.offsets.shape[1]), np.nan)
    return ArrivalRecord((*senders, *others), record.dates, np.concatenate([record.offsets, empty])[rows])


def _shapes(record: ArrivalRecord, places: Floats, weights: Floats, leaning: Leaning) -> Floats:
    """(senders, knots): the distribution of a file's offset if it comes."""
    row, column = np.nonzero(weights)
    at, weight = places[row, column], weights[row, column]
    count = len(record.senders)
    own = scale.distributions(row, at, weight, count)
    own_weight = own[:, -1]
    of_feed = codes([sender.feed for sender in record.senders])
    feeds = _leaning_on_all(np.stack([own[of_feed == feed].sum(axis=0) for feed in range(of_feed.max(initial=0) + 1)]))
    usual = _medians(own)
    apart = scale.place(record.offsets[row, column] - usual[row])
    deviations = scale.distributions(np.zeros(len(row), np.int64), apart, weight, 1)[0]
    spread = deviations / deviations[-1] if deviations[-1] else deviations
    lean = np.where(own_weight > 0, leaning.on_spread, 0.0)
    shifted = np.stack([np.interp(scale.MINUTES - at, scale.MINUTES, spread) for at in usual])
    total = own + lean[:, None] * shifted + leaning.on_feed * feeds[of_feed]
    return np.asarray(total / (own_weight + lean + leaning.on_feed)[:, None])


def _leaning_on_all(feeds: Floats) -> Floats:
    """Each feed's distribution over all senders, leaning on all feeds; and these on nearly nothing known."""
    nobody = np.linspace(
        0, 1, scale.KNOTS
    )  # even on the scale: half of all before the due time, hours before and after
    everybody = (feeds.sum(axis=0) + nobody) / (feeds[:, -1].sum() + 1)
    return np.asarray((feeds + _ON_ALL_FEEDS * everybody) / (feeds[:, -1:] + _ON_ALL_FEEDS))


_ON_ALL_FEEDS = 20.0


def _medians(own: Floats) -> Floats:
    """The minutes at which each row reaches half of its weight; 0 where it has none."""
    at = (own < own[:, -1:] / 2).sum(axis=1)
    return np.where(own[:, -1] > 0, scale.MINUTES[np.minimum(at, scale.KNOTS - 1)], 0.0)


def _alike(places: Floats, dates: tuple[date, ...], tonight: date) -> Floats:
    """How much each night tells of tonight, given places (nan: none): 1 for days of the same class; for all others
    together so many nights as the variance within classes is of that between them, one each at most (the weights of a
    mean with random effects).

    By the share of the variance of each sender's offsets that lies between classes of days, beyond what chance would
    put there (one-way analysis of variance).
    """
    if not dates:
        return np.ones(places.shape)
    classes, of_tonight = day_classes(dates), day_classes([tonight])[0]
    between, within = _variances(places, classes)
    own = np.clip(between / np.maximum(between + within, 1e-9), 0, 1)
    matters = np.clip((own - _NO_MATTER) / (1 - _NO_MATTER), 1e-9, 1)
    others = (~np.isnan(places) & (classes != of_tonight)).sum(axis=1)
    each = np.minimum((1 - matters) / matters / np.maximum(others, 1), 1.0)
    return np.where(classes[None, :] == of_tonight, 1.0, each[:, None])


_NO_MATTER = 0.1
"""A share of variance below which the kind of day is taken not to matter."""
_ENOUGH = 4
"""Nights of a class from which on it is compared."""


def _variances(values: Floats, classes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Each sender's variance between classes of days and within them; no variance between where there is too little."""
    sums, squares, counts = [], [], []
    for number in range(CLASSES):
        of_class = np.where(classes[None, :] == number, values, np.nan)
        counts.append((~np.isnan(of_class)).sum(axis=1))
        sums.append(np.nansum(of_class, axis=1))
        squares.append(np.nansum(of_class**2, axis=1))
    n, total, square = (np.stack(item, axis=1).astype(float) for item in (counts, sums, squares))
    used = n >= _ENOUGH
    n, total, square = (np.where(used, item, 0.0) for item in (n, total, square))
    groups, nights = used.sum(axis=1), n.sum(axis=1)
    inner = (square - total**2 / np.maximum(n, 1)).sum(axis=1) / np.maximum(nights - groups, 1)
    mean = total.sum(axis=1) / np.maximum(nights, 1)
    outer = (n * (total / np.maximum(n, 1) - mean[:, None]) ** 2).sum(axis=1) / np.maximum(groups - 1, 1)
    size = (nights - (n**2).sum(axis=1) / np.maximum(nights, 1)) / np.maximum(groups - 1, 1)
    between = np.where(groups > 1, (outer - inner) / np.maximum(size, 1), 0.0)
    return np.maximum(between, 0.0), inner
