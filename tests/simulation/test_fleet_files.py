"""What an arrival puts into the landing zone is its feed's delivery, and the contract says of it what was planned."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from acme_assets.contracts.check import ContractResult
from acme_assets.feeds.arrivals import FeedNight, sort_listing
from acme_assets.feeds.completeness import FIRST_LOOK, complete
from acme_assets.feeds.zones import LocalZone
from acme_assets.simulation.delivery import deliver
from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.faults import Fault, FaultKind
from acme_assets.simulation.fleet import make_fleet, write_fleet
from acme_assets.simulation.fleet_files import LAPTOP, files_of
from acme_assets.simulation.generator import generate
from acme_assets.simulation.night_plan import Arrival, plan_night
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.registry import load_registry

COUNT, FLEET_SEED = 12, 1
SEED_WITHOUT_LABS = 7_493
"""With it none of the eight members of the first client has had a lab test on the business date."""

CheckFeed = Callable[..., ContractResult]


@pytest.fixture(scope="module")
def clients() -> list[Client]:
    """Few clients, but every feed in every family of layouts."""
    clients = [Client.model_validate(data) for data in make_fleet(COUNT, FLEET_SEED)]
    kinds = {(feed, file.pattern) for client in clients for feed in client.feeds for file in client.feeds[feed].files}
    assert len(kinds) == 3 * 7 + 1
    return clients


def _arrival(client: Client, feed: Feed, kind: FaultKind | None = None) -> Arrival:
    fault = None if kind is None else Fault(kind, feed, share=0.001)
    return Arrival(timedelta(), client.client_id, feed, 0, fault)


def _one_of_each_layout(clients: Sequence[Client]) -> list[tuple[Client, Feed]]:
    found = {}
    for client in clients:
        for feed, policy in client.feeds.items():
            found.setdefault((feed, policy.files[0].pattern), (client, feed))
    return list(found.values())


def test_every_arrivals_files_become_its_own_feed_nights_delivery(tmp_path: Path, business_date: date) -> None:
    write_fleet(tmp_path / "clients", COUNT, FLEET_SEED)
    registry = load_registry(tmp_path / "clients")
    plan = plan_night(list(registry.clients.values()), business_date)
    today = business_date + timedelta(days=1)
    nights = set()
    for number, arrival in enumerate(plan.arrivals):
        client, landing = registry.client(arrival.client_id), tmp_path / "landings" / str(number)
        deliver(files_of(client, business_date, 0, arrival), landing, client)
        listing = sort_listing(registry, LocalZone(landing).listing(), today)
        night = FeedNight(arrival.client_id, arrival.feed, business_date)
        assert (listing.strays, set(listing.arrived)) == ((), {night})
        _, look = complete(registry, listing, FIRST_LOOK)
        ready, _ = complete(registry, listing, look)
        assert ready == (night,)
        nights.add(night)
    assert len(nights) > 60


def test_the_same_arrival_has_the_same_few_bytes(clients: list[Client], business_date: date) -> None:
    for client, feed in _one_of_each_layout(clients):
        once, again, other = (files_of(client, business_date, seed, _arrival(client, feed)) for seed in (0, 0, 1))
        assert once == again
        assert [file.path for file in once] == [file.path for file in other]
        assert all(file.content != changed.content for file, changed in zip(once, other, strict=True))
        assert sum(len(file.content) for file in once) < 80_000


def test_a_clients_feeds_are_of_the_same_people(clients: list[Client], business_date: date) -> None:
    for client in clients[:3]:
        parts = [file for feed in client.feeds for file in files_of(client, business_date, 0, _arrival(client, feed))]
        whole = generate(client, business_date, 0, scale=LAPTOP)
        assert sorted(parts, key=lambda file: file.path) == whole


def test_every_layout_reads_back_whole(clients: list[Client], business_date: date, check_feed: CheckFeed) -> None:
    for client, feed in _one_of_each_layout(clients):
        result = check_feed(client, feed, files_of(client, business_date, 0, _arrival(client, feed)))
        assert (result.held, result.rows_failed) == (None, 0)
        assert all(file.rows_in > 0 for file in result.files)


@pytest.mark.parametrize("kind", [FaultKind.BROKEN_FILE, FaultKind.WRONG_HEADER, FaultKind.EMPTY_FILE])
def test_a_file_that_cannot_be_read_is_held_and_sent_again_it_is_not(
    kind: FaultKind, clients: list[Client], business_date: date, check_feed: CheckFeed
) -> None:
    for client, feed in _one_of_each_layout(clients):
        broken = files_of(client, business_date, 0, _arrival(client, feed, kind))
        assert check_feed(client, feed, broken).held is not None
        again = files_of(client, business_date, 0, replace(_arrival(client, feed), version=1))
        assert [file.path for file in again] == [file.path for file in broken]
        assert check_feed(client, feed, again).held is None


def test_a_redelivery_is_good_and_differs(clients: list[Client], business_date: date, check_feed: CheckFeed) -> None:
    for client, feed in _one_of_each_layout(clients):
        first = files_of(client, business_date, 0, _arrival(client, feed))
        again = files_of(client, business_date, 0, _arrival(client, feed, FaultKind.REDELIVER))
        assert [file.path for file in again] == [file.path for file in first]
        assert again != first
        result = check_feed(client, feed, again)
        assert (result.held, result.rows_failed) == (None, 0)


def test_planned_bad_rows_are_below_the_limit(
    clients: list[Client], business_date: date, check_feed: CheckFeed
) -> None:
    for client in clients:
        for feed in ("medical_claim", "pharmacy_claim"):
            if feed in client.feeds:
                files = files_of(client, business_date, 0, _arrival(client, feed, FaultKind.BAD_ROWS))
                result = check_feed(client, feed, files)
                assert (result.held, result.rows_failed) == (None, len(files))


def test_few_people_without_a_single_lab_test_become_more(clients: list[Client], business_date: date) -> None:
    client = Client.model_validate(make_fleet(1)[0])
    with pytest.raises(SimulationError, match="use a larger scale"):
        generate(client, business_date, SEED_WITHOUT_LABS, scale=LAPTOP)
    for feed in client.feeds:
        assert files_of(client, business_date, SEED_WITHOUT_LABS, _arrival(client, feed))


def test_files_are_of_the_plans_business_date(clients: list[Client]) -> None:
    for file in files_of(clients[0], date(2026, 12, 31), 0, _arrival(clients[0], "eligibility")):
        assert "2026-12-31" in file.path or "20261231" in file.path
