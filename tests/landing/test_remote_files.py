"""Of a server's listing, what is new, settled and safe is fetched; the rest has a reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from acme_assets.landing.remote_files import Plan, RemoteFile, plan
from tests.landing.made_up import NOW, SFTP, pulling_client

FRESH = int(NOW.timestamp()) - 600
FILE = RemoteFile("2026-03-10/eligibility.csv", 10, FRESH)
CLIENT = pulling_client(SFTP, ignored_files={"readme/*": "the client's own notes"})


def planned(*listed: RemoteFile, before: Sequence[RemoteFile] | None = None, pulled=None) -> Plan:
    return plan(CLIENT, listed, listed if before is None else before, pulled or {}, 1000, NOW)


def test_a_new_file_is_fetched_and_one_that_was_landed_is_not() -> None:
    assert planned(FILE).fetch == [FILE]
    done = planned(FILE, pulled={FILE.path: FILE.version})
    assert (done.fetch, done.known) == ([], 1)


@pytest.mark.parametrize("other", [replace(FILE, size=11), replace(FILE, modified=FRESH + 1)])
def test_a_new_version_is_fetched_once_it_is_settled(other: RemoteFile) -> None:
    pulled = {FILE.path: FILE.version}
    assert planned(other, pulled=pulled).fetch == [other]
    growing = planned(other, before=[FILE], pulled=pulled)
    assert (growing.fetch, growing.waiting) == ([], 1)
    assert planned(other, before=[], pulled=pulled).waiting == 1


def test_files_are_fetched_in_the_order_in_which_they_were_written() -> None:
    """A trigger or a control file must not land before what it announces."""
    trigger = RemoteFile("2026-03-10/a.done", 0, FRESH)
    late = RemoteFile("2026-03-10/0.csv", 5, FRESH + 1)
    assert planned(late, trigger, FILE).fetch == [FILE, trigger, late]


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.TMP", "a.csv.filepart"])
def test_a_file_with_the_name_of_an_unfinished_one_waits(name: str) -> None:
    found = planned(replace(FILE, path=name))
    assert (found.fetch, found.waiting, found.refused) == ([], 1, [])


@pytest.mark.parametrize("file", [
    replace(FILE, path="readme/notes.txt"),
    replace(FILE, path=".ssh/authorized_keys"),
    replace(FILE, modified=int((NOW - timedelta(days=60)).timestamp())),
])  # fmt: skip
def test_what_is_nobodys_or_of_long_closed_nights_is_left_without_a_word(file: RemoteFile) -> None:
    assert planned(file) == Plan()


@pytest.mark.parametrize(
    ("path", "kind", "size", "reason"),
    [
        ("../../etc/passwd", "file", 1, "climbs"),
        ("a/../../b.csv", "file", 1, "climbs"),
        ("/etc/passwd", "file", 1, "absolute"),
        ("a//b.csv", "file", 1, "empty parts"),
        ("a\nb.csv", "file", 1, "line breaks, control"),
        ("a\x1b[2Jb.csv", "file", 1, "control"),
        ("a\u202eb.csv", "file", 1, "invisible"),
        ("caf\udce9.csv", "file", 1, "not UTF-8"),
        ("é" * 121 + ".csv", "file", 1, "too long"),
        ("a" * 5000, "file", 1, "shorten"),
        ("eligibility.csv", "link", 1, "symbolic link"),
        ("eligibility.csv", "other", 1, "neither file nor folder"),
        ("eligibility.csv", "file", 1001, "larger than this pull's max_file_gb"),
    ],
)
def test_a_hostile_entry_is_refused_with_a_reason(path: str, kind: str, size: int, reason: str) -> None:
    found = planned(RemoteFile(path, size, FRESH, kind))
    assert found.fetch == []
    (refusal,) = found.refused
    assert reason in refusal.reason
    assert refusal.path.startswith("tiny/")
    assert refusal.path.isprintable()
    refusal.path.encode()


def test_of_two_names_that_differ_in_case_alone_one_is_refused() -> None:
    upper = replace(FILE, path=FILE.path.upper())
    found = planned(FILE, upper)
    assert [file.path for file in found.fetch] == [upper.path]
    assert [(item.path, "may take for another" in item.reason) for item in found.refused] == [
        (f"tiny/{FILE.path}", True)
    ]


@pytest.mark.parametrize("modified", [-5, 0, 2**40])
def test_a_time_that_no_calendar_has_stops_nobody(modified: int) -> None:
    planned(replace(FILE, modified=modified, kind="link"), FILE)
