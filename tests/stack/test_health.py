import socket
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from acme_assets.stack import health
from acme_assets.stack.health import judge_heartbeats

STARTED, NOW = 1000.0, 2000.0


def thread(name: str, beat: float | None, *errors: str) -> dict[str, Any]:
    return {
        "daemonType": name,
        "required": True,
        "lastHeartbeatTime": beat,
        "lastHeartbeatErrors": [{"message": error} for error in errors],
    }


def test_recent_heartbeats_are_well() -> None:
    found = judge_heartbeats([thread("SENSOR", 1990), thread("ASSET", 1999)], STARTED, NOW)
    assert found.well
    assert found.detail == "2 threads, last heartbeat 10 s ago"


def test_the_heartbeat_of_an_earlier_process_does_not_count() -> None:
    assert judge_heartbeats([thread("SENSOR", 999)], STARTED, NOW).detail == "no heartbeat yet: SENSOR"
    assert not judge_heartbeats([thread("SENSOR", None)], STARTED, NOW).well


def test_a_thread_that_went_silent_is_named() -> None:
    found = judge_heartbeats([thread("SENSOR", 1999), thread("ASSET", 1600)], STARTED, NOW)
    assert not found.well
    assert found.detail == "no heartbeat for more than 300 s: ASSET"


def test_an_error_in_a_heartbeat_is_shown_in_one_line() -> None:
    found = judge_heartbeats([thread("SENSOR", 1999, "it broke\nat length")], STARTED, NOW)
    assert not found.well
    assert found.detail == "SENSOR: it broke"


def test_no_threads_at_all_is_not_well() -> None:
    assert not judge_heartbeats([], STARTED, NOW).well


@pytest.mark.parametrize(
    ("beat", "well", "detail"),
    [
        (None, False, "no heartbeat yet"),
        ("{", False, "no heartbeat yet"),
        ('{"at": 50, "problem": null}', False, "no heartbeat yet"),
        ('{"at": 190, "problem": null}', True, "last look 10 s ago"),
        ('{"at": 190, "problem": "the audit log is not sealed"}', False, "the audit log is not sealed"),
        ('{"at": 101, "problem": null}', False, "last look 899 s ago"),
    ],
)
def test_a_gatekeeper_is_well_that_looked_lately_and_found_no_problem(
    tmp_path: Path, beat: str | None, well: bool, detail: str
) -> None:
    heartbeat = tmp_path / "gatekeeper.beat"
    if beat:
        heartbeat.write_text(beat)
    now = 1000.0 if detail.endswith("899 s ago") else 200.0
    assert health.resident(heartbeat, since=100.0, now=now) == health.Health(well, detail)


def test_a_runner_that_does_not_answer_is_not_well(tmp_path: Path) -> None:
    found = health.runner(tmp_path / "runner.sock")
    assert not found.well
    assert found.detail.startswith("does not answer: ")


@pytest.mark.parametrize(
    ("answer", "well", "detail"),
    [
        (b'{"ok": true, "pid": 7, "running": 1}\n', True, "1 run under way"),
        (b'{"ok": true, "pid": 7, "running": 3}\n', True, "3 runs under way"),
        (b"", False, "does not answer: Expecting value"),
    ],
)
def test_a_runner_is_well_that_answers_a_ping(answer: bytes, well: bool, detail: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "runner.sock"
        listener.bind(str(path))
        listener.listen()

        def reply() -> None:
            caller, _ = listener.accept()
            with caller:
                caller.recv(100)
                caller.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        found = health.runner(path)
        thread.join()
    assert found.well is well
    assert found.detail.startswith(detail)
