"""The launcher as Dagster's daemon and web server use it, with the runner alive, dead and come back."""

import json
import socket
import threading

import pytest
from dagster._core.errors import DagsterLaunchFailedError, DagsterUserCodeUnreachableError
from dagster._core.launcher import LaunchRunContext, WorkerStatus

from acme_assets.runner.client import WORKER_TAG
from acme_assets.runner.routing import RoutedRunLauncher
from tests.runner.conftest import Runner, wait_for


def health(runner: Runner, run: str) -> WorkerStatus:
    return runner.instance.run_launcher.check_run_worker_health(runner.run(run)).status


def test_dagster_yaml_brings_this_launcher(runner: Runner) -> None:
    assert isinstance(runner.instance.run_launcher, RoutedRunLauncher)
    assert runner.instance.run_launcher.supports_check_run_worker_health
    assert runner.instance.run_monitoring_enabled


def test_terminate_cancels_a_run(runner: Runner) -> None:
    run = runner.launch("endless")
    runner.worker(run)
    assert runner.instance.run_launcher.terminate(run)
    runner.wait_for_status(run, "CANCELED", 15)


def test_terminate_stops_a_program_that_the_step_waits_for(runner: Runner) -> None:
    run = runner.launch("waiting")
    program = runner.program(run)
    assert runner.instance.run_launcher.terminate(run)
    runner.wait_for_status(run, "CANCELED", 15)
    wait_for(lambda: not program.is_running(), 10)


def test_a_run_that_has_ended_cannot_be_terminated(runner: Runner) -> None:
    run = runner.launch("quick")
    runner.wait_for_status(run, "SUCCESS")
    assert not runner.instance.run_launcher.terminate(run)


def test_health_follows_the_worker(runner: Runner) -> None:
    run = runner.launch("endless")
    worker = runner.worker(run)
    assert health(runner, run) == WorkerStatus.RUNNING
    worker.kill()
    wait_for(lambda: health(runner, run) == WorkerStatus.FAILED)
    well = runner.launch("quick")
    runner.wait_for_status(well, "SUCCESS")
    wait_for(lambda: health(runner, well) == WorkerStatus.SUCCESS)


def test_a_refusal_of_the_runner_is_a_launch_that_failed(runner: Runner) -> None:
    run = runner.launch("endless")
    with pytest.raises(DagsterLaunchFailedError, match="is under way already"):
        runner.instance.run_launcher.launch_run(LaunchRunContext(runner.run(run), None))
    runner.worker(run).kill()
    runner.wait_for_status(run, "FAILURE")


class TestDeadRunner:
    def test_a_worker_outlives_the_runner_and_is_still_watched(self, runner: Runner) -> None:
        run = runner.launch("endless")
        worker = runner.worker(run)
        runner.process.kill()
        runner.process.wait()
        assert health(runner, run) == WorkerStatus.RUNNING
        worker.kill()
        wait_for(lambda: health(runner, run) == WorkerStatus.NOT_FOUND)

    def test_a_worker_can_be_canceled_without_it(self, runner: Runner) -> None:
        runner.start()
        run = runner.launch("endless")
        runner.worker(run)
        runner.process.kill()
        runner.process.wait()
        assert runner.instance.run_launcher.terminate(run)
        runner.wait_for_status(run, "CANCELED", 15)

    def test_a_launch_says_what_to_do_and_goes_back_to_the_queue(self, runner: Runner) -> None:
        run = runner.create("quick")
        with pytest.raises(DagsterUserCodeUnreachableError, match="runner does not answer at .* `acme stack status`"):
            runner.instance.run_launcher.launch_run(LaunchRunContext(run, None))

    def test_a_runner_that_takes_the_request_and_dies_fails_the_launch(self, runner: Runner) -> None:
        """The run may have started: back in the queue it could be executed twice."""
        runner.socket.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(runner.socket))
            listener.listen()
            listener.settimeout(5)
            run = runner.create("quick")
            dying = threading.Thread(target=lambda: listener.accept()[0].close())
            dying.start()
            with pytest.raises(DagsterLaunchFailedError, match="gave no answer to 'start'"):
                runner.instance.run_launcher.launch_run(LaunchRunContext(run, None))
            dying.join()
        runner.socket.unlink()

    def test_a_stranger_with_the_workers_pid_is_not_the_worker(self, runner: Runner) -> None:
        run = runner.create("quick")
        runner.instance.add_run_tags(run.run_id, {WORKER_TAG: json.dumps({"pid": 1, "created": 1.0})})
        assert health(runner, run.run_id) == WorkerStatus.NOT_FOUND
        assert health(runner, runner.create("quick").run_id) == WorkerStatus.NOT_FOUND

    def test_a_runner_that_was_restarted_still_finds_the_worker_of_the_one_before(self, runner: Runner) -> None:
        runner.start()
        run = runner.launch("endless")
        worker = runner.worker(run)
        runner.process.kill()
        runner.process.wait()
        runner.start()
        assert health(runner, run) == WorkerStatus.RUNNING
        assert runner.instance.run_launcher.terminate(run)
        runner.wait_for_status(run, "CANCELED", 15)
        wait_for(lambda: not worker.is_running())
