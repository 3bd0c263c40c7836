"""Made-up history and nights ahead, for the forecast's tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from acme_assets.sla.history import History
from acme_assets.sla.night import FeedAhead, NightAhead, StageAhead
from acme_assets.sla.summary import FeedSummary, NightSummary
from client_partitions.feeds import Feed

FEEDS: tuple[Feed, ...] = ("medical_claim", "eligibility", "lab_result")
FIRST = date(2026, 1, 5)
TONIGHT = date(2026, 4, 15)
DEADLINE = datetime(2026, 4, 16, 11, tzinfo=UTC)
DUE = DEADLINE - timedelta(hours=2)
INGRID, DELE = "ingrid@acme.example", "dele@acme.example"


def summaries(
    clients: int = 4,
    nights: int = 60,
    *,
    seed: int = 0,
    late: float = -40.0,
    spread: float = 25.0,
    absent: float = 0.02,
) -> list[NightSummary]:
    """Nights that are over, of clients c0, c1, …; `late` is the usual offset."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(nights):
        for client in range(clients):
            shared = random.normal(0, spread)
            feeds = tuple(
                FeedSummary(
                    feed,
                    None if random.random() < absent else float(late + 5 * client + shared + random.normal(0, 4)),
                    notice=0.2,
                    load_work=float(random.lognormal(0.5, 0.4)),
                    bytes=1_000_000,
                )
                for feed in FEEDS
            )
            found.append(
                NightSummary(
                    f"c{client}",
                    FIRST + timedelta(days=number),
                    feeds,
                    build_wait=0.3,
                    build_work=float(random.lognormal(2.0, 0.4)),
                    bytes=3_000_000,
                    sign_off=20.0,
                    handling=float(random.lognormal(2.0, 0.5)),
                    release=0.5,
                )
            )
    return found


HISTORY = History.of(summaries())


def night(client: str = "c0", **changes: object) -> NightAhead:
    """A night of which nothing has arrived."""
    feeds = tuple(FeedAhead(feed, "expected", DUE) for feed in FEEDS)
    waiting = StageAhead("waiting")
    made = NightAhead(client, TONIGHT, DEADLINE, feeds, waiting, waiting, waiting, (INGRID, DELE))
    return replace(made, **changes)  # type: ignore[arg-type]


def with_feed(ahead: NightAhead, feed: Feed, **changes: object) -> NightAhead:
    """The same night, with one feed changed."""
    feeds = (replace(item, **changes) if item.feed == feed else item for item in ahead.feeds)  # type: ignore[arg-type]
    return replace(ahead, feeds=tuple(feeds))


def arrived(ahead: NightAhead, feed: Feed, at: datetime) -> NightAhead:
    """The same night, with a delivery of the feed that landed, and was seen, at a moment."""
    return with_feed(ahead, feed, state="arrived", since=at, landed_at=at, bytes=1_000_000)


def loaded(ahead: NightAhead, at: datetime) -> NightAhead:
    """The same night, with every feed loaded."""
    feeds = tuple(replace(item, state="done", since=at, landed_at=at, bytes=1_000_000) for item in ahead.feeds)
    return replace(ahead, feeds=feeds)
