"""Drift in the ledger: what holds a delivery, what only warns, and who may let it through."""

import json
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from acme_assets.feeds.arrivals import FeedNight, content_hash
from acme_assets.feeds.zones import sha256_of
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.arriving import HashedFile, record_delivery
from acme_assets.warehouse.drifting import Drift, drift_history
from acme_assets.warehouse.ledger import audit_entries, deliveries, loads
from acme_assets.warehouse.loading import LoadOutcome, load_delivery
from acme_assets.warehouse.profile_tables import delivery_profiles
from acme_assets.warehouse.raw_tables import key_sketches, quarantined_rows, raw_table
from tests.warehouse.waivers import agree, ask, put_before, revoke, waive
from tests.world import NIGHT, World, client_data, make_client

HEADER = "claim,person,day,paid"


def claims(day: date, *, rows: int = 40, paid: str = "12.50", header: str = HEADER, bad: int = 0) -> str:
    """A night's claims, with ids of their own."""
    lines = [f"{day:%m%d}-{number},p{number},{day},{paid}" for number in range(rows)]
    lines += [f"{day:%m%d}-bad{number},p1,no date,{paid}" for number in range(bad)]
    return "\n".join([header, *lines]) + "\n"


def send(world: World, text: str, day: date = NIGHT) -> LoadOutcome:
    """Pharmacy claims of a night: delivered, recorded and loaded."""
    put_before(world, "pharmacy_claim", text, day)
    name = f"{world.client.landing}/{day}/pharmacy_claim.csv"
    path = world.landing / name
    file = HashedFile(name, "pharmacy_claim", sha256_of(path), path.stat().st_size, world.now)
    night = FeedNight(world.client.client_id, "pharmacy_claim", day)
    record_delivery(world.warehouse, night, [file], world.clock())
    return load(world, day)


def load(world: World, day: date = NIGHT) -> LoadOutcome:
    named: Any = (world.warehouse, world.zone, world.client, "pharmacy_claim", day, world.clock, world.roster)
    return load_delivery(*named, by="test")


@pytest.fixture
def trailing(world: World) -> World:
    """Four weeks of nights, all alike: the last one is loaded, those before it are in the ledger as it is."""
    last = NIGHT - timedelta(days=1)
    assert send(world, claims(last, rows=400), last).state == "loaded"
    with world.warehouse.begin() as connection:
        for number in range(2, 29):
            day = NIGHT - timedelta(days=number)
            night = {"business_date": day, "delivery_id": f"night {number}"}
            hashed = content_hash([sha256(claims(day, rows=400).encode()).hexdigest()])
            row = connection.execute(select(deliveries).filter_by(business_date=last)).mappings().one()
            connection.execute(insert(deliveries).values(**{**row, **night, "content_hash": hashed}))
            row = connection.execute(select(delivery_profiles).filter_by(business_date=last)).mappings().one()
            profile = json.dumps({**json.loads(row["profile"]), "keys_known": 0.0})
            connection.execute(insert(delivery_profiles).values(**{**row, **night, "profile": profile}))
    return world


def history(world: World, limit: int = 1) -> list[Drift]:
    with world.warehouse.begin() as connection:
        return drift_history(connection, "tiny_health", "pharmacy_claim", limit)


def rows_of(world: World, table: Any) -> int:
    with world.warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_night_like_the_others_is_loaded_and_nothing_is_said(trailing: World) -> None:
    outcome = send(trailing, claims(NIGHT, rows=400))
    assert (outcome.state, outcome.drift) == ("loaded", ())
    assert "drift" not in json.loads(trailing.entry("delivery_loaded"))["details"]
    assert history(trailing)[0].findings == ()


def test_a_halved_night_is_held_with_the_numbers(trailing: World) -> None:
    before = rows_of(trailing, raw_table("pharmacy_claim"))
    outcome = send(trailing, claims(NIGHT, rows=200))
    assert (outcome.state, outcome.rows_loaded, outcome.rows_quarantined) == ("quarantined", 0, 200)
    assert "differs from this feed's earlier deliveries: rows 200, expected " in str(outcome.reason)
    assert "by the last 4 Tuesdays" in str(outcome.reason)
    assert rows_of(trailing, raw_table("pharmacy_claim")) == before
    assert trailing.facts().deliveries["pharmacy_claim"].state == "quarantined"
    assert trailing.actions()[-1] == "delivery_quarantined"
    details = json.loads(trailing.entry("delivery_quarantined"))["details"]
    assert details["drift"][0].partition(",")[0] == "hold: rows 200"
    with pytest.raises(Unmet, match="quarantined"):
        load(trailing)


def test_yesterdays_keys_are_recognised(trailing: World) -> None:
    again = claims(NIGHT - timedelta(days=1), rows=400, paid="12.51")
    outcome = send(trailing, again)
    assert "keys of the night before 100.0%, expected 0.0% to " in str(outcome.reason)


def test_the_very_file_of_another_night_is_recognised(trailing: World) -> None:
    again = claims(NIGHT - timedelta(days=3), rows=400)
    assert f"it is the content of {NIGHT - timedelta(days=3)} again" in str(send(trailing, again).reason)


def test_a_total_a_hundred_times_as_high_is_held_and_a_policy_can_let_it_pass(trailing: World) -> None:
    text = claims(NIGHT, rows=400, paid="1250.00")
    assert "total of paid_amount 500,000, expected " in str(send(trailing, text).reason)
    data = client_data()
    data["feeds"]["pharmacy_claim"]["drift"] = {"totals": "warn"}
    trailing.client = make_client(feeds=data["feeds"])
    outcome = send(trailing, claims(NIGHT, rows=401, paid="1250.00"))
    assert (outcome.state, len(outcome.drift)) == ("loaded", 1)
    assert outcome.drift[0].startswith("warn: total of paid_amount")
    assert trailing.facts().deliveries["pharmacy_claim"].reason is None


