"""The supervisor with real processes: what dies is started again, until the stack is taken down."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acme_assets.stack import postgres, services, stack
from acme_assets.stack.settings import REPOSITORY, Home, child_environment

KEEP = (
    "import os\n"
    "from acme_assets.stack.keeping import keep\n"
    "from acme_assets.stack.settings import Home\n"
    "keep(Home.from_environment(os.environ), lambda line: print(line, flush=True))\n"
)


def wait_for(condition: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def pids(home: Home) -> dict[str, int]:
    found = {name: services.find(home, name) for name in services.services_of(home)}
    return {name: process.pid for name, process in found.items() if process}


def all_run(home: Home) -> bool:
    return len(pids(home)) == len(services.services_of(home))


def start_keeping(home: Home, log: Path) -> "subprocess.Popen[bytes]":
    env = child_environment(home)
    del env["ACME_STACK"]  # a supervisor does not carry the mark
    with log.open("ab") as output:
        return subprocess.Popen([sys.executable, "-c", KEEP], cwd=REPOSITORY, env=env, stdout=output, stderr=output)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keeping") / "log"


@pytest.fixture(scope="module")
def keeper(home: Home, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    process = start_keeping(home, log)
    wait_for(home.wanted.exists)
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("name", ["code", "daemon", "postgres"])
def test_a_service_that_is_killed_is_started_again(
    home: Home, keeper: "subprocess.Popen[bytes]", log: Path, name: str
) -> None:
    before = pids(home)
    os.kill(before[name], signal.SIGKILL)
    wait_for(lambda: pids(home).get(name, before[name]) != before[name] and all_run(home))
    wait_for(lambda: log.read_text().rstrip().splitlines()[-1].startswith("started again:"))
    assert name in log.read_text().rstrip().splitlines()[-1]
    assert services.is_well(home, name).well
    assert keeper.poll() is None


def test_what_cannot_be_started_now_is_tried_again(home: Home, keeper: "subprocess.Popen[bytes]", log: Path) -> None:
    with (home.run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.kill(pids(home)["code"], signal.SIGKILL)
        wait_for(lambda: "not well, tried again: Another" in log.read_text())
        assert "code" not in pids(home)
    wait_for(lambda: all_run(home))
    assert keeper.poll() is None


def test_it_ends_when_the_stack_is_taken_down_and_starts_nothing_again(
    home: Home, keeper: "subprocess.Popen[bytes]"
) -> None:
    wait_for(lambda: services.is_well(home, "daemon").well)
    for _ in range(50):  # it may be in the middle of a look
        try:
            stack.down(home)
            break
        except stack.StackError:
            time.sleep(0.2)
    assert keeper.wait(30) == 0
    assert pids(home) == {}
    assert not postgres.is_running(home)


def test_nothing_is_revived_in_a_home_that_was_taken_down(home: Home) -> None:
    assert stack.revive(home) == []
    assert pids(home) == {}
