"""The six clients' real files, by each way into the landing zone: what is in RAW is the same, row by row."""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance, build_sensor_context
from sqlalchemy import Text, cast, select

from acme_assets.defs.sensors.arrivals import arrivals_sensor
from acme_assets.environment import Platform
from acme_assets.feeds.zones import LandingZone, LocalZone
from acme_assets.landing.outcome import Order, PullFailed
from acme_assets.landing.pulling import pull
from acme_assets.landing.s3 import S3Zone
from acme_assets.simulation.real import FOLDERS, deliver_real
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse.ledger import deliveries
from acme_assets.warehouse.loading import load_delivery
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
from client_partitions.client import Client
from client_partitions.feeds import FEEDS
from client_partitions.registry import CLIENTS_FOLDER, Registry, read_yaml
from tests.landing.api_server import Answer, Asked, Server, api_server
from tests.landing.made_up import Waits
from tests.landing.sshd import Sshd
from tests.world import make_roster, signer_of

DAY = date(2026, 3, 10)
CLIENTS = {f"client_{folder[7]}": folder for folder in FOLDERS}

Contents = Mapping[str, str]
"""Client, table to a digest of its rows there, whatever delivery they came with."""


def registry(pulls: Mapping[str, Any] | None = None, **changed: Callable[[dict[str, Any]], None]) -> Registry:
    """The real clients; each with a pull of its own, where `pulls` has one for it."""
    clients = {}
    for client_id in CLIENTS if pulls is None else pulls:
        data = read_yaml(CLIENTS_FOLDER / "real" / f"{client_id}.yaml")
        if pulls is not None:
            data["pulls"] = {"source": pulls[client_id]}
            for policy in data["feeds"].values():
                policy["pull"] = "source"
        changed.get(client_id, lambda it: None)(data)
        clients[client_id] = Client.model_validate(data)
    return Registry(clients, {})


@dataclass
class Night:
    """One zone and one empty warehouse."""

    platform: Platform
    waits: Waits

    def pull(self) -> None:
        """Every pull of every client, until it is through."""
        for client in self.platform.registry.clients.values():
            for name in client.pulls:
                pull(Order(client, name, DAY), self.waits.hands(self.platform.zone))

    def load(self) -> None:
        """Two looks, and a load of all that they find complete."""
        cursor = None
        with DagsterInstance.ephemeral() as instance:
            for _ in range(2):
                context = build_sensor_context(instance, cursor, resources={"platform": self.platform})
                arrivals_sensor(30)(context)
                cursor = context.cursor
        with self.platform.warehouse.begin() as connection:
            found = connection.execute(select(deliveries.c.client_id, deliveries.c.feed)).all()
        for client_id, feed in found:
            client = self.platform.registry.client(client_id)
            outcome = load_delivery(
                self.platform.warehouse, self.platform.zone, client, feed, DAY, self.platform.clock, make_roster(),
                by="test",
            )  # fmt: skip
            assert outcome.state == "loaded", f"{client_id} {feed}: {outcome.reason}"

    def contents(self, but: tuple[str, ...] = ()) -> Contents:
        """Digests of all rows, without what tells one load from another and the columns `but`."""
        left_out = {"load_id", *but}
        found = {}
        with self.platform.warehouse.begin() as connection:
            for table in (*(raw_table(feed) for feed in FEEDS), quarantined_rows()):
                columns = [cast(column, Text) for column in table.c if column.name not in left_out]
                for client_id in self.platform.registry.clients:
                    rows = connection.execute(select(*columns).where(table.c.client_id == client_id)).all()
                    if rows:
                        lines = sorted(json.dumps(list(row)) for row in rows)
                        digest = sha256("\n".join(lines).encode()).hexdigest()
                        found[f"{client_id} {table.fullname}"] = f"{len(rows)} {digest}"
        return found


@pytest.fixture
def night(postgres: TemporaryServer, migrated: str) -> Callable[[Registry, LandingZone, Waits], Night]:
    """A night by the given registry on the given zone."""

    def made(found: Registry, zone: LandingZone, waits: Waits) -> Night:
        warehouse = PostgresWarehouse(postgres.fresh_database(migrated))
        moments = iter(datetime(2026, 3, 11, 12, 0, tzinfo=UTC) + timedelta(seconds=n) for n in range(100_000))
        return Night(Platform(found, warehouse, zone, lambda: next(moments), make_roster, lambda: signer_of("")), waits)

    return made


@pytest.fixture(scope="module")
def delivered(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The six folders as a local landing zone."""
    landing = tmp_path_factory.mktemp("real") / "landing"
    landing.mkdir()
    deliver_real(shared_data / "real", landing, DAY, CLIENTS)
    return landing


@pytest.fixture(scope="module")
def known() -> dict[str, Contents]:
    """What the local folder's night left, for the other ways to be held against."""
    return {}


@pytest.fixture
def local(known: dict[str, Contents], delivered: Path, night: Any, waits: Waits) -> Night | None:
    """The night of the local folder; its contents are computed once."""
    if known:
        return None
    made: Night = night(registry(), LocalZone(delivered), waits)
    made.load()
    known["all"] = made.contents()
    known["whatever the file"] = made.contents(but=("delivery_id", "source_file", "source_row"))
    return made


@pytest.mark.usefixtures("local")
def test_the_local_folders_night_has_rows_of_every_client(known: dict[str, Contents]) -> None:
    assert {name.split()[0] for name in known["all"]} == set(CLIENTS)
    assert len(known["all"]) > 20


@pytest.mark.usefixtures("local")
def test_pulls_from_a_server_into_a_bucket_give_the_same_rows(
    known: dict[str, Contents], delivered: Path, server: Sshd, bucket: str, night: Any, waits: Waits
) -> None:
    """Both in one night, for a night of all six clients costs 40 s of CPU: SFTP brings all, and S3 has all."""
    shutil.copytree(delivered, server.outbox, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".acme"))
    pulls = {client_id: server.pull(folder=f"{server.outbox}/{client_id}") for client_id in CLIENTS}
    zone = S3Zone.connect(bucket, "landing")
    there: Night = night(registry(pulls), zone, waits)
    server.cuts += [300_000]  # the line is cut in the first client's largest file
    there.pull()
    there.load()
    assert there.contents() == known["all"]


