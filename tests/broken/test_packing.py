"""Archives that lie, swell or lead elsewhere."""

import gzip
import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from acme_assets.contracts.opening import Bounds, open_source
from acme_assets.contracts.results import SourceFile
from acme_assets.contracts.rows import FileError
from tests.broken.conftest import CSV, GOOD
from tools.fuzz_readers.comparing import layout

Held = Callable[..., str]

ZIP: dict[str, Any] = CSV | {"zip": True}
HEADER = "id,name,sex,born\n"


def archive(*members: tuple[str | zipfile.ZipInfo, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # names that come twice are what is tested
        with zipfile.ZipFile(out, "w", method) as made:
            for name, content in members:
                made.writestr(name, content)
    return out.getvalue()


UNSAFE = [
    "../rows.csv", "/rows.csv", "a/../../rows.csv", "..\\rows.csv", "\\rows.csv", "C:\\rows.csv", "C:rows.csv", "..",
    "//server/rows.csv", "a/..", "./../x", "\x07.csv", "a\nb.csv", "a\x1bb.csv", "\u202ecsv.exe",
]  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_name_holds_the_archive_whatever_else_is_in_it(name: str, held: Held) -> None:
    reason = held(archive(("rows.csv", GOOD), (name, GOOD)), CSV | {"zip": {"members": "rows.csv", "ignored": ["**"]}})
    assert "member 2 of the zip archive has a name" in reason
    assert reason.isprintable()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_a_link_or_device_in_an_archive_is_not_followed(kind: int, held: Held) -> None:
    entry = zipfile.ZipInfo("rows.csv")
    entry.external_attr = (kind | 0o644) << 16
    assert "member 1 of the zip archive is a link or a device" in held(archive((entry, "/etc/passwd")), ZIP)


def test_a_name_that_comes_twice_is_no_guess(held: Held) -> None:
    assert "has a name that another has too" in held(archive(("a.csv", GOOD), ("a.csv", GOOD)), ZIP)


def test_a_member_whose_name_begins_with_a_nul_holds_the_file(held: Held) -> None:
    content = archive(("rows.csv", GOOD)).replace(b"rows.csv", b"\0ows.csv")
    assert "member 1 of the zip archive has a name with control characters" in held(content, ZIP)


def test_a_member_that_no_pattern_names_holds_the_file(held: Held, outcome: Any) -> None:
    content = archive(("a.csv", GOOD), ("readme.txt", "hello"), ("old/b.csv", GOOD))
    assert "member 2 of the zip archive is none that" in held(content, CSV | {"zip": "*.csv"})
    ignoring = {"members": "*.csv", "ignored": ["*.txt", "old/**"]}
    assert outcome(content, CSV | {"zip": ignoring}).result.rows_loaded == 3
    assert "without a member" in held(content, CSV | {"zip": {"members": "*.json", "ignored": ["**"]}})


def test_members_are_read_by_name_as_one_file(outcome: Any) -> None:
    parts = [(f"part-{n}.csv", f"{HEADER}{n}0,A,F,\n{n}1,B,M,\n{n}2,C,?,\n") for n in (3, 1, 2)]
    found = outcome(archive(*parts), ZIP)
    assert [(row["source_row"], row["person_id"]) for row in found.loaded] == [
        ("1", "10"), ("2", "11"), ("4", "20"), ("5", "21"), ("7", "30"), ("8", "31"),
    ]  # fmt: skip
    assert [row["source_row"] for row in found.set_aside] == ["3", "6", "9"]
    assert '"id": "32"' in str(found.set_aside[2]["original"])


def test_a_bad_member_is_named(held: Held) -> None:
    reason = held(archive(("a.csv", HEADER + "1,A,F,\n"), ("b.csv", HEADER + "2,B\n")), ZIP)
    assert 'member "b.csv": row 1 (line 2) has 2 values for 4' in reason
    assert 'member "b.csv": is empty' in held(archive(("a.csv", GOOD), ("b.csv", HEADER)), ZIP)


@pytest.mark.parametrize("flag", ["encrypted", "method"])
def test_what_cannot_be_unpacked_is_held(flag: str, held: Held) -> None:
    content = bytearray(archive(("rows.csv", GOOD)))
    central = content.index(b"PK\x01\x02")
    for start, offset in ((0, 6), (central, 8)):
        if flag == "encrypted":
            content[start + offset] |= 1
        else:
            struct.pack_into("<H", content, start + offset + 2, 9)  # deflate64
    assert ("is encrypted" if flag == "encrypted" else "is packed in a way") in held(bytes(content), ZIP)


@pytest.mark.parametrize("claimed", [0, 1, 10, 1000, 2**31, 2**32 - 2])
def test_a_size_that_lies_is_found(claimed: int, held: Held) -> None:
    content = bytearray(archive(("rows.csv", GOOD)))
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, claimed)
    held(bytes(content), ZIP)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, GOOD.encode(), gzip.compress(GOOD.encode())],
    ids=["nothing", "two letters", "no member", "text", "gzip"],
)
def test_what_is_no_archive_is_held(content: bytes, held: Held) -> None:
    held(content, ZIP)


