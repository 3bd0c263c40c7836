"""Any client whose layouts can be written backwards can be simulated, also where no demo client is like it."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import yaml

from acme_assets.contracts.check import ContractResult
from acme_assets.simulation.errors import LayoutNotInvertible
from acme_assets.simulation.generator import GeneratedFile, generate
from client_partitions.client import Client

_FRAME = """
client_id: hard_to_read
name: Hard To Read
time_zone: Australia/Lord_Howe
landing: hard
owners:
  client: {name: A, email: a@hard.example.com}
  engineering: {name: B, email: b@acmehealth.example.com}
  qa: [{name: C, email: c@acmehealth.example.com}]
  client_success: {name: D, email: d@acmehealth.example.com}
"""

_PATIENT: dict[str, Any] = {
    "format": {"kind": "csv"},
    "columns": {"person_id": "id", "patient_id": "id", "data_source": {"value": "x"}},
}


def _client(feeds: dict[str, dict[str, Any]], layouts: dict[str, Any]) -> Client:
    """A client with these feeds (pattern to layout) and layouts."""
    owed = {
        feed: {"due": "02:00", "files": [{"pattern": pattern, "layout": name} for pattern, name in files.items()]}
        for feed, files in feeds.items()
    }
    return Client.model_validate({**yaml.safe_load(_FRAME), "feeds": owed, "layouts": layouts})


def _patient(**changes: Any) -> Client:
    columns = {**_PATIENT["columns"], **changes.pop("columns", {})}
    return _client({"patient": {"{date}": "patient"}}, {"patient": {**_PATIENT, **changes, "columns": columns}})


def _all_loaded(
    client: Client, business_date: date, check_feed: Callable[..., ContractResult]
) -> dict[str, tuple[list[GeneratedFile], ContractResult]]:
    files = generate(client, business_date, seed=5, scale=0.2)
    results: dict[str, tuple[list[GeneratedFile], ContractResult]] = {}
    for feed in client.feeds:
        result = check_feed(client, feed, files)
        rows = sum(source.rows for file in files for source in file.sources if source.feed == feed)
        assert (result.held, result.rows_failed, result.rows_loaded) == (None, 0, rows)
        results[feed] = (files, result)
    return results


def test_a_file_without_header_and_quotes(business_date: date, check_feed: Callable[..., ContractResult]) -> None:
    client = _patient(
        format={"kind": "csv", "delimiter": "~", "quote": None, "header": ["filler", "id", "year", "last", "row"]},
        date_formats=["%Y%j"],
        columns={"birth_date": "year", "last_name": {"from": ["last", "filler"], "default": "none"}},
    )
    files, _ = _all_loaded(client, business_date, check_feed)["patient"]
    first = files[0].content.decode().splitlines()[0].split("~")
    assert (first[0], first[1], len(first), first[4]) == ("", "HTRP000001", 5, "")


def test_extract_map_and_coalesce(business_date: date, check_feed: Callable[..., ContractResult]) -> None:
    client = _patient(
        columns={
            "person_id": {"from": "ref", "extract": r"^urn:acme\.test:(.+)$"},
            "patient_id": {"from": "id", "extract": r"(\w+)\|.*"},
            "sex": {"from": "sex", "map": {"": "unknown", "1": "male", "2": "female"}},
            "race": {"from": "race", "map": {"a": "asian", "w": "white"}},
            "birth_date": {"from": ["born", "dob"], "format": "%d.%m.%Y"},
        }
    )
    files, _ = _all_loaded(client, business_date, check_feed)["patient"]
    header, *rows = (line.split(",") for line in files[0].content.decode().splitlines())
    assert rows[0][header.index("ref")].startswith("urn:acme.test:HTRP")
    assert {row[header.index("sex")] for row in rows} == {"", "1", "2"}
    assert {row[header.index("race")] for row in rows} == {"a", "w"}


def test_ids_of_the_files_own_making(business_date: date, check_feed: Callable[..., ContractResult]) -> None:
    client = _client(
        {"lab_result": {"{date}.csv": "lab"}, "pharmacy_claim": {"rx/{date}.csv": "rx"}},
        {
            "lab": {
                "format": {"kind": "csv"},
                "time_zone": "Australia/Lord_Howe",
                "timestamp_formats": ["%Y-%m-%d %H:%M:%S"],
                "columns": {
                    "lab_result_id": {"hash": ["who", "what", "when"]},
                    "person_id": "who",
                    "source_component_code": "what",
                    "collection_datetime": "when",
                    "data_source": {"value": "x"},
                },
            },
            "rx": {
                "format": {"kind": "csv"},
                "columns": {
                    "claim_id": {"join": ["$file", "$row"]},
                    "claim_line_number": {"row_number": True},
                    "person_id": {"join": ["kind", "number"], "with": "P"},
                    "dispensing_date": "day",
                    "data_source": {"value": "x"},
                },
            },
        },
    )
    files, _ = _all_loaded(client, business_date, check_feed)["pharmacy_claim"]
    prescriptions = next(file for file in files if file.path.startswith("rx/"))
    assert prescriptions.content.decode().splitlines()[1].startswith("HTR,000")


def test_two_feeds_in_one_ndjson_file(business_date: date, check_feed: Callable[..., ContractResult]) -> None:
    lines = {"kind": "json", "lines": True, "gzip": True, "explode": "item[]"}
    common = {
        "claim_id": "record.id",
        "claim_line_number": {"line_number": True},
        "person_id": {"from": "record.patient.reference", "extract": "Patient/(.+)"},
        "data_source": {"value": "x"},
    }
    client = _client(
        {"medical_claim": {"eob-{date}.gz": "medical"}, "pharmacy_claim": {"eob-{date}.gz": "pharmacy"}},
        {
            "medical": {
                "format": lines,
                "where": {"record.type.code": ["carrier", "outpatient"]},
                "columns": {
                    **common,
                    "record_type": {"value": "line"},
                    "hcpcs_code": "line.service.coding[?system=='hcpcs' && use=='main'].code | [0]",
                    "paid_amount": "line.adjudication[?type.code=='paid'].amount.value | [0]",
                    "allowed_amount": "line.adjudication[?type.code=='allowed'].amount.value | [0]",
                    "claim_start_date": "record.billablePeriod.start || record.period.start",
                },
            },
            "pharmacy": {
                "format": lines,
                "where": {"record.type.code": ["pde"]},
                "columns": {**common, "dispensing_date": "line.servicedDate", "quantity": "line.quantity.value"},
            },
        },
    )
    files, medical = _all_loaded(client, business_date, check_feed)["medical_claim"]
    assert [file.path for file in files] == [f"eob-{business_date}.gz"]
    assert medical.lines_loaded > medical.rows_loaded > 0
    assert medical.rows_out_of_scope == files[0].sources[1].rows
    claims = [json.loads(line) for line in gzip.decompress(files[0].content).splitlines()]
    assert isinstance(claims[0]["item"][0]["adjudication"][0]["amount"]["value"], float)


def test_a_bundle(business_date: date, check_feed: Callable[..., ContractResult]) -> None:
    client = _patient(
        format={"kind": "json", "records": "entry[?resource.resourceType=='Patient'].resource"},
        columns={
            "person_id": "record.id",
            "patient_id": "record.identifier[0].value",
            "first_name": "record.name[?use=='official'].given[] | [0]",
            "last_name": "record.name[?use=='official'].family | [0]",
            "birth_date": "record.birthDate",
        },
    )
    files, _ = _all_loaded(client, business_date, check_feed)["patient"]
    entry = json.loads(files[0].content)["entry"][0]["resource"]
    assert entry["resourceType"] == "Patient"
    assert len(entry["name"]) == 1


def test_claims_are_shared_out_among_files_by_their_constants(
    business_date: date, check_feed: Callable[..., ContractResult]
) -> None:
    def layout(claim_type: str) -> dict[str, Any]:
        names = ("claim_id", "claim_line_number", "person_id")
        constants = {"record_type": "line", "claim_type": claim_type, "data_source": "x"}
        return {
            "format": {"kind": "csv"},
            "columns": {
                **{name: name for name in names},
                **{name: {"value": text} for name, text in constants.items()},
            },
        }

    client = _client(
        {"medical_claim": {"{date}/a.csv": "professional", "{date}/b.csv": "institutional"}},
        {name: layout(name) for name in ("professional", "institutional")},
    )
    files, _ = _all_loaded(client, business_date, check_feed)["medical_claim"]
    claims = [{line.split(",")[0] for line in file.content.decode().splitlines()[1:]} for file in files]
    assert not claims[0] & claims[1]
    assert len(claims[0]) > len(claims[1]) > 0


def test_spans_told_by_year_and_months(business_date: date, check_feed: Callable[..., ContractResult]) -> None:
    client = _client(
        {"eligibility": {"{date}.csv": "months"}},
        {
            "months": {
                "format": {"kind": "csv"},
                "columns": {
                    "person_id": "id",
                    "member_id": "id",
                    "enrollment_start_date": {"join": ["year", "first", "=01"]},
                    "enrollment_end_date": {"join": ["year", "last", "=01"], "month_end": True},
                    "zip_code": {"from": "zip", "zero_pad": 5},
                    "data_source": {"value": "x"},
                },
            }
        },
    )
    files, _ = _all_loaded(client, business_date, check_feed)["eligibility"]
    lines = files[0].content.decode().splitlines()
    assert lines[0] == "id,year,first,last,zip"
    assert any(",2025,01,12,000" in line for line in lines)


def test_a_month_that_is_the_business_dates_takes_that_month_alone(
    business_date: date, check_feed: Callable[..., ContractResult]
) -> None:
    client = _client(
        {"provider_attribution": {"{date}.csv": "panel"}},
        {
            "panel": {
                "format": {"kind": "csv", "header": ["member", "npi"]},
                "columns": {
                    "person_id": "member",
                    "member_id": "member",
                    "year_month": {"business_date": "%Y-%m"},
                    "payer_attributed_provider": "npi",
                    "data_source": {"value": "x"},
                },
            }
        },
    )
    _, result = _all_loaded(client, business_date, check_feed)["provider_attribution"]
    assert 30 <= result.rows_loaded <= 40


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": {"person_id": {"from": "p", "extract": "([0-9]+)$"}}}, r"columns\.person_id: extract"),
        ({"columns": {"patient_id": {"from": "p", "extract": "A(B|.+)[0-9]{3}"}}}, r"columns\.patient_id: extract"),
        (
            {"columns": {"person_id": {"join": ["a", "b"]}}},
            r"columns\.person_id: .* cut into a and b",
        ),
        ({"columns": {"person_id": {"from": "x", "map": {"1": "2"}}}}, r"columns\.person_id: its map has no source"),
        ({"columns": {"person_id": {"from": "p", "zero_pad": 20}}}, r"columns\.person_id: zero_pad 20"),
        ({"columns": {"birth_date": "id"}}, r"columns\.birth_date: another column fills 'id'"),
        ({"columns": {"nick_name": "nick"}}, r"columns\.nick_name: the feed patient has no such column"),
        ({"format": {"kind": "csv", "header": ["row"]}}, "format.header lacks id"),
        ({"where": {"id": ["nobody"]}}, "leave out every row"),
        (
            {
                "format": {"kind": "json", "records": "a[].b[].c"},
                "columns": {"person_id": "record.p", "patient_id": "record.p"},
            },
            "records .* cannot be written backwards",
        ),
        (
            {"format": {"kind": "json"}, "columns": {"person_id": "record.p | to_string(@)"}},
            "JMESPath .* uses function expression",
        ),
    ],
)
def test_what_cannot_be_written_backwards_is_named(changes: dict[str, Any], message: str, business_date: date) -> None:
    with pytest.raises(LayoutNotInvertible, match="hard_to_read, layout patient.*" + message):
        generate(_patient(**changes), business_date, scale=0.1)


def test_rows_that_nothing_tells_apart_do_not_share_a_file(business_date: date) -> None:
    layout = {**_PATIENT, "columns": {**_PATIENT["columns"], "last_name": "last"}}
    client = _client(
        {"patient": {"{date}": "patient"}, "eligibility": {"{date}": "member"}},
        {
            "patient": layout,
            "member": {
                "format": {"kind": "csv"},
                "columns": {
                    "person_id": "id",
                    "member_id": "id",
                    "enrollment_start_date": "from",
                    "data_source": {"value": "x"},
                },
            },
        },
    )
    with pytest.raises(LayoutNotInvertible, match="no `where` tells their rows apart"):
        generate(client, business_date, scale=0.1)