def test_a_new_column_warns_and_another_name_holds(world: World) -> None:
    before = NIGHT - timedelta(days=1)
    extra = "claim,person,day,paid,extra"
    send(world, claims(before), before)
    more = claims(NIGHT).replace("\n", ",x\n").replace(f"{HEADER},x", extra)
    outcome = send(world, more)
    assert (outcome.state, outcome.drift) == ("loaded", ("warn: pharmacy_claim: column extra is new",))
    later = NIGHT + timedelta(days=1)
    outcome = send(world, claims(later).replace("\n", ",x\n").replace(f"{HEADER},x", f"{HEADER},other"), later)
    assert outcome.state == "quarantined"
    assert "pharmacy_claim: column extra is named other now" in str(outcome.reason)


def test_a_renamed_column_that_the_layout_needs_is_told_beside_what_the_contract_says(world: World) -> None:
    before = NIGHT - timedelta(days=1)
    send(world, claims(before), before)
    outcome = send(world, claims(NIGHT, header="claim,person,day,paid_amt"))
    assert "it lacks paid" in str(outcome.reason)
    assert [finding.said for finding in history(world)[0].findings] == [
        "pharmacy_claim: column paid is named paid_amt now"
    ]
    details = json.loads(world.entry("delivery_quarantined"))["details"]
    assert details["drift"] == ["hold: pharmacy_claim: column paid is named paid_amt now"]


def test_what_was_held_is_not_what_the_next_night_is_held_against(trailing: World) -> None:
    send(trailing, claims(NIGHT, rows=200))
    later = NIGHT + timedelta(days=1)
    assert send(trailing, claims(later, rows=400), later).drift == ()


def test_an_accepted_delivery_is_loaded_once_and_is_held_again_without_its_waiver(trailing: World) -> None:
    held = send(trailing, claims(NIGHT, rows=200))
    before = rows_of(trailing, raw_table("pharmacy_claim"))
    request_id = waive(trailing, "accept_quarantined")
    loaded = load(trailing)
    assert (loaded.state, loaded.rows_loaded) == ("loaded", 200)
    assert loaded.delivery_id == held.delivery_id
    assert load(trailing).is_repeat
    assert rows_of(trailing, raw_table("pharmacy_claim")) == before + 200
    assert json.loads(trailing.entry("delivery_loaded"))["details"]["rows_accepted_by_waiver"] is True
    revoke(trailing, request_id)
    with pytest.raises(Unmet, match="quarantined"):
        load(trailing)


def test_accepting_rows_that_fail_does_not_accept_drift(trailing: World) -> None:
    text = claims(NIGHT, rows=120, bad=80)
    assert "over the limit" in str(send(trailing, text).reason)
    waive(trailing, "accept_quarantined")
    outcome = load(trailing)
    assert outcome.state == "quarantined"
    assert "80 of 200 rows fail the contract" in str(outcome.reason)
    assert "rows 200, expected " in str(outcome.reason)
    assert [item.stage for item in trailing.status().work if item.stage == "load"] == []
    waive(trailing, "accept_quarantined")
    assert load(trailing).rows_loaded == 120
    assert rows_of(trailing, quarantined_rows()) == 80


def test_the_request_says_what_is_accepted(trailing: World) -> None:
    send(trailing, claims(NIGHT, rows=200))
    request_id = ask(trailing, "accept_quarantined")
    entry = json.loads(trailing.entry("exception_requested"))["details"]
    assert entry["statement_id"] == request_id
    assert "rows 200, expected " in entry["meaning"]
    assert "although it is unlike the feed's earlier ones" in entry["meaning"]
    agree(trailing, request_id)


def test_drift_that_was_accepted_and_is_sent_again_after_another_needs_a_waiver_still(trailing: World) -> None:
    send(trailing, claims(NIGHT, rows=200))
    request_id = waive(trailing, "accept_quarantined")
    load(trailing)
    assert send(trailing, claims(NIGHT, rows=400)).state == "loaded"
    revoke(trailing, request_id)
    again = send(trailing, claims(NIGHT, rows=200))
    assert (again.state, "rows 200, expected " in str(again.reason)) == ("quarantined", True)
    waive(trailing, "accept_quarantined")
    assert load(trailing).state == "loaded"
    assert rows_of(trailing, loads) == 3


def test_each_checked_delivery_has_one_profile_and_one_sketch(world: World) -> None:
    send(world, claims(NIGHT))
    send(world, claims(NIGHT, bad=100))
    send(world, claims(NIGHT))
    assert (rows_of(world, delivery_profiles), rows_of(world, key_sketches)) == (2, 1)
    assert sorted(item.rows or 0 for item in history(world, 5)) == [0, 40]


def test_the_rows_of_a_load_say_which_attempt_put_them_there(world: World) -> None:
    send(world, claims(NIGHT, bad=1))
    with world.warehouse.begin() as connection:
        load_id = connection.execute(select(loads.c.load_id)).scalar_one()
        for table in (raw_table("pharmacy_claim"), quarantined_rows()):
            assert set(connection.execute(select(table.c.load_id)).scalars()) == {load_id}
        count = connection.execute(select(func.count()).select_from(audit_entries)).scalar_one()
    assert len(load_id) == 16
    assert count == 2
