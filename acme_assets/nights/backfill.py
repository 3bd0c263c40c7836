"""What a backfill rebuilds, and why; what it costs; who signs again and which clients will see a change. Pure.

Nights before the one in hand alone: tonight's own work is no backfill.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from acme_assets.audit.canonical import digest
from acme_assets.nights.dependents import LOOKS_BACK, Came, Dependent, Night, dependents, in_words
from acme_assets.nights.dispatch import MOST
from acme_assets.nights.facts import GateDecision, NightFacts
from acme_assets.nights.status import NightStatus, Step
from client_partitions.client import Client
from client_partitions.feeds import Feed


@dataclass(frozen=True)
class Known:
    """A client night as the ledger has it: its facts under its terms, with the gate and the chain of them."""

    facts: NightFacts
    gate: GateDecision
    status: NightStatus

    @property
    def marts(self) -> Step:
        """The step of the builds."""
        return next(step for step in self.status.steps if step.name == "marts")

    @property
    def is_built(self) -> bool:
        """Whether the candidate is of the present deliveries and terms."""
        return self.marts.state == "done"

    @property
    def was_signed(self) -> bool:
        """Whether QA signed it before."""
        return self.gate.is_open or self.gate.was_signed or self.facts.live_release is not None


@dataclass(frozen=True)
class Sizes:
    """Rows, as the ledger counted them: of this night, else of the client's newest before."""

    feeds: Mapping[tuple[str, Feed], int] = field(default_factory=dict)
    """Client and feed to the rows of its newest load."""
    candidates: Mapping[str, int] = field(default_factory=dict)
    """Client to the rows in the marts of its newest candidate."""


@dataclass(frozen=True)
class Planned:
    """One client night of a plan."""

    client_id: str
    business_date: date
    feeds: tuple[Feed, ...]
    """Its own feeds that came, or are to come; none where it only looks back."""
    marts: tuple[str, ...]
    """Those that can change."""
    why: tuple[str, ...]
    signs_again: bool
    """Whether QA signed it before, and must again where the rows changed."""
    client_sees_change: bool
    """Whether the client sees a release of it now, which another will replace."""
    waits_for: str | None
    """What holds it before it can be built, and nothing of ours mends; None: nothing."""
    rows_to_load: int
    rows_to_read: int
    """Rows of RAW that its build reads."""
    rows_to_write: int
    """Rows that its build puts into the marts."""
    loads: bool
    """Whether there are deliveries to load, or to come."""

    @property
    def night(self) -> Night:
        """Client id and business date."""
        return (self.client_id, self.business_date)


@dataclass(frozen=True)
class Cost:
    """What a plan costs: about, where what comes was not counted yet."""

    runs_most: int
    """Each night by itself, as beside a busy night."""
    runs_least: int
    """As many nights in a run as fit."""
    rows_to_load: int
    rows_to_read: int
    rows_to_write: int


