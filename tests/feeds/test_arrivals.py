"""Which feed night every file of a listing is for, and what is a stray, and why."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.feeds.arrivals import (
    LOOKBACK,
    NEVER_FINISHED,
    NO_SIGNALS,
    ArrivedFile,
    FeedNight,
    Signals,
    Sorted,
    Stray,
    content_hash,
    delivery_id,
    sort_listing,
)
from acme_assets.feeds.names import LONGEST, UNFINISHED, readable, trouble
from tests.feeds.listings import CLIENT, ELIGIBILITY, LANDED_AT, TODAY, client_with, landed, registry, sort
from tests.world import NIGHT, make_client

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


@pytest.mark.parametrize("name", ["eligibility.csv.TMP", "eligibility.csv~", "~$eligibility.csv"])
def test_so_is_one_by_the_habits_of_other_programs(name: str) -> None:
    client = client_with([{"pattern": "{date}/*elig*", "layout": "eligibility"}])
    assert sort(f"tiny/2026-03-10/{name}", client=client) == Sorted({}, ())


def test_a_sender_may_have_a_convention_of_its_own() -> None:
    client = client_with([{"pattern": "{date}/elig*", "layout": "eligibility"}], unfinished_files=["**/*.uploading"])
    assert sort("tiny/2026-03-10/eligibility.csv.uploading", client=client) == Sorted({}, ())
    assert sort("tiny/2026-03-10/eligibility.csv", client=client).arrived.keys() == {ELIGIBILITY}


def test_a_file_that_nobody_finishes_is_said_a_day_later() -> None:
    path = "tiny/2026-03-10/eligibility.csv.part"
    fresh, forgotten = (landed(path, modified_at=LANDED_AT - age) for age in (NEVER_FINISHED, 2 * NEVER_FINISHED))
    assert sort_listing(registry(CLIENT), [fresh], TODAY) == Sorted({}, ())
    stray = only_stray(sort_listing(registry(CLIENT), [forgotten], TODAY))
    assert stray.owner_group == "client"
    assert "unfinished file, and was last written more than a day ago" in stray.reason


@pytest.mark.parametrize(
    "path", ["tiny/2026-03-10/.eligibility.csv.x7f", "tiny/.DS_Store", ".keep", "tiny/.pull/2026-03-10/eligibility.csv"]
)
def test_a_hidden_file_is_nothing_and_neither_is_one_in_a_hidden_folder(path: str) -> None:
    client = client_with([{"pattern": "**/{date}/*elig*", "layout": "eligibility"}])
    assert sort(path, client=client) == Sorted({}, ())


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


# --- what is never taken


def test_a_file_of_the_senders_test_environment_is_refused_though_its_name_fits() -> None:
    client = client_with(
        [{"pattern": "{date}/*elig*.csv", "layout": "eligibility"}],
        refused_files={"**/TEST_*": "of their test environment"},
    )
    stray = only_stray(sort("tiny/2026-03-10/TEST_eligibility.csv", client=client))
    assert (stray.reason, stray.owner_group) == ("is never taken: of their test environment", "client")
    assert sort("tiny/2026-03-10/PROD_eligibility.csv", client=client).arrived.keys() == {ELIGIBILITY}


@pytest.mark.parametrize("name", ["other_health_claims.csv", "CLAIMS-OTHER.csv"])
def test_a_file_that_bears_another_clients_name_is_left_closed(name: str) -> None:
    other = make_client(client_id="other_health", landing="other")
    found = sort_listing(registry(CLIENT, other), [landed(f"tiny/2026-03-10/{name}")], TODAY)
    stray = only_stray(found)
    assert (stray.owner_group, stray.client_id) == ("engineering", "tiny_health")
    assert "another's; it may be sent to the wrong folder: leave it closed" in stray.reason


def test_a_file_that_bears_both_names_or_a_part_of_one_is_just_unknown() -> None:
    other = make_client(client_id="other_health", landing="other")
    for name in ("tiny_from_other_health.csv", "another.csv"):
        stray = only_stray(sort_listing(registry(CLIENT, other), [landed(f"tiny/{name}")], TODAY))
        assert "fits no file pattern of tiny_health; add it" in stray.reason


HOSTILE = {
    "tiny/../other/2026-03-10/eligibility.csv": "climbs by ..",
    "tiny/2026-03-10/../2026-03-10/eligibility.csv": "climbs by ..",
    "/tiny/2026-03-10/eligibility.csv": "absolute",
    "tiny//2026-03-10/eligibility.csv": "empty parts",
    "tiny/./2026-03-10/eligibility.csv": "empty parts",
    "tiny/2026-03-10/eligibility\n.csv": "line breaks, control",
    "tiny/2026-03-10/eligibility\x00.csv": "line breaks, control",
    "tiny/2026-03-10/eligibility\x1b[2J.csv": "line breaks, control",
    "tiny/2026-03-10/eligibility\u202evsc.csv": "invisible characters",
    "tiny/2026-03-10/eligibility\u2028.csv": "line breaks",
    "tiny/2026-03-10/eligibility" + "a" * LONGEST + ".csv": f"more than {LONGEST}",
    "tiny/2026-03-10/eligibility\udcff.csv": "not UTF-8",
}


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_a_stray_under_a_name_that_can_be_stored_and_shown(path: str) -> None:
    client = client_with([{"pattern": "**{date}/elig**", "layout": "eligibility"}])
    stray = only_stray(sort(path, client=client))
    assert HOSTILE[path] in stray.reason
    assert stray.file.path.isprintable()
    assert len(stray.file.path.encode()) < LONGEST


def test_what_the_zone_says_is_no_file_is_a_stray_whatever_its_name() -> None:
    link = replace(landed("tiny/2026-03-10/eligibility.csv"), problem="is a link")
    assert only_stray(sort_listing(registry(CLIENT), [link], TODAY)).reason == "is a link"


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.characters(exclude_categories=())) | st.binary().map(lambda name: name.decode(errors="surrogateescape"))
)
def test_no_name_stops_the_sorting_and_every_name_has_one_place(name: str) -> None:
    client = client_with([{"pattern": "**{date}**", "layout": "eligibility"}])
    found = sort(f"tiny/{name}", client=client)
    shown = readable(f"tiny/{name}")
    assert shown.isprintable()
    assert shown.encode()
    assert len(found.strays) + len(found.arrived) <= 1
    assert not found.arrived or trouble(f"tiny/{name}") is None


@pytest.mark.parametrize(
    "names", [("elig.csv", "ELIG.csv"), ("elig\u00e9.csv", "elige\u0301.csv"), ("elig.csv", "elig.CSV")]
)
def test_names_that_a_person_takes_for_one_are_none_of_them_taken(names: tuple[str, str]) -> None:
    client = client_with([{"pattern": "{date}/*", "layout": "eligibility"}])
    found = sort(*(f"tiny/2026-03-10/{name}" for name in (*names, "elig-2.csv")), client=client)
    assert [item.file.path for item in found.arrived[ELIGIBILITY]] == ["tiny/2026-03-10/elig-2.csv"]
    assert {stray.file.path.rpartition("/")[2] for stray in found.strays} == set(names)
    assert all("upper and lower case" in stray.reason for stray in found.strays)


def test_one_file_that_serves_two_feeds_clashes_with_nothing() -> None:
    client = client_with([{"pattern": "{date}/pharmacy_claim.csv", "layout": "eligibility"}])
    assert len(sort("tiny/2026-03-10/pharmacy_claim.csv", client=client).arrived) == 2


# --- what announces a delivery


def announced(**complete: Any) -> Any:
    return client_with([{"pattern": "{date}/elig*.csv", "layout": "eligibility"}], complete=complete)


def test_triggers_and_control_files_are_of_their_delivery_and_no_strays() -> None:
    client = announced(trigger="{date}/elig.done", control={"pattern": "{date}/elig*.sha256", "format": "sums"})
    found = sort("tiny/2026-03-10/elig.done", "tiny/2026-03-10/elig.sha256", client=client)
    done, sums = landed("tiny/2026-03-10/elig.done"), landed("tiny/2026-03-10/elig.sha256")
    assert found == Sorted({}, (), {ELIGIBILITY: Signals(done, sums)})
    assert found.signals[ELIGIBILITY].files == (done, sums)
    assert NO_SIGNALS.files == ()


def test_of_several_control_files_the_newest_speaks() -> None:
    client = announced(control={"pattern": "{date}/elig*.sha256", "format": "sums"})
    old, new = (
        landed("tiny/2026-03-10/elig-9.sha256"),
        landed("tiny/2026-03-10/elig-1.sha256", 1, LANDED_AT + NEVER_FINISHED),
    )
    for listing in ([old, new], [new, old]):
        assert sort_listing(registry(client), listing, TODAY).signals[ELIGIBILITY].control == new


def test_a_control_file_of_another_date_is_a_stray() -> None:
    client = announced(control={"pattern": "{date}/elig*.sha256", "format": "sums"})
    assert "outside the nights that are open" in only_stray(sort("tiny/2027-01-01/elig.sha256", client=client)).reason


# --- ids


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
