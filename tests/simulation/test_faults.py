"""Each fault does to a delivery what it says, and the contract sees it."""

from collections.abc import Callable
from datetime import date

import pytest

from acme_assets.contracts.check import ContractResult
from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.faults import Fault, FaultKind
from acme_assets.simulation.generator import generate
from client_partitions.client import Client
from client_partitions.feeds import Feed

EVERY_FEED: list[tuple[str, Feed]] = [
    ("harbor_health", "medical_claim"),  # two files
    ("harbor_health", "practitioner"),
    ("harbor_health", "provider_attribution"),
    ("prairie_mutual", "pharmacy_claim"),  # no quotes
    ("summit_care", "eligibility"),  # gzip
    ("summit_care", "lab_result"),
    ("coastal_labs", "lab_result"),  # gzipped NDJSON
    ("coastal_labs", "patient"),
    ("lakeview_advantage", "medical_claim"),
]

each_feed = pytest.mark.parametrize(("client_id", "feed"), EVERY_FEED)

CheckFeed = Callable[..., ContractResult]


@each_feed
@pytest.mark.parametrize("kind", [FaultKind.BROKEN_FILE, FaultKind.EMPTY_FILE, FaultKind.WRONG_HEADER])
def test_a_file_fault_holds_the_delivery(
    client_id: str,
    feed: Feed,
    kind: FaultKind,
    demo_clients: dict[str, Client],
    business_date: date,
    check_feed: CheckFeed,
) -> None:
    client = demo_clients[client_id]
    files = generate(client, business_date, fault=Fault(kind, feed), scale=0.1)
    good = generate(client, business_date, scale=0.1)
    changed = [file.path for file, before in zip(files, good, strict=True) if file.content != before.content]
    assert len(changed) == 1
    result = check_feed(client, feed, files)
    assert result.held is not None
    assert changed[0] in result.held
    words = {
        FaultKind.BROKEN_FILE: ("cannot be told from the next", "cut off", "values for"),
        FaultKind.EMPTY_FILE: ("is empty",),
        FaultKind.WRONG_HEADER: ("has a wrong header", "over the limit"),
    }
    assert any(text in result.held for text in words[kind])


@each_feed
def test_bad_rows_within_the_limit_are_quarantined_one_by_one(
    client_id: str, feed: Feed, demo_clients: dict[str, Client], business_date: date, check_feed: CheckFeed
) -> None:
    client = demo_clients[client_id]
    lenient = client.feeds[feed].model_copy(update={"quarantine_limit": 0.5})
    client = client.model_copy(update={"feeds": {**client.feeds, feed: lenient}})
    files = generate(client, business_date, fault=Fault(FaultKind.BAD_ROWS, feed, share=0.1), scale=0.2)
    sources = [source for file in files for source in file.sources if source.feed == feed]
    assert all(source.bad_rows == max(1, round(source.rows * 0.1)) for source in sources)
    result = check_feed(client, feed, files)
    assert result.held is None
    assert [(file.rows_in, file.rows_quarantined) for file in result.files] == [
        (source.rows, source.bad_rows) for source in sources
    ]


@each_feed
def test_bad_rows_past_the_limit_hold_the_delivery(
    client_id: str, feed: Feed, demo_clients: dict[str, Client], business_date: date, check_feed: CheckFeed
) -> None:
    client = demo_clients[client_id]
    files = generate(client, business_date, fault=Fault(FaultKind.BAD_ROWS, feed, share=0.3), scale=0.1)
    held = check_feed(client, feed, files).held
    assert held is not None
    assert "over the limit" in held


@each_feed
def test_a_missing_feed_has_no_file(
    client_id: str, feed: Feed, demo_clients: dict[str, Client], business_date: date
) -> None:
    client = demo_clients[client_id]
    whole = generate(client, business_date, scale=0.1)
    files = generate(client, business_date, fault=Fault(FaultKind.MISSING, feed), scale=0.1)
    assert files == [file for file in whole if file.sources[0].feed != feed] != whole


@each_feed
def test_a_redelivery_has_the_same_paths_and_other_content_that_is_good(
    client_id: str, feed: Feed, demo_clients: dict[str, Client], business_date: date, check_feed: CheckFeed
) -> None:
    client = demo_clients[client_id]
    once = generate(client, business_date, scale=0.1)
    again = generate(client, business_date, fault=Fault(FaultKind.REDELIVER, feed), scale=0.1)
    assert [file.path for file in once] == [file.path for file in again]
    changed = {
        before.sources[0].feed for before, after in zip(once, again, strict=True) if before.content != after.content
    }
    assert changed == {feed}
    result = check_feed(client, feed, again)
    assert (result.held, result.rows_failed) == (None, 0)


def test_faults_can_hit_several_feeds_but_one_feed_once(demo_clients: dict[str, Client], business_date: date) -> None:
    client = demo_clients["lakeview_advantage"]
    missing = [Fault(FaultKind.MISSING, feed) for feed in ("eligibility", "pharmacy_claim")]  # type: ignore[arg-type]
    assert len(generate(client, business_date, fault=missing, scale=0.1)) == 1
    with pytest.raises(SimulationError, match="one feed has two faults"):
        generate(client, business_date, fault=[missing[0], missing[0]])


def test_a_share_is_a_share() -> None:
    with pytest.raises(SimulationError, match="give one above 0 and up to 1"):
        Fault(FaultKind.BAD_ROWS, "patient", share=0)
