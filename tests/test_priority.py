"""A service that gives way does so with its session, which is what the kernel looks at."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from acme_assets.priority import give_way


@pytest.fixture
def session() -> Iterator[int]:
    """A process that leads a session of its own."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    yield process.pid
    process.communicate()


def of_session(pid: int) -> list[str]:
    """The words of the kernel on it: `/autogroup-25 nice 0`; nothing where it keeps no such groups."""
    file = Path(f"/proc/{pid}/autogroup")
    return file.read_text().split()[1:] if file.exists() else []


def test_the_process_and_its_session_give_way(session: int) -> None:
    has_groups = of_session(session) == ["nice", "0"]
    give_way(session, 7)
    assert psutil.Process(session).nice() == 7
    assert of_session(session) == (["nice", "7"] if has_groups else [])


def test_ours_is_another_and_stays(session: int) -> None:
    before = psutil.Process().nice(), of_session(psutil.Process().pid)
    give_way(session, 7)
    assert (psutil.Process().nice(), of_session(psutil.Process().pid)) == before


@pytest.mark.parametrize("problem", [PermissionError, FileNotFoundError, OSError])
def test_a_kernel_that_will_not_keeps_nobody_from_working(
    session: int, problem: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, text: str) -> int:
        raise problem(str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    give_way(session, 7)
    assert psutil.Process(session).nice() == 7


def test_a_kernel_that_says_later_is_asked_again(session: int, monkeypatch: pytest.MonkeyPatch) -> None:
    said = [BlockingIOError(), BlockingIOError(), None]

    def refuse_twice(path: Path, text: str) -> int:
        if (problem := said.pop(0)) is not None:
            raise problem
        return len(text)

    monkeypatch.setattr(Path, "write_text", refuse_twice)
    give_way(session, 7)
    assert said == []


def test_a_process_that_is_gone_is_an_error() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(psutil.NoSuchProcess):
        give_way(process.pid, 7)
