"""Make a stack ready for a night: its people and the service key, the ledger, the tables of the dbt project."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from acme_assets.environment import warehouse_from
from acme_assets.stack.errors import StackError
from acme_assets.stack.people import prepare_people
from acme_assets.stack.settings import Home
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
    if environment.get("ACME_HOME"):
        prepare_people(Home.from_environment(environment))
    with warehouse_from(environment).begin() as connection:
        migrate(connection)
    dbt(["run", "--empty"], environment)
