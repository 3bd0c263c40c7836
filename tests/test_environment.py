"""The platform from ACME_* variables: what each chooses, and that each one missing or wrong is named."""

from pathlib import Path

import pytest
import yaml
from sqlalchemy.engine import make_url

from acme_assets.environment import (
    EnvironmentProblem,
    clients_folder,
    embedded_url,
    platform_from,
    registry_from,
    snowflake_settings,
    utc_now,
    warehouse_from,
)
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.registry import CLIENTS_FOLDER, RegistryError
from tests.world import client_data

SNOWFLAKE = {
    "ACME_ENV": "production",
    "ACME_SNOWFLAKE_ACCOUNT": "acme-eu",
    "ACME_SNOWFLAKE_USER": "nights",
    "ACME_SNOWFLAKE_PRIVATE_KEY_PATH": "/run/secrets/key.p8",
    "ACME_SNOWFLAKE_ROLE": "NIGHTS",
    "ACME_SNOWFLAKE_WAREHOUSE": "NIGHTS_WH",
    "ACME_SNOWFLAKE_DATABASE": "ACME",
}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The smallest environment that works."""
    clients = tmp_path / "clients"
    clients.mkdir()
    (clients / "tiny_health.yaml").write_text(yaml.safe_dump(client_data()))
    (tmp_path / "landing").mkdir()
    return {
        "ACME_PG_HOST": "/run/acme pg",
        "ACME_CLIENTS": str(clients),
        "ACME_LANDING_URL": (tmp_path / "landing").as_uri(),
    }


def test_the_embedded_platform_is_the_default(env: dict[str, str]) -> None:
    platform = platform_from(env)
    assert isinstance(platform.warehouse, PostgresWarehouse)
    assert list(platform.registry.clients) == ["tiny_health"]
    assert list(platform.zone.listing()) == []
    assert platform.clock is utc_now
    assert utc_now().utcoffset() is not None


# --- landing zone


def test_a_missing_landing_zone_is_named(env: dict[str, str]) -> None:
    for landing in ({}, {"ACME_LANDING_URL": ""}):
        without = {name: value for name, value in env.items() if name != "ACME_LANDING_URL"}
        with pytest.raises(EnvironmentProblem, match=r"ACME_LANDING_URL is not set; give .* file:///folder"):
            platform_from(without | landing)


def test_an_unknown_kind_of_landing_zone_is_named(env: dict[str, str]) -> None:
    with pytest.raises(
        ValueError, match="ACME_LANDING_URL: gopher:// zones are not known; use s3://bucket/prefix or file:///folder"
    ):
        platform_from(env | {"ACME_LANDING_URL": "gopher://old"})


# --- warehouse


def test_a_missing_postgres_host_is_named(env: dict[str, str]) -> None:
    for host in ({}, {"ACME_PG_HOST": ""}):
        without = {name: value for name, value in env.items() if name != "ACME_PG_HOST"}
        with pytest.raises(EnvironmentProblem, match=r"ACME_PG_HOST is not set; `acme stack up` sets it"):
            platform_from(without | host)


@pytest.mark.parametrize("port", ["", "five", "54 32", "-1"])
def test_a_port_that_is_no_number_is_named(env: dict[str, str], port: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"ACME_PG_PORT is '{port}'; give the port as a number"):
        platform_from(env | {"ACME_PG_PORT": port})


def test_the_embedded_url_leads_to_the_socket_the_port_and_the_database() -> None:
    url = make_url(embedded_url({"ACME_PG_HOST": "/run/acme pg&x", "ACME_PG_PORT": "6000", "ACME_PG_DATABASE": "w"}))
    assert (url.database, url.query["host"], url.query["port"]) == ("w", "/run/acme pg&x", "6000")
    url = make_url(embedded_url({"ACME_PG_HOST": "/run"}))
    assert (url.database, url.query["port"]) == ("acme", "5432")


@pytest.mark.parametrize("kind", ["", "prod", "Production", "staging"])
def test_an_unknown_environment_is_named(env: dict[str, str], kind: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"ACME_ENV is '{kind}'; it is embedded or production"):
        platform_from(env | {"ACME_ENV": kind})


def test_snowflake_is_reached_with_a_key_pair() -> None:
    build = {**SNOWFLAKE, "ACME_SNOWFLAKE_WAREHOUSE_BUILD": "LARGE_WH"}
    assert snowflake_settings(build, "build")["warehouse"] == "LARGE_WH"
    assert snowflake_settings(build, "load")["warehouse"] == "NIGHTS_WH"
    assert snowflake_settings(SNOWFLAKE) == {
        "account": "acme-eu",
        "user": "nights",
        "private_key_path": "/run/secrets/key.p8",
        "role": "NIGHTS",
        "warehouse": "NIGHTS_WH",
        "database": "ACME",
    }


@pytest.mark.parametrize("name", [name for name in SNOWFLAKE if name != "ACME_ENV"])
def test_each_missing_snowflake_variable_is_named(name: str) -> None:
    for value in ({}, {name: ""}):
        env = {other: text for other, text in SNOWFLAKE.items() if other != name} | value
        with pytest.raises(EnvironmentProblem, match=f"^ACME_ENV is production, and {name} is not set$"):
            warehouse_from(env)


def test_all_missing_snowflake_variables_are_named_at_once() -> None:
    with pytest.raises(EnvironmentProblem) as caught:
        warehouse_from({"ACME_ENV": "production"})
    assert all(name in str(caught.value) for name in SNOWFLAKE if name != "ACME_ENV")


# --- clients


@pytest.mark.parametrize(("name", "one_of_them"), [("demo", "harbor_health"), ("real", "client_a")])
def test_a_set_of_clients_that_we_ship_is_chosen_by_its_name(name: str, one_of_them: str) -> None:
    registry = registry_from({"ACME_CLIENTS": name})
    assert one_of_them in registry.clients
    assert registry.problems == {}


def test_a_folder_of_clients_is_chosen_by_its_path(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(env["ACME_CLIENTS"])
    assert clients_folder(env) == folder
    monkeypatch.chdir(folder)
    assert clients_folder({"ACME_CLIENTS": "."}).resolve() == folder
    assert clients_folder({"ACME_CLIENTS": ".."}).resolve() == folder.parent
    assert list(registry_from({"ACME_CLIENTS": "../clients"}).clients) == ["tiny_health"]


def test_without_a_choice_the_clients_are_those_of_the_deployment() -> None:
    assert clients_folder({}) == clients_folder({"ACME_CLIENTS": ""}) == CLIENTS_FOLDER


@pytest.mark.parametrize("name", ["dmeo", "/nowhere/clients"])
def test_a_choice_of_clients_that_there_is_not_is_named(env: dict[str, str], name: str) -> None:
    with pytest.raises(RegistryError, match=f"{name} has no client files .*; set ACME_CLIENTS to a folder that has"):
        platform_from(env | {"ACME_CLIENTS": name})


def test_a_client_with_a_problem_leaves_the_platform_usable(env: dict[str, str]) -> None:
    (Path(env["ACME_CLIENTS"]) / "broken.yaml").write_text("[")
    registry = platform_from(env).registry
    assert list(registry.clients) == ["tiny_health"]
    assert "not YAML" in registry.problems["broken"]
