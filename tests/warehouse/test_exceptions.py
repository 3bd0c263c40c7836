"""Client exceptions on a real database: each lets through what it says, and nothing else does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.drafting import draft_exception, preview
from acme_assets.warehouse.exceptions import exceptions, find_statement
from acme_assets.warehouse.ledger import contract_results, delivery_files, loads, statements
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
from acme_assets.warehouse.reading import read_unsettled
from acme_assets.warehouse.releasing import GateClosed
from acme_assets.warehouse.signing import NotSigned
from tests.warehouse.waivers import (
    DAY_BEFORE,
    THIRTY_PERCENT_BAD,
    agree,
    approve,
    ask,
    deliver_before,
    evidence,
    finish,
    put_before,
    revoke,
    states,
    waive,
)
from tests.world import (
    CORA,
    DELE,
    ELIGIBILITY,
    ENZO,
    INGRID,
    NIGHT,
    NOOR,
    OTTO,
    PHARMACY,
    SERVICE,
    World,
    client_data,
    make_client,
    make_roster,
    roster_person,
)


def rows_of(world: World, table: Any) -> int:
    with world.warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def blocked(world: World) -> str:
    step = world.status().blocked_by
    assert step is not None
    return f"{step.name} {step.state}: {step.reason}"


# --- may_be_missing


def test_a_feed_may_be_missing_once_the_client_agrees(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = ask(world, "may_be_missing")
    assert blocked(world).startswith("feeds/pharmacy_claim held: not delivered")
    with pytest.raises(Unmet, match=r"pharmacy_claim \(not delivered\)"):
        world.build()
    acknowledgement_id = agree(world, request_id)
    (waiver,) = finish(world)["waivers"]
    assert waiver == {
        "request_id": request_id,
        "exception": "may_be_missing",
        "feed": "pharmacy_claim",
        "reason": "their exporter is down",
        "requested_by": OTTO,
        "acknowledgement_id": acknowledgement_id,
        "contact": CORA,
        "reference": "ticket 4711",
        "acknowledged_via": "client_success",
        "acknowledged_by": NOOR,
        "expires_at": "2026-03-12T10:00:00.000000+00:00",
    }
    assert "exception_requested" in world.actions()
    assert "exception_acknowledged" in world.actions()


def test_a_waiver_is_of_its_feed_and_its_dates(world: World) -> None:
    world.deliver("pharmacy_claim", PHARMACY)
    waive(world, "may_be_missing", "pharmacy_claim")
    waive(world, "may_be_missing", "eligibility", dates=(DAY_BEFORE, DAY_BEFORE))
    assert blocked(world).startswith("feeds/eligibility held")


def test_a_late_file_of_a_feed_that_may_be_missing_is_used(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    waive(world, "may_be_missing")
    finish(world)
    world.deliver("pharmacy_claim", PHARMACY)
    with pytest.raises(GateClosed, match="changed after the candidate was built"):
        world.release()
    assert {item["feed"] for item in finish(world)["deliveries"]} == {"eligibility", "pharmacy_claim"}


# --- late_until


def test_a_feed_may_be_late_until_a_time_and_no_longer(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    waive(world, "late_until", until="05:15")
    assert blocked(world) == "feeds/pharmacy_claim waiting: not delivered yet; due 05:15 EDT"
    with pytest.raises(Unmet):
        world.build()
    world.now = datetime(2026, 3, 11, 9, 15, tzinfo=UTC)
    assert blocked(world) == "feeds/pharmacy_claim held: not delivered; was due Wed 05:15 EDT"
    world.deliver("pharmacy_claim", PHARMACY)
    assert [item["until"] for item in finish(world)["waivers"]] == ["05:15"]


def test_a_time_that_changes_nothing_is_refused(world: World) -> None:
    for until, problem in (
        (None, "late_until needs its time"),
        ("5:15", "write it as HH:MM"),
        ("25:00", "write it as HH:MM"),
        ("02:30", "is not late before 02:30 EDT anyway"),
        ("04:00", "04:00 of the morning after 2026-03-10 is over"),
    ):
        with pytest.raises(NotSigned, match=problem):
            ask(world, "late_until", until=until)
    assert rows_of(world, statements) == 0


# --- carry_forward


def test_the_last_good_delivery_stands_in_until_the_real_one_arrives(world: World) -> None:
    deliver_before(world, "pharmacy_claim", PHARMACY, DAY_BEFORE - timedelta(days=1))
    before = deliver_before(world, "pharmacy_claim", PHARMACY + "c3,p2,2026-03-03,1.00\n")
    world.deliver("eligibility", ELIGIBILITY)
    waive(world, "carry_forward")
    packet = finish(world)
    (waiver,) = packet["waivers"]
    assert (waiver["delivery_id"], waiver["source_date"], waiver["rows_loaded"]) == (
        before.delivery_id,
        "2026-03-09",
        3,
    )
    assert before.delivery_id in {item["delivery_id"] for item in packet["deliveries"]}
    real = world.deliver("pharmacy_claim", PHARMACY)
    with pytest.raises(GateClosed, match="changed after the candidate was built"):
        world.release()
    after = finish(world)["deliveries"]
    assert real.delivery_id in {item["delivery_id"] for item in after}
    assert before.delivery_id not in {item["delivery_id"] for item in after}


def test_a_delivery_is_carried_over_one_that_is_quarantined(world: World) -> None:
    before = deliver_before(world, "pharmacy_claim", PHARMACY)
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    waive(world, "carry_forward")
    assert before.delivery_id in {item["delivery_id"] for item in finish(world)["deliveries"]}


def test_a_night_of_which_nothing_arrived_and_all_is_carried_forward_is_found_as_work(world: World) -> None:
    deliver_before(world, "eligibility", ELIGIBILITY)
    deliver_before(world, "pharmacy_claim", PHARMACY)

    def work() -> list[str]:
        with world.warehouse.begin() as connection:
            found = read_unsettled(connection, NIGHT, NIGHT + timedelta(days=1))
        assert {(item.client_id, item.business_date) for item in found} <= {("tiny_health", NIGHT)}
        return [item.stage for item in world.status().work] if found else []

    assert work() == []
    waive(world, "carry_forward", "eligibility")
    waive(world, "carry_forward", "pharmacy_claim")
    assert work() == ["build"]
    finish(world)
    assert work() == []


def test_with_nothing_good_before_there_is_nothing_to_carry(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", PHARMACY)
    deliver_before(world, "eligibility", "person,start\np1,bad\n")
    for feed in ("eligibility", "pharmacy_claim"):
        with pytest.raises(NotSigned, match=f"no loaded {feed} delivery before 2026-03-10"):
            ask(world, "carry_forward", feed)


def test_what_was_loaded_under_a_waiver_is_not_carried_forward(world: World) -> None:
    good = deliver_before(world, "pharmacy_claim", PHARMACY, DAY_BEFORE - timedelta(days=1))
    assert deliver_before(world, "pharmacy_claim", THIRTY_PERCENT_BAD).state == "quarantined"
    waive(world, "accept_quarantined", dates=(DAY_BEFORE, DAY_BEFORE))
    assert deliver_before(world, "pharmacy_claim", THIRTY_PERCENT_BAD).state == "loaded"
    request_id = ask(world, "carry_forward")
    with world.warehouse.begin() as connection:
        assert good.delivery_id in find_statement(connection, request_id).text


def test_what_is_still_to_be_loaded_again_is_not_carried_forward(world: World) -> None:
    deliver_before(world, "pharmacy_claim", PHARMACY)
    deliver_before(world, "pharmacy_claim", PHARMACY + "c3,p2,2026-03-03,1.00\n")
    put_before(world, "pharmacy_claim", PHARMACY)
    assert [item.outcome for item in world.notice()] == ["reinstated"]
    with pytest.raises(NotSigned, match="no loaded pharmacy_claim delivery"):
        ask(world, "carry_forward")


# --- accept_quarantined


def test_the_good_rows_of_a_quarantined_delivery_are_loaded_once(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    held = world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    assert (held.state, rows_of(world, raw_table("pharmacy_claim")), rows_of(world, quarantined_rows())) == (
        "quarantined",
        0,
        3,
    )
    waive(world, "accept_quarantined")
    assert [item.stage for item in world.status().work] == ["load"]
    loaded = world.load("pharmacy_claim")
    assert (loaded.state, loaded.rows_in, loaded.rows_loaded, loaded.rows_quarantined) == ("loaded", 10, 7, 3)
    assert world.load("pharmacy_claim").is_repeat
    assert (rows_of(world, raw_table("pharmacy_claim")), rows_of(world, quarantined_rows())) == (7, 3)
    with world.warehouse.begin() as connection:
        query = select(delivery_files).filter_by(delivery_id=held.delivery_id)
        file = connection.execute(query).mappings().one()
    assert (file["rows_in"], file["rows_loaded"], file["rows_quarantined"]) == (10, 7, 3)
    packet = finish(world)
    (delivery,) = [item for item in packet["deliveries"] if item["feed"] == "pharmacy_claim"]
    assert delivery["failures"] == {"type (dispensing_date)": 3}
    assert packet["waivers"][0]["delivery_id"] == held.delivery_id


def test_two_processes_that_load_an_accepted_delivery_load_it_once(world: World) -> None:
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    waive(world, "accept_quarantined")

    def load(_: int) -> str:
        try:
            return "repeat" if world.load("pharmacy_claim").is_repeat else "loaded"
        except Unmet:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(load, range(2))).count("loaded") == 1
    assert (rows_of(world, raw_table("pharmacy_claim")), rows_of(world, quarantined_rows())) == (7, 3)


def test_what_was_accepted_is_quarantined_again_when_the_waiver_is_revoked(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    request_id = waive(world, "accept_quarantined")
    world.load("pharmacy_claim")
    world.build()
    approve(world)
    revoke(world, request_id)
    assert blocked(world).startswith("feeds/pharmacy_claim held: delivery quarantined")
    with pytest.raises(GateClosed):
        world.release()
    with pytest.raises(Unmet, match=r"pharmacy_claim \(quarantined\)"):
        world.build()
    waive(world, "accept_quarantined")
    finish(world)
    assert rows_of(world, raw_table("pharmacy_claim")) == 7


def test_what_was_accepted_is_quarantined_again_when_the_waiver_expires(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    waive(world, "accept_quarantined", expires_at=world.now + timedelta(hours=1))
    world.load("pharmacy_claim")
    world.build()
    approve(world)
    world.now += timedelta(hours=1)
    assert blocked(world).startswith("feeds/pharmacy_claim held: delivery quarantined")
    with pytest.raises(GateClosed):
        world.release()


def test_what_was_accepted_and_is_sent_again_after_another_needs_a_waiver_still(world: World) -> None:
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    request_id = waive(world, "accept_quarantined")
    world.load("pharmacy_claim")
    world.deliver("pharmacy_claim", PHARMACY)
    revoke(world, request_id)
    again = world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    assert (again.state, world.facts().deliveries["pharmacy_claim"].state) == ("quarantined", "quarantined")
    assert "3 of 10 rows fail the contract, over the limit of 20.00%" in str(again.reason)
    waive(world, "accept_quarantined")
    assert world.load("pharmacy_claim").rows_loaded == 7
    assert (rows_of(world, raw_table("pharmacy_claim")), rows_of(world, loads)) == (9, 2)


def test_a_quarantined_delivery_that_is_sent_again_is_quarantined_once(world: World) -> None:
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    world.deliver("pharmacy_claim", PHARMACY)
    assert world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD).state == "quarantined"
    assert rows_of(world, quarantined_rows()) == 3


def test_only_a_delivery_with_single_bad_rows_can_be_accepted(world: World) -> None:
    for text, problem in (
        (None, "is not delivered, so there is no quarantined delivery"),
        (PHARMACY, "is loaded, so there is no quarantined delivery"),
        ("claim,person\n", "the file cannot be used as a whole"),
        ('claim,person,day,paid\n"c1,p1,2026-03-01,1\n', "the file cannot be used as a whole"),
        ("claim,person,day,paid\nx,p1,no,1\ny,p1,no,1\n", "no row of pharmacy_claim of tiny_health 2026-03-10 passes"),
    ):
        if text:
            world.deliver("pharmacy_claim", text)
        with pytest.raises(NotSigned, match=problem):
            ask(world, "accept_quarantined")


def test_bad_rows_beside_a_file_that_cannot_be_read_are_not_accepted(world: World) -> None:
    data = client_data()
    files = data["feeds"]["pharmacy_claim"]["files"]
    files.append({"pattern": "{date}/more_pharmacy.csv", "layout": "pharmacy_claim"})
    world.client = make_client(feeds=data["feeds"])
    world.put("pharmacy_claim", "claim,person\n")
    (world.landing / "tiny" / NIGHT.isoformat() / "more_pharmacy.csv").write_text(THIRTY_PERCENT_BAD)
    world.notice()
    assert world.load("pharmacy_claim").state == "quarantined"
    assert rows_of(world, contract_results) == 1
    with pytest.raises(NotSigned, match="the file cannot be used as a whole"):
        ask(world, "accept_quarantined")


def test_a_delivery_is_accepted_for_one_night(world: World) -> None:
    with pytest.raises(NotSigned, match="give one business date"):
        ask(world, "accept_quarantined", dates=(DAY_BEFORE, NIGHT))


def test_a_new_delivery_is_not_accepted_by_the_old_waiver(world: World) -> None:
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
    waive(world, "accept_quarantined")
    world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD + "x9,p1,no date,1\n")
    assert world.facts().deliveries["pharmacy_claim"].state == "quarantined"
    assert [item.stage for item in world.status().work] == []


# --- who and what is refused


REFUSED_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"feed": "medical_claim"}, "owes no medical_claim; its feeds are eligibility, pharmacy_claim, lab_result"),
    ({"exception": "skip_qa"}, "there is no exception 'skip_qa'"),
    ({"until": "05:15"}, "no other exception has one"),
    ({"dates": (NIGHT, DAY_BEFORE)}, "give the first date first"),
    ({"dates": (NIGHT, NIGHT + timedelta(days=31))}, "at most 31 days"),
    ({"expires_at": datetime(2026, 3, 11, 7, tzinfo=UTC)}, "would have expired 2026-03-11 07:00 UTC already"),
    ({"expires_at": datetime(2026, 4, 12, tzinfo=UTC)}, "at most 31 days after the deadline, 2026-03-11 10:00"),
    ({"reason": " "}, "needs a reason"),
    ({"by": INGRID}, "needs the role client_success or engineering or on_call"),
    ({"by": NOOR, "role": "on_call"}, "does not have that role"),
]

REFUSED_ACKNOWLEDGEMENTS: list[tuple[dict[str, Any], str]] = [
    ({"by": ENZO}, "needs the role client_success or service"),
    ({"by": INGRID}, "needs the role client_success or service"),
    ({"by": SERVICE}, "through a client's link alone"),
    ({"contact": "cora"}, "no e-mail address of somebody at Tiny Health"),
    ({"contact": INGRID}, "no e-mail address of somebody at Tiny Health"),
    ({"reference": ""}, "needs the message, ticket or call"),
]


def test_a_request_that_makes_no_sense_is_refused(world: World) -> None:
    for more, problem in REFUSED_REQUESTS:
        with pytest.raises(NotSigned, match=problem):
            ask(world, **{"exception": "may_be_missing", **more})
    assert rows_of(world, statements) == 0
    assert world.actions() == []


def test_an_acknowledgement_that_would_not_count_is_not_recorded(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    for more, problem in REFUSED_ACKNOWLEDGEMENTS:
        with pytest.raises(NotSigned, match=problem):
            agree(world, request_id, **more)
    assert states(world) == {request_id: "requested"}
    assert rows_of(world, statements) == 1


def test_who_requested_it_does_not_acknowledge_it(world: World) -> None:
    request_id = ask(world, "may_be_missing", by=NOOR)
    with pytest.raises(NotSigned, match="requested it, and cannot acknowledge it too"):
        agree(world, request_id, by=NOOR)


def test_an_acknowledgement_of_other_dates_counts_for_nothing(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = ask(world, "may_be_missing")
    subject = {"request_id": request_id, "contact": CORA, "reference": "x", "via": "client_success"}
    world.say("acknowledgement", NOOR, subject, dates=(DAY_BEFORE, NIGHT))
    assert blocked(world).startswith("feeds/pharmacy_claim held")
    with world.warehouse.begin() as connection:
        (found,) = exceptions(connection, world.registry.clients, world.roster, world.now)
    assert found.state == "requested"
    assert found.why == f"an acknowledgement by {NOOR} does not count: it acknowledges other dates than were requested"


def test_a_request_is_acknowledged_once(world: World) -> None:
    request_id = waive(world, "may_be_missing")
    with pytest.raises(NotSigned, match=f"is acknowledged already, by {CORA}"):
        agree(world, request_id)


def test_an_expired_request_is_not_acknowledged_and_an_expired_waiver_lets_nothing_through(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    soon = world.now + timedelta(hours=1)
    live = waive(world, "may_be_missing", expires_at=soon)
    waiting = ask(world, "may_be_missing", expires_at=soon)
    world.build()
    approve(world)
    world.now = soon
    assert blocked(world).startswith("feeds/pharmacy_claim held")
    with pytest.raises(GateClosed):
        world.release()
    with pytest.raises(NotSigned, match="it expired 2026-03-11 09:00 UTC"):
        agree(world, waiting)
    assert states(world) == {live: "expired", waiting: "expired"}


def test_a_release_stands_when_its_waiver_expires(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    waive(world, "may_be_missing")
    finish(world)
    world.now += timedelta(days=3)
    assert world.status().state == "released"


def test_a_revoked_request_lets_nothing_through(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = waive(world, "may_be_missing")
    world.build()
    approve(world)
    revoke(world, request_id)
    assert states(world) == {request_id: "revoked"}
    assert blocked(world).startswith("feeds/pharmacy_claim held")
    with pytest.raises(GateClosed):
        world.release()
    with pytest.raises(NotSigned, match="revoked by otto@acme.example: asked for by mistake"):
        agree(world, request_id)


def test_a_revoked_acknowledgement_leaves_the_request_and_another_makes_another_candidate(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = ask(world, "may_be_missing")
    first = agree(world, request_id)
    world.build()
    approve(world)
    revoke(world, first, by=NOOR)
    assert states(world) == {request_id: "requested"}
    agree(world, request_id, reference="call of 04:10")
    with pytest.raises(GateClosed, match="changed after the candidate was built"):
        world.release()
    assert [item["reference"] for item in finish(world)["waivers"]] == ["call of 04:10"]


def test_who_requested_a_waiver_does_not_sign_the_night_off(world: World) -> None:
    world.roster = make_roster(roster_person(DELE, roles=["qa", "client_success"]))
    world.deliver("eligibility", ELIGIBILITY)
    waive(world, "may_be_missing", by=DELE, role="client_success")
    world.build()
    with pytest.raises(NotSigned, match="had a hand in a waiver"):
        approve(world, DELE)
    approve(world, INGRID)
    world.release()


def test_a_request_that_somebody_signed_in_another_form_stops_no_night_from_being_assessed(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    for subject in (
        {"exception": "late_until", "feed": "pharmacy_claim"},
        {"exception": "carry_forward", "feed": "pharmacy_claim", "delivery_id": "x", "source_date": "soon"},
        {"exception": "anything", "feed": "pharmacy_claim"},
        {"exception": "accept_quarantined", "feed": ["pharmacy_claim"], "delivery_id": "x"},
    ):
        request_id = world.say("exception_request", OTTO, subject)
        said = {"request_id": request_id, "contact": CORA, "reference": "x", "via": "client_success"}
        world.say("acknowledgement", NOOR, said)
    assert blocked(world).startswith("feeds/pharmacy_claim held: not delivered")
    assert set(states(world).values()) == {"refused"}


def test_what_was_shown_is_what_is_signed(world: World) -> None:
    deliver_before(world, "pharmacy_claim", PHARMACY)
    with world.warehouse.begin() as connection:
        shown = draft_exception(
            connection, world.client, "pharmacy_claim", "carry_forward", (NIGHT, NIGHT),
            roster=world.roster, now=world.clock(),
        )  # fmt: skip
    deliver_before(world, "pharmacy_claim", PHARMACY + "c3,p2,2026-03-03,1.00\n")
    with pytest.raises(NotSigned, match="deliveries changed meanwhile"):
        ask(world, "carry_forward", shown=shown)


def test_a_preview_shows_what_would_change_and_records_nothing(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    with world.warehouse.begin() as connection:
        draft = draft_exception(
            connection, world.client, "pharmacy_claim", "may_be_missing", (DAY_BEFORE, NIGHT),
            roster=world.roster, now=world.clock(),
        )  # fmt: skip
        nights = preview(connection, world.client, draft, world.roster, world.clock())
    said = [[status.blocked_by.name if status.blocked_by else None for status in pair] for pair in nights]
    assert said == [["feeds/eligibility", "feeds/eligibility"], ["feeds/pharmacy_claim", "marts"]]
    assert rows_of(world, statements) == 0
    assert draft.meaning == (
        "I request an exception for Tiny Health, business dates 2026-03-09 to 2026-03-10: pharmacy_claim may be "
        "missing: the night is built without it. It counts once it is acknowledged for the client."
    )


# --- ids and revocations


def test_an_id_may_be_shortened_as_long_as_it_is_one(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    with world.warehouse.begin() as connection:
        assert find_statement(connection, request_id[:8], "exception_request").statement_id == request_id
        with pytest.raises(NotSigned, match="first 8 hex digits"):
            find_statement(connection, request_id[:7])
        with pytest.raises(NotSigned, match="first 8 hex digits"):
            find_statement(connection, "%" * 8)
        with pytest.raises(NotSigned, match="there is no acknowledgement"):
            find_statement(connection, request_id, "acknowledgement")
        with pytest.raises(NotSigned, match="there is no statement .* of other"):
            find_statement(connection, request_id, client_id="other")


def test_a_beginning_that_two_ids_share_is_refused(world: World) -> None:
    with world.warehouse.begin() as connection:
        for statement_id in ("abcdef12" + "0" * 56, "abcdef12" + "1" * 56):
            row = {column.name: "x" for column in statements.c} | {"statement_id": statement_id}
            row |= {"first_date": NIGHT, "last_date": NIGHT, "recorded_at": world.now}
            connection.execute(statements.insert().values(**row))
        with pytest.raises(NotSigned, match="several ids begin with abcdef12"):
            find_statement(connection, "abcdef12")


def test_statements_of_other_kinds_are_revoked_by_who_may(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver("pharmacy_claim", PHARMACY)
    world.build()
    sign_off = approve(world)
    with pytest.raises(NotSigned, match="the role client_success may not revoke a sign_off"):
        revoke(world, sign_off, by=NOOR)
    with pytest.raises(NotSigned, match="needs a reason"):
        revoke(world, sign_off, by=INGRID, reason="")
    revocation = revoke(world, sign_off, by=INGRID)
    assert world.status().state == "awaiting sign-off"
    with pytest.raises(NotSigned, match="does not count any more: revoked by ingrid@acme.example"):
        revoke(world, sign_off, by=INGRID)
    with pytest.raises(NotSigned, match="a revocation cannot be revoked"):
        revoke(world, revocation, by=INGRID)
    rejection = world.reject()
    with pytest.raises(NotSigned, match="a rejection is not revoked"):
        revoke(world, rejection, by=INGRID)


def test_the_list_says_what_became_of_each(world: World) -> None:
    waiting = ask(world, "may_be_missing")
    live = waive(world, "may_be_missing", "eligibility")
    gone = waive(world, "may_be_missing", "lab_result")
    revoke(world, gone)
    world.roster = make_roster(roster_person(ENZO, status="retired", retired="2026-03-01"))
    with world.warehouse.begin() as connection:
        found = exceptions(connection, world.registry.clients, world.roster, world.now)
        assert exceptions(connection, world.registry.clients, world.roster, world.now, "other") == []
    assert {item.request_id: item.state for item in found} == {waiting: "requested", live: "live", gone: "revoked"}
    by_id = {item.request_id: item for item in found}
    assert by_id[live].acknowledgement
    assert by_id[live].acknowledgement.subject["contact"] == CORA
    assert by_id[gone].why == "revoked by otto@acme.example: asked for by mistake"
    world.roster = make_roster(roster_person(OTTO, status="retired", retired="2026-03-01"))
    assert set(states(world).values()) == {"refused"}


def test_evidence_holds_no_waiver_where_there_is_none(world: World) -> None:
    world.deliver_all()
    world.build()
    assert evidence(world)["waivers"] == []
