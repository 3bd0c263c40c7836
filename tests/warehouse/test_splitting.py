"""A large CSV in parts: every row in exactly one of them, whatever is in it."""

import csv
import gzip
import io
import random
from pathlib import Path

import pytest

from acme_assets.warehouse import splitting
from acme_assets.warehouse.splitting import split

AWKWARD = ["plain", "a,b", 'say "x"', "two\nlines", 'a "\n" quote', "", "é", "\n", '"']


def rows_in(path: Path) -> list[list[str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as text:
        return list(csv.reader(text, strict=True))


def write(path: Path, rows: list[list[str]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["one", "two"], *rows])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("block", [7, 64, 1 << 20])
def test_the_parts_hold_every_row_once_in_order_each_after_the_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, block: int
) -> None:
    monkeypatch.setattr(splitting, "_BLOCK", block)
    dice = random.Random(seed)
    rows = [[dice.choice(AWKWARD), dice.choice(AWKWARD)] for _ in range(dice.randrange(1, 60))]
    parts = split(write(tmp_path / "whole.csv", rows), tmp_path, part_bytes=dice.choice([1, 50, 10_000]))
    found = [rows_in(part) for part in parts]
    assert all(part[0] == ["one", "two"] for part in found)
    assert [row for part in found for row in part[1:]] == rows
    assert [part.name for part in parts] == sorted(part.name for part in parts)


def test_a_part_is_no_larger_than_asked_for_and_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_BLOCK", 100)
    parts = split(write(tmp_path / "whole.csv", [["x" * 40, "y"]] * 200), tmp_path, part_bytes=1000)
    sizes = [len(gzip.decompress(part.read_bytes())) for part in parts]
    assert len(parts) > 5
    assert all(1000 <= size <= 1000 + 200 for size in sizes[:-1])


def test_a_header_alone_has_no_parts(tmp_path: Path) -> None:
    assert split(write(tmp_path / "whole.csv", []), tmp_path) == []


def test_a_file_that_ends_inside_quotes_is_no_csv(tmp_path: Path) -> None:
    (tmp_path / "cut.csv").write_text('one,two\n1,"cut\n')
    with pytest.raises(ValueError, match="ends inside quotes"):
        split(tmp_path / "cut.csv", tmp_path)
