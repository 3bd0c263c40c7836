"""What holds a delimited file: the reason names the place and the remedy, and no value."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEADER = "id,name,sex,born\n"
GOOD = "1,Ada,F,1980-01-02\n"
SECRET = "Zebediah"

Check = Callable[..., Any]


def held(check: Check, *contents: Any, **options: Any) -> str:
    checked = check(*contents, **options)
    assert checked.result.held is not None
    assert SECRET not in checked.result.held
    assert "\n" not in checked.result.held
    assert checked.accepted == [], "nothing of a held delivery may be loaded"
    return str(checked.result.held)


def with_format(patients: dict[str, Any], **form: Any) -> dict[str, Any]:
    return patients | {"format": {"kind": "csv", **form}}


def test_a_good_file_passes(check: Check) -> None:
    checked = check(HEADER + GOOD)
    assert checked.result.held is None
    assert checked.accepted[0] == {
        "delivery_id": "d-1",
        "client_id": "client_x",
        "business_date": "2026-03-10",
        "source_file": "client_x/2026-03-10/file0",
        "source_row": "1",
        "person_id": "1",
        "patient_id": "1",
        "first_name": "Ada",
        "last_name": None,
        "sex": "female",
        "race": None,
        "ethnicity": None,
        "birth_date": "1980-01-02",
        "death_date": None,
        "city": None,
        "state": None,
        "zip_code": None,
        "county": None,
        "data_source": "test",
    }


@pytest.mark.parametrize("content", ["", HEADER, HEADER + "\n\n", "\ufeff"])
def test_a_file_without_rows_is_held_as_empty(check: Check, content: str) -> None:
    assert "file0: is empty" in held(check, content)


def test_a_file_that_is_not_there_is_held(check: Check, tmp_path: Path) -> None:
    assert "file0: cannot be read (No such file or directory)" in held(check, tmp_path / "absent")


def test_a_wrong_header_names_every_missing_column(check: Check) -> None:
    assert "wrong header: it lacks sex, born; ask for these columns" in held(check, f"id,name\n1,{SECRET}\n")


def test_a_wrong_delimiter_is_suggested_by_a_header_of_one_column(check: Check) -> None:
    assert "is the delimiter right?" in held(check, "id|name|sex|born\n1|Ada|F|1980-01-02\n")


def test_a_column_named_twice_holds_the_file_if_the_layout_uses_it(check: Check) -> None:
    assert "names name more than once" in held(check, "id,name,sex,born,name\n1,Ada,F,1980-01-02,Eve\n")
    assert check("id,name,sex,born,x,x\n1,Ada,F,1980-01-02,a,b\n").result.held is None


def test_a_column_that_only_some_files_have_is_null_in_the_others(check: Check, patients: dict[str, Any]) -> None:
    layout = patients | {"optional": ["city"], "columns": patients["columns"] | {"city": "city"}}
    checked = check(HEADER + GOOD, "id,name,sex,born,city\n2,Eve,F,1980-01-02,Graz\n", layout=layout)
    assert checked.result.held is None
    assert [row["city"] for row in checked.accepted] == [None, "Graz"]


@pytest.mark.parametrize(
    ("row", "width"), [(f"2,{SECRET},F", 3), (f"2,{SECRET},F,1980-01-02,1", 5), ("2", 1), (f"2,{SECRET},,F,", 5)]
)
def test_a_ragged_row_holds_the_file_and_is_named(check: Check, row: str, width: int) -> None:
    sentence = held(check, f"{HEADER}{GOOD}{row}\n3,Eve,F,1980-01-02\n")
    assert f"row 2 (line 3) has {width} values for 4 columns" in sentence


@pytest.mark.parametrize("row", [f'2,"{SECRET},F,1980-01-02', f'2,"{SECRET}"x,F,1980-01-02'])
def test_a_quote_out_of_order_holds_the_file(check: Check, row: str) -> None:
    assert "row 2 cannot be told from the next" in held(check, f"{HEADER}{GOOD}{row}\n")


@pytest.mark.parametrize("rows", [1, 5_000])
def test_undecodable_bytes_hold_the_file_and_name_the_row(check: Check, rows: int) -> None:
    good = "".join(f"{number},Ada,F,1980-01-02\n" for number in range(rows))
    content = (HEADER + good).encode() + b"x,Zebediah\xe9,F,1980-01-02\n"
    assert f"has bytes at row {rows + 1} that are not utf-8" in held(check, content)


def test_undecodable_bytes_in_the_header(check: Check) -> None:
    assert "has bytes at the header that are not utf-8" in held(check, b"id,n\xe9\n1,Ada\n")


@pytest.mark.parametrize(("encoding", "codec"), [("latin-1", "latin-1"), ("windows-1252", "cp1252")])
def test_other_encodings_are_read(check: Check, patients: dict[str, Any], encoding: str, codec: str) -> None:
    layout = with_format(patients, encoding=encoding)
    checked = check((HEADER + "1,Zoë Müller,F,1980-01-02\n").encode(codec), layout=layout)
    assert checked.accepted[0]["first_name"] == "Zoë Müller"


def test_a_byte_order_mark_is_read_over(check: Check) -> None:
    assert check("\ufeff" + HEADER + GOOD).accepted[0]["person_id"] == "1"


def test_windows_line_ends_and_empty_lines_are_no_values(check: Check) -> None:
    checked = check((HEADER + GOOD + "\n2,Eve,F,1980-01-02\n").replace("\n", "\r\n"))
    assert [row["birth_date"] for row in checked.accepted] == ["1980-01-02", "1980-01-02"]
    assert checked.result.rows_in == 2


def test_other_delimiters_and_no_quotes(check: Check, patients: dict[str, Any]) -> None:
    layout = with_format(patients, delimiter="|", quote=None)
    checked = check('id|name|sex|born\n1|Ada "the first|F|1980-01-02\n', layout=layout)
    assert checked.accepted[0]["first_name"] == 'Ada "the first'


def test_a_file_without_header_is_read_by_the_layouts(check: Check, patients: dict[str, Any]) -> None:
    layout = with_format(patients, header=["id", "name", "sex", "born"])
    assert check(GOOD, layout=layout).accepted[0]["source_row"] == "1"
    assert "row 1 (line 1) has 2 values for 4 columns" in held(check, "1,Ada\n", layout=layout)


def test_gzip_is_read_and_its_damage_holds_the_file(check: Check, patients: dict[str, Any]) -> None:
    layout = with_format(patients, gzip=True)
    content = gzip.compress((HEADER + GOOD * 1).encode())
    assert check(content, layout=layout).result.rows_loaded == 1
    assert "is cut off or damaged inside its gzip" in held(check, content[:-12], layout=layout)
    assert "is not compressed by gzip" in held(check, HEADER + GOOD, layout=layout)


def test_the_second_file_holds_the_delivery_and_loads_nothing_of_the_first(check: Check) -> None:
    checked = check(HEADER + GOOD, HEADER + "2,Eve\n")
    assert checked.result.held.startswith("client_x/2026-03-10/file1: row 1")
    assert checked.accepted == []
    assert [file.rows_in for file in checked.result.files] == [1, 0]
