"""Keys are unique over a whole delivery: exactly, also where hashes are the same by chance."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets.contracts import repeated_keys
from acme_assets.contracts.repeated_keys import KeyHashes, RepeatedKeys
from client_partitions.layout import ROW

Check = Callable[..., Any]


def frame(lines: list[tuple[int, str]]) -> pl.DataFrame:
    """Lines of patients: source row and key."""
    return pl.DataFrame(
        {ROW: [row for row, _ in lines], "person_id": [key for _, key in lines], "patient_id": ["p"] * len(lines)},
        schema={ROW: pl.Int64, "person_id": pl.String, "patient_id": pl.String},
    )


def one_by_one(lines: list[tuple[int, str]]) -> list[int]:
    """The rule itself: a row with a key that an earlier row took, or twice in itself, is set aside and takes none."""
    taken: set[str] = set()
    found = []
    for row in dict.fromkeys(row for row, _ in lines):
        keys = [key for at, key in lines if at == row]
        if len(set(keys)) < len(keys) or taken & set(keys):
            found.append(row)
        else:
            taken |= set(keys)
    return found


def in_two_passes(path: Path, lines: list[tuple[int, str]], cut: int, at_once: int) -> list[int]:
    parts = [frame(lines[:cut]), frame(lines[cut:])]
    with KeyHashes("patient", path) as hashes:
        for part in parts:
            hashes.add(part)
        shared = hashes.shared(at_once)
    assert not path.exists()
    if not len(shared):
        return []
    keys = RepeatedKeys("patient", shared)
    return [row for part in parts for row in keys.repeated(part)]


LINES = st.lists(st.tuples(st.integers(0, 1), st.sampled_from("abcdefgh")), max_size=30).map(
    lambda steps: [(1 + sum(step for step, _ in steps[: at + 1]), key) for at, (_, key) in enumerate(steps)]
)


@given(lines=LINES, cut=st.integers(0, 30), at_once=st.sampled_from([1, 3, 1000]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("mask", [None, 0, 1])
def test_it_is_the_rule_whatever_the_hashes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mask: int | None,
    lines: list[tuple[int, str]],
    cut: int,
    at_once: int,
) -> None:
    while 0 < cut < len(lines) and lines[cut][0] == lines[cut - 1][0]:
        cut -= 1  # a batch ends with a row
    real = repeated_keys.hashes_of

    def coarse(lines: pl.DataFrame, names: Any) -> Any:
        found = real(lines, names)
        return found if mask is None else found & np.uint64(mask)

    with monkeypatch.context() as patched:
        patched.setattr(repeated_keys, "hashes_of", coarse)
        assert in_two_passes(tmp_path / "keys", lines, cut, at_once) == one_by_one(lines)


def test_a_delivery_with_repeated_keys_is_counted_and_spooled_without_them(check: Check) -> None:
    good = "id,name,sex,born\n" + "".join(f"{n},Ada,F,1980-01-02\n" for n in (1, 2, 1, 3))
    checked = check(good, good.replace("3,Ada,F", "4,Ada,X"), limit=1.0)
    assert [row["person_id"] for row in checked.accepted] == ["1", "2", "3"]
    assert [(file.rows_in, file.rows_loaded, file.rows_quarantined) for file in checked.result.files] == [
        (4, 3, 1),
        (4, 0, 4),
    ]
    assert {(row["source_file"][-1], row["source_row"], row["rule"]) for row in checked.quarantined} == {
        ("0", "3", "duplicate key"),
        ("1", "1", "duplicate key"),
        ("1", "2", "duplicate key"),
        ("1", "3", "duplicate key"),
        ("1", "4", "unlisted value"),
    }


def test_a_file_that_changes_between_the_two_readings_holds_the_delivery(
    check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = KeyHashes.shared

    def changed(self: KeyHashes) -> Any:
        with (tmp_path / "file0").open("a") as file:
            file.write("9,Ada,F,1980-01-02\n")
        return real(self)

    monkeypatch.setattr(KeyHashes, "shared", changed)
    checked = check("id,name,sex,born\n" + "1,Ada,F,1980-01-02\n" * 2)
    assert "file0: has changed while it was checked" in checked.result.held
    assert checked.accepted == []
