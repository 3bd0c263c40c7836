"""Delimited and fixed-width text as senders break it."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.broken.conftest import CSV, GOOD
from tools.fuzz_readers.delimited_oracle import expected

Agrees = Callable[..., None]
Held = Callable[..., str]

HEADER = "id,name,sex,born\n"
ENDS = ("\n", "\r\n", "\r")


@pytest.mark.parametrize("ends", list(itertools.product(ENDS, repeat=4)), ids=lambda ends: repr("".join(ends)))
def test_mixed_line_ends(ends: tuple[str, ...], agrees: Agrees, outcome: Any) -> None:
    content = "".join(a + b for a, b in zip(["id,name,sex,born", "1,Ada,F,", "2,Eve,,", "3,Al,M,"], ends, strict=True))
    agrees(content, expected(content.encode()))
    assert outcome(content).result.rows_loaded == 3


@pytest.mark.parametrize("at", range(len(GOOD) + 1))
def test_a_stray_quote_anywhere(at: int, agrees: Agrees) -> None:
    content = GOOD[:at] + '"' + GOOD[at:]
    agrees(content, expected(content.encode()))


@pytest.mark.parametrize("at", range(0, len(GOOD) + 1, 2))
@pytest.mark.parametrize("byte", [b"\0", b"\xff", b"\r", b",", b"\x1a"], ids=["NUL", "FF", "CR", "comma", "SUB"])
def test_a_stray_byte_anywhere(at: int, byte: bytes, agrees: Agrees) -> None:
    content = GOOD.encode()[:at] + byte + GOOD.encode()[at:]
    agrees(content, expected(content))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1-1",
        "-2",
        "@SUM(A1:A9)",
        "=cmd|' /C calc'!A0",
        "\tx",
        '=HYPERLINK("http://x","y")',
        "'=1",
        "0x1F",
        "1e5",
        "00123",
    ],
)
def test_formulas_and_numbers_stay_the_text_that_they_are(text: str, outcome: Any) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    bare = quoted if '"' in text or "," in text else text
    (row,) = outcome(f"{HEADER}{bare},{quoted},,\n").loaded
    assert row["person_id"] == row["first_name"] == text.strip()


@pytest.mark.parametrize("name", ["id", "name", "sex", "born"])
def test_a_column_that_the_layout_asks_for_twice(name: str, held: Held) -> None:
    assert f"names {name} more than once" in held(f"id,name,sex,born,{name}\n1,Ada,F,,x\n")


def test_other_columns_twice_are_kept_apart(outcome: Any) -> None:
    found = outcome("id,x,name,x,sex,born\n,left,Ada,right,F,\n")
    assert '"x #2": "left"' in str(found.set_aside[0]["original"])
    assert '"x #4": "right"' in str(found.set_aside[0]["original"])


ENCODED = [
    ("utf-8", "utf-8"), ("utf-8", "utf-8-sig"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
    ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32"), ("latin-1", "latin-1"), ("windows-1252", "cp1252"),
    ("iso-8859-15", "iso8859-15"), ("cp850", "cp850"), ("mac-roman", "mac-roman"), ("cp037", "cp037"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "codec"), ENCODED)
def test_every_encoding_that_a_layout_names(name: str, codec: str, outcome: Any) -> None:
    content = (HEADER + "1,Zoë Ünal,F,1980-01-02\n").encode(codec)
    (row,) = outcome(content, CSV | {"encoding": name}).loaded
    assert (row["first_name"], row["birth_date"]) == ("Zoë Ünal", "1980-01-02")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_byte_order_mark_is_read_over_where_the_order_is_named(codec: str, outcome: Any) -> None:
    content = ("\ufeff" + HEADER + "1,Ada,F,\n").encode(codec)
    assert outcome(content, CSV | {"encoding": codec}).result.rows_loaded == 1


def test_a_byte_order_mark_before_a_row_is_part_of_its_first_value(outcome: Any) -> None:
    """Polars drops it from the text that it is given."""
    rows = "".join(f"\ufeff{number},Ada,F,\n" for number in range(3))
    assert [row["person_id"] for row in outcome(HEADER + rows).loaded] == ["\ufeff0", "\ufeff1", "\ufeff2"]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_of_unknown_order_is_no_guess(codec: str, held: Held) -> None:
    assert "has no byte order mark" in held((HEADER + "1,Ada,F,\n").encode(codec), CSV | {"encoding": "utf-16"})


@pytest.mark.parametrize(
    ("said", "sent"), [(a, b) for a, b in itertools.product(ENCODED, ENCODED) if a[0] != b[0]], ids=str
)
def test_another_encoding_than_the_layouts_never_loads_other_names_unless_any_byte_is_right(
    said: tuple[str, str], sent: tuple[str, str], outcome: Any
) -> None:
    content = (HEADER + "1,Zoë Ünal,F,1980-01-02\n").encode(sent[1])
    found = outcome(content, CSV | {"encoding": said[0]})
    if found.result.held:
        return
    try:
        text = content.decode(said[1])
    except UnicodeDecodeError:
        pytest.fail("bytes that are not of the encoding were read")
    assert found.loaded[0]["first_name"] in text, (
        "one-byte encodings have no wrong bytes: what is loaded is what they say"
    )


@pytest.mark.parametrize("length", range(2, 60, 3))
def test_utf_16_cut_inside_a_character(length: int, agrees: Agrees) -> None:
    content = (HEADER + "1,Ada😀,F,1980-01-02\n").encode("utf-16-le")[: length * 2 - 1]
    agrees(content, expected(content, "utf-16-le"), CSV | {"encoding": "utf-16-le"})


def test_lines_to_skip_and_comments_are_no_rows(outcome: Any) -> None:
    form = CSV | {"skip_lines": 2, "comment": "#"}
    content = 'Report of "x\n2026-03-10\n# a\nid,name,sex,born\n1,"a\n# b",F,\n# c\n2,Eve,,\n#TRL|2\n'
    found = outcome(content, form)
    assert [(row["source_row"], row["first_name"]) for row in found.loaded] == [("1", "a\n# b"), ("2", "Eve")]


def test_a_wrong_number_of_skipped_lines_is_a_wrong_header(held: Held) -> None:
    assert "wrong header" in held("Report\n" + GOOD)
    assert "wrong header" in held(GOOD, CSV | {"skip_lines": 1})


def test_a_delimiter_of_several_characters(outcome: Any, held: Held) -> None:
    form = CSV | {"delimiter": "~|~", "quote": None}
    content = 'id~|~name~|~sex~|~born\n1~|~A~B|"C~|~F~|~\n'
    assert outcome(content, form).loaded[0]["first_name"] == 'A~B|"C'
    assert "row 2 (line 3) has 3 values for 4" in held(content + "2~|~x~|~\n", form)


FIXED: dict[str, Any] = {"kind": "fixed", "fields": {"id": [1, 4], "name": [6, 15], "sex": [16, 16], "born": [17, 26]}}
LINE = "0001 Ada       F1980-01-02"


def test_fixed_width_by_positions(outcome: Any) -> None:
    (first, second) = outcome(f"{LINE}\n0002 Zoë Ünal   2001-12-31\n", FIXED).loaded
    assert (first["person_id"], first["first_name"], first["sex"]) == ("0001", "Ada", "female")
    assert (second["first_name"], second["sex"], second["birth_date"]) == ("Zoë Ünal", None, "2001-12-31")


@pytest.mark.parametrize("length", [*range(1, len(LINE)), len(LINE) + 1])
def test_a_line_of_another_length_holds_the_file(length: int, held: Held) -> None:
    line = (LINE + "x")[:length]
    assert f"row 2 (line 2) has {length} characters for 26" in held(f"{LINE}\n{line}\n", FIXED)


@pytest.mark.parametrize("length", range(5, len(LINE)))
def test_a_trimmed_line_is_read_only_where_the_layout_says_so(length: int, outcome: Any) -> None:
    found = outcome(LINE[:length].rstrip() + "\n", FIXED | {"trimmed": True})
    assert found.result.held is None
    assert found.result.rows_in == 1
    (row,) = [*found.loaded, *found.set_aside]
    assert row["source_row"] == "1"


def test_records_without_line_ends(outcome: Any, held: Held) -> None:
    form = FIXED | {"packed": True, "length": 30}
    record = LINE.ljust(30)
    assert outcome(record + record.replace("0001", "0002"), form).result.rows_loaded == 2
    assert "row 2 (line 2) has 29 characters for 30" in held(record + record[:29], form)


def test_a_fixed_file_in_another_encoding(held: Held) -> None:
    assert "has bytes at row 2 that are not utf-8" in held(
        f"{LINE}\n{LINE}\n".encode().replace(b"1 Ada", b"1 \xc3da", 2).replace(b"\xc3", b"A", 1), FIXED
    )
