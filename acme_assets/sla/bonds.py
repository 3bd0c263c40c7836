"""What is shared: all senders of a night, and more so the feeds of one client, are late together.

A Gaussian copula with one factor for the night and one for the client night (Li, On Default Correlation: A Copula
Function Approach, 2000): the place of a file that comes, in its own distribution, is x = a·night + b·client + c·own,
each standard normal, a² + b² + c² = 1. What is here, and what is not here yet, tells of the factors. Most files of a
client come nearly together, and now and then one comes alone, at a time of its own; that a file does not come at all is
its own matter always.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla import normal
from acme_assets.sla.record import ArrivalRecord, codes

Floats = NDArray[np.floating]

NODES = np.linspace(-4.5, 4.5, 145)
"""Values of a client's shared part at which its evidence is weighed."""
_NIGHTS = np.linspace(-4.0, 4.0, 49)
_EDGE = 0.005
"""So near the ends of a distribution no place is taken to lie: its tails are the least certain part of it."""


@dataclass(frozen=True)
class Bonds:
    """Shares of the variance of x."""

    of_night: float = 0.05
    of_client: float = 0.5
    alone: float = 0.0
    """Share of the files that come alone, among those that come: their x has nothing to do with the others'."""

    @property
    def own(self) -> float:
        """What is a file's own, as a factor of x."""
        return float(np.sqrt(1 - self.of_night - self.of_client))


def bonds(record: ArrivalRecord, leaning: float = 200.0) -> Bonds:
    """How strongly files were late together: across clients the mean product of their normal scores, within a client by
    how near two of its files are in the middle of all pairs, which those that come alone do not move.

    Args:
        leaning: as many pairs count for `Bonds()`, which stands where nothing is known.
    """
    scores, client = _normal_scores(record.offsets), codes([sender.client_id for sender in record.senders])
    if not scores.size:
        return Bonds()
    filled, known = np.nan_to_num(scores), (~np.isnan(scores)).astype(float)
    clients = int(client.max()) + 1
    sums, counts = (_by_client(item, client, clients) for item in (filled, known))
    across = (sums.sum(axis=0) ** 2 - (sums**2).sum(axis=0)).sum()
    across_pairs = (counts.sum(axis=0) ** 2 - (counts**2).sum(axis=0)).sum()
    default = Bonds()
    of_night = float(np.clip((across + leaning * default.of_night) / (across_pairs + leaning), 0.0, 0.9))
    apart = np.abs(_apart(scores, client))
    near = float(np.median(apart)) * _TO_DEVIATION if len(apart) else 1.0
    together = (len(apart) * (1 - near**2) + leaning * (default.of_night + default.of_client)) / (len(apart) + leaning)
    alone = _alone(apart, max(near, _NEAREST)) if len(apart) >= leaning else 0.0
    return Bonds(of_night, float(np.clip(together - of_night, 0.0, max(1 - _NEAREST**2 - of_night, 0.0))), alone)


def _alone(apart: Floats, near: float) -> float:
    """The share of files that come alone, by how many pairs lie further apart than files that come together ever do.

    Two files of which one comes alone are as far apart as any two (standard normal): so many of them are seen there.
    """
    outlying = _OUTLYING * near
    by_chance, of_strangers = (2 * (1 - float(normal.cdf(np.array([at]))[0])) for at in (_OUTLYING, outlying))
    seen = float((apart > outlying).mean()) - by_chance
    return float(np.clip(seen / max(of_strangers, 0.01) / 2, 0.0, 0.5))


def _apart(scores: Floats, client: NDArray[np.int64]) -> Floats:
    """By how much the scores of two files of one client night differ, over the root of 2: one deviation of each."""
    order = np.argsort(client, kind="stable")
    same = client[order][1:] == client[order][:-1]
    apart = (scores[order][1:] - scores[order][:-1])[same] / np.sqrt(2)
    return np.asarray(apart[~np.isnan(apart)])


_TO_DEVIATION = 1.4826
"""Of a normal distribution, its standard deviation for a median absolute deviation of 1."""
_OUTLYING, _NEAREST = 3.5, 0.15


def _by_client(values: Floats, client: NDArray[np.int64], clients: int) -> Floats:
    found = np.zeros((clients, values.shape[1]))
    np.add.at(found, client, values)
    return found


def _normal_scores(offsets: Floats) -> Floats:
    """Each offset's place among its sender's, as a normal deviate; NaN where none came, or too few to tell."""
    came = np.isfinite(offsets)
    values = np.where(came, offsets, np.inf)
    order = np.argsort(values, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(offsets.shape[1])[None, :], axis=1)
    counts = came.sum(axis=1, keepdims=True)
    places = (ranks + 0.5) / np.maximum(counts, 1)
    return np.where(came & (counts >= _ENOUGH), normal.quantile(np.minimum(places, 1.0)), np.nan)


_ENOUGH = 8


@dataclass(frozen=True)
class Evidence:
    """What is known of tonight's files, one entry each."""

    client: NDArray[np.int64]
    """Whose file it is, from 0."""
    place: Floats
    """P(offset <= its own), or <= the time that has passed since it was due where it is not here; if it comes."""
    is_here: NDArray[np.bool_]


def shared_parts(evidence: Evidence, clients: int, bonds: Bonds) -> Floats:
    """(clients, NODES): each client's distribution of its shared part a·night + b·client, given tonight's evidence.

    Another file that has not come, or came later, moves it up, and never down (the likelihoods have monotone ratios).
    """
    own = _likelihoods(evidence, clients, bonds)
    nights = -0.5 * _NIGHTS**2
    spread = max(bonds.of_client, 1e-4)
    given_night = -0.5 * (NODES[None, :] - np.sqrt(bonds.of_night) * _NIGHTS[:, None]) ** 2 / spread
    given_night = np.exp(given_night) / np.exp(given_night).sum(axis=1, keepdims=True)
    scaled = np.exp(own - own.max(axis=1, keepdims=True))
    of_client = np.log(np.maximum(scaled @ given_night.T, 1e-300))
    of_night = nights + of_client.sum(axis=0)
    others = of_night[None, :] - of_client
    others = np.exp(others - others.max(axis=1, keepdims=True))
    found = scaled * (others @ given_night)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _likelihoods(evidence: Evidence, clients: int, bonds: Bonds) -> Floats:
    """(clients, NODES): the logarithm of how likely a client's evidence is, given its shared part."""
    x = normal.quantile(np.clip(evidence.place, _EDGE, 1 - _EDGE))
    away = (x[:, None] - NODES[None, :]) / bonds.own
    here = -0.5 * away**2
    not_here = normal.log_above(away)
    found = np.zeros((clients, len(NODES)))
    np.add.at(found, evidence.client, np.where(evidence.is_here[:, None], here, not_here))
    return found


def draw_shared(parts: Floats, uniforms: Sequence[Floats]) -> list[NDArray[np.float32]]:
    """Each client's shared part in every sample, by its uniforms."""
    steps = np.cumsum(parts, axis=1)
    middle = steps - parts / 2
    return [np.interp(u, row, NODES).astype(np.float32) for row, u in zip(middle, uniforms, strict=True)]
