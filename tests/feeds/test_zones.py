"""The local landing zone: what a listing shows, and that a look that fails is never an empty one."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from acme_assets.feeds import zones
from acme_assets.feeds.zones import DEEPEST, LocalZone, ZoneUnavailable, sha256_of


def put(root: Path, path: str, text: str = "x") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def paths(root: Path) -> list[str]:
    return [file.path for file in LocalZone(root).listing()]


def test_a_listing_shows_every_file_with_its_size_and_time_in_order_of_path(tmp_path: Path) -> None:
    put(tmp_path, "tiny/2026-03-10/b.csv", "four")
    put(tmp_path, "tiny/2026-03-10/a.csv", "")
    put(tmp_path, "loose.csv")
    put(tmp_path, "big/a")
    moment = datetime(2026, 3, 11, 6, 30, tzinfo=UTC)
    os.utime(tmp_path / "tiny/2026-03-10/b.csv", (moment.timestamp(), moment.timestamp()))
    listing = list(LocalZone(tmp_path).listing())
    assert [file.path for file in listing] == [
        "big/a",
        "loose.csv",
        "tiny/2026-03-10/a.csv",
        "tiny/2026-03-10/b.csv",
    ]
    assert [file.size for file in listing] == [1, 1, 0, 4]
    assert listing[-1].modified_at == moment
    assert all(file.modified_at.tzinfo is UTC for file in listing)


def test_an_empty_zone_has_an_empty_listing(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    assert paths(tmp_path) == []


def test_a_zone_that_is_not_there_is_unavailable_not_empty(tmp_path: Path) -> None:
    with pytest.raises(ZoneUnavailable, match=r"missing is no folder; create or mount it, or set ACME_LANDING_URL"):
        paths(tmp_path / "missing")
    with pytest.raises(ZoneUnavailable, match="is no folder"):
        paths(put(tmp_path, "file"))


@pytest.fixture
def endless_folder(tmp_path: Path) -> Iterator[Path]:
    """A zone with a folder whose path is longer than the system takes: it is there, and cannot be listed."""
    folder = os.open(tmp_path, os.O_RDONLY)
    name = "d" * 250
    for _ in range(20):
        os.mkdir(name, dir_fd=folder)
        below = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    yield tmp_path
    shutil.rmtree(tmp_path / name)


def test_a_folder_that_cannot_be_listed_makes_the_zone_unavailable(endless_folder: Path) -> None:
    put(endless_folder, "tiny/a.csv")
    with pytest.raises(ZoneUnavailable, match=r"cannot be listed \(File name too long\)"):
        paths(endless_folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission_makes_the_zone_unavailable(tmp_path: Path) -> None:
    put(tmp_path, "tiny/a.csv")
    (tmp_path / "tiny").chmod(0)
    try:
        with pytest.raises(ZoneUnavailable, match=r"cannot be listed \(Permission denied\); check its permissions"):
            paths(tmp_path)
    finally:
        (tmp_path / "tiny").chmod(0o700)


def test_links_and_pipes_are_shown_as_what_they_are_and_never_gone_into(tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/secret.csv")
    root = tmp_path / "zone"
    put(root, "tiny/a.csv")
    (root / "tiny/link.csv").symlink_to(outside)
    (root / "tiny/dangling.csv").symlink_to(tmp_path / "gone")
    (root / "linked").symlink_to(outside.parent)
    (root / "loop").symlink_to(root)
    os.mkfifo(root / "tiny/pipe.csv")
    found = {file.path: file.problem for file in LocalZone(root).listing()}
    assert found.pop("tiny/a.csv") is None
    assert set(found) == {"linked", "loop", "tiny/dangling.csv", "tiny/link.csv", "tiny/pipe.csv"}
    assert all(problem and "never followed or read" in problem for problem in found.values())


def test_a_sender_that_nests_folders_without_end_costs_nobody_the_listing(tmp_path: Path) -> None:
    put(tmp_path, "tiny/a.csv")
    (tmp_path / "evil" / "/".join("x" * DEEPEST)).mkdir(parents=True)
    put(tmp_path, "evil/" + "x/" * DEEPEST + "hidden.csv")
    deep, shallow = LocalZone(tmp_path).listing()
    assert (deep.path.count("/"), shallow.path) == (DEEPEST - 1, "tiny/a.csv")
    assert deep.problem
    assert f"more than {DEEPEST} deep" in deep.problem


def test_a_time_that_no_calendar_holds_costs_nobody_the_listing(tmp_path: Path) -> None:
    for name, seconds in (("old.csv", -(10**10)), ("new.csv", 10**10)):
        os.utime(put(tmp_path, name), (seconds, seconds))
    assert [file.modified_at.year for file in LocalZone(tmp_path).listing()] == [2200, 1970]


def test_the_zone_itself_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path, "disk/tiny/a.csv", "abc")
    (tmp_path / "zone").symlink_to(tmp_path / "disk")
    assert paths(tmp_path / "zone") == ["tiny/a.csv"]
    assert LocalZone(tmp_path / "zone").fetch("tiny/a.csv", tmp_path).read_text() == "abc"


def test_a_name_that_is_not_utf_8_is_listed(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.csv")).touch()
    assert paths(tmp_path) == ["caf\udce9.csv"]


@pytest.fixture
def during_the_look(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, Callable[[], None]], None]:
    """Let something happen between the listing of a folder and the look at what it lists."""
    real = os.scandir

    def arrange(where: Path, happen: Callable[[], None]) -> None:
        @contextmanager
        def scandir(folder: Path) -> Iterator[list[os.DirEntry[str]]]:
            if Path(folder) == where:
                entries = list(real(folder))
                happen()
                yield sorted(entries, key=lambda entry: entry.name)
            else:
                with real(folder) as entries:
                    yield list(entries)

        monkeypatch.setattr(zones.os, "scandir", scandir)

    return arrange


def test_a_file_taken_back_during_the_look_hides_no_other(tmp_path: Path, during_the_look) -> None:
    for name in "abc":
        put(tmp_path, f"tiny/{name}.csv")
    during_the_look(tmp_path / "tiny", (tmp_path / "tiny/b.csv").unlink)
    assert paths(tmp_path) == ["tiny/a.csv", "tiny/c.csv"]


def test_a_folder_taken_back_during_the_look_hides_no_other(tmp_path: Path, during_the_look) -> None:
    for name in "abc":
        put(tmp_path, f"tiny/{name}/x.csv")
    (tmp_path / "tiny/b/x.csv").unlink()
    during_the_look(tmp_path / "tiny", (tmp_path / "tiny/b").rmdir)
    assert paths(tmp_path) == ["tiny/a/x.csv", "tiny/c/x.csv"]


def test_a_zone_that_goes_away_during_the_look_is_unavailable_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "zone"
    root.mkdir()
    real = os.scandir

    def scandir(folder: Path) -> Iterator[os.DirEntry[str]]:
        root.rmdir()
        return real(folder)

    monkeypatch.setattr(zones.os, "scandir", scandir)
    with pytest.raises(ZoneUnavailable, match="cannot be listed"):
        paths(root)


# --- fetching


def test_a_file_of_a_local_zone_is_fetched_where_it_lies(tmp_path: Path) -> None:
    file = put(tmp_path, "tiny/a.csv", "abc")
    assert LocalZone(tmp_path).fetch("tiny/a.csv", tmp_path / "copies") == file


@pytest.mark.parametrize("path", ["tiny/gone.csv", "tiny", "gone/a.csv"])
def test_what_is_no_file_cannot_be_fetched(tmp_path: Path, path: str) -> None:
    put(tmp_path, "tiny/a.csv")
    with pytest.raises(ZoneUnavailable, match=f"{path} cannot be read; check that it is there and its permissions"):
        LocalZone(tmp_path).fetch(path, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_file_without_permission_cannot_be_fetched(tmp_path: Path) -> None:
    put(tmp_path, "tiny/a.csv").chmod(0)
    with pytest.raises(ZoneUnavailable, match="cannot be read"):
        LocalZone(tmp_path).fetch("tiny/a.csv", tmp_path)


def test_a_link_put_in_a_files_place_is_not_followed(tmp_path: Path) -> None:
    other = put(tmp_path, "zone/other_client/claims.csv")
    for path in ("zone/tiny/a.csv", "zone/tiny2"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / "zone/tiny/a.csv").symlink_to(other)
    (tmp_path / "zone/linked").symlink_to(other.parent)
    for path in ("tiny/a.csv", "linked/claims.csv"):
        with pytest.raises(ZoneUnavailable, match=f"{path} cannot be read: it is or goes through a link"):
            LocalZone(tmp_path / "zone").fetch(path, tmp_path)


def test_a_path_cannot_climb_out_of_the_zone(tmp_path: Path) -> None:
    put(tmp_path, "secret.csv")
    (tmp_path / "zone").mkdir()
    with pytest.raises(ZoneUnavailable):
        LocalZone(tmp_path / "zone").fetch("../secret.csv", tmp_path)


# --- hashes and URLs


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_a_file_that_cannot_be_read_has_no_hash(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(ZoneUnavailable, match=f"{path} cannot be read"):
            sha256_of(path)