# An API: client c's claims as FHIR bundles, and its roster


@pytest.fixture
def sierra(shared_data: Path) -> Iterator[Server]:
    """Client c's claims in pages of 50, as bundles with next links, by a server that is not well."""
    with gzip.open(shared_data / "real/client_c_cms_json/EOB-500.ndjson.gz", "rt", encoding="utf-8") as lines:
        claims = [line.strip() for line in lines]

    def answers(asked: Asked) -> Answer:
        start = int(asked.query.get("startIndex", 0))
        entries = ", ".join(f'{{"resource": {claim}}}' for claim in claims[start : start + 50])
        links = [{"relation": "self", "url": f"?startIndex={start}"}]
        if start + 50 < len(claims):
            links.append({"relation": "next", "url": f"/records?startIndex={start + 50}"})
        head = f'"resourceType": "Bundle", "total": {len(claims)}, "link": {json.dumps(links)}'
        return Answer(f'{{{head}, "entry": [{entries}]}}'.encode(), headers={"Content-Type": "application/fhir+json"})

    with api_server(answers) as running:
        yield running


def as_api(url: str) -> dict[str, Any]:
    return {
        "kind": "api",
        "url": url,
        "headers": {"Accept": "application/fhir+json"},
        "auth": {"kind": "bearer", "token": "TINY_TOKEN"},
        "pages": {"kind": "next_link", "path": "link[?relation=='next'].url | [0]"},
        "records": ["entry"],
        "record": ["resource"],
        "total": "total",
        "file": "{date}/EOB-api.ndjson.gz",
    }


@pytest.mark.usefixtures("local")
def test_an_api_with_every_fault_gives_the_same_rows(
    known: dict[str, Contents], delivered: Path, sierra: Server, local_zone: LocalZone, night: Any, waits: Waits,
    tmp_path: Path,
) -> None:  # fmt: skip
    """What no API serves of client c comes as files, as before."""
    shutil.copytree(delivered / "client_c", tmp_path / "landing/client_c", ignore=shutil.ignore_patterns("EOB-*"))

    def only_claims(data: dict[str, Any]) -> None:
        for feed, policy in data["feeds"].items():
            if feed not in ("medical_claim", "pharmacy_claim"):
                del policy["pull"]

    there: Night = night(registry({"client_c": as_api(sierra.url)}, client_c=only_claims), local_zone, waits)
    sierra.faults += [
        Answer(b"", 429, {"Retry-After": "3"}),
        Answer(b"", 500),
        Answer(sierra.answers(Asked("/records", {}, {}, "")).content, cut_at=100_000),
    ]
    good, given = sierra.answers, list[Asked]()

    def falls_over(asked: Asked) -> Answer:
        given.append(asked)
        return good(asked) if len(given) <= 4 else Answer(b"", 503)

    sierra.answers = falls_over
    with pytest.raises(PullFailed):
        there.pull()
    sierra.answers = good
    there.pull()
    there.load()
    found = there.contents(but=("delivery_id", "source_file", "source_row"))
    assert found == {name: rows for name, rows in known["whatever the file"].items() if name.startswith("client_c ")}
    assert any("medical_claim" in name for name in found)
    assert any("pharmacy_claim" in name for name in found)


def test_the_real_pages_of_an_api_are_followed_to_their_end(
    shared_data: Path, local_zone: LocalZone, waits: Waits, tmp_path: Path
) -> None:
    """Four pages of one beneficiary's claims, as a CMS server answered them; their links name its own address."""
    folder = shared_data / "real/client_c_cms_json/mock_bfd_api/v1/eob"

    def answers(asked: Asked) -> Answer:
        start = asked.query.get("startIndex", "0")
        name = "20140000008325.json" if start == "0" else f"20140000008325_{start}.json"
        page = (folder / name).read_bytes()
        return Answer(page.replace(b"http://localhost:8083/v1/fhir/ExplanationOfBenefit", b"/records"))

    with api_server(answers) as server:
        source = {**as_api(server.url), "total": None}
        client = registry({"client_c": source}).clients["client_c"]
        outcome = pull(Order(client, "source", DAY), waits.hands(local_zone))
        pages = [folder / f"20140000008325{suffix}.json" for suffix in ("", "_10", "_20", "_30")]
        expected = [entry["resource"] for page in pages for entry in json.loads(page.read_bytes())["entry"]]
        file = local_zone.fetch("client_c/2026-03-10/EOB-api.ndjson.gz", tmp_path)
        found = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
        assert found == expected
        assert outcome.landed[0].records == len(expected)
        assert len(server.asked) == 4
