"""Files reach the landing zone whole, where the registry's patterns find them."""

from datetime import date
from pathlib import Path

import pytest

from acme_assets.feeds.patterns import match
from acme_assets.simulation.delivery import deliver
from acme_assets.simulation.generator import generate
from acme_assets.simulation.patterns import render
from client_partitions.client import Client


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{date}/a.csv", "2026-03-10/a.csv"),
        ("x/{date:%Y%m%d}_*_v*.txt", "x/20260310_001_v001.txt"),
        ("{date:%d-%b-%Y}.csv", "10-Mar-2026.csv"),
        ("**/{date:%y%j}.csv", "001/26069.csv"),
    ],
)
def test_a_rendered_pattern_matches_itself(pattern: str, path: str, business_date: date) -> None:
    assert render(pattern, business_date) == path
    assert match(pattern, path) == business_date


def test_files_land_in_the_clients_folder_and_fit_its_patterns(
    demo_clients: dict[str, Client], business_date: date, tmp_path: Path
) -> None:
    for client in demo_clients.values():
        files = generate(client, business_date, scale=0.1)
        paths = deliver(files, tmp_path, client)
        assert [path.relative_to(tmp_path / client.landing).as_posix() for path in paths] == [f.path for f in files]
        assert [path.read_bytes() for path in paths] == [file.content for file in files]
        for file in files:
            specs = client.feeds[file.sources[0].feed].files
            assert [match(spec.pattern, file.path) for spec in specs].count(business_date) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_a_sender_that_dies_leaves_no_half_file_under_the_real_name(
    demo_clients: dict[str, Client], business_date: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = demo_clients["coastal_labs"]
    files = generate(client, business_date, scale=0.1)

    def die(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(files, tmp_path, client)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".part"}
    deliver(files, tmp_path, client)
    assert not list(tmp_path.rglob("*.part"))
