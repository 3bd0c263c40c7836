"""The forecast: for every client night, when each dependency will be done and how likely its deadline is to be missed.

By simulation on the nights' own dependencies, all nights together: files land by their senders' habits given what is
known by now (`arriving`), stages take what they took before and share slots and analysts (`chain`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla.arriving import landings
from acme_assets.sla.chain import Chain, Simulation
from acme_assets.sla.correction import Correction
from acme_assets.sla.criticality import shares_of_risk
from acme_assets.sla.draws import Draws
from acme_assets.sla.habits import Habits, Leaning
from acme_assets.sla.history import History
from acme_assets.sla.night import Desk, NightAhead
from acme_assets.sla.record import Sender
from acme_assets.sla.result import NightForecast, NodeForecast
from client_partitions.client import OwnerGroup

Minutes = NDArray[np.float32]

HORIZON = timedelta(hours=18)
"""What is later than so much past a night's deadline counts as not tonight."""
SAFE = 0.9
"""How likely the rest of a night must fit between a drop-dead time and the deadline."""

_OWNER: dict[str, OwnerGroup] = {"marts": "engineering", "sign-off": "qa", "release": "engineering"}


def forecast(
    nights: Sequence[NightAhead],
    history: History,
    now: datetime,
    *,
    desk: Desk = {},  # noqa: B006 - a Mapping is not written to
    samples: int = 2000,
    seed: int = 0,
    leaning: Leaning = Leaning(),  # noqa: B008 - frozen
) -> list[NightForecast]:
    """Forecast nights that are not released, each once; in the order given.

    Args:
        desk: when the analysts work.
        samples: the error of a probability p is at most sqrt(p (1 - p) / samples).
    """
    if not nights:
        return []
    draws = Draws(samples, seed)
    simulation = Simulation(nights, history, now, draws)
    chain = simulation.run(landings(nights, _habits(nights, history, leaning), history.bonds, now, draws), desk)
    return [_night(night, number, chain, now, history.correction) for number, night in enumerate(nights)]


def _habits(nights: Sequence[NightAhead], history: History, leaning: Leaning) -> dict[object, Habits]:
    found: dict[object, Habits] = {}
    for day in {night.business_date for night in nights}:
        of_day = [night for night in nights if night.business_date == day]
        senders = [Sender(night.client_id, feed.feed) for night in of_day for feed in night.feeds]
        found[day] = history.habits(day, senders, leaning)
    return found


def _night(night: NightAhead, number: int, chain: Chain, now: datetime, correction: Correction) -> NightForecast:
    end = (night.deadline - now).total_seconds() / 60
    said = correction if end > 0 else Correction()
    released = chain.released[:, number]
    latest = end + HORIZON.total_seconds() / 60
    p_raw = _share(released > end)
    risk = shares_of_risk(chain, number, end)
    nodes = []
    room = {name: timedelta(minutes=_quantiles(rest[:, number], SAFE)[0]) for name, rest in chain.rest.items()}
    for name, done, group, stage, others in _nodes(night, number, chain):
        rest = chain.rest[stage][:, number] if stage else np.float32(0)
        nodes.append(
            NodeForecast(
                name,
                group,
                *_p50_and_p90(done, latest, now),
                _share(done > latest),
                risk.get(name, 0.0),
                said.of(_share(others + rest > end)),
                night.deadline - room.get(stage, timedelta(0)),
            )
        )
    return NightForecast(
        night.client_id,
        night.business_date,
        night.deadline,
        now,
        said.of(p_raw),
        *_p50_and_p90(released, latest, now),
        tuple(nodes),
        p_raw,
    )


def _nodes(night: NightAhead, number: int, chain: Chain) -> list[tuple[str, Minutes, OwnerGroup, str, Minutes]]:
    """Of each that is not done: name, when it is, whose, of what stage the rest is, and when what is beside is."""
    found: list[tuple[str, Minutes, OwnerGroup, str, Minutes]] = []
    nothing = np.zeros(chain.inputs.shape[0], np.float32)
    states = {str(feed.feed): feed.state for feed in night.feeds}
    feeds = chain.feeds[number]
    for (feed, done), others in zip(feeds.items(), _latest_of_others([*feeds.values()], nothing), strict=True):
        group: OwnerGroup = "client" if states[feed] in ("expected", "quarantined") else "engineering"
        found.append((f"feeds/{feed}", done, group, "feeds", others))
    for name, stage in (("marts", chain.built), ("sign-off", chain.signed)):
        if _is_ahead(night, name):
            found.append((name, stage[:, number], _OWNER[name], name, nothing))
    found.append(("release", chain.released[:, number], _OWNER["release"], "", nothing))
    return found


def _latest_of_others(items: Sequence[Minutes], nothing: Minutes) -> list[Minutes]:
    """Of each, the latest of all but itself: of those before it and those after it."""
    before = list(accumulate(items, np.maximum, initial=nothing))
    after = list(accumulate(reversed(items), np.maximum, initial=nothing))
    return [np.maximum(one, other) for one, other in zip(before[:-1], after[-2::-1], strict=True)]


def _is_ahead(night: NightAhead, name: str) -> bool:
    return (night.marts if name == "marts" else night.sign_off).state != "done"


def _share(happens: NDArray[np.bool_]) -> float:
    return np.count_nonzero(happens) / len(happens)


def _quantiles(values: Minutes, *shares: float) -> list[float]:
    """Of each share, the least value that so large a share of them does not exceed."""
    places = [max(int(np.ceil(share * len(values))) - 1, 0) for share in shares]
    ordered = np.partition(values, places)
    return [float(ordered[place]) for place in places]


def _p50_and_p90(done: Minutes, latest: float, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When it is done with so much probability; None where that is past the horizon."""
    p50, p90 = (now + timedelta(minutes=max(at, 0.0)) if at <= latest else None for at in _quantiles(done, 0.5, 0.9))
    return p50, p90
