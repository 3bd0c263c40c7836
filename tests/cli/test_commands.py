"""The commands as a person runs them, on a real database."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from tests.world import ELIGIBILITY, NIGHT, World, client_data

RUN = CliRunner()


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, list(arguments))
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.usefixtures("environment")
class TestNights:
    def test_status_says_what_blocks_and_whose_it_is(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        text = acme("status", "--date", NIGHT.isoformat())
        assert "tiny_health" in text
        assert "feeds/pharmacy_claim" in text
        assert "Cora Client (client)" in text

    def test_status_as_json_has_every_step(self, world: World) -> None:
        world.deliver_all()
        (night,) = json.loads(acme("status", "--date", NIGHT.isoformat(), "--json"))["nights"]
        assert night["state"] == "running"
        assert [step["name"] for step in night["steps"]] == [
            "feeds/eligibility",
            "feeds/pharmacy_claim",
            "marts",
            "sign-off",
            "release",
        ]

    def test_a_broken_client_file_is_shown_and_the_others_go_on(self, environment: Path, world: World) -> None:
        (environment / "broken.yaml").write_text("client_id: broken\nname: [\n")
        data = client_data(client_id="other", landing="other", time_zone="Mars/Olympus")
        (environment / "other.yaml").write_text(yaml.safe_dump(data))
        world.deliver_all()
        text = acme("status", "--date", NIGHT.isoformat())
        assert "broken.yaml: line" in text
        assert "other.yaml: time_zone" in text
        assert "marts: being built" in text

    def test_explain_shows_the_chain(self, world: World) -> None:
        world.deliver_all()
        world.build()
        text = acme("explain", "tiny_health", NIGHT.isoformat())
        assert "2 rows loaded" in text
        assert "no QA sign-off covers candidate" in text
        assert "Ingrid (qa)" in text

    def test_an_unknown_client_or_date_is_one_clear_line(self) -> None:
        text = acme("explain", "nobody", "2026-01-01", code=1)
        assert "there is no client 'nobody'; the registry has: tiny_health" in text
        assert "write it as YYYY-MM-DD" in acme("status", "--date", "yesterday", code=2)
        assert "there is no client 'nobody'" in acme("status", "--client", "nobody", code=1)

    def test_a_dead_warehouse_is_one_clear_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_PG_HOST", "/nowhere")
        text = acme("status", code=1)
        assert "does not answer" in text
        assert "acme stack up" in text
        assert "Traceback" not in text

    def test_an_empty_registry_is_one_clear_line(self, environment: Path) -> None:
        (environment / "tiny_health.yaml").unlink()
        assert "set ACME_CLIENTS" in acme("status", code=1)


@pytest.mark.usefixtures("environment")
class TestPrepare:
    def test_the_sql_to_review_is_of_the_warehouse_that_is_chosen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "CREATE TABLE ops.deliveries" in acme("prepare", "--sql")
        monkeypatch.setenv("ACME_ENV", "production")
        assert "CREATE HYBRID TABLE ops.deliveries" in acme("prepare", "--sql")

    def test_preparing_again_leaves_what_is_there(self, world: World) -> None:
        world.deliver_all()
        assert "up to date" in acme("prepare")
        assert set(world.facts().inputs) == {"eligibility", "pharmacy_claim"}

    def test_production_without_its_settings_names_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ACME_ENV", "production")
        assert "ACME_SNOWFLAKE_ACCOUNT" in acme("prepare", code=1)


class TestClients:
    @pytest.mark.parametrize("name", ["demo", "real"])
    def test_the_clients_that_we_ship_are_valid(self, name: str) -> None:
        folder = Path(__file__).resolve().parents[2] / "client_partitions" / "clients" / name
        assert "clients are valid" in acme("clients", "validate", str(folder))

    def test_every_problem_is_a_line_that_names_file_and_field(self, environment: Path) -> None:
        data = client_data()
        data["layouts"]["eligibility"] = {
            **data["layouts"]["eligibility"],
            "columns": {**data["layouts"]["eligibility"]["columns"], "shoe_size": "shoe"},
        }
        (environment / "tiny_health.yaml").write_text(yaml.safe_dump(data))
        (environment / "second.yaml").write_text("client_id: second\n")
        text = acme("clients", "validate", code=1)
        assert "tiny_health.yaml: layouts.eligibility (for eligibility)" in text
        assert "shoe_size" in text
        assert "second.yaml: owners: is missing" in text

    def test_list_has_zones_and_feeds(self, environment: Path) -> None:
        assert environment.is_dir()
        (client,) = json.loads(acme("clients", "list", "--json"))
        assert client["time_zone"] == "America/New_York"
        assert client["feeds"] == {"eligibility": True, "pharmacy_claim": True, "lab_result": False}


@pytest.mark.parametrize(
    "command",
    [[], ["qa"], ["keys"], ["clients"], ["stack"], ["status"], ["explain"], ["demo"], ["night"], ["prepare"]],
)
def test_every_command_has_help(command: list[str]) -> None:
    assert "Usage" in acme(*command, "--help")
