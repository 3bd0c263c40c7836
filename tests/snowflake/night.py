"""A night on the embedded PostgreSQL, with everything that may happen in one, recorded by who does it on Snowflake."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from acme_assets.feeds.arrivals import Stray
from acme_assets.feeds.zones import LandedFile
from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.gatekeeper.judging import judge_one_release, withdraw_failed_releases
from acme_assets.gates.links import LinkRefused, link_secret
from acme_assets.nights.status import Work
from acme_assets.validation.drift import ENOUGH_NIGHTS
from acme_assets.validation.results import SuiteResult
from acme_assets.warehouse.arriving import record_stray
from acme_assets.warehouse.auditing import export, verify_ledger
from acme_assets.warehouse.building import ModelResult, open_build
from acme_assets.warehouse.checkpoint_store import open_checkpoint_store, seal_and_copy
from acme_assets.warehouse.drafting import draft_exception, preview
from acme_assets.warehouse.entries import entries_since
from acme_assets.warehouse.exceptions import exceptions
from acme_assets.warehouse.history import history_of
from acme_assets.warehouse.judging import LiveRelease, judge_release
from acme_assets.warehouse.ledger import client_nights
from acme_assets.warehouse.links import acknowledge_by_link, make_link, open_link
from acme_assets.warehouse.overrides import overrides
from acme_assets.warehouse.reading import SETTLING, read_business_date, read_unsettled
from acme_assets.warehouse.sealing import service_keys
from acme_assets.warehouse.signing import evidence_of, night_under_terms
from acme_assets.warehouse.stuck import record_stuck
from acme_assets.warehouse.validating import record_suites
from acme_assets.warehouse.withdrawing import sign_withdrawal
from tests.snowflake.recorder import Recorder
from tests.warehouse import overriding, waivers
from tests.world import (
    ELIGIBILITY,
    INGRID,
    MORNING,
    NIGHT,
    NOOR,
    OTTO,
    PHARMACY,
    SERVICE,
    World,
    make_client,
    signer_of,
)

LOADER, TRANSFORMER, RELEASER = "acme_loader", "acme_transformer", "acme_releaser"
SERVICE_ROLE, LINK_PAGE = "acme_service", "acme_link_page"
QA, CLIENT_SUCCESS, ON_CALL, AUDITOR = "acme_qa", "acme_client_success", "acme_on_call", "acme_auditor"

TOMORROW = NIGHT + timedelta(days=1)
"""Exceptions and overrides are of this business date, so that they leave the night itself to the people who sign it."""

LATER = (TOMORROW, TOMORROW)
_SECRET = link_secret("0123456789abcdef" * 2)


def record_night(world: World, folder: Path) -> dict[str, list[str]]:
    """Role to the statements that it runs. `folder`: for copies of checkpoints and an export."""
    by = Recorder()
    _deliver(world, by)
    _accept_rows_that_fail(world, by)
    _build(world, by)
    _sign_and_release(world, by)
    _except_and_override(world, by)
    _withdraw(world, by)
    _leave_it_to_the_service(world, by)
    _seal_and_verify(world, by, folder)
    return dict(by.found)


def _deliver(world: World, by: Recorder) -> None:
    with by.role(LOADER):
        first = world.deliver("eligibility", ELIGIBILITY)
        world.deliver("eligibility", ELIGIBILITY + "p3,bad\n")
        world.put("eligibility", ELIGIBILITY)
        world.notice()
        assert world.load("eligibility").delivery_id == first.delivery_id
        with world.warehouse.begin() as connection:
            stray = Stray(LandedFile("tiny/notes.txt", 3, MORNING), "belongs to no feed", "engineering", "tiny_health")
            record_stray(world.warehouse, connection, stray, MORNING)
            read_unsettled(connection, NIGHT, TOMORROW, world.now - SETTLING)
            read_business_date(connection, NIGHT)
            entries_since(connection, MORNING - timedelta(days=1))
        record_stuck(world.warehouse, [Work("load", "tiny_health", NIGHT, "load/1")], "failed 3 times", MORNING)


def _accept_rows_that_fail(world: World, by: Recorder) -> None:
    with by.role(LOADER):
        assert world.deliver("pharmacy_claim", waivers.THIRTY_PERCENT_BAD).state == "quarantined"
    with by.role(ON_CALL):
        request_id = waivers.ask(world, "accept_quarantined")
    with by.role(CLIENT_SUCCESS):
        acknowledgement_id = waivers.agree(world, request_id)
    with by.role(LOADER):
        assert world.load("pharmacy_claim").state == "loaded"
    with by.role(CLIENT_SUCCESS):
        waivers.revoke(world, acknowledgement_id, by=NOOR)
    with by.role(ON_CALL):
        waivers.revoke(world, request_id)
    with by.role(LOADER):
        world.deliver("pharmacy_claim", PHARMACY)


def _build(world: World, by: Recorder) -> None:
    world.fill_marts()
    good = {model: ModelResult(is_built=True, tests_passed=2) for model in world.models}
    with (
        by.role(TRANSFORMER),
        open_build(world.warehouse, world.client, NIGHT, world.models, world.clock, world.roster, by="test") as build,
    ):
        assert build.finish(good, world.clock()).is_new


def _sign_and_release(world: World, by: Recorder) -> None:
    with by.role(QA):
        evidence_of(world.warehouse, world.client, NIGHT)
        world.reject()
        waivers.approve(world)
        with world.warehouse.begin() as connection:
            history_of(connection, night_under_terms(connection, world.client, NIGHT, world.roster, world.now))
    with by.role(RELEASER):
        release_id = world.release().release_id
        assert world.release().is_repeat
        release = LiveRelease("tiny_health", NIGHT, str(release_id))
        results = judge_release(world.warehouse, world.client, release, world.clock)
    _pretend_earlier_nights(world, results)


def _pretend_earlier_nights(world: World, results: tuple[SuiteResult, ...]) -> None:
    """Nights whose releases measured the same, so that there is a drift to speak of."""
    for number in range(1, ENOUGH_NIGHTS + 1):
        night = {"client_id": "tiny_health", "business_date": NIGHT - timedelta(days=number)}
        release_id = f"earlier-{number}"
        with world.warehouse.begin() as connection:
            connection.execute(insert(client_nights).values(**night, live_release=release_id, settled_at=MORNING))
            record_suites(world.warehouse, connection, *night.values(), release_id, results, MORNING)


def _except_and_override(world: World, by: Recorder) -> None:
    terms: Any = {"roster": world.roster, "now": world.now}
    with by.role(ON_CALL):
        with world.warehouse.begin() as connection:
            draft = draft_exception(connection, world.client, "pharmacy_claim", "carry_forward", LATER, **terms)
            preview(connection, world.client, draft, **terms)
            exceptions(connection, world.registry.clients, **terms)
            overrides(connection, world.registry.clients, **terms)
        by_on_call = waivers.ask(world, "carry_forward", dates=LATER)
        overriding.would_be(world, overriding.LABS, dates=LATER)
        override_id = overriding.live(world, overriding.LABS, dates=LATER)
        overriding.revoke(world, override_id)
        proposed = overriding.add(world, overriding.LABS, dates=LATER)
    with by.role(QA):
        overriding.approve(world, proposed, by=INGRID)
    with by.role(CLIENT_SUCCESS):
        by_client_success = waivers.ask(world, "may_be_missing", "eligibility", by=NOOR, dates=LATER)
        link = _make_link(world, by_on_call, NOOR)
    with by.role(ON_CALL):
        _make_link(world, by_client_success, OTTO)
    with by.role(LINK_PAGE):
        _spend(world, *link)


def _make_link(world: World, request_id: str, maker: str) -> tuple[str, str]:
    return make_link(
        world.warehouse,
        world.client,
        request_id,
        maker=signer_of(maker),
        secret=_SECRET,
        roster=world.roster,
        now=world.clock(),
    )


def _spend(world: World, token: str, code: str) -> None:
    wrong = f"{(int(code) + 1) % 10**8:08}"
    open_link(world.warehouse, world.registry, token, _SECRET, roster=world.roster, now=world.clock())
    page: Any = {"service": signer_of(SERVICE), "roster": world.roster}
    with pytest.raises(LinkRefused):
        acknowledge_by_link(world.warehouse, world.registry, token, wrong, _SECRET, **page, now=world.clock())
    acknowledge_by_link(world.warehouse, world.registry, token, code, _SECRET, **page, now=world.clock())


def _withdraw(world: World, by: Recorder) -> None:
    with by.role(ON_CALL):
        sign_withdrawal(
            world.warehouse,
            world.client,
            NIGHT,
            signer=signer_of(OTTO),
            role="on_call",
            reason="the client called",
            roster=world.roster,
            now=world.clock(),
        )
    with by.role(RELEASER):
        assert world.release().withdrawn


def _leave_it_to_the_service(world: World, by: Recorder) -> None:
    """A candidate that the service signs, and a release of it that it takes back."""
    policy = {"auto_approve": {"max_drift": 0.2}, "withdraw_on_failed_production": True}
    world.client, world.paid = make_client(qa=policy), "12.6000"
    _build(world, by)
    with by.role(SERVICE_ROLE):
        assert Gatekeeper(world.platform()).look().signed
    with by.role(RELEASER):
        assert Gatekeeper(world.platform()).look().released
    world.client = make_client(qa=policy, validation={"pmpm": {"required_totals": {"paid_amount": {"min": "1000"}}}})
    with by.role(RELEASER):
        assert judge_one_release(world.platform())
    with by.role(SERVICE_ROLE):
        withdraw_failed_releases(world.platform())
    with by.role(RELEASER):
        assert Gatekeeper(world.platform()).look().released
    assert world.visible() == []


def _seal_and_verify(world: World, by: Recorder, folder: Path) -> None:
    store, key, now = open_checkpoint_store(folder.as_uri()), signer_of(SERVICE).key, world.clock()
    with by.role(SERVICE_ROLE):
        seal_and_copy(world.warehouse, store, key, now, service_keys(world.roster))
        seal_and_copy(world.warehouse, store, key, now, service_keys(world.roster), everything=True)
        export(world.warehouse, folder / "export", key, world.roster, now)
    with by.role(AUDITOR):
        assert verify_ledger(world.warehouse, world.roster, store).is_clean