@dataclass(frozen=True)
class Plan:
    """The client nights to rebuild, in the order of their dates."""

    nights: tuple[Planned, ...]
    covered: Mapping[Night, str] = field(default_factory=dict)
    """Nights that an open backfill has already, with its id."""
    up_to_date: int = 0
    """Nights that depend on what came and are built from it already."""

    @property
    def cost(self) -> Cost:
        """What it costs."""
        loads, builds = sum(night.loads for night in self.nights), len(self.nights)
        return Cost(
            loads + builds,
            -(-loads // MOST["load"]) + -(-builds // MOST["build"]),
            *(
                sum(getattr(night, name) for night in self.nights)
                for name in ("rows_to_load", "rows_to_read", "rows_to_write")
            ),
        )

    def backfill_id(self, times_before: int) -> str:
        """The same client nights and feeds are the same backfill, until it has ended.

        Args:
            times_before: how many backfills of the same nights and feeds have ended.
        """
        nights = [[night.client_id, night.business_date, sorted(night.feeds)] for night in self.nights]
        return digest({"nights": nights, "times_before": times_before})[:32]


def unbuilt(facts: NightFacts) -> list[Came]:
    """The feeds of a night of which something came that its candidate is not built from."""
    candidate = facts.candidate
    if not facts.deliveries or (candidate and candidate.inputs_key == facts.inputs_key and not _pending(facts)):
        return []
    speaking = [item for item in facts.deliveries.values() if item.state != "quarantined"]
    fresh = [
        item
        for item in speaking
        if candidate is None or item.is_pending or max(item.observed_at, item.state_at) > candidate.built_at
    ]
    # Where none is, the terms changed: a waiver or an override is signed or has expired.
    return [Came(facts.client_id, facts.business_date, item.feed) for item in fresh or speaking]


def _pending(facts: NightFacts) -> bool:
    return any(item.is_pending for item in facts.deliveries.values())


def plan(
    came: Iterable[Came],
    clients: Mapping[str, Client],
    known: Mapping[Night, Known],
    in_hand: Mapping[str, date],
    sizes: Sizes,
    *,
    opened: Iterable[Night] = (),
    looks_back: Mapping[str, int] = LOOKS_BACK,
) -> Plan:
    """The plan of rebuilding what depends on what came.

    Args:
        known: at least the nights that depend on it (`nights_of`).
        in_hand: client id to the business date whose night is on: it and later ones are left out.
        opened: nights that are too old to be looked at by themselves: a backfill opens them to files, so that they
            belong in it whether or not the ledger has anything new of them.
    """
    came = sorted(set(came))
    arrived = {
        item: delivery.observed_at
        for item in came
        if (own := known.get((item.client_id, item.business_date)))
        and (delivery := own.facts.deliveries.get(item.feed))
    }
    planned, covered, up_to_date, always = [], {}, 0, set(opened)
    for night, dependent in nights_of(came, clients, in_hand, looks_back).items():
        item = known[night]
        backfill = item.facts.backfill
        if backfill and backfill.state == "open":
            covered[night] = backfill.backfill_id
        elif night in always or not _is_up_to_date(item, dependent, arrived):
            planned.append(_planned(clients[night[0]], item, dependent, arrived, sizes))
        else:
            up_to_date += 1
    planned.sort(key=lambda night: (night.business_date, night.client_id))
    return Plan(tuple(planned), covered, up_to_date)


def nights_of(
    came: Iterable[Came],
    clients: Mapping[str, Client],
    in_hand: Mapping[str, date],
    looks_back: Mapping[str, int] = LOOKS_BACK,
) -> dict[Night, Dependent]:
    """The nights before the ones in hand that depend on what came."""
    found = dependents(came, clients, in_hand, looks_back)
    return {night: item for night, item in found.items() if night[1] < in_hand[night[0]]}


def _is_up_to_date(item: Known, dependent: Dependent, arrived: Mapping[Came, datetime]) -> bool:
    if not item.is_built:
        return False
    candidate = item.facts.candidate
    assert candidate is not None, "a night without a candidate is not built"
    earlier = [came for came in dependent.came if came.business_date != item.facts.business_date]
    return all(came in arrived and arrived[came] < candidate.built_at for came in earlier)


def _planned(
    client: Client, item: Known, dependent: Dependent, arrived: Mapping[Came, datetime], sizes: Sizes
) -> Planned:
    facts = item.facts
    night = (facts.client_id, facts.business_date)
    own = tuple(came.feed for came in dependent.came if came.business_date == facts.business_date)
    loading = [feed for feed in own if (found := facts.deliveries.get(feed)) is None or found.is_pending]
    return Planned(
        *night,
        own,
        dependent.marts,
        tuple(in_words(came, night, arrived) for came in dependent.came),
        item.was_signed,
        facts.live_release is not None,
        _waits_for(item),
        sum(_rows(facts, feed, sizes) for feed in loading),
        sum(_rows(facts, feed, sizes) for feed in client.feeds if feed in facts.deliveries or feed in loading),
        sizes.candidates.get(facts.client_id, 0),
        bool(loading),
    )


def _waits_for(item: Known) -> str | None:
    step = item.status.blocked_by
    if step is None or step.state == "running" or step.name in ("sign-off", "release"):
        return None
    return None if step.state == "waiting" and item.facts.put_off else f"{step.name}: {step.reason}"


def _rows(facts: NightFacts, feed: Feed, sizes: Sizes) -> int:
    delivery = facts.deliveries.get(feed)
    if delivery and delivery.rows_loaded is not None:
        return delivery.rows_loaded
    return sizes.feeds.get((facts.client_id, feed), 0)


@dataclass(frozen=True)
class Progress:
    """How far a backfill is, told from its nights."""

    done: int
    of: int

    @property
    def is_done(self) -> bool:
        """Whether every night is built; each waits for its gate then, or is past it."""
        return self.done == self.of


def progress(nights: Sequence[Known]) -> Progress:
    """How many nights are built from all that came, of how many."""
    return Progress(sum(night.is_built for night in nights), len(nights))
