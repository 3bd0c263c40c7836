"""What pulls need of a landing zone, of each kind: files land whole, and notes are seen by nobody else."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from acme_assets.feeds.zones import OWN, LandingZone, LocalZone, ZoneUnavailable
from acme_assets.landing.s3 import S3Zone
from acme_assets.landing.zones import open_zone


def land(zone: LandingZone, path: str, content: bytes) -> None:
    with zone.scratch() as folder:
        (folder / "new").write_bytes(content)
        zone.put(path, folder / "new")


def content(zone: LandingZone, path: str, folder: Path) -> bytes:
    return zone.fetch(path, folder).read_bytes()


def test_what_is_landed_is_listed_with_its_size_and_read_back(zone: LandingZone, tmp_path: Path) -> None:
    land(zone, "tiny/2026-03-10/b.csv", b"four")
    land(zone, "tiny/2026-03-10/a b+é.csv", b"")
    listing = list(zone.listing())
    assert [(file.path, file.size) for file in listing] == [
        ("tiny/2026-03-10/a b+é.csv", 0),
        ("tiny/2026-03-10/b.csv", 4),
    ]
    assert all(abs(file.modified_at.timestamp() - time.time()) < 60 for file in listing)
    assert content(zone, "tiny/2026-03-10/b.csv", tmp_path) == b"four"


def test_a_file_that_lands_again_is_replaced(zone: LandingZone, tmp_path: Path) -> None:
    land(zone, "tiny/a.csv", b"old and long")
    land(zone, "tiny/a.csv", b"new")
    assert [file.size for file in zone.listing()] == [3]
    assert content(zone, "tiny/a.csv", tmp_path) == b"new"


def test_a_file_is_looked_up_as_a_listing_shows_it(zone: LandingZone) -> None:
    land(zone, "tiny/2026-03-10/a b+é.csv", b"four")
    (listed,) = zone.listing()
    found = zone.look_up(listed.path)
    assert found
    assert (found.path, found.size, found.problem) == (listed.path, 4, None)
    assert (
        timedelta(0) <= listed.modified_at - found.modified_at < timedelta(seconds=1)
    )  # S3 tells one in whole seconds
    assert zone.look_up("tiny/2026-03-10") is None or not isinstance(zone, S3Zone)
    assert zone.look_up("tiny/2026-03-10/gone.csv") is zone.look_up("nobody/gone.csv") is None


def test_a_file_is_removed_as_it_was_looked_up_and_once_is_enough(zone: LandingZone) -> None:
    land(zone, "tiny/a.csv", b"four")
    land(zone, "tiny/b.csv", b"four")
    found = zone.look_up("tiny/a.csv")
    assert found
    assert zone.remove(found)
    assert zone.remove(found)
    assert [file.path for file in zone.listing()] == ["tiny/b.csv"]


def test_a_file_that_was_replaced_meanwhile_stays(zone: LandingZone) -> None:
    land(zone, "tiny/a.csv", b"four")
    found = zone.look_up("tiny/a.csv")
    assert found
    land(zone, "tiny/a.csv", b"another")
    assert not zone.remove(found)
    assert [file.size for file in zone.listing()] == [7]


def test_nothing_is_looked_up_or_removed_through_a_link(local_zone: LocalZone, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.csv").write_text("x")
    (tmp_path / "landing" / "tiny").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "landing" / "link.csv").symlink_to(tmp_path / "elsewhere" / "a.csv")
    with pytest.raises(ZoneUnavailable, match="goes through a link"):
        local_zone.look_up("tiny/a.csv")
    found = local_zone.look_up("link.csv")
    assert found
    assert found.problem
    with pytest.raises(ZoneUnavailable, match="goes through a link"):
        local_zone.look_up("../elsewhere/a.csv")


def test_notes_are_kept_and_no_listing_shows_them(zone: LandingZone) -> None:
    zone.write_note("pulls/tiny/a.json", b"1")
    zone.write_note("pulls/tiny/a/page", b"22")
    zone.write_note("pulls/tiny/a.json", b"333")
    assert zone.note("pulls/tiny/a.json") == b"333"
    assert zone.note("pulls/tiny/other.json") is None
    assert list(zone.listing()) == []
    zone.drop_notes("pulls/tiny/a")
    zone.drop_notes("pulls/tiny/nothing")
    assert zone.note("pulls/tiny/a/page") is None
    assert zone.note("pulls/tiny/a.json") == b"333"


def test_what_is_not_whole_is_not_listed_and_goes(zone: LandingZone) -> None:
    with pytest.raises(RuntimeError), zone.scratch() as folder:
        (folder / "half").write_bytes(b"members' data")
        assert list(zone.listing()) == []
        raise RuntimeError
    assert not folder.exists()


def test_a_file_that_is_not_there_makes_the_zone_unavailable(zone: LandingZone, tmp_path: Path) -> None:
    with pytest.raises(ZoneUnavailable, match=r"tiny/gone\.csv"):
        zone.fetch("tiny/gone.csv", tmp_path)


def test_a_local_zone_that_is_away_takes_nothing(tmp_path: Path) -> None:
    """An unmounted disk must not become a folder on another one."""
    (tmp_path / "file").write_text("x")
    away = LocalZone(tmp_path / "away")
    for act in (lambda: away.put("a", tmp_path / "file"), lambda: away.write_note("a", b"")):
        with pytest.raises(ZoneUnavailable, match="is no folder; create or mount it"):
            act()
    assert not (tmp_path / "away").exists()


def test_nothing_lands_through_a_link(local_zone: LocalZone, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "landing/tiny").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ZoneUnavailable, match="goes through a link"):
        land(local_zone, "tiny/a.csv", b"x")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_killed_pulls_left_is_swept_after_a_day(local_zone: LocalZone, tmp_path: Path) -> None:
    above = tmp_path / "landing" / OWN / "scratch"
    for name, age in (("old", 90_000), ("young", 3_600)):
        (above / name).mkdir(parents=True)
        (above / name / "half").write_text("members' data")
        os.utime(above / name, (time.time() - age, time.time() - age))
    land(local_zone, "a.csv", b"x")
    assert [path.name for path in above.iterdir()] == ["young"]


def test_a_bucket_has_no_folders_and_knows_its_prefix(bucket: str) -> None:
    client = boto3.client("s3")
    for key in ("zone/tiny/", "zone/tiny/a.csv", "zone2/tiny/b.csv", "c.csv", f"zone/{OWN}/x", "zone/tiny/.acme/y"):
        client.put_object(Bucket=bucket, Key=key, Body=b"")
    assert [file.path for file in S3Zone.connect(bucket, "zone").listing()] == ["tiny/.acme/y", "tiny/a.csv"]


def test_a_listing_of_many_pages_is_whole(bucket: str) -> None:
    client = boto3.client("s3")
    for number in range(23):
        client.put_object(Bucket=bucket, Key=f"many/{number:04d}", Body=b"")
        client.put_object(Bucket=bucket, Key=f"{OWN}/pages/{number:04d}", Body=b"")
    zone = S3Zone.connect(bucket, "")
    pages = []

    def short(params: dict[str, Any], **_: object) -> dict[str, Any]:
        """S3 gives a thousand a page where nobody asks for fewer."""
        pages.append(params)
        return params | {"MaxKeys": 10}

    zone._client.meta.events.register("provide-client-params.s3.ListObjectsV2", short)
    assert len(list(zone.listing())) == 23
    assert len(pages) > 2
    zone.drop_notes("pages")
    assert client.list_objects_v2(Bucket=bucket, Prefix=OWN)["KeyCount"] == 0


def test_a_bucket_that_cannot_be_listed_is_unavailable_and_not_empty(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ZoneUnavailable, match=r"s3://no-such-bucket/ cannot be listed \(NoSuchBucket\)"):
        list(S3Zone.connect("no-such-bucket", "").listing())
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ZoneUnavailable, match="cannot be listed"):
        list(S3Zone.connect(bucket, "").listing())


def test_a_name_in_a_bucket_leads_nowhere_else_when_it_is_fetched(bucket: str, tmp_path: Path) -> None:
    boto3.client("s3").put_object(Bucket=bucket, Key="tiny/../../escape.csv", Body=b"x")
    folder = tmp_path / "a/b"
    folder.mkdir(parents=True)
    fetched = S3Zone.connect(bucket, "").fetch("tiny/../../escape.csv", folder)
    assert fetched.parent == folder
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [fetched]


def test_a_url_of_a_folder_opens_it(tmp_path: Path) -> None:
    folder = tmp_path / "landing zone #1 \u00e9"
    (folder / "tiny").mkdir(parents=True)
    (folder / "tiny/a.csv").touch()
    assert [file.path for file in open_zone(folder.as_uri()).listing()] == ["tiny/a.csv"]


@pytest.mark.parametrize("prefix", ["", "/", "/deep/down", "/deep/down/"])
def test_a_url_of_a_bucket_opens_it(bucket: str, prefix: str) -> None:
    land(open_zone(f"s3://{bucket}{prefix}"), "tiny/a.csv", b"x")
    keys = [item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["/".join(part for part in (prefix.strip("/"), "tiny/a.csv") if part)]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("s3://", "s3:// names no bucket; use s3://bucket or s3://bucket/prefix"),
        ("sftp://host/folder", "sftp:// zones are not known; use s3://bucket/prefix or file:///folder"),
        ("/srv/landing", "no:// zones are not known"),
        ("", "no:// zones are not known"),
        ("file://srv/landing", "file://srv/landing names no folder of this machine; use file:///folder"),
        ("file:landing", "file:landing names no folder of this machine"),
        ("file://", "file:// names no folder of this machine"),
    ],
)
def test_a_url_that_names_no_zone_is_refused(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^ACME_LANDING_URL: {problem}"):
        open_zone(url)
