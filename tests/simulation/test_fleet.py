"""A fleet has as many clients and feeds as asked for, each valid in the registry and owing what a night needs."""

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from acme_assets.simulation.fleet import make_fleet, write_fleet
from client_partitions.client import Client
from client_partitions.feeds import FEEDS
from client_partitions.people import load_roster
from client_partitions.registry import load_registry


@pytest.fixture(scope="module")
def fleet() -> list[dict[str, Any]]:
    return make_fleet(180)


@pytest.fixture(scope="module")
def clients(fleet: list[dict[str, Any]]) -> list[Client]:
    return [Client.model_validate(data) for data in fleet]


def test_every_client_of_the_whole_fleet_is_valid_in_the_registry(tmp_path: Path, clients: list[Client]) -> None:
    write_fleet(tmp_path / "clients", 180)
    registry = load_registry(tmp_path / "clients")
    assert dict(registry.problems) == {}
    assert list(registry.clients.values()) == clients
    assert "&id" not in (tmp_path / "clients" / "fleet_001.yaml").read_text()


def test_180_clients_owe_1200_feeds(clients: list[Client]) -> None:
    counts = [len(client.feeds) for client in clients]
    assert (len(counts), sum(counts)) == (180, 1_200)
    assert counts.count(len(FEEDS)) > 90
    assert min(counts) < len(FEEDS) - 1


@pytest.mark.parametrize(("count", "feeds"), [(1, 7), (3, 20), (20, 133), (40, 267)])
def test_fleets_of_other_sizes_owe_as_many_each(count: int, feeds: int) -> None:
    assert sum(len(data["feeds"]) for data in make_fleet(count, seed=5)) == feeds


@pytest.mark.parametrize(("most", "found"), [(0, 2), (2, 2), (3, 3), (7, 7)])
def test_no_client_has_more_feeds_than_asked_for(most: int, found: int) -> None:
    fleet = make_fleet(20, seed=5, most_feeds=most)
    assert max(len(data["feeds"]) for data in fleet) == found
    assert all("eligibility" in data["feeds"] for data in fleet)


def test_every_client_waits_for_eligibility_and_a_claims_feed(clients: list[Client]) -> None:
    for client in clients:
        required = {feed for feed, policy in client.feeds.items() if policy.required}
        assert "eligibility" in required
        assert required & {"medical_claim", "pharmacy_claim"}
    optional = sum(not policy.required for client in clients for policy in client.feeds.values())
    assert 100 < optional < 300


def test_feeds_are_due_in_the_night_and_not_all_at_once(clients: list[Client]) -> None:
    due = {policy.due for client in clients for policy in client.feeds.values()}
    assert len(due) > 5
    assert all(time(3, 0) <= moment < client.deadline for client in clients for moment in due)
    assert len({client.time_zone for client in clients}) > 8


def test_owners_are_people_who_may_do_what_they_own(clients: list[Client]) -> None:
    people = load_roster().people
    for client in clients:
        assert len({analyst.email for analyst in client.owners.qa}) == 2
        assert all("qa" in people[analyst.email].roles for analyst in client.owners.qa)
        assert "engineering" in people[client.owners.engineering.email].roles
        assert "client_success" in people[client.owners.client_success.email].roles


def test_no_file_serves_two_feeds_and_there_are_csv_and_json_layouts(clients: list[Client]) -> None:
    for client in clients:
        patterns = [file.pattern for policy in client.feeds.values() for file in policy.files]
        assert len(patterns) == len(set(patterns))
    kinds = [layout.format.kind for client in clients for layout in client.layouts.values()]
    assert kinds.count("csv") > kinds.count("json") > 50


def test_the_same_seed_gives_the_same_fleet_and_another_seed_another(fleet: list[dict[str, Any]]) -> None:
    assert make_fleet(180) == fleet
    assert make_fleet(180, seed=1) != fleet
