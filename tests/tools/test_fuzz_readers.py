"""Some thousand mutated files from fixed seeds; and the oracle finds readers that are wrong on purpose."""

import time
from collections import Counter
from pathlib import Path

import pytest

from tools.fuzz_readers import delimited_oracle, json_oracle
from tools.fuzz_readers.comparing import checked, differs
from tools.fuzz_readers.running import faults
from tools.fuzz_readers.verdict import Verdict


@pytest.mark.parametrize("seed", [1, 2])
def test_mutated_files_are_judged_as_an_independent_reading_expects(seed: int, tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    assert [found[2] for found in faults(seed, 400, time.monotonic() + 600, tmp_path, seen)] == []
    assert seen["held"] > 50
    assert seen["judged"] > 50


@pytest.mark.parametrize(
    ("content", "verdict", "told"),
    [
        ("id,name,sex,born\n1,Ada,F,\n", Verdict(held={"is empty"}), "should be held"),
        (
            "id,name,sex,born\n1,Ada\n",
            Verdict(rows=1, loaded=[(1, "1", "Ada", "female", None)]),
            "is held, and should not",
        ),
        ("id,name,sex,born\n1,Ada,F,\n", Verdict(rows=2), "has 1 rows instead of 2"),
        ("id,name,sex,born\n1,Ada,F,\n", Verdict(rows=1, loaded=[(1, "1", "Eve", "female", None)]), "other values"),
        ("id,name,sex,born\n1,Ada,F,\n", Verdict(rows=1, set_aside={1: "type"}), "which breaks 'type'"),
        ("id,name,sex,born\n1,Ada,x,\n", Verdict(rows=1, set_aside={1: "type"}), "by 'unlisted value' instead of"),
        ("id,name,sex,born\n1,Ada,x,\n", Verdict(rows=1, loaded=[(1, "1", "Ada", None, None)]), "it is good"),
    ],
)
def test_every_kind_of_difference_is_told(content: str, verdict: Verdict, told: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(content)
    assert told in str(differs(checked(path, {"kind": "csv"}, tmp_path / "spool"), verdict))


def test_the_delimited_oracle_by_hand() -> None:
    assert delimited_oracle.expected(b'\n""x').held == {"cannot be told from the next", "wrong header"}
    assert delimited_oracle.parse('a,"b,""c"\r\n\r\nd"e,\n', ",", '"') == ([["a", 'b,"c'], ['d"e', ""]], set())
    assert delimited_oracle.parse('a,"b', ",", '"')[1] == {"cannot be told from the next", "characters"}
    assert delimited_oracle.parse('"a"b', ",", '"')[1] == {"cannot be told from the next"}
    assert delimited_oracle.parse('""', ",", '"') == ([[""]], set())


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 01}', "[1,]", '{"a": 1, "a": 2}', '"\t"', "[" * 201 + "]" * 201])
def test_the_json_oracle_refuses(text: str) -> None:
    with pytest.raises(json_oracle.Broken):
        json_oracle.Parser(text).document()
