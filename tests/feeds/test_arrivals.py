"""Which files make up a delivery and when it is complete: listings in, decisions out."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.feeds.arrivals import (
    LOOKBACK,
    UNFINISHED,
    ArrivedFile,
    FeedNight,
    Look,
    Sorted,
    Stray,
    complete,
    content_hash,
    delivery_id,
    fingerprint,
    missing_files,
    sort_listing,
)
from acme_assets.feeds.zones import LandedFile
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.registry import Registry
from tests.world import NIGHT, client_data, make_client

TODAY = NIGHT + timedelta(days=1)
LANDED_AT = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
FIRST_LOOK = Look({}, {})

ELIGIBILITY = FeedNight("tiny_health", "eligibility", NIGHT)


def client_with(files: list[dict[str, Any]], feed: Feed = "eligibility", **changes: Any) -> Client:
    """A client with other file patterns for one feed."""
    feeds = client_data()["feeds"]
    feeds[feed] |= {"files": files}
    return make_client(feeds=feeds, **changes)


CLIENT = make_client(ignored_files={"*/manifest-*.txt": "made by their export, of no use"})
TWO_FILES = client_with(
    [
        {"pattern": "{date}/members.csv", "layout": "eligibility"},
        {"pattern": "{date}/spans-*.csv", "layout": "eligibility"},
        {"pattern": "{date}/notes.csv", "layout": "eligibility", "required": False},
    ]
)


def registry(*clients: Client, broken: Iterable[str] = ()) -> Registry:
    return Registry({client.client_id: client for client in clients}, {}, frozenset(broken))


def landed(path: str, size: int = 10, modified_at: datetime = LANDED_AT) -> LandedFile:
    return LandedFile(path, size, modified_at)


def sort(*paths: str, client: Client = CLIENT, today: date = TODAY) -> Sorted:
    return sort_listing(registry(client), [landed(path) for path in paths], today)


def look(before: Look, *files: LandedFile, client: Client = CLIENT) -> tuple[set[FeedNight], Look]:
    """One look at the landing zone."""
    clients = registry(client)
    ready, after = complete(clients, sort_listing(clients, files, TODAY).arrived, before)
    return set(ready), after


def record(after: Look, *nights: FeedNight) -> Look:
    """What the sensor does once it has recorded deliveries."""
    return replace(after, recorded={**after.recorded, **{str(night): after.seen[str(night)] for night in nights}})


# --- sorting


def test_a_file_goes_to_its_feed_night_with_its_layout() -> None:
    found = sort("tiny/2026-03-10/eligibility.csv", "tiny/2026-03-09/pharmacy_claim.csv")
    assert found.arrived == {
        ELIGIBILITY: (ArrivedFile(landed("tiny/2026-03-10/eligibility.csv"), "eligibility"),),
        FeedNight("tiny_health", "pharmacy_claim", NIGHT - timedelta(days=1)): (
            ArrivedFile(landed("tiny/2026-03-09/pharmacy_claim.csv"), "pharmacy_claim"),
        ),
    }
    assert found.strays == ()


def test_the_same_names_of_two_clients_stay_apart() -> None:
    other = make_client(client_id="other_health", landing="other")
    listing = [landed("tiny/2026-03-10/eligibility.csv"), landed("other/2026-03-10/eligibility.csv")]
    arrived = sort_listing(registry(CLIENT, other), listing, TODAY).arrived
    assert {night.client_id: [item.file.path for item in files] for night, files in arrived.items()} == {
        "tiny_health": ["tiny/2026-03-10/eligibility.csv"],
        "other_health": ["other/2026-03-10/eligibility.csv"],
    }


def test_a_file_may_serve_two_feeds() -> None:
    client = client_with([{"pattern": "{date}/pharmacy_claim.csv", "layout": "eligibility"}])
    arrived = sort("tiny/2026-03-10/pharmacy_claim.csv", client=client).arrived
    assert {(night.feed, item.layout) for night, (item,) in arrived.items()} == {
        ("eligibility", "eligibility"),
        ("pharmacy_claim", "pharmacy_claim"),
    }


def test_a_file_that_fits_two_patterns_of_one_feed_is_one_file_of_the_delivery() -> None:
    client = client_with(
        [
            {"pattern": "{date}/elig*.csv", "layout": "pharmacy_claim"},
            {"pattern": "{date}/eligibility.csv", "layout": "eligibility"},
        ]
    )
    (files,) = sort("tiny/2026-03-10/eligibility.csv", client=client).arrived.values()
    assert [item.layout for item in files] == ["pharmacy_claim"]


@pytest.mark.parametrize("ending", UNFINISHED)
def test_a_file_that_is_still_being_written_is_nothing_yet(ending: str) -> None:
    client = client_with([{"pattern": "{date}/elig*", "layout": "eligibility"}])
    assert sort(f"tiny/2026-03-10/eligibility.csv{ending}", client=client) == Sorted({}, ())


def test_a_hidden_file_is_nothing() -> None:
    assert sort("tiny/2026-03-10/.eligibility.csv.x7f", "tiny/.DS_Store", ".keep") == Sorted({}, ())


def test_an_ignored_file_is_neither_delivery_nor_stray() -> None:
    assert sort("tiny/2026-03-10/manifest-1.txt") == Sorted({}, ())


def only_stray(found: Sorted) -> Stray:
    assert found.arrived == {}
    (stray,) = found.strays
    return stray


@pytest.mark.parametrize("path", ["unknown/2026-03-10/eligibility.csv", "Tiny/2026-03-10/eligibility.csv", "loose.csv"])
def test_a_file_in_nobodys_folder_is_engineerings_stray(path: str) -> None:
    stray = only_stray(sort(path))
    assert (stray.file.path, stray.owner_group, stray.client_id) == (path, "engineering", None)
    assert f"no client has the landing folder '{path.split('/')[0]}'; add a client" in stray.reason


@pytest.mark.parametrize(
    "path", ["tiny/2026-03-10/dental.csv", "tiny/2026-02-30/eligibility.csv", "tiny/a/b/c", "tiny"]
)
def test_a_file_of_no_feed_is_the_clients_stray(path: str) -> None:
    stray = only_stray(sort(path))
    assert (stray.owner_group, stray.client_id) == ("client", "tiny_health")
    assert "fits no file pattern of tiny_health; add it" in stray.reason


def test_a_file_of_a_client_whose_own_file_is_broken_waits() -> None:
    listing = [landed("broken/2026-03-10/eligibility.csv"), landed("broken/whatever.txt")]
    assert sort_listing(registry(CLIENT, broken=["broken"]), listing, TODAY) == Sorted({}, ())


def test_a_name_that_is_not_utf_8_is_a_stray_with_a_name_that_can_be_stored() -> None:
    client = client_with([{"pattern": "{date}/elig*.csv", "layout": "eligibility"}])
    stray = only_stray(sort("tiny/2026-03-10/elig\udce9.csv", client=client))
    assert stray.file.path.encode() == rb"tiny/2026-03-10/elig\udce9.csv"
    assert (stray.owner_group, stray.client_id) == ("client", "tiny_health")
    assert "not UTF-8" in stray.reason
    stray = only_stray(sort("un\udce9/a.csv"))
    assert (stray.owner_group, stray.client_id) == ("engineering", None)


def dated(days_ago: int, modified_at: datetime = LANDED_AT) -> Sorted:
    day = TODAY - timedelta(days=days_ago)
    return sort_listing(registry(CLIENT), [landed(f"tiny/{day}/eligibility.csv", modified_at=modified_at)], TODAY)


@pytest.mark.parametrize("days_ago", [-1, 0, 1, LOOKBACK.days])
def test_a_file_for_an_open_night_arrives(days_ago: int) -> None:
    assert [night.business_date for night in dated(days_ago).arrived] == [TODAY - timedelta(days=days_ago)]


@pytest.mark.parametrize("days_ago", [-300, -2, LOOKBACK.days + 1, 365])
def test_a_file_that_lands_for_a_night_that_is_not_open_is_the_clients_stray(days_ago: int) -> None:
    stray = only_stray(dated(days_ago))
    assert (stray.owner_group, stray.client_id) == ("client", "tiny_health")
    assert f"is for {TODAY - timedelta(days=days_ago)}, outside the nights that are open" in stray.reason


def test_a_file_that_stays_where_it_is_when_its_night_closes_is_no_stray() -> None:
    assert dated(LOOKBACK.days + 1, LANDED_AT - LOOKBACK) == Sorted({}, ())


# --- completeness


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


# --- fingerprints and ids


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


def digests(*texts: str) -> list[str]:
    return [hashlib.sha256(text.encode()).hexdigest() for text in texts]


def test_a_content_hash_tells_contents_apart_and_ignores_names_and_order() -> None:
    assert content_hash(digests("a", "b")) == content_hash(reversed(digests("a", "b")))
    found = {content_hash(digests(*files)) for files in (["a", "b"], ["a"], ["b"], ["ab"], ["a", "a"], [])}
    assert len(found) == 6


def test_a_delivery_id_is_of_one_content_for_one_feed_night() -> None:
    nights = [
        ELIGIBILITY,
        replace(ELIGIBILITY, client_id="other_health"),
        replace(ELIGIBILITY, feed="patient"),
        replace(ELIGIBILITY, business_date=TODAY),
    ]
    ids = [delivery_id(night, content) for night in nights for content in digests("a", "b")]
    assert len(set(ids)) == 8
    assert ids[0] == delivery_id(FeedNight("tiny_health", "eligibility", NIGHT), digests("a")[0])
    assert {len(found) for found in ids} == {32}
