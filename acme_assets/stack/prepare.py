"""Make the warehouse ready for a night: migrate the ledger, parse the dbt project, create its tables."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from acme_assets.environment import warehouse_from
from acme_assets.stack.errors import StackError
from acme_assets.warehouse.migrate import migrate

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def dbt(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run dbt on the project.

    Raises:
        StackError: with dbt's own last lines.
    """
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", "--quiet", *arguments]
    ran = subprocess.run(
        [*command, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        lines = (ran.stdout + ran.stderr).strip().splitlines()[-15:]
        raise StackError(f"dbt {arguments[0]} failed:\n" + "\n".join(lines))


def prepare(environment: Mapping[str, str]) -> None:
    """Bring the warehouse up to date; safe to repeat.

    The tables of dbt's models are created empty, so that two client nights that are the first to build a
    model do not both try to create its table.
    """
    with warehouse_from(environment).begin() as connection:
        migrate(connection)
    dbt(["run", "--empty"], environment)
