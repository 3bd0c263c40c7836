"""How much of a night's risk is each dependency's own: would the deadline have been kept without the time it took?

Of each sample that misses, those dependencies share equally of which each alone would have saved it, had it been done
at once; where none would have, the critical ones share it by their time. A feed's time is what it came later than the
next-latest. Over the samples that miss, that adds up to 1.
"""

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla.chain import Chain

Minutes = NDArray[np.float32]

_MOST = np.float32(1e6)
"""Minutes that stand for never."""


def shares_of_risk(chain: Chain, number: int, end: float) -> dict[str, float]:
    """Name of a dependency to its share of one night's risk; empty where nothing misses.

    Args:
        end: minutes to the deadline.
    """
    missed = chain.released[:, number] > end
    if not missed.any():
        return {}
    feeds = chain.feeds[number]
    files = np.stack([np.minimum(done[missed], _MOST) for done in feeds.values()]) if feeds else None
    inputs, built, signed, released = (
        np.minimum(stage[missed, number], _MOST) for stage in (chain.inputs, chain.built, chain.signed, chain.released)
    )
    spans: dict[str, Minutes] = {}
    if files is not None:
        latest, second = _two_latest(files)
        of_last = latest - np.maximum(second, 0)
        last = files.argmax(axis=0)
        spans = {f"feeds/{feed}": of_last * (last == position) for position, feed in enumerate(feeds)}
    rest = {"marts": built - inputs, "sign-off": signed - built, "release": released - signed}
    never = inputs >= _MOST
    spans |= {name: np.where(never, 0, np.maximum(span, 0)) for name, span in rest.items()}
    spent = np.stack(list(spans.values()))
    saves = (spent >= np.where(never, _MOST, released) - end) & (spent > 0)
    saviours, minutes = saves.sum(axis=0), spent.sum(axis=0)
    by_saving = saves / np.maximum(saviours, 1)
    by_time = spent / np.maximum(minutes, 1e-6)
    share = np.where(saviours > 0, by_saving, by_time).mean(axis=1)
    if files is not None and (ties := minutes <= 0).any():
        share = _with_ties(share, ties, files, list(feeds), list(spans))
    total = float(share.sum())
    return {name: float(part / total) for name, part in zip(spans, share, strict=True)} if total else {}


def _two_latest(files: Minutes) -> tuple[Minutes, Minutes]:
    """Of each sample, when the last file is there and when the last but one; 0 where there is one."""
    latest, second = files[0], np.zeros_like(files[0])
    for number, done in enumerate(files[1:]):
        beaten = np.minimum(latest, done)
        second = np.maximum(second, beaten) if number else beaten
        latest = np.maximum(latest, done)
    return latest, second


def _with_ties(share: Minutes, ties: NDArray[np.bool_], files: Minutes, feeds: list[str], names: list[str]) -> Minutes:
    """Samples in which several files never come: they share them."""
    latest = files[:, ties] >= files[:, ties].max(axis=0)
    of_feeds = (latest / latest.sum(axis=0)).sum(axis=1) / len(ties)
    added = share.copy()
    for feed, part in zip(feeds, of_feeds, strict=True):
        added[names.index(f"feeds/{feed}")] += part
    return added
