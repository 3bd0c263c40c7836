"""The alerts sensor tick by tick, on a real database: what opens, who is told, and what a kill leaves."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dagster import AssetKey, DagsterInstance, build_sensor_context
from dagster._core.definitions.freshness import FreshnessState, FreshnessStateChange

from acme_assets.alerts.engine import acknowledged
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.known import StaleAsset
from acme_assets.alerts.services import ALERTER, ALLOWED, CHAIN_BROKEN, DEADLINES, GATEKEEPER, LANDING_ZONE, WATCHER
from acme_assets.defs.sensors.alerts import EVERY, STARTING, Cursor, Memory, alerts_sensor, stale_assets, watch
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.outbox import Patience, deliver_due
from acme_assets.warehouse import alerting, turning
from acme_assets.warehouse.heartbeats import beat, read_heartbeats
from acme_assets.warehouse.incidents import read_recent, store
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.messages import StoredMessage, read_messages
from client_partitions.escalation import Policy, load_policy
from tests.world import ELIGIBILITY, World, make_roster, roster_person

DUE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
"""02:00 in New York, with half an hour's grace; the deadline is four hours after it."""
LATE = DUE + timedelta(minutes=31)
MINUTE = timedelta(minutes=1)

POLICY = load_policy()


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def staffed(world: World) -> World:
    """With the people whom the policy that is deployed names."""
    roles = {
        "priya.raman": "on_call",
        "tomas.vidal": "on_call",
        "hana.sato": "on_call",
        "noor.haddad": "client_success",
    }
    people = [roster_person(f"{who}@acmehealth.example.com", roles=(role,)) for who, role in roles.items()]
    world.roster = make_roster(*people)
    return world


class Ticks:
    """A sensor's life: its cursor goes through its text, its memory may be another process's."""

    def __init__(self, world: World, instance: DagsterInstance, policy: Policy = POLICY) -> None:
        self.world, self.instance, self.policy = world, instance, policy
        self.cursor: Cursor | None = None
        self.memory = Memory(Learned())

    def at(self, moment: datetime) -> str:
        self.world.now = moment
        said, cursor = watch(self.world.platform(), self.policy, self.cursor, self.memory, self.instance)
        if cursor:
            self.cursor = Cursor.read(cursor.write())
        return said

    def until(self, first: datetime, minutes: int, step: int = 3, silent: str = "") -> None:
        """Ticks at these minutes, each with what the other services do then."""
        for number in range(0, minutes, step):
            moment = first + number * MINUTE
            for name in {DEADLINES, LANDING_ZONE, GATEKEEPER, ALERTER, WATCHER} - {silent}:
                self.beat(name, moment)
            self.at(moment)
            if silent != ALERTER:
                self.deliver()

    def deliver(self) -> None:
        """What is due leaves by a channel that takes everything."""
        channels = {"email": Channel("email", "smtp://localhost?from=a@b.c")}
        taken = Outcome("delivered", "taken")
        deliver_due(self.world.warehouse, channels, self.world.clock, Patience.of(POLICY), send=lambda *_: taken)

    def beat(self, service: str, at: datetime, detail: str = "") -> None:
        with self.world.warehouse.begin() as connection:
            beat(self.world.warehouse, connection, service, at, detail)

    @property
    def incidents(self) -> list[Incident]:
        with self.world.warehouse.begin() as connection:
            return read_recent(connection, DUE - timedelta(days=1))

    @property
    def messages(self) -> list[StoredMessage]:
        with self.world.warehouse.begin() as connection:
            return read_messages(connection)


@pytest.fixture
def ticks(staffed: World, instance: DagsterInstance) -> Ticks:
    staffed.deliver("eligibility", ELIGIBILITY)
    return Ticks(staffed, instance)


def by_kind(incidents: list[Incident]) -> dict[str, list[str]]:
    return {item.kind: [item.state, item.urgency] for item in incidents}


def test_a_late_file_is_one_incident_and_its_sender_is_written_to_once(ticks: Ticks) -> None:
    ticks.until(LATE, 1)
    assert ticks.incidents == []
    ticks.until(LATE + 3 * MINUTE, 6)
    (incident,) = ticks.incidents
    assert (incident.kind, incident.state, incident.owner.name) == ("delivery", "open", "Cora Client")
    assert "pharmacy_claim" in incident.text
    (mail,) = ticks.messages
    assert mail.message.recipient.email == "cora@tiny.example"
    assert "pharmacy claims" in mail.message.subject
    assert "acme" not in mail.message.body.replace("AcmeHealth", "").replace("noor@acme.example", "")
    assert "incident_opened" in ticks.world.actions()


