"""When the files of tonight that are not here will land: drawn from the senders' habits, given what is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla import normal, scale
from acme_assets.sla.bonds import Bonds, Evidence, draw_shared, shared_parts
from acme_assets.sla.draws import Draws
from acme_assets.sla.habits import Habits
from acme_assets.sla.night import FeedAhead, NightAhead
from acme_assets.sla.record import Sender

Minutes = NDArray[np.float32]

_ABSENT = 0.998
"""Once so much of the probability that it comes has passed, a file is taken not to come."""

_NONE_PASSED = 1e-6
"""A share of the probability that is as good as none: so it is with most files before a night begins."""


@dataclass(frozen=True)
class Expectation:
    """One file that is not here."""

    night: NightAhead
    feed: FeedAhead
    row: NDArray[np.float64]
    """P(offset <= knot)."""
    passed: float
    """Minutes since it was due, negative before; it is known to come later than that."""
    place: float
    """P(offset <= passed), were it certain to come."""


def landings(
    nights: Sequence[NightAhead], habits: Mapping[object, Habits], bonds: Bonds, now: datetime, draws: Draws
) -> dict[tuple[int, str], Minutes]:
    """By number of the night and feed: minutes from now at which each expected file lands; inf: it does not.

    Args:
        habits: by business date.
    """
    evidence, expected = _evidence(nights, habits, now)
    parts = shared_parts(evidence, len(nights), bonds)
    shared = draw_shared(parts, [draws.of("client", night.client_id, night.business_date) for night in nights])
    return {(number, item.feed.feed): _landing(item, shared[number], bonds, now, draws) for number, item in expected}


def _evidence(
    nights: Sequence[NightAhead], habits: Mapping[object, Habits], now: datetime
) -> tuple[Evidence, list[tuple[int, Expectation]]]:
    client, place, is_here, expected = [], [], [], []
    for number, night in enumerate(nights):
        of_date = habits[night.business_date]
        for feed in night.feeds:
            landed = feed.landed_at
            if feed.state != "expected" and landed is None:
                continue
            row = of_date.row(Sender(night.client_id, feed.feed))
            offset = ((landed if landed is not None else now) - feed.due).total_seconds() / 60
            client.append(number)
            place.append(min(float(np.interp(offset, scale.MINUTES, row)) / float(row[-1]), 1.0))
            is_here.append(landed is not None)
            if landed is None:
                expected.append((number, Expectation(night, feed, row, offset, place[-1])))
    return Evidence(np.array(client, np.int64), np.array(place), np.array(is_here, bool)), expected


def _landing(item: Expectation, shared: Minutes, bonds: Bonds, now: datetime, draws: Draws) -> Minutes:
    """Later than now: together with the client's other files, alone at a time of its own, or not at all."""
    uniforms = draws.of(f"file {item.feed.feed}", item.night.client_id, item.night.business_date)
    comes = float(item.row[-1])
    passed = item.place
    gone: NDArray[np.float64] | float = 0.0
    if passed > _NONE_PASSED:
        threshold = float(normal.quantile(np.array([passed]))[0])
        gone = normal.cdf((threshold - shared) / bonds.own).astype(np.float64)
    together = comes * (1 - bonds.alone) * (1 - gone)
    alone = comes * bonds.alone * (1 - passed)
    left = uniforms * (together + alone + (1 - comes))
    with_others = np.minimum(left / np.maximum(together, 1e-12), 1.0)
    score = shared + bonds.own * normal.quick_quantile(gone + with_others * (1 - gone))
    at = _at(item, normal.FEW)[normal.among_few(score)]
    apart = np.nonzero(left >= together)[0]  # few
    by_itself = (left - together)[apart] / max(alone, 1e-12)
    at[apart] = _at(item, np.where(by_itself < 1, passed + by_itself * (1 - passed), 1.0))
    if item.feed.promised is not None:
        at = np.minimum(at, np.float32(max((item.feed.promised - now).total_seconds() / 60, 0.0)))
    return at


def _at(item: Expectation, place: NDArray[np.floating]) -> Minutes:
    """When it lands, by its place in its own distribution, were it certain to come."""
    minutes = np.maximum(np.interp(place * item.row[-1], item.row, scale.MINUTES) - item.passed, 0.0)
    return np.where(place >= _ABSENT, np.float32(np.inf), minutes.astype(np.float32))
