"""A night on the embedded PostgreSQL, with everything that may happen in one, recorded by who does it on Snowflake."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from acme_assets.alerts.engine import Change, Turn, acknowledged
from acme_assets.feeds.arrivals import LOOKBACK, Stray
from acme_assets.feeds.completeness import FIRST_LOOK
from acme_assets.feeds.zones import LandedFile
from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.gatekeeper.judging import judge_one_release, withdraw_failed_releases
from acme_assets.gates.links import LinkRefused, link_secret
from acme_assets.nights.status import Work
from acme_assets.notify.outbox import deliver_due
from acme_assets.sla.outcomes import Outcome
from acme_assets.sla.result import NightForecast, NodeForecast
from acme_assets.validation.drift import ENOUGH_NIGHTS
from acme_assets.validation.results import SuiteResult
from acme_assets.warehouse.alerting import commit_turn
from acme_assets.warehouse.arriving import read_noted, record_stray, record_strays
from acme_assets.warehouse.auditing import export, verify_ledger
from acme_assets.warehouse.backfills import (
    SEEN_AFTER,
    Scope,
    cancel_backfill,
    end_done,
    make_plan,
    open_backfill,
    read_backfill,
    read_backfills,
)
from acme_assets.warehouse.building import ModelResult, open_build
from acme_assets.warehouse.checkpoint_store import open_checkpoint_store, seal_and_copy
from acme_assets.warehouse.deadlines import read_watched, record_outcomes, store_forecasts
from acme_assets.warehouse.drafting import draft_exception, preview
from acme_assets.warehouse.drifting import drift_history
from acme_assets.warehouse.entries import entries_since
from acme_assets.warehouse.exceptions import exceptions
from acme_assets.warehouse.heartbeats import beat, read_heartbeats
from acme_assets.warehouse.history import history_of
from acme_assets.warehouse.holds import lift_hold, place_hold
from acme_assets.warehouse.incidents import read_incident, read_live, read_recent, store
from acme_assets.warehouse.judging import LiveRelease, judge_release
from acme_assets.warehouse.landed_files import remove_files
from acme_assets.warehouse.ledger import client_nights
from acme_assets.warehouse.links import acknowledge_by_link, make_link, open_link
from acme_assets.warehouse.messages import read_messages, unsaid
from acme_assets.warehouse.overrides import overrides
from acme_assets.warehouse.quarantine import count_set_aside, original_rows, rows_set_aside, speaking
from acme_assets.warehouse.reading import SETTLING, read_business_date, read_unsettled
from acme_assets.warehouse.retaining import plan, remove_due
from acme_assets.warehouse.sealing import service_keys
from acme_assets.warehouse.signing import evidence_of, night_under_terms
from acme_assets.warehouse.stuck import record_stuck
from acme_assets.warehouse.summaries import (
    dates_to_summarise,
    history_version,
    read_history,
    store_summaries,
    summarise,
)
from acme_assets.warehouse.validating import record_suites
from acme_assets.warehouse.withdrawing import sign_withdrawal
from tests.notify import answers, made_up
from tests.notify.made_up import PATIENCE, SLACK
from tests.snowflake.recorder import Recorder
from tests.warehouse import overriding, waivers
from tests.world import (
    ELIGIBILITY,
    ENZO,
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

LOADER, TRANSFORMER, RELEASER, RETENTION = "acme_loader", "acme_transformer", "acme_releaser", "acme_retention"
SERVICE_ROLE, LINK_PAGE = "acme_service", "acme_link_page"
QA, CLIENT_SUCCESS, ON_CALL, AUDITOR = "acme_qa", "acme_client_success", "acme_on_call", "acme_auditor"

TOMORROW = NIGHT + timedelta(days=1)
"""Exceptions and overrides are of this business date, so that they leave the night itself to the people who sign it."""

LATER = (TOMORROW, TOMORROW)

LONG_AGO = NIGHT - LOOKBACK - timedelta(days=5)
"""A business date that only a backfill opens."""

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
    _watch_deadlines(world, by)
    _alert(world, by)
    _backfill(world, by)
    _grow_old(world, by)
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
            record_stray(world.warehouse, connection, replace(stray, reason="fits no pattern"), MORNING)
            noted = read_noted(connection)
            read_unsettled(connection, NIGHT, TOMORROW, world.now - SETTLING)
            read_business_date(connection, NIGHT)
            entries_since(connection, MORNING - timedelta(days=1))
        record_strays(world.warehouse, [], noted, MORNING)
        record_stuck(world.warehouse, [Work("load", "tiny_health", NIGHT, "load/1")], "failed 3 times", MORNING)


def _backfill(world: World, by: Recorder) -> None:
    """A backfill of an earlier night is planned, opened and cancelled; another is done."""
    clients, now = {world.client.client_id: world.client}, world.now
    with by.role(ON_CALL):
        with world.warehouse.begin() as connection:
            made = make_plan(connection, clients, world.roster, now, Scope("tiny_health", first=LONG_AGO), LOOKBACK)
            for scope in (Scope(since=MORNING), Scope()):
                make_plan(connection, clients, world.roster, now, scope, LOOKBACK)
        backfill_id, _ = open_backfill(world.warehouse, made, "INC-1", OTTO, now)
        with world.warehouse.begin() as connection:
            read_backfills(connection, open_only=True)
            opened = read_backfill(connection, backfill_id)
        cancel_backfill(world.warehouse, opened, "wrong dates", OTTO, now)
        open_backfill(world.warehouse, made, "INC-1", OTTO, now)
    earlier = replace(world, night=LONG_AGO, look=FIRST_LOOK)
    with by.role(LOADER):
        earlier.deliver_all()
        assert end_done(world.warehouse, clients, world.roster, earlier.now + SEEN_AFTER) == []
    earlier.build()
    with by.role(LOADER):
        assert len(end_done(world.warehouse, clients, world.roster, earlier.now + SEEN_AFTER)) == 1


def _accept_rows_that_fail(world: World, by: Recorder) -> None:
    with by.role(LOADER):
        assert world.deliver("pharmacy_claim", waivers.THIRTY_PERCENT_BAD).state == "quarantined"
        _look_at_what_is_set_aside(world)
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


def _look_at_what_is_set_aside(world: World) -> None:
    with world.warehouse.begin() as connection:
        held = speaking(connection, "tiny_health", "pharmacy_claim", NIGHT)
        assert (
            count_set_aside(connection, held.delivery_id) == len(rows_set_aside(connection, held.delivery_id, 9)) == 3
        )
        assert drift_history(connection, "tiny_health", "pharmacy_claim", 9)
    enzo = signer_of(ENZO)
    original_rows(world.warehouse, held, enzo, world.roster, reason="as the test says", limit=9, now=world.clock())


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


def _watch_deadlines(world: World, by: Recorder) -> None:
    now, clients = MORNING + timedelta(days=1), world.registry.clients
    night = ("tiny_health", NIGHT)
    node = NodeForecast("sign-off", "qa", now, None, 0.1, 1.0, 0.2, now)
    made = NightForecast(*night, MORNING, now, 0.4, now, None, (node,))
    outcome = Outcome(*night, MORNING, False, None, "sign-off", "qa", "Ingrid", 0.4)
    with by.role(LOADER):
        with world.warehouse.begin() as connection:
            read_watched(connection, [night, ("tiny_health", TOMORROW)])
            assert store_forecasts(connection, [made]) == 1
        assert record_outcomes(world.warehouse, [outcome], now)
        with world.warehouse.begin() as connection:
            assert NIGHT in dates_to_summarise(connection, NIGHT)
            found = summarise(connection, clients, NIGHT, world.roster, now, {})
            store_summaries(world.warehouse, connection, NIGHT, found, now)
            store_summaries(world.warehouse, connection, NIGHT, found, now)
            history_version(connection, NIGHT)
            assert len(read_history(connection, NIGHT)) == 1


def _alert(world: World, by: Recorder) -> None:
    now, later = world.now, world.now + timedelta(minutes=10)
    opened = made_up.incident("i1", opened_at=now)
    said = [made_up.message(f"m{number}", "i1", due_at=now) for number in (1, 2)]
    unset = made_up.message("m3", "i1", due_at=now, channels=("teams",))
    with by.role(LOADER):
        made = Turn([Change(opened, "opened")], [*said, unset], ["nothing"])
        assert commit_turn(world.warehouse, made, [], now).messages == 3
        assert (
            commit_turn(world.warehouse, replace(made, changes=[Change(opened, "seen")]), [opened], now).messages == 0
        )
        with world.warehouse.begin() as connection:
            beat(world.warehouse, connection, "alerts", now)
            beat(world.warehouse, connection, "alerts", now)
            assert set(read_heartbeats(connection)) == {"alerts"}
            assert read_live(connection) == read_recent(connection, now) == read_incident(connection, "i") == [opened]
        down = deliver_due(world.warehouse, {"slack": SLACK}, lambda: now, PATIENCE, send=lambda *_: answers.DOWN)
        assert (len(down.waiting), len(down.undelivered)) == (2, 1)
        outcomes = iter([answers.NO, answers.UP])
        up = deliver_due(world.warehouse, {"slack": SLACK}, lambda: later, PATIENCE, send=lambda *_: next(outcomes))
        assert (len(up.sent), len(up.undelivered)) == (1, 1)
        with world.warehouse.begin() as connection:
            assert len(read_messages(connection, since=now, incident_ids=["i1"])) == 3
            assert len(unsaid(connection, now, later)) == 2
    for role in (QA, CLIENT_SUCCESS, ON_CALL):
        with by.role(role), world.warehouse.begin() as connection:
            (was,) = read_live(connection)
            taken = acknowledged(was, by=OTTO, now=world.clock())
            assert store(world.warehouse, connection, [taken], world.now, [was]).written
    with by.role(SERVICE_ROLE), world.warehouse.begin() as connection:
        beat(world.warehouse, connection, "gatekeeper", now)
        beat(world.warehouse, connection, "gatekeeper", later)


def _grow_old(world: World, by: Recorder) -> None:
    world.now += timedelta(days=4 * 366)
    with by.role(CLIENT_SUCCESS):
        dates = (NIGHT, NIGHT)
        terms: Any = {"client_id": "tiny_health", "dates": dates, "reason": "as the test says", "until": None}
        held = place_hold(world.warehouse, signer_of(NOOR), world.roster, **terms, now=world.clock())
        lift_hold(world.warehouse, signer_of(NOOR), world.roster, held.hold_id, reason="as it says", now=world.clock())
    with by.role(RETENTION):
        tallies, _ = plan(world.warehouse, world.now)
        assert tallies["raw"].nights == tallies["curated"].nights == 1
        tallies = remove_due(world.warehouse, world.clock, by="test", limit=9)
        assert tallies["raw"].nights == tallies["curated"].nights == 1
        assert remove_files(world.warehouse, world.zone, world.clock, by="test").files == 2


def _seal_and_verify(world: World, by: Recorder, folder: Path) -> None:
    store, key, now = open_checkpoint_store(folder.as_uri()), signer_of(SERVICE).key, world.clock()
    with by.role(SERVICE_ROLE):
        seal_and_copy(world.warehouse, store, key, now, service_keys(world.roster))
        seal_and_copy(world.warehouse, store, key, now, service_keys(world.roster), everything=True)
        export(world.warehouse, folder / "export", key, world.roster, now)
    with by.role(AUDITOR):
        assert verify_ledger(world.warehouse, world.roster, store).is_clean
