"""The spool files load as they are: every text survives, null is not empty text, and the same input gives
the same bytes."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Check = Callable[..., Any]

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def delivered(rows: list[list[str]], delimiter: str) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([["id", "name", "sex", "born"], *rows])
    return file.getvalue()


@given(names=st.lists(TEXT, min_size=1, max_size=8), delimiter=st.sampled_from(",;|\t"))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_text_comes_back_from_the_spool(
    check: Check, patients: dict[str, Any], names: list[str], delimiter: str
) -> None:
    layout = patients | {"format": {"kind": "csv", "delimiter": delimiter}}
    content = delivered([[str(number), name, "F", "1980-01-02"] for number, name in enumerate(names)], delimiter)
    checked = check(content.encode(), layout=layout)
    assert checked.result.held is None
    assert [row["first_name"] for row in checked.accepted] == [_trimmed(name) for name in names]


@given(names=st.lists(TEXT, min_size=1, max_size=8))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_are_rows_loaded_and_quarantined_and_no_original_is_lost(
    check: Check, patients: dict[str, Any], names: list[str]
) -> None:
    layout = patients | {"columns": patients["columns"] | {"birth_date": "name"}}
    checked = check(delivered([["1", name, "F", ""] for name in names], ",").encode(), layout=layout)
    accepted = {int(row["source_row"]) for row in checked.accepted}
    quarantined = {int(row["source_row"]) for row in checked.quarantined}
    assert accepted | quarantined == set(range(1, len(names) + 1))
    assert not accepted & quarantined


def _trimmed(text: str) -> str | None:
    """White space as Unicode has it, without the separators U+001C to U+001F that Python adds."""
    kept = "".join("x" if character in "\x1c\x1d\x1e\x1f" else character for character in text)
    start = len(kept) - len(kept.lstrip())
    return text[start : len(kept.rstrip())] or None


def test_null_is_unquoted_and_nothing_is_empty_text(check: Check) -> None:
    checked = check('id,name,sex,born\n1,"",F,1980-01-02\n2," ",F,1980-01-02\n')
    lines = checked.result.accepted.read_text().splitlines()
    assert lines[1] == "d-1,client_x,2026-03-10,client_x/2026-03-10/file0,1,1,1,,,female,,,1980-01-02,,,,,,test"
    assert '""' not in checked.result.accepted.read_text()


def test_the_same_input_gives_the_same_bytes(check: Check) -> None:
    content = "id,name,sex,born\n" + "".join(f"{n % 700},A{n},{'FMX'[n % 3]},1980-01-0{n % 10}\n" for n in range(900))
    once, again = check(content, spool="once").result, check(content, spool="again").result
    assert once.accepted.read_bytes() == again.accepted.read_bytes()
    assert once.quarantined.read_bytes() == again.quarantined.read_bytes()
    assert once.rules == again.rules
    assert once.rows_quarantined > 0


def test_a_check_that_breaks_off_leaves_nothing_to_load(check: Check, tmp_path: Path, monkeypatch: Any) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("acme_assets.contracts.check._Check._quarantine", broken)
    with pytest.raises(MemoryError):
        check("id,name,sex,born\n1,Ada,F,1980-01-02\n2,Ada,F,never\n")
    assert len((tmp_path / "spool" / "patient.accepted.csv").read_text().splitlines()) == 1
