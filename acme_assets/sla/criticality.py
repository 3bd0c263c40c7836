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
    stack = np.stack([np.minimum(done[missed], _MOST) for done in feeds.values()], axis=1) if feeds else None
    inputs, built, signed, released = (
        np.minimum(stage[missed, number], _MOST) for stage in (chain.inputs, chain.built, chain.signed, chain.released)
    )
    spans: dict[str, Minutes] = {}
    if stack is not None:
        ordered = np.sort(stack, axis=1)
        second = ordered[:, -2] if stack.shape[1] > 1 else np.zeros(len(stack), np.float32)
        latest = stack.argmax(axis=1)
        for position, feed in enumerate(feeds):
            spans[f"feeds/{feed}"] = np.where(latest == position, ordered[:, -1] - np.maximum(second, 0), 0)
    rest = {"marts": built - inputs, "sign-off": signed - built, "release": released - signed}
    never = inputs >= _MOST
    spans |= {name: np.where(never, 0, np.maximum(span, 0)) for name, span in rest.items()}
    spent = np.stack(list(spans.values()), axis=1)
    over = (np.where(never, _MOST, released) - end)[:, None]
    saves = (spent >= over) & (spent > 0)
    by_saving = saves / np.maximum(saves.sum(axis=1, keepdims=True), 1)
    by_time = spent / np.maximum(spent.sum(axis=1, keepdims=True), 1e-6)
    share = np.where(saves.any(axis=1, keepdims=True), by_saving, by_time).mean(axis=0)
    if stack is not None and (ties := spent.sum(axis=1) <= 0).any():
        share = _with_ties(share, ties, stack, list(feeds), list(spans))
    total = float(share.sum())
    return {name: float(part / total) for name, part in zip(spans, share, strict=True)} if total else {}


def _with_ties(share: Minutes, ties: NDArray[np.bool_], stack: Minutes, feeds: list[str], names: list[str]) -> Minutes:
    """Samples in which several files never come: they share them."""
    latest = stack[ties] >= stack[ties].max(axis=1, keepdims=True)
    of_feeds = (latest / latest.sum(axis=1, keepdims=True)).sum(axis=0) / len(ties)
    added = share.copy()
    for feed, part in zip(feeds, of_feeds, strict=True):
        added[names.index(f"feeds/{feed}")] += part
    return added
