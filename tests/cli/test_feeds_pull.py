"""`acme feeds pull` as a person runs it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from tests.landing.api_server import Answer, Server, api_server, paged
from tests.landing.made_up import API
from tests.world import World, client_data

RUN = CliRunner()


def acme(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ["feeds", "pull", *arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def api(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The client's API, with three records; its file names it."""
    with api_server(paged([f'{{"person": "p{number}"}}' for number in range(3)])) as server:
        data = client_data(pulls={"source": {**API, "url": server.url, "attempts": 1}})
        data["feeds"]["eligibility"]["pull"] = "source"
        (environment / "tiny_health.yaml").write_text(yaml.safe_dump(data))
        monkeypatch.setenv("TINY_TOKEN", "s3cret-token")
        yield server


def test_a_pull_says_what_it_landed(api: Server, world: World) -> None:
    said = acme("tiny_health", "eligibility", "--business-date", "2026-03-10")
    assert "tiny/2026-03-10/eligibility.ndjson" in said
    assert "1 landed, 0 here already, 0 still being written, 0 not taken" in said
    assert [file.path for file in world.zone.listing()] == ["tiny/2026-03-10/eligibility.ndjson"]


def test_the_night_in_hand_is_pulled_where_no_date_is_given(api: Server) -> None:
    data: dict[str, Any] = json.loads(acme("tiny_health", "eligibility", "--json"))
    assert data["business_date"] == "2026-03-10"
    assert data["landed"] == [{"path": "tiny/2026-03-10/eligibility.ndjson", "bytes": 51, "records": 3}]
    assert json.loads(acme("tiny_health", "eligibility", "--json"))["known"] == 1
    api.answers = paged(['{"person": "corrected"}'])
    assert json.loads(acme("tiny_health", "eligibility", "--again", "--json"))["landed"][0]["records"] == 1


def test_a_dry_run_lands_nothing(api: Server, world: World) -> None:
    assert "1 would land" in acme("tiny_health", "eligibility", "--dry-run")
    assert list(world.zone.listing()) == []


def test_the_secret_may_stand_in_a_file(api: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TINY_TOKEN")
    (tmp_path / "token").write_text("from-a-file\n")
    monkeypatch.setenv("TINY_TOKEN_FILE", str(tmp_path / "token"))
    acme("tiny_health", "eligibility")
    assert {asked.headers["Authorization"] for asked in api.asked} == {"Bearer from-a-file"}


def test_what_is_wrong_is_said_in_one_line(api: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "tiny_health sends its pharmacy_claim: the feed names no `pull`" in acme(
        "tiny_health", "pharmacy_claim", code=1
    )
    assert "tiny_health owes no patient; it owes" in acme("tiny_health", "patient", code=1)
    assert "there is no feed x" in acme("tiny_health", "x", code=1)
    api.answers = lambda asked: Answer(b"members' data", 503)
    failed = acme("tiny_health", "eligibility", code=1)
    assert "127.0.0.1 answers 503, 1 times; ask the client" in failed
    assert "members" not in failed
    monkeypatch.delenv("TINY_TOKEN")
    assert "the secret TINY_TOKEN is not set; set TINY_TOKEN, or TINY_TOKEN_FILE" in acme(
        "tiny_health", "eligibility", code=1
    )
