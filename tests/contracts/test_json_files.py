"""Documents, Bundles and NDJSON: source rows, lines, and what holds such a file."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

CLAIMS: dict[str, Any] = {
    "format": {"kind": "json", "lines": True, "explode": "item"},
    "columns": {
        "claim_id": "record.id",
        "claim_line_number": {"line_number": True},
        "person_id": "record.patient",
        "dispensing_date": "line.date",
        "quantity": "line.quantity",
        "paid_amount": "line.paid",
        "drug_description": ["line.drug", "record.drug"],
        "data_source": {"value": "test"},
    },
}


def claim(number: int, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": f"c{number}", "patient": "p", "item": list(lines), **fields}


def line(**fields: Any) -> dict[str, Any]:
    return {"date": "2026-01-02", "quantity": 1, "paid": 2.5, **fields}


def ndjson(*documents: dict[str, Any]) -> str:
    return "".join(json.dumps(document) + "\n" for document in documents)


def claims(check: Check, content: str | bytes, **changes: Any) -> Any:
    return check(content, feed="pharmacy_claim", layout=CLAIMS | changes)


def test_a_document_gives_a_row_per_line_and_counts_once(check: Check) -> None:
    checked = claims(check, ndjson(claim(1, line(), line(paid=3), drug="x"), claim(2, line(drug="y"))))
    result = checked.result
    assert (result.rows_in, result.rows_loaded, result.lines_loaded) == (2, 2, 3)
    assert [(row["source_row"], row["claim_line_number"]) for row in checked.accepted] == [
        ("1", "1"),
        ("1", "2"),
        ("2", "1"),
    ]
    assert [row["drug_description"] for row in checked.accepted] == ["x", "x", "y"]


def test_one_bad_line_sets_the_whole_source_row_aside(check: Check) -> None:
    bad = claim(1, line(), line(date="soon"), line())
    checked = claims(check, ndjson(bad, claim(2, line())))
    assert [row["claim_id"] for row in checked.accepted] == ["c2"]
    assert len(checked.quarantined) == 1
    assert checked.quarantined[0]["rule"] == "type"
    assert json.loads(str(checked.quarantined[0]["original"])) == bad
    assert (checked.result.rows_loaded, checked.result.rows_quarantined) == (1, 1)


def test_a_repeated_line_sets_the_whole_later_row_aside_and_frees_its_other_keys(check: Check) -> None:
    numbered = CLAIMS["columns"] | {"claim_line_number": "line.n"}
    first, repeats, after = claim(1, line(n=1)), claim(1, line(n=2), line(n=1)), claim(1, line(n=2))
    checked = claims(check, ndjson(first, repeats, after), columns=numbered)
    assert [row["source_row"] for row in checked.accepted] == ["1", "3"]
    assert checked.quarantined[0]["rule"] == "duplicate key"


def test_two_lines_with_one_key_in_one_row_are_duplicates(check: Check) -> None:
    numbered = CLAIMS["columns"] | {"claim_line_number": "line.n"}
    assert claims(check, ndjson(claim(1, line(n=1), line(n=1))), columns=numbered).result.rows_quarantined == 1


@pytest.mark.parametrize("document", [claim(1), {"id": "c1", "patient": "p"}, {"id": "c1", "item": {"date": "x"}}])
def test_a_record_without_lines_is_set_aside(check: Check, document: dict[str, Any]) -> None:
    checked = claims(check, ndjson(document, claim(2, line())))
    assert checked.quarantined[0]["rule"] == "no lines"
    assert checked.result.rows_in == 2


def test_numbers_keep_every_digit(check: Check) -> None:
    text = '{"id":"c1","patient":"p","item":[{"date":"2026-01-02","paid":12345678901234.5678,"quantity":0.1}]}\n'
    row = claims(check, text).accepted[0]
    assert (row["paid_amount"], row["quantity"]) == ("12345678901234.5678", "0.1000")


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "\ud800"])
def test_a_path_that_leads_to_no_single_text_is_a_failure_of_type(check: Check, value: object) -> None:
    checked = claims(check, ndjson(claim(1, line(drug=value)), claim(2, line())))
    assert (checked.quarantined[0]["rule"], checked.quarantined[0]["column_name"]) == ("type", "drug_description")


def test_a_path_that_breaks_on_a_value_is_a_failure_of_type(check: Check) -> None:
    columns = CLAIMS["columns"] | {"drug_description": "length(line.drug)"}
    checked = claims(check, ndjson(claim(1, line(drug=1)), claim(2, line(drug="abc"))), columns=columns)
    assert checked.quarantined[0]["column_name"] == "drug_description"
    assert checked.accepted[0]["drug_description"] == "3"


@pytest.mark.parametrize("broken", ['{"id": "Zebediah"', "not json", '{"a": NaN}', "[" * 100_000, "{} {}"])
def test_broken_json_holds_the_file_and_names_the_line(check: Check, broken: str) -> None:
    checked = claims(check, ndjson(claim(1, line())) + "\n" + broken + "\n")
    assert "file0: has broken JSON at line 3; ask for the file again" in checked.result.held
    assert "Zebediah" not in checked.result.held
    assert checked.accepted == []


def test_undecodable_bytes_hold_the_file_and_name_the_line(check: Check) -> None:
    content = ndjson(claim(1, line())).encode() + b'{"id":"\xff"}\n'
    assert "has bytes at line 2 that are not utf-8" in claims(check, content).result.held


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_no_documents_is_empty(check: Check, content: str) -> None:
    assert "is empty" in claims(check, content).result.held


def test_gzip_streams_and_a_cut_holds(check: Check) -> None:
    form = CLAIMS["format"] | {"gzip": True}
    content = gzip.compress(("\ufeff" + ndjson(claim(1, line()))).encode())
    assert claims(check, content, format=form).result.rows_loaded == 1
    assert "cut off or damaged" in claims(check, content[:-9], format=form).result.held


def test_documents_of_other_feeds_are_out_of_scope_with_their_line_as_it_was(check: Check) -> None:
    where = {"record.type": ["drug"]}
    other = claim(1, line(), type="care")
    checked = claims(check, ndjson(other, claim(2, line(), type="drug")), where=where)
    assert checked.result.rows_out_of_scope == 1
    assert json.loads(str(checked.quarantined[0]["original"])) == other


BUNDLE: dict[str, Any] = {
    "format": {"kind": "json", "records": "entry[].resource"},
    "columns": {"person_id": "record.id", "patient_id": "record.id", "data_source": {"value": "test"}},
}


def test_a_bundle_gives_a_row_per_record(check: Check) -> None:
    bundle = {"entry": [{"resource": {"id": "a", "weight": 1.5}}, {"resource": {"name": "no id"}}]}
    checked = check(json.dumps(bundle, indent=1), layout=BUNDLE)
    assert [row["person_id"] for row in checked.accepted] == ["a"]
    assert json.loads(str(checked.quarantined[0]["original"])) == {"name": "no id"}
    assert checked.quarantined[0]["source_row"] == "2"


def test_a_document_without_records_path_is_a_record_or_a_list_of_them(check: Check) -> None:
    plain = BUNDLE | {"format": {"kind": "json"}}
    assert check('{"id": "a"}', layout=plain).result.rows_loaded == 1
    assert check('[{"id": "a"}, {"id": "b"}]', layout=plain).result.rows_loaded == 2


def test_a_document_without_the_list_of_records_is_held(check: Check) -> None:
    assert "has no list of records at entry[].resource" in check('{"error": "x"}', layout=BUNDLE).result.held
    assert "is empty" in check('{"entry": []}', layout=BUNDLE).result.held


def test_a_broken_document_names_its_line(check: Check) -> None:
    assert "broken JSON at line 3" in check('{\n"entry": [\n}', layout=BUNDLE).result.held
