from pathlib import Path

import pytest

from acme_assets.stack.errors import StackError
from acme_assets.stack.settings import REPOSITORY, Home, child_environment, environment, socket_folder


def test_the_default_home_is_in_the_repository() -> None:
    home = Home.from_environment({})
    assert home.root == REPOSITORY / ".acme"
    assert (REPOSITORY / "pyproject.toml").exists()
    assert home.ui_port == 3000


def test_the_environment_chooses_folder_port_and_definitions() -> None:
    home = Home.from_environment({"ACME_HOME": "/srv/a", "ACME_UI_PORT": "3100", "ACME_DEFINITIONS_MODULE": "m"})
    assert (home.root, home.ui_port, home.definitions_module) == (Path("/srv/a"), 3100, "m")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "three"])
def test_a_bad_port_is_named_with_its_variable(text: str) -> None:
    with pytest.raises(StackError, match=r"ACME_UI_PORT=.* is not a port"):
        Home.from_environment({"ACME_UI_PORT": text})


def test_the_users_landing_zone_wins_and_a_dagster_home_of_another_project_does_not() -> None:
    shell = {"ACME_LANDING_URL": "s3://bucket/in", "DAGSTER_HOME": "/elsewhere", "ACME_PG_HOST": "/elsewhere"}
    told = environment(Home(Path("/srv/a")), shell)
    assert told["ACME_LANDING_URL"] == "s3://bucket/in"
    assert told["DAGSTER_HOME"] == "/srv/a/dagster"
    assert told["ACME_PG_HOST"] == "/srv/a/postgres"


def test_a_child_keeps_the_users_own_variables_and_carries_the_mark() -> None:
    child = child_environment(Home(Path("/srv/a")), {"ACME_ENV": "demo", "PATH": "/usr/bin"})
    assert child["ACME_ENV"] == "demo"
    assert child["ACME_STACK"] == "/srv/a"
    assert child["PATH"].endswith("/usr/bin")


def test_python_is_compiled_once_even_where_an_image_forbids_it_beside_the_source() -> None:
    home = Home(Path("/srv/a"))
    child = child_environment(home, {"PYTHONDONTWRITEBYTECODE": "1"})
    assert "PYTHONDONTWRITEBYTECODE" not in child
    assert child["PYTHONPYCACHEPREFIX"] == "/srv/a/python-cache"
    assert "PYTHONPYCACHEPREFIX" not in child_environment(home, {})


def test_an_odd_path_survives_in_the_database_url() -> None:
    assert "host=/srv/a%20b%26c/postgres&port" in environment(Home(Path("/srv/a b&c")), {})["ACME_DAGSTER_PG_URL"]


def test_a_socket_moves_to_tmp_when_its_path_is_too_long() -> None:
    assert socket_folder(Path("/srv/a")) == Path("/srv/a")
    long = Path("/srv") / ("x" * 120)
    assert socket_folder(long).parent == Path("/tmp")
    assert socket_folder(long) == socket_folder(long) != socket_folder(long / "y")


def test_a_socket_moves_to_tmp_when_a_client_would_read_two_hosts_in_its_path() -> None:
    assert socket_folder(Path("/srv/a,b")).parent == Path("/tmp")


def test_what_dagster_yaml_reads_has_defaults_that_a_shell_may_change() -> None:
    told = environment(Home(Path("/srv/a")), {"ACME_DAGSTER_POOL_SIZE": "3"})
    assert (told["ACME_DAGSTER_POOL_SIZE"], told["ACME_DAGSTER_POOL_OVERFLOW"]) == ("3", "10")
    assert told["ACME_RUNNER_SOCKET"] == "/srv/a/run/runner.sock"


def test_the_board_is_beside_the_ui_unless_another_port_is_chosen() -> None:
    assert Home.from_environment({"ACME_UI_PORT": "3100"}).board_port == 3101
    assert Home.from_environment({"ACME_UI_PORT": "3100", "ACME_BOARD_PORT": "8080"}).board_port == 8080
    assert environment(Home(Path("/srv/a"), 3100), {})["ACME_BOARD_PORT"] == "3101"
    with pytest.raises(StackError, match=r"ACME_BOARD_PORT=.* is not a port"):
        Home.from_environment({"ACME_BOARD_PORT": "x"})
