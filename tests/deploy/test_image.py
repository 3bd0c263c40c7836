"""deploy/Dockerfile, as far as can be told without building it."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from acme_assets.stack.settings import REPOSITORY
from tests.deploy.fake_ecs import read

DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"


def _start(env: dict[str, str], *command: str) -> str:
    entry = re.search(r"^ENTRYPOINT (\[.+\])$", DOCKERFILE.read_text(), re.MULTILINE)
    assert entry
    called: list[Any] = json.loads(entry[1])
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run([*called, *command], env=path | env, check=True, capture_output=True, text=True).stdout


def test_what_is_copied_is_there() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    missing = [name for line in copied for name in line.split() if not (REPOSITORY / name).exists()]
    assert copied
    assert missing == []


def test_it_has_the_packages_of_the_lock_by_the_same_uv() -> None:
    text = DOCKERFILE.read_text()
    version = re.search(r"^UV_VERSION := (\S+)$", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert version
    assert f"uv=={version[1]} " in text
    assert "--require-hashes" in text


def test_dagster_runs_where_the_task_definition_puts_its_files() -> None:
    plain = read("run-task-definition.json")["containerDefinitions"][0]["environment"]
    folders = {str(Path(entry["value"]).parent) for entry in plain if entry["name"].endswith(("_PATH", "_SOCKET"))}
    assert folders == {"/var/lib/acme", "/run/acme"}
    assert "chown -R acme /var/lib/acme /run/acme" in DOCKERFILE.read_text()


def test_the_key_becomes_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "key.p8"
    env = {
        "ACME_SNOWFLAKE_PRIVATE_KEY": "-----BEGIN\n%s\\n\n-----END",
        "ACME_SNOWFLAKE_PRIVATE_KEY_PATH": str(file),
    }
    told = _start(env, "sh", "-c", 'echo "$1 ${ACME_SNOWFLAKE_PRIVATE_KEY-gone}"', "sh", '{"a": "b c"}')
    assert told == '{"a": "b c"} gone\n'
    assert file.read_text() == env["ACME_SNOWFLAKE_PRIVATE_KEY"] + "\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_key_it_only_starts() -> None:
    assert _start({}, "echo", "up") == "up\n"
