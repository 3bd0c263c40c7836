"""A broken file, checked: its outcome beside the verdict of an independent reading."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.fuzz_readers.comparing import Outcome, checked, differs
from tools.fuzz_readers.verdict import Verdict

CSV: dict[str, Any] = {"kind": "csv"}
NDJSON: dict[str, Any] = {"kind": "json", "lines": True}
GOOD = 'id,name,sex,born\n1,Ada,F,1980-01-02\n2,"Smith, J",M,\n3,"a ""b""\nc",,2001-12-31\n'

Check = Callable[..., Outcome]


@pytest.fixture
def outcome(tmp_path: Path) -> Check:
    """What the check makes of content (bytes, text or a path)."""

    def made(content: bytes | str | Path, form: dict[str, Any] = CSV) -> Outcome:
        path = content if isinstance(content, Path) else tmp_path / "file"
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return checked(path, form, tmp_path / "spool")

    return made


@pytest.fixture
def held(outcome: Check) -> Callable[..., str]:
    """The reason for which content is held; it must be, and nothing of it loaded."""

    def reason(content: bytes | str | Path, form: dict[str, Any] = CSV) -> str:
        found = outcome(content, form)
        assert found.result.held is not None, "is not held"
        assert found.loaded == []
        return found.result.held.removeprefix("file: ")

    return reason


@pytest.fixture
def agrees(outcome: Check) -> Callable[..., None]:
    """Assert that content is judged as expected."""

    def compare(content: bytes | str | Path, verdict: Verdict, form: dict[str, Any] = CSV) -> None:
        assert differs(outcome(content, form), verdict) is None

    return compare
