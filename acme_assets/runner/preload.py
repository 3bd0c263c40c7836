"""What the runner loads before it forks: the libraries that steps use, and the code location.

A fork copies one thread. A library that has started its own by then hangs in the child at its first use: polars, asked
for one regular expression before the fork, never answered after it. So what may be imported and what may not run is
decided here, and `require_forkable` checks it.
"""

import gc
import importlib
import os
import pickle
import threading
from pathlib import Path

OURS = "acme_assets.definitions"

# The second half is what Dagster imports where it first needs it: 40 ms of a run.
_ALWAYS = (
    "dagster._cli.api",
    "acme_assets.runner.storage",
    "acme_assets.runner.worker",
    "dagster._core.execution.plan.active",
    "dagster._core.executor.in_process",
    "dagster._core.instance.factory",
    "dagster._core.storage.local_compute_log_manager",
    "dagster._core.storage.root",
    "dagster._core.system_config.composite_descent",
    "psycopg2.extras",
    "upath.implementations.local",
)

# 4 s of CPU that each run would spend anew. Importing is harmless, using is not.
_STEPS = (
    "polars",
    "pandera.polars",
    "acme_assets.warehouse.loading",
    "acme_assets.warehouse.building",
    "acme_assets.warehouse.releasing",
    "acme_assets.warehouse.postgres",
    "acme_assets.validation.run",
    "dbt.cli.main",
    "dbt.adapters.postgres",
)
_WARM_DBT = ("acme_assets.defs.dbt", "warm_dbt")  # by name, as the definitions are: that room is above this one
_STEPS_ON_SNOWFLAKE = ("dagster_snowflake", "dbt.adapters.snowflake", "acme_assets.warehouse.snowflake")

_FORKABLE_THREADS = {
    "jemalloc_bg_thd",  # polars' allocator stops it before a fork and starts it anew in the child
    "polars-ooc-clea",  # sweeps polars' spill files now and then; a worker does without
}


class NotForkable(Exception):
    """This process has threads that a fork would lose."""


def import_libraries() -> None:
    """Import what `load_definitions` and the steps need; it needs no database and no dbt manifest."""
    ours = os.environ.get("ACME_DEFINITIONS_MODULE", OURS) == OURS
    on_snowflake = os.environ.get("ACME_ENV") == "production"
    for name in (*_ALWAYS, *(_STEPS if ours else ()), *(_STEPS_ON_SNOWFLAKE if ours and on_snowflake else ())):
        importlib.import_module(name)


def load_definitions(module: str, folder: Path) -> None:
    """Load the code location as a run worker would, with all its jobs, and leave it in Dagster's caches.

    What a run brings is a pointer to an attribute of a module. Python holds the module, and its Definitions hold the
    repository that was made of them: a worker finds both whatever kind of pointer it is.
    """
    from dagster._core.code_pointer import CodePointer
    from dagster._core.definitions.reconstruct import reconstruct_repository_def_from_pointer
    from dagster._core.workspace.autodiscovery import loadable_targets_from_python_module

    if module == OURS:
        _read_registry_apart()
    for target in loadable_targets_from_python_module(module, str(folder)):
        pointer = CodePointer.from_module(module, target.attribute, str(folder))
        repository = reconstruct_repository_def_from_pointer(pointer)
        repository.get_all_jobs()
        _ = repository.asset_graph.toposorted_asset_keys
    if module == OURS:
        where, what = _WARM_DBT
        getattr(importlib.import_module(where), what)()


def freeze() -> None:
    """Keep the collector's hands off what is loaded: marking an object writes to its page, and copies it."""
    gc.collect()
    gc.freeze()


def require_forkable() -> None:
    """Raises NotForkable, naming the threads."""
    strangers = sorted(_other_threads() - _FORKABLE_THREADS)
    if threading.active_count() > 1:
        strangers += [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if strangers:
        raise NotForkable(
            f"the runner cannot fork: it has the threads {', '.join(strangers)}. Something that it imports or loads "
            "uses a library that starts threads, such as polars: find it and move its work into the step, or take it "
            "off acme_assets/runner/preload.py"
        )


def _other_threads() -> set[str]:
    """Names of this process's native threads but the main one, where the system tells (Linux)."""
    me = str(os.getpid())
    try:
        found = [task for task in Path("/proc/self/task").iterdir() if task.name != me]
        return {(task / "comm").read_text().strip() for task in found}
    except OSError:
        return set()


def _read_registry_apart() -> None:
    """Read the client registry in a child and take it over.

    A client's layout has regular expressions, which polars itself must accept, and that starts polars' threads.
    Where the child fails, the definitions read the registry here and say what is wrong with it.
    """
    from acme_assets import environment

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            with os.fdopen(writer, "wb") as output:
                pickle.dump(environment.registry_from(os.environ), output)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as channel:
        sent = channel.read()
    _, status = os.waitpid(child, 0)
    if status == 0:
        registry = pickle.loads(sent)
        environment._registry = lambda folder: registry  # type: ignore[assignment]