@pytest.mark.parametrize(
    "content",
    [GOOD.encode(), archive(("rows.csv", GOOD)), b"\x1f\x8b", b"\x1f\x8b\x08\0" * 10],
    ids=["text", "zip", "two bytes", "heads alone"],
)
def test_what_is_no_gzip_is_held(content: bytes, held: Held) -> None:
    held(content, CSV | {"gzip": True})


def test_gzip_of_several_members_is_one_file_and_anything_after_is_held(outcome: Any, held: Held) -> None:
    first, second = gzip.compress(GOOD[:30].encode()), gzip.compress(GOOD[30:].encode())
    assert outcome(first + second, CSV | {"gzip": True}).result.rows_loaded == 3
    held(first + second + b"more", CSV | {"gzip": True})


def test_a_directory_of_too_many_members_is_refused(held: Held) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for number in range(10_001):
            made.writestr(zipfile.ZipInfo(str(number)), b"")
    assert "over 10,000 members" in held(out.getvalue(), ZIP)


def test_a_directory_that_claims_gigabytes_is_not_read(held: Held) -> None:
    """The end record says that the directory has 3 GB, in a file that is long enough for it (and sparse)."""
    content = archive(("rows.csv", GOOD))
    end = content.index(b"PK\x05\x06")
    size = 3 * 1024**3
    tail = bytearray(content[end:])
    struct.pack_into("<II", tail, 12, size, end)
    assert held_of_sparse(content[:end], size, bytes(tail), held)


def held_of_sparse(start: bytes, gap: int, end: bytes, held: Held) -> bool:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sparse.zip"
        with path.open("wb") as file:
            file.write(start)
            file.seek(gap, io.SEEK_CUR)
            file.write(end)
        return "directory of over 32 MB" in held(path, ZIP)


def lines(count: int) -> Iterable[bytes]:
    return (b"1,Ada,F,1980-01-02\n" * 1000 for _ in range(count))


@pytest.mark.parametrize("packing", ["gzip", "zip"])
def test_a_bomb_is_refused_before_it_is_unpacked(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    if packing == "gzip":
        with gzip.open(path, "wb") as out:
            out.writelines(lines(5_000))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open("rows.csv", "w") as out:
            out.writelines(lines(5_000))
    assert 95_000_000 > 250 * path.stat().st_size > 0, "it is no bomb"
    file = SourceFile("bomb", path, layout(CSV | {packing: True}), "rows.csv" if packing == "zip" else None)
    seen = 0
    with pytest.raises(FileError, match="unpacks to over 250 times its size"), open_source(file) as raw:
        while block := raw.read(1024**2):
            seen += len(block)
    assert seen < 64 * 1024**2


def test_the_size_is_bounded_whatever_the_ratio(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(gzip.compress(GOOD.encode() * 100))
    file = SourceFile("large", path, layout(CSV | {"gzip": True}))
    with pytest.raises(FileError, match="unpacks to over 1,000 bytes"), open_source(file, Bounds(size=1000)) as raw:
        raw.read()


def test_overlapping_members_count_each_time_they_are_read(held: Held, tmp_path: Path) -> None:
    """Many entries of one piece of data: the ratio of a member may be small, and the rows come again and again."""
    content = archive(("a.csv", GOOD))
    central, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry = content[central:end]
    entries = b"".join(entry.replace(b"a.csv", f"{letter}.csv".encode()) for letter in "abcdef")
    tail = bytearray(content[end:])
    struct.pack_into("<HHI", tail, 8, 6, 6, len(entries))
    held(content[:central] + entries + bytes(tail), ZIP)
