"""What is made up is the same every time, makes sense across feeds, and reads back through the contract."""

import csv
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from acme_assets.contracts.check import ContractResult
from acme_assets.contracts.schemas import key_columns
from acme_assets.simulation.demo import DEMO_CLIENTS_FOLDER
from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.faults import Fault, FaultKind
from acme_assets.simulation.generator import ROWS, generate
from acme_assets.simulation.people import Row, populate
from client_partitions.client import Client
from client_partitions.registry import load_client

DEMO_IDS = ("coastal_labs", "harbor_health", "lakeview_advantage", "prairie_mutual", "summit_care")


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Row]]:
    """Every feed's canonical rows of one client at full size."""
    people = populate(load_client(DEMO_CLIENTS_FOLDER / "harbor_health.yaml"), date(2026, 3, 10), 7, 1.0)
    return {feed: list(make(people)) for feed, make in ROWS.items()}


def test_the_same_arguments_give_the_same_bytes(demo_clients: dict[str, Client], business_date: date) -> None:
    for client in demo_clients.values():
        once, again = (generate(client, business_date, seed=3, scale=0.2) for _ in range(2))
        other = generate(client, business_date, seed=4, scale=0.2)
        assert once == again
        assert [file.path for file in once] == [file.path for file in other]
        assert all(file.content != changed.content for file, changed in zip(once, other, strict=True))


