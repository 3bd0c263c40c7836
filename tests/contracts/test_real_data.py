"""Six clients' real files, by the reviewed layouts: every row ends loaded or quarantined, and none is held."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from acme_assets.contracts.check import ContractResult, SourceFile, check_delivery
from acme_assets.contracts.layouts import layout_problems
from acme_assets.feeds.patterns import fits, match
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.registry import CLIENTS_FOLDER, Registry, load_registry

BUSINESS_DATE = date(2026, 3, 10)

CLIENTS = [f"client_{letter}" for letter in "abcdef"]

HEADERLESS = "client_c_cms_json/test_associations.csv"
"""The manifest takes one line of every CSV file for its header; this file has none."""

QUARANTINED = {
    # rows that break the contract, file by file; every other file has none
    "client_c_cms_json/test_associations.csv": 10,
    "client_d_cms_rif/beneficiary_2019.csv": 3,
    "client_e_labs/test-results-upload-valid-required-only.csv": 2,
}

OUT_OF_SCOPE = {
    ("medical_claim", "client_a_synthea_v2/claims_transactions.csv"): 3054,
    ("eligibility", "client_a_synthea_v2/payer_transitions.csv"): 258,
    ("lab_result", "client_a_synthea_v2/observations.csv"): 739,
    ("eligibility", "client_b_synthea_v3/payer_transitions.csv"): 158,
    ("medical_claim", "client_c_cms_json/EOB-500.ndjson.gz"): 72,
    ("pharmacy_claim", "client_c_cms_json/EOB-500.ndjson.gz"): 428,
    ("lab_result", "client_f_omop/MEASUREMENT.csv"): 5523,
}


@dataclass(frozen=True)
class Delivered:
    """One client's real folder, as it lies in the landing zone on one business date."""

    client: Client
    folder: Path

    def names(self) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def files(self, feed: Feed) -> Iterator[SourceFile]:
        for file in self.client.feeds[feed].files:
            for name in self.names():
                if match(file.pattern, f"{BUSINESS_DATE}/{name}") == BUSINESS_DATE:
                    path = f"{self.client.landing}/{BUSINESS_DATE}/{name}"
                    yield SourceFile(path, self.folder / name, self.client.layouts[file.layout])

    def manifest_name(self, source_file: str) -> str:
        return f"{self.folder.name}/{source_file.split('/', 2)[2]}"


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = load_registry(CLIENTS_FOLDER / "real")
    assert not found.problems
    return found


@pytest.fixture(scope="module")
def manifest(shared_data: Path) -> dict[str, int]:
    with (shared_data / "real" / "MANIFEST.csv").open(newline="") as text:
        rows = {row["path"]: int(row["rows"]) for row in csv.DictReader(text)}
    return rows | {HEADERLESS: rows[HEADERLESS] + 1}


@pytest.fixture(scope="module", params=CLIENTS)
def delivered(request: pytest.FixtureRequest, registry: Registry, shared_data: Path) -> Delivered:
    (folder,) = (shared_data / "real").glob(f"{request.param}_*")
    return Delivered(registry.clients[request.param], folder)


@pytest.fixture(scope="module")
def results(delivered: Delivered, tmp_path_factory: pytest.TempPathFactory) -> dict[Feed, ContractResult]:
    return {
        feed: check_delivery(
            feed,
            list(delivered.files(feed)),
            business_date=BUSINESS_DATE,
            quarantine_limit=policy.quarantine_limit,
            constants={"delivery_id": "d", "client_id": delivered.client.client_id},
            spool=tmp_path_factory.mktemp(feed),
        )
        for feed, policy in delivered.client.feeds.items()
    }


def test_every_client_has_a_time_zone_of_its_own(registry: Registry) -> None:
    assert sorted(registry.clients) == CLIENTS
    assert len({client.time_zone for client in registry.clients.values()}) == len(CLIENTS)


