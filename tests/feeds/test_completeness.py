"""When a delivery is complete, and what it waits for: two looks in, decisions out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.feeds.arrivals import ArrivedFile, FeedNight, Stray, sort_listing
from acme_assets.feeds.completeness import FIRST_LOOK, Look, complete, fingerprint, left_out, missing_files, overdue
from acme_assets.feeds.zones import LandedFile
from client_partitions.client import Client
from tests.feeds.listings import CLIENT, ELIGIBILITY, LANDED_AT, TODAY, client_with, landed, registry

TWO_FILES = client_with(
    [
        {"pattern": "{date}/members.csv", "layout": "eligibility"},
        {"pattern": "{date}/spans-*.csv", "layout": "eligibility"},
        {"pattern": "{date}/notes.csv", "layout": "eligibility", "required": False},
    ]
)


def look(before: Look, *files: LandedFile, client: Client = CLIENT) -> tuple[set[FeedNight], Look]:
    """One look at the landing zone."""
    clients = registry(client)
    ready, after = complete(clients, sort_listing(clients, files, TODAY), before)
    return set(ready), after


def record(after: Look, *nights: FeedNight) -> Look:
    """What the sensor does once it has recorded deliveries."""
    return replace(after, recorded={**after.recorded, **{str(night): after.seen[str(night)] for night in nights}})


# --- looks


FILE = landed("tiny/2026-03-10/eligibility.csv")


def test_a_delivery_is_ready_at_the_second_look_that_shows_the_same() -> None:
    ready, seen = look(FIRST_LOOK, FILE)
    assert ready == set()
    ready, _ = look(seen, FILE)
    assert ready == {ELIGIBILITY}


@pytest.mark.parametrize(
    "changed", [replace(FILE, size=11), replace(FILE, modified_at=LANDED_AT + timedelta(microseconds=1))]
)
def test_a_file_that_still_changes_is_not_ready(changed: LandedFile) -> None:
    _, seen = look(FIRST_LOOK, FILE)
    ready, seen = look(seen, changed)
    assert ready == set()
    ready, _ = look(seen, changed)
    assert ready == {ELIGIBILITY}


def test_two_looks_that_are_not_in_a_row_do_not_settle_a_file() -> None:
    _, seen = look(FIRST_LOOK, FILE)
    _, seen = look(seen)
    ready, _ = look(seen, FILE)
    assert ready == set()


def test_a_file_that_is_still_growing_holds_up_no_other_feed() -> None:
    other = landed("tiny/2026-03-10/pharmacy_claim.csv")
    _, seen = look(FIRST_LOOK, FILE, other)
    ready, _ = look(seen, replace(FILE, size=11), other)
    assert {night.feed for night in ready} == {"pharmacy_claim"}


def test_a_delivery_of_several_files_waits_for_each_required_one() -> None:
    members, spans, notes = (landed(f"tiny/2026-03-10/{name}.csv") for name in ("members", "spans-1", "notes"))
    seen = FIRST_LOOK
    for _ in range(3):
        ready, seen = look(seen, members, notes, client=TWO_FILES)
        assert ready == set()
    ready, seen = look(seen, members, notes, spans, client=TWO_FILES)
    assert ready == set()
    ready, _ = look(seen, members, notes, spans, client=TWO_FILES)
    assert ready == {ELIGIBILITY}


def test_a_delivery_does_not_wait_for_a_file_that_is_not_required() -> None:
    files = (landed("tiny/2026-03-10/members.csv"), landed("tiny/2026-03-10/spans-1.csv"))
    _, seen = look(FIRST_LOOK, *files, client=TWO_FILES)
    assert look(seen, *files, client=TWO_FILES)[0] == {ELIGIBILITY}


def test_missing_files_are_named_by_their_patterns() -> None:
    have = [ArrivedFile(landed("tiny/2026-03-10/members.csv"), "eligibility")]
    assert missing_files(TWO_FILES, ELIGIBILITY, have) == ("{date}/spans-*.csv",)
    assert missing_files(TWO_FILES, ELIGIBILITY, []) == ("{date}/members.csv", "{date}/spans-*.csv")


def test_a_file_of_another_night_fills_no_gap() -> None:
    have = [
        ArrivedFile(landed("tiny/2026-03-10/members.csv"), "eligibility"),
        ArrivedFile(landed("tiny/2026-03-09/spans-1.csv"), "eligibility"),
    ]
    assert missing_files(TWO_FILES, ELIGIBILITY, have) == ("{date}/spans-*.csv",)


def settled() -> Look:
    """The looks after which the eligibility delivery is recorded."""
    _, seen = look(FIRST_LOOK, FILE)
    ready, seen = look(seen, FILE)
    return record(seen, *ready)


def test_what_is_recorded_is_not_ready_again() -> None:
    seen = settled()
    for _ in range(3):
        ready, seen = look(seen, FILE)
        assert ready == set()
        assert str(ELIGIBILITY) in seen.recorded


def test_what_was_ready_but_not_recorded_is_ready_again() -> None:
    _, seen = look(FIRST_LOOK, FILE)
    _, seen = look(seen, FILE)
    assert look(seen, FILE)[0] == {ELIGIBILITY}


def test_a_redelivery_is_ready_once_it_has_settled_and_so_is_the_old_file_sent_again() -> None:
    seen = settled()
    for file in (replace(FILE, size=99), FILE):
        ready, seen = look(seen, file)
        assert ready == set()
        ready, seen = look(seen, file)
        assert ready == {ELIGIBILITY}
        seen = record(seen, *ready)


def test_a_file_added_to_a_recorded_delivery_makes_another() -> None:
    client = client_with([{"pattern": "{date}/elig*.csv", "layout": "eligibility"}])
    more = landed("tiny/2026-03-10/eligibility-2.csv")
    seen = settled()
    ready, seen = look(seen, FILE, more, client=client)
    assert ready == set()
    assert look(seen, FILE, more, client=client)[0] == {ELIGIBILITY}


def test_a_file_removed_after_it_was_recorded_is_forgotten_and_noticed_when_it_returns() -> None:
    ready, seen = look(settled())
    assert ready == set()
    assert seen == FIRST_LOOK
    _, seen = look(seen, FILE)
    assert look(seen, FILE)[0] == {ELIGIBILITY}


# --- as many looks as a client's file asks for


def announced(**complete: Any) -> Client:
    return client_with([{"pattern": "{date}/elig*.csv", "layout": "eligibility"}], complete=complete)


@pytest.mark.parametrize("looks", [1, 2, 3, 5])
def test_a_delivery_is_ready_at_the_look_that_its_client_asks_for(looks: int) -> None:
    client, seen = announced(looks=looks), FIRST_LOOK
    for _ in range(looks - 1):
        ready, seen = look(seen, FILE, client=client)
        assert ready == set()
    ready, seen = look(seen, FILE, client=client)
    assert ready == {ELIGIBILITY}
    assert look(record(seen, *ready), FILE, client=client)[0] == set()


def test_a_change_begins_the_count_anew() -> None:
    client, seen = announced(looks=3), FIRST_LOOK
    for file in (FILE, FILE, replace(FILE, size=11), replace(FILE, size=11)):
        ready, seen = look(seen, file, client=client)
        assert ready == set()
    assert look(seen, replace(FILE, size=11), client=client)[0] == {ELIGIBILITY}


# --- what announces a delivery


DONE = landed("tiny/2026-03-10/elig.done")
SUMS = landed("tiny/2026-03-10/elig.sha256")
CONTROL = {"pattern": "{date}/elig.sha256", "format": "sums"}


def settle(*files: LandedFile, client: Client) -> set[FeedNight]:
    """What is ready after these files were seen twice."""
    _, seen = look(FIRST_LOOK, *files, client=client)
    return look(seen, *files, client=client)[0]


@pytest.mark.parametrize(
    ("complete", "signal"), [({"trigger": "{date}/elig.done"}, DONE), ({"control": CONTROL}, SUMS)]
)
def test_a_delivery_waits_for_what_announces_it(complete: dict[str, Any], signal: LandedFile) -> None:
    client = announced(**complete)
    assert settle(FILE, client=client) == set()
    assert settle(FILE, signal, client=client) == {ELIGIBILITY}
    assert settle(signal, client=client) == set()


@pytest.mark.parametrize(
    ("complete", "signal"), [({"trigger": "{date}/elig.done"}, DONE), ({"control": CONTROL}, SUMS)]
)
def test_what_announced_an_earlier_delivery_does_not_announce_the_next(
    complete: dict[str, Any], signal: LandedFile
) -> None:
    client = announced(**complete)
    newer = replace(FILE, size=11, modified_at=LANDED_AT + timedelta(minutes=1))
    assert settle(newer, signal, client=client) == set()
    assert settle(newer, replace(signal, modified_at=newer.modified_at), client=client) == {ELIGIBILITY}


def test_a_control_file_may_come_beside_its_files_where_the_client_says_so() -> None:
    client = announced(control=CONTROL | {"after_files": False})
    newer = replace(FILE, modified_at=LANDED_AT + timedelta(minutes=1))
    assert settle(newer, SUMS, client=client) == {ELIGIBILITY}


def test_another_control_file_makes_a_recorded_delivery_ready_again() -> None:
    client = announced(control=CONTROL)
    _, seen = look(FIRST_LOOK, FILE, SUMS, client=client)
    ready, seen = look(seen, FILE, SUMS, client=client)
    seen = record(seen, *ready)
    other = replace(SUMS, size=11)
    _, seen = look(seen, FILE, other, client=client)
    assert look(seen, FILE, other, client=client)[0] == {ELIGIBILITY}


def test_what_waits_by_its_control_file_is_ready_again_once_something_comes() -> None:
    client = announced(control=CONTROL)
    _, seen = look(FIRST_LOOK, FILE, SUMS, client=client)
    _, seen = look(seen, FILE, SUMS, client=client)
    seen = replace(seen, waiting={str(ELIGIBILITY): "the control file names elig-2.csv, not here"})
    ready, seen = look(seen, FILE, SUMS, client=client)
    assert ready == set()
    assert seen.waiting
    more = landed("tiny/2026-03-10/elig-2.csv")
    ready, seen = look(seen, FILE, SUMS, more, client=client)
    assert ready == set()
    assert not seen.waiting
    assert look(seen, FILE, SUMS, more, client=client)[0] == {ELIGIBILITY}


# --- what is said of a delivery that is not whole


IN_TIME = datetime(2026, 3, 11, 6, 29, tzinfo=UTC)
LATE = datetime(2026, 3, 11, 6, 30, tzinfo=UTC)
"""02:30 in New York: due at 02:00, with 30 minutes of grace."""


def notes(now: datetime, *files: LandedFile, client: Client, after: Look | None = None) -> list[Stray]:
    clients = registry(client)
    found = sort_listing(clients, files, TODAY)
    return list(overdue(clients, found, after or complete(clients, found, FIRST_LOOK)[1], now))


def test_a_delivery_that_is_not_whole_is_said_once_it_is_late() -> None:
    members = landed("tiny/2026-03-10/members.csv")
    assert notes(IN_TIME, members, client=TWO_FILES) == []
    (note,) = notes(LATE, members, client=TWO_FILES)
    assert (note.file, note.owner_group, note.client_id) == (members, "client", "tiny_health")
    assert note.reason == (
        "waits with the delivery of eligibility of 2026-03-10: no file for {date}/spans-*.csv; ask the client for it"
    )


@pytest.mark.parametrize(
    ("complete", "files", "lacks"),
    [
        ({"trigger": "{date}/elig.done"}, [FILE], "no trigger {date}/elig.done"),
        ({"trigger": "{date}/elig.done"}, [DONE], "no file for {date}/elig*.csv"),
        ({"control": CONTROL}, [FILE], "no control file {date}/elig.sha256"),
        (
            {"control": CONTROL},
            [replace(FILE, modified_at=LANDED_AT + timedelta(seconds=1)), SUMS],
            "the control file is older than 2026-03-10/eligibility.csv",
        ),
    ],
)
def test_what_is_said_names_what_is_lacking(complete: dict[str, Any], files: list[LandedFile], lacks: str) -> None:
    (note,) = notes(LATE, *files, client=announced(**complete))
    assert lacks in note.reason


def test_nothing_is_said_of_a_delivery_that_is_recorded_or_still_settles() -> None:
    assert notes(LATE, FILE, client=CLIENT) == []
    assert notes(LATE, FILE, client=CLIENT, after=settled()) == []


def test_what_a_control_file_names_and_is_not_here_is_said() -> None:
    client = announced(control=CONTROL)
    found = complete(registry(client), sort_listing(registry(client), [FILE, SUMS], TODAY), FIRST_LOOK)[1]
    waiting = replace(found, waiting={str(ELIGIBILITY): "the control file names elig-2.csv, not here"})
    (note,) = notes(LATE, FILE, SUMS, client=client, after=waiting)
    assert (note.file, "names elig-2.csv, not here" in note.reason) == (SUMS, True)


def test_a_file_that_its_control_file_does_not_name_is_said_as_long_as_it_lies_there() -> None:
    client = announced(control=CONTROL)
    found = sort_listing(registry(client), [FILE, SUMS], TODAY)
    after = replace(FIRST_LOOK, unnamed={str(ELIGIBILITY): (FILE.path,)})
    (stray,) = left_out(found, after)
    assert (stray.file, stray.owner_group) == (FILE, "client")
    assert list(left_out(found, FIRST_LOOK)) == []


# --- fingerprints


FILES = st.lists(
    st.builds(
        LandedFile,
        st.text(alphabet="ab/\n0", min_size=1, max_size=5),
        st.integers(0, 12),
        st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 2)).map(lambda moment: moment.replace(tzinfo=UTC)),
    ),
    max_size=4,
    unique_by=lambda file: file.path,
)


def print_of(files: Iterable[LandedFile]) -> str:
    return fingerprint(ArrivedFile(file, "layout") for file in files)


@settings(max_examples=100, deadline=None)
@given(FILES, FILES)
def test_fingerprints_are_equal_for_equal_listings_in_any_order_and_for_no_others(
    one: list[LandedFile], other: list[LandedFile]
) -> None:
    assert print_of(one) == print_of(reversed(one))
    assert (print_of(one) == print_of(other)) == ({*one} == {*other})


@pytest.mark.parametrize(
    "changed",
    [
        replace(FILE, path="tiny/2026-03-10/eligibility2.csv"),
        replace(FILE, size=11),
        replace(FILE, modified_at=LANDED_AT + timedelta(seconds=1)),
    ],
)
def test_a_file_renamed_resized_or_touched_has_another_fingerprint(changed: LandedFile) -> None:
    assert print_of([changed]) != print_of([FILE])
