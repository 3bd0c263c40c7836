"""Which rows are set aside, how they are counted, and when they hold the delivery."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from acme_assets.contracts.check import check_delivery
from acme_assets.contracts.results import FileCounts, RuleFailures
from acme_assets.contracts.rows import BATCH_ROWS

HEADER = "id,name,sex,born\n"

Check = Callable[..., Any]


def rows(*ids: object) -> str:
    return HEADER + "".join(f"{number},Ada,F,1980-01-02\n" for number in ids)


def test_a_failing_row_is_set_aside_whole_with_reason_and_original(check: Check) -> None:
    checked = check(HEADER + '1,"A ""b"",\nc",X,1980-13-02\n2,Ada,F,1980-01-02\n')
    (row,) = checked.quarantined
    assert row == {
        "delivery_id": "d-1",
        "client_id": "client_x",
        "business_date": "2026-03-10",
        "source_file": "client_x/2026-03-10/file0",
        "source_row": "1",
        "rule": "unlisted value",
        "column_name": "sex",
        "reason": "sex is not in the layout's map; birth_date is no date by the layout's formats",
        "original": json.dumps({"id": "1", "name": 'A "b",\nc', "sex": "X", "born": "1980-13-02"}),
    }
    assert checked.result.rules == (
        RuleFailures("type", "birth_date", 1),
        RuleFailures("unlisted value", "sex", 1),
    )
    assert [row["person_id"] for row in checked.accepted] == ["2"]


def test_a_missing_key_and_a_value_outside_the_contract(check: Check, patients: dict[str, Any]) -> None:
    layout = patients | {"columns": patients["columns"] | {"sex": "sex"}}
    checked = check(HEADER + ",Ada,female,1980-01-02\n2,Ada,x,1980-01-02\n", layout=layout)
    assert [(row["rule"], row["column_name"]) for row in checked.quarantined] == [
        ("required", "person_id"),
        ("one of male, female, unknown", "sex"),
    ]


def test_later_rows_with_a_key_are_set_aside_within_and_across_files(check: Check) -> None:
    checked = check(rows(1, 2, 1), rows(2, 3))
    assert [(row["source_file"][-1], row["source_row"]) for row in checked.quarantined] == [("0", "3"), ("1", "1")]
    assert {row["rule"] for row in checked.quarantined} == {"duplicate key"}
    assert {row["column_name"] for row in checked.quarantined} == {"person_id, patient_id"}


def test_a_key_is_found_again_across_batches(check: Check) -> None:
    checked = check(rows(*range(BATCH_ROWS + 10), 3, "new"))
    (row,) = checked.quarantined
    assert (row["source_row"], row["rule"]) == (str(BATCH_ROWS + 11), "duplicate key")
    assert checked.result.rows_loaded == BATCH_ROWS + 11


def test_a_row_that_failed_does_not_take_its_key(check: Check) -> None:
    checked = check(HEADER + "1,Ada,F,bad\n1,Ada,F,1980-01-02\n")
    assert [row["source_row"] for row in checked.accepted] == ["2"]


def test_null_in_a_key_is_a_value_of_its_own(check: Check) -> None:
    layout = {
        "format": {"kind": "csv"},
        "columns": {
            "person_id": "p",
            "member_id": "p",
            "enrollment_start_date": {"value": "2026-01-01"},
            "payer": "payer",
            "plan": "plan",
            "data_source": {"value": "test"},
        },
    }
    checked = check("p,payer,plan\n1,,x\n1,x,\n1,,\n1,x,x\n1,,\n", feed="eligibility", layout=layout)
    assert [row["source_row"] for row in checked.quarantined] == ["5"]


def test_rows_of_other_feeds_are_counted_and_kept_but_no_failures(check: Check, patients: dict[str, Any]) -> None:
    layout = patients | {"where": {"sex": ["F", ""]}}
    content = HEADER + "1,Ada,F,1980-01-02\n2,Bob,M,never\n3,Cy,,1980-01-02\n"
    checked = check(content, layout=layout, limit=0)
    assert checked.result.held is None
    assert checked.result.files == (FileCounts("client_x/2026-03-10/file0", 3, 2, 1, 1, 2),)
    assert checked.result.rules == (RuleFailures("out_of_scope", "sex", 1),)
    assert checked.quarantined[0]["rule"] == "out_of_scope"
    assert json.loads(str(checked.quarantined[0]["original"]))["name"] == "Bob"


def test_a_batch_wholly_out_of_scope_passes_beside_others(check: Check, patients: dict[str, Any]) -> None:
    layout = patients | {"where": {"sex": ["F"]}}
    checked = check(HEADER + "1,Bob,M,1980-01-02\n", rows(2), layout=layout)
    assert checked.result.held is None
    assert checked.result.rows_out_of_scope == 1


def test_a_delivery_wholly_out_of_scope_is_held(check: Check, patients: dict[str, Any]) -> None:
    checked = check(rows(1, 2), layout=patients | {"where": {"sex": ["M"]}})
    assert "none of the 2 rows belongs to patient" in checked.result.held


@pytest.mark.parametrize(("failing", "holds"), [(29, False), (30, True)])
def test_the_limit_is_the_largest_share_that_passes(check: Check, failing: int, holds: bool) -> None:
    content = rows(*range(100 - failing)) + "".join(f"f{n},Zebediah,?,1980-01-02\n" for n in range(failing))
    checked = check(content, limit=0.29)
    assert (checked.result.held is not None) is holds
    assert len(checked.quarantined) == failing
    if holds:
        assert checked.result.held == (
            "client_x/2026-03-10/file0: 30 of 100 rows fail the contract, over the limit of 29.00%; most by the rule "
            "'unlisted value' on sex (30 rows, first in client_x/2026-03-10/file0 row 71); ask for a corrected file "
            "or review the layout"
        )
        assert checked.accepted == []
        assert checked.result.rows_loaded == 70, "what would have been loaded stays counted"


def test_rows_out_of_scope_do_not_dilute_the_share(check: Check, patients: dict[str, Any]) -> None:
    layout = patients | {"where": {"sex": ["F"]}}
    content = HEADER + "1,Ada,F,bad\n2,Ada,F,1980-01-02\n" + "3,Bob,M,1980-01-02\n" * 98
    assert "1 of 2 rows fail" in check(content, layout=layout, limit=0.4).result.held


def test_many_kinds_of_failure_in_one_batch_are_told_apart(check: Check) -> None:
    layout = {
        "format": {"kind": "csv"},
        "columns": {
            "claim_id": "id",
            "claim_line_number": "n",
            "person_id": "id",
            "dispensing_date": "d",
            "drug_code_type": "t",
            "days_supply": "s",
            "quantity": "q",
            "data_source": {"value": "test"},
        },
    }
    good = "2026-01-02,ndc,1,1"
    content = (
        f"id,n,d,t,s,q\n1,1,{good}\n,1,{good}\n3,-1,{good}\n4,x,{good}\n5,1,,ndc,1,1\n6,1,2026-01-02,zz,-5,1.00001\n"
    )
    checked = check(content, feed="pharmacy_claim", layout=layout)
    assert {(row["source_row"], row["rule"], row["column_name"]) for row in checked.quarantined} == {
        ("2", "required", "claim_id"),
        ("3", "not negative", "claim_line_number"),
        ("4", "type", "claim_line_number"),
        ("5", "required", "dispensing_date"),
        ("6", "one of ndc, rxnorm, source", "drug_code_type"),
    }
    assert RuleFailures("type", "quantity", 1) in checked.result.rules
    assert RuleFailures("not negative", "days_supply", 1) in checked.result.rules


def test_counts_that_do_not_add_up_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="3 rows in are not 1 loaded and 1 quarantined"):
        FileCounts("x", 3, 1, 1, 0, 1)


def test_no_files_or_constants_that_clash_are_the_callers_mistake(check: Check, tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="at least one file"):
        check()
    with pytest.raises(ValueError, match="person_id are columns of the spool file already"):
        check_delivery(
            "patient",
            [None],  # type: ignore[list-item]
            business_date=None,  # type: ignore[arg-type]
            quarantine_limit=0,
            constants={"person_id": "x"},
            spool=tmp_path,
        )
