"""Acknowledgement by link on a real database: once, by who holds both halves, in time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from acme_assets.gates.links import Link, LinkRefused, link_secret, read_token, token_of
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.exceptions import exceptions
from acme_assets.warehouse.ledger import acknowledgement_links, audit_entries, statements
from acme_assets.warehouse.links import acknowledge_by_link, make_link, open_link
from acme_assets.warehouse.signing import NotSigned
from tests.warehouse.waivers import agree, approve, ask, evidence, revoke, states
from tests.world import (
    CORA,
    ELIGIBILITY,
    ENZO,
    INGRID,
    NOOR,
    OTTO,
    SERVICE,
    World,
    client_data,
    make_client,
    make_roster,
    roster_person,
    signer_of,
)

SECRET = link_secret("0123456789abcdef" * 2)


def make(world: World, request_id: str, maker: Signer | None = None, **more: Any) -> tuple[str, str]:
    named = {"maker": maker or signer_of(NOOR), "secret": SECRET, "roster": world.roster, "now": world.clock(), **more}
    return make_link(world.warehouse, world.client, request_id, **named)


def spend(world: World, token: str, code: str, service: Signer | None = None) -> str:
    return acknowledge_by_link(
        world.warehouse, world.registry, token, code, SECRET,
        service=service or signer_of(SERVICE), roster=world.roster, now=world.clock(),
    )  # fmt: skip


def link_of(world: World, token: str) -> Link:
    return read_token(token, SECRET, world.now)


def row_of(world: World, token: str) -> dict[str, Any]:
    with world.warehouse.begin() as connection:
        query = select(acknowledgement_links).filter_by(link_id=link_of(world, token).link_id)
        return dict(connection.execute(query).mappings().one())


def other_code(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def test_the_contact_acknowledges_with_link_and_code(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)
    view = open_link(world.warehouse, world.registry, token, SECRET, roster=world.roster, now=world.clock())
    assert (view.client_name, view.feed, view.contact, view.reason) == (
        "Tiny Health",
        "pharmacy_claim",
        CORA,
        "their exporter is down",
    )
    assert view.exception == "pharmacy_claim may be missing: the night is built without it"
    assert states(world) == {request_id: "requested"}
    spend(world, token, code)
    assert states(world) == {request_id: "live"}
    with world.warehouse.begin() as connection:
        (found,) = exceptions(connection, world.registry.clients, world.roster, world.now)
    assert found.acknowledgement
    assert (found.acknowledgement.signer, found.acknowledgement.role) == (SERVICE, "service")
    assert found.acknowledgement.meaning.startswith(f"{CORA} acknowledged for Tiny Health, by link ")
    world.build()
    approve(world)
    world.release()
    (waiver,) = evidence(world)["waivers"]
    assert (waiver["contact"], waiver["acknowledged_via"]) == (CORA, "link")
    assert waiver["reference"] == f"link {link_of(world, token).link_id[:12]}"


def test_the_ledger_holds_neither_half(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"))
    with world.warehouse.begin() as connection:
        for table in (acknowledgement_links, audit_entries):
            text = str(connection.execute(select(table)).all())
            assert code not in text
            assert token.partition(".")[2] not in text


def test_a_link_is_spent_once(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"))
    spend(world, token, code)
    with pytest.raises(LinkRefused, match="was used"):
        spend(world, token, code)
    with pytest.raises(LinkRefused, match="was used"):
        open_link(world.warehouse, world.registry, token, SECRET, roster=world.roster, now=world.clock())
    assert world.actions().count("exception_acknowledged") == 1


def test_of_two_at_once_one_acknowledges(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)

    def once(_: int) -> str:
        try:
            return spend(world, token, code)
        except LinkRefused as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(once, range(2)))
    assert sorted(len(text) == 64 for text in outcomes) == [False, True]
    assert any("was used" in text for text in outcomes)
    assert world.actions().count("exception_acknowledged") == 1
    assert row_of(world, token)["attempts"] == 0


def test_five_wrong_codes_shut_a_link_for_the_right_one_too(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)
    for left in ("4 tries are left", "3 tries", "2 tries", "1 try is left", "the link is shut"):
        with pytest.raises(LinkRefused, match=f"the code is wrong; {left}"):
            spend(world, token, other_code(code))
    with pytest.raises(LinkRefused, match="shut after 5 wrong codes"):
        spend(world, token, code)
    assert world.actions().count("acknowledgement_link_refused") == 5
    assert row_of(world, token)["attempts"] == 5
    assert states(world) == {request_id: "requested"}


def test_guesses_at_once_are_counted_one_by_one(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"))

    def guess(_: int) -> bool:
        try:
            spend(world, token, other_code(code))
        except LinkRefused as refused:
            return "the code is wrong" in str(refused)
        return False

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(12)))
    assert told.count(True) == 5
    assert row_of(world, token)["attempts"] == 5


def test_a_right_code_after_wrong_ones_counts(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"))
    with pytest.raises(LinkRefused):
        spend(world, token, other_code(code))
    spend(world, token, code)
    assert row_of(world, token)["attempts"] == 1


def test_an_expired_link_does_nothing(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"), valid=timedelta(hours=1))
    world.now += timedelta(hours=1)
    with pytest.raises(LinkRefused, match="the link expired"):
        spend(world, token, code)


def test_the_ledgers_expiry_counts_too(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"))
    with world.warehouse.begin() as connection:
        connection.execute(update(acknowledgement_links).values(expires_at=world.now))
    with pytest.raises(LinkRefused, match="the link expired"):
        spend(world, token, code)
    assert row_of(world, token)["attempts"] == 0


def test_a_link_ends_with_its_request(world: World) -> None:
    ends = world.now + timedelta(hours=2)
    token, _ = make(world, ask(world, "may_be_missing", expires_at=ends))
    assert link_of(world, token).expires_at == ends


def test_one_half_alone_does_nothing(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)
    for given in ((token, ""), ("", code), (code, code), (token, token)):
        with pytest.raises(LinkRefused):
            spend(world, *given)
    assert states(world) == {request_id: "requested"}


def test_a_code_of_another_link_is_wrong(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    first, second = make(world, request_id), make(world, request_id)
    assert first[1] != second[1]
    with pytest.raises(LinkRefused, match="the code is wrong"):
        spend(world, first[0], second[1])
    spend(world, *second)
    with pytest.raises(LinkRefused, match="nothing left to acknowledge"):
        spend(world, *first)


def test_a_link_that_is_not_on_record_or_stands_otherwise_is_refused(world: World) -> None:
    token, code = make(world, ask(world, "may_be_missing"))
    made_up = [{"link_id": "f" * 64}, {"contact": "mallory@tiny.example"}, {"request_id": "0" * 64}]
    for changes in made_up:
        forged = token_of(replace(link_of(world, token), **changes), SECRET)
        with pytest.raises(LinkRefused, match="not on record"):
            spend(world, forged, code)
    assert row_of(world, token)["attempts"] == 0


def test_a_contact_that_is_the_clients_no_more_does_not_acknowledge(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)
    owners = {**client_data()["owners"], "client": {"name": "Carl", "email": "carl@tiny.example"}}
    world.client = make_client(owners=owners)
    with pytest.raises(LinkRefused, match=f"{CORA} is not the contact of Tiny Health any more"):
        spend(world, token, code)
    assert states(world) == {request_id: "requested"}


def test_a_link_to_what_is_revoked_has_nothing_left_to_do(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)
    revoke(world, request_id)
    with pytest.raises(LinkRefused, match="nothing left to acknowledge"):
        open_link(world.warehouse, world.registry, token, SECRET, roster=world.roster, now=world.clock())
    with pytest.raises(LinkRefused, match="nothing left to acknowledge"):
        spend(world, token, code)


def test_an_acknowledgement_that_would_not_count_leaves_the_link_as_it_was(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    token, code = make(world, request_id)
    with pytest.raises(NotSigned):
        spend(world, token, code, service=Signer(SERVICE, signer_of(ENZO).key))
    assert (row_of(world, token)["used_at"], row_of(world, token)["attempts"]) == (None, 0)
    spend(world, token, code)


def test_who_requested_does_not_hold_both_halves(world: World) -> None:
    request_id = ask(world, "may_be_missing", by=OTTO)
    with pytest.raises(NotSigned, match="would hold both halves"):
        make(world, request_id, maker=signer_of(OTTO))


def test_a_link_is_made_by_staff_with_their_own_key(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    for maker, problem in (
        (signer_of(INGRID), "a link is made by who may request exceptions"),
        (Signer(NOOR, signer_of(OTTO).key), "the key at hand is none of noor@acme.example's"),
        (Signer("x@acme.example", signer_of(OTTO).key), "the key at hand is none of x@acme.example's"),
    ):
        with pytest.raises(NotSigned, match=problem):
            make(world, request_id, maker=maker)


def test_who_is_retired_makes_no_link(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    world.roster = make_roster(roster_person(NOOR, status="retired", retired="2026-03-11"))
    with pytest.raises(NotSigned, match="none of noor"):
        make(world, request_id)


def test_what_is_acknowledged_needs_no_link(world: World) -> None:
    request_id = ask(world, "may_be_missing")
    agree(world, request_id)
    with pytest.raises(NotSigned, match="is acknowledged already"):
        make(world, request_id)
    with pytest.raises(NotSigned, match="at most 72 hours"):
        make(world, request_id, valid=timedelta(hours=73))
    with world.warehouse.begin() as connection:
        assert len(connection.execute(select(statements)).all()) == 2
