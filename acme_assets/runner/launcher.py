"""Dagster's run launcher that hands runs to the runner, and tells run monitoring whether their workers live."""

import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import psutil
from dagster import DagsterRun
from dagster._config import StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.errors import DagsterLaunchFailedError, DagsterUserCodeUnreachableError
from dagster._core.instance import DagsterInstance
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, RunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClass, ConfigurableClassData, serialize_value

from acme_assets.runner.client import WORKER_TAG, RunnerSilent, RunnerUnreachable, ask

_SAME_MOMENT = 5.0  # psutil derives times of creation from the clock, which may be set while the process runs


class RunnerDown(DagsterUserCodeUnreachableError):
    """The runner does not answer. The run queue puts a run back for this kind of error, and fails it for others."""


class WarmRunLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Launches runs in workers that the runner forks."""

    def __init__(self, socket: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._socket = Path(socket)
        self._inst_data = inst_data
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"socket": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        return cls(config_value["socket"], inst_data)

    def launch_run(self, context: LaunchRunContext) -> None:
        run_id = context.dagster_run.run_id
        request = {"op": "start", "run_id": run_id, "instance_ref": serialize_value(self._instance.get_ref())}
        try:
            answer = ask(self._socket, request)
        except RunnerUnreachable as problem:
            raise RunnerDown(f"{problem}. `acme stack status` shows it, `acme stack up` starts it again") from problem
        except RunnerSilent as problem:
            # It may have started: put back in the queue, the run would be executed twice.
            raise _launch_failed(f"{problem}. See the runner's log, and `acme stack status`") from problem
        if not answer.get("ok"):
            raise _launch_failed(f"the runner refused run {run_id}: {answer.get('error')}")

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if not run or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        try:
            if ask(self._socket, {"op": "terminate", "run_id": run_id}).get("sent"):
                return True
        except (RunnerUnreachable, RunnerSilent) as problem:
            self._instance.report_engine_event(f"{problem}; looking for the worker itself", run, cls=self.__class__)
        worker = _worker_of(run)  # a worker outlives the runner that started it
        if worker:
            worker.send_signal(signal.SIGINT)
        return worker is not None

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """The runner's word and, where it knows nothing (it was restarted, or is down), the operating system's."""
        try:
            answer = ask(self._socket, {"op": "status", "run_id": run.run_id})
        except (RunnerUnreachable, RunnerSilent):
            answer = {"state": "unknown"}
        if answer.get("state") == "running":
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        if answer.get("state") == "exited":
            if answer["code"] == 0:
                return CheckRunHealthResult(WorkerStatus.SUCCESS)
            return CheckRunHealthResult(WorkerStatus.FAILED, f"its process ended with {answer['code']}")
        if _worker_of(run):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its process is gone")


def _launch_failed(why: str) -> DagsterLaunchFailedError:
    return DagsterLaunchFailedError(why)  # type: ignore[no-untyped-call]


def _worker_of(run: DagsterRun) -> psutil.Process | None:
    """The living process that executes this run."""
    try:
        known = json.loads(run.tags[WORKER_TAG])
        process = psutil.Process(known["pid"])
        same = abs(process.create_time() - known["created"]) < _SAME_MOMENT
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (KeyError, ValueError, TypeError, psutil.Error):
        return None
