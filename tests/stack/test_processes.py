import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from acme_assets.stack import processes
from acme_assets.stack.settings import Home, child_environment

SLEEP = "import time; time.sleep(600)"
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.logs.mkdir()
    made.run.mkdir()
    return made


def start(home: Home, program: str) -> psutil.Process:
    return processes.start(home, "service", [sys.executable, "-c", program], child_environment(home))


def first_line(home: Home) -> str:
    for _ in range(200):
        if len(lines := processes.log_file(home, "service").read_text().splitlines()) > 1:
            return lines[1]
        time.sleep(0.05)
    raise AssertionError("the process printed nothing")


def test_a_started_process_is_found_in_a_session_of_its_own_and_stops(home: Home) -> None:
    process = start(home, SLEEP)
    assert processes.find(home, "service") == process
    assert os.getsid(process.pid) == process.pid
    assert processes.stop([process], 10) == 0
    assert processes.find(home, "service") is None


def test_the_whole_tree_is_stopped(home: Home) -> None:
    process = start(home, PARENT)
    child = psutil.Process(int(first_line(home)))
    processes.stop([process], 10)
    assert not processes.alive(process)
    assert not processes.alive(child)


def test_a_process_that_does_not_listen_is_killed(home: Home) -> None:
    process = start(home, STUBBORN)
    assert first_line(home) == "deaf"
    assert processes.stop([process], 0.3) == 1
    assert not processes.alive(process)


def test_children_of_a_process_that_died_are_found_by_their_mark(home: Home) -> None:
    process = start(home, PARENT)
    child = psutil.Process(int(first_line(home)))
    process.kill()
    processes.wait([process], 10)
    assert processes.orphans(home) == [child]
    assert processes.orphans(Home(home.root / "other")) == []
    processes.stop(processes.orphans(home), 10)
    assert processes.orphans(home) == []


def test_a_running_service_and_its_children_are_no_orphans(home: Home) -> None:
    process = start(home, PARENT)
    first_line(home)
    assert processes.orphans(home, keep=[process]) == []
    processes.stop([process], 10)


@pytest.mark.parametrize("shift", [-3600.0, 0.0])
def test_a_pid_that_a_stranger_has_now_is_never_taken_for_ours(home: Home, shift: float) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", SLEEP])
    created = psutil.Process(stranger.pid).create_time() + shift
    (home.run / "service.json").write_text(json.dumps({"pid": stranger.pid, "created": created, "port": None}))
    assert processes.find(home, "service") is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', "[]"])
def test_a_half_written_record_counts_as_none(home: Home, text: str) -> None:
    (home.run / "service.json").write_text(text)
    assert processes.find(home, "service") is None


def test_last_words_are_of_the_last_start_and_name_the_first_cause(home: Home) -> None:
    failing = "try:\n    raise KeyError('the cause')\nexcept KeyError as e:\n    raise RuntimeError('wrapped') from e"
    for program in ("print('of an earlier start')", failing):
        processes.wait([start(home, program)], 10)
    said = processes.last_words(home, "service")
    assert said.endswith("KeyError: 'the cause'")
    assert "earlier" not in said
    assert "wrapped" not in said


def test_a_log_that_grew_large_is_put_aside(home: Home) -> None:
    log = processes.log_file(home, "service")
    log.write_bytes(b"x" * 20_000_001)
    processes.wait([start(home, "pass")], 10)
    assert log.stat().st_size < 1000
    assert (home.logs / "service.log.1").stat().st_size > 20_000_000
