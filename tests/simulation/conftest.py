"""Clients to simulate and the contract to hold their files against."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest

from acme_assets.contracts.check import ContractResult, SourceFile, check_delivery
from acme_assets.simulation.demo import DEMO_CLIENTS_FOLDER
from acme_assets.simulation.generator import GeneratedFile
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.registry import load_registry

BUSINESS_DATE = date(2026, 3, 10)

CheckFeed = Callable[[Client, Feed, Sequence[GeneratedFile]], ContractResult]


@pytest.fixture(scope="session")
def demo_clients() -> dict[str, Client]:
    return dict(load_registry(DEMO_CLIENTS_FOLDER).clients)


@pytest.fixture
def business_date() -> date:
    return BUSINESS_DATE


@pytest.fixture
def check_feed(tmp_path: Path) -> CheckFeed:
    """Check one feed's generated files by the contracts engine, as the client's registry entry says."""

    def check(client: Client, feed: Feed, files: Sequence[GeneratedFile]) -> ContractResult:
        sources = []
        for file in files:
            path = tmp_path / client.client_id / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            sources += [
                SourceFile(f"{client.landing}/{file.path}", path, client.layouts[source.layout])
                for source in file.sources
                if source.feed == feed
            ]
        return check_delivery(
            feed,
            sources,
            business_date=BUSINESS_DATE,
            quarantine_limit=client.feeds[feed].quarantine_limit,
            constants={"client_id": client.client_id},
            spool=tmp_path / "spool" / client.client_id,
        )

    return check
