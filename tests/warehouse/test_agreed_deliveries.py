"""Deliveries against what their senders say of them, from the landing zone to the ledger: each outcome of the table in
docs/deliveries.md, on a real database."""

import gzip
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from acme_assets.warehouse.arriving import read_noted, record_strays
from acme_assets.warehouse.ledger import deliveries, loads, stray_files
from acme_assets.warehouse.loading import LoadOutcome
from tests.feeds.listings import client_with
from tests.world import ELIGIBILITY, NIGHT, World, client_data, make_client

FOLDER = f"tiny/{NIGHT}"
FILES = [{"pattern": "{date}/elig*.csv", "layout": "eligibility"}]


def set_up(world: World, files: list[dict[str, Any]] | None = None, **changes: Any) -> None:
    world.client = client_with(files or FILES, **changes)


def put(world: World, name: str, content: str | bytes) -> Path:
    path = world.landing / FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def after(path: Path, other: Path, seconds: float = 1) -> None:
    """Let a file be written so many seconds after another."""
    moment = other.stat().st_mtime + seconds
    os.utime(path, (moment, moment))


def strays(world: World) -> dict[str, tuple[str, str]]:
    """Path to reason and owner, of the files that are of no delivery after this look."""
    world.notice()
    found = world.peek().strays
    return {stray.file.path: (stray.reason, stray.owner_group) for stray in found}


def loaded(world: World) -> LoadOutcome:
    """What becomes of the one delivery that is there after two looks."""
    (recorded,) = world.notice()
    assert recorded.outcome == "new"
    return world.load("eligibility")


def sums(*contents: str | bytes, algorithm: str = "sha256") -> list[str]:
    return [hashlib.new(algorithm, c.encode() if isinstance(c, str) else c).hexdigest() for c in contents]


def control(world: World, content: str | dict[str, Any]) -> Path:
    return put(world, "control", json.dumps(content) if isinstance(content, dict) else content)


SUMS = {"pattern": "{date}/control", "format": "sums"}
COUNTS = {"pattern": "{date}/control", "format": "csv", "file": "file", "rows": "rows"}
JSON = {
    "pattern": "{date}/control",
    "format": "json",
    "entries": "files",
    "file": "name",
    "rows": "rows",
    "says": {"environment": "production", "sender": "TINY"},
    "date": "day",
}


def said(**changes: Any) -> dict[str, Any]:
    files = [{"name": "elig.csv", "rows": 2}]
    return {"environment": "production", "sender": "TINY", "day": str(NIGHT), "files": files, **changes}


# --- as announced


@pytest.mark.parametrize(
    ("form", "content"),
    [
        (SUMS, f"{sums(ELIGIBILITY)[0]}  elig.csv\n"),
        (SUMS, f"{sums(ELIGIBILITY, algorithm='md5')[0]} *elig.csv\n"),
        (COUNTS, "file,rows\nelig.csv,2\n"),
        (COUNTS | {"other_lines": 1}, "file,rows\nelig.csv,3\n"),
        (JSON, said()),
    ],
)
def test_a_delivery_that_is_as_announced_is_loaded(world: World, form: dict[str, Any], content: Any) -> None:
    set_up(world, complete={"control": form})
    put(world, "elig.csv", ELIGIBILITY)
    control(world, content)
    outcome = loaded(world)
    assert (outcome.state, outcome.rows_loaded) == ("loaded", 2)
    assert not strays(world)


def test_several_files_are_one_delivery_once_all_that_are_named_are_there(world: World) -> None:
    set_up(world, complete={"control": COUNTS | {"after_files": False}})
    control(world, "file,rows\nelig-1.csv,2\nelig-2.csv,1\n")
    put(world, "elig-1.csv", ELIGIBILITY)
    assert world.notice() == []
    ((reason, owner),) = strays(world).values()
    assert (owner, f"names {NIGHT}/elig-2.csv, not here" in reason) == ("client", True)
    put(world, "elig-2.csv", "person,start\np3,2026-01-01\n")
    assert loaded(world).rows_loaded == 3
    assert not strays(world)


def test_a_trigger_makes_it_whole(world: World) -> None:
    set_up(world, complete={"trigger": "{date}/done", "looks": 1})
    first = put(world, "elig-1.csv", ELIGIBILITY)
    assert world.notice() == []
    after(put(world, "done", ""), first)
    assert loaded(world).state == "loaded"


# --- not as announced: held


