import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from acme_assets.cli.stack import app
from acme_assets.stack.settings import REPOSITORY


@pytest.fixture(autouse=True)
def _a_home_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path))


def test_status_of_a_stopped_stack_fails_and_says_so() -> None:
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 1
    assert result.stdout.count("stopped") == 9


def test_status_for_programs_is_json() -> None:
    result = CliRunner().invoke(app, ["status", "--json"])
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert answer["healthy"] is False
    names = [service["name"] for service in answer["services"]]
    assert names == ["postgres", "runner", "code", "webserver", "daemon", "gatekeeper", "alerter", "watcher", "board"]


def test_down_of_a_stopped_stack_is_harmless() -> None:
    result = CliRunner().invoke(app, ["down"])
    assert result.exit_code == 0
    assert "Nothing was running" in result.stdout


def test_the_database_alone_is_up_for_a_restore_and_down_again() -> None:
    said = CliRunner().invoke(app, ["up", "--database-only"])
    assert said.exit_code == 0, said.output
    try:
        assert "PostgreSQL answers on " in said.stdout
        found = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["services"]
        assert [service["name"] for service in found if service["state"] != "stopped"] == ["postgres"]
    finally:
        down = CliRunner().invoke(app, ["down"])
    assert "stopping postgres" in down.stdout


def test_a_mistake_is_told_in_one_line_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_UI_PORT", "high")
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 1
    assert "ACME_UI_PORT='high' is not a port" in result.output
    assert "Traceback" not in result.output


def test_status_does_not_wait_for_dagster_to_be_imported() -> None:
    program = (
        "import sys\n"
        "from acme_assets.cli.stack import app\n"
        "app(['status'], standalone_mode=False)\n"
        "assert 'dagster' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, env=dict(os.environ), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
