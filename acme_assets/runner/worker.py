"""What a forked process does: execute one run, or report one whose worker died.

The one module that calls the private body of Dagster's own `dagster api execute_run`; Dagster is pinned, and
tests/runner runs it.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO

import psutil
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._cli.api import _execute_run_command_body
from dagster._core.execution.compute_logs import redirect_to_file
from dagster._core.instance import InstanceRef
from dagster._core.storage import local_compute_log_manager
from dagster._serdes import deserialize_value
from dagster._utils import ensure_file, get_run_crash_explanation
from dagster._utils.interrupts import capture_interrupts

from acme_assets.priority import give_way
from acme_assets.runner.client import WORKER_TAG

UNFINISHED = 70
"""Exit code of a worker that came to its end and could not bring its run to one."""

NICENESS = 10

_UNDER_WAY = (DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING)

_PATIENCE = (0.0, 1.0, 4.0, 15.0)  # between attempts to report: the database may be what killed the worker


def execute(run_id: str, instance_ref: str) -> int:
    """Execute a run as `dagster api execute_run` does. Returns the exit code, 0 where the run has an end."""
    with capture_interrupts():
        _unblock_signals()
        # A night fills the processors for hours: the gatekeeper, the sensors and the UI go before.
        give_way(os.getpid(), NICENESS)
        vars(local_compute_log_manager)["mirror_stream_to_file"] = _print_to_file
        # Seen in pg_stat_activity; libpq reads it for Dagster's connections, the warehouse's and dbt's.
        os.environ["PGAPPNAME"] = f"acme run {run_id[:8]}"
        with _instance(instance_ref) as instance:
            me = psutil.Process()
            # Written here and not by the launcher: both would rewrite the run's row at once, and one would lose.
            instance.add_run_tags(run_id, {WORKER_TAG: json.dumps({"pid": me.pid, "created": me.create_time()})})
            code = _execute_run_command_body(run_id, instance, lambda event: None, set_exit_code_on_failure=False)
            return code or (UNFINISHED if _unfinished(instance, run_id) else 0)


def _print_to_file(stream: IO[str], path: str) -> AbstractContextManager[None]:
    """What steps print goes to the files that the UI shows, and nowhere else.

    Dagster copies it from there to the output of the process, with two programs, and has two interpreters watch those:
    a twentieth of what run workers cost. Where a run has a machine of its own, it does so still.
    """
    ensure_file(path)
    return redirect_to_file(stream, path)


def report_lost(run_id: str, instance_ref: str, exit_code: int) -> int:
    """End a run whose worker died, unless it has an end. Returns the exit code."""
    _unblock_signals()
    why = get_run_crash_explanation("The process of this run", exit_code)
    for pause in _PATIENCE:
        time.sleep(pause)
        try:
            with _instance(instance_ref) as instance:
                if run := _unfinished(instance, run_id):
                    end_run(instance, run, why)
                return 0
        except Exception as error:
            print(f"run {run_id} could not be reported as lost: {error}", flush=True)
    return 1


def end_run(instance: DagsterInstance, run: DagsterRun, why: str) -> None:
    """What somebody asked to cancel is canceled, however its worker ended."""
    if run.status == DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, why)
    else:
        instance.report_run_failed(run, why)


def _unfinished(instance: DagsterInstance, run_id: str) -> DagsterRun | None:
    run = instance.get_run_by_id(run_id)
    return run if run and run.status in _UNDER_WAY else None


@contextmanager
def _instance(serialized: str) -> Iterator[DagsterInstance]:
    with DagsterInstance.from_ref(deserialize_value(serialized, InstanceRef)) as instance:
        yield instance


def _unblock_signals() -> None:
    """The runner blocks them around the fork: none may meet the runner's own handlers in the child."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