def held(world: World, *reasons: str) -> None:
    """The one delivery is held for these reasons, is the client's, leaves no row, and no waiver can accept it."""
    outcome = loaded(world)
    assert outcome.state == "quarantined"
    for reason in reasons:
        assert reason in (outcome.reason or "")
    step = next(step for step in world.status().steps if step.name == "feeds/eligibility")
    assert (step.state, step.owner_group) == ("held", "client")
    with world.warehouse.begin() as connection:
        assert connection.execute(select(loads)).all() == []
    assert world.actions()[-1] == "delivery_quarantined"


@pytest.mark.parametrize(
    ("form", "content", "reason"),
    [
        (SUMS, f"{sums('other')[0]}  elig.csv\n", "elig.csv: its sha256 is not what its control file says"),
        (SUMS, f"{sums('x', algorithm='md5')[0]}  elig.csv\n", "elig.csv: its md5 is not what its control file says"),
        (COUNTS, "file,rows\nelig.csv,3\n", "elig.csv: 2 rows were read, and 3 were announced"),
        (COUNTS | {"bytes": "size"}, "file,rows,size\nelig.csv,2,1\n", "bytes, and its control file says 1"),
        (JSON | {"total_rows": "n"}, said(n=7), "2 rows were read of 1 files, and 7 were announced"),
        (JSON, said(environment="test"), "says another environment than 'production'"),
        (JSON, said(sender="OTHER"), "says another sender than 'TINY': it is not for this client"),
        (JSON, said(day="2026-03-09"), "is not for 2026-03-10 by its own date"),
        (JSON, "{", "control: is broken JSON"),
        (SUMS, "", "control: is empty"),
        (SUMS, f"{sums(ELIGIBILITY)[0]}  ../../other/elig.csv\n", "absolute, climbs or cannot be printed"),
    ],
)
def test_a_delivery_that_is_not_as_announced_is_held(
    world: World, form: dict[str, Any], content: Any, reason: str
) -> None:
    set_up(world, complete={"control": form})
    put(world, "elig.csv", ELIGIBILITY)
    control(world, content)
    held(world, reason)


def test_a_count_that_differs_holds_what_a_waiver_of_its_bad_rows_would_let_in(world: World) -> None:
    set_up(world, complete={"control": COUNTS})
    put(world, "elig.csv", ELIGIBILITY + "p3,bad\n")
    control(world, "file,rows\nelig.csv,4\n")
    held(world, "3 rows were read, and 4 were announced")


def test_a_file_name_may_announce_the_rows(world: World) -> None:
    set_up(world, [{"pattern": "{date}/elig_{rows}.csv", "layout": "eligibility"}])
    put(world, "elig_2.csv", ELIGIBILITY)
    assert loaded(world).state == "loaded"
    (world.landing / FOLDER / "elig_2.csv").unlink()
    put(world, "elig_9.csv", ELIGIBILITY + "p3,2026-01-01\n")
    outcome = loaded(world)
    assert "3 rows were read, and 9 were announced" in (outcome.reason or "")


HEADER = {
    "matches": r"HDR\|(?P<sender>[A-Z]+)\|(?P<environment>[A-Z]+)\|(?P<date>\d{8})",
    "says": {"sender": "TINY", "environment": "PROD"},
    "date_format": "%Y%m%d",
}
TRAILER = {"matches": r"TRL\|(?P<rows>\d+)"}


def with_records(world: World, gzipped: bool = False) -> None:
    data = client_data()
    data["layouts"]["eligibility"]["format"] |= {"skip_lines": 1, "comment": "TRL|", "gzip": gzipped}
    spec = {"pattern": "{date}/elig*", "layout": "eligibility", "header_record": HEADER, "trailer_record": TRAILER}
    data["feeds"]["eligibility"]["files"] = [spec]
    world.client = make_client(**{name: data[name] for name in ("feeds", "layouts")})


def recorded_file(header: str = "HDR|TINY|PROD|20260310", trailer: str = "TRL|2") -> str:
    return f"{header}\n{ELIGIBILITY}{trailer}"


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_file_with_the_agreed_records_is_loaded(world: World, end: str) -> None:
    with_records(world)
    put(world, "elig.csv", recorded_file() + end)
    assert loaded(world).rows_loaded == 2


