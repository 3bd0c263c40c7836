"""Plots of the forecast are whole pictures, of nights that are not expected tonight too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from acme_assets.cli.sla_plots import Fan, Said, fan_plot

DEADLINE = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("p50", [DEADLINE - HOUR, None])
def test_a_fan_is_drawn_whether_or_not_the_night_is_expected(tmp_path: Path, p50: datetime | None) -> None:
    said = [Said(DEADLINE - (5 - hour) * HOUR, 0.2 * hour, p50, None) for hour in range(5)]
    events = [(DEADLINE - 2 * HOUR, "the first file is here")]
    path = tmp_path / "new" / "fan.png"
    fan_plot(Fan("a night", ZoneInfo("Asia/Kolkata"), said, DEADLINE, DEADLINE + HOUR, events), path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n")
    assert path.stat().st_size > 10_000
