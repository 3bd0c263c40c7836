"""Dagster's run launcher that chooses between two: the runner on this machine, and ECS for what is large.

Which runs go where is said by a tag (sizes.py), and where a run went is written in another one: everything later that
concerns the run goes to the launcher that launched it.
"""

import threading
from collections.abc import Mapping
from typing import Any, Self

from dagster import DagsterRun, Field
from dagster._config import StringSource
from dagster._config.config_schema import UserConfigSchema
from dagster._core.instance import DagsterInstance
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, ResumeRunContext, RunLauncher
from dagster._serdes import ConfigurableClass, ConfigurableClassData

from acme_assets.runner import ecs as on_ecs
from acme_assets.runner.launcher import WarmRunLauncher
from acme_assets.runner.sizes import ECS, LARGE, LAUNCHED_BY_TAG, SIZE_TAG, WARM


class RoutedRunLauncher(RunLauncher[DagsterInstance], ConfigurableClass):
    """Large runs go to ECS where that is set up, all others to the runner.

    What `ecs` says is checked at once; ECS itself is asked when the first run needs it, so that no other run suffers
    when it does not answer.
    """

    def __init__(self, socket: str, ecs: str = "", inst_data: ConfigurableClassData | None = None) -> None:
        self._inst_data = inst_data
        self._warm = WarmRunLauncher(socket)
        self._ecs_config = on_ecs.read_config(ecs)
        self._ecs: RunLauncher[DagsterInstance] | None = None
        self._opening = threading.Lock()
        super().__init__()  # type: ignore[no-untyped-call]

    @property
    def inst_data(self) -> ConfigurableClassData | None:
        return self._inst_data

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"socket": StringSource, "ecs": Field(StringSource, is_required=False, default_value="")}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> Self:
        return cls(config_value["socket"], config_value["ecs"], inst_data)

    def register_instance(self, instance: DagsterInstance) -> None:
        super().register_instance(instance)
        self._warm.register_instance(instance)

    def dispose(self) -> None:
        self._warm.dispose()
        if self._ecs:
            self._ecs.dispose()

    def launch_run(self, context: LaunchRunContext) -> None:
        run = context.dagster_run
        large = run.tags.get(SIZE_TAG) == LARGE
        where = ECS if large and self._ecs_config else WARM
        launcher = self._launcher(where)
        if run.tags.get(LAUNCHED_BY_TAG) != where:
            # Before the launch: a worker that has begun rewrites the run's row too, and one of the two would lose.
            self._instance.add_run_tags(run.run_id, {LAUNCHED_BY_TAG: where})
        launcher.launch_run(context)

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        return run is not None and self._launcher_of(run).terminate(run_id)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        return self._launcher_of(run).check_run_worker_health(run)

    def get_run_worker_debug_info(self, run: DagsterRun, include_container_logs: bool | None = True) -> str | None:
        return self._launcher_of(run).get_run_worker_debug_info(run, include_container_logs)

    @property
    def supports_resume_run(self) -> bool:
        """Dagster asks once for all runs, and those of the runner cannot be resumed."""
        return False

    def resume_run(self, context: ResumeRunContext) -> None:
        self._launcher_of(context.dagster_run).resume_run(context)

    def _launcher_of(self, run: DagsterRun) -> RunLauncher[DagsterInstance]:
        where = run.tags.get(LAUNCHED_BY_TAG, WARM)
        if where == ECS and not self._ecs_config:
            raise on_ecs.EcsUnready(
                f"run {run.run_id} was launched on ECS, and {on_ecs.VARIABLE} is empty: set it again until it has ended"
            )
        return self._launcher(where)

    def _launcher(self, where: str) -> RunLauncher[DagsterInstance]:
        if where != ECS or self._ecs_config is None:
            return self._warm
        with self._opening:
            if self._ecs is None:
                opened = on_ecs.open_launcher(self._ecs_config)
                opened.register_instance(self._instance)
                self._ecs = opened
            return self._ecs