def test_records_are_read_inside_a_compressed_file(world: World) -> None:
    with_records(world, gzipped=True)
    put(world, "elig.csv.gz", gzip.compress(recorded_file().encode()))
    assert loaded(world).rows_loaded == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (recorded_file(header="HDR|OTHER|PROD|20260310"), "its header record says another sender than 'TINY'"),
        (recorded_file(header="HDR|TINY|TEST|20260310"), "its header record says another environment than 'PROD'"),
        (recorded_file(header="HDR|TINY|PROD|20260309"), "its header record is not of 2026-03-10"),
        (recorded_file(header="HDR|TINY|PROD|20269999"), "its header record is not of 2026-03-10"),
        (recorded_file(header="person,start"), "has no header record as agreed"),
        (recorded_file(trailer="TRL|3"), "2 rows were read, and 3 were announced"),
        (recorded_file(trailer="TRL|"), "has no trailer record as agreed (it may be cut off)"),
        (recorded_file()[:-9], "has no trailer record as agreed (it may be cut off)"),
        ("", "has no header record as agreed"),
    ],
)
def test_a_file_with_other_records_is_held_and_none_of_its_text_is_said(
    world: World, content: str, reason: str
) -> None:
    with_records(world)
    put(world, "elig.csv", content)
    held(world, reason)
    assert "OTHER" not in world.entry("delivery_quarantined")


def test_records_of_a_layout_that_has_no_lines_are_refused(world: World) -> None:
    data = client_data()
    data["layouts"]["eligibility"]["format"]["encoding"] = "utf-16"
    data["feeds"]["eligibility"]["files"][0]["trailer_record"] = TRAILER
    with pytest.raises(ValueError, match="its records are lines of text such as UTF-8"):
        make_client(**{name: data[name] for name in ("feeds", "layouts")})


