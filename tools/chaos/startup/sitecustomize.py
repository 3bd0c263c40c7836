"""Steps the platform's clock. Python imports this at its start where this folder is on PYTHONPATH.

`utc_now` of acme_assets.environment then adds the seconds that the file ACME_CHAOS_CLOCK holds. Other clocks, such as
Dagster's own and PostgreSQL's, go on as they are: to them, our clock is what is wrong.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path

MODULE = "acme_assets.environment"


def stepped_now() -> datetime:
    try:
        seconds = float(Path(os.environ["ACME_CHAOS_CLOCK"]).read_text())
    except (OSError, KeyError, ValueError):
        seconds = 0.0
    return datetime.now(UTC) + timedelta(seconds=seconds)


class _Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):  # type: ignore[no-untyped-def]
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        execute = spec.loader.exec_module

        def execute_and_step(module):  # type: ignore[no-untyped-def]
            execute(module)
            module.utc_now = stepped_now

        spec.loader.exec_module = execute_and_step
        return spec


if os.environ.get("ACME_CHAOS_CLOCK"):
    sys.meta_path.insert(0, _Finder())
