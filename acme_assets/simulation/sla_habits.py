"""What each client of a simulated world is like, and the shapes that its times are drawn from.

How late files come has the shape of real senders (`night_plan.REAL_SENDERS`): all clients together are as late as
they are, and each has a place in it, from which it strays for some nights on end (`SPELL`). How long work takes has
the shape of 1,487 tasks of public workflow traces (WfInstances, whose medians span four orders of magnitude): of the
repetitions of one task half lie within an eighth of their median, one in ten is beyond 1.4 times it, and beyond that
the tail is Pareto's with an exponent near 2, seen up to seven times; time grows with the 0.4th power of the input's
size. Everything about people is made up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from acme_assets.simulation.fleet import make_fleet
from acme_assets.simulation.night_plan import REAL_SENDERS, Quantiles
from client_partitions.client import WEEKDAYS, Client
from client_partitions.feeds import Feed

BODY_SPREAD = 0.17
TAIL_FROM = 0.9
TAIL_EXPONENT = 2.0
TAIL_END = 7.0
SIZE_EXPONENT = 0.4
"""The shape of a task's durations, see above."""

TWO_SIGNATURES = ("America/New_York", "America/Chicago", "America/Detroit", "America/Indiana/Indianapolis")
"""Zones whose deadlines fall into the time in which both analysts work."""

SPELL, SPELL_KEPT = 0.45, 0.75
"""Share of a client's variance about its own place that lasts from one night to the next, and what of it is kept.
Of the 61 weekly senders with 20 deliveries or more, the lateness of two deliveries correlates so about the sender's
own mean: 0.38 one delivery apart, 0.2 two and three, 0.15 four, 0.07 eight, none at twelve."""
_REMEMBERED = 20
"""Nights after which a spell is over."""

Generator = np.random.Generator


@dataclass(frozen=True)
class Habits:
    """One client's ways."""

    client: Client
    place: float
    """Where its typical night lies among all senders', as a standard normal value: high is late."""
    steadiness: float
    """Share of the variance of its lateness that is always the same."""
    weekday: str | None
    """The business date's weekday on which it is later; None: all are alike."""
    is_late_at_month_end: bool
    never: float
    """Share of its nights on which a feed does not come."""
    quarantined: float
    """Share of its nights on which a delivery cannot be read."""
    corrected: float
    """Share of its nights on which it sends a feed again unasked."""
    answers: float
    """Share of the exceptions that it acknowledges."""
    answer_minutes: float
    """Median time that it needs for that."""
    load_minutes: float
    """Median time of its loads."""
    build_minutes: float
    size: Mapping[Feed, float]
    """Median bytes of a delivery."""
    review_minutes: float
    """Median time that an analyst needs for its candidate."""
    is_automatic: bool
    """Whether the service signs where every suite passes."""
    signatures: int


def draw_habits(count: int, seed: int) -> tuple[Habits, ...]:
    """The clients of a world: those of a fleet, each with its own ways."""
    clients = [Client.model_validate(data) for data in make_fleet(count, seed)]
    return tuple(_habits(client, np.random.default_rng([seed, 1, number])) for number, client in enumerate(clients))


def _habits(client: Client, rng: Generator) -> Habits:
    return Habits(
        client=client,
        place=float(rng.normal()),
        steadiness=float(rng.uniform(0.2, 0.8)),
        weekday=str(rng.choice(WEEKDAYS)) if rng.random() < 0.25 else None,
        is_late_at_month_end=bool(rng.random() < 0.25),
        never=float(rng.beta(0.8, 0.8 / REAL_SENDERS.never - 0.8)),
        quarantined=float(rng.beta(1, 24)),
        corrected=float(rng.beta(1, 1 / REAL_SENDERS.redelivered - 1)),
        answers=float(rng.uniform(0.2, 0.9)),
        answer_minutes=float(rng.lognormal(np.log(25), 0.5)),
        load_minutes=float(rng.lognormal(np.log(1.2), 0.8)),
        build_minutes=float(rng.lognormal(np.log(6), 0.7)),
        size={feed: float(rng.lognormal(np.log(2e8), 1.2)) for feed in client.feeds},
        review_minutes=float(rng.lognormal(np.log(4), 0.4)),
        is_automatic=bool(rng.random() < 0.25),
        signatures=2 if client.time_zone in TWO_SIGNATURES and rng.random() < 0.2 else 1,
    )


def spells(count: int, seed: int, business_date: date) -> NDArray[np.float64]:
    """How each client strays from its place for some nights on end, as standard normal values: (clients,)."""
    last = business_date.toordinal()
    news = [np.random.default_rng([seed, 3, last - back]).normal(size=count) for back in range(_REMEMBERED)]
    kept = SPELL_KEPT ** np.arange(_REMEMBERED)
    return np.asarray(kept @ np.array(news) / np.sqrt((kept**2).sum()))


def lateness(habits: Habits, business_date: date, spell: float, rng: Generator) -> float:
    """Minutes from due time to landing that all of the client's feeds have in common tonight."""
    steady = habits.steadiness
    place = np.sqrt(steady) * habits.place + np.sqrt(1 - steady) * (
        np.sqrt(SPELL) * spell + np.sqrt(1 - SPELL) * rng.normal()
    )
    if WEEKDAYS[business_date.weekday()] == habits.weekday:
        place += 0.7
    if habits.is_late_at_month_end and is_month_end(business_date):
        place += 1.0
    if rng.random() < 0.01:  # an outage: what is three hours late or more is no night of the quantiles
        return float(min(30 * (1 + rng.pareto(1.1)), 24 * 60))
    return quantile(REAL_SENDERS.relative_to_due, NormalDist().cdf(float(place)))


def is_month_end(business_date: date) -> bool:
    """Whether it is one of a month's last two days or its first."""
    return business_date.day == 1 or (business_date + timedelta(days=2)).day <= 2


def quantile(of: Quantiles, share: float) -> float:
    """The minutes that so large a share of the cases stays below."""
    return float(np.interp(share, [low for low, _ in of], [minutes for _, minutes in of]))


def work(median: float, rng: Generator, size: float = 1.0) -> float:
    """Minutes of one piece of work, `size` times as large as usual."""
    share = rng.random()
    body = NormalDist(0, BODY_SPREAD)
    if share < TAIL_FROM:
        factor = np.exp(body.inv_cdf(max(share, 1e-9)))
    else:
        tail = ((1 - share) / (1 - TAIL_FROM)) ** (-1 / TAIL_EXPONENT)
        factor = min(np.exp(body.inv_cdf(TAIL_FROM)) * tail, TAIL_END)
    return float(median * factor * size**SIZE_EXPONENT)


def human(median: float, rng: Generator, spread: float = 0.7) -> float:
    """Minutes that a person needs: mostly about the median, sometimes many times as long."""
    return float(median * np.exp(spread * rng.standard_normal()) * (1 + rng.pareto(3.0) * 0.3))


def sizes(habits: Habits, business_date: date, owed: Sequence[Feed], rng: Generator) -> dict[Feed, float]:
    """Each feed's size tonight, as a multiple of its usual one."""
    grown = 1.5 if habits.is_late_at_month_end and is_month_end(business_date) else 1.0
    return {feed: float(grown * rng.lognormal(0, 0.2)) for feed in owed}