def _zip(content: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("elig.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("packing", "content"),
    [
        ({}, b""),
        ({"gzip": True}, b""),
        ({"gzip": True}, gzip.compress(ELIGIBILITY.encode())[:-9]),
        ({"gzip": True}, ELIGIBILITY.encode()),
        ({"zip": True}, b""),
        ({"zip": True}, _zip(ELIGIBILITY)[:-30]),
        ({"zip": True}, b"PK\x03\x04" + b"\0" * 40),
    ],
    ids=["empty", "empty gzip", "cut gzip", "no gzip", "empty zip", "cut zip", "no zip"],
)
def test_a_file_that_is_empty_or_cut_off_is_held(world: World, packing: dict[str, Any], content: bytes) -> None:
    data = client_data()
    data["layouts"]["eligibility"]["format"] |= packing
    data["feeds"]["eligibility"]["files"] = FILES
    world.client = make_client(**{name: data[name] for name in ("feeds", "layouts")})
    put(world, "elig.csv", content)
    held(world, "ask for")


# --- no delivery yet, or none at all: a stray with a reason


def test_a_manifest_that_names_a_file_that_never_comes_waits_and_says_so(world: World) -> None:
    set_up(world, complete={"control": COUNTS})
    put(world, "elig-1.csv", ELIGIBILITY)
    control(world, "file,rows\nelig-1.csv,2\nelig-2.csv,2\n")
    assert world.notice() == []
    (reason, owner) = strays(world)[f"{FOLDER}/control"]
    assert "waits with the delivery of eligibility of 2026-03-10: the control file names" in reason
    assert owner == "client"
    assert world.facts().deliveries == {}


def test_an_unexpected_extra_file_is_left_out_and_said(world: World) -> None:
    set_up(world, complete={"control": COUNTS})
    put(world, "elig-1.csv", ELIGIBILITY)
    put(world, "elig-2.csv", "person,start\np9,2026-01-01\n")
    control(world, "file,rows\nelig-1.csv,2\n")
    assert loaded(world).rows_loaded == 2
    for _ in range(3):
        assert "control file does not name it" in strays(world)[f"{FOLDER}/elig-2.csv"][0]


def test_hostile_names_stop_nobodys_delivery_and_are_noted(world: World) -> None:
    put(world, "eligibility.csv", ELIGIBILITY)
    put(world, "other\n\x1b[2Jname.csv", "x")
    put(world, "x" * 250 + ".csv", "x")
    (world.landing / FOLDER / "pharmacy_claim.csv").symlink_to(world.landing / FOLDER / "eligibility.csv")
    raw = os.fsencode(world.landing / FOLDER) + b"/lab_result\xff.csv"
    Path(os.fsdecode(raw)).write_bytes(b"x")
    (world.landing / "tiny" / ("d" * 200) / ("e" * 200) / ("f" * 200)).mkdir(parents=True)
    (world.landing / "tiny" / ("d" * 200) / ("e" * 200) / ("f" * 200) / "x.csv").write_text("x")
    assert [item.outcome for item in world.notice()] == ["new"]
    found = world.peek().strays
    changed, noted = record_strays(world.warehouse, found, {}, world.now)
    assert len(changed) == len(noted) == 5
    assert any("never followed or read" in stray.reason for stray in changed)
    with world.warehouse.begin() as connection:
        assert read_noted(connection) == noted


def test_a_stray_that_is_mended_is_one_no_more_and_one_that_returns_is_one_again(world: World) -> None:
    path = put(world, "notes.txt", "x")
    known: dict[str, str] = {}
    shown = []
    steps: list[Callable[[], object]] = [lambda: None, path.unlink, lambda: put(world, "notes.txt", "x")]
    for step in steps:
        step()
        _, known = record_strays(world.warehouse, world.peek().strays, known, world.clock())
        with world.warehouse.begin() as connection:
            shown.append((len(read_noted(connection)), connection.execute(select(stray_files.c.gone_at)).scalar()))
    assert [count for count, _ in shown] == [1, 0, 1]
    assert [gone is None for _, gone in shown] == [True, False, True]


# --- again


def state(world: World) -> list[tuple[str, str]]:
    with world.warehouse.begin() as connection:
        rows = connection.execute(select(deliveries.c.state, deliveries.c.content_hash).order_by(deliveries.c.state))
        return [(row[0], row[1][:8]) for row in rows]


def test_the_same_content_with_the_same_control_file_is_the_same_delivery(world: World) -> None:
    set_up(world, complete={"control": COUNTS})
    put(world, "elig.csv", ELIGIBILITY)
    control(world, "file,rows\nelig.csv,2\n")
    loaded(world)
    before, actions = state(world), world.actions()
    put(world, "elig.csv", ELIGIBILITY)
    control(world, "file,rows\nelig.csv,2\n\n")
    assert [item.outcome for item in world.notice()] == ["same"]
    assert (state(world), world.actions()) == (before, actions)


def test_a_corrected_control_file_alone_releases_what_was_held(world: World) -> None:
    set_up(world, complete={"control": COUNTS})
    put(world, "elig.csv", ELIGIBILITY)
    control(world, "file,rows\nelig.csv,3\n")
    held(world, "3 were announced")
    control(world, "file,rows\nelig.csv,2\n")
    assert [item.outcome for item in world.notice()] == ["reinstated"]
    assert world.load("eligibility").state == "loaded"


def test_a_control_file_that_contradicts_what_is_loaded_holds_it_again(world: World) -> None:
    set_up(world, complete={"control": COUNTS})
    put(world, "elig.csv", ELIGIBILITY)
    control(world, "file,rows\nelig.csv,2\n")
    assert loaded(world).state == "loaded"
    control(world, "file,rows\nelig.csv,5\n")
    world.notice()
    outcome = world.load("eligibility")
    assert (outcome.state, "2 rows were read, and 5 were announced" in (outcome.reason or "")) == ("quarantined", True)
    control(world, "file,rows\nelig.csv,2\n")
    world.notice()
    assert world.load("eligibility").state == "loaded"
    with world.warehouse.begin() as connection:
        assert len(connection.execute(select(loads)).all()) == 1


def test_a_file_that_grows_after_it_was_taken_is_another_delivery(world: World) -> None:
    set_up(world)
    path = put(world, "elig.csv", ELIGIBILITY)
    assert loaded(world).rows_loaded == 2
    with path.open("a") as stream:
        stream.write("p3,2026-01-01\n")
    assert [item.outcome for item in world.notice()] == ["new"]
    assert world.load("eligibility").rows_loaded == 3
    assert [item for item, _ in state(world)] == ["loaded", "superseded"]


def test_a_file_that_is_swapped_for_a_link_after_it_was_noticed_is_not_followed(world: World) -> None:
    set_up(world)
    path = put(world, "elig.csv", ELIGIBILITY)
    secret = world.landing.parent / "secret.csv"
    shutil.copy(path, secret)
    world.peek()
    moment = path.stat().st_mtime
    path.unlink()
    path.symlink_to(secret)
    os.utime(path, (moment, moment), follow_symlinks=False)
    assert world.notice() == []
    assert world.facts().deliveries == {}