def test_no_layout_has_a_problem(registry: Registry) -> None:
    for client in registry.clients.values():
        used = {file.layout for policy in client.feeds.values() for file in policy.files}
        assert used == set(client.layouts), f"{client.client_id} has layouts that no feed uses"
        for feed, policy in client.feeds.items():
            for file in policy.files:
                assert layout_problems(feed, client.layouts[file.layout]) == [], (client.client_id, file.layout)


def test_every_file_is_one_of_a_feed_or_ignored(delivered: Delivered) -> None:
    client = delivered.client
    for name in delivered.names():
        path = f"{BUSINESS_DATE}/{name}"
        ignored = [pattern for pattern in client.ignored_files if fits(pattern, path)]
        taken = [
            [file.pattern for file in policy.files if match(file.pattern, path)] for policy in client.feeds.values()
        ]
        assert all(len(patterns) <= 1 for patterns in taken), f"{name} is two kinds of file of one feed"
        assert bool(ignored) != any(taken), f"{name} must be of a feed or ignored, and not both"
        assert len(ignored) <= 1, name


def test_nothing_real_is_held(results: dict[Feed, ContractResult]) -> None:
    assert {feed: result.held for feed, result in results.items() if result.held} == {}


def test_every_row_of_the_manifest_is_loaded_or_quarantined(
    delivered: Delivered, results: dict[Feed, ContractResult], manifest: dict[str, int]
) -> None:
    for feed, result in results.items():
        for file in result.files:
            name = delivered.manifest_name(file.name)
            assert file.rows_in == manifest[name], name
            assert file.rows_in == file.rows_loaded + file.rows_quarantined
            assert file.rows_out_of_scope == OUT_OF_SCOPE.get((feed, name), 0), name
            assert file.rows_quarantined - file.rows_out_of_scope == QUARANTINED.get(name, 0), name
        assert pl.scan_csv(result.accepted, infer_schema=False).select(pl.len()).collect().item() == result.lines_loaded
        kept = pl.scan_csv(result.quarantined, infer_schema=False).select(pl.len()).collect().item()
        assert kept == result.rows_quarantined


def test_persons_join_across_the_feeds_of_a_client(delivered: Delivered, results: dict[Feed, ContractResult]) -> None:
    people = {
        feed: set(pl.read_csv(result.accepted, infer_schema=False)["person_id"])
        for feed, result in results.items()
        if feed != "practitioner"
    }
    if delivered.client.client_id == "client_c":
        assert len(people["provider_attribution"] & people["patient"]) == 100
        assert people["pharmacy_claim"] <= people["medical_claim"]
        return  # its claims name other beneficiaries than its roster does
    if delivered.client.client_id == "client_e":
        return  # its roster has no ids; see the layout's comments
    known = people.get("patient") or people["eligibility"]
    for feed, ids in people.items():
        assert ids <= known, feed


@pytest.mark.parametrize("delivered", ["client_d"], indirect=True)
def test_what_a_client_pays_adds_up_claim_by_claim(delivered: Delivered, results: dict[Feed, ContractResult]) -> None:
    """A claim's payment that every line repeats must not be counted once per line."""
    lines = pl.read_csv(results["medical_claim"].accepted, infer_schema=False)
    for name in ("inpatient", "outpatient", "snf", "hha", "hospice"):
        rif = pl.read_csv(delivered.folder / f"{name}.csv", separator="|", infer_schema=False)
        expected = rif.unique("CLM_ID")["CLM_PMT_AMT"].cast(pl.Decimal(18, 4)).sum()
        loaded = lines.filter(pl.col("source_file").str.ends_with(f"/{name}.csv"))
        assert loaded["paid_amount"].cast(pl.Decimal(18, 4)).sum() == expected, name


@pytest.mark.parametrize("delivered", ["client_e"], indirect=True)
def test_rows_that_are_alike_stay_rows_where_the_layout_says_so(
    delivered: Delivered, results: dict[Feed, ContractResult]
) -> None:
    loaded = pl.read_csv(results["lab_result"].accepted, infer_schema=False)
    assert loaded.filter(pl.col("source_file").str.ends_with("4000-rows.csv")).height == 3999
    assert loaded["lab_result_id"].n_unique() == loaded.height
