"""The runner with real runs on a real PostgreSQL."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from dagster import AssetCheckKey, AssetKey, DagsterEventType
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import serialize_value

from acme_assets.runner.client import ask
from acme_assets.stack.settings import REPOSITORY
from tests.runner.conftest import Runner, start_runner, wait_for


def said(runner: Runner, line: bytes) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(5)
        channel.connect(str(runner.socket))
        channel.sendall(line)
        answer: dict[str, Any] = json.loads(channel.recv(65536))
        return answer


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_run_succeeds_and_records_what_dagsters_own_workers_record(runner: Runner) -> None:
    run = runner.launch("quick")
    runner.wait_for_status(run, "SUCCESS")
    wait_for(lambda: "Process for run exited" in runner.messages(run))
    usual = runner.create("quick")
    origin, reference = usual.job_code_origin, runner.instance.get_ref()
    assert origin
    arguments = serialize_value(ExecuteRunArgs(origin, usual.run_id, reference))
    command = [sys.executable, "-m", "dagster", "api", "execute_run", arguments]
    subprocess.run(command, env=dict(runner.env), cwd=REPOSITORY, check=True, capture_output=True)
    launched, *recorded = runner.events(run)
    assert launched == DagsterEventType.PIPELINE_STARTING
    assert recorded == runner.events(usual.run_id)


def test_what_a_step_prints_is_shown_without_a_process_for_it(runner: Runner) -> None:
    run = runner.launch("speaking")
    worker = runner.worker(run)

    def commands_with_the_steps_own() -> list[list[str]] | None:
        found = [child.cmdline() for child in worker.children(recursive=True)]
        return found if ["sleep", "3.25"] in found else None

    assert wait_for(commands_with_the_steps_own) == [["sleep", "3.25"]]
    runner.wait_for_status(run, "SUCCESS")
    captured = DagsterEventType.LOGS_CAPTURED
    (record,) = runner.instance.get_records_for_run(run, of_type=captured).records
    data = record.event_log_entry.get_dagster_event().logs_captured_data
    found = runner.instance.compute_log_manager.get_log_data([run, "compute_logs", data.file_key])
    assert found.stdout == b"said aloud\n"
    assert b"\nand by a library\n" in found.stderr  # Dagster tells its events there


def test_assets_and_checks_are_recorded_with_their_partition(runner: Runner) -> None:
    run = runner.launch("loading", "monday")
    runner.wait_for_status(run, "SUCCESS")
    for key in (AssetKey("claims"), AssetKey("members")):
        record = runner.instance.get_asset_records([key])[0]
        assert record.asset_entry.last_run_id == run
        assert record.asset_entry.last_materialization
        assert runner.instance.get_materialized_partitions(key) == {"monday"}
    key = AssetCheckKey(AssetKey("claims"), "complete")
    (check,) = runner.instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
    assert check.status == AssetCheckExecutionRecordStatus.SUCCEEDED


def test_polars_works_in_a_worker_although_the_runner_imported_it(runner: Runner) -> None:
    run = runner.launch("counting")
    runner.wait_for_status(run, "SUCCESS")


def test_a_run_that_raises_is_a_failure_with_its_error(runner: Runner) -> None:
    run = runner.launch("failing")
    runner.wait_for_status(run, "FAILURE")
    failures = [entry.dagster_event for entry in runner.instance.all_logs(run) if entry.dagster_event]
    errors = [str(event.step_failure_data.error) for event in failures if event.is_step_failure]
    assert "the file is torn" in errors[0]
    wait_for(lambda: ask(runner.socket, {"op": "status", "run_id": run}) == {"ok": True, "state": "exited", "code": 0})


def test_runs_go_side_by_side(runner: Runner) -> None:
    runs = [runner.launch("quick") for _ in range(4)]
    for run in runs:
        runner.wait_for_status(run, "SUCCESS")


def test_a_worker_that_is_killed_is_noticed_within_seconds(runner: Runner) -> None:
    run = runner.launch("endless")
    worker = runner.worker(run)
    begin = time.monotonic()
    worker.kill()
    runner.wait_for_status(run, "FAILURE", 10)
    print(f"noticed after {time.monotonic() - begin:.2f} s")
    assert "terminated by signal 9 (SIGKILL)" in runner.messages(run)
    assert ask(runner.socket, {"op": "status", "run_id": run})["code"] == -9


def test_the_programs_of_a_killed_worker_end_with_it(runner: Runner) -> None:
    run = runner.launch("waiting")
    worker = runner.worker(run)
    program = runner.program(run)
    worker.kill()
    runner.wait_for_status(run, "FAILURE", 10)
    wait_for(lambda: gone(program), 5)


def test_a_killed_worker_of_a_run_that_was_to_be_canceled_is_a_cancellation(runner: Runner) -> None:
    run = runner.launch("endless")
    worker = runner.worker(run)
    runner.instance.report_run_canceling(runner.run(run))
    worker.kill()
    runner.wait_for_status(run, "CANCELED", 10)


def test_a_run_that_cannot_be_read_ends_its_worker_and_not_the_runner(runner: Runner) -> None:
    reference = serialize_value(runner.instance.get_ref())
    assert ask(runner.socket, {"op": "start", "run_id": "nobody", "instance_ref": reference})["ok"]
    found = wait_for(
        lambda: (answer := ask(runner.socket, {"op": "status", "run_id": "nobody"}))["state"] == "exited" and answer
    )
    assert found["code"] == 1
    assert runner.answers()


def test_a_run_is_not_started_twice_at_once(runner: Runner) -> None:
    run = runner.launch("endless")
    again = ask(runner.socket, {"op": "start", "run_id": run, "instance_ref": "{}"})
    assert again == {"ok": False, "error": f"run {run} is under way already"}
    runner.worker(run).kill()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{\n", "Expecting property name"),
        (b"[]\n", "op is one of start, terminate, status, ping"),
        (b'{"op": "reboot"}\n', "op is one of"),
        (b'{"op": "start"}\n', "run_id is missing"),
        (b'{"op": "terminate", "run_id": 7}\n', "run_id is missing"),
        (b"\xff\xfe\n", "codec can't decode"),
    ],
)
def test_a_bad_request_is_told_so_and_harms_nobody(runner: Runner, line: bytes, error: str) -> None:
    answer = said(runner, line)
    assert answer["ok"] is False
    assert error in answer["error"]
    assert runner.answers()


def test_callers_that_say_nothing_or_too_much_or_hang_up_do_not_hold_up_the_others(runner: Runner) -> None:
    silent = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for channel in silent:
        channel.connect(str(runner.socket))
    with socket.socket(socket.AF_UNIX) as talker:
        talker.connect(str(runner.socket))
        with suppress(OSError):  # hung up in the middle
            talker.sendall(b"x" * 3_000_000)
    with socket.socket(socket.AF_UNIX) as hasty:
        hasty.connect(str(runner.socket))
        hasty.sendall(b'{"op": "ping"}\n')
    assert runner.answers()
    for channel in silent:
        channel.close()
    assert runner.answers()


def test_the_socket_is_ours_alone(runner: Runner) -> None:
    assert stat.S_IMODE(runner.socket.parent.stat().st_mode) == 0o700


def test_a_second_runner_at_the_same_socket_refuses(runner: Runner) -> None:
    second = start_runner(runner.env)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "another runner answers at" in said
    assert runner.answers()


def test_a_folder_that_others_can_enter_is_refused(runner: Runner, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    open_to_all = start_runner({**runner.env, "ACME_RUNNER_SOCKET": str(tmp_path / "runner.sock")})
    said, _ = open_to_all.communicate(timeout=60)
    assert open_to_all.returncode == 1
    assert "is open to other users: chmod 700 it" in said


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="native threads are seen on Linux only")
def test_definitions_that_start_threads_are_refused_with_the_threads_named(runner: Runner, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    socket_path = str(tmp_path / "runner.sock")
    environment = {"ACME_RUNNER_SOCKET": socket_path, "ACME_DEFINITIONS_MODULE": "threaded_definitions"}
    refused = start_runner({**runner.env, **environment})
    said, _ = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert "the runner cannot fork: it has the threads " in said
    assert "polars-0" in said


def test_stopping_the_runner_ends_its_runs_and_leaves_no_process(runner: Runner) -> None:
    runs = [runner.launch("endless"), runner.launch("waiting")]
    workers = [runner.worker(run) for run in runs]
    everyone = [*workers, runner.program(runs[1])]
    begin = time.monotonic()
    runner.stop()
    print(f"stopped after {time.monotonic() - begin:.1f} s")
    assert runner.process.returncode == 0
    assert [runner.status(run) for run in runs] == ["FAILURE", "FAILURE"]
    assert all(gone(process) for process in everyone)
    assert not runner.socket.exists()


def test_a_worker_that_ignores_the_interrupt_is_killed_and_its_run_ended(runner: Runner) -> None:
    runner.start()
    run = runner.launch("endless")
    worker = runner.worker(run)
    os.kill(worker.pid, signal.SIGSTOP)
    runner.stop()
    assert gone(worker)
    assert runner.status(run) == "FAILURE"