def test_bytes_do_not_depend_on_the_run() -> None:
    # Python's hash() of text differs from process to process; nothing may rest on it.
    code = (
        "import hashlib; from datetime import date; from acme_assets.simulation.generator import generate;"
        "from acme_assets.simulation.demo import DEMO_CLIENTS_FOLDER as folder;"
        "from client_partitions.registry import load_client;"
        "files = generate(load_client(folder / 'harbor_health.yaml'), date(2026, 3, 10), scale=0.1);"
        "print(hashlib.sha256(b''.join(file.content for file in files)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_the_default_size_is_a_small_client(rows: dict[str, list[Row]]) -> None:
    lines = [row for row in rows["medical_claim"] if row["record_type"] == "line"]
    assert 150 <= len({row["person_id"] for row in rows["eligibility"]}) <= 200
    assert 1_200 <= len(lines) <= 1_900


def test_people_and_providers_join_across_feeds(rows: dict[str, list[Row]]) -> None:
    members = {row["person_id"] for row in rows["eligibility"]}
    npis = {row["npi"] for row in rows["practitioner"] if row["record_type"] == "practitioner"}
    practices = {row["practitioner_id"] for row in rows["practitioner"] if row["record_type"] == "practice"}
    assert {row["person_id"] for row in rows["patient"]} == members
    for feed in ("medical_claim", "pharmacy_claim", "lab_result", "provider_attribution"):
        assert {row["person_id"] for row in rows[feed]} <= members
    for feed, column in (
        ("medical_claim", "rendering_npi"),
        ("medical_claim", "billing_npi"),
        ("pharmacy_claim", "prescribing_provider_npi"),
        ("lab_result", "ordering_practitioner_id"),
        ("provider_attribution", "payer_attributed_provider"),
    ):
        assert {row[column] for row in rows[feed]} <= npis
    assert {row["practice_id"] for row in rows["practitioner"]} == practices


def test_headers_and_lines_are_of_the_same_claims(rows: dict[str, list[Row]]) -> None:
    lines: dict[Any, list[Row]] = defaultdict(list)
    headers: dict[Any, Row] = {}
    for row in rows["medical_claim"]:
        if row["record_type"] == "line":
            lines[row["claim_id"]].append(row)
        else:
            headers[row["claim_id"]] = row
    assert headers.keys() == lines.keys()
    for claim_id, header in headers.items():
        assert header["paid_amount"] == sum(line["paid_amount"] for line in lines[claim_id])  # type: ignore[misc]
        assert [line["claim_line_number"] for line in lines[claim_id]] == [*range(1, len(lines[claim_id]) + 1)]


def test_keys_are_unique(rows: dict[str, list[Row]]) -> None:
    for feed, feed_rows in rows.items():
        keys = [tuple(row.get(name) for name in key_columns(feed)) for row in feed_rows]
        assert len(set(keys)) == len(keys), feed


def test_every_event_lies_within_an_enrolment(rows: dict[str, list[Row]], business_date: date) -> None:
    covered: dict[Any, list[tuple[Any, Any]]] = defaultdict(list)
    for row in rows["eligibility"]:
        covered[row["person_id"]].append((row["enrollment_start_date"], row["enrollment_end_date"] or date.max))
    events = [
        *((row["person_id"], row["claim_start_date"]) for row in rows["medical_claim"]),
        *((row["person_id"], row["dispensing_date"]) for row in rows["pharmacy_claim"]),
        *((row["person_id"], row["collection_datetime"].date()) for row in rows["lab_result"]),  # type: ignore[union-attr]
    ]
    for person_id, day in events:
        assert day <= business_date  # type: ignore[operator]
        assert any(start <= day <= end for start, end in covered[person_id])


def test_amounts_add_up(rows: dict[str, list[Row]]) -> None:
    for row in (*rows["medical_claim"], *rows["pharmacy_claim"]):
        charge, allowed, paid, coinsurance, copayment, deductible = (
            Decimal(str(row[f"{name}_amount"]))
            for name in ("charge", "allowed", "paid", "coinsurance", "copayment", "deductible")
        )
        assert charge >= allowed == paid + coinsurance + copayment + deductible
        assert min(charge, allowed, paid, coinsurance, copayment, deductible) >= 0


@pytest.mark.parametrize("night", [date(2026, 3, 9), date(2025, 12, 31), date(2024, 2, 28)])
def test_the_next_night_keeps_what_was_sent_before(demo_clients: dict[str, Client], night: date) -> None:
    def sent(business_date: date) -> dict[Any, Row]:
        people = populate(demo_clients["prairie_mutual"], business_date, 7, 0.3)
        return {
            tuple(row.get(key) for key in key_columns("medical_claim")): row for row in ROWS["medical_claim"](people)
        }

    first, second = sent(night), sent(night + timedelta(days=1))
    month_kept = f"{date(night.year - 1, night.month, 1) + timedelta(days=62):%Y-%m}"
    for key, row in first.items():
        if f"{row['claim_start_date']:%Y-%m}" >= month_kept:
            later = second[key]
            assert row["paid_date"] in (None, later["paid_date"])
            assert {name: row[name] for name in row if name != "paid_date"} == {
                name: later[name] for name in later if name != "paid_date"
            }


@pytest.mark.parametrize("client_id", DEMO_IDS)
def test_good_files_are_loaded_to_the_last_row(
    client_id: str,
    demo_clients: dict[str, Client],
    business_date: date,
    check_feed: Callable[..., ContractResult],
) -> None:
    client = demo_clients[client_id]
    files = generate(client, business_date, seed=7, scale=0.3)
    assert {source.feed for file in files for source in file.sources} == set(client.feeds)
    for feed in client.feeds:
        result = check_feed(client, feed, files)
        counted = [source.rows for file in files for source in file.sources if source.feed == feed]
        assert result.held is None
        assert [(file.rows_in, file.rows_loaded, file.rows_quarantined) for file in result.files] == [
            (rows, rows, 0) for rows in counted
        ]


@pytest.mark.parametrize("client_id", DEMO_IDS)
def test_files_read_back_as_the_canonical_rows_they_came_from(
    client_id: str,
    demo_clients: dict[str, Client],
    business_date: date,
    check_feed: Callable[..., ContractResult],
) -> None:
    client = demo_clients[client_id]
    files = generate(client, business_date, seed=7, scale=0.3)
    people = populate(client, business_date, 7, 0.3)
    layouts = {f"{client.landing}/{file.path}": client.layouts[file.sources[0].layout] for file in files}
    for feed in client.feeds:
        keys = key_columns(feed)
        if feed == "lab_result":  # its id may be the file's own
            keys = ["person_id", "collection_datetime", "source_component_code"]
        canonical = {tuple(str(row.get(key)) for key in keys): row for row in ROWS[feed](people)}
        with check_feed(client, feed, files).accepted.open(newline="") as spool:
            accepted = list(csv.DictReader(spool))
        assert accepted
        for read in accepted:
            made = canonical[tuple(_as_made(read[key], key) for key in keys)]
            for name, mapping in layouts[read["source_file"]].columns.items():
                if mapping.from_:
                    assert _same(read[name], made.get(name)), (feed, name)


def _as_made(text: str, column: str) -> str:
    if not text:
        return "None"
    return str(datetime.fromisoformat(text)) if column.endswith("datetime") else text


def _same(text: str, value: Any) -> bool:
    if isinstance(value, Decimal):
        return Decimal(text) == value
    if isinstance(value, datetime):
        return datetime.fromisoformat(text) == value
    return text == ("" if value is None else str(value))


def test_a_feed_that_is_not_owed_that_day_has_no_file(demo_clients: dict[str, Client], business_date: date) -> None:
    client = demo_clients["harbor_health"]
    patient = client.feeds["patient"].model_copy(update={"days": ("mon",)})
    weekly = client.model_copy(update={"feeds": {**client.feeds, "patient": patient}})
    assert business_date.weekday() == 1
    assert not [file for file in generate(weekly, business_date, scale=0.1) if "patients" in file.path]
    monday = business_date - timedelta(days=1)
    assert [file for file in generate(weekly, monday, scale=0.1) if "patients" in file.path]


def test_a_fault_of_a_feed_that_is_not_owed_is_refused(demo_clients: dict[str, Client], business_date: date) -> None:
    with pytest.raises(SimulationError, match="coastal_labs does not owe eligibility"):
        generate(demo_clients["coastal_labs"], business_date, fault=Fault(FaultKind.MISSING, "eligibility"))
