"""The demo's clients and scenario fit each other."""

from collections.abc import Callable
from datetime import date, time
from pathlib import Path

from acme_assets.contracts.check import ContractResult
from acme_assets.simulation.demo import DEMO, DEMO_CLIENTS_FOLDER
from acme_assets.simulation.generator import generate
from client_partitions.client import Client


def test_every_demo_client_has_its_part(demo_clients: dict[str, Client]) -> None:
    assert [night.client_id for night in DEMO] == sorted(demo_clients, key=[n.client_id for n in DEMO].index)
    assert len(demo_clients) == len(DEMO) == 5
    assert all(night.client_id == night.expected.client_id for night in DEMO)


def test_who_signs_may_sign_and_only_what_is_signed_is_released(demo_clients: dict[str, Client]) -> None:
    for night in DEMO:
        assert night.expected.released == (night.signed_by is not None) == (night.expected.blocked_by is None)
        if night.signed_by:
            assert night.signed_by in {person.email for person in demo_clients[night.client_id].owners.qa}


def test_zones_and_deadlines_differ(demo_clients: dict[str, Client]) -> None:
    assert len({client.time_zone for client in demo_clients.values()}) == 5
    deadlines = [client.deadline for client in demo_clients.values()]
    assert sorted(deadlines) == [time(5, 30), *[time(6, 0)] * 4]


def test_deliveries_are_held_or_taken_as_the_end_states_say(
    demo_clients: dict[str, Client], business_date: date, check_feed: Callable[..., ContractResult]
) -> None:
    for night in DEMO:
        client = demo_clients[night.client_id]
        files = generate(client, business_date, seed=1, fault=night.faults)
        sent = {source.feed for file in files for source in file.sources}
        held = {feed for feed in sent if check_feed(client, feed, files).held}
        missing = set(client.feeds_owed(business_date)) - sent
        assert bool(held or missing) == (night.expected.blocked_by == "client"), night.client_id
        if night.client_id == "lakeview_advantage":
            result = check_feed(client, "eligibility", files)
            assert 0 < result.rows_quarantined == sum(source.bad_rows for file in files for source in file.sources)


def test_the_clients_files_are_short_enough_to_read() -> None:
    for path in Path(DEMO_CLIENTS_FOLDER).glob("*.yaml"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 200, path.name
