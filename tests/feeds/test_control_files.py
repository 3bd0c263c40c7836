"""Control files: each form read, put against the files that are there, and refused where it cannot be used."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.feeds.arrivals import ArrivedFile
from acme_assets.feeds.control_files import LARGEST, Agreed, Control, ControlError, Said, agree, read_control
from acme_assets.feeds.expectation import Expectation, Measured, algorithms, expect, miscounted, read_expectation
from client_partitions.completeness import ControlFile
from tests.feeds.listings import ELIGIBILITY, client_with, landed

MD5, SHA256, SHA512 = "a" * 32, "b" * 64, "c" * 128


def form(kind: str, **more: Any) -> ControlFile:
    return ControlFile.model_validate({"pattern": "{date}/control", "format": kind, **more})


SUMS = form("sums")
CSV = form("csv", file="FILE", rows="ROWS", bytes="SIZE", sha256="SUM", delimiter="|")
JSON = form(
    "json",
    entries="files",
    file="name",
    rows="rows",
    md5="md5",
    total_rows="summary.rows",
    date="day",
    date_format="%Y%m%d",
    says={"env": "production"},
)


def document(**changes: Any) -> dict[str, Any]:
    files = [{"name": "elig.csv", "rows": 3, "md5": MD5.upper()}]
    return {"day": "20260310", "env": "production", "summary": {"rows": 3}, "files": files, **changes}


def read(control: ControlFile, content: str | bytes | dict[str, Any]) -> Control:
    text = json.dumps(content) if isinstance(content, dict) else content
    return read_control(control, text.encode() if isinstance(text, str) else text, ELIGIBILITY)


# --- the forms


def test_a_list_of_checksums_is_read_as_the_tools_write_it() -> None:
    text = f"{SHA256}  elig.csv\n{MD5} *a file.csv\n\n# made by them\n{SHA512.upper()}\t./x/elig.csv\r\n"
    assert read(SUMS, text).files == (
        Said("elig.csv", sums={"sha256": SHA256}),
        Said("a file.csv", sums={"md5": MD5}),
        Said("./x/elig.csv", sums={"sha512": SHA512}),
    )


def test_a_csv_is_read_by_its_columns_whatever_their_order() -> None:
    text = f"\ufeffSUM|FILE|more|ROWS|SIZE\n{SHA256}| elig.csv |x|3|40\n"
    assert read(CSV, text).files == (Said("elig.csv", 3, 40, {"sha256": SHA256}),)


def test_a_csv_without_a_header_has_its_columns_declared() -> None:
    control = form("csv", columns=["what", "count"], rows="count", other_lines=1)
    assert read(control, "eligibility,4\n").files == (Said(None, 3),)


def test_a_json_is_read_by_its_paths() -> None:
    assert read(JSON, document()) == Control((Said("elig.csv", 3, sums={"md5": MD5}),), 3)
    assert read(form("json", total_rows="n"), {"n": "12"}) == Control((), 12)


# --- what cannot be used


@pytest.mark.parametrize(
    ("control", "content", "reason"),
    [
        (SUMS, b"", "is empty"),
        (SUMS, b" \n", "is empty"),
        (SUMS, b"\xff\xfe", "is not UTF-8"),
        (SUMS, b"x" * (LARGEST + 1), f"is larger than {LARGEST} bytes"),
        (SUMS, f"{SHA256}  a.csv\n{SHA256[:-1]}  b.csv\n", "has no checksum and name at line 2"),
        (SUMS, "<html>no such page</html>", "has no checksum and name at line 1"),
        (CSV, "FILE|ROWS|SIZE\n", "does not have the column SUM once"),
        (CSV, "FILE|ROWS|SIZE|SUM|SUM\n", "does not have the column SUM once"),
        (CSV, "FILE|ROWS|SIZE|SUM\n", "names no file"),
        (CSV, f"FILE|ROWS|SIZE|SUM\na|1|2|{SHA256}|\n", "has 5 values for 4 columns in its entry 1"),
        (CSV, f"FILE|ROWS|SIZE|SUM\na|1.0|2|{SHA256}\n", "has no whole number for rows of its entry 1"),
        (CSV, f"FILE|ROWS|SIZE|SUM\na|-1|2|{SHA256}\n", "has no whole number for rows of its entry 1"),
        (CSV, f"FILE|ROWS|SIZE|SUM\n|1|2|{SHA256}\n", "has no name in its entry 1"),
        (CSV, "FILE|ROWS|SIZE|SUM\na|1|2|x\n", "has no sha256 of its entry 1"),
        (CSV, 'FILE|ROWS|SIZE|SUM\n"a|1|2|3\n', "cannot be read as delimited text"),
        (JSON, "{", "is broken JSON"),
        (JSON, "[" * 100_000, "is broken JSON"),
        (JSON, "[]", "says another env than 'production': it is not for this client or environment"),
        (JSON, document(env="test"), "says another env than 'production': it is not for this client or environment"),
        (JSON, document(day="20260311"), "is not for 2026-03-10 by its own date"),
        (JSON, document(day=None), "is not for 2026-03-10 by its own date"),
        (JSON, document(files=[]), "has no list of files at files"),
        (JSON, document(files={"name": "elig.csv"}), "has no list of files at files"),
        (JSON, document(files=["elig.csv"]), "has no name in its entry 1"),
        (JSON, document(summary={"rows": True}), "has no whole number for total_rows"),
    ],
)
def test_a_control_file_that_cannot_be_used_says_why(control: ControlFile, content: Any, reason: str) -> None:
    with pytest.raises(ControlError) as raised:
        read(control, content)
    assert reason in str(raised.value)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,|\n\\\0a1é', max_size=80).map(str.encode))
def test_no_content_does_anything_but_be_read_or_refused(content: bytes) -> None:
    for control in (SUMS, CSV, JSON):
        with suppress(ControlError):
            read(control, content)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"format": "sums", "rows": "x"}, "a list of checksums has a form of its own"),
        ({"format": "csv", "entries": "x", "rows": "y"}, "only a json has that"),
        ({"format": "csv"}, "say what it tells"),
        ({"format": "json", "columns": ["x"], "total_rows": "y"}, "only a csv has them"),
        ({"format": "json", "rows": "y"}, "go together"),
        ({"format": "json", "entries": "[", "rows": "y"}, "is no JMESPath"),
        ({"format": "csv", "rows": "y", "pattern": "control.csv"}, "must hold {date} once"),
        ({"format": "csv", "rows": "y", "date": "d", "date_format": "%H"}, "does not tell a whole date"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason.replace("{", r"\{")):
        ControlFile.model_validate({"pattern": "{date}/control", **fields})


# --- put against the files


CLIENT = client_with(
    [
        {"pattern": "{date}/elig*.csv", "layout": "eligibility"},
        {"pattern": "{date}/n_{rows}.csv", "layout": "eligibility", "required": False},
    ],
    ignored_files={"{date}/*.txt": "notes"},
)


def files(*names: str) -> list[ArrivedFile]:
    return [ArrivedFile(landed(f"tiny/2026-03-10/{name}"), "eligibility") for name in names]


def put_against(names: list[str], here: list[ArrivedFile], folder: str = "2026-03-10") -> Agreed:
    control = Control(tuple(Said(name, 1) for name in names))
    return agree(CLIENT, ELIGIBILITY, here, f"tiny/{folder}/control", control)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("elig.csv", "2026-03-10"),
        ("./elig.csv", "2026-03-10"),
        ("2026-03-10/elig.csv", "control"),
        ("2026-03-10/elig.csv", "2026-03-10"),
        ("outbound/today/elig.csv", "2026-03-10"),
    ],
)
def test_a_name_is_below_the_control_file_or_below_the_clients_folder(name: str, folder: str) -> None:
    (here,) = files("elig.csv")
    agreed = put_against([name], [here], folder)
    assert (agreed.files, agreed.missing, agreed.unnamed) == ((here,), (), ())
    assert agreed.said[here.file.path].rows == 1


def test_what_is_named_and_not_here_is_missing_and_what_is_here_and_not_named_is_left_out() -> None:
    one, two, extra = files("elig-1.csv", "elig-2.csv", "elig-3.csv")
    agreed = put_against(["elig-1.csv", "elig-2.csv", "elig-9.csv"], [one, two, extra])
    assert (agreed.files, agreed.missing, agreed.unnamed) == ((one, two), ("2026-03-10/elig-9.csv",), (extra,))


def test_a_manifest_of_the_whole_night_speaks_to_each_feed_of_its_own_files() -> None:
    (here,) = files("elig.csv")
    agreed = put_against(["elig.csv", "pharmacy_claim.csv", "readme.txt"], [here])
    assert (agreed.files, agreed.missing) == ((here,), ())


@pytest.mark.parametrize(
    "name", ["../other/elig.csv", "/2026-03-10/elig.csv", "a\\elig.csv", "x/../elig.csv", "e\x1b.csv"]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ControlError, match="absolute, climbs or cannot be printed"):
        put_against([name], files("elig.csv"))


def test_a_name_of_no_feed_and_a_name_twice_are_refused() -> None:
    with pytest.raises(ControlError, match="names a file that fits no feed of the client"):
        put_against(["elig.csv", "dental.csv"], files("elig.csv"))
    with pytest.raises(ControlError, match="names a file twice"):
        put_against(["elig.csv", "./elig.csv"], files("elig.csv"))


def test_numbers_without_names_are_of_the_delivery_as_a_whole() -> None:
    one, two = files("elig-1.csv", "elig-2.csv")
    alone = agree(CLIENT, ELIGIBILITY, [one], "tiny/c", Control((Said(None, 3, 10),)))
    assert alone.said == {one.file.path: Said(None, 3, 10)}
    both = agree(CLIENT, ELIGIBILITY, [one, two], "tiny/c", Control((Said(None, 3), Said(None, 4))))
    assert (both.said, both.total_rows) == ({}, 7)
    with pytest.raises(ControlError, match="name the files"):
        agree(CLIENT, ELIGIBILITY, [one, two], "tiny/c", Control((Said(None, 3, 10),)))


# --- what is expected then


PATH = "tiny/2026-03-10/elig.csv"


def expected(said: Said, size: int = 10, **sums: str) -> Expectation:
    agreed = Agreed(tuple(files("elig.csv")), {PATH: said}, None)
    return expect(CLIENT, ELIGIBILITY, agreed, [Measured(PATH, size, sums)])


def test_what_is_like_its_control_file_is_expected_to_have_its_rows() -> None:
    like = expected(Said("elig.csv", 3, 10, {"md5": MD5}), md5=MD5)
    assert like == Expectation({PATH: 3})
    assert read_expectation(like.written()) == like
    assert read_expectation(None) == Expectation()
    assert Expectation().written() is None


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said("elig.csv", bytes=11), "has 10 bytes, and its control file says 11"),
        (Said("elig.csv", sums={"md5": MD5}), "its md5 is not what its control file says"),
    ],
)
def test_what_is_unlike_its_control_file_is_wrong_and_no_sum_is_said(said: Said, reason: str) -> None:
    wrong = expected(said, md5="d" * 32).wrong or ""
    assert reason in wrong
    assert MD5 not in wrong


def test_sums_beside_sha256_are_measured_where_they_are_said() -> None:
    agreed = Agreed((), {PATH: Said("elig.csv", sums={"md5": MD5, "sha256": SHA256})}, None)
    assert algorithms(agreed, PATH) == ("md5",)
    assert algorithms(agreed, "other") == algorithms(None, PATH) == ()


def test_a_name_may_say_the_rows_and_must_agree_with_the_control_file() -> None:
    path = "tiny/2026-03-10/n_12.csv"
    assert expect(CLIENT, ELIGIBILITY, None, [Measured(path, 10, {})]) == Expectation({path: 12})
    agreed = Agreed((), {path: Said("n_12.csv", 13)}, None)
    assert "its name says 12 rows, its control file 13" in (
        expect(CLIENT, ELIGIBILITY, agreed, [Measured(path, 10, {})]).wrong or ""
    )


def test_counts_are_compared_for_each_file_and_for_all() -> None:
    assert miscounted(Expectation({PATH: 3}, 5), {PATH: 3, "other": 2}) is None
    assert "4 rows were read, and 3 were announced" in (miscounted(Expectation({PATH: 3}), {PATH: 4}) or "")
    assert "None rows were read" in (miscounted(Expectation({PATH: 3}), {}) or "")
    assert "5 rows were read of 2 files, and 6 were announced" in (
        miscounted(Expectation(total_rows=6), {PATH: 3, "other": 2}) or ""
    )