def test_it_climbs_to_client_success_and_to_whoever_is_on_call(ticks: Ticks) -> None:
    ticks.until(LATE, 150, 10)
    told = [item.message.recipient.email for item in ticks.messages]
    assert told[:2] == ["cora@tiny.example", "noor@acme.example"]
    assert re.match("(priya|tomas|hana)", told[2])
    assert len(told) == len(set(told)) == 3


def test_a_file_that_comes_resolves_it_and_nobody_hears_more(ticks: Ticks) -> None:
    ticks.until(LATE, 10)
    ticks.world.deliver("pharmacy_claim", "claim,person,day,paid\nc1,p1,2026-03-01,12.50\n")
    before = [item.message.message_id for item in ticks.messages]
    ticks.until(LATE + 10 * MINUTE, 100, 10)
    assert [item.state for item in ticks.incidents if item.kind == "delivery"] == ["resolved"]
    assert [item.message.message_id for item in ticks.messages] == before
    assert "incident_resolved" in ticks.world.actions()


def test_what_a_person_did_between_two_ticks_stands(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody acknowledges while a tick decides: the tick's own view of the incident is not stored over it."""
    ticks.until(LATE, 6)
    (incident,) = ticks.incidents
    decide = turning.turn

    def meanwhile(*given):
        with ticks.world.warehouse.begin() as connection:
            store(
                ticks.world.warehouse, connection, [acknowledged(incident, "noor@acme.example", LATE)], LATE, [incident]
            )
        return decide(*given)

    monkeypatch.setattr(turning, "turn", meanwhile)
    ticks.at(LATE + 90 * MINUTE)
    (after,) = ticks.incidents
    assert (after.state, after.acknowledged_by) == ("acknowledged", "noor@acme.example")
    assert len(ticks.messages) == 1


@pytest.mark.parametrize("where", ["store", "enqueue"])
def test_killed_in_a_turn_nothing_is_there_and_the_next_tick_does_it_all(
    ticks: Ticks, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    ticks.until(LATE, 1)
    with monkeypatch.context() as patched:
        patched.setattr(alerting, where, die)
        with pytest.raises(KeyboardInterrupt):
            ticks.until(LATE + 3 * MINUTE, 1)
    assert (ticks.incidents, ticks.messages) == ([], [])
    assert "incident_opened" not in ticks.world.actions()
    ticks.memory = Memory(Learned())
    ticks.until(LATE + 6 * MINUTE, 1)
    assert (len(ticks.incidents), len(ticks.messages)) == (1, 1)
    assert ticks.world.actions().count("incident_opened") == 1


def test_two_sensors_at_once_say_it_once(ticks: Ticks) -> None:
    other = Ticks(ticks.world, ticks.instance)
    for number in range(0, 12, 3):
        ticks.until(LATE + number * MINUTE, 1)
        other.at(LATE + number * MINUTE)
    assert len({item.key for item in ticks.incidents}) == len(ticks.incidents) == 1
    assert len(ticks.messages) == 1


def test_nothing_is_read_again_before_a_minute_went_by(ticks: Ticks) -> None:
    ticks.at(DUE)
    ticks.at(DUE + EVERY)
    assert ticks.at(DUE + EVERY * 1.5) == "looked a moment ago"
    assert ticks.at(DUE + EVERY * 2 + timedelta(seconds=2)) != "looked a moment ago"


def test_a_service_that_falls_silent_is_paged_and_one_that_starts_is_not(ticks: Ticks) -> None:
    ticks.at(DUE)  # nobody has beaten yet: the stack is starting
    assert ticks.incidents == []
    ticks.until(DUE + MINUTE, 10)
    assert ticks.incidents == []
    ticks.until(DUE + 11 * MINUTE, 12, silent=GATEKEEPER)
    assert {item.key: item.urgency for item in ticks.incidents} == {"silence/gatekeeper": "page"}


def test_a_sensor_that_was_silent_itself_takes_no_other_amiss_at_once(ticks: Ticks) -> None:
    ticks.until(DUE - timedelta(hours=3), 10)
    ticks.at(DUE)
    ticks.at(DUE + STARTING - MINUTE)
    assert ticks.incidents == []
    ticks.at(DUE + STARTING + MINUTE)
    ticks.at(DUE + STARTING + 5 * MINUTE)
    assert set(by_kind(ticks.incidents)) == {"silence", "landing zone"}


def test_a_landing_zone_that_cannot_be_listed_is_the_cause_and_the_file_behind_it_is_not(ticks: Ticks) -> None:
    ticks.until(DUE - 20 * MINUTE, 15)
    ticks.until(DUE - 5 * MINUTE, 50, silent=LANDING_ZONE)
    assert set(by_kind(ticks.incidents)) == {"landing zone"}


def test_an_audit_log_that_does_not_verify_wakes_somebody(ticks: Ticks) -> None:
    for number in (0, 4):
        ticks.beat(GATEKEEPER, DUE + number * MINUTE, f"{CHAIN_BROKEN}{DUE.isoformat()}")
        ticks.at(DUE + number * MINUTE)
    assert by_kind(ticks.incidents) == {"audit chain": ["open", "page"]}


def test_an_incident_keeps_the_policy_that_it_began_with(ticks: Ticks) -> None:
    ticks.until(LATE, 6)
    data = POLICY.model_dump(mode="json", by_alias=True)
    data["ladders"]["client"] = [
        {"who": "client_contact", "at": 0},
        {"who": "on_call", "at": 0.01, "least": 1, "most": 2},
    ]
    ticks.policy = Policy.model_validate(data)
    ticks.memory = Memory(Learned())
    ticks.until(LATE + 6 * MINUTE, 10)
    assert [item.message.recipient.email for item in ticks.messages] == ["cora@tiny.example"]
    assert ticks.incidents[0].policy == POLICY.version != ticks.policy.version
    assert ticks.world.actions().count("escalation_policy_taken") == 2


def test_figures_are_stored_when_they_changed_and_not_at_every_tick(
    ticks: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks.until(LATE, 6)
    before = ticks.incidents
    monkeypatch.setattr(turning, "SEEN_EVERY", timedelta(hours=1))
    ticks.until(LATE + 6 * MINUTE, 2)
    assert ticks.incidents == before


def test_the_sensor_gives_a_sign_of_life_and_keeps_its_cursor(staffed: World, instance: DagsterInstance) -> None:
    context = build_sensor_context(instance=instance, resources={"platform": staffed.platform()})
    alerts_sensor(Learned(), 30)(context)
    known = context.cursor
    assert known
    alerts_sensor(Learned(), 30)(context)
    assert context.cursor == known
    with staffed.warehouse.begin() as connection:
        assert set(read_heartbeats(connection)) == {"alerts"}


def test_an_alerter_that_is_silent_is_the_watchers_to_tell_of(ticks: Ticks) -> None:
    ticks.until(DUE, 7)
    ticks.until(LATE, 12, silent=ALERTER)
    assert set(by_kind(ticks.incidents)) == {"delivery"}


def test_a_watcher_that_is_silent_is_the_sensors_to_tell_of(ticks: Ticks) -> None:
    ticks.until(DUE, 18, silent=WATCHER)
    assert {item.key for item in ticks.incidents} == {"silence/watcher"}


def test_messages_that_no_channel_takes_are_a_cause(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_none(self: Ticks) -> None:
        deliver_due(self.world.warehouse, {}, self.world.clock, Patience.of(POLICY))

    monkeypatch.setattr(Ticks, "deliver", by_none)
    ticks.until(LATE, 12)
    assert "silence/messages" in {item.key for item in ticks.incidents}


def test_a_tick_that_fails_gives_no_sign_of_life(ticks: Ticks, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(turning, "turn", fail)
    with pytest.raises(RuntimeError):
        ticks.at(DUE)
    with ticks.world.warehouse.begin() as connection:
        assert "alerts" not in read_heartbeats(connection)


def test_every_service_that_is_watched_has_a_limit() -> None:
    assert all(limit >= timedelta(minutes=3) for limit in ALLOWED.values())


def test_freshness_that_fails_is_read_from_dagster_with_when_it_began(instance: DagsterInstance) -> None:
    """The daemon writes an event where the state changes, and only there: it is what the asset is stale since."""
    key, other = AssetKey(["dashboards", "tiny_health"]), AssetKey(["deliveries", "tiny_health"])

    def becomes(asset: AssetKey, state: FreshnessState, at: datetime) -> None:
        change = FreshnessStateChange(
            key=asset, new_state=state, previous_state=FreshnessState.UNKNOWN, state_change_timestamp=at.timestamp()
        )
        instance._report_runless_asset_event(change)

    assert stale_assets(instance, ["tiny_health"]) == ()
    becomes(other, FreshnessState.PASS, DUE)
    becomes(key, FreshnessState.PASS, DUE)
    becomes(key, FreshnessState.FAIL, DUE + 240 * MINUTE)
    assert stale_assets(instance, ["tiny_health"]) == (StaleAsset("dashboards/tiny_health", DUE + 240 * MINUTE),)
    becomes(key, FreshnessState.PASS, DUE + 300 * MINUTE)
    assert stale_assets(instance, ["tiny_health"]) == ()
