"""`acme sla backtest` as somebody runs it who does not believe the forecast."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from acme_assets.cli.main import app

RUN = CliRunner()
FIRST = date(2025, 1, 4)


def lines(senders: int = 12, weeks: int = 16) -> list[str]:
    """Each sender has a time of its own; in some weeks everybody is late together; now and then nothing comes."""
    random = np.random.default_rng(1)
    found = ["client,period,lateness_min,bytes"]
    for week in range(weeks):
        together = 600.0 if random.random() < 0.15 else 0.0
        for sender in range(senders):
            lateness = f"{together - 400 + 45 * sender + random.normal(0, 40):.1f}" if random.random() > 0.05 else ""
            found.append(f"sender{sender},{FIRST + timedelta(weeks=week)},{lateness},100")
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("logs"), lines())


def written(folder: Path, text: Sequence[str], name: str = "weekly.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(text) + "\n")
    return path


def backtest(*arguments: str, code: int = 0) -> str:
    result = RUN.invoke(app, ["sla", "backtest", *arguments])
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def told(log: Path) -> Any:
    said = backtest("--deliveries", str(log), "--json").strip().splitlines()
    assert len(said) == 1
    return json.loads(said[-1])


def test_the_last_line_is_json_with_the_scores(told: Any) -> None:
    assert told["cases"] > 200
    assert told["brier_skill_vs_climatology"] == pytest.approx(1 - told["brier"] / told["brier_climatology"])
    assert told["brier_skill_vs_mean_2sigma"] == pytest.approx(1 - told["brier"] / told["brier_mean_2sigma"])
    assert told["brier_skill_vs_climatology"] > 0.05
    assert 0.7 < told["p90_coverage"] <= 1
    assert sum(item["cases"] for item in told["reliability"]) == told["cases"]


def test_it_judges_on_the_later_half(told: Any) -> None:
    assert told["judged_from"] == (FIRST + timedelta(weeks=8)).isoformat()


def test_the_tables_show_the_counts_beside_the_scores(log: Path, told: Any) -> None:
    text = " ".join(backtest("--deliveries", str(log)).split())  # the terminal folds it where it will
    assert f"{told['cases']:,} forecasts" in text
    assert f"{told['brier']:.4f}" in text
    for said in ("how often the sender missed so far", "probability", "within P90", "of what was in time was flagged"):
        assert said in text


def test_plots_are_written_as_png(tmp_path: Path, log: Path) -> None:
    backtest("--deliveries", str(log), "--plots", str(tmp_path / "new"), "--json")
    assert (tmp_path / "new" / "reliability.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (["client,period", "a,2025-01-04"], "odd.csv: has no column lateness_min"),
        (lines(weeks=3), "odd.csv: has 3 periods; at least 8 are needed to judge"),
        ([*lines(), "x,2025-01-04,soon,1"], "odd.csv: line 194: lateness_min: is no number"),
        (["client,period,lateness_min", "a,2025-13-04,1"], "odd.csv: line 2: period: is no date"),
    ],
)
def test_what_is_wrong_with_a_log_is_one_line(tmp_path: Path, text: list[str], said: str) -> None:
    shown = backtest("--deliveries", str(written(tmp_path, text, "odd.csv")), code=1)
    assert said in shown
    assert len(shown.strip().splitlines()) == 1


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    assert "No such file" in backtest("--deliveries", str(tmp_path / "none.csv"), code=1)
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    shown = backtest("--deliveries", str(tmp_path / "picture.csv"), code=1)
    assert "picture.csv: is not UTF-8 text; save it as UTF-8" in shown


@pytest.mark.usefixtures("environment")
def test_a_ledger_without_nights_says_what_to_do() -> None:
    shown = backtest(code=1)
    assert "the ledger has 0 business dates that are over" in shown
    assert "give --deliveries FILE" in shown
